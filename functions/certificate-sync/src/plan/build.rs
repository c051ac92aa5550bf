//! One decision for each certificate.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::domain::id::CertificateId;
use shared::state::{CertificateState, RetryState};

use super::{Candidate, Check, Listed, Owner, Plan, PreviousFailures, Upload, VERIFY_AFTER};
use crate::outcome::{CertificateResult, SkipReason};

impl Plan {
    /// The plan for these certificates at `now`, in whatever order they come.
    #[must_use]
    pub fn build(candidates: impl IntoIterator<Item = Candidate>, now: Timestamp) -> Self {
        let mut plan = Self::default();
        for candidate in candidates {
            plan.add(candidate, now);
        }
        plan.uploads.sort_by(|one, other| {
            other
                .completed_at
                .cmp(&one.completed_at)
                .then_with(|| one.id.cmp(&other.id))
        });
        plan.checks
            .sort_by(|one, other| (one.intent.at, &one.id).cmp(&(other.intent.at, &other.id)));
        plan
    }

    /// What nothing is done about, as results.
    #[must_use]
    pub fn results(&self) -> BTreeMap<CertificateId, CertificateResult> {
        let skipped = self.skipped.iter();
        skipped
            .map(|(id, reason)| (id.clone(), CertificateResult::Skipped(reason.clone())))
            .collect()
    }

    fn add(&mut self, candidate: Candidate, now: Timestamp) {
        let Candidate { id, listed, entry } = candidate;
        let previous = match entry.map(|entry| (entry.employee, entry.state)) {
            None => PreviousFailures::default(),
            Some((_, CertificateState::Failed(retry))) if retry.retry_at > now => {
                self.skipped
                    .insert(id, SkipReason::AwaitingRetry(retry.retry_at));
                return;
            }
            Some((
                _,
                CertificateState::Failed(RetryState {
                    failures, since, ..
                }),
            )) => PreviousFailures {
                failures,
                since: (failures > 0).then_some(since),
            },
            Some((_, CertificateState::Intended(intent))) if intent.at + VERIFY_AFTER > now => {
                self.skipped
                    .insert(id, SkipReason::AwaitingCheck(intent.at + VERIFY_AFTER));
                return;
            }
            Some((employee, CertificateState::Intended(intent))) => {
                self.checks.push(Check {
                    id,
                    employee,
                    intent,
                    listed,
                });
                return;
            }
            Some((employee, CertificateState::Parked { reason, .. })) => {
                self.skipped
                    .insert(id, SkipReason::Parked { employee, reason });
                return;
            }
            Some((_, CertificateState::Held { .. })) => {
                self.skipped.insert(id, SkipReason::Held);
                return;
            }
            Some((_, CertificateState::Uploaded { .. } | CertificateState::Dismissed { .. })) => {
                self.skipped.insert(id, SkipReason::AlreadyFinal);
                return;
            }
        };
        match Upload::of(id.clone(), listed, previous) {
            Ok(upload) => self.uploads.push(upload),
            Err(rest) => {
                self.skipped.insert(id, rest);
            }
        }
    }
}

impl Upload {
    /// The upload of a certificate that is not filed, or why there is none.
    ///
    /// # Errors
    /// [`SkipReason`], where there is no file, or no employee to file it for.
    pub fn of(
        id: CertificateId,
        listed: Option<Listed>,
        previous: PreviousFailures,
    ) -> Result<Self, SkipReason> {
        let Listed {
            owner,
            url,
            course,
            completed_at,
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
        })
    }
}
