//! One person explained.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;
use shared::domain::id::{SourceId, TenantId};
use shared::state::EmployeeEntry;

use super::facts::Facts;
use crate::output::View;

#[derive(Serialize)]
pub(crate) struct ExplainView {
    pub(crate) tenant_id: TenantId,
    pub(crate) person: SourceId,
    pub(crate) steps: Steps,
    pub(crate) entry: Option<EmployeeEntry>,
    pub(crate) troubled: bool,
    pub(crate) took_ms: u64,
    #[serde(skip)]
    pub(crate) is_known: bool,
    #[serde(skip)]
    pub(crate) time_zone: TimeZone,
}

/// The steps of a run, each with its lines.
#[derive(Serialize)]
pub(crate) struct Steps {
    pub(crate) read: Vec<String>,
    pub(crate) scope: Vec<String>,
    pub(crate) r#match: Vec<String>,
    pub(crate) map: Vec<String>,
    pub(crate) decide: Vec<String>,
    pub(crate) last_write: Vec<String>,
}

impl Steps {
    fn of(facts: &Facts<'_>) -> Self {
        Self {
            read: facts.read(),
            scope: vec![facts.scope()],
            r#match: vec![facts.matched()],
            map: facts.mapped(),
            decide: facts.decided(),
            last_write: facts.written(),
        }
    }
}

impl ExplainView {
    pub(super) fn new(facts: &Facts<'_>, time_zone: TimeZone, took: Duration) -> Self {
        Self {
            tenant_id: facts.tenant.clone(),
            person: facts.person.clone(),
            steps: Steps::of(facts),
            entry: facts.candidate.entry.clone(),
            troubled: facts.is_troubled(),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            is_known: facts.is_known(),
            time_zone,
        }
    }
}

impl View for ExplainView {
    fn text(&self) -> String {
        let Steps {
            read,
            scope,
            r#match,
            map,
            decide,
            last_write,
        } = &self.steps;
        let mut text = format!("{} of {}\n", self.person, self.tenant_id);
        for (step, lines) in [
            ("read", read),
            ("scope", scope),
            ("match", r#match),
            ("map", map),
            ("decide", decide),
            ("last write", last_write),
        ] {
            for (number, line) in lines.iter().enumerate() {
                let label = if number == 0 { step } else { "" };
                let label = format!("  {label:<11}");
                text.push_str(&terminal::wrapped(line, &label, "             "));
                text.push('\n');
            }
        }
        let (seconds, tenths) = (self.took_ms / 1000, self.took_ms % 1000 / 100);
        text.push_str(&format!("Read live in {seconds}.{tenths} s.\n"));
        text
    }

    fn needs_attention(&self) -> bool {
        self.troubled || !self.is_known
    }
}
