//! Every call to a vendor, answered with harmed samples, any status and any header.

use std::collections::HashSet;
use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderValue, Response};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Choices, assert_silent, documents, harmed, run, samples, target};
use crate::domain::employee::Field;
use crate::domain::id::{CategoryId, CertificateId, CustomerId, DocumentId, ExternalId, SourceId};
use crate::http::testing::Answers;
use crate::http::{BaseUrl, Context, RateLimiter};
use crate::kombo::documents_tests::INTEGRATION;
use crate::personio::Transport;
use crate::reteach::{Customer, CustomerInput, Filter, TagId};
use crate::routes::{KomboUnified, PersonioOverKombo};
use crate::source::{Reading, SourceRecord, read_all};
use crate::{kombo, personio, reteach};

static PERSONIO: LazyLock<Vec<Value>> = LazyLock::new(samples::personio);
static KOMBO: LazyLock<Vec<Value>> = LazyLock::new(samples::kombo);
static RETEACH: LazyLock<Vec<Value>> = LazyLock::new(samples::reteach);

/// Statuses other than the usual one.
const STATUSES: [u16; 16] = [
    201, 204, 206, 302, 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503, 599,
];
const HEADERS: [&str; 6] = [
    "content-type",
    "retry-after",
    "ratelimit-reset",
    "location",
    "authorization",
    "sunset",
];
const HEADER_VALUES: [&str; 8] = [
    "application/json",
    "-5",
    "1e300",
    "NaN",
    "inf",
    "0x10",
    "Sun, 06 Nov 9994 08:49:37 GMT",
    "59.9999",
];

