//! Creating, updating, tags, and what a refusal means.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::http::{Deadline, Effect};

#[tokio::test(start_paused = true)]
async fn creates_and_shows_whose_account_it_is() {
    let server = reteach(|_| Canned::Json(201, customer(1))).await;
    let input = CustomerInput {
        external_id: Field::Value(ExternalId::new("personio:9")),
        ..Default::default()
    };
    let created = client(&server).create(&input).await.unwrap();
    assert_eq!(created.external_id, Some(ExternalId::new("personio:1")));
    let seen = &asked(&server)[0];
    let both = (seen.method.as_str(), seen.uri.as_str());
    assert_eq!(both, ("POST", "/customer"));
    assert_eq!(seen.body, json!({"externalId": "personio:9"}));
    assert_eq!(seen.header("content-type"), Some("application/json"));
}

#[tokio::test(start_paused = true)]
async fn an_update_by_external_id_names_it_in_the_path_alone() {
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    let id = ExternalId::new("personio:1/2");
    let input = CustomerInput {
        position: Field::Value("Chefin".to_owned()),
        ..Default::default()
    };
    client(&server)
        .update_by_external_id(&id, &input)
        .await
        .unwrap();
    let seen = &asked(&server)[0];
    let both = (seen.method.as_str(), seen.uri.as_str());
    assert_eq!(both, ("PUT", "/customer/personio%3A1%2F2"));
    assert_eq!(seen.body, json!({"position": "Chefin"}));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_answered_without_the_account_is_read_back() {
    let answers: [fn() -> Canned; 3] = [
        || Canned::Text(204, ""),
        || Canned::Json(202, json!({"accepted": true})),
        || Canned::Json(200, json!("OK")),
    ];
    for answer in answers {
        let server = reteach(move |seen| match (seen.method.as_str(), seen.path()) {
            ("GET", "/customer") => Canned::Json(200, json!({"results": [customer(1)]})),
            ("GET", _) => Canned::Json(200, customer(1)),
            _ => answer(),
        })
        .await;
        let client = client(&server);
        let (id, ours) = (CustomerId::new("customer-1"), ExternalId::new("personio:1"));
        let input = CustomerInput {
            external_id: Field::Value(ours.clone()),
            ..Default::default()
        };
        let written = [
            client.create(&input).await.unwrap(),
            client.update_by_external_id(&ours, &input).await.unwrap(),
        ];
        for customer in written {
            assert_eq!(customer.external_id.as_ref(), Some(&ours));
        }
        assert_eq!(client.add_tags(&id, &["Neu".to_owned()]).await.unwrap(), []);
        client.remove_tag(&id, &TagId::new("7")).await.unwrap();
    }
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
        let both = (asked(&server).len(), failed.effect());
        assert_eq!(both, (creates, effect), "create {number}: {failed}");
        let server = reteach(move |_| answer()).await;
        let failed = client(&server)
            .update(&CustomerId::new("c1"), &input)
            .await
            .unwrap_err();
        let both = (asked(&server).len(), failed.effect());
        assert_eq!(both, (updates, effect), "update {number}: {failed}");
        let is_expected = matches!(
            failed,
            Error::Limited(_) | Error::Unavailable { .. } | Error::Unreadable { .. }
        );
        assert!(is_expected, "{failed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_delays_a_write_and_fails_it_only_after_minutes() {
    for (refusals, sent, is_written) in [(1, 2, true), (3, 4, true), (usize::MAX, 5, false)] {
        let server = Server::start(move |number, seen| match seen.path() {
            "/oauth/authorize" => Canned::Json(201, json!({"access_token": "jwt"})),
            _ if number <= refusals => Canned::With(429, "x-ratelimit-limit", "60", json!({})),
            _ => Canned::Json(201, customer(1)),
        });
        let server = server.await;
        let credentials = Credentials::new("the-id", "the-secret", "the-code");
        let client = Client::new(server.base.clone(), credentials, server.context(), 50.0);
        let created = client.create(&CustomerInput::default()).await;
        assert_eq!(asked(&server).len(), sent, "{refusals}");
        let seen = server.calls.limits_seen();
        let refused = sent as u64 - u64::from(is_written);
        assert_eq!((seen.refused, seen.named), (refused, Some(60)));
        match created {
            Ok(_) => assert!(is_written, "{refusals}"),
            Err(error) => assert!(
                matches!(error, Error::Limited(_)) && !is_written,
                "{error:?}"
            ),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn adds_tags_without_replacing_others_and_removes_one() {
    let server = reteach(|_| Canned::Json(201, json!([{"id": "t", "name": "x"}]))).await;
    let (client, id) = (client(&server), CustomerId::new("c1"));
    let tags = ["Anstellungsart: intern", "Standort: Köln"].map(str::to_owned);
    client.add_tags(&id, &tags).await.unwrap();
    client.add_tags(&id, &[]).await.unwrap();
    client.remove_tag(&id, &TagId::new("t/1")).await.unwrap();
    let seen = asked(&server);
    assert_eq!(seen.len(), 2);
    let both = (seen[0].method.as_str(), seen[0].uri.as_str());
    assert_eq!(both, ("PUT", "/customer/c1/multiple-tags"));
    let tags = json!([{"name": "Anstellungsart: intern"}, {"name": "Standort: Köln"}]);
    assert_eq!(seen[0].body, json!({"tags": tags, "mode": "ADD"}));
    let both = (seen[1].method.as_str(), seen[1].uri.as_str());
    assert_eq!(both, ("DELETE", "/customer/c1/tags/t%2F1"));
    // Without its last segment this would delete the customer.
    for nothing in ["", ".", ".."] {
        let failed = client
            .remove_tag(&id, &TagId::new(nothing))
            .await
            .unwrap_err();
        let is_rejected = matches!(failed, Error::Rejected { status: 0, .. });
        assert!(is_rejected, "{failed:?}");
    }
    assert_eq!(asked(&server).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_tag_is_written_only_if_the_answer_says_so() {
    let cases: [(fn() -> Canned, bool); 5] = [
        (|| Canned::Text(200, "<html>"), false),
        (|| Canned::Text(204, ""), true),
        (|| Canned::Text(200, ""), false),
        (|| Canned::Text(201, "[{\"id\""), false),
        (|| Canned::Json(200, json!({"id": "t", "name": "x"})), true),
    ];
    for (number, (answer, is_written)) in cases.into_iter().enumerate() {
        let server = reteach(move |_| answer()).await;
        let (client, id) = (client(&server), CustomerId::new("c1"));
        let added = client
            .add_tags(&id, &["Anstellungsart: intern".to_owned()])
            .await;
        let removed = client.remove_tag(&id, &TagId::new("t1")).await;
        assert_eq!(
            (added.is_ok(), removed.is_ok()),
            (is_written, is_written),
            "{number}: {added:?} {removed:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_are_answered_with_a_status_alone_are_read_back() {
    for holds in [false, true] {
        let server = reteach(move |seen| match seen.method.as_str() {
            "GET" if holds => Canned::Json(
                200,
                json!({"id": "c1", "tags": [{"id": "t1", "name": "x"}]}),
            ),
            "GET" => Canned::Json(200, json!({"id": "c1", "tags": []})),
            _ => Canned::Text(200, ""),
        })
        .await;
        let (client, id) = (client(&server), CustomerId::new("c1"));
        let added = client.add_tags(&id, &["x".to_owned()]).await.unwrap();
        assert_eq!(added.len(), usize::from(holds));
        let removed = client.remove_tag(&id, &TagId::new("t1")).await;
        assert_eq!(removed.is_err(), holds, "{removed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn says_what_a_refusal_means_and_echoes_no_value() {
    let taken = json!("\"Erika\" erika@example.com is taken");
    let no_field = |text| Ok((vec![], text));
    for (status, message, expected) in [
        (
            400,
            json!([
                "email must be an email",
                "gender must be one of MALE, FEMALE",
                "property position should not exist",
                "birthDate must be a valid ISO 8601 date string",
                "nonsense must not exist"
            ]),
            Ok((
                vec!["email", "gender", "position", "birthDate"],
                "email must be an email; gender must be",
            )),
        ),
        (
            422,
            json!([
                {"property": "position", "value": "Erika", "target": {"firstName": "Erika"}, "children": [],
                 "constraints": {"whitelistValidation": "property position should not exist"}},
                {"property": "gender", "children": null}
            ]),
            Ok((
                vec!["position", "gender"],
                "position: property position should not exist; gender is invalid",
            )),
        ),
        (422, json!("INVALID_EMAIL"), no_field("INVALID_EMAIL")),
        (422, taken, no_field("… is taken")),
        (422, json!(null), no_field("no reason given")),
        (409, json!("erika@example.com exists"), Err("Conflict")),
        (404, json!("Not found"), Err("NotFound")),
        (403, json!("Forbidden resource"), Err("Forbidden")),
        (402, json!("No licence left"), Err("Forbidden")),
        (423, json!("Locked"), Err("Forbidden")),
        (500, json!("Internal server error"), Err("Unavailable")),
        (405, json!("erika@example.com"), Err("Unreadable")),
    ] {
        let sent = message.clone();
        let server = reteach(move |_| error(status, sent.clone())).await;
        let others = json!({"birthDate": "1990"}).as_object().unwrap().clone();
        let input = CustomerInput {
            others,
            ..CustomerInput::default()
        };
        let failed = client(&server)
            .update(&CustomerId::new("c1"), &input)
            .await
            .unwrap_err();
        let text = failed.to_string();
        assert!(
            !format!("{text}{failed:?}").to_lowercase().contains("erika"),
            "{failed:?}"
        );
        match expected {
            Ok((expected_fields, contained)) => {
                let Error::Rejected { fields, .. } = &failed else {
                    panic!("{failed:?}")
                };
                assert_eq!(*fields, expected_fields, "{message}");
                let reason = format!("rejected ({status}): {contained}");
                assert!(text.contains(&reason), "{text}");
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
    let is_out_of_time = matches!(failed, Error::OutOfTime { .. });
    assert!(is_out_of_time, "{failed:?}");
    assert_eq!(failed.effect(), Effect::Unknown);
}
