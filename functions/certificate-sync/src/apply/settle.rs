//! What becomes of a certificate in the ledger, once it is known whether its refusal is its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::document::{FilingError, Suspect};
use shared::domain::id::{CertificateId, SourceId};
use shared::runtime::{Outcome, RunError};
use shared::state::CertificateState;

use super::{Refused, Shared, Tools, ledger};
use crate::decide::{Refusal, Rest, Series, after_shared_refusal};
use crate::outcome::CertificateResult;
use crate::plan::Upload;

/// How a certificate is left, and in whose file it belongs.
pub(super) struct Left {
    pub(super) id: CertificateId,
    pub(super) employee: SourceId,
    pub(super) result: CertificateResult,
}

impl Left {
    pub(super) fn new(upload: &Upload, result: CertificateResult) -> Self {
        Self {
            id: upload.id.clone(),
            employee: upload.employee.clone(),
            result,
        }
    }

    pub(super) fn not_reached(upload: &Upload) -> Self {
        Self::new(upload, CertificateResult::NotReached)
    }
}

pub(super) fn refused_alike(refusal: Refusal) -> RunError {
    let Refusal {
        reason,
        suspect,
        host,
    } = refusal;
    match (host, suspect) {
        (Some(host), _) => {
            let message = format!(
                "certificates lead to {host} one after the other: if that is right, add \"{host}\" to download_hosts \
                 under [reteach] in the tenant's file"
            );
            RunError::new(Outcome::HostNotAllowed, message)
        }
        (None, Some(Suspect::Tenant(fault))) => FilingError::tenant(fault, reason).into(),
        (None, Some(Suspect::Vendor(vendor))) => FilingError::vendor(vendor, reason).into(),
        (None, None) => {
            let message = format!(
                "certificates are refused one after the other for the same reason: {reason}"
            );
            RunError::new(Outcome::AcademyRefuses, message)
        }
    }
}

pub(super) async fn settle(tools: Tools<'_>, refused: Refused, shared: &Shared) -> Left {
    let Refused {
        upload,
        intent,
        own,
    } = refused;
    let result = if let (None, CertificateResult::OutcomeUnknown(_)) = (&own.write, &own.result) {
        if !tools.sink.lists_documents() {
            shared.breaker.open(in_doubt());
        }
        own.result
    } else {
        let written = intent.map(CertificateState::Intended);
        let read = written.as_ref().or(upload.read.as_ref());
        ledger::carry_out(tools, (&upload).into(), read, own, &shared.breaker).await
    };
    Left::new(&upload, result)
}

/// Where no list shows whether a document is filed, each further doubt is one more certificate for the operator.
fn in_doubt() -> RunError {
    RunError::new(
        Outcome::SourceUnavailable,
        "an upload got no answer, and this route cannot look for its document: nothing more is sent in this run",
    )
}

/// The refusals that nothing has decided: of the tenant if there are enough of them.
pub(super) async fn settle_rest(
    tools: Tools<'_>,
    refusals: Series<Refused>,
    shared: &Shared,
) -> Vec<Left> {
    let Rest {
        refused,
        refusal,
        are_own,
    } = refusals.into_rest();
    if let Some(refusal) = &refusal {
        shared.breaker.open(refused_alike(refusal.clone()));
    }
    let mut left = Vec::new();
    for refused in refused {
        let own = match &refusal {
            Some(refusal) if !are_own => {
                let (previous, now) = (refused.upload.previous, tools.clock.now());
                after_shared_refusal(previous, refusal, refused.intent, now)
            }
            _ => refused.own,
        };
        left.push(settle(tools, Refused { own, ..refused }, shared).await);
    }
    left
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
