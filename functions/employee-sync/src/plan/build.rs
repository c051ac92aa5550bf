//! The planner: one verdict for each candidate.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::access::{
    AccessWindow, DesiredAccess, LockReason, Locked, Scoped, desired_access, has_left,
};
use shared::domain::employee::Field;
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::fingerprint::{Fingerprint, FingerprintKey};
use shared::mapping::{Attribute, DesiredAccount, Text, user_name};
use shared::source::Absence;
use shared::state::EmployeeEntry;
use shared::tenant::{OutOfScope, TenantConfig};

use super::claim::Claims;
use super::compare;
use super::verdict::{Numbering, SkipReason, Verdict};
use super::{
    Account, AccountView, Action, Baseline, Before, Candidate, Change, Extent, Holder, MatchedBy,
    SourceState, ValueChange, WindowCause, WindowChange,
};

/// What every verdict depends on besides the person.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub now: Timestamp,
    pub config: &'a TenantConfig,
    /// The tenant's key, for comparing with the ledger's digests.
    pub key: &'a FingerprintKey,
    pub locks_alone: bool,
}

/// What should be done, for everybody who needed a look. Input order does not matter: everything is by source id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub changes: Vec<Change>,
    /// What a brake has taken out of them: nothing of it is applied before somebody approves it.
    pub held: Vec<Change>,
    /// Ledger entries to be written although nothing changes in reteach: accounts that were found as they should be.
    pub bookkeeping: Vec<EmployeeEntry>,
    /// Who is left alone although something may be wrong, and why.
    pub skipped: Vec<(SourceId, SkipReason)>,
    /// Whose change leaves something out, and why.
    pub left_out: Vec<(SourceId, SkipReason)>,
    /// Who is as they should be.
    pub unchanged: Vec<SourceId>,
}

impl Plan {
    #[must_use]
    pub fn build(candidates: &[Candidate], context: Context<'_>) -> Self {
        let mut plan = Self::default();
        let verdicts: Vec<_> = candidates
            .iter()
            .map(|candidate| (candidate, context.verdict(candidate)))
            .collect();
        let has_left = |candidate: &Candidate| match &candidate.source {
            SourceState::Present { record, .. } => context.has_left(record),
            SourceState::Rejected { .. } | SourceState::Gone { .. } => true,
        };
        let claims = Claims::of(&verdicts, has_left);
        for (candidate, verdict) in verdicts {
            let id = candidate.source_id.clone();
            match claims.settle(candidate, verdict, has_left(candidate)) {
                Verdict::Change(change, left_out) => {
                    plan.changes.push(change);
                    plan.left_out.extend(left_out.map(|reason| (id, reason)));
                }
                Verdict::Bookkeeping(entry) => plan.bookkeeping.push(entry),
                Verdict::Skip(skip) => plan.skipped.push((id, skip)),
                Verdict::Unchanged => plan.unchanged.push(id),
            }
        }
        plan.changes.sort_by(|a, b| a.source_id.cmp(&b.source_id));
        plan.bookkeeping
            .sort_by(|a, b| a.source_id.cmp(&b.source_id));
        plan.skipped.sort_by(|a, b| a.0.cmp(&b.0));
        plan.left_out.sort_by(|a, b| a.0.cmp(&b.0));
        plan.unchanged.sort();
        plan
    }

    /// Whether nothing changes in reteach.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// A person, with the record that the HR system has now.
type Recorded<'a> = (&'a Candidate, &'a DesiredAccount, Fingerprint);

impl Context<'_> {
    fn verdict(&self, candidate: &Candidate) -> Verdict {
        let entry = candidate.entry.as_ref();
        if let Some(profile) = entry.and_then(|entry| entry.handed_over_to.as_ref()) {
            return Verdict::Skip(self.handed_over(candidate, profile));
        }
        match &candidate.source {
            SourceState::Rejected {
                field,
                problem,
                record,
                fingerprint,
            } => {
                let reason = SkipReason::Rejected {
                    field: field.clone(),
                    problem: problem.clone(),
                };
                match self.lock_alone((candidate, record, *fingerprint)) {
                    Some(change) => Verdict::Change(change, Some(reason)),
                    None => Verdict::Skip(reason),
                }
            }
            SourceState::Gone { .. } => self.gone(candidate),
            SourceState::Present {
                record,
                fingerprint,
            } if self.locks_alone || candidate.is_second_account() => self
                .lock_alone((candidate, record, *fingerprint))
                .map_or(Verdict::Unchanged, |change| Verdict::Change(change, None)),
            SourceState::Present {
                record,
                fingerprint,
            } => self.present((candidate, record, *fingerprint)),
        }
    }

