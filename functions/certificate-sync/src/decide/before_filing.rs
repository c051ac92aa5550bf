//! What follows for one person's certificates from the list of the documents that are filed already.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use shared::document::{FiledDocument, Verification, title};
use shared::domain::id::DocumentId;
use shared::state::{CertificateState, Intent};

use super::{Transition, UNSAFE};
use crate::outcome::CertificateResult;
use crate::plan::{Upload, VERIFY_AFTER, is_of_this_filing};

/// What becomes of a certificate before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one value per certificate of a person, for a moment"
)]
pub enum BeforeFiling {
    File,
    Conclude(Transition),
}

/// Documents that are matched with certificates, each at most once.
struct Matching<'a> {
    uploads: &'a [Upload],
    documents: &'a [FiledDocument],
    taken: HashSet<usize>,
    found: Vec<Option<Match>>,
}

/// A title and a day by which documents are looked for.
#[derive(PartialEq, Eq)]
struct Asked {
    title: String,
    day: Date,
    /// Only those that no comment gives to any certificate.
    without_comment: bool,
}

#[derive(Clone)]
enum Match {
    Filed(DocumentId),
    Unsafe,
    Ambiguous,
}

/// One decision for each of a person's `uploads`, in their order. `documents` is `None` where the right to list them is
/// missing. `taken` are documents that the ledger has for other certificates: no title matches one of them again.
#[must_use]
pub fn before_filing(
    uploads: &[Upload],
    documents: Option<&[FiledDocument]>,
    taken: &HashSet<DocumentId>,
    time_zone: &TimeZone,
    now: Timestamp,
) -> Vec<BeforeFiling> {
    let Some(documents) = documents else {
        return uploads
            .iter()
            .map(|upload| unlistable(upload, now))
            .collect();
    };
    let mut matching = Matching {
        uploads,
        documents,
        taken: documents
            .iter()
            .enumerate()
            .filter(|(_, document)| taken.contains(&document.id))
            .map(|(number, _)| number)
            .collect(),
        found: vec![None; uploads.len()],
    };
    matching.by_id();
    // The day may have been written in the tenant's zone or in UTC.
    matching.by_title(time_zone);
    matching.by_title(&TimeZone::UTC);
    let found = matching.found.into_iter().zip(uploads);
    found
        .map(|(found, upload)| concluded(found, upload, now))
        .collect()
}

/// Whether a certificate that may be filed already is to be filed after one list. A list may lack rows: a second one is
/// asked first.
#[must_use]
pub fn needs_second_list(uploads: &[Upload], decisions: &[BeforeFiling]) -> bool {
    let each = uploads.iter().zip(decisions);
    each.into_iter()
        .any(|(upload, decision)| may_be_filed(upload) && *decision == BeforeFiling::File)
}

/// Whether titles decide about any of them: then the documents that the ledger knows are needed.
#[must_use]
pub fn needs_ledger(uploads: &[Upload]) -> bool {
    let decides = |upload: &Upload| looks_by_title(upload) || may_be_filed(upload);
    uploads.iter().any(decides)
}

fn looks_by_title(upload: &Upload) -> bool {
    upload.look.is_some_and(|look| look.by_title)
}

/// Whether a restored table may have forgotten it, or an upload without an answer may have filed it.
fn may_be_filed(upload: &Upload) -> bool {
    let lost_since = upload.look.and_then(|look| look.lost_since);
    lost_since.or(upload.previous.unverified_at).is_some()
}

/// What either of two lists shows.
#[must_use]
pub fn of_both(one: &[FiledDocument], other: Vec<FiledDocument>) -> Vec<FiledDocument> {
    let known: HashSet<&DocumentId> = one.iter().map(|document| &document.id).collect();
    let new = other
        .into_iter()
        .filter(|document| !known.contains(&document.id));
    one.iter().cloned().chain(new).collect()
}

