//! Where people come from: the small trait behind which Personio (direct or through Kombo) and Kombo's unified
//! model stand, and what one reading of them yields.

mod kind;

pub use kind::employment_type;

use std::collections::BTreeSet;
use std::future::Future;

use jiff::civil::Date;
use thiserror::Error;

use crate::domain::employee::{Employee, Field, Status};
use crate::domain::id::SourceId;
use crate::http;

/// Where a reading's records go, one by one.
pub type Take<'a> = dyn FnMut(SourceRecord) + Send + 'a;

pub trait EmployeeSource: Send + Sync {
    /// The HR system's slug, the first half of every external id: `personio`.
    fn tool(&self) -> &str;

    /// Reads every page once and hands each record to `take` as it comes, in the order received; duplicates over pages are
    /// still in. All pages came, or it is an error: a read that failed on any page is not a read, and what was taken of it
    /// is worth nothing.
    ///
    /// `expected` is how many people there were last time, 0 if that is not known: as many pages may be asked for at once. It
    /// changes nothing about what is read.
    fn read(
        &self,
        expected: u64,
        take: &mut Take<'_>,
    ) -> impl Future<Output = Result<Reading, SourceError>> + Send;
}

pub async fn read_all(
    source: &impl EmployeeSource,
    expected: u64,
) -> Result<(Vec<SourceRecord>, Reading), SourceError> {
    let mut records = Vec::new();
    let reading = source
        .read(expected, &mut |record| records.push(record))
        .await?;
    Ok((records, reading))
}

/// What one pass over all pages announced, besides the records.
#[derive(Debug, Default)]
pub struct Reading {
    /// The total that the first page announced; `None` where the source announces none (Kombo).
    pub first_total: Option<u64>,
    pub last_total: Option<u64>,
    /// Whom the source marks as deleted; `None` where it marks nobody, and its total says how many there are.
    pub marked: Option<BTreeSet<SourceId>>,
}

/// What it means that somebody is missing from a complete reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// They are gone: the source counts its people and they are not among them, or it marks them as deleted.
    Explained,
    /// The source marks whom it deletes, and has not marked them: they may only have been left out.
    Unmarked,
    /// Nothing says that they ever were there, except an account with such an id.
    Orphaned,
}

/// One record of a page: an employee, or why it could not be taken as one.
#[derive(Debug)]
pub enum SourceRecord {
    Employee(Box<Employee>),
    /// A record that does not fit. The person is known to exist, of the rest only an end of the contract counts.
    Rejected {
        /// Whose record it is, where that much could be read.
        source_id: Option<SourceId>,
        /// The field that does not fit, in the vendor's own words (`hire_date`).
        field: String,
        /// What is wrong with it, without the value: "is not a date".
        problem: String,
        /// What can be read of it all the same.
        leaving: Leaving,
    },
}

/// Whether somebody leaves: enough to lock an account, even if the rest of the record does not fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// The HR system's status; absent where it does not fit either.
    pub status: Field<Status>,
    /// The first day; absent where it does not fit either.
    pub hire_date: Field<Date>,
    /// The end of the contract; absent where it does not fit either.
    pub end_date: Field<Date>,
}

impl Leaving {
    #[must_use]
    pub fn employee(self, source_id: SourceId) -> Employee {
        let Self {
            status,
            hire_date,
            end_date,
        } = self;
        Employee {
            source_id,
            first_name: Field::Absent,
            last_name: Field::Absent,
            email: Field::Absent,
            position: Field::Absent,
            company: Field::Absent,
            department: Field::Absent,
            location: Field::Absent,
            gender: Field::Absent,
            employment_type: Field::Absent,
            hire_date,
            end_date,
            status,
        }
    }
}

impl SourceRecord {
    pub fn source_id(&self) -> Option<&SourceId> {
        match self {
            Self::Employee(employee) => Some(&employee.source_id),
            Self::Rejected { source_id, .. } => source_id.as_ref(),
        }
    }
}

/// Why people could not be read. The text names the vendor's answer, never a person or a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourceError {
    /// The credential is wrong, revoked or expired: it is read once more from the secret, then reported.
    #[error("{0}")]
    Credential(String),
    /// The credential works but lacks a right.
    #[error("{0}")]
    Forbidden(String),
    /// The connection is not ready yet (Kombo's first sync is still running): nothing is wrong, try on the next tick.
    #[error("{0}")]
    NotReady(String),
    /// The connection has lapsed or is not set up: somebody has to act (Kombo: reconnect, finish the setup).
    #[error("{0}")]
    Lapsed(String),
    /// Transient: timeouts, 5xx, rate limits that outlasted the retries.
    #[error("{0}")]
    Unavailable(String),
    /// The vendor that we call refuses the call itself, with a code that says nothing more to us.
    #[error("{0}")]
    Refused(String),
    /// The answer is not what the vendor's document says.
    #[error("{0}")]
    Unreadable(String),
}

impl From<http::Error> for SourceError {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Unreachable { .. } | http::Error::OutOfTime { .. } => {
                Self::Unavailable(error.to_string())
            }
            http::Error::TooLarge { .. }
            | http::Error::Unreadable { .. }
            | http::Error::Invalid { .. } => Self::Unreadable(error.to_string()),
        }
    }
}
