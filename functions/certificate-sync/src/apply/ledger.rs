//! Carries out a transition: reports to the breaker, then writes the ledger.

use shared::domain::id::{CertificateId, SourceId};
use shared::runtime::{CircuitBreaker, RunError};
use shared::state::{CertificateEntry, CertificateState, PutOutcome, StateError};

use super::Tools;
use crate::decide::{Signal, Transition};
use crate::outcome::CertificateResult;

pub(super) fn tell(breaker: &CircuitBreaker<RunError>, signal: Signal) {
    match signal {
        Signal::None => {}
        Signal::Answered => breaker.success(),
        Signal::NoAnswer(error) => breaker.failure(error),
        Signal::Stop(error) => breaker.open(error),
    }
}

/// Writes what follows for a certificate. A ledger that cannot be written stops the run.
pub(super) async fn carry_out(
    tools: Tools<'_>,
    (id, employee): (&CertificateId, &SourceId),
    transition: Transition,
    breaker: &CircuitBreaker<RunError>,
) -> CertificateResult {
    let Transition {
        write: state,
        result,
        if_unwritten,
    } = transition;
    let Some(state) = state else { return result };
    let entry = CertificateEntry {
        certificate_id: id.clone(),
        employee: employee.clone(),
        state,
    };
    match write(tools, &entry).await {
        // What somebody decided meanwhile stays.
        Ok(PutOutcome::Written | PutOutcome::AlreadyFinal) => result,
        Err(error) => {
            breaker.open(error.into());
            if_unwritten
        }
    }
}

async fn write(tools: Tools<'_>, entry: &CertificateEntry) -> Result<PutOutcome, StateError> {
    tools.guard.check().await?;
    let token = tools.guard.token();
    tools
        .store
        .put_certificate(tools.tenant, token, entry)
        .await
}

/// Writes the intent of an upload.
pub(super) async fn intend(
    tools: Tools<'_>,
    id: &CertificateId,
    employee: &SourceId,
    intent: shared::state::Intent,
) -> Result<PutOutcome, StateError> {
    let entry = CertificateEntry {
        certificate_id: id.clone(),
        employee: employee.clone(),
        state: CertificateState::Intended(intent),
    };
    let token = tools.guard.token();
    tools
        .store
        .put_certificate(tools.tenant, token, &entry)
        .await
}
