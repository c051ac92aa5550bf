//! The client against a server on loopback. Payloads follow Personio's own examples and those recorded by others.

mod documents;
mod listing;
mod reading;
mod refusals;

use bytes::Bytes;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::*;
use crate::document::{Certificate, Document, DocumentSink, PdfBody, Verification};
use crate::domain::id::{CategoryId, CertificateId, SourceId};
use crate::http::RateLimiter;
use crate::http::testing::{Canned, Seen, Server};
use crate::source::{SourceError, SourceRecord, read_all};

fn direct(server: &Server) -> Client {
    let direct = Direct::new(
        server.base.clone(),
        Credentials::new("papi-id", "papi-secret"),
        server.context(),
    );
    Client::new(direct).with_pace(RateLimiter::new(&[]))
}

fn login() -> Canned {
    let data = json!({"token": "papi-token", "expires_in": 86400, "scope": "employees:read"});
    Canned::Json(200, json!({"success": true, "data": data}))
}

pub(crate) fn person(id: u64) -> Value {
    json!({"type": "Employee", "attributes": {
        "id": {"label": "ID", "value": id, "type": "integer", "universal_id": "id"},
        "first_name": {"label": "First name", "value": "Alexander", "type": "standard", "universal_id": "first_name"},
    }})
}

/// A company of `people`, of which a page shows at most `most`.
pub(crate) fn company(people: u64, most: u64) -> impl Fn(&Seen) -> Value {
    move |seen| {
        let number = |key| seen.query(key).unwrap().parse::<u64>().unwrap();
        let (offset, limit) = (number("offset"), number("limit").min(most));
        let data: Vec<_> = (offset..people.min(offset + limit))
            .map(|id| person(id + 1))
            .collect();
        let metadata = json!({"total_elements": people, "current_page": offset / limit,
                              "total_pages": people.div_ceil(limit)});
        json!({"success": true, "metadata": metadata, "offset": offset, "limit": limit, "data": data})
    }
}

/// Answers logins, and everything else with `answer`.
async fn personio(answer: impl Fn(&Seen) -> Canned + Send + Sync + 'static) -> Server {
    Server::start(move |_, seen| {
        if seen.path() == "/v1/auth" {
            login()
        } else {
            answer(seen)
        }
    })
    .await
}

pub(crate) fn ids(records: &[SourceRecord]) -> Vec<u64> {
    let id = |record: &SourceRecord| record.source_id().unwrap().as_str().parse().unwrap();
    records.iter().map(id).collect()
}

/// A document as the certificate job makes it.
pub(crate) fn document() -> Document {
    let certificate = CertificateId::new("0f0c-7");
    let course = Some("Brandschutz \"Ü\"");
    let completed_at = Some("2026-03-13T23:30:00Z".parse().unwrap());
    let certificate = Certificate {
        id: &certificate,
        course,
        completed_at,
    };
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    Document::new(
        SourceId::new("4711"),
        CategoryId::new("2"),
        certificate,
        &berlin,
    )
}

pub(crate) fn pdf() -> PdfBody {
    PdfBody::from_bytes(Bytes::from_static(PDF))
}

pub(crate) const PDF: &[u8] = b"%PDF-1.7 and so on";
