//! What a schedule, or an operator, sends.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::id::TenantId;
use crate::json::{self, DecodeError};
use crate::state::JobKind;

/// `{"tenant_id":"acme"}`, with an optional `"mode"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    pub tenant_id: TenantId,
    #[serde(default)]
    pub mode: Mode,
}

impl fmt::Display for Mode {
    /// As events name it: `full-scan`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    #[default]
    Scheduled,
    /// Plans and stops: nothing is written, neither to reteach nor to the state.
    DryRun,
    /// Employees: compares everybody with what reteach actually holds, now instead of once a day.
    Reconcile,
    /// Certificates: reads all there are, now instead of once a day.
    FullScan,
    /// Certificates: as a full scan, and looks by title and day as well for documents that others have filed.
    Verify,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EventError {
    /// It is not what it should be.
    #[error(
        "the event does not fit at {field}: {problem}; send {{\"tenant_id\":\"acme\"}}, with \"mode\" scheduled, \
         dry-run, reconcile (employee-sync), full-scan or verify (certificate-sync)"
    )]
    Malformed {
        /// The member, by its path.
        field: String,
        problem: String,
    },
    /// The mode is one of the other job's.
    #[error("mode {mode} belongs to {}; {} takes scheduled, dry-run and {own}", .other.function(), .job.function())]
    OtherJobsMode {
        mode: &'static str,
        /// The job that it belongs to.
        other: JobKind,
        job: JobKind,
        /// The mode that it has in its place.
        own: &'static str,
    },
}

impl Event {
    /// Reads an event for `job`.
    pub fn parse(event: serde_json::Value, job: JobKind) -> Result<Self, EventError> {
        let event: Self =
            json::read(&event.to_string()).map_err(|DecodeError { path, message, .. }| {
                let field = if path == "." {
                    "the event itself".to_owned()
                } else {
                    path
                };
                EventError::Malformed {
                    field,
                    problem: message,
                }
            })?;
        let belongs_to = |mode, other, own| {
            Err(EventError::OtherJobsMode {
                mode,
                other,
                job,
                own,
            })
        };
        match (job, event.mode) {
            (JobKind::Employees, Mode::FullScan) => {
                belongs_to("full-scan", JobKind::Certificates, "reconcile")
            }
            (JobKind::Certificates, Mode::Reconcile) => {
                belongs_to("reconcile", JobKind::Employees, "full-scan, verify")
            }
            (JobKind::Employees, Mode::Verify) => {
                belongs_to("verify", JobKind::Certificates, "reconcile")
            }
            _ => Ok(event),
        }
    }
}

#[cfg(test)]
mod tests {
    use JobKind::{Certificates, Employees};
    use serde_json::json;

    use super::*;

    fn acme(mode: &str) -> serde_json::Value {
        json!({"tenant_id": "acme", "mode": mode})
    }

    #[test]
    fn an_event_names_a_tenant_and_perhaps_a_mode() {
        for (job, event, mode) in [
            (Employees, json!({"tenant_id": "acme"}), Mode::Scheduled),
            (Employees, acme("dry-run"), Mode::DryRun),
            (Employees, acme("reconcile"), Mode::Reconcile),
            (Certificates, json!({"tenant_id": "acme"}), Mode::Scheduled),
            (Certificates, acme("full-scan"), Mode::FullScan),
            (Certificates, acme("verify"), Mode::Verify),
        ] {
            let parsed =
                Event::parse(event, job).map(|event| (event.tenant_id.to_string(), event.mode));
            assert_eq!(parsed, Ok(("acme".into(), mode)));
        }
    }

    #[test]
    fn a_malformed_event_says_where_and_what() {
        let cases = [
            (Employees, json!({}), "tenant_id"),
            (Employees, json!({"tenant_id": "ACME"}), "tenant_id"),
            (Employees, json!({"tenant_id": 7}), "tenant_id"),
            (Employees, acme("drip"), "mode"),
            (
                Employees,
                json!({"tenant_id": "acme", "mod": "dry-run"}),
                "mod",
            ),
            (Employees, json!("acme"), "the event itself"),
            (Employees, json!(null), "the event itself"),
            (
                Employees,
                acme("full-scan"),
                "certificate-sync; employee-sync takes",
            ),
            (
                Employees,
                acme("verify"),
                "certificate-sync; employee-sync takes",
            ),
            (
                Certificates,
                acme("reconcile"),
                "employee-sync; certificate-sync takes",
            ),
        ];
        for (job, event, hint) in cases {
            let error = Event::parse(event.clone(), job).unwrap_err().to_string();
            assert!(error.contains(hint), "{event}: {error}");
        }
    }
}
