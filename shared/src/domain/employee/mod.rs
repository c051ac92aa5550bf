//! The canonical employee: what every source client produces and the mapping reads.

mod field;

pub use field::Field;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::id::SourceId;

/// One person as the HR system reports them. Values are unchanged: nothing is trimmed or re-cased, because
/// reteach's dynamic groups match exact strings.
#[derive(Clone, PartialEq, Eq)]
pub struct Employee {
    pub source_id: SourceId,
    pub first_name: Field<String>,
    pub last_name: Field<String>,
    /// E-Mail; may be missing.
    pub email: Field<String>,
    pub position: Field<String>,
    /// Gesellschaft (Personio `subcompany`).
    pub company: Field<String>,
    pub department: Field<String>,
    /// Standort (Personio `office`).
    pub location: Field<String>,
    /// Geschlecht. Null where the HR system's value has no counterpart.
    pub gender: Field<Gender>,
    pub employment_type: Field<EmploymentType>,
    /// Anstelldatum, the day as written.
    pub hire_date: Field<Date>,
    /// Arbeitsverhältnis endet zum, the day as written.
    pub end_date: Field<Date>,
    /// The HR system's own status.
    pub status: Field<Status>,
}

// Names the person by id only: the rest is personal.
crate::debug_only!(Employee, source_id);

/// Gender as reteach knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gender {
    Male,
    Female,
    /// Diverse (Kombo: `NON_BINARY`).
    Diverse,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmploymentType {
    Internal,
    External,
    /// Any other value, as written: Kombo's inferred types, a custom field's own words.
    Other(String),
}

/// The HR system's own view of the employment. Only [`Status::Inactive`] locks; dates decide the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Contract signed, not started (Kombo: `PENDING`).
    Onboarding,
    Active,
    /// Employed, on leave: not a lock.
    Leave,
    /// No longer employed, or set inactive by hand.
    Inactive,
    /// A value this version does not know, as written.
    Other(String),
}