fn answer(choices: &mut Choices<'_>, samples: &[Value]) -> Response<Bytes> {
    let status = match choices.byte() % 8 {
        0..5 => 200,
        _ => *choices.pick(&STATUSES),
    };
    let name = *choices.pick(&HEADERS);
    let value = match choices.byte() % 4 {
        0..3 => (*choices.pick(&HEADER_VALUES)).to_owned(),
        _ => choices.text(),
    };
    let sample = choices.pick(samples).clone();
    let (harms, damage) = (choices.harms(), choices.damage());
    let mut answer = Response::new(Bytes::from(harmed(sample, &harms, &damage)));
    *answer.status_mut() = status.try_into().unwrap();
    // What cannot stand in a header is left out.
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

fn answers(choices: &mut Choices<'_>, samples: &[Value]) -> Vec<Response<Bytes>> {
    let number = 1 + choices.below(3);
    (0..number).map(|_| answer(choices, samples)).collect()
}

/// A log-in that succeeds, and what `choices` spell.
fn after_login(login: &Value, choices: &mut Choices<'_>, samples: &[Value]) -> Context {
    let login = Response::new(Bytes::from(login.to_string()));
    let others = answers(choices, samples);
    Answers::context([login].into_iter().chain(others).collect())
}

fn base() -> BaseUrl {
    "https://vendor.example".parse().unwrap()
}

fn no_pace() -> RateLimiter {
    RateLimiter::new(&[])
}

fn heard<T, E: std::error::Error>(result: Result<T, E>, what: &str) -> Option<T> {
    result.inspect_err(|error| assert_silent(error, what)).ok()
}

fn silent<T, E: std::error::Error>(result: Result<T, E>, what: &str) {
    heard(result, what);
}

fn rejections(read: Option<(Vec<SourceRecord>, Reading)>, what: &str) {
    for record in read.into_iter().flat_map(|(records, _)| records) {
        rejection(Some(record), what);
    }
}

fn rejection(record: Option<SourceRecord>, what: &str) {
    if let Some(SourceRecord::Rejected { field, problem, .. }) = record {
        assert_silent(&field, what);
        assert_silent(&problem, what);
    }
}

fn direct(context: Context) -> personio::Client {
    let credentials = personio::Credentials::new("papi-id", "papi-secret");
    let direct = personio::Direct::new(base(), credentials, context);
    personio::Client::new(direct).with_pace(no_pace())
}

/// Personio, logged in to both of its APIs.
fn personio(choices: &mut Choices<'_>) -> personio::Client {
    let login = json!({"success": true, "data": {"token": "papi-token", "expires_in": 86400},
                       "access_token": "papi-token", "expires_in": 86400});
    direct(after_login(&login, choices, &PERSONIO))
}

fn kombo(choices: &mut Choices<'_>) -> kombo::Client {
    let context = Answers::context(answers(choices, &KOMBO));
    kombo::Client::new(base(), kombo::ApiKey::new("key"), context).with_pace(no_pace())
}

fn passthrough(choices: &mut Choices<'_>) -> personio::Client<PersonioOverKombo> {
    let transport = PersonioOverKombo::new(kombo(choices), INTEGRATION.parse().unwrap());
    personio::Client::new(transport).with_pace(no_pace())
}

fn academy(context: Context) -> reteach::Client {
    let credentials = reteach::Credentials::new("the-id", "the-secret", "the-code");
    reteach::Client::new(base(), credentials, context, 50.0).with_pace(no_pace())
}

/// reteach, logged in.
fn reteach(choices: &mut Choices<'_>) -> reteach::Client {
    academy(after_login(&RETEACH[0], choices, &RETEACH))
}

async fn people_of(client: personio::Client<impl Transport>, which: u8) {
    if which % 4 == 3 {
        let one = heard(client.one(&SourceId::new("4711")).await, "one");
        return rejection(one.flatten(), "one");
    }
    rejections(heard(read_all(&client, 0).await, "read"), "read");
}

async fn documents_of(client: personio::Client<impl Transport>, which: u8) {
    match which % 5 {
        3 => {
            let (document, category) = (DocumentId::new("42"), CategoryId::new("7"));
            let moved = client.move_document(&document, &category).await;
            silent(moved, "move_document");
        }
        4 => {
            let owner = SourceId::new("4711");
            let listed = heard(client.documents(&owner, None, None).await, "documents");
            let listed = listed.unwrap_or_default();
            let ids: HashSet<_> = listed.iter().map(|document| &document.id).collect();
            assert_eq!(ids.len(), listed.len(), "a document is listed twice");
        }
        which => documents::one(&client, which).await,
    }
}

target!(personio_people, |choices| {
    let which = choices.byte();
    run(people_of(personio(&mut choices), which));
});

target!(personio_attributes, |choices| {
    let client = personio(&mut choices);
    run(async {
        silent(client.attributes().await, "attributes");
    });
});

target!(personio_documents, |choices| {
    let which = choices.byte();
    run(documents_of(personio(&mut choices), which));
});

target!(personio_logins, |choices| {
    let which = choices.byte();
    let client = direct(Answers::context(answers(&mut choices, &PERSONIO)));
    run(async {
        if which.is_multiple_of(2) {
            silent(client.attributes().await, "login");
        } else {
            documents_of(client, 4).await;
        }
    });
});

target!(personio_people_through_kombo, |choices| {
    let which = choices.byte();
    run(people_of(passthrough(&mut choices), which));
});

target!(personio_documents_through_kombo, |choices| {
    let which = choices.byte();
    run(documents_of(passthrough(&mut choices), which));
});

target!(kombo_people, |choices| {
    let which = choices.byte();
    let client = kombo(&mut choices);
    let employees = kombo::Employees::new(client, INTEGRATION.parse().unwrap(), TimeZone::UTC);
    let employees = employees.with_employment_type_field("anstellungsart");
    let employees = employees.with_pace(no_pace());
    run(async {
        if which % 4 == 3 {
            let one = heard(employees.one(&SourceId::new("4711")).await, "one");
            return rejection(one.flatten(), "one");
        }
        rejections(heard(read_all(&employees, 0).await, "read"), "read");
    });
});

target!(kombo_documents, |choices| {
    let which = choices.byte();
    let client = kombo(&mut choices);
    let unified = KomboUnified::new(client, INTEGRATION.parse().unwrap(), None, TimeZone::UTC);
    run(documents::one(&unified.with_pace(no_pace()), which));
});

target!(kombo_integration, |choices| {
    let which = choices.byte();
    let client = kombo(&mut choices);
    run(async {
        match which % 4 {
            0 => {
                let id = INTEGRATION.parse().unwrap();
                silent(client.integration(&id).await, "integration");
            }
            1 => silent(client.check_api_key().await, "check_api_key"),
            2 => {
                let whom = kombo::LinkFor {
                    email: "x",
                    organization: "x",
                    origin_id: "acme",
                    tool: "personio",
                };
                silent(client.create_link(&whom).await, "create_link");
            }
            _ => {
                let connected = client.integration_by_token(&"token".into()).await;
                silent(connected, "integration_by_token");
            }
        }
    });
});

target!(reteach_customers, |choices| {
    let client = reteach(&mut choices);
    run(async {
        let listing = client.list_all(Vec::<Customer>::new).await;
        let Some(listing) = heard(listing, "list_all") else {
            return;
        };
        let accounts = listing.accounts;
        let ids: HashSet<_> = accounts.iter().map(|account| &account.id).collect();
        assert_eq!(ids.len(), accounts.len(), "an account came twice");
    });
});

target!(reteach_customer, |choices| {
    let which = choices.byte();
    let client = reteach(&mut choices);
    let (id, external) = (CustomerId::new("c1"), ExternalId::new("personio:4711"));
    let input = CustomerInput {
        external_id: Field::Value(external.clone()),
        ..CustomerInput::default()
    };
    run(async {
        match which % 7 {
            0 => {
                let found = client.find_by_external_id(&external).await;
                if let Some(found) = heard(found, "find_by_external_id").flatten() {
                    assert_eq!(found.external_id.as_ref(), Some(&external));
                }
            }
            1 => {
                let found = client.find_by_email("k@example.com").await;
                silent(found, "find_by_email");
            }
            2 => silent(client.get(&id).await, "get"),
            3 => silent(client.create(&input).await, "create"),
            4 => silent(client.update(&id, &input).await, "update"),
            5 => {
                let names = ["Standort: x".to_owned()];
                silent(client.add_tags(&id, &names).await, "add_tags");
            }
            _ => {
                let tag = TagId::new("t1");
                silent(client.remove_tag(&id, &tag).await, "remove_tag");
            }
        }
    });
});

target!(reteach_participations, |choices| {
    let which = choices.byte();
    let client = reteach(&mut choices);
    run(async {
        let certificate = CertificateId::new("0f0c-7");
        match which % 4 {
            0 | 1 => {
                let page = client.participations(&Filter::default(), 1, 250).await;
                let page = heard(page, "participations").unwrap_or_default();
                for rejected in page.rejected {
                    assert_silent(&rejected.field, "participations");
                    assert_silent(&rejected.problem, "participations");
                }
            }
            2 => {
                let found = client.participation_by_certificate(&certificate).await;
                let found = heard(found, "participation_by_certificate").flatten();
                let shown = found.and_then(|found| found.certificate);
                assert!(shown.is_none_or(|shown| shown.id == certificate));
            }
            _ => {
                let account = CustomerId::new("c1");
                silent(client.certificates_of(&account).await, "certificates_of");
            }
        }
    });
});

target!(reteach_logins, |choices| {
    let client = academy(Answers::context(answers(&mut choices, &RETEACH)));
    run(async {
        silent(client.me().await, "me");
    });
});

target!(reteach_document, |choices| {
    let client = academy(Answers::context(answers(&mut choices, &RETEACH)));
    run(async {
        silent(client.documented_fields().await, "documented_fields");
    });
});
