//! Counting what a run found and did, for its report.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::runtime::{Finding, FindingKind, HeldNote};
use shared::state::Failure;

use super::Ended;
use super::commit::Settled;
use crate::apply::{Applied, ApplyAbort, Outcome};
use crate::brake::hold::Holding;
use crate::checkpoint::Resolution;
use crate::plan::{Candidate, Change, Extent, Kind, Plan, SkipReason};
use crate::report::Counts;
use crate::source::{Completeness, People};

/// A record that does not fit is told of again after this long, if it is still the same.
const TELL_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// The counts and findings of a run under way.
pub(super) struct Summary {
    counts: Counts,
    findings: Vec<Finding>,
    completeness: Completeness,
    held: BTreeSet<SourceId>,
}

impl Summary {
    pub(super) fn new(people: &People) -> Self {
        let counts = Counts {
            people: people.snapshot.len() as u64,
            readings: u64::from(people.readings),
            unchanged: people.snapshot.len() as u64,
            ..Counts::default()
        };
        let mut summary = Self {
            counts,
            findings: Vec::new(),
            completeness: people.completeness,
            held: BTreeSet::new(),
        };
        if let Completeness::Incomplete(doubt) = people.completeness {
            let text = format!(
                "the reading is not complete after {} attempts ({doubt}): new and changed people are carried over, nobody \
                 who is missing is taken for gone",
                people.readings
            );
            summary.find(None, FindingKind::Incomplete, text);
        }
        if !people.unreadable.is_empty() {
            let text = format!(
                "the credential may not read {}: these stay as they are in reteach; grant the attributes in Personio",
                people.unreadable.join(", ")
            );
            summary.find(None, FindingKind::Unreadable, text);
        }
        summary
    }

    fn find(&mut self, person: Option<&SourceId>, kind: FindingKind, text: String) {
        let person = person.map(ToString::to_string);
        self.findings.push(Finding {
            person,
            certificate: None,
            kind,
            text,
        });
    }

    /// Everything is as the last run left it. An incomplete reading is a finding all the same.
    pub(super) fn nothing_to_do(mut self, waiting: u64) -> Ended {
        self.waiting(waiting);
        let nothing_to_do = self.completeness == Completeness::Complete;
        Ended {
            counts: self.counts,
            findings: self.findings,
            nothing_to_do,
            ..Ended::default()
        }
    }

    /// What the plan leaves alone, and what a brake holds.
    pub(super) fn planned(&mut self, people: &People, plan: &Plan, held: Option<&Holding>) {
        for (id, skip) in &plan.skipped {
            let kind = match skip {
                SkipReason::Conflict(_) | SkipReason::Contested(_) => {
                    self.counts.conflicts += 1;
                    FindingKind::Conflict
                }
                SkipReason::Rejected { .. } => {
                    self.counts.refused += 1;
                    FindingKind::Rejected
                }
                SkipReason::ScopeUndecided(_) => {
                    self.counts.refused += 1;
                    FindingKind::ScopeUndecided
                }
                SkipReason::AwaitingRetry(_) => {
                    self.counts.waiting += 1;
                    continue;
                }
                SkipReason::OutOfScope => {
                    self.counts.out_of_scope += 1;
                    continue;
                }
                SkipReason::GoneAlready => continue,
            };
            self.find(Some(id), kind, skip.to_string());
        }
        self.held = held
            .into_iter()
            .flat_map(Holding::people)
            .map(|risky| risky.source_id.clone())
            .collect();
        self.counts.held = self.held.len() as u64;
        let touched: BTreeSet<&SourceId> = plan
            .changes
            .iter()
            .map(|change| &change.source_id)
            .chain(plan.skipped.iter().map(|(id, _)| id))
            .chain(&self.held)
            // Who is gone was not counted among the people in the first place.
            .filter(|id| people.snapshot.contains(id))
            .collect();
        self.counts.unchanged = self.counts.people.saturating_sub(touched.len() as u64);
    }

    /// What would be done, as findings.
    pub(super) fn dry(mut self, plan: Plan, held: Option<HeldNote>, now: Timestamp) -> Ended {
        for change in &plan.changes {
            self.count(change, now);
            let names: Vec<&str> = change
                .values
                .iter()
                .map(|value| value.attribute.name())
                .collect();
            let cause = change
                .window
                .map(|window| format!(" ({})", window.cause))
                .unwrap_or_default();
            let text = format!("{} {}{cause}", change.kind(now), names.join(", "));
            self.find(
                Some(&change.source_id),
                FindingKind::Change,
                text.trim_end().to_owned(),
            );
        }
        Ended {
            counts: self.counts,
            findings: self.findings,
            held,
            plan: Some(plan),
            ..Ended::default()
        }
    }

