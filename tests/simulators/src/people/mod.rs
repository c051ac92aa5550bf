//! The employees of a company, as its HR department knows them.

mod demo;
mod names;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use demo::demo;

/// The companies' time zone; UTC only if the built-in time zones lacked it.
#[must_use]
pub fn zone() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC)
}

/// The companies' day at `now`.
#[must_use]
pub fn today(now: Timestamp) -> Date {
    now.to_zoned_datetime(zone()).date()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Personio's employee id, Kombo's `remote_id`.
    pub id: u64,
    pub first_name: String,
    pub last_name: String,
    /// E-Mail; some have none.
    pub email: Option<String>,
    pub gender: Option<Gender>,
    pub position: Option<String>,
    pub subcompany: Option<String>,
    pub department: Option<String>,
    pub office: Option<String>,
    pub employment_type: Option<EmploymentType>,
    /// Status, as HR set it or the night's run left it: see [`Person::settle`].
    pub status: Status,
    pub hire_date: Option<Date>,
    pub termination_date: Option<Date>,
    pub weekly_hours: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gender {
    Male,
    Female,
    Diverse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmploymentType {
    Internal,
    External,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Contract signed, not started yet.
    Onboarding,
    Active,
    /// Employed, but away: parental leave, sabbatical.
    Leave,
    Inactive,
}

impl Person {
    /// An active, internal, full-time employee with a mail address; the rest is empty. For tests that change what matters to
    /// them.
    #[must_use]
    pub fn new(id: u64, first_name: &str, last_name: &str) -> Self {
        Self {
            id,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: Some(format!("person-{id}@muster.example")),
            gender: None,
            position: None,
            subcompany: None,
            department: None,
            office: None,
            employment_type: Some(EmploymentType::Internal),
            status: Status::Active,
            hire_date: Some(Date::constant(2020, 1, 1)),
            termination_date: None,
            weekly_hours: 40.0,
        }
    }

    /// What Personio does to the status when a day begins: onboarding becomes active on the hire date, and the day after the
    /// termination date the person becomes inactive. Returns whether something changed.
    pub fn settle(&mut self, today: Date) -> bool {
        let before = self.status;
        if self.status == Status::Onboarding && self.hire_date.is_some_and(|date| date <= today) {
            self.status = Status::Active;
        }
        if self.termination_date.is_some_and(|date| date < today) {
            self.status = Status::Inactive;
        }
        self.status != before
    }
}
