//! The routes over Kombo, against a server on loopback.

mod kombo_unified;
mod personio_over_kombo;
mod personio_over_kombo_documents;

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::*;
use crate::document::{DocumentSink, PdfBody, Verification};
use crate::domain::clock::ManualClock;
use crate::domain::id::{DocumentId, SourceId};
use crate::http::testing::{Canned, Seen, Server};
use crate::http::{Calls, client};
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

#[test]
fn no_api_is_on_this_machine_unless_simulators_are() {
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let real = Context::new(client().unwrap(), clock, Calls::default());
    let simulated = real.clone().with_simulators();
    let (here, there) = ("http://127.0.0.1:9001", "https://api.example.com");
    for (bases, refused) in [
        ([there, there, there], None),
        ([here, there, there], Some("personio.base_url")),
        ([there, here, there], Some("kombo.base_url")),
        ([there, there, here], Some("reteach.base_url")),
    ] {
        let [personio, kombo, reteach] = bases;
        let text = format!(
            "tenant_id = 'acme'\ntime_zone = 'Europe/Berlin'\n\
             [personio]\nvia = 'kombo-passthrough'\nbase_url = '{personio}'\n\
             [kombo]\nbase_url = '{kombo}'\n[reteach]\nbase_url = '{reteach}'\n"
        );
        let config = TenantConfig::parse(&text).unwrap();
        let expected = refused.map_or(Ok(()), |field| Err(ConnectError::OnThisMachine(field)));
        assert_eq!(reachable(&config, &real), expected);
        assert_eq!(reachable(&config, &simulated), Ok(()));
    }
}
