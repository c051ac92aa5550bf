//! One person's account.

use jiff::Timestamp;
use simulators::Person;
use simulators::people::{EmploymentType, Gender};
use simulators::reteach::{Customer, Source};

use crate::{AccessRules, external_id};

const TAG_PREFIX: &str = "Anstellungsart: ";

/// The account of `person` after a run at `now` that found `current`. A new account is made through the API. Runs write
/// departments only where the tenant's file says so.
pub(crate) fn expected(
    person: &Person,
    current: Option<Customer>,
    first_inactive: &mut Option<Timestamp>,
    now: Timestamp,
    rules: &AccessRules,
    has_departments: bool,
) -> Customer {
    // Destructured in full, so that a new field of Personio's stops the build here.
    let Person {
        id,
        first_name,
        last_name,
        email,
        gender,
        position,
        subcompany,
        department,
        office,
        employment_type,
        status: _,
        hire_date: _,
        termination_date: _,
        weekly_hours: _,
    } = person;
    let current = current.unwrap_or_else(created_by_api);
    let user_name = email.is_none().then(|| format!("personio-{id}"));
    Customer {
        external_id: Some(external_id(*id)),
        email: expected_email(email.as_ref(), current.email.as_ref()),
        user_name: user_name.or(current.user_name),
        first_name: Some(first_name.clone()),
        last_name: Some(last_name.clone()),
        position: position.clone(),
        company: subcompany.clone(),
        location: office.clone(),
        department: if has_departments {
            department.clone()
        } else {
            current.department
        },
        gender: gender.map(|gender| gender_name(gender).to_owned()),
        set_active_at: rules.opens_at(person),
        set_inactive_at: rules.inactive_at(person, first_inactive, now),
        tags: expected_tags(current.tags, *employment_type),
        ..current
    }
}

pub(crate) fn created_by_api() -> Customer {
    Customer {
        source: Source::RestApi,
        ..Customer::default()
    }
}

/// An address that differs only in case is kept.
fn expected_email(desired: Option<&String>, current: Option<&String>) -> Option<String> {
    let is_same = |current: &&String| {
        desired.is_some_and(|desired| desired.to_lowercase() == current.to_lowercase())
    };
    current.filter(is_same).or(desired).cloned()
}

fn gender_name(gender: Gender) -> &'static str {
    match gender {
        Gender::Male => "MALE",
        Gender::Female => "FEMALE",
        Gender::Diverse => "DIVERSE",
    }
}

fn expected_tags(current: Vec<String>, employment_type: Option<EmploymentType>) -> Vec<String> {
    let label = employment_type.map(|employment_type| match employment_type {
        EmploymentType::Internal => "intern",
        EmploymentType::External => "extern",
    });
    let foreign = current
        .into_iter()
        .filter(|tag| !tag.starts_with(TAG_PREFIX));
    foreign
        .chain(label.map(|label| format!("{TAG_PREFIX}{label}")))
        .collect()
}
