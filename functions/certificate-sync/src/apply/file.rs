//! One certificate into the personnel file: download, intent, upload.

use std::time::Duration;

use shared::document::{
    Certificate, Document, DocumentSink as _, FilingError, PdfBody, Reach, TenantFault,
};
use shared::domain::id::{DocumentId, SourceId};
use shared::http::{Deadline, SignedUrl};
use shared::reteach::{DownloadError, Error, Forbidden};
use shared::runtime::{Outcome, RunError};
use shared::state::{CertificateState, Intent, OnUnverifiable, PutOutcome};

use super::folder::{self, Folder};
use super::{MIN_REMAINING, Tools, ledger};
use crate::decide::AttemptError;
use crate::outcome::SkipReason;
use crate::plan::Upload;

/// Attempts in a row while the failure certainly had no effect and may pass.
const MAX_ATTEMPTS: u32 = 3;
/// So often a vendor's limit is waited out for one certificate.
const MAX_LIMITS: u32 = 5;

#[derive(Debug)]
pub(super) struct Attempted {
    /// The document's id, where the route tells it.
    pub(super) result: Result<Option<DocumentId>, AttemptError>,
    pub(super) intent: Option<Intent>,
}

pub(super) async fn file(tools: Tools<'_>, folder: &Folder, upload: &Upload) -> Attempted {
    let mut intent = None;
    let (mut attempts, mut limits) = (0, 0);
    loop {
        let result = attempt(tools, folder, upload, &mut intent).await;
        let limit = result.as_ref().err().and_then(AttemptError::limit);
        match (&result, limit) {
            (_, Some(wait)) if limits < MAX_LIMITS && has_time_after(tools.stop_at, wait) => {
                limits += 1;
                if tools.reteach.context().wait(wait).await.is_err() {
                    return Attempted { result, intent };
                }
            }
            (Err(error), None) if error.may_pass_at_once() && attempts + 1 < MAX_ATTEMPTS => {
                attempts += 1;
            }
            _ => return Attempted { result, intent },
        }
    }
}

/// Whether a vendor's wait leaves time for an upload.
fn has_time_after(stop_at: Deadline, wait: Duration) -> bool {
    let left = stop_at.remaining();
    left.is_none_or(|left| left > wait + MIN_REMAINING)
}

async fn attempt(
    tools: Tools<'_>,
    folder: &Folder,
    upload: &Upload,
    intent: &mut Option<Intent>,
) -> Result<Option<DocumentId>, AttemptError> {
    if let Some(host) = tools.downloads.refused_host(&upload.url) {
        return Err(AttemptError::HostNotAllowed(host));
    }
    // The turn comes first: an open download that waits for it would break off.
    tools.sink.turn(tools.stop_at).await?;
    let pdf = open(tools, upload).await?;
    let size = pdf.length();
    let certificate = Certificate {
        id: &upload.id,
        course: upload.course.as_deref(),
        completed_at: upload.completed_at,
    };
    let employee = upload.employee.clone();
    let document = Document::new(employee, folder.id.clone(), certificate, tools.time_zone);
    let until = tools.guard.check().await?.earlier(tools.stop_at);
    let planned = Intent {
        at: tools.clock.now(),
        size,
        failures: upload.previous.failures,
        refusals: upload.previous.refusals,
        failing_since: upload.previous.since,
        on_unverifiable: OnUnverifiable::Park,
        decided_at: None,
    };
    let earlier = intent.map(CertificateState::Intended);
    let read = earlier.as_ref().or(upload.read.as_ref());
    match ledger::intend(tools, upload, planned, read).await? {
        PutOutcome::Written => *intent = Some(planned),
        PutOutcome::Changed => return Err(AttemptError::Skipped(SkipReason::AlreadyFinal)),
    }
    let sink = tools.sink.clone().until(until);
    match sink.upload(&document, pdf).await {
        Ok(id) => Ok(id),
        Err(error) if error.folder_suspected => {
            Err(ask_for_folder(tools, folder, &document.employee, error).await)
        }
        Err(error) => Err(error.into()),
    }
}

/// The PDF, looked at but not read. An address that has expired is replaced by a fresh one, once.
async fn open(tools: Tools<'_>, upload: &Upload) -> Result<PdfBody, AttemptError> {
    let fresh = match tools.downloads.open(&upload.url).await {
        Err(DownloadError::Expired { .. }) => fresh_url(tools, upload).await?,
        Err(no_pdf @ DownloadError::NotPdf) => match other_url(tools, upload).await? {
            Some(fresh) => fresh,
            None => return Err(no_pdf.into()),
        },
        // Where there is no other address, that host is what the operator has to know.
        Err(elsewhere @ DownloadError::Forbidden(Forbidden::Host(_))) => {
            match other_url(tools, upload).await {
                Ok(Some(fresh)) => fresh,
                Ok(None) => return Err(elsewhere.into()),
                Err(error) if is_forbidden(&error) => return Err(elsewhere.into()),
                Err(error) => return Err(error),
            }
        }
        opened => return Ok(opened?),
    };
    match tools.downloads.open(&fresh).await {
        Err(error @ DownloadError::Expired { .. }) => {
            Err(AttemptError::DownloadRefused(error.into()))
        }
        opened => Ok(opened?),
    }
}

