//! One certificate into the personnel file: download, intent, upload. The outcome is noted by the caller.

use shared::document::{Document, DocumentSink as _, PdfBody, UploadError};
use shared::domain::id::DocumentId;
use shared::http::SignedUrl;
use shared::reteach::DownloadError;
use shared::runtime::{Outcome, RunError};
use shared::state::{CertificateEntry, CertificateState, Intent, OnUnverifiable, PutOutcome};

use super::Tools;
use super::folder::{self, Folder};
use super::trouble::Trouble;
use crate::plan::Upload;

/// Tries in a row of what certainly had no effect.
const TRIES: u32 = 3;

/// What came of filing a certificate.
#[derive(Debug)]
pub(super) struct Filed {
    /// The document's id, where the route tells it; or why there is none.
    pub(super) result: Result<Option<DocumentId>, Trouble>,
    /// What the ledger has of it now.
    pub(super) intent: Option<Intent>,
}

/// Files one certificate. What certainly had no effect is tried again at once, a few times.
pub(super) async fn file(tools: Tools<'_>, folder: &Folder, upload: &Upload) -> Filed {
    let mut intent = None;
    let mut tries = 0;
    loop {
        tries += 1;
        let result = attempt(tools, folder, upload, &mut intent).await;
        let again = tries < TRIES && matches!(&result, Err(trouble) if trouble.is_passing());
        if !again {
            return Filed { result, intent };
        }
    }
}

async fn attempt(
    tools: Tools<'_>,
    folder: &Folder,
    upload: &Upload,
    intent: &mut Option<Intent>,
) -> Result<Option<DocumentId>, Trouble> {
    let pdf = open(tools, upload).await?;
    let certificate = shared::document::Certificate {
        id: &upload.id,
        course: upload.course.as_deref(),
        completed_at: upload.completed_at,
    };
    let employee = upload.employee.clone();
    let mut document = Document::new(employee, folder.id.clone(), certificate, tools.time_zone);
    document.size = pdf.length();
    let until = tools.guard.check().await?.earlier(tools.stop_at);
    let about_to = Intent {
        at: tools.clock.now(),
        size: document.size,
        failures: upload.earlier.failures,
        failing_since: upload.earlier.since,
        unknowable: OnUnverifiable::Park,
    };
    let entry = CertificateEntry {
        certificate_id: upload.id.clone(),
        employee: upload.employee.clone(),
        state: CertificateState::Intended(about_to),
    };
    match tools
        .store
        .put_certificate(tools.tenant, tools.guard.token(), &entry)
        .await?
    {
        PutOutcome::Written => *intent = Some(about_to),
        PutOutcome::Decided => return Err(Trouble::Decided),
    }
    let sink = tools.sink.clone().until(until);
    match sink.upload(&document, pdf).await {
        Ok(id) => Ok(id),
        Err(error) => Err(judge(tools, folder, error).await),
    }
}

/// The PDF, looked at but not read. An address that has expired is asked for anew, once.
async fn open(tools: Tools<'_>, upload: &Upload) -> Result<PdfBody, Trouble> {
    match tools.downloads.open(&upload.url).await {
        Err(DownloadError::Expired { .. }) => {
            let fresh = fresh_url(tools, upload).await?;
            Ok(tools.downloads.open(&fresh).await?)
        }
        opened => Ok(opened?),
    }
}

async fn fresh_url(tools: Tools<'_>, upload: &Upload) -> Result<SignedUrl, Trouble> {
    let found = tools
        .reteach
        .participation_by_certificate(&upload.id)
        .await?;
    let certificate = found
        .and_then(|participation| participation.certificate)
        .ok_or(Trouble::Gone)?;
    certificate.url.ok_or(Trouble::NoFile)
}

/// What a failed upload means. A folder that is gone, or another one by now, is no failure of the certificate.
async fn judge(tools: Tools<'_>, folder: &Folder, error: UploadError) -> Trouble {
    if !may_be_the_folders(&error) {
        return error.into();
    }
    match folder::find(tools.sink, tools.category).await {
        Ok(now) if now != *folder => {
            let text = "the folder for certificates was changed while they were filed; the next run uses the new one";
            Trouble::Stop(RunError::new(Outcome::NoCategory, text))
        }
        Ok(_) => match error {
            UploadError::Gone(text) => Trouble::Document(format!(
                "{text}; the category is there, so the employee is not"
            )),
            other => other.into(),
        },
        Err(halt) => Trouble::Stop(halt),
    }
}

fn may_be_the_folders(error: &UploadError) -> bool {
    match error {
        UploadError::CategoryGone(_) | UploadError::Gone(_) => true,
        UploadError::Refused { fields, .. } => {
            fields.is_empty() || fields.iter().any(|field| field == "category_id")
        }
        _ => false,
    }
}
