//! `tenants people retry`

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use shared::domain::id::{SourceId, TenantId};
use shared::runtime::{Outcome, Report};

use super::list::{name, read};
use super::standing::{Known, Standing, in_order};
use crate::args::{PersonState, RetryPeople, Sync, SyncJob, SyncMode};
use crate::commands::sync;
use crate::context::CommandContext;
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};

#[derive(Serialize)]
struct RetryView<'a> {
    tenant_id: &'a TenantId,
    people: Vec<Retried>,
    /// The run that tried them. `None` where nobody was waiting.
    report: Option<Report<Value>>,
}

#[derive(Serialize)]
struct Retried {
    person: SourceId,
    before: Option<PersonState>,
    after: Option<Standing>,
    problem: Option<String>,
}

pub(crate) async fn retry(context: &CommandContext<'_>, args: &RetryPeople) -> Result<Output> {
    let RetryPeople { tenant, only, here } = args;
    context.tenant(tenant).await?;
    let known = read(context, tenant).await?;
    let mut people = chosen(&known, only);
    let mut waiting = false;
    for retried in people.iter().filter(|retried| retried.problem.is_none()) {
        waiting = true;
        if let Some(entry) = known.ledger.get(&retried.person) {
            // A failure that has changed meanwhile is a run's that has just tried: the reconcile looks at it anyway.
            context
                .store
                .end_pause(tenant, entry, context.now())
                .await?;
        }
    }
    if !waiting {
        return Output::of(&RetryView {
            tenant_id: tenant,
            people,
            report: None,
        });
    }
    let run = Sync {
        tenant: tenant.clone(),
        job: SyncJob::Employees,
        mode: SyncMode::Reconcile,
        here: *here,
    };
    let report = Box::pin(sync::run(context, &run)).await?;
    let known = read(context, tenant).await?;
    for retried in people
        .iter_mut()
        .filter(|retried| retried.problem.is_none())
    {
        retried.after = Some(known.standing(&retried.person));
    }
    Output::of(&RetryView {
        tenant_id: tenant,
        people,
        report: Some(report),
    })
}

/// The people to try: those of `only`, or everybody who waits.
fn chosen(known: &Known, only: &[SourceId]) -> Vec<Retried> {
    let standings = known.standings();
    let states: BTreeMap<&SourceId, PersonState> = standings
        .iter()
        .map(|standing| (&standing.person, standing.state))
        .collect();
    let mut ids: Vec<&SourceId> = match only {
        [] => states
            .iter()
            .filter(|(_, state)| waits(**state))
            .map(|(id, _)| *id)
            .collect(),
        ids => ids.iter().collect(),
    };
    ids.sort_by(|one, other| in_order(one).cmp(&in_order(other)));
    ids.dedup();
    ids.into_iter()
        .map(|id| Retried::new(id, states.get(id).copied()))
        .collect()
}

fn waits(state: PersonState) -> bool {
    matches!(
        state,
        PersonState::Refused | PersonState::Conflict | PersonState::Waiting
    )
}

impl Retried {
    fn new(person: &SourceId, before: Option<PersonState>) -> Self {
        let problem = match before {
            None => Some(
                "no stored entry for this person: `tenants explain` reads them in Personio"
                    .to_owned(),
            ),
            Some(state) if !waits(state) => Some(format!("does not wait: {}", name(state))),
            Some(_) => None,
        };
        Self {
            person: person.clone(),
            before,
            after: None,
            problem,
        }
    }

    fn line(&self) -> String {
        let (person, after) = (&self.person, self.after.as_ref());
        let Some(Standing {
            state,
            reason,
            retry_at,
            ..
        }) = after
        else {
            return format!("{person}: {}", self.problem.as_deref().unwrap_or_default());
        };
        let mut line = format!("{person}: {}", name(*state));
        if let Some(reason) = reason {
            line.push_str(&format!(", {reason}"));
        }
        if let Some(at) = retry_at {
            line.push_str(&format!("; tried again after {}", format::moment(*at)));
        }
        line
    }
}

impl View for RetryView<'_> {
    fn text(&self) -> String {
        let tenant = self.tenant_id;
        let people: String = self
            .people
            .iter()
            .map(|retried| format::point(&retried.line()))
            .collect();
        let Some(report) = &self.report else {
            return format::paragraph(&format!(
                "Nobody of {tenant} waits for a retry, so no run was started."
            )) + &people;
        };
        let summary = terminal::summary(report, &format::counted(report));
        let note = match report.outcome {
            Outcome::Busy => "A run was under way. The next one tries them again.",
            Outcome::Paused => "Nobody was tried. The first run after the pause tries them.",
            _ => "",
        };
        let note = if note.is_empty() {
            String::new()
        } else {
            format::paragraph(note)
        };
        format!("{summary}{note}{people}")
    }

    fn needs_attention(&self) -> bool {
        let is_open = |retried: &Retried| {
            let after = retried.after.as_ref();
            retried.problem.is_some() || after.is_some_and(|after| after.state.needs_attention())
        };
        let failed = self.report.as_ref().is_some_and(|report| {
            let no_run = matches!(report.outcome, Outcome::Busy | Outcome::Paused);
            report.outcome.is_failure() || no_run
        });
        failed || self.people.iter().any(is_open)
    }
}
