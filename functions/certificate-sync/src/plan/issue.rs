//! Whether a certificate was issued again, and which document is the one of its present issue.

use jiff::{SignedDuration, Timestamp};
use shared::document::{FiledDocument, title};
use shared::domain::id::{CertificateId, SourceId};
use shared::fingerprint::FingerprintKey;
use shared::reteach::Participation;
use shared::state::{Issue, Refiled};

use super::Check;
use crate::checkpoint::day_of;

/// Personio's clock may be this far from ours. The earlier document is usually a tick older.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// A filed certificate that was issued again since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reissue {
    pub id: CertificateId,
    pub employee: SourceId,
    pub filed_at: Timestamp,
    pub issue: Issue,
}

/// What the academy says about the PDF of `id`: the day of completion, which it shows, and date and size of the
/// certificate where a row has them. The PDF itself is not opened.
#[must_use]
pub fn issue_of(id: &CertificateId, participation: &Participation, key: &FingerprintKey) -> Issue {
    let completed = participation
        .completed_at
        .map(|at| day_of(Some(at)).to_string());
    let certificate = participation.certificate.as_ref();
    let dated = certificate.and_then(|certificate| certificate.dated);
    let size = certificate.and_then(|certificate| certificate.size);
    let (dated, size) = (
        dated.map(|at| at.to_string()),
        size.map(|size| size.to_string()),
    );
    Issue::new(key, id, [completed, dated, size])
}

/// Whether a document that names no certificate may be the upload that `check` asks about.
#[must_use]
pub fn may_be_upload(document: &FiledDocument, check: &Check) -> bool {
    let listed = check.listed.as_ref();
    let title = listed.map(|listed| title(listed.course.as_deref()));
    document.may_be(check.intent.size, title.as_deref(), check.intent.at - SKEW)
}

/// Whether a document that names the certificate may be the one that was filed last: the earlier ones stay in the file.
/// A restored table may not know that the operator had it filed before: so the time of the earlier document counts.
#[must_use]
pub fn is_of_this_filing(document: &FiledDocument, refiled: Option<&Refiled>) -> bool {
    refiled.is_none_or(|refiled| {
        let since = (refiled.filed_at + SKEW).min(refiled.at);
        !refiled.documents.contains(&document.id) && document.created_at.is_none_or(|at| at > since)
    })
}
