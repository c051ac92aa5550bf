//! The trait behind which Personio (direct or through Kombo) and Kombo's unified model
//! stand, and the document that they take.

use std::future::Future;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Category, FiledDocument, FilingError, PdfBody, naming};
use crate::domain::id::{CategoryId, CertificateId, DocumentId, SourceId};
use crate::http::{Deadline, Elapsed};
use crate::source::SourceError;

pub trait DocumentSink: Send + Sync {
    /// The categories that there are, in the HR system's order.
    ///
    /// # Errors
    /// [`SourceError::Forbidden`] where the credential may not see them; else as for a reading of employees.
    fn categories(&self) -> impl Future<Output = Result<Vec<Category>, SourceError>> + Send;

    /// Waits for the turn of the next upload: uploads have a limit of their own.
    fn turn(&self, until: Deadline) -> impl Future<Output = Result<(), Elapsed>> + Send;

    /// Files `document` with `body` as its file, at most once: nothing is sent again that may have been filed.
    /// Returns its id, where the route tells it.
    ///
    /// # Errors
    /// See [`FilingError`]; its `effect` says whether the document may have been filed.
    fn upload(
        &self,
        document: &Document,
        body: PdfBody,
    ) -> impl Future<Output = Result<Option<DocumentId>, FilingError>> + Send;

    /// The documents of an employee, in all folders; `None` where this route cannot list documents.
    ///
    /// # Errors
    /// [`SourceError::Forbidden`] where the credential may not list documents; else as for a reading of employees.
    fn filed(
        &self,
        employee: &SourceId,
    ) -> impl Future<Output = Result<Option<Vec<FiledDocument>>, SourceError>> + Send;

    /// Looks for `document` among those of its employee. A document may show up late: [`Verification::NotFound`] is
    /// to be believed only some time after an upload.
    fn find(
        &self,
        document: &Document,
    ) -> impl Future<Output = Result<Verification, SourceError>> + Send {
        async {
            let filed = self.filed(&document.employee).await?;
            Ok(Verification::of(filed.as_deref(), &document.certificate))
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    Found(DocumentId),
    /// It is, and the HR system's virus scan says that it is not safe.
    Unsafe,
    /// The employee's documents were read in full, and it is not among them.
    NotFound,
    /// It is not, but a document without a comment may be it.
    Unclear,
    Unverifiable,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    pub employee: SourceId,
    /// Where it goes, by the id that the same route's [`categories`](DocumentSink::categories) gave.
    pub category: CategoryId,
    pub certificate: CertificateId,
    /// Its title, at most 255 characters: see [`title`](super::title).
    pub title: String,
    pub date: Option<Date>,
    /// A line that names course, day and certificate: see [`comment`](super::comment).
    pub comment: String,
    /// The file's name, ending in `.pdf`: see [`file_name`](super::file_name).
    pub file_name: String,
}

#[derive(Clone, Copy)]
pub struct Certificate<'a> {
    pub id: &'a CertificateId,
    pub course: Option<&'a str>,
    pub completed_at: Option<Timestamp>,
}

impl Document {
    /// The document for `certificate`: title, comment and file name as designed, the day in the tenant's time zone.
    #[must_use]
    pub fn new(
        employee: SourceId,
        category: CategoryId,
        certificate: Certificate<'_>,
        time_zone: &TimeZone,
    ) -> Self {
        let Certificate {
            id,
            course,
            completed_at,
        } = certificate;
        let date = completed_at.map(|moment| time_zone.to_datetime(moment).date());
        Self {
            employee,
            category,
            certificate: id.clone(),
            title: naming::title(course),
            date,
            comment: naming::comment(course, date, id),
            file_name: naming::file_name(course, date, id),
        }
    }
}

// Names it by its ids only: which course somebody took is personal.
crate::debug_only!(Document, employee, category, certificate);

crate::debug_only!(Certificate<'_>, id);
