//! Writing down what became of a certificate.

use shared::domain::id::{CertificateId, SourceId};
use shared::runtime::{CircuitBreaker, RunError};
use shared::state::{
    CertificateEntry, CertificateState, Intent, PutOutcome, RetryState, StateError,
};

use super::file::Filed;
use super::setback::{self, Kind, Next};
use super::trouble::Trouble;
use super::{Became, Tools};
use crate::plan::{Earlier, LATE, Upload};

/// Notes what came of filing `upload`, and throws `breaker` where nothing more must be begun.
pub(super) async fn note(
    tools: Tools<'_>,
    upload: &Upload,
    filed: Filed,
    breaker: &CircuitBreaker<RunError>,
) -> Became {
    let Filed { result, intent } = filed;
    let doubtful = || intent.map_or(Became::Left, |intent| Became::Doubtful(intent.at + LATE));
    let trouble = match result {
        Ok(document) => {
            breaker.success();
            let state = CertificateState::Uploaded {
                at: tools.clock.now(),
                document,
            };
            return match write(tools, &upload.id, &upload.employee, state).await {
                Ok(()) => Became::Filed,
                Err(error) => {
                    breaker.open(error.into());
                    doubtful()
                }
            };
        }
        Err(trouble) => trouble,
    };
    match trouble {
        Trouble::Document(reason) => {
            breaker.success();
            failed(tools, upload, Kind::Document, reason, breaker).await
        }
        // A file that cannot be had tells nothing of the HR system.
        Trouble::Withheld(reason) | Trouble::BrokeOff(reason) => {
            failed(tools, upload, Kind::Weather, reason, breaker).await
        }
        Trouble::Weather(halt) => {
            let reason = halt.message.clone();
            breaker.failure(halt);
            failed(tools, upload, Kind::Weather, reason, breaker).await
        }
        Trouble::Doubt(halt) => {
            breaker.failure(halt);
            doubtful()
        }
        Trouble::StopInDoubt(halt) => {
            breaker.open(halt);
            doubtful()
        }
        Trouble::Stop(halt) => {
            let reason = halt.message.clone();
            breaker.open(halt);
            take_back(tools, upload, intent, reason, breaker)
                .await
                .unwrap_or(Became::Left)
        }
        Trouble::NoFile => {
            let reason = "its PDF is being made anew".to_owned();
            take_back(tools, upload, intent, reason, breaker)
                .await
                .unwrap_or(Became::AwaitingPdf)
        }
        Trouble::Gone => {
            let reason = "reteach does not have it any more".to_owned();
            take_back(tools, upload, intent, reason, breaker)
                .await
                .unwrap_or(Became::Gone)
        }
        Trouble::Decided => Became::Settled,
    }
}

/// Notes a failure, and what follows from it.
async fn failed(
    tools: Tools<'_>,
    upload: &Upload,
    kind: Kind,
    reason: String,
    breaker: &CircuitBreaker<RunError>,
) -> Became {
    let next = setback::after(upload.earlier, kind, reason, tools.clock.now());
    settle(tools, (&upload.id, &upload.employee), next, breaker).await
}

/// Writes what follows from a failure.
pub(super) async fn settle(
    tools: Tools<'_>,
    (id, employee): (&CertificateId, &SourceId),
    next: Next,
    breaker: &CircuitBreaker<RunError>,
) -> Became {
    let now = tools.clock.now();
    let (state, became) = match next {
        Next::Retry(setback) => (
            CertificateState::Failed(setback.clone()),
            Became::Failed(setback),
        ),
        Next::Park(reason) => (
            CertificateState::Parked {
                at: now,
                reason: reason.clone(),
                doubt: None,
            },
            Became::Parked(reason),
        ),
    };
    match write(tools, id, employee, state).await {
        Ok(()) => became,
        Err(error) => {
            breaker.open(error.into());
            Became::Left
        }
    }
}

/// Takes back an intent that certainly came to nothing, without counting it as a failure. Where that cannot be written,
/// the next run has to look.
async fn take_back(
    tools: Tools<'_>,
    upload: &Upload,
    intent: Option<Intent>,
    reason: String,
    breaker: &CircuitBreaker<RunError>,
) -> Option<Became> {
    let intent = intent?;
    let now = tools.clock.now();
    let Earlier { failures, since } = upload.earlier;
    let setback = RetryState {
        reason,
        failures,
        since: since.unwrap_or(now),
        retry_at: now,
    };
    let state = CertificateState::Failed(setback);
    let error = write(tools, &upload.id, &upload.employee, state)
        .await
        .err()?;
    breaker.open(error.into());
    Some(Became::Doubtful(intent.at + LATE))
}

/// Writes the ledger. What somebody decided meanwhile stays.
pub(super) async fn write(
    tools: Tools<'_>,
    id: &CertificateId,
    employee: &SourceId,
    state: CertificateState,
) -> Result<(), StateError> {
    tools.guard.check().await?;
    let entry = CertificateEntry {
        certificate_id: id.clone(),
        employee: employee.clone(),
        state,
    };
    match tools
        .store
        .put_certificate(tools.tenant, tools.guard.token(), &entry)
        .await?
    {
        PutOutcome::Written | PutOutcome::Decided => Ok(()),
    }
}
