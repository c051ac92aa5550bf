use serde_json::{Value, json};

use super::{academy, erika};
use crate::reteach::{Customer, Source};

#[tokio::test]
async fn creates_an_account_without_inviting() {
    let academy = academy().await;
    let body = json!({"externalId": "personio:7", "email": "j@example.com", "firstName": "Jürgen", "lastName": "Weiß",
        "gender": "MALE", "company": "Muster GmbH", "position": "Lead", "location": "Köln", "language": "DE",
        "setActiveAt": "2026-04-01T00:00:00+02:00", "setInactiveAt": null});
    let answer = academy.write("POST", "/customer", body.clone()).await;
    assert_eq!(answer.status, 201);
    let shown = [
        ("externalId", json!("personio:7")),
        ("lastName", json!("Weiß")),
        ("position", json!("Lead")),
        ("setActiveAt", json!("2026-03-31T22:00:00.000Z")),
        ("setInactiveAt", Value::Null),
        ("registeredAt", json!("2026-03-16T10:00:00.000Z")),
        ("source", json!("REST_API")),
        ("authenticationMethod", json!("DEFAULT")),
        ("status", json!("INACTIVE")),
        ("tags", json!([])),
        ("department", Value::Null),
    ];
    for (key, value) in shown {
        assert_eq!(answer.at(&format!("/{key}")), value, "{key}");
    }
    assert!(answer.body.get("team").is_none());
    let customer = academy.reteach.customer("personio:7").unwrap();
    assert_eq!(
        (customer.source, customer.invitations),
        (Source::RestApi, 0)
    );
    assert_eq!(academy.reteach.requests().last().unwrap().body, Some(body));
    assert!(
        academy.reteach.requests()[0].body.is_none(),
        "log-ins are not logged with their body"
    );
}

#[tokio::test]
async fn finds_by_any_identifier_and_returns_it_unchanged() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let bodies = [
        json!({"externalId": "personio:1042", "email": "other@example.com", "firstName": "X"}),
        json!({"externalId": "personio:9", "email": "ERIKA.MUSTER@example.com", "firstName": "X"}),
        json!({"userName": "erika.m", "firstName": "X"}),
    ];
    for body in bodies {
        let answer = academy.write("POST", "/customer", body).await;
        assert_eq!((answer.status, answer.at("/id")), (201, json!("erika")));
        assert_eq!(answer.at("/firstName"), json!("Erika"));
    }
    for identifier in [
        "erika",
        "erika.muster@EXAMPLE.com",
        "erika.m",
        "personio:1042",
        "personio%3A1042",
    ] {
        assert_eq!(
            academy
                .get(&format!("/customer/{identifier}"))
                .await
                .at("/id"),
            json!("erika")
        );
    }
    let nobody = academy.get("/customer/nobody").await;
    let body = json!({"statusCode": 404, "message": "Customer not found", "error": "Not found"});
    assert_eq!((nobody.status, nobody.body), (404, body));
    assert_eq!(academy.reteach.customers().len(), 1);
}