    /// What became of everybody who was looked at.
    pub(super) fn applied(
        &mut self,
        plan: &Plan,
        outcome: &Outcome,
        candidates: &[Candidate],
        now: Timestamp,
    ) -> BTreeMap<SourceId, Resolution> {
        let mut became: BTreeMap<_, _> = candidates
            .iter()
            .map(|it| (it.source_id.clone(), Resolution::Open))
            .collect();
        let kept = plan.bookkeeping.iter().map(|entry| &entry.source_id);
        let stopped_by_state = matches!(outcome.stop, Some(ApplyAbort::State(_)));
        if !stopped_by_state {
            became.extend(
                plan.unchanged
                    .iter()
                    .chain(kept)
                    .map(|id| (id.clone(), Resolution::Settled)),
            );
        }
        became.extend(
            plan.skipped
                .iter()
                .map(|(id, skip)| (id.clone(), of_skip(skip, now))),
        );
        for change in &plan.changes {
            let state = match outcome.applied.get(&change.source_id) {
                Some(Applied::Done) => {
                    self.count(change, now);
                    if change.extent == Extent::Whole {
                        Resolution::Settled
                    } else {
                        Resolution::Open
                    }
                }
                Some(applied @ (Applied::Refused(failure) | Applied::WindowAlone(failure))) => {
                    self.counts.refused += 1;
                    let is_alone = matches!(applied, Applied::WindowAlone(_));
                    let alone = if is_alone {
                        "; its lock or unlock went through"
                    } else {
                        ""
                    };
                    let Failure {
                        reason, retry_at, ..
                    } = failure;
                    let text = format!("{reason}{alone}; tried again from {retry_at:.0} on");
                    self.find(Some(&change.source_id), FindingKind::Refused, text);
                    Resolution::RetryAt(failure.retry_at)
                }
                Some(Applied::Open) | None => {
                    self.counts.left += 1;
                    Resolution::Open
                }
            };
            became.insert(change.source_id.clone(), state);
        }
        for id in &self.held {
            became.insert(id.clone(), Resolution::Open);
        }
        became
    }

    fn count(&mut self, change: &Change, now: Timestamp) {
        let counter = match change.kind(now) {
            Kind::Create => &mut self.counts.created,
            Kind::Adopt => &mut self.counts.adopted,
            Kind::Lock => &mut self.counts.locked,
            Kind::Unlock => &mut self.counts.unlocked,
            Kind::Update => &mut self.counts.updated,
        };
        *counter += 1;
    }

    /// What the shards say of the whole company. Whoever waits for another try was not looked at, and is not in step.
    pub(super) fn settled(&mut self, settled: &Settled) {
        self.counts.missing_once = settled.missing;
        self.waiting(settled.waiting);
    }

    fn waiting(&mut self, people: u64) {
        let elsewhere = people.saturating_sub(self.counts.refused + self.counts.conflicts);
        let not_looked_at = elsewhere.saturating_sub(self.counts.waiting);
        self.counts.waiting = self.counts.waiting.max(elsewhere);
        self.counts.unchanged = self.counts.unchanged.saturating_sub(not_looked_at);
    }

    /// Whether the next run has to go on with this plan.
    pub(super) fn leaves_something(&self, outcome: &Outcome) -> bool {
        outcome.stop.is_some() || self.counts.left > 0
    }

    /// Whether this was a complete run over a complete reading: what opens the gate for certificates.
    pub(super) fn is_complete(&self, outcome: &Outcome) -> bool {
        self.completeness == Completeness::Complete && !self.leaves_something(outcome)
    }

    /// The end of a run that had something to do.
    pub(super) fn finished(mut self, stop: Option<ApplyAbort>, held: Option<HeldNote>) -> Ended {
        if let Some(held) = &held {
            self.find(None, FindingKind::Held, held.text.clone());
        }
        Ended {
            counts: self.counts,
            findings: self.findings,
            held,
            stop,
            ..Ended::default()
        }
    }
}

fn of_skip(skip: &SkipReason, now: Timestamp) -> Resolution {
    match skip {
        SkipReason::OutOfScope | SkipReason::GoneAlready => Resolution::Settled,
        SkipReason::AwaitingRetry(at) => Resolution::RetryAt(*at),
        SkipReason::Rejected { .. }
        | SkipReason::ScopeUndecided(_)
        | SkipReason::Conflict(_)
        | SkipReason::Contested(_) => Resolution::RetryAt(now + TELL_AGAIN),
    }
}