impl Matching<'_> {
    fn by_id(&mut self) {
        for (upload, found) in self.uploads.iter().zip(&mut self.found) {
            let named = self.documents.iter().enumerate();
            let named = named.filter(|(_, document)| document.names(&upload.id));
            self.taken.extend(named.map(|(number, _)| number));
            let refiled = upload.refiled.as_ref();
            let documents = self.documents.iter();
            let documents = documents.filter(|document| is_of_this_filing(document, refiled));
            *found = match Verification::among(documents, &upload.id) {
                Verification::Found(document) => Some(Match::Filed(document)),
                Verification::Unsafe => Some(Match::Unsafe),
                Verification::NotFound | Verification::Unclear | Verification::Unverifiable => None,
            };
        }
    }

    /// Certificates of one title and day share the documents of that title and day. More certificates than documents
    /// leave open which of them are filed.
    fn by_title(&mut self, time_zone: &TimeZone) {
        let open: Vec<_> = self.uploads.iter().enumerate().collect();
        for (number, upload) in open {
            let Some(asked) = self.asked(number, upload, time_zone) else {
                continue;
            };
            let same: Vec<usize> = (self.uploads.iter().enumerate())
                .filter(|(other, upload)| {
                    self.asked(*other, upload, time_zone).as_ref() == Some(&asked)
                })
                .map(|(other, _)| other)
                .collect();
            let is_like = |document: &FiledDocument| {
                document.is_titled(&asked.title, asked.day)
                    && (document.comment.is_none() || !asked.without_comment)
            };
            let documents: Vec<(usize, DocumentId)> = (self.documents.iter().enumerate())
                .filter(|(at, document)| !self.taken.contains(at) && is_like(document))
                .map(|(at, document)| (at, document.id.clone()))
                .collect();
            self.share(&same, documents);
        }
    }

    /// By what an upload is looked for, if it still is.
    fn asked(&self, number: usize, upload: &Upload, time_zone: &TimeZone) -> Option<Asked> {
        let is_open = self.found.get(number).is_some_and(Option::is_none);
        let without_comment = !looks_by_title(upload);
        let is_asked = is_open && (!without_comment || may_be_filed(upload));
        let completed_at = upload.completed_at.filter(|_| is_asked)?;
        Some(Asked {
            title: title(upload.course.as_deref()),
            day: time_zone.to_datetime(completed_at).date(),
            without_comment,
        })
    }

    fn share(&mut self, same: &[usize], documents: Vec<(usize, DocumentId)>) {
        let is_enough = documents.len() >= same.len();
        if documents.is_empty() {
            return;
        }
        for (number, (at, document)) in same.iter().zip(documents.iter().cycle()) {
            self.taken.insert(*at);
            if let Some(found) = self.found.get_mut(*number) {
                *found = Some(match is_enough {
                    true => Match::Filed(document.clone()),
                    false => Match::Ambiguous,
                });
            }
        }
    }
}

fn concluded(found: Option<Match>, upload: &Upload, now: Timestamp) -> BeforeFiling {
    let lost_since = upload.look.and_then(|look| look.lost_since);
    match found {
        // The last uploads before the restore may not show up yet.
        None if lost_since.is_some_and(|restored| now < restored + VERIFY_AFTER) => {
            BeforeFiling::Conclude(Transition::unchanged(CertificateResult::NotReached))
        }
        None => BeforeFiling::File,
        Some(Match::Filed(document)) => BeforeFiling::Conclude(Transition {
            write: Some(CertificateState::Uploaded {
                at: now,
                document: Some(document),
            }),
            result: CertificateResult::Adopted,
            if_unwritten: CertificateResult::NotReached,
        }),
        Some(Match::Unsafe) => parked(UNSAFE, None, now),
        Some(Match::Ambiguous) => {
            let reason = "several certificates have the same title and day, and fewer documents do: look into the \
                          employee's documents, then retry those that are missing and dismiss the others";
            let unverified = upload.previous.unverified_at.map(Intent::unverified);
            parked(reason, unverified, now)
        }
    }
}

/// Where documents cannot be listed: filed, unless an upload got no answer or the table may have forgotten it.
fn unlistable(upload: &Upload, now: Timestamp) -> BeforeFiling {
    let lost_since = upload.look.and_then(|look| look.lost_since);
    let (at, why) = match (upload.previous.unverified_at, lost_since) {
        (Some(at), _) => (at, "an upload got no answer"),
        (None, Some(at)) => (at, "the table was restored"),
        (None, None) => return BeforeFiling::File,
    };
    let reason = format!(
        "{why} and the employee's documents cannot be listed: it may be filed. Grant \"Documents: read\" in Personio \
         and retry, or look into the documents, then retry or dismiss"
    );
    parked(&reason, Some(Intent::unverified(at)), now)
}

fn parked(reason: &str, unverified: Option<Intent>, now: Timestamp) -> BeforeFiling {
    BeforeFiling::Conclude(Transition::parked(reason.to_owned(), unverified, now))
}