#[tokio::test]
async fn updates_what_is_given_and_clears_what_is_null() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let body = json!({"lastName": "Weiß", "note": null, "email": "new@example.com"});
    assert_eq!(
        academy
            .write("PUT", "/customer/personio:1042", body)
            .await
            .status,
        200
    );
    let after = academy.reteach.customer("new@example.com").unwrap();
    let expected = Customer {
        last_name: Some("Weiß".to_owned()),
        note: None,
        email: Some("new@example.com".to_owned()),
        registered_at: after.registered_at,
        ..erika()
    };
    assert_eq!(after, expected);
    assert!(
        academy
            .reteach
            .customer("erika.muster@example.com")
            .is_none(),
        "the old address is free again"
    );
    assert_eq!(
        academy
            .write("PUT", "/customer/nobody", json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn upserts_under_an_identifier() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let updated = academy
        .write("POST", "/customer/erika", json!({"lastName": "Weiß"}))
        .await;
    assert_eq!(
        (updated.status, updated.at("/lastName")),
        (201, json!("Weiß"))
    );
    let created = academy
        .write(
            "POST",
            "/customer/personio:7",
            json!({"userName": "personio-7"}),
        )
        .await;
    assert_eq!(
        (created.status, created.at("/userName")),
        (201, json!("personio-7"))
    );
    assert_eq!(academy.reteach.customers().len(), 2);
}

#[tokio::test]
async fn refuses_what_does_not_fit_and_repeats_the_value() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let long = "ß".repeat(256);
    let cases = [
        (
            json!({"nickname": "E"}),
            "property nickname should not exist",
        ),
        (
            json!({"password": "x"}),
            "property password should not exist",
        ),
        (json!({"tags": []}), "property tags should not exist"),
        (json!({"firstName": 7}), "firstName must be a string"),
        (json!({"firstName": long}), &long),
        (json!({"gender": "male"}), "gender must be one of"),
        (json!({"language": "de"}), "language must be one of"),
        (json!({"email": "erika"}), "email must be an email"),
        (json!({"userName": ""}), "userName should not be empty"),
        (
            json!({"setActiveAt": "2026-04-01"}),
            "setActiveAt must be a valid ISO 8601 date string",
        ),
        (
            json!({"setInactiveAt": 7}),
            "setInactiveAt must be a valid ISO 8601 date string",
        ),
        (
            json!({"email": null, "userName": null}),
            "MISSING_EMAIL_OR_USERNAME",
        ),
    ];
    for (body, message) in cases {
        let answer = academy.write("PUT", "/customer/erika", body.clone()).await;
        assert_eq!(
            (answer.status, answer.at("/error")),
            (422, json!("Unprocessable Entity")),
            "{body}"
        );
        let messages = answer.at("/message");
        assert_eq!(messages.as_array().unwrap().len(), 1, "{body}");
        assert!(
            messages[0].as_str().unwrap().contains(message),
            "{body}: {messages}"
        );
    }
    let two = academy
        .write("PUT", "/customer/erika", json!({"gender": "x", "a": 1}))
        .await;
    assert_eq!(two.at("/message").as_array().unwrap().len(), 2);
    let nothing = academy
        .write("POST", "/customer", json!({"firstName": "E"}))
        .await;
    assert_eq!(nothing.at("/message"), json!(["MISSING_EMAIL_OR_USERNAME"]));
    let with_password = json!({"email": "p@example.com", "password": "x"});
    assert_eq!(
        academy
            .write("POST", "/customer", with_password)
            .await
            .status,
        201,
        "create takes one"
    );
    assert_eq!(
        academy.call("POST", "/customer").send().await.status,
        400,
        "no body"
    );
    let unharmed = Customer {
        registered_at: None,
        ..academy.reteach.customer("erika").unwrap()
    };
    assert_eq!(unharmed, erika());
}

#[tokio::test]
async fn refuses_a_second_account_with_the_same_identifier() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    academy.reteach.insert(Customer {
        id: "max".to_owned(),
        user_name: Some("max".to_owned()),
        ..Customer::default()
    });
    let taken = [
        ("email", "erika.muster@EXAMPLE.com"),
        ("userName", "erika.m"),
        ("externalId", "personio:1042"),
    ];
    for (key, value) in taken {
        let answer = academy
            .write("PUT", "/customer/max", json!({key: value}))
            .await;
        assert_eq!(answer.status, 409, "{key}");
    }
    let own = academy
        .write(
            "PUT",
            "/customer/erika",
            json!({"email": "ERIKA.muster@example.com"}),
        )
        .await;
    assert_eq!(
        own.status, 200,
        "the same address in other letters is no conflict with oneself"
    );
}

