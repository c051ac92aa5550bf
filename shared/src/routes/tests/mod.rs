//! The routes over Kombo, against a server on loopback.

mod kombo_unified;
mod personio_over_kombo;
mod personio_over_kombo_documents;

use bytes::Bytes;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::*;
use crate::document::{DocumentSink, PdfBody, Verification};
use crate::domain::id::{DocumentId, SourceId};
use crate::http::testing::{Canned, Seen, Server};
use crate::kombo::documents_tests::{INTEGRATION, refused};
use crate::personio::tests::{PDF, company, document, ids, pdf};
use crate::source::{EmployeeSource, SourceError, SourceRecord, read_all};

/// An answer of Kombo for one case.
type Answer = Box<dyn Fn() -> Canned + Send + Sync>;

fn kombo(server: &Server) -> kombo::Client {
    let key = kombo::ApiKey::new("key");
    kombo::Client::new(server.base.clone(), key, server.context())
}

fn forwarded(server: &Server) -> personio::Client<PersonioOverKombo> {
    let transport = PersonioOverKombo::new(kombo(server), INTEGRATION.parse().unwrap());
    personio::Client::new(transport).with_pace(RateLimiter::new(&[]))
}

/// Kombo's answer around one of Personio's.
fn wrapped(status: u16, headers: Value, data: Value) -> Canned {
    let url = "https://api.personio.de/v1/company/employees";
    let data = json!({"url": url, "status": status, "headers": headers, "data": data});
    let body = json!({"status": "success", "data": data, "warnings": []});
    Canned::Json(200, body)
}
