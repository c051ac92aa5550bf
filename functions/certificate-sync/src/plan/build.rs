//! One decision for each certificate.

use jiff::Timestamp;
use shared::domain::id::CertificateId;
use shared::state::{CertificateState, RetryState};

use super::{Candidate, Check, Earlier, LATE, Listed, Owner, Plan, Rest, Upload};

impl Plan {
    /// The plan for these certificates at `now`, in whatever order they come.
    #[must_use]
    pub fn build(candidates: impl IntoIterator<Item = Candidate>, now: Timestamp) -> Self {
        let mut plan = Self::default();
        for candidate in candidates {
            plan.add(candidate, now);
        }
        plan.todo.uploads.sort_by(|one, other| {
            other
                .completed_at
                .cmp(&one.completed_at)
                .then_with(|| one.id.cmp(&other.id))
        });
        plan.todo
            .checks
            .sort_by(|one, other| (one.intent.at, &one.id).cmp(&(other.intent.at, &other.id)));
        plan
    }

    fn add(&mut self, candidate: Candidate, now: Timestamp) {
        let Candidate { id, listed, entry } = candidate;
        let earlier = match entry.map(|entry| (entry.employee, entry.state)) {
            None => Earlier::default(),
            Some((_, CertificateState::Failed(setback))) if setback.retry_at > now => {
                self.resting
                    .insert(id, Rest::AwaitingRetry(setback.retry_at));
                return;
            }
            Some((
                _,
                CertificateState::Failed(RetryState {
                    failures, since, ..
                }),
            )) => Earlier {
                failures,
                since: (failures > 0).then_some(since),
            },
            Some((_, CertificateState::Intended(intent))) if intent.at + LATE > now => {
                self.resting
                    .insert(id, Rest::AwaitingCheck(intent.at + LATE));
                return;
            }
            Some((employee, CertificateState::Intended(intent))) => {
                self.todo.checks.push(Check {
                    id,
                    employee,
                    intent,
                    listed,
                });
                return;
            }
            Some((employee, CertificateState::Parked { reason, .. })) => {
                self.resting.insert(id, Rest::Parked { employee, reason });
                return;
            }
            Some((_, CertificateState::Uploaded { .. } | CertificateState::Dismissed { .. })) => {
                self.resting.insert(id, Rest::Settled);
                return;
            }
        };
        match Upload::of(id.clone(), listed, earlier) {
            Ok(upload) => self.todo.uploads.push(upload),
            Err(rest) => {
                self.resting.insert(id, rest);
            }
        }
    }
}

impl Upload {
    /// The upload of a certificate that is not filed, or why there is none.
    ///
    /// # Errors
    /// [`Rest`], where there is no file, or nobody to file it for.
    pub fn of(id: CertificateId, listed: Option<Listed>, earlier: Earlier) -> Result<Self, Rest> {
        let Listed {
            owner,
            url,
            course,
            completed_at,
        } = listed.ok_or(Rest::Gone)?;
        let employee = match owner {
            Owner::Employee(employee) => employee,
            Owner::Stranger => return Err(Rest::Stranger),
            Owner::Nobody => return Err(Rest::Nobody),
        };
        let url = url.ok_or(Rest::AwaitingPdf)?;
        Ok(Self {
            id,
            employee,
            url,
            course,
            completed_at,
            earlier,
        })
    }
}
