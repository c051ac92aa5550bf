//! Counting what a run found and did, for its report.

mod result;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::domain::employee::Status;
use shared::domain::id::SourceId;
use shared::runtime::{Finding, FindingKind, Reached, RunError};
use shared::state::{Failure, FailureKind};
use shared::tenant::Via;

use super::Rules;
use super::load::{ListFailure, ListingNote};
use crate::accounts::{EndedAccounts, LeftOut, UnreadableRows};
use crate::apply::{Applied, ApplyOutcome};
use crate::plan::{
    Account, Action, Candidate, Change, Kind, Plan, SkipReason, SourceState, WindowCause,
};
use crate::report::Counts;
use crate::source::{Completeness, IncompleteReason, People, Person};

/// People without a single success, from which on it is no accident.
const MANY: u64 = 5;

/// People who are named in one text at most.
const MAX_NAMED: usize = 5;

/// Days on which a value is changed, from which on it has another owner.
const CONTESTED_DAYS: u32 = 3;

/// The counts and findings of a run under way.
#[derive(Debug)]
pub(super) struct Summary {
    counts: Counts,
    findings: Vec<Finding>,
    /// People of the company whom this run has looked at and not brought into step.
    out_of_step: BTreeSet<SourceId>,
    /// People of the company who wait for another try.
    waiting_there: u64,
    /// People whose account could not be looked up.
    unanswered: u64,
    /// Why accounts could not be found out, where the trouble is reteach's.
    stopped: Option<RunError>,
    /// The message of the run if the academy locks nobody whose end has passed.
    locks_nobody: Option<String>,
    reached: Reached,
}

fn has_unknown_status(person: &Person) -> bool {
    let status = match person {
        Person::Employee(employee, _) => employee.status.value(),
        Person::Rejected { leaving, .. } => leaving.status.value(),
    };
    matches!(status, Some(Status::Other(_)))
}

fn is_orphan(change: &Change) -> bool {
    change
        .window
        .is_some_and(|window| window.cause == WindowCause::Orphaned)
}

impl Summary {
    /// What the reading itself says.
    pub(super) fn of(people: &People, rules: Rules<'_>) -> Self {
        let number = people.snapshot.len() as u64;
        let mut summary = Self {
            counts: Counts {
                people: number,
                readings: u64::from(people.readings),
                unchanged: number,
                ..Counts::default()
            },
            findings: Vec::new(),
            out_of_step: BTreeSet::new(),
            waiting_there: 0,
            unanswered: 0,
            stopped: None,
            locks_nobody: None,
            reached: Reached {
                source: true,
                ..Reached::default()
            },
        };
        match people.completeness {
            Completeness::Complete => {}
            Completeness::Agreeing(reason) => {
                let remedy = match reason {
                    IncompleteReason::Nameless { .. } => {
                        "Ask the HR system's support why it shows them so".to_owned()
                    }
                    _ => format!(
                        "See with `tenants check {}` whether the credential may read all employees",
                        rules.config.tenant_id
                    ),
                };
                let text = format!(
                    "{reason}, in each of three readings: new and changed people are carried over, nobody who is missing is \
                     taken for gone. Leavers are locked by their status or end date alone. {remedy}"
                );
                summary.find(None, FindingKind::WrongTotal, text);
            }
            Completeness::Incomplete(reason) => {
                let text = format!(
                    "the reading is not complete after {} attempts ({reason}): new and changed people are carried over, nobody \
                     who is missing is taken for gone",
                    people.readings
                );
                summary.find(None, FindingKind::Incomplete, text);
            }
        }
        if !people.unreadable.is_empty() {
            let names = people.unreadable.join(", ");
            let text = if rules.config.personio.via == Via::Kombo {
                format!(
                    "Kombo shows nobody's {names}: these stay as they are in reteach; enable the fields in the integration's \
                     scope config in Kombo's dashboard, and see in Personio whether they are filled"
                )
            } else {
                format!(
                    "the credential may not read {names}: these stay as they are in reteach; grant the attributes in Personio"
                )
            };
            summary.find(None, FindingKind::Unreadable, text);
        }
        let strange = people.snapshot.iter();
        let strange = strange.filter(|(_, person)| has_unknown_status(person));
        let strange = strange.count();
        if strange > 0 {
            let text = format!(
                "the status of {strange} people is a word that this release does not know: it locks nobody and lifts no lock. \
                 Leavers are locked by their end date alone: enter it in the HR system, and look for a newer release"
            );
            summary.find(None, FindingKind::Unreadable, text);
        }
        summary
    }

