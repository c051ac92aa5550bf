//! New accounts.

use jiff::{SignedDuration, Timestamp};
use shared::reteach::{Customer, CustomerInput};

use super::academy::Academy;
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
    if is_as_written {
        // A reply as written and an account of earlier: the academy has written to what it found.
        if was_there(&customer, writer.now()) {
            academy.has_overwritten(&change.source_id);
        }
        return Ok(Reply::unwritten(customer));
    }
    let after = writer
        .update(&customer.id, &academy.sent(input, Some(&customer)))
        .await?;
    Ok(Reply {
        customer: after,
        before: Some(customer),
    })
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

    use super::*;
    use crate::plan::builders::now;

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
