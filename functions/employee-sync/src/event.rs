//! What a schedule, or an operator, sends.

use serde::{Deserialize, Serialize};
use shared::id::TenantId;
use thiserror::Error;

/// `{"tenant_id":"acme"}`, with an optional `"mode"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Whose people.
    pub tenant_id: TenantId,
    /// What kind of run.
    #[serde(default)]
    pub mode: Mode,
}

/// What kind of run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// As on every tick.
    #[default]
    Scheduled,
    /// Plans and stops: nothing is written, neither to reteach nor to the state.
    DryRun,
    /// Compares everybody with what reteach actually holds, now instead of once a day.
    Reconcile,
    /// Belongs to the certificate job.
    FullScan,
}

/// An event that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EventError {
    /// It is not what it should be.
    #[error(
        "the event does not fit at {field}: {problem}; send {{\"tenant_id\":\"acme\"}}, with \"mode\" scheduled, \
         dry-run or reconcile"
    )]
    Malformed {
        /// The member, by its path.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The mode is one of the other job's.
    #[error(
        "mode full-scan belongs to certificate-sync; employee-sync takes scheduled, dry-run and reconcile"
    )]
    OtherJobsMode,
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// [`EventError`] naming the member that does not fit.
    pub fn parse(event: serde_json::Value) -> Result<Self, EventError> {
        let event: Self = serde_path_to_error::deserialize(event).map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." { "the event itself".to_owned() } else { path };
            EventError::Malformed { field, problem: error.inner().to_string() }
        })?;
        if event.mode == Mode::FullScan { Err(EventError::OtherJobsMode) } else { Ok(event) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_names_a_tenant_and_perhaps_a_mode() {
        let event = |value| Event::parse(value).map(|event| (event.tenant_id.to_string(), event.mode));
        assert_eq!(event(json!({"tenant_id": "acme"})), Ok(("acme".into(), Mode::Scheduled)));
        assert_eq!(event(json!({"tenant_id": "acme", "mode": "dry-run"})), Ok(("acme".into(), Mode::DryRun)));
        assert_eq!(
            event(json!({"tenant_id": "acme", "mode": "reconcile"})),
            Ok(("acme".into(), Mode::Reconcile))
        );
    }

    #[test]
    fn a_malformed_event_says_where_and_what() {
        let cases = [
            (json!({}), "tenant_id"),
            (json!({"tenant_id": "ACME"}), "tenant_id"),
            (json!({"tenant_id": 7}), "tenant_id"),
            (json!({"tenant_id": "acme", "mode": "drip"}), "mode"),
            (json!({"tenant_id": "acme", "mod": "dry-run"}), "mod"),
            (json!("acme"), "the event itself"),
            (json!(null), "the event itself"),
            (json!({"tenant_id": "acme", "mode": "full-scan"}), "certificate-sync"),
        ];
        for (event, hint) in cases {
            let error = Event::parse(event.clone()).unwrap_err().to_string();
            assert!(error.contains(hint), "{event}: {error}");
        }
    }
}