    fn find(&mut self, person: Option<&SourceId>, kind: FindingKind, text: String) {
        self.findings.push(Finding {
            person: person.map(ToString::to_string),
            certificate: None,
            kind,
            text,
        });
    }

    /// With what is to be said about the academy's list of accounts.
    pub(super) fn with_listing(mut self, listing: ListingNote, locks_nobody: bool) -> Self {
        let ListingNote {
            unreadable: UnreadableRows { count, named },
            shared_ids,
            left_out:
                LeftOut {
                    found,
                    named: left_out,
                    ..
                },
            ended,
            failure,
            stopped,
            unanswered,
            paused: _,
            mails_unanswered,
        } = listing;
        self.stopped = stopped;
        self.unanswered = unanswered.len() as u64;
        self.counts.refused += self.unanswered;
        for (id, problem) in unanswered {
            let text = format!("{problem}; a later run looks this person up again");
            self.find(Some(&id), FindingKind::Refused, text);
            self.out_of_step.insert(id);
        }
        if let Some(failure) = mails_unanswered {
            let text = format!(
                "new mail addresses could not be looked up ({failure}): whether another account has one shows when it is written"
            );
            self.find(None, FindingKind::NotListed, text);
        }
        if let Some(ListFailure { problem, compares }) = failure {
            let meanwhile = if compares {
                "they were not compared with the HR system, changed people were synced; the comparison is tried again after \
                 an hour"
            } else {
                "new people are looked up one by one; the list is asked for again after an hour"
            };
            let text =
                format!("the accounts in reteach could not be listed ({problem}): {meanwhile}");
            self.find(None, FindingKind::NotListed, text);
        }
        if count > 0 {
            let text = format!(
                "{count} accounts in reteach's list cannot be read and are left as they are: {}",
                named.join(", ")
            );
            self.find(None, FindingKind::NotListed, text);
        }
        if found > 0 {
            let text = format!(
                "reteach's list leaves out accounts that are there ({found} of those that were read by their id: {}): people whom \
                 it does not show are compared by the ledger; ask reteach's support why",
                left_out.join(", ")
            );
            self.find(None, FindingKind::NotListed, text);
        }
        if shared_ids.count > 0 {
            let text = format!(
                "{} accounts in reteach carry an external id that another account carries too ({}): \
                 runs write to the one they know, and lock both if the person has left; delete the other one in reteach or clear \
                 its external id",
                shared_ids.count,
                shared_ids.named.join(", ")
            );
            self.find(None, FindingKind::Conflict, text);
        }
        self.with_ended(&ended.unwrap_or_default(), locks_nobody)
    }

    /// With the accounts whose end passed more than a day ago and that are still open. `locks_nobody`: so they were a day ago.
    fn with_ended(mut self, ended: &EndedAccounts, locks_nobody: bool) -> Self {
        let EndedAccounts {
            inactive,
            active,
            unused,
            named,
        } = ended;
        // Where others are locked, accounts that were never used may keep their status.
        let open = active + if *inactive == 0 { *unused } else { 0 };
        if open == 0 {
            return self;
        }
        let describe = |names: &str| {
            format!(
                "{open} of {} accounts whose setInactiveAt passed more than a day ago are still open in reteach{names}: \
                 lock them in reteach by hand, and see with `tenants check --write-probe` whether the academy locks by dates",
                inactive + active + unused
            )
        };
        if locks_nobody {
            self.locks_nobody = Some(format!(
                "the academy does not lock by setInactiveAt: {}",
                describe("")
            ));
        }
        let names = format!(" ({})", named.join(", "));
        self.find(None, FindingKind::NotLocked, describe(&names));
        self
    }

