//! What a run came to, judged from outside.

mod certificates;
mod employees;

use shared::runtime::Outcome;
use simulators::personio::{Document, Endpoint};
use simulators::reteach::Customer;

use super::play::{Must, Told};
use crate::Company;
use oracle::ExpectedAccounts;
use oracle::ExpectedDocuments;

/// What a run with nothing to do may use of DynamoDB, read and written, whatever the company's size; one that awaits PDFs
/// reads one unit more for each.
pub const QUIET_UNITS: f64 = 4.0;

/// Differences told of in full; of the rest only the number.
const MOST: usize = 5;

/// What was seen of a run from outside.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Calls that the academy received meanwhile.
    pub reteach_calls: usize,
    /// Calls that the HR system received meanwhile, Kombo's among them.
    pub hr_calls: usize,
    /// Documents that were sent to the HR system meanwhile.
    pub uploads: usize,
    /// What the academy holds now.
    pub customers: Vec<Customer>,
    /// What the personnel files hold now.
    pub documents: Vec<Document>,
}

/// What should have come of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due<'a> {
    /// In general.
    pub must: Must,
    /// Documents that had to be sent.
    pub uploads: usize,
    /// In reteach.
    pub accounts: &'a ExpectedAccounts,
    /// In the personnel files.
    pub filing: &'a ExpectedDocuments,
}

impl Seen {
    /// What there is to see of `company`; its log of calls must have been empty before the run.
    #[must_use]
    pub(super) fn of(company: &Company) -> Self {
        let through_kombo = company
            .kombo
            .as_ref()
            .map_or(0, |kombo| kombo.requests().len());
        Self {
            reteach_calls: company.reteach.requests().len(),
            hr_calls: company.personio.requests().len() + through_kombo,
            uploads: company.personio.calls(Endpoint::UploadDocument),
            customers: company.reteach.customers(),
            documents: company.personio.documents(),
        }
    }
}

/// Everything that is not as it should be.
#[must_use]
pub(super) fn problems(told: &Told, seen: &Seen, due: Due<'_>) -> Vec<String> {
    let mut found = match told {
        Told::Employees(report) => employees::problems(report, seen, due.must),
        Told::Certificates(report) => certificates::problems(report, seen, due),
    };
    if seen.uploads != due.uploads {
        found.push(format!(
            "{} documents were sent to Personio, not {}",
            seen.uploads, due.uploads
        ));
    }
    found.extend(some_of(due.accounts.differences(&seen.customers)));
    found.extend(some_of(due.filing.differences(&seen.documents)));
    found
}

fn some_of<T: ToString>(differences: Vec<T>) -> Vec<String> {
    let mut found: Vec<String> = differences
        .iter()
        .take(MOST)
        .map(ToString::to_string)
        .collect();
    if differences.len() > MOST {
        found.push(format!("and {} more differences", differences.len() - MOST));
    }
    found
}

fn ended_as(outcome: Outcome, message: &str) -> String {
    format!("the run ended as {outcome:?}: {message}")
        .trim_end_matches(": ")
        .to_owned()
}

/// The texts of the checks that are broken.
fn broken<const N: usize>(checks: [(bool, String); N]) -> impl Iterator<Item = String> {
    checks
        .into_iter()
        .filter(|(is_broken, _)| *is_broken)
        .map(|(_, text)| text)
}

fn too_many_units(units: shared::state::Units, to_read: f64) -> impl Iterator<Item = String> {
    broken([
        (
            units.read > to_read,
            format!("{} DynamoDB read units, more than {to_read}", units.read),
        ),
        (
            units.write > QUIET_UNITS,
            format!(
                "{} DynamoDB write units, more than {QUIET_UNITS}",
                units.write
            ),
        ),
    ])
}
