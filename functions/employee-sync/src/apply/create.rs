//! New accounts.

use jiff::{SignedDuration, Timestamp};
use shared::domain::employee::Field;
use shared::reteach::{Customer, CustomerInput};

use super::academy::Academy;
use super::input::Person;
use super::reply;
use super::write::{Reply, is_partial, not_kept, read};
use crate::io::{Problem, Refusal, WriteError, Writer};
use crate::plan::Change;

/// An account that is older was not made by this run. Days and other offsets are within it.
const OLDEST_NEW: SignedDuration = SignedDuration::from_hours(48);
/// How accounts come about, but for the API.
const OTHER_SOURCES: [&str; 6] = ["MANUAL", "OPTIN", "SAML", "OIDC", "ORDER", "IMPORT"];
/// Members that nobody but an admin or the person fills.
const OF_OTHERS: [&str; 5] = [
    "lastLoginAt",
    "note",
    "team",
    "birthDate",
    "expiredNotificationMail",
];

/// reteach finds or creates: what comes back may be an account that was there before.
pub(super) async fn create(
    writer: &impl Writer,
    change: &Change,
    person: Person<'_>,
    input: &CustomerInput,
    academy: &Academy<'_>,
) -> Result<Reply, WriteError> {
    let mut customer = writer.create(input).await?;
    if is_partial(&customer, true) {
        customer = read(writer, &customer.id).await?;
    }
    let is_as_written = reply::not_taken(&customer, change).is_empty();
    match customer.external_id.as_ref() {
        Some(id) if *id == change.external_id => {}
        // It was made just now, as far as its values show it.
        None if is_as_written => return Err(WriteError::Refused(not_kept("externalId"))),
        _ => {
            return Err(WriteError::Refused(Refusal {
                fields: Vec::new(),
                problem: Problem::Conflict,
            }));
        }
    }
    // A reply as written and an account of earlier: the academy has written to what it found.
    if is_as_written && was_there(&customer, writer.now()) {
        academy.has_overwritten(&change.source_id);
    }
    let whole = without_earlier_dates(change, person, input, &mut customer);
    if is_as_written && whole == *input {
        return Ok(Reply::unwritten(customer));
    }
    let after = writer
        .update(&customer.id, &academy.sent(&whole, Some(&customer)))
        .await?;
    Ok(Reply {
        customer: after,
        before: Some(customer),
    })
}

/// The input, with null for each date that a new account would not have: it is that of an account which was there, and may
/// keep the person out. `customer` is the account without these dates. A date that HR does not show stays.
fn without_earlier_dates(
    change: &Change,
    person: Person<'_>,
    input: &CustomerInput,
    customer: &mut Customer,
) -> CustomerInput {
    let wanted = change.window.map(|window| window.after).unwrap_or_default();
    let employment = person.record.map(|record| &record.employment);
    let shows_hire_date = employment.is_none_or(|it| !it.hire_date.is_absent());
    let shows_end_date = employment.is_none_or(|it| !it.end_date.is_absent());
    let mut whole = input.clone();
    if shows_hire_date && wanted.active_at.is_none() && customer.set_active_at.take().is_some() {
        whole.set_active_at = Field::Null;
    }
    if shows_end_date && wanted.inactive_at.is_none() && customer.set_inactive_at.take().is_some() {
        whole.set_inactive_at = Field::Null;
    }
    whole
}

/// Whether the account in the reply to a creation shows that somebody else made or used it before.
fn was_there(customer: &Customer, now: Timestamp) -> bool {
    let made = customer.text_of("registeredAt");
    let made = made.and_then(|at| at.parse::<Timestamp>().ok());
    let source = customer.text_of("source");
    !customer.tags.is_empty()
        || source.is_some_and(|source| OTHER_SOURCES.contains(&source))
        || made.is_some_and(|made| now.duration_since(made) > OLDEST_NEW)
        || OF_OTHERS
            .iter()
            .any(|member| customer.text_of(member).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::domain::employee::Employee;

    use super::*;
    use crate::io::memory::Academy;
    use crate::plan::builders::{candidate, config, employee, now, plan};

    #[test]
    fn a_creation_that_finds_the_persons_locked_account_opens_it_if_hr_shows_end_dates() {
        for (end_date, expected) in [(Field::Null, None), (Field::Absent, Some(now()))] {
            let person = Employee {
                end_date,
                ..employee("1")
            };
            let candidates = [candidate(&person, &config(""))];
            let plan = plan(&candidates, &config(""));
            let mut academy = Academy::default();
            academy.apply(&plan, &candidates, now());
            // The ledger is lost, and the academy does not list locked accounts.
            academy.ledger.clear();
            for customer in academy.customers.values_mut() {
                customer.set_inactive_at = Some(now());
            }
            academy.apply(&plan, &candidates, now());
            let customers = academy.customers.values();
            let ends: Vec<_> = customers.map(|it| it.set_inactive_at).collect();
            assert_eq!(ends, [expected]);
        }
    }

    #[test]
    fn an_account_of_earlier_shows_who_made_or_used_it() {
        let fresh = json!({"id": "c1", "externalId": "personio:1", "source": "REST_API", "status": "ACTIVE",
            "registeredAt": now().to_string(), "note": null, "team": "", "userType": "LEARNER"});
        let with = |member: &str, value: Value| {
            let mut account = fresh.clone();
            account[member] = value;
            was_there(&serde_json::from_value(account).unwrap(), now())
        };
        for (member, value) in [
            ("userType", json!("GUEST")),
            ("source", json!("API")),
            ("registeredAt", json!("2026-05-11")),
            (
                "registeredAt",
                json!(now() - SignedDuration::from_hours(26)),
            ),
        ] {
            assert!(!with(member, value.clone()), "{member}: {value}");
        }
        for (member, value) in [
            ("source", json!("MANUAL")),
            ("lastLoginAt", json!("2026-01-01T00:00:00Z")),
            ("note", json!("hat Prokura")),
            ("tags", json!([{"id": "1", "name": "Chefin"}])),
            (
                "registeredAt",
                json!(now() - SignedDuration::from_hours(49)),
            ),
        ] {
            assert!(with(member, value.clone()), "{member}: {value}");
        }
    }
}