    /// With what the plan leaves alone, and what a brake holds.
    pub(super) fn with_plan(mut self, people: &People, plan: &Plan) -> Self {
        for (id, skip) in plan.skipped.iter().chain(&plan.left_out) {
            let counts = &mut self.counts;
            let (counter, kind) = match skip {
                SkipReason::Conflict(..)
                | SkipReason::Contested(_)
                | SkipReason::MailTaken(_)
                | SkipReason::MailShared(_)
                | SkipReason::AwaitingRetry(FailureKind::Conflict, _)
                | SkipReason::EmployedAgain(_) => {
                    (&mut counts.conflicts, Some(FindingKind::Conflict))
                }
                SkipReason::Rejected { .. } => (&mut counts.refused, Some(FindingKind::Rejected)),
                SkipReason::ScopeUndecided(_) => {
                    (&mut counts.refused, Some(FindingKind::ScopeUndecided))
                }
                SkipReason::AwaitingRetry(FailureKind::Refused | FailureKind::NoAnswer, _) => {
                    (&mut counts.waiting, None)
                }
                SkipReason::OutOfScope => (&mut counts.out_of_scope, None),
                SkipReason::GoneAlready | SkipReason::HandedOver(_) => continue,
            };
            *counter += 1;
            if !matches!(skip, SkipReason::OutOfScope) {
                self.out_of_step.insert(id.clone());
            }
            if let Some(kind) = kind {
                self.find(Some(id), kind, skip.to_string());
            }
        }
        self.out_of_step.retain(|id| people.snapshot.contains(id));
        self.counts.held = plan.held.len() as u64;
        let changes = plan.changes.iter().chain(&plan.held);
        for orphan in changes.clone().filter(|change| is_orphan(change)) {
            self.counts.orphaned += 1;
            let text = format!(
                "the account {} is open and belongs to nobody in the HR system; it is locked only after `tenants approve`",
                orphan.external_id
            );
            self.find(Some(&orphan.source_id), FindingKind::Orphaned, text);
        }
        let touched: BTreeSet<&SourceId> = changes
            .map(|change| &change.source_id)
            .chain(plan.skipped.iter().map(|(id, _)| id))
            // Somebody who is gone was not counted among the people in the first place.
            .filter(|id| people.snapshot.contains(id))
            .collect();
        let touched = touched.len() as u64 + self.unanswered;
        self.counts.unchanged = self.counts.people.saturating_sub(touched);
        self
    }

    /// With the values that somebody else has changed in the academy on several days. A comparison says so.
    pub(super) fn with_contested(mut self, candidates: &[Candidate], now: Timestamp) -> Self {
        for candidate in candidates {
            let drift = candidate.entry.iter().flat_map(|entry| &entry.drift);
            let contested =
                drift.filter(|(_, drift)| drift.days >= CONTESTED_DAYS && drift.last == now);
            for (field, drift) in contested {
                let stop = match field.as_str() {
                    "setActiveAt" | "setInactiveAt" => {
                        "Stop that: access follows the dates in the HR system"
                    }
                    _ => {
                        "Stop that, or leave the field to them: `[employees]` switches some fields off"
                    }
                };
                let text = format!(
                    "{field} was changed in reteach on {} days, and each comparison writes it back: another system or an \
                     admin writes it, too. {stop}",
                    drift.days
                );
                self.find(Some(&candidate.source_id), FindingKind::Contested, text);
            }
        }
        self
    }

    /// With the accounts that were deleted, or are other people's now. Their people need new ones.
    pub(super) fn with_deleted(mut self, plan: &Plan, candidates: &[Candidate]) -> Self {
        let missing = candidates.iter().filter_map(|candidate| {
            let account = candidate.known_account()?;
            let is_missing = matches!(candidate.account, Account::Missing);
            is_missing.then_some((&candidate.source_id, account))
        });
        let missing: BTreeMap<_, _> = missing.collect();
        for change in plan.changes.iter().chain(&plan.held) {
            if change.action == Action::Create
                && let Some(account) = missing.get(&change.source_id)
            {
                let text = format!(
                    "the account {account} was deleted in reteach, or is not this person's any more: the person \
                     needs a new one, without the courses and certificates of the old one"
                );
                self.find(Some(&change.source_id), FindingKind::AccountLost, text);
            }
        }
        self
    }

    /// With the people whose end date is not believed.
    pub(super) fn with_earlier_ends(mut self, candidates: &[Candidate]) -> Self {
        for candidate in candidates {
            if let SourceState::Present { record, .. } = &candidate.source
                && record.employment.has_earlier_end()
            {
                let text = "the end of the contract lies before its first day, and the person is employed: it locks nobody; \
                            correct it in Personio";
                self.find(
                    Some(&candidate.source_id),
                    FindingKind::Rejected,
                    text.to_owned(),
                );
            }
        }
        self
    }

    /// With the people who are left for later runs, and those of them whose changes stay held.
    pub(super) fn with_put_off(mut self, people: usize, held: usize) -> Self {
        self.counts.left += people as u64;
        self.counts.held += held as u64;
        let not_looked_at = (people + held) as u64;
        self.counts.unchanged = self.counts.unchanged.saturating_sub(not_looked_at);
        self
    }