/// Some hosts answer an address that has expired with a page, and no error, or lead to a log-in elsewhere. `None`: there is no
/// other address, or the academy takes no such question, so it is the file.
async fn other_url(tools: Tools<'_>, upload: &Upload) -> Result<Option<SignedUrl>, AttemptError> {
    let asked = tools.reteach.participation_by_certificate(&upload.id);
    let found = match asked.await {
        Err(error) if is_not_answered(&error) => None,
        found => found.map_err(not_shown)?,
    };
    let fresh = found
        .and_then(|participation| participation.certificate)
        .and_then(|certificate| certificate.url);
    Ok(fresh.filter(|fresh| *fresh != upload.url))
}

async fn fresh_url(tools: Tools<'_>, upload: &Upload) -> Result<SignedUrl, AttemptError> {
    let asked = tools.reteach.participation_by_certificate(&upload.id);
    let found = match asked.await {
        Err(error) if is_not_answered(&error) => {
            let reason = format!(
                "its file's address is no longer good, and reteach names no fresh one if asked for the certificate: {error}"
            );
            return Err(FilingError::interrupted(reason).into());
        }
        found => found.map_err(not_shown)?,
    };
    // The run's list has it: only a complete list without it shows that it is gone.
    let certificate = found
        .and_then(|participation| participation.certificate)
        .ok_or_else(|| {
            let reason = "its file's address is no longer good, and reteach does not find the certificate by its id, \
                          although it lists it";
            AttemptError::DownloadRefused(FilingError::interrupted(reason))
        })?;
    certificate
        .url
        .ok_or(AttemptError::Skipped(SkipReason::AwaitingPdf))
}

/// Whether the academy takes no question for a single certificate, or answers another one.
fn is_not_answered(error: &Error) -> bool {
    matches!(
        error,
        Error::Rejected { .. } | Error::Unreadable { .. } | Error::TooLarge { .. }
    )
}

/// Whether the academy forbids the question for a single certificate.
fn is_forbidden(error: &AttemptError) -> bool {
    matches!(error, AttemptError::Filing(error) if matches!(error.reach, Reach::Unclear(_)))
}

/// Why the academy does not show a certificate that it lists. The list came with the same right: only other files show whether
/// it has been taken away since. What is not said now says nothing of the file.
fn not_shown(error: Error) -> AttemptError {
    match error {
        Error::Forbidden(_) => {
            FilingError::unclear(TenantFault::AcademyRight, error.to_string()).into()
        }
        error => error.into(),
    }
}

/// A folder that is gone, or another one by now, is no failure of the certificate.
async fn ask_for_folder(
    tools: Tools<'_>,
    folder: &Folder,
    employee: &SourceId,
    error: FilingError,
) -> AttemptError {
    match folder::find(tools.sink, tools.category).await {
        Ok(now) if now != *folder => AttemptError::Halted(RunError::new(
            Outcome::NoCategory,
            "the folder for certificates was changed while they were filed; the next run uses the new one",
        )),
        Ok(_) if error.reach == Reach::Certificate => ask_for_person(tools, employee, error).await,
        // Only other uploads show whether it refuses them as well.
        Ok(_) if error.reach == Reach::Tenant(TenantFault::Folder) => {
            let reason = format!("{}; the folder is there", error.reason);
            FilingError::unclear(TenantFault::Folder, reason).into()
        }
        Ok(_) => error.into(),
        Err(halt) => AttemptError::Halted(halt),
    }
}

/// A refusal in another language may say that the person is deleted.
async fn ask_for_person(tools: Tools<'_>, employee: &SourceId, error: FilingError) -> AttemptError {
    let reason = error.reason;
    AttemptError::Filing(match tools.sink.one(employee).await {
        Ok(None) => FilingError::no_person(format!(
            "{reason}. The folder is there, and the employee is not (any more): nothing can be filed for them."
        )),
        Ok(Some(_)) | Err(_) => FilingError {
            reason: format!("{reason}; the folder is there"),
            ..error
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_limit_is_waited_out_if_half_a_minute_is_left_after_it() {
        let wait = Duration::from_secs(7);
        for (left, has_time) in [(36, false), (37, false), (38, true)] {
            let stop_at = Deadline::after(Duration::from_secs(left));
            assert_eq!(has_time_after(stop_at, wait), has_time, "{left}");
        }
        assert!(has_time_after(Deadline::never(), wait));
    }
}
