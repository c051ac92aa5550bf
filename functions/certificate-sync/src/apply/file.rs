//! One certificate into the personnel file: download, intent, upload.

use shared::document::{Certificate, Document, DocumentSink as _, FilingError, PdfBody, Reach};
use shared::domain::id::DocumentId;
use shared::http::SignedUrl;
use shared::reteach::DownloadError;
use shared::runtime::{Outcome, RunError};
use shared::state::{Intent, OnUnverifiable, PutOutcome};

use super::folder::{self, Folder};
use super::{Tools, ledger};
use crate::decide::AttemptError;
use crate::outcome::SkipReason;
use crate::plan::Upload;

/// Attempts in a row while the failure certainly had no effect and may pass.
const MAX_ATTEMPTS: u32 = 3;

/// What came of filing a certificate.
#[derive(Debug)]
pub(super) struct Attempted {
    /// The document's id, where the route tells it.
    pub(super) result: Result<Option<DocumentId>, AttemptError>,
    /// What the ledger has of it now.
    pub(super) intent: Option<Intent>,
}

pub(super) async fn file(tools: Tools<'_>, folder: &Folder, upload: &Upload) -> Attempted {
    let mut intent = None;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let result = attempt(tools, folder, upload, &mut intent).await;
        match &result {
            Err(error) if error.may_pass_at_once() && attempts < MAX_ATTEMPTS => {}
            _ => return Attempted { result, intent },
        }
    }
}

async fn attempt(
    tools: Tools<'_>,
    folder: &Folder,
    upload: &Upload,
    intent: &mut Option<Intent>,
) -> Result<Option<DocumentId>, AttemptError> {
    let pdf = open(tools, upload).await?;
    let certificate = Certificate {
        id: &upload.id,
        course: upload.course.as_deref(),
        completed_at: upload.completed_at,
    };
    let employee = upload.employee.clone();
    let document = Document {
        size: pdf.length(),
        ..Document::new(employee, folder.id.clone(), certificate, tools.time_zone)
    };
    let until = tools.guard.check().await?.earlier(tools.stop_at);
    let planned = Intent {
        at: tools.clock.now(),
        size: document.size,
        failures: upload.previous.failures,
        failing_since: upload.previous.since,
        on_unverifiable: OnUnverifiable::Park,
    };
    match ledger::intend(tools, &upload.id, &upload.employee, planned).await? {
        PutOutcome::Written => *intent = Some(planned),
        PutOutcome::AlreadyFinal => return Err(AttemptError::Skipped(SkipReason::AlreadyFinal)),
    }
    let sink = tools.sink.clone().until(until);
    match sink.upload(&document, pdf).await {
        Ok(id) => Ok(id),
        Err(error) if error.folder_suspected => Err(ask_for_folder(tools, folder, error).await),
        Err(error) => Err(error.into()),
    }
}

/// The PDF, looked at but not read. An address that has expired is replaced by a fresh one, once.
async fn open(tools: Tools<'_>, upload: &Upload) -> Result<PdfBody, AttemptError> {
    match tools.downloads.open(&upload.url).await {
        Err(DownloadError::Expired { .. }) => {}
        opened => return Ok(opened?),
    }
    let fresh = fresh_url(tools, upload).await?;
    match tools.downloads.open(&fresh).await {
        Err(error @ DownloadError::Expired { .. }) => {
            Err(AttemptError::DownloadRefused(error.into()))
        }
        opened => Ok(opened?),
    }
}

async fn fresh_url(tools: Tools<'_>, upload: &Upload) -> Result<SignedUrl, AttemptError> {
    let found = tools
        .reteach
        .participation_by_certificate(&upload.id)
        .await?;
    let certificate = found
        .and_then(|participation| participation.certificate)
        .ok_or(AttemptError::Skipped(SkipReason::Gone))?;
    certificate
        .url
        .ok_or(AttemptError::Skipped(SkipReason::AwaitingPdf))
}

/// A folder that is gone, or another one by now, is no failure of the certificate.
async fn ask_for_folder(tools: Tools<'_>, folder: &Folder, error: FilingError) -> AttemptError {
    match folder::find(tools.sink, tools.category).await {
        Ok(now) if now != *folder => AttemptError::Halted(RunError::new(
            Outcome::NoCategory,
            "the folder for certificates was changed while they were filed; the next run uses the new one",
        )),
        Ok(_) if error.reach == Reach::Certificate => AttemptError::Filing(FilingError {
            reason: format!("{}; the folder is there", error.reason),
            ..error
        }),
        Ok(_) => error.into(),
        Err(halt) => AttemptError::Halted(halt),
    }
}