#[tokio::test]
async fn locks_by_the_clock() {
    let academy = academy().await;
    let cases = [
        (
            json!({"setActiveAt": "2026-03-16T10:00:01Z", "setInactiveAt": null}),
            "INACTIVE",
        ),
        (
            json!({"setActiveAt": "2026-03-16T10:00:00Z", "setInactiveAt": null}),
            "ACTIVE",
        ),
        (
            json!({"setActiveAt": null, "setInactiveAt": "2026-03-16T10:00:00Z"}),
            "INACTIVE",
        ),
        (
            json!({"setActiveAt": null, "setInactiveAt": null}),
            "ACTIVE",
        ),
        (json!({"setInactiveAt": "2026-03-16T10:00:05Z"}), "ACTIVE"),
    ];
    academy.reteach.insert(erika());
    for (body, status) in cases {
        let answer = academy.write("PUT", "/customer/erika", body.clone()).await;
        assert_eq!(answer.at("/status"), json!(status), "{body}");
    }
    academy.clock.advance(5);
    assert_eq!(
        academy.get("/customer/erika").await.at("/status"),
        json!("INACTIVE")
    );
    assert_eq!(academy.reteach.status("erika"), Some("INACTIVE"));
}

#[tokio::test]
async fn gives_and_takes_tags() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let made = academy
        .write("POST", "/tags", json!({"name": "Standort: Köln"}))
        .await;
    assert_eq!(made.status, 201);
    assert_eq!(
        academy
            .write("POST", "/tags", json!({"name": "Standort: Köln"}))
            .await
            .body,
        made.body
    );
    let many = "/customer/erika/multiple-tags";
    let named = |name: &str| json!({"name": name});
    let steps = [
        (
            "PUT",
            "/customer/erika/tags",
            json!({"tag": {"id": made.at("/id")}}),
            200,
            "Ersthelfer,Standort: Köln",
        ),
        (
            "PUT",
            "/customer/erika/tags",
            json!({"tag": named("Neu")}),
            200,
            "Ersthelfer,Standort: Köln,Neu",
        ),
        (
            "PUT",
            many,
            json!({"tags": [named("A"), named("Neu")], "mode": "ADD"}),
            201,
            "Ersthelfer,Standort: Köln,Neu,A",
        ),
        (
            "PUT",
            many,
            json!({"tags": [], "mode": null}),
            201,
            "Ersthelfer,Standort: Köln,Neu,A",
        ),
        (
            "DELETE",
            "/customer/erika/tags/Standort%3A%20K%C3%B6ln",
            json!({}),
            200,
            "Ersthelfer,Neu,A",
        ),
        (
            "DELETE",
            "/customer/erika/tags/Standort%3A%20K%C3%B6ln",
            json!({}),
            404,
            "Ersthelfer,Neu,A",
        ),
        (
            "PUT",
            many,
            json!({"tags": [named("B")]}),
            422,
            "Ersthelfer,Neu,A",
        ),
        (
            "PUT",
            many,
            json!({"tags": [named("B")], "mode": "SET"}),
            422,
            "Ersthelfer,Neu,A",
        ),
        ("PUT", many, json!({"mode": "ADD"}), 422, "Ersthelfer,Neu,A"),
        (
            "PUT",
            many,
            json!({"tags": [{}], "mode": "ADD"}),
            422,
            "Ersthelfer,Neu,A",
        ),
        (
            "PUT",
            many,
            json!({"tags": [{"id": "none"}], "mode": "ADD"}),
            404,
            "Ersthelfer,Neu,A",
        ),
        (
            "DELETE",
            "/customer/erika/tags/none",
            json!({}),
            404,
            "Ersthelfer,Neu,A",
        ),
        (
            "PUT",
            many,
            json!({"tags": [named("B")], "mode": "REPLACE"}),
            201,
            "B",
        ),
    ];
    for (method, path, body, status, tags) in steps {
        assert_eq!(
            academy.write(method, path, body.clone()).await.status,
            status,
            "{method} {path} {body}"
        );
        assert_eq!(
            academy.reteach.customer("erika").unwrap().tags.join(","),
            tags,
            "{body}"
        );
    }
    let all = academy.get("/tags?limit=2").await;
    assert_eq!(
        (all.at("/results/0/name"), all.at("/resultCount")),
        (json!("Ersthelfer"), json!(5))
    );
    assert_eq!(
        academy.get("/customer/erika").await.at("/tags/0/name"),
        json!("B")
    );
}
