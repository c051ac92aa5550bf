//! Every call to a vendor, answered with harmed samples, any status and any header.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_silent, damage, documents, harmed, harms, one_in, samples, text};
use crate::domain::employee::Field;
use crate::domain::id::{CertificateId, CustomerId, ExternalId, SourceId};
use crate::http::RateLimiter;
use crate::http::testing::{Canned, Server};
use crate::kombo::documents_tests::INTEGRATION;
use crate::personio::Transport;
use crate::reteach::{CustomerInput, Filter, TagId};
use crate::routes::{KomboUnified, PersonioOverKombo};
use crate::source::{Reading, SourceRecord, read_all};
use crate::{kombo, personio, reteach};

/// After this many answers the server fails: lists that have no end are another test's.
const ANSWERS: usize = 12;

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    header: (&'static str, String),
    body: Vec<u8>,
}

fn answer(samples: Vec<Value>) -> impl Strategy<Value = Answer> {
    let status = prop_oneof![
        6 => Just(200_u16),
        4 => prop::sample::select(vec![201, 204, 206, 302, 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503, 599]),
    ];
    let name = prop::sample::select(vec![
        "retry-after",
        "ratelimit-reset",
        "content-type",
        "location",
        "authorization",
    ]);
    let value = prop_oneof![
        text(),
        prop::sample::select(vec![
            "-5",
            "1e300",
            "NaN",
            "inf",
            "0x10",
            "Sun, 06 Nov 9994 08:49:37 GMT",
            "59.9999"
        ])
        .prop_map(str::to_owned),
    ];
    let body = (prop::sample::select(samples), harms(), damage());
    (status, name, value, body).prop_map(|(status, name, value, (sample, harms, damage))| Answer {
        status,
        header: (name, value),
        body: harmed(sample, &harms, &damage),
    })
}

fn response(answer: &Answer) -> Canned {
    let Answer {
        status,
        header: (name, value),
        body,
    } = answer;
    let build = |response: axum::http::response::Builder| {
        response.status(*status).body(Body::from(body.clone()))
    };
    let response = build(Response::builder().header(*name, value.as_str()));
    // What cannot stand in a header is left out.
    Canned::Custom(response.or_else(|_| build(Response::builder())).unwrap())
}

/// Runs `call` against a server that gives these answers in turn; waits cost nothing.
fn with_server<F: Future<Output = ()>>(answers: Vec<Answer>, call: impl FnOnce(Arc<Server>) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::start(move |number, _| match answers.get(number % answers.len()) {
            Some(answer) if number < ANSWERS => response(answer),
            _ => Canned::Text(500, ""),
        })
        .await;
        call(Arc::new(server)).await;
    });
}

