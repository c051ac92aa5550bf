//! The routes over Kombo, against a server on loopback.

mod kombo_unified;
mod personio_over_kombo;
mod personio_over_kombo_documents;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::document::{DocumentSink, PdfBody, Verification};
use crate::domain::id::DocumentId;
use crate::http::testing::{Canned, Server};
use crate::personio::tests::{PDF, company, document, ids, pdf};
use crate::source::{EmployeeSource, SourceError, SourceRecord, read_all};

fn kombo(server: &Server) -> kombo::Client {
    kombo::Client::new(
        server.base.clone(),
        kombo::ApiKey::new("key"),
        server.context(),
    )
}

fn forwarded(server: &Server) -> personio::Client<PersonioOverKombo> {
    let integration = "personio:CBNMt7dSNCzBdnRTx87dev4E".parse().unwrap();
    let transport = PersonioOverKombo::new(kombo(server), integration);
    personio::Client::new(transport).with_pace(RateLimiter::new(&[]))
}

/// Kombo's answer around one of Personio's.
fn wrapped(status: u16, headers: Value, data: Value) -> Canned {
    let url = "https://api.personio.de/v1/company/employees";
    let data = json!({"url": url, "status": status, "headers": headers, "data": data});
    Canned::Json(
        200,
        json!({"status": "success", "data": data, "warnings": []}),
    )
}