    fn handed_over(&self, candidate: &Candidate, profile: &SourceId) -> SkipReason {
        match &candidate.source {
            SourceState::Present { record, .. } if !self.has_left(record) => {
                SkipReason::EmployedAgain(profile.clone())
            }
            _ => SkipReason::HandedOver(profile.clone()),
        }
    }

    fn has_left(&self, record: &DesiredAccount) -> bool {
        let (zone, lock_on) = (&self.config.time_zone, self.config.employees.lock_on);
        has_left(&record.employment, self.now, zone, lock_on)
    }

    fn gone(&self, candidate: &Candidate) -> Verdict {
        let SourceState::Gone {
            external_id,
            absence,
        } = &candidate.source
        else {
            return Verdict::Unchanged;
        };
        let (account, before) = match (&candidate.account, &candidate.entry) {
            (Account::Fetched(account, MatchedBy::ExternalId | MatchedBy::Ledger), _) => {
                (account.id.clone(), account.window)
            }
            (Account::FromLedger(id), Some(entry)) => (id.clone(), entry.window),
            _ => return Verdict::Skip(SkipReason::GoneAlready),
        };
        if let Some(since) = before.inactive_at.filter(|at| *at <= self.now) {
            return match &candidate.entry {
                // Locked by a run that could not write it down: who comes back must be known to be locked.
                Some(entry) if entry.window != before => {
                    let locked = entry.locked.or(Some(Locked {
                        since,
                        reason: LockReason::Vanished,
                    }));
                    Verdict::Bookkeeping(EmployeeEntry {
                        window: before,
                        locked,
                        failure: None,
                        ..entry.clone()
                    })
                }
                _ => Verdict::Skip(SkipReason::GoneAlready),
            };
        }
        if let Some(waits) = self.waits(candidate, Fingerprint::default()) {
            return Verdict::Skip(waits);
        }
        let target = DesiredAccess::vanished(
            candidate.entry.as_ref().and_then(|entry| entry.locked),
            self.now,
        );
        let cause = match absence {
            Absence::Explained => WindowCause::Vanished,
            Absence::Unmarked => WindowCause::Unmarked,
            Absence::Orphaned => WindowCause::Orphaned,
        };
        let window = WindowChange::between(before, target.active_at, target.inactive_at, cause);
        Verdict::Change(
            Change {
                source_id: candidate.source_id.clone(),
                external_id: external_id.clone(),
                action: Action::Update(account),
                values: Vec::new(),
                window,
                locked: target.locked,
                fingerprint: None,
                extent: Extent::Whole,
                baseline: Baseline {
                    window: before,
                    ..Baseline::default()
                },
            },
            None,
        )
    }

    fn present(&self, person: Recorded<'_>) -> Verdict {
        let (candidate, _, fingerprint) = person;
        let verdict = self.present_now(person);
        match self.waits(candidate, fingerprint) {
            None => verdict,
            Some(waits) => match window_alone(candidate, verdict) {
                Some(change) => Verdict::Change(change, Some(waits)),
                None => Verdict::Skip(waits),
            },
        }
    }

    /// Whether what failed before, noted for `fingerprint`, is not tried again yet.
    fn waits(&self, candidate: &Candidate, fingerprint: Fingerprint) -> Option<SkipReason> {
        let failure = candidate.entry.as_ref()?.failure.as_ref()?;
        let waits = failure.fingerprint == fingerprint && failure.retry_at > self.now;
        waits.then_some(SkipReason::AwaitingRetry(failure.kind, failure.retry_at))
    }

    /// The verdict if nothing waits for another try.
    fn present_now(&self, person: Recorded<'_>) -> Verdict {
        let (candidate, record, fingerprint) = person;
        let scope = record.employment.scope;
        match (&candidate.account, scope) {
            (
                Account::FromLedger(_)
                | Account::Fetched(_, MatchedBy::ExternalId | MatchedBy::Ledger),
                Scoped::OutLeft,
            ) => Verdict::Unchanged,
            (Account::FromLedger(id), _) => self.update(person, Action::Update(id.clone())),
            (Account::Fetched(account, MatchedBy::ExternalId), _) => {
                self.update(person, Action::Update(account.id.clone()))
            }
            (Account::Fetched(account, MatchedBy::Ledger), _)
            | (Account::Fetched(account, MatchedBy::Mail), Scoped::In) => {
                self.update(person, Action::Adopt(account.id.clone()))
            }
            (_, Scoped::OutLeft | Scoped::OutLocked) => Verdict::Skip(SkipReason::OutOfScope),
            (_, Scoped::Undecided(field)) => Verdict::Skip(SkipReason::ScopeUndecided(field)),
            (Account::Conflicting(account, holder), Scoped::In) => {
                let former = match holder {
                    Holder::Former(former) => Some(Some(former.clone())),
                    Holder::Foreign => Some(None),
                    Holder::Other => None,
                };
                match (former, &account.external_id) {
                    (Some(former), Some(from)) if !self.has_left(record) => {
                        let action = Action::Handover {
                            account: account.id.clone(),
                            from: from.clone(),
                            former,
                        };
                        self.update(person, action)
                    }
                    _ => self.in_conflict(candidate, record, account),
                }
            }
            (Account::Missing | Account::NotFetched, Scoped::In) => {
                self.create(record, fingerprint)
            }
        }
    }