fn heard<T, E: std::error::Error>(result: Result<T, E>, what: &str) -> Option<T> {
    result.inspect_err(|error| assert_silent(error, what)).ok()
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

async fn all_of_personio(client: personio::Client<impl Transport>) {
    rejections(heard(read_all(&client, 0).await, "read"), "read");
    rejection(
        heard(client.one(&SourceId::new("4711")).await, "one").flatten(),
        "one",
    );
    heard(client.attributes().await, "attributes");
    documents::all(&client).await;
}

async fn all_of_kombo(client: kombo::Client) {
    let id: kombo::IntegrationId = INTEGRATION.parse().unwrap();
    heard(client.check_api_key().await, "check_api_key");
    heard(client.integration(&id).await, "integration");
    let whom = kombo::LinkFor {
        email: "x",
        organization: "x",
        origin_id: "acme",
        tool: "personio",
    };
    heard(client.create_link(&whom).await, "create_link");
    heard(
        client.integration_by_token(&"token".into()).await,
        "integration_by_token",
    );
    let employees = kombo::Employees::new(client.clone(), id.clone(), TimeZone::UTC);
    let employees = employees.with_employment_type_field("anstellungsart");
    let employees = employees.with_pace(RateLimiter::new(&[]));
    rejections(heard(read_all(&employees, 0).await, "read"), "read");
    rejection(
        heard(employees.one(&SourceId::new("4711")).await, "one").flatten(),
        "one",
    );
    let unified =
        KomboUnified::new(client, id, None, TimeZone::UTC).with_pace(RateLimiter::new(&[]));
    documents::all(&unified).await;
}

async fn all_of_reteach(client: reteach::Client) {
    let (id, external) = (CustomerId::new("c1"), ExternalId::new("personio:4711"));
    heard(client.me().await, "me");
    heard(client.list_all(Vec::new).await, "list_all");
    heard(
        client.find_by_external_id(&external).await,
        "find_by_external_id",
    );
    heard(client.find_by_email("k@example.com").await, "find_by_email");
    heard(client.get(&id).await, "get");
    let input = CustomerInput {
        external_id: Field::Value(external),
        ..CustomerInput::default()
    };
    heard(client.create(&input).await, "create");
    heard(client.update(&id, &input).await, "update");
    heard(
        client.add_tags(&id, &["Standort: x".to_owned()]).await,
        "add_tags",
    );
    heard(
        client.remove_tag(&id, &TagId::new("t1")).await,
        "remove_tag",
    );
    let page = heard(
        client.participations(&Filter::default(), 1, 250).await,
        "participations",
    );
    for rejected in page.into_iter().flat_map(|page| page.rejected) {
        assert_silent(&rejected.field, "participations");
        assert_silent(&rejected.problem, "participations");
    }
    heard(
        client
            .participation_by_certificate(&CertificateId::new("0f0c-7"))
            .await,
        "participation_by_certificate",
    );
}

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn personio_may_answer_anything(
        login in prop_oneof![3 => Just(None), 1 => answer(samples::personio()).prop_map(Some)],
        answers in prop::collection::vec(answer(samples::personio()), 1..4),
    ) {
        let login = login.unwrap_or_else(|| Answer {
            status: 200,
            header: ("content-type", "application/json".to_owned()),
            body: samples::personio()[0].to_string().into_bytes(),
        });
        let answers = [login].into_iter().chain(answers).collect();
        with_server(answers, |server| async move {
            let credentials = personio::Credentials::new("papi-id", "papi-secret");
            let direct = personio::Direct::new(server.base.clone(), credentials, server.context());
            let client = personio::Client::new(direct);
            all_of_personio(client.with_pace(RateLimiter::new(&[]))).await;
        });
    }

    #[test]
    fn kombo_may_answer_anything(answers in prop::collection::vec(answer(samples::kombo()), 1..4)) {
        with_server(answers, |server| async move {
            let client = kombo::Client::new(server.base.clone(), kombo::ApiKey::new("key"), server.context());
            all_of_kombo(client.with_pace(RateLimiter::new(&[]))).await;
        });
    }

    #[test]
    fn personio_may_answer_anything_through_kombo(answers in prop::collection::vec(answer(samples::kombo()), 1..4)) {
        with_server(answers, |server| async move {
            let kombo = kombo::Client::new(server.base.clone(), kombo::ApiKey::new("key"), server.context());
            let transport = PersonioOverKombo::new(kombo, INTEGRATION.parse().unwrap());
            let client = personio::Client::new(transport);
            all_of_personio(client.with_pace(RateLimiter::new(&[]))).await;
        });
    }

    #[test]
    fn reteach_may_answer_anything(
        login in any::<bool>(),
        answers in prop::collection::vec(answer(samples::reteach()), 1..4),
    ) {
        let honest = Answer {
            status: 201,
            header: ("content-type", "application/json".to_owned()),
            body: samples::reteach()[0].to_string().into_bytes(),
        };
        let answers = login.then_some(honest).into_iter().chain(answers).collect();
        with_server(answers, |server| async move {
            let credentials = reteach::Credentials::new("the-id", "the-secret", "the-code");
            let client = reteach::Client::new(server.base.clone(), credentials, server.context(), 50.0);
            all_of_reteach(client.with_pace(RateLimiter::new(&[]))).await;
        });
    }
}
