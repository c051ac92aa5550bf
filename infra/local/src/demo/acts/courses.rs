//! What people learn: certificates that the academy issues, and what happens to them on their way.

use jiff::civil::time;
use jiff::{Timestamp, ToSpan as _};
use oracle::{CertificateIssuer, IssuedCertificate, external_id};
use simulators::Person;
use simulators::people::zone;

use super::people::is_at_work;
use super::{Act, Deed};

/// The folder that HR makes in the course of the story.
pub const FOLDER: &str = "Bildungszertifikate";

/// A morning's certificates: one is new, one is of somebody who has left since, PDFs are made, and a reply is lost.
/// Empty in a company where nobody can have one.
pub fn morning(
    issuer: &mut CertificateIssuer,
    people: &[Person],
    awaited: &[(u64, String)],
    now: Timestamp,
) -> Vec<Act> {
    let today = now.to_zoned_datetime(zone()).date();
    let mut acts = Vec::new();
    if let Some(person) = people.iter().find(|it| is_at_work(it, today)) {
        acts.push(earned(
            "completes a course",
            issuer.issue_recent(person.id, now),
        ));
    }
    let yesterday = today.saturating_sub(1.day());
    let left = people
        .iter()
        .find(|it| it.termination_date == Some(yesterday) && it.email.is_some());
    if let Some(person) = left {
        let last_day = (yesterday, time(16, 0, 0, 0));
        let issued = issuer.issue(Some(person.id), external_id(person.id), last_day);
        acts.push(earned(
            "has left, with a course completed on the last day",
            issued,
        ));
    }
    acts.extend(awaited.iter().map(|(person, certificate)| Act {
        certificate: Some(certificate.clone()),
        ..Act::of(
            *person,
            "had a certificate without a PDF: it is made by now",
            Deed::MakePdf,
        )
    }));
    if !acts.is_empty() {
        let story =
            "the reply to the first upload is lost: the document is filed, and nobody is told";
        acts.push(Act {
            person: None,
            certificate: None,
            story,
            deed: Deed::LoseReply,
        });
    }
    acts
}

/// HR makes a folder for certificates, and somebody earns one.
pub fn folder(issuer: &mut CertificateIssuer, people: &[Person], now: Timestamp) -> Vec<Act> {
    let today = now.to_zoned_datetime(zone()).date();
    let story = "HR makes the folder Bildungszertifikate";
    let made = Act {
        person: None,
        certificate: None,
        story,
        deed: Deed::MakeFolder(FOLDER),
    };
    let somebody = people.iter().rev().find(|it| is_at_work(it, today));
    let earned =
        somebody.map(|person| earned("completes a course", issuer.issue_recent(person.id, now)));
    [made].into_iter().chain(earned).collect()
}

fn earned(story: &'static str, issued: IssuedCertificate) -> Act {
    let (person, certificate) = (issued.person, Some(issued.id.clone()));
    Act {
        person,
        certificate,
        story,
        deed: Deed::Issue(Box::new(issued)),
    }
}
