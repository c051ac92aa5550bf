//! Who has access when.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use simulators::Person;
use simulators::people::{Status, zone};

/// The parts of a tenant file that decide about access. By default: Berlin, the end of the last day, no scope.
#[derive(Clone, Debug)]
pub struct AccessRules {
    pub time_zone: TimeZone,
    pub lock_on: LockOn,
    /// People of this company are out of scope.
    pub excluded_company: Option<&'static str>,
    pub out_of_scope: OutOfScope,
}

/// When an end date locks an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockOn {
    /// At the end of the last day.
    #[default]
    DayAfterEnd,
    /// At the start of the last day.
    EndDay,
}

/// What happens to accounts of people who leave the scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutOfScope {
    #[default]
    Lock,
    Leave,
}

impl Default for AccessRules {
    fn default() -> Self {
        Self {
            time_zone: zone(),
            lock_on: LockOn::default(),
            excluded_company: None,
            out_of_scope: OutOfScope::default(),
        }
    }
}

impl AccessRules {
    /// When the person's account opens: at midnight of the hire date.
    #[must_use]
    pub fn opens_at(&self, person: &Person) -> Option<Timestamp> {
        person.hire_date.map(|day| self.midnight(day))
    }

    /// When the end date locks the person's account. One before the first day locks only those who are inactive.
    #[must_use]
    pub fn ends_at(&self, person: &Person) -> Option<Timestamp> {
        let last_day = person.termination_date?;
        if person.status != Status::Inactive && person.hire_date > Some(last_day) {
            return None;
        }
        Some(self.midnight(match self.lock_on {
            LockOn::DayAfterEnd => last_day.tomorrow().unwrap_or(Date::MAX),
            LockOn::EndDay => last_day,
        }))
    }

    #[must_use]
    pub fn is_out_of_scope(&self, person: &Person) -> bool {
        self.excluded_company.is_some() && person.subcompany.as_deref() == self.excluded_company
    }

    /// Whether the scope tells the sync to leave the person's account alone.
    #[must_use]
    pub fn is_left_alone(&self, person: &Person) -> bool {
        self.out_of_scope == OutOfScope::Leave && self.is_out_of_scope(person)
    }

    /// Whether the account of somebody in the HR system must be locked at `now`.
    #[must_use]
    pub fn is_locked(&self, person: &Person, now: Timestamp) -> bool {
        self.opens_at(person).is_some_and(|opens| now < opens)
            || self.ends_at(person).is_some_and(|ends| ends <= now)
            || person.status == Status::Inactive
            || (self.is_out_of_scope(person) && !self.is_left_alone(person))
    }

    /// `setInactiveAt` of somebody in scope: the end date, or the moment an inactive person was first seen before it.
    /// Keeps that moment in `first_inactive`.
    pub(crate) fn inactive_at(
        &self,
        person: &Person,
        first_inactive: &mut Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let ends = self.ends_at(person);
        if person.status != Status::Inactive {
            *first_inactive = None;
            return ends;
        }
        if first_inactive.is_none() && ends.is_some_and(|ends| ends <= now) {
            return ends;
        }
        Some(*first_inactive.get_or_insert(minute_of(now)))
    }

    fn midnight(&self, day: Date) -> Timestamp {
        day.to_zoned_datetime(self.time_zone.clone())
            .map_or(Timestamp::MAX, |start| start.timestamp())
    }
}

/// When the minute of `now` began. A lock without a date holds from then.
pub(crate) fn minute_of(now: Timestamp) -> Timestamp {
    let seconds = now.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(now)
}

#[cfg(test)]
mod tests;
