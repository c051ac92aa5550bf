//! Carries out a transition: reports to the breaker, then writes the ledger.

use std::time::Duration;

use shared::domain::id::{CertificateId, SourceId};
use shared::runtime::{CircuitBreaker, RunError};
use shared::state::{
    CertificateEntry, CertificateState, Intent, Issue, PutOutcome, Refiled, Reissued, StateError,
};

use super::Tools;
use crate::decide::{Signal, Transition};
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::{Reissue, Upload};

/// Between two attempts to write what is filed.
const REPEAT_AFTER: Duration = Duration::from_secs(3);

/// Tells `breaker` what a call for `employee` has shown: it takes different people before a failure is the vendor's.
pub(super) fn tell(breaker: &CircuitBreaker<RunError>, employee: &SourceId, signal: Signal) {
    match signal {
        Signal::None => {}
        Signal::Answered => breaker.success(),
        Signal::NoAnswer(error) => breaker.failure_of(employee, error),
        Signal::Stop(error) => breaker.open(error),
    }
}

/// Whose entry is written, and what it says besides the state.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) id: &'a CertificateId,
    pub(super) employee: &'a SourceId,
    pub(super) issue: Issue,
    /// It is filed again in the place of an earlier document.
    pub(super) refiled: Option<&'a Refiled>,
}

impl Subject<'_> {
    fn entry(self, state: CertificateState) -> CertificateEntry {
        let (id, employee) = (self.id.clone(), self.employee.clone());
        CertificateEntry {
            issue: self.issue,
            refiled: self.refiled.cloned(),
            ..CertificateEntry::new(id, employee, state)
        }
    }
}

impl<'a> From<&'a Upload> for Subject<'a> {
    fn from(upload: &'a Upload) -> Self {
        Self {
            id: &upload.id,
            employee: &upload.employee,
            issue: upload.issue,
            refiled: upload.refiled.as_ref(),
        }
    }
}

/// Writes what follows for a certificate whose entry was `read`. A ledger that cannot be written stops the run.
pub(super) async fn carry_out(
    tools: Tools<'_>,
    subject: Subject<'_>,
    read: Option<&CertificateState>,
    transition: Transition,
    breaker: &CircuitBreaker<RunError>,
) -> CertificateResult {
    let Transition {
        write: state,
        result,
        if_unwritten,
    } = transition;
    let Some(state) = state else { return result };
    let is_filed = matches!(state, CertificateState::Uploaded { .. });
    let entry = subject.entry(state);
    let written = match is_filed {
        true => write_persistently(tools, &entry, read).await,
        false => write(tools, &entry, read).await,
    };
    match written {
        // What somebody decided meanwhile stays.
        Ok(PutOutcome::Written | PutOutcome::Changed) => result,
        Err(error) => {
            breaker.open(error.into());
            if_unwritten
        }
    }
}

async fn write(
    tools: Tools<'_>,
    entry: &CertificateEntry,
    read: Option<&CertificateState>,
) -> Result<PutOutcome, StateError> {
    tools.guard.check().await?;
    let token = tools.guard.token();
    tools
        .store
        .put_certificate(tools.tenant, token, entry, read)
        .await
}

/// Writes what is known to be filed, again and again until the lease is nearly over: it must not be forgotten.
async fn write_persistently(
    tools: Tools<'_>,
    entry: &CertificateEntry,
    read: Option<&CertificateState>,
) -> Result<PutOutcome, StateError> {
    loop {
        let error = match write(tools, entry, read).await {
            Err(error) if error.may_pass() => error,
            written => return written,
        };
        let pause = tools.reteach.context().wait(REPEAT_AFTER);
        if !tools.guard.has_time(REPEAT_AFTER).await || pause.await.is_err() {
            return Err(error);
        }
    }
}

/// Notes that a certificate was issued again. A ledger that cannot be written stops the run.
pub(super) async fn note_reissue(
    tools: Tools<'_>,
    reissue: &Reissue,
    breaker: &CircuitBreaker<RunError>,
) -> CertificateResult {
    let reissued = Reissued {
        at: tools.clock.now(),
        issue: reissue.issue,
    };
    let entry = (&reissue.id, reissue.filed_at);
    let (tenant, token) = (tools.tenant, tools.guard.token());
    let noted = async {
        tools.guard.check().await?;
        tools
            .store
            .note_reissue(tenant, token, entry, reissued)
            .await
    };
    match noted.await {
        Ok(PutOutcome::Written) => CertificateResult::Reissued,
        // What somebody decided meanwhile stays.
        Ok(PutOutcome::Changed) => CertificateResult::Skipped(SkipReason::AlreadyFinal),
        Err(error) => {
            breaker.open(error.into());
            CertificateResult::NotReached
        }
    }
}

pub(super) async fn intend(
    tools: Tools<'_>,
    upload: &Upload,
    intent: Intent,
    read: Option<&CertificateState>,
) -> Result<PutOutcome, StateError> {
    let entry = Subject::from(upload).entry(CertificateState::Intended(intent));
    let token = tools.guard.token();
    tools
        .store
        .put_certificate(tools.tenant, token, &entry, read)
        .await
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use shared::fingerprint::FingerprintKey;
    use shared::runtime::Outcome;

    use super::*;

    #[test]
    fn a_run_stops_when_it_has_to_or_when_three_people_in_a_row_get_no_answer() {
        let error = || RunError::new(Outcome::SourceUnavailable, "why");
        let no_answer = || Signal::NoAnswer(error());
        for (signals, is_open) in [
            (vec![Signal::Stop(error())], true),
            (vec![Signal::None, Signal::Answered], false),
            (vec![no_answer(), no_answer()], false),
            (vec![no_answer(), no_answer(), no_answer()], true),
            (
                vec![no_answer(), no_answer(), Signal::Answered, no_answer()],
                false,
            ),
        ] {
            let case = format!("{signals:?}");
            let breaker = CircuitBreaker::default();
            for (person, signal) in signals.into_iter().enumerate() {
                tell(&breaker, &SourceId::new(person.to_string()), signal);
            }
            assert_eq!(breaker.is_open(), is_open, "{case}");
        }
    }

    #[test]
    fn an_entry_says_what_was_issued_and_in_whose_place() {
        let (id, at) = (CertificateId::new("c-1"), Timestamp::UNIX_EPOCH);
        let key = FingerprintKey::from_bytes(&[7; 32]);
        let issue = Issue::new(&key, &id, [None, None, Some("20000".to_owned())]);
        let refiled = Refiled {
            at,
            filed_at: at,
            documents: Vec::new(),
        };
        let subject = Subject {
            id: &id,
            employee: &SourceId::new("1"),
            issue,
            refiled: Some(&refiled),
        };
        let entry = subject.entry(CertificateState::Held { at });
        let found = (entry.issue, entry.refiled.as_ref());
        assert_eq!(found, (issue, Some(&refiled)));
    }
}
