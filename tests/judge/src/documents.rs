//! Documents in personnel files.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::history::{Call, Document, Effect, Event};
use crate::{Terms, Violation};

/// A document that has not been listed this long after its upload is not there.
const VERIFY_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// What an earlier run's list has not shown may have been hidden from it.
const LONGEST_RUN: SignedDuration = SignedDuration::from_mins(15);

/// Every document of a certificate was made by one upload, and nobody's file has two of one certificate. In whose file it
/// is, the oracle says: after a restore, somebody with a new number gets it in the new file too.
pub(crate) fn have_one_upload_each(calls: &[Call], documents: &[Document]) -> Vec<Violation> {
    let mut uploads: BTreeMap<&str, usize> = BTreeMap::new();
    for document in sent(calls) {
        *uploads.entry(&document.file).or_default() += 1;
    }
    let mut violations = Vec::new();
    let mut certificates: BTreeMap<(&str, u64), usize> = BTreeMap::new();
    for document in documents {
        let Some(certificate) = document.certificate() else {
            continue;
        };
        let uploads = uploads.get_mut(document.file.as_str());
        match uploads.filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => violations.push(violation("a document without an upload", certificate, None)),
        }
        let in_file = (certificate, document.employee);
        *certificates.entry(in_file).or_default() += 1;
    }
    let twice = certificates.into_iter().filter(|(_, count)| *count > 1);
    violations.extend(twice.map(|((id, _), _)| violation("a certificate filed twice", id, None)));
    violations
}

/// No certificate is sent again into a file that may have it: not after a confirmed upload, and after one of unknown outcome only
/// once two lists of the person's documents, the last of them 15 minutes later and in the run that sends, were read.
pub(crate) fn are_not_sent_blindly(calls: &[Call], terms: &Terms) -> Vec<Violation> {
    let mut open: BTreeMap<(&str, u64), (&Call, Vec<&Call>)> = BTreeMap::new();
    let mut violations = Vec::new();
    for call in calls {
        match &call.event {
            Event::Listed(_) => open.values_mut().for_each(|(upload, lists)| {
                if upload.event.employee() == call.event.employee() {
                    lists.push(call);
                }
            }),
            Event::Uploaded(document) => {
                let Some(certificate) = document.certificate() else {
                    continue;
                };
                let in_file = (certificate, document.employee);
                let is_blind = open.get(&in_file).is_some_and(|(upload, lists)| {
                    let last = lists.last().map(|list| list.at.duration_since(upload.at));
                    let is_now = lists
                        .last()
                        .is_some_and(|list| call.at <= list.at + LONGEST_RUN);
                    let is_looked_up = lists.len() >= 2 && last >= Some(VERIFY_AFTER) && is_now;
                    upload.effect == Effect::Confirmed || !is_looked_up
                });
                if is_blind && !terms.sent_again.contains(certificate) {
                    let promise = "a certificate sent again blindly";
                    violations.push(violation(promise, certificate, Some(call)));
                }
                if call.effect != Effect::Refused {
                    open.insert(in_file, (call, Vec::new()));
                }
            }
            _ => {}
        }
    }
    violations
}

/// Uploads that may have made a document.
fn sent(calls: &[Call]) -> impl Iterator<Item = &Document> {
    calls.iter().filter_map(|call| match &call.event {
        Event::Uploaded(document) if call.effect != Effect::Refused => Some(document),
        _ => None,
    })
}

impl Event {
    fn employee(&self) -> Option<u64> {
        match self {
            Self::Uploaded(document) => Some(document.employee),
            Self::Listed(employee) => Some(*employee),
            _ => None,
        }
    }
}

fn violation(promise: &'static str, certificate: &str, call: Option<&Call>) -> Violation {
    Violation {
        promise,
        call: call.map(|call| call.number),
        subject: format!("certificate {certificate}"),
    }
}
