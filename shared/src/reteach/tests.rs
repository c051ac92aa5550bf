//! The client against a server on loopback. Payloads follow reteach's own document and the help centre's examples.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::employee::{self, Field};
use crate::http::testing::{Canned, Seen, Server};
use crate::http::{Deadline, Effect, Pace};
use crate::id::{CustomerId, ExternalId};

fn client(server: &Server) -> Client {
    let credentials = Credentials::new("the-id", "the-secret", "the-code");
    Client::new(server.base.clone(), credentials, server.context()).with_pace(Pace::new(&[]))
}

/// Answers logins, and everything else with `answer`.
async fn reteach(answer: impl Fn(&Seen) -> Canned + Send + Sync + 'static) -> Server {
    Server::start(move |_, seen| match seen.path() {
        "/oauth/authorize" => Canned::Json(201, json!({"access_token": "jwt", "refresh_token": "r"})),
        _ => answer(seen),
    })
    .await
}

fn customer(id: u64) -> Value {
    json!({"id": format!("c{id}"), "externalId": format!("personio:{id}"), "email": format!("p{id}@example.com"),
           "source": "REST_API", "authenticationMethod": "DEFAULT", "status": "ACTIVE",
           "registeredAt": "2026-01-02T08:00:00.000Z", "tags": []})
}

/// What arrived, without the login.
fn asked(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|seen| seen.path() != "/oauth/authorize").collect()
}

fn error(status: u16, message: Value) -> Canned {
    Canned::Json(status, json!({"statusCode": status, "message": message, "error": "Error"}))
}

#[tokio::test(start_paused = true)]
async fn logs_in_as_documented_and_knows_its_academy() {
    let me = |_: &Seen| {
        Canned::Json(200, json!({"id": "a", "name": "Acme", "baseUrl": "https://acme.reteach.io"}))
    };
    let server = reteach(me).await;
    let academy = client(&server).me().await.unwrap();
    assert_eq!(academy.base_url, "https://acme.reteach.io");
    let seen = server.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].uri.as_str()), ("POST", "/oauth/authorize"));
    let login = json!({"grant_type": "authorization_code", "code": "the-code", "client_secret": "the-secret", "client_id": "the-id"});
    assert_eq!(seen[0].body, login);
    assert_eq!((seen[1].uri.as_str(), seen[1].header("authorization")), ("/me", Some("Bearer jwt")));
    assert_eq!(server.calls.counts().reteach, 2);
}