    /// With what became of the plan's changes.
    pub(super) fn with_outcome(
        mut self,
        plan: &Plan,
        outcome: &ApplyOutcome,
        now: Timestamp,
    ) -> Self {
        for change in &plan.changes {
            match outcome.applied.get(&change.source_id) {
                Some(Applied::Done) => self.count(change, now),
                Some(Applied::Refused(failure)) => self.refuse(change, failure, ""),
                Some(Applied::WindowAlone(Some(failure))) => {
                    let came = match (change.window, &change.action) {
                        (_, Action::Create) => "; the account was created",
                        (Some(_), _) => "; its lock or unlock went through",
                        (None, _) => "",
                    };
                    self.refuse(change, failure, came);
                }
                Some(Applied::AccountLost(Some(failure))) => {
                    self.count_refused(change);
                    let text = format!(
                        "{}; tried again from {:.0} on",
                        failure.reason, failure.retry_at
                    );
                    self.find(Some(&change.source_id), FindingKind::AccountLost, text);
                }
                Some(Applied::AccountLost(None)) => {
                    self.counts.left += 1;
                    let text = "the account carries another external id or none, or was deleted: \
                                nothing was written to it, and the next run looks for one again";
                    let id = Some(&change.source_id);
                    self.find(id, FindingKind::AccountLost, text.to_owned());
                }
                Some(Applied::WindowAlone(None) | Applied::Open) | None => self.counts.left += 1,
            }
        }
        if let Some(person) = outcome.overwritten.first() {
            let people = outcome.overwritten.iter().take(MAX_NAMED);
            let people: Vec<_> = people.map(ToString::to_string).collect();
            let text = format!(
                "reteach's POST /customer has written to {} accounts that were there before, instead of refusing them (of \
                 the people {}): see in reteach whose they were and what they held",
                outcome.overwritten.len(),
                people.join(", ")
            );
            self.find(Some(person), FindingKind::Conflict, text);
        }
        self
    }

    /// With what the run has seen working. `listed`: the academy listed its accounts. `compared`: all were compared.
    pub(super) fn with_reached(
        mut self,
        outcome: &ApplyOutcome,
        listed: bool,
        compared: bool,
    ) -> Self {
        let mut applied = outcome.applied.values();
        self.reached = Reached {
            academy: listed || applied.any(|applied| *applied == Applied::Done),
            everybody: compared && self.counts.refused + self.counts.waiting < MANY,
            plan: true,
            ..self.reached
        };
        self
    }

    fn count(&mut self, change: &Change, now: Timestamp) {
        let counter = match change.kind(now) {
            Kind::Create => &mut self.counts.created,
            Kind::Adopt => &mut self.counts.adopted,
            Kind::Handover => &mut self.counts.handed_over,
            Kind::Lock => &mut self.counts.locked,
            Kind::Unlock => &mut self.counts.unlocked,
            Kind::Update => &mut self.counts.updated,
        };
        *counter += 1;
    }

    fn refuse(&mut self, change: &Change, failure: &Failure, alone: &str) {
        self.count_refused(change);
        let Failure {
            reason, retry_at, ..
        } = failure;
        let text = format!("{reason}{alone}; tried again from {retry_at:.0} on");
        self.find(Some(&change.source_id), FindingKind::Refused, text);
    }

    fn count_refused(&mut self, change: &Change) {
        self.counts.refused += 1;
        // Somebody gone has no record.
        if change.fingerprint.is_some() {
            self.out_of_step.insert(change.source_id.clone());
        }
    }

    /// With the people who are missing for the first time.
    pub(super) fn with_missing(mut self, people: u64) -> Self {
        self.counts.missing_once = people;
        self
    }

    /// With all people who wait for another try, and how many of them are gone. They were not looked at, and are not in step.
    pub(super) fn with_waiting(mut self, people: u32, gone: u32) -> Self {
        self.waiting_there = u64::from(people.saturating_sub(gone));
        let people = u64::from(people);
        let counts = &mut self.counts;
        let elsewhere = people.saturating_sub(counts.refused + counts.conflicts);
        let not_looked_at = elsewhere.saturating_sub(counts.waiting);
        counts.waiting = counts.waiting.max(elsewhere);
        counts.unchanged = counts.unchanged.saturating_sub(not_looked_at);
        self
    }

    /// Whether a change is left for the next run.
    pub(super) fn leaves_something(&self) -> bool {
        self.counts.left > 0
    }
}
