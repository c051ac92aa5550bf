//! One person's account.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use simulators::Person;
use simulators::people::{EmploymentType, Gender, Status};
use simulators::reteach::{Customer, Source};

const TAG: &str = "Anstellungsart: ";

/// The account of `person` at `now`, over what it was `before`; a new one is made through the API.
pub(super) fn of(
    person: &Person,
    before: Option<Customer>,
    inactive_since: &mut Option<Timestamp>,
    now: Timestamp,
    zone: &TimeZone,
) -> Customer {
    // Taken apart in full: a new field of Personio's has to be thought about here.
    let Person {
        id,
        first_name,
        last_name,
        email,
        gender,
        position,
        subcompany,
        department: _,
        office,
        employment_type,
        status,
        hire_date,
        termination_date,
        weekly_hours: _,
    } = person;
    let before = before.unwrap_or_else(made_by_api);
    let name = email.is_none().then(|| format!("personio-{id}"));
    Customer {
        external_id: Some(format!("personio:{id}")),
        email: mail(email.as_ref(), before.email.as_ref()),
        user_name: name.or(before.user_name),
        first_name: Some(first_name.clone()),
        last_name: Some(last_name.clone()),
        position: position.clone(),
        company: subcompany.clone(),
        location: office.clone(),
        gender: gender.map(|gender| gender_name(gender).to_owned()),
        set_active_at: hire_date.map(|day| midnight(day, zone)),
        set_inactive_at: shut(*status, *termination_date, inactive_since, now, zone),
        tags: tags(before.tags, *employment_type),
        ..before
    }
}

/// A new account, made through the API.
pub(super) fn made_by_api() -> Customer {
    Customer {
        source: Source::RestApi,
        ..Customer::default()
    }
}

/// `account` with the external id of `person`.
pub(super) fn ours(person: u64, account: Customer) -> Customer {
    Customer {
        external_id: Some(format!("personio:{person}")),
        ..account
    }
}

/// An address that differs in nothing but its letters' case is left as it is.
fn mail(wanted: Option<&String>, before: Option<&String>) -> Option<String> {
    let same = |old: &&String| wanted.is_some_and(|new| new.to_lowercase() == old.to_lowercase());
    before.filter(same).or(wanted).cloned()
}

fn gender_name(gender: Gender) -> &'static str {
    match gender {
        Gender::Male => "MALE",
        Gender::Female => "FEMALE",
        Gender::Diverse => "DIVERSE",
    }
}

fn tags(before: Vec<String>, kind: Option<EmploymentType>) -> Vec<String> {
    let label = kind.map(|kind| match kind {
        EmploymentType::Internal => "intern",
        EmploymentType::External => "extern",
    });
    let others = before.into_iter().filter(|tag| !tag.starts_with(TAG));
    others
        .chain(label.map(|label| format!("{TAG}{label}")))
        .collect()
}

/// The end of the last day; for somebody who is inactive before that, the moment it was first seen.
fn shut(
    status: Status,
    last_day: Option<Date>,
    inactive_since: &mut Option<Timestamp>,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Timestamp> {
    let end = last_day.map(|day| midnight(day.tomorrow().unwrap_or(Date::MAX), zone));
    if status != Status::Inactive {
        *inactive_since = None;
        return end;
    }
    if inactive_since.is_none() && end.is_some_and(|end| end <= now) {
        return end;
    }
    Some(*inactive_since.get_or_insert(now))
}

fn midnight(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned_datetime(zone.clone())
        .map_or(Timestamp::MAX, |start| start.timestamp())
}
