//! Carries out a transition: reports to the breaker, then writes the ledger.

use std::time::Duration;

use shared::domain::id::{CertificateId, SourceId};
use shared::runtime::{CircuitBreaker, RunError};
use shared::state::{CertificateEntry, CertificateState, PutOutcome, StateError};

use super::Tools;
use crate::decide::{Signal, Transition};
use crate::outcome::CertificateResult;

/// Between two attempts to write what is filed.
const REPEAT_AFTER: Duration = Duration::from_secs(3);

pub(super) fn tell(breaker: &CircuitBreaker<RunError>, signal: Signal) {
    match signal {
        Signal::None => {}
        Signal::Answered => breaker.success(),
        Signal::NoAnswer(error) => breaker.failure(error),
        Signal::Stop(error) => breaker.open(error),
    }
}

/// Writes what follows for a certificate whose entry was `read`. A ledger that cannot be written stops the run.
pub(super) async fn carry_out(
    tools: Tools<'_>,
    (id, employee): (&CertificateId, &SourceId),
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
    let entry = CertificateEntry {
        certificate_id: id.clone(),
        employee: employee.clone(),
        state,
    };
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

/// Writes the intent of an upload.
pub(super) async fn intend(
    tools: Tools<'_>,
    id: &CertificateId,
    employee: &SourceId,
    intent: shared::state::Intent,
    read: Option<&CertificateState>,
) -> Result<PutOutcome, StateError> {
    let entry = CertificateEntry {
        certificate_id: id.clone(),
        employee: employee.clone(),
        state: CertificateState::Intended(intent),
    };
    let token = tools.guard.token();
    tools
        .store
        .put_certificate(tools.tenant, token, &entry, read)
        .await
}
