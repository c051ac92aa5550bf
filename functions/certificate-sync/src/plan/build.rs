//! One decision for each certificate.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::domain::id::{CertificateId, SourceId};
use shared::state::{CertificateEntry, CertificateState, Issue, RetryState};
use shared::tenant::Backfill;

use super::{Candidate, Check, Listed, Owner, Plan, Policy, PreviousFailures, Reissue, Upload};
use crate::outcome::{CertificateResult, SkipReason};

impl Plan {
    /// The plan for these certificates at `now`, in whatever order they come.
    #[must_use]
    pub fn build(
        candidates: impl IntoIterator<Item = Candidate>,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        let mut plan = Self::default();
        for candidate in candidates {
            plan.add(candidate, policy, now);
        }
        plan.uploads.sort_by(|one, other| {
            other
                .completed_at
                .cmp(&one.completed_at)
                .then_with(|| one.id.cmp(&other.id))
        });
        plan.checks
            .sort_by(|one, other| (one.intent.at, &one.id).cmp(&(other.intent.at, &other.id)));
        plan.holds.sort();
        plan.reissues.sort_by(|one, other| one.id.cmp(&other.id));
        plan
    }

    /// What nothing is done about, as results.
    pub fn results(&self) -> BTreeMap<CertificateId, CertificateResult> {
        let skipped = self.skipped.iter();
        skipped
            .map(|(id, reason)| (id.clone(), CertificateResult::Skipped(reason.clone())))
            .collect()
    }

    fn add(&mut self, candidate: Candidate, policy: &Policy, now: Timestamp) {
        let Candidate { id, listed, entry } = candidate;
        let read = entry.as_ref().map(|entry| entry.state.clone());
        let refiled = entry.as_ref().and_then(|entry| entry.refiled.clone());
        if let (Some(entry), Some(listed)) = (&entry, &listed)
            && let Some(reissue) = reissue(&id, entry, listed)
        {
            self.reissues.push(reissue);
            return;
        }
        let issue = entry.as_ref().map_or(Issue::default(), |entry| entry.issue);
        let previous = match entry.map(|entry| (entry.employee, entry.state)) {
            None | Some((_, CertificateState::Held { .. })) => {
                let left_out = listed
                    .as_ref()
                    .and_then(|listed| policy.left_out(listed.completed_at));
                let is_held = read.is_some() && policy.backfill == Backfill::Hold;
                if let Some(reason) = left_out.or(is_held.then_some(SkipReason::Held)) {
                    self.leave_out(id, listed, read.as_ref(), reason, policy, now);
                    return;
                }
                PreviousFailures::default()
            }
            Some((_, CertificateState::Failed(retry))) if retry.retry_at > now => {
                self.skipped
                    .insert(id, SkipReason::AwaitingRetry(retry.retry_at));
                return;
            }
            Some((
                _,
                CertificateState::Failed(RetryState {
                    failures,
                    refusals,
                    unverified_at,
                    since,
                    ..
                }),
            )) => PreviousFailures {
                failures,
                refusals,
                since: (failures > 0).then_some(since),
                unlisted: false,
                unverified_at,
            },
            Some((_, CertificateState::Intended(intent))) if policy.check_at(intent) > now => {
                self.skipped
                    .insert(id, SkipReason::AwaitingCheck(policy.check_at(intent)));
                return;
            }
            Some((employee, CertificateState::Intended(intent))) => {
                self.checks.push(Check {
                    id,
                    employee,
                    intent,
                    listed,
                    issue,
                    refiled,
                });
                return;
            }
            Some((employee, CertificateState::Parked { reason, .. })) => {
                self.skipped
                    .insert(id, SkipReason::Parked { employee, reason });
                return;
            }
            Some((_, CertificateState::Uploaded { .. } | CertificateState::Dismissed { .. })) => {
                self.skipped.insert(id, SkipReason::AlreadyFinal);
                return;
            }
        };
        match Upload::of(id.clone(), listed, previous, read) {
            Ok(mut upload) => {
                let read = upload.read.as_ref();
                upload.look = policy.look(read, upload.completed_at, now);
                upload.previous.unlisted = upload.look.is_some();
                upload.refiled = refiled;
                self.uploads.push(upload);
            }
            Err(rest) => {
                self.skipped.insert(id, rest);
            }
        }
    }

    /// A certificate that the backfill leaves out. Its PDF does not matter yet.
    fn leave_out(
        &mut self,
        id: CertificateId,
        listed: Option<Listed>,
        read: Option<&CertificateState>,
        reason: SkipReason,
        policy: &Policy,
        now: Timestamp,
    ) {
        let is_held = reason == SkipReason::Held;
        let Some(listed) = listed.filter(|_| is_held) else {
            self.skipped.insert(id, reason);
            return;
        };
        // One that belongs to nobody yet may be somebody's before the backfill is started.
        let (employee, reason) = match listed.owner {
            Owner::Employee(employee) => (employee, reason),
            Owner::NotFromHr => (SourceId::new(""), SkipReason::NotFromHr),
            Owner::NoCustomer => (SourceId::new(""), SkipReason::NoCustomer),
        };
        if read.is_none() && policy.is_noted_as_held(listed.completed_at, now) {
            self.holds.push((id.clone(), employee));
        }
        self.skipped.insert(id, reason);
    }
}

/// Whether reteach lists another issue than the one that is filed. One that waits for a decision is not named again.
fn reissue(id: &CertificateId, entry: &CertificateEntry, listed: &Listed) -> Option<Reissue> {
    let CertificateState::Uploaded { at, .. } = entry.state else {
        return None;
    };
    let is_new = entry.reissued.is_none() && listed.issue.differs_from(entry.issue);
    (is_new && listed.url.is_some()).then(|| Reissue {
        id: id.clone(),
        employee: entry.employee.clone(),
        filed_at: at,
        issue: listed.issue,
    })
}

impl Upload {
    /// The upload of a certificate that is not filed, or why there is none.
    pub fn of(
        id: CertificateId,
        listed: Option<Listed>,
        previous: PreviousFailures,
        read: Option<CertificateState>,
    ) -> Result<Self, SkipReason> {
        let Listed {
            owner,
            url,
            course,
            completed_at,
            issue,
        } = listed.ok_or(SkipReason::Gone)?;
        let employee = match owner {
            Owner::Employee(employee) => employee,
            Owner::NotFromHr => return Err(SkipReason::NotFromHr),
            Owner::NoCustomer => return Err(SkipReason::NoCustomer),
        };
        let url = url.ok_or(SkipReason::AwaitingPdf)?;
        Ok(Self {
            id,
            employee,
            url,
            course,
            completed_at,
            previous,
            read,
            look: None,
            issue,
            refiled: None,
        })
    }
}
