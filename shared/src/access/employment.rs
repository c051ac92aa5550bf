//! What the access rule is decided by.

use jiff::civil::Date;

use crate::domain::employee::Field;

/// What decides whether and when somebody is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Employment {
    /// Anstelldatum.
    pub hire_date: Field<Date>,
    /// Arbeitsverhältnis endet zum.
    pub end_date: Field<Date>,
    /// Whether the HR system says inactive.
    pub standing: EmploymentStatus,
    /// Whether the person is in the tenant's scope.
    pub scope: Scoped,
}

impl Employment {
    /// Whether somebody is employed whose end date lies before the hire date: it is an earlier contract's, and says nothing of
    /// this one.
    #[must_use]
    pub fn has_earlier_end(&self) -> bool {
        let is_earlier = matches!((self.hire_date, self.end_date), (Field::Value(first), Field::Value(last)) if last < first);
        is_earlier && self.standing == EmploymentStatus::Employed
    }

    /// The end date of this contract: an earlier one is none.
    #[must_use]
    pub fn own_end_date(&self) -> Field<Date> {
        if self.has_earlier_end() {
            Field::Null
        } else {
            self.end_date
        }
    }
}

/// The part of the HR system's status that locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmploymentStatus {
    /// Onboarding, active or on leave.
    Employed,
    Inactive,
    /// The credential may not read the status, or its word is unknown. It locks nobody and lifts no lock.
    Unknown,
}

/// The tenant's scope, with what it means for this person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scoped {
    In,
    /// Out of scope: lock an account we manage.
    OutLocked,
    /// Out of scope: leave an account we manage unchanged.
    OutLeft,
    /// The scope asks for this field, which the credential may not read: an account we manage is kept in step,
    /// nobody is created.
    Undecided(&'static str),
}
