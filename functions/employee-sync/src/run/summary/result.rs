//! The result of a run, from what its summary has counted and found.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::domain::id::TenantId;
use shared::reteach::Error as ReteachError;
use shared::runtime::{FindingKind, HeldNote, JobResult, Mode, Outcome, RunError};

use super::{MANY, Summary};
use crate::EmployeeSync;
use crate::apply::{Applied, ApplyOutcome};
use crate::io::ApplyAbort;
use crate::lint::Violation;
use crate::plan::Plan;
use crate::run::remedy::academy_refuses;

const ALL_REFUSED: &str = "nobody came through: each finding says what was refused";

impl Summary {
    fn is_incomplete(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.kind == FindingKind::Incomplete)
    }

    /// The result of a run that does nothing with its reading.
    pub(in crate::run) fn rejected(
        mut self,
        outcome: Outcome,
        message: String,
    ) -> JobResult<EmployeeSync> {
        self.counts.unchanged = 0;
        JobResult {
            message,
            ..self.into_result(outcome, None)
        }
    }

    /// The result of a run whose plan the linter refused. The message names nobody: it goes into notices.
    pub(in crate::run) fn plan_refused(
        mut self,
        violations: &[Violation],
    ) -> JobResult<EmployeeSync> {
        let rules: BTreeSet<&str> = violations.iter().map(|violation| violation.rule).collect();
        let rules: Vec<&str> = rules.into_iter().collect();
        let message = format!(
            "a defect of this program: the plan breaks its own rules, nothing was written; findings name the people: {}",
            rules.join("; ")
        );
        for Violation { source_id, rule } in violations {
            self.find(source_id.as_ref(), FindingKind::Refused, (*rule).to_owned());
        }
        self.rejected(Outcome::PlanRefused, message)
    }

    /// The result of a run that had nothing to do. An incomplete reading is a finding all the same.
    pub(in crate::run) fn unchanged(
        mut self,
        held: Option<HeldNote>,
        mode: Mode,
    ) -> JobResult<EmployeeSync> {
        self.find_held(held.as_ref());
        self.reached.academy = self.counts.waiting == 0;
        let outcome = match mode {
            Mode::DryRun => Outcome::Planned,
            _ if self.is_incomplete() || self.is_nobody_in_step() => Outcome::Partly,
            _ => Outcome::Unchanged,
        };
        self.into_result(outcome, held)
    }

    /// The result of a dry run: what would be done, as findings.
    pub(in crate::run) fn planned(
        mut self,
        plan: Plan,
        held: Option<HeldNote>,
        now: Timestamp,
    ) -> JobResult<EmployeeSync> {
        for change in &plan.changes {
            self.count(change, now);
            let names: Vec<&str> = change
                .values
                .iter()
                .map(|value| value.attribute.name())
                .collect();
            let cause = change
                .window
                .map(|window| format!(" ({})", window.cause.dayless()))
                .unwrap_or_default();
            let text = format!("{} {}{cause}", change.kind(now), names.join(", "));
            self.find(
                Some(&change.source_id),
                FindingKind::Change,
                text.trim_end().to_owned(),
            );
        }
        JobResult {
            plan: Some(plan),
            ..self.into_result(Outcome::Planned, held)
        }
    }

    /// The result of a run that applied a plan.
    pub(in crate::run) fn applied(
        mut self,
        tenant: &TenantId,
        applied: &ApplyOutcome,
        held: Option<HeldNote>,
    ) -> JobResult<EmployeeSync> {
        self.find_held(held.as_ref());
        let stopped = self.stopped.take();
        let abort = applied.abort.as_ref();
        let mut message = abort.map(ToString::to_string).unwrap_or_default();
        let outcome = match abort {
            Some(ApplyAbort::State(_)) => Outcome::StateUnavailable,
            Some(ApplyAbort::Reteach(ReteachError::Credential(_) | ReteachError::Forbidden(_))) => {
                Outcome::AccessDenied
            }
            _ if !applied.troubles.is_empty() => {
                message = academy_refuses(&applied.troubles, tenant);
                Outcome::AcademyRefuses
            }
            Some(ApplyAbort::Reteach(_)) => Outcome::ReteachUnavailable,
            _ if let Some(error) = &stopped => {
                message = format!(
                    "{}. People without a known account wait; the others were synced",
                    error.message.trim_end_matches('.')
                );
                error.outcome
            }
            Some(ApplyAbort::OutOfTime) => Outcome::Partly,
            None if self.leaves_something()
                || self.is_incomplete()
                || self.is_undecided(applied) =>
            {
                Outcome::Partly
            }
            None if self.is_all_refused(applied) => {
                ALL_REFUSED.clone_into(&mut message);
                Outcome::Partly
            }
            None => Outcome::Done,
        };
        let outcome = match &self.locks_nobody {
            Some(text) if matches!(outcome, Outcome::Done | Outcome::Partly) => {
                message.clone_from(text);
                Outcome::AcademyRefuses
            }
            _ => outcome,
        };
        JobResult {
            // reteach may be asked for the first time when changes are applied.
            credentials_refused: matches!(
                abort,
                Some(ApplyAbort::Reteach(ReteachError::Credential(_)))
            ),
            is_of_academy: matches!(abort, Some(ApplyAbort::Reteach(_))) || stopped.is_some(),
            damaged: match abort {
                Some(ApplyAbort::State(error)) => error.damaged_kind(),
                _ => None,
            },
            message,
            ..self.into_result(outcome, held)
        }
    }

    fn find_held(&mut self, held: Option<&HeldNote>) {
        if let Some(held) = held {
            self.find(None, FindingKind::Held, held.text.clone());
        }
    }

    fn into_result(self, outcome: Outcome, held: Option<HeldNote>) -> JobResult<EmployeeSync> {
        JobResult {
            counts: self.counts,
            findings: self.findings,
            held,
            reached: self.reached,
            ..JobResult::from(RunError::new(outcome, ""))
        }
    }

    /// Whether some people could not be looked up, and no write shows that reteach answers at all.
    fn is_undecided(&self, outcome: &ApplyOutcome) -> bool {
        let mut applied = outcome.applied.values();
        outcome.is_undecided || (self.unanswered > 0 && !applied.any(|it| *it == Applied::Done))
    }

    /// Whether at least five people were written, and not one of them came through. Those who alone were refused before say
    /// nothing of the others.
    fn is_all_refused(&self, outcome: &ApplyOutcome) -> bool {
        let mut applied = outcome.applied.values();
        let tried = applied.clone().filter(|it| !it.is_personal()).count() as u64;
        self.is_nobody_in_step() || (tried >= MANY && !applied.any(|it| *it == Applied::Done))
    }

    /// Whether everybody is refused, in this run or in earlier ones. One person alone says nothing of the company, nor does
    /// anybody who is gone.
    fn is_nobody_in_step(&self) -> bool {
        let people = self.counts.people;
        let looked_at = self.out_of_step.len() as u64;
        people > 1 && looked_at.max(self.waiting_there) >= people
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::id::SourceId;

    use super::*;
    use crate::plan::builders::{config, key, now};
    use crate::run::Rules;
    use crate::source::People;

    #[test]
    fn a_refused_plan_names_people_in_findings_alone() {
        let (config, key) = (config(""), key());
        let rules = Rules {
            config: &config,
            key: &key,
            configuration: "",
            tool: crate::io::memory::TOOL,
            mode: Mode::Scheduled,
            now: now(),
            portion: 1,
            locks_alone: false,
        };
        let violation = Violation {
            source_id: Some(SourceId::new("4711")),
            rule: "a rule",
        };
        let people = People::complete([]);
        let result = Summary::of(&people, rules).plan_refused(&[violation]);
        assert_eq!(result.outcome, Outcome::PlanRefused);
        assert!(
            result.message.contains("a rule") && !result.message.contains("4711"),
            "{}",
            result.message
        );
        let named = result
            .findings
            .iter()
            .filter_map(|finding| finding.person.as_deref());
        assert_eq!(named.collect::<Vec<_>>(), ["4711"]);
    }
}