#[tokio::test(start_paused = true)]
async fn many_calls_share_one_login_until_the_hour_is_nearly_over() {
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    let client = client(&server);
    let id = CustomerId::new("c1");
    let logins = || server.seen().len() - asked(&server).len();
    assert!(join_all((0..10).map(|_| client.get(&id))).await.iter().all(Result::is_ok));
    assert_eq!(logins(), 1);
    server.clock.advance(SignedDuration::from_mins(56));
    assert!(join_all((0..10).map(|_| client.get(&id))).await.iter().all(Result::is_ok));
    assert_eq!(logins(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_401_is_met_with_one_new_login_then_reported() {
    let server = reteach(|_| error(401, json!("Unauthorized"))).await;
    let failed = client(&server).me().await.unwrap_err();
    assert!(
        matches!(&failed, Error::Credential(text) if text.contains("reteach GET /me answered 401")),
        "{failed}"
    );
    assert_eq!((server.seen().len(), asked(&server).len()), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_about_the_credentials() {
    for status in [400, 401, 403, 404, 422] {
        let server = Server::start(move |_, _| error(status, json!("invalid code 'the-code'"))).await;
        let failed = client(&server).me().await.unwrap_err();
        assert!(matches!(failed, Error::Credential(_)), "{status}: {failed:?}");
        assert!(!format!("{failed} {failed:?}").contains("the-"), "{failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn reads_a_customer_with_whatever_is_missing() {
    let full = json!({
        "id": "2bf64377", "externalId": "personio:1042", "email": "erika.muster@example.com", "userName": null,
        "firstName": "Erika", "lastName": "Muster", "displayName": "Erika Muster", "language": "XX",
        "company": "Muster GmbH", "department": "Vertrieb", "position": "Account Managerin", "location": "Berlin",
        "gender": "FEMALE", "setActiveAt": "2026-04-01T00:00:00+02:00", "setInactiveAt": "",
        "source": "NEW_SOURCE", "authenticationMethod": "SSO", "status": "SLEEPING", "lastLoginAt": null,
        "registeredAt": "2026-01-02T08:00:00.000Z", "managerId": "m", "manager": {"id": "m"},
        "tags": [{"id": "t", "name": "Anstellungsart: intern"}]
    });
    let erika: Customer = serde_json::from_value(full).unwrap();
    assert_eq!(erika.set_active_at.unwrap().to_string(), "2026-03-31T22:00:00Z");
    assert_eq!((erika.set_inactive_at, erika.gender.clone()), (None, Some(Gender::Female)));
    assert_eq!(erika.status, Status::Other("SLEEPING".to_owned()));
    assert_eq!(erika.tags, [Tag { id: TagId::new("t"), name: "Anstellungsart: intern".to_owned() }]);
    let shown = format!("{erika:?}");
    for hidden in ["Erika", "Muster", "erika", "Vertrieb", "FEMALE", "Female"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    let bare: Customer =
        serde_json::from_value(json!({"id": "x", "status": "ADDED", "tags": [], "gender": "X",
        "setInactiveAt": "2026-04-01"}))
        .unwrap();
    assert_eq!(
        (bare.email, bare.external_id, bare.gender),
        (None, None, Some(Gender::Other("X".to_owned())))
    );
    assert_eq!(bare.set_inactive_at.unwrap().to_string(), "2026-04-01T00:00:00Z");
    assert!(
        serde_json::from_value::<Customer>(json!({"id": "x", "status": "ADDED", "setActiveAt": "soon"}))
            .is_err()
    );
}

#[test]
fn absent_fields_are_not_sent_and_null_ones_are() {
    let input = CustomerInput {
        email: Field::Value("erika@example.com".to_owned()),
        position: Field::Null,
        gender: Field::Value(employee::Gender::Diverse.into()),
        external_id: Field::Value(ExternalId::new("personio:1042")),
        set_active_at: Field::Value("2026-04-01T00:00:00+02:00".parse().unwrap()),
        set_inactive_at: Field::Null,
        ..CustomerInput::default()
    };
    let sent = json!({"email": "erika@example.com", "position": null, "gender": "DIVERSE", "externalId": "personio:1042",
                      "setActiveAt": "2026-03-31T22:00:00Z", "setInactiveAt": null});
    assert_eq!(serde_json::to_value(&input).unwrap(), sent);
    assert_eq!(serde_json::to_value(CustomerInput::default()).unwrap(), json!({}));
    assert!(!format!("{input:?}").contains("erika"));
}

/// An academy of `people`, at most `most` to a page.
fn academy(seen: &Seen, people: u64, most: u64) -> Canned {
    let number = |key| seen.query(key).unwrap().parse::<u64>().unwrap();
    let limit = number("limit").min(most);
    let start = (number("page") - 1) * limit;
    let results: Vec<_> = (start..people.min(start + limit)).map(customer).collect();
    Canned::Json(200, json!({"results": results, "resultCount": people}))
}

#[tokio::test(start_paused = true)]
async fn lists_every_customer_once() {
    for (people, most, pages) in
        [(0, 250, 1), (1, 250, 1), (250, 250, 1), (251, 250, 2), (1_100, 250, 5), (90, 25, 4)]
    {
        let server = reteach(move |seen| academy(seen, people, most)).await;
        let all = client(&server).list_all().await.unwrap();
        assert_eq!((all.customers.len() as u64, all.completeness), (people, Completeness::Complete));
        assert_eq!(asked(&server).len(), pages, "{people} of {most}");
        assert_eq!(asked(&server)[0].uri, "/customer?page=1&limit=250");
    }
}

#[tokio::test(start_paused = true)]
async fn reads_again_when_the_count_moved_at_most_twice() {
    for (moves, readings, completeness) in [(1, 2, Completeness::Complete), (99, 3, Completeness::Shifting)] {
        let moved = AtomicU64::new(0);
        let server = reteach(move |seen| {
            // While the second page is read, somebody joins.
            let is_second = seen.query("page").as_deref() == Some("2");
            let joined = if is_second {
                moved.fetch_add(1, Ordering::SeqCst) + 1
            } else {
                moved.load(Ordering::SeqCst)
            };
            academy(seen, 300 + joined.min(moves), 250)
        })
        .await;
        let all = client(&server).list_all().await.unwrap();
        assert_eq!((all.completeness, asked(&server).len()), (completeness, 2 * readings));
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_on_two_pages_is_one_and_somebody_is_missing() {
    let server = reteach(|_| Canned::Json(200, json!({"results": [customer(1)], "resultCount": 2}))).await;
    let all = client(&server).list_all().await.unwrap();
    assert_eq!((all.customers.len(), all.completeness), (1, Completeness::Shifting));
}

#[tokio::test(start_paused = true)]
async fn one_page_that_fails_fails_the_listing() {
    let server = reteach(|seen| match seen.query("page").as_deref() {
        Some("2") => Canned::Text(502, "<html>"),
        _ => academy(seen, 600, 250),
    })
    .await;
    let failed = client(&server).list_all().await.unwrap_err();
    assert!(matches!(failed, Error::Unavailable { effect: Effect::None, .. }), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn finds_by_external_id_even_where_the_filter_is_ignored() {
    let id = ExternalId::new("personio:7");
    let found = |customers: Value| Canned::Json(200, json!({"results": customers, "resultCount": 1}));
    type Answer = Box<dyn Fn(&Seen) -> Canned + Send + Sync>;
    let cases: Vec<(Answer, Option<&str>, usize)> = vec![
        (Box::new(move |_| found(json!([customer(7)]))), Some("c7"), 1),
        (Box::new(move |_| found(json!([]))), None, 1),
        (Box::new(move |_| found(json!([customer(1), customer(7)]))), Some("c7"), 1),
        (
            Box::new(move |seen| match seen.path() {
                "/customer/personio%3A7" => Canned::Json(200, customer(7)),
                _ => found(json!([customer(1), customer(2)])),
            }),
            Some("c7"),
            2,
        ),
        (
            Box::new(move |seen| match seen.path() {
                "/customer/personio%3A7" => Canned::Json(200, customer(1)),
                _ => found(json!([customer(1)])),
            }),
            None,
            2,
        ),
        (
            Box::new(move |seen| match seen.path() {
                "/customer/personio%3A7" => error(404, json!("Not found")),
                _ => found(json!([customer(1)])),
            }),
            None,
            2,
        ),
    ];
    for (number, (answer, expected, calls)) in cases.into_iter().enumerate() {
        let server = reteach(answer).await;
        let found = client(&server).find_by_external_id(&id).await.unwrap();
        assert_eq!(found.as_ref().map(|customer| customer.id.as_str()), expected, "case {number}");
        assert_eq!(asked(&server).len(), calls, "case {number}");
        assert_eq!(asked(&server)[0].query("externalId").as_deref(), Some("personio:7"));
    }
}

#[tokio::test(start_paused = true)]
async fn finds_by_email_and_compares_the_address() {
    for (email, answered, expected) in [
        ("p1@example.com", 200, Some("c1")),
        ("P1@Example.COM", 200, Some("c1")),
        ("c1", 200, None),
        ("p2@example.com", 200, None),
        ("p1@example.com", 404, None),
    ] {
        let server = reteach(move |_| Canned::Json(answered, customer(1))).await;
        let found = client(&server).find_by_email(email).await.unwrap();
        assert_eq!(found.as_ref().map(|customer| customer.id.as_str()), expected, "{email} {answered}");
    }
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    client(&server).find_by_email("a+b/c?d@x.de").await.unwrap();
    assert_eq!(asked(&server)[0].uri, "/customer/a%2Bb%2Fc%3Fd%40x.de");
    for nobody in ["", ".", ".."] {
        assert_eq!(client(&server).find_by_email(nobody).await, Ok(None), "{nobody}");
    }
    assert_eq!(asked(&server).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_account_than_asked_for_is_not_found() {
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    let client = client(&server);
    assert_eq!(client.get(&CustomerId::new("c1")).await.unwrap().id.as_str(), "c1");
    assert!(matches!(client.get(&CustomerId::new("p1@example.com")).await, Err(Error::NotFound { .. })));
}

#[tokio::test(start_paused = true)]
async fn creates_and_shows_whose_account_it_is() {
    let server = reteach(|_| Canned::Json(201, customer(1))).await;
    let input =
        CustomerInput { external_id: Field::Value(ExternalId::new("personio:9")), ..Default::default() };
    let created = client(&server).create(&input).await.unwrap();
    assert_eq!(created.external_id, Some(ExternalId::new("personio:1")));
    let seen = &asked(&server)[0];
    assert_eq!((seen.method.as_str(), seen.uri.as_str()), ("POST", "/customer"));
    assert_eq!(
        (&seen.body, seen.header("content-type")),
        (&json!({"externalId": "personio:9"}), Some("application/json"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_create_is_never_blindly_repeated_and_an_update_is() {
    type Answer = fn() -> Canned;
    let cases: [(Answer, usize, usize, Effect); 5] = [
        (|| Canned::Hang, 1, 4, Effect::Unknown),
        (|| Canned::Half, 1, 4, Effect::Unknown),
        (|| Canned::Text(502, "<html>"), 1, 4, Effect::Unknown),
        (|| Canned::Text(429, ""), 4, 4, Effect::None),
        (|| Canned::Text(200, "<html>"), 1, 1, Effect::Unknown),
    ];
    let input = CustomerInput::default();
    for (number, (answer, creates, updates, effect)) in cases.into_iter().enumerate() {
        let server = reteach(move |_| answer()).await;
        let failed = client(&server).create(&input).await.unwrap_err();
        assert_eq!((asked(&server).len(), failed.effect()), (creates, effect), "create {number}: {failed}");
        let server = reteach(move |_| answer()).await;
        let failed = client(&server).update(&CustomerId::new("c1"), &input).await.unwrap_err();
        assert_eq!((asked(&server).len(), failed.effect()), (updates, effect), "update {number}: {failed}");
        let is_expected = matches!(failed, Error::Unavailable { .. } | Error::Unreadable { .. });
        assert!(is_expected, "{failed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn adds_tags_without_replacing_others_and_removes_one() {
    let server = reteach(|_| Canned::Json(201, json!([{"id": "t", "name": "x"}]))).await;
    let (client, id) = (client(&server), CustomerId::new("c1"));
    client.add_tags(&id, &["Anstellungsart: intern".to_owned(), "Standort: Köln".to_owned()]).await.unwrap();
    client.add_tags(&id, &[]).await.unwrap();
    client.remove_tag(&id, &TagId::new("t/1")).await.unwrap();
    let seen = asked(&server);
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].method.as_str(), seen[0].uri.as_str()), ("PUT", "/customer/c1/multiple-tags"));
    let tags = json!([{"name": "Anstellungsart: intern"}, {"name": "Standort: Köln"}]);
    assert_eq!(seen[0].body, json!({"tags": tags, "mode": "ADD"}));
    assert_eq!((seen[1].method.as_str(), seen[1].uri.as_str()), ("DELETE", "/customer/c1/tags/t%2F1"));
    // Without its last segment this would delete the customer.
    for nothing in ["", ".", ".."] {
        let failed = client.remove_tag(&id, &TagId::new(nothing)).await.unwrap_err();
        assert!(matches!(failed, Error::Rejected { status: 0, .. }), "{failed:?}");
    }
    assert_eq!(asked(&server).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn says_what_a_refusal_means_and_echoes_no_value() {
    for (status, message, expected) in [
        (
            400,
            json!([
                "email must be an email",
                "gender must be one of MALE, FEMALE",
                "nonsense must not exist"
            ]),
            Ok((vec!["email", "gender"], "rejected (400): email must be an email; gender must be")),
        ),
        (422, json!("INVALID_EMAIL"), Ok((vec![], "rejected (422): INVALID_EMAIL"))),
        (422, json!("\"Erika\" erika@example.com is taken"), Ok((vec![], "rejected (422): … … is taken"))),
        (422, json!(null), Ok((vec![], "rejected (422): no reason given"))),
        (409, json!("erika@example.com exists"), Err("Conflict")),
        (404, json!("Not found"), Err("NotFound")),
        (403, json!("Forbidden resource"), Err("Forbidden")),
        (500, json!("Internal server error"), Err("Unavailable")),
        (405, json!("erika@example.com"), Err("Unreadable")),
    ] {
        let sent = message.clone();
        let server = reteach(move |_| error(status, sent.clone())).await;
        let failed =
            client(&server).update(&CustomerId::new("c1"), &CustomerInput::default()).await.unwrap_err();
        let text = failed.to_string();
        assert!(!format!("{text}{failed:?}").to_lowercase().contains("erika"), "{failed:?}");
        match expected {
            Ok((expected_fields, contained)) => {
                let Error::Rejected { fields, .. } = &failed else { panic!("{failed:?}") };
                assert_eq!(*fields, expected_fields, "{message}");
                assert!(text.contains(contained), "{text}");
            }
            Err(variant) => assert!(format!("{failed:?}").starts_with(variant), "{failed:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_has_an_error_of_its_own() {
    let server = reteach(|_| Canned::Hang).await;
    let client = client(&server).until(Deadline::after(Duration::from_secs(10)));
    let failed = client.create(&CustomerInput::default()).await.unwrap_err();
    assert!(matches!(failed, Error::OutOfTime { effect: Effect::Unknown, .. }), "{failed:?}");
}

#[test]
fn futures_may_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    fn check(client: &Client, id: &CustomerId, input: &CustomerInput) {
        is_send(client.list_all());
        is_send(client.create(input));
        is_send(client.update(id, input));
        is_send(client.find_by_email(""));
    }
    let _ = check;
}