    /// Somebody who has left is in no conflict with a profile of the same company: nobody has to change an address.
    fn in_conflict(
        &self,
        candidate: &Candidate,
        record: &DesiredAccount,
        account: &AccountView,
    ) -> Verdict {
        let tool = record.external_id.as_str().split_once(':');
        let held = tool.zip(account.external_id.as_ref());
        let profile = held.and_then(|((tool, _), held)| held.source_id(tool));
        match profile.filter(|_| self.has_left(record)) {
            Some(profile) => Verdict::needs_no_account(candidate, profile),
            None => Verdict::Skip(account.conflict_with(&record.external_id)),
        }
    }

    /// The lock of somebody whose record does not fit, if their account is ours: nothing else of such a record counts.
    fn lock_alone(&self, person: Recorded<'_>) -> Option<Change> {
        let (candidate, record, _) = person;
        // Such a record does not show whether the person is one of those whom the tenant leaves alone.
        let may_be_left = self.config.scope.out_of_scope == OutOfScope::Leave
            && matches!(record.employment.scope, Scoped::Undecided(_));
        if may_be_left {
            return None;
        }
        let verdict = self.present(person);
        let change = window_alone(candidate, verdict)?;
        let window = change.window?;
        let (before, after) = (window.before.inactive_at, window.after.inactive_at);
        let is_nearer = after.is_some_and(|after| before.is_none_or(|before| after < before));
        // The hire date of such a record shows which contract has ended. It moves nothing.
        let after = AccessWindow {
            active_at: window.before.active_at,
            ..window.after
        };
        is_nearer.then_some(Change {
            window: Some(WindowChange { after, ..window }),
            ..change
        })
    }

    fn create(&self, record: &DesiredAccount, fingerprint: Fingerprint) -> Verdict {
        let given = record
            .values
            .iter()
            .filter_map(|(attribute, value)| Some((*attribute, value.clone()?)));
        let mut given: BTreeMap<Attribute, Text> = given.collect();
        if !given.contains_key(&Attribute::Email) {
            given
                .entry(Attribute::UserName)
                .or_insert_with(|| Text::new(user_name(&record.source_id)));
        }
        let values = given.into_iter().map(|(attribute, after)| ValueChange {
            attribute,
            before: Before::Null,
            after: Some(after),
        });
        let target = self.target(record, None);
        let cause = compare::cause(record, &target, AccessWindow::default(), self.now);
        Verdict::Change(
            Change {
                source_id: record.source_id.clone(),
                external_id: record.external_id.clone(),
                action: Action::Create,
                values: values.collect(),
                window: WindowChange::between(
                    AccessWindow::default(),
                    target.active_at,
                    target.inactive_at,
                    cause,
                ),
                locked: target.locked,
                fingerprint: Some(fingerprint),
                extent: Extent::Whole,
                baseline: self.baseline(record, AccessWindow::default()),
            },
            None,
        )
    }

    fn update(&self, person: Recorded<'_>, action: Action) -> Verdict {
        let (candidate, record, fingerprint) = person;
        let entry = candidate.entry.as_ref();
        let seen = match &candidate.account {
            Account::Fetched(account, _) | Account::Conflicting(account, _) => {
                Some(account.as_ref())
            }
            _ => None,
        };
        let before = seen.map_or_else(
            || entry.map(|entry| entry.window).unwrap_or_default(),
            |seen| seen.window,
        );
        // Where the ledger knows nothing, what the end date explains is no lock of our own: it moves with the date.
        let explained = entry.is_none_or(|entry| entry.is_sealed)
            && self.target(record, None).inactive_at == before.inactive_at.into();
        let known = match action {
            // The lock was the former profile's.
            Action::Handover {
                former: Some(_), ..
            } => before.inactive_at.map(|since| Locked {
                since,
                reason: LockReason::Vanished,
            }),
            _ => compare::known_lock(entry, before, record, self.now).filter(|_| !explained),
        };
        let target = self.target(record, known);
        let cause = compare::cause(record, &target, before, self.now);
        let window = WindowChange::between(before, target.active_at, target.inactive_at, cause);
        let values = match (record.employment.scope, seen, entry) {
            // Somebody who has left the scope is locked; the rest of the account is no longer ours to update.
            (Scoped::OutLocked, ..) => Vec::new(),
            (_, Some(seen), entry) => {
                compare::with_account_given(&record.values, seen, entry, self.key)
            }
            (_, None, Some(entry)) => compare::with_digests(&record.values, entry, self.key),
            (_, None, None) => Vec::new(),
        };
        let (values, taken) = without_taken_mail(values, candidate);
        let mut baseline = self.baseline(record, before);
        let is_idle = values.is_empty() && window.is_none() && matches!(action, Action::Update(_));
        if let Some(account) = &taken {
            if is_idle {
                return Verdict::Skip(SkipReason::MailTaken(account.clone()));
            }
            baseline.digests.remove(Attribute::Email.name());
        }
        if is_idle {
            return self.as_it_should_be(person, &action, before, target.locked);
        }
        Verdict::Change(
            Change {
                source_id: record.source_id.clone(),
                external_id: record.external_id.clone(),
                action,
                values,
                window,
                locked: target.locked,
                fingerprint: Some(fingerprint),
                extent: if taken.is_some() {
                    Extent::Partial
                } else {
                    Extent::Whole
                },
                baseline,
            },
            taken.map(SkipReason::MailTaken),
        )
    }

    fn as_it_should_be(
        &self,
        (candidate, record, fingerprint): Recorded<'_>,
        action: &Action,
        window: AccessWindow,
        locked: Option<Locked>,
    ) -> Verdict {
        let old = candidate.entry_or_new();
        let mut same = EmployeeEntry {
            customer_id: action.account().cloned(),
            window,
            locked,
            is_sealed: false,
            failure: None,
            // A fingerprint alone is kept in its shard; it is not worth a write of its own.
            fingerprint: old.fingerprint.or(Some(fingerprint)),
            shares_its_id: candidate.shares_its_id(),
            ..old.clone()
        };
        same.digests.extend(self.baseline(record, window).digests);
        if same == old {
            Verdict::Unchanged
        } else {
            Verdict::Bookkeeping(EmployeeEntry {
                fingerprint: Some(fingerprint),
                ..same
            })
        }
    }

    /// Of somebody out of scope only the window is ours.
    fn baseline(&self, record: &DesiredAccount, window: AccessWindow) -> Baseline {
        let ours = record
            .values
            .iter()
            .filter(|_| record.employment.scope != Scoped::OutLocked);
        let digests = ours.map(|(attribute, value)| {
            (
                attribute.name().to_owned(),
                compare::digest_of(&record.source_id, *attribute, value.as_ref(), self.key),
            )
        });
        Baseline {
            window,
            digests: digests.collect(),
        }
    }

    fn target(&self, record: &DesiredAccount, locked: Option<Locked>) -> DesiredAccess {
        let target = desired_access(
            &record.employment,
            locked,
            self.now,
            &self.config.time_zone,
            self.config.employees.lock_on,
        );
        match target.locked {
            // Out of scope says nothing about the beginning of the contract.
            Some(Locked {
                reason: LockReason::OutOfScope,
                ..
            }) => DesiredAccess {
                active_at: Field::Absent,
                ..target
            },
            _ => target,
        }
    }
}

/// The lock or unlock of `verdict` without the values, if the account is the person's.
fn window_alone(candidate: &Candidate, verdict: Verdict) -> Option<Change> {
    let account = match &candidate.account {
        Account::FromLedger(id) => id,
        Account::Fetched(account, MatchedBy::ExternalId) => &account.id,
        _ => return None,
    };
    let Verdict::Change(change, _) = verdict else {
        return None;
    };
    let window = change.window?;
    let is_theirs = matches!(&change.action, Action::Update(id) if id == account);
    is_theirs.then(|| Change {
        values: Vec::new(),
        extent: Extent::Partial,
        baseline: Baseline {
            window: window.before,
            ..Baseline::default()
        },
        ..change
    })
}

/// The values without a mail address that another account has, and that account.
fn without_taken_mail(
    mut values: Vec<ValueChange>,
    candidate: &Candidate,
) -> (Vec<ValueChange>, Option<CustomerId>) {
    let Some(holder) = &candidate.mail_holder else {
        return (values, None);
    };
    let planned = values.len();
    values.retain(|value| value.attribute != Attribute::Email);
    let is_left_out = values.len() < planned;
    (values, is_left_out.then(|| holder.clone()))
}

impl AccountView {
    /// The conflict with a person whose external id is `wanted`.
    #[must_use]
    pub fn conflict_with(&self, wanted: &ExternalId) -> SkipReason {
        let held = self.external_id.as_ref();
        let is_ours = held.is_some_and(|held| held.is_of_the_tool_of(wanted));
        let numbering = if is_ours {
            Numbering::Ours
        } else {
            Numbering::Foreign
        };
        SkipReason::Conflict(self.id.clone(), numbering)
    }

    /// Whether somebody can use it at `moment`.
    #[must_use]
    pub fn is_open_at(&self, moment: Timestamp) -> bool {
        !self.window.is_locked_at(moment)
    }
}
