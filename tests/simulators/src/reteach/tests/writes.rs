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
    let made = (customer.source, customer.invitations);
    assert_eq!(made, (Source::RestApi, 0));
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
        let found = academy.get(&format!("/customer/{identifier}")).await;
        assert_eq!(found.at("/id"), json!("erika"));
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
    let updated = academy.write("PUT", "/customer/personio:1042", body).await;
    assert_eq!(updated.status, 200);
    let after = academy.reteach.customer("new@example.com").unwrap();
    let expected = Customer {
        last_name: Some("Weiß".to_owned()),
        note: None,
        email: Some("new@example.com".to_owned()),
        registered_at: after.registered_at,
        ..erika()
    };
    assert_eq!(after, expected);
    let old = academy.reteach.customer("erika.muster@example.com");
    assert!(old.is_none(), "the old address is free again");
    let nobody = academy.write("PUT", "/customer/nobody", json!({})).await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn refuses_what_does_not_fit_and_repeats_the_value() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let long = "ß".repeat(256);
    let no_start = "setActiveAt must be a valid ISO 8601 date string";
    let no_end = "setInactiveAt must be a valid ISO 8601 date string";
    let nameless = json!({"email": null, "userName": null});
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
        (json!({"setActiveAt": "2026-04-01"}), no_start),
        (json!({"setInactiveAt": 7}), no_end),
        (nameless, "MISSING_EMAIL_OR_USERNAME"),
    ];
    for (body, message) in cases {
        let answer = academy.write("PUT", "/customer/erika", body.clone()).await;
        let both = (answer.status, answer.at("/error"));
        assert_eq!(both, (422, json!("Unprocessable Entity")), "{body}");
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
    let created = academy.write("POST", "/customer", with_password).await;
    assert_eq!(created.status, 201, "create takes one");
    let empty = academy.call("POST", "/customer").send().await;
    assert_eq!(empty.status, 400, "no body");
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
    let body = json!({"email": "ERIKA.muster@example.com"});
    let own = academy.write("PUT", "/customer/erika", body).await;
    assert_eq!(
        own.status, 200,
        "the same address in other letters is no conflict with oneself"
    );
}

#[tokio::test]
async fn locks_by_the_clock() {
    let academy = academy().await;
    let window = |from, until| json!({"setActiveAt": from, "setInactiveAt": until});
    let cases = [
        (window(Some("2026-03-16T10:00:01Z"), None), "INACTIVE"),
        (window(Some("2026-03-16T10:00:00Z"), None), "ACTIVE"),
        (window(None, Some("2026-03-16T10:00:00Z")), "INACTIVE"),
        (window(None, None), "ACTIVE"),
        (json!({"setInactiveAt": "2026-03-16T10:00:05Z"}), "ACTIVE"),
    ];
    academy.reteach.insert(erika());
    for (body, status) in cases {
        let answer = academy.write("PUT", "/customer/erika", body.clone()).await;
        assert_eq!(answer.at("/status"), json!(status), "{body}");
    }
    academy.clock.advance(5);
    let locked = academy.get("/customer/erika").await;
    assert_eq!(locked.at("/status"), json!("INACTIVE"));
    assert_eq!(academy.reteach.status("erika"), Some("INACTIVE"));
}

#[tokio::test]
async fn gives_and_takes_tags() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let body = json!({"name": "Standort: Köln"});
    let made = academy.write("POST", "/tags", body.clone()).await;
    assert_eq!(made.status, 201);
    let again = academy.write("POST", "/tags", body).await;
    assert_eq!(again.body, made.body);
    let named = |name: &str| json!({"name": name});
    let many = |body: Value| ("PUT", "/customer/erika/multiple-tags", body);
    let off = |path| ("DELETE", path, json!({}));
    let koeln = "/customer/erika/tags/Standort%3A%20K%C3%B6ln";
    let three = "Ersthelfer,Standort: Köln,Neu";
    let four = "Ersthelfer,Standort: Köln,Neu,A";
    let left = "Ersthelfer,Neu,A";
    let add = |tags: Value| many(json!({"tags": tags, "mode": "ADD"}));
    let other = |mode: &str| many(json!({"tags": [named("B")], "mode": mode}));
    let steps = [
        (
            add(json!([{"id": made.at("/id")}, named("Neu")])),
            201,
            three,
        ),
        (add(json!([named("A"), named("Neu")])), 201, four),
        (many(json!({"tags": [], "mode": null})), 201, four),
        (off(koeln), 200, left),
        (off(koeln), 404, left),
        (many(json!({"tags": [named("B")]})), 422, left),
        (other("SET"), 422, left),
        (many(json!({"mode": "ADD"})), 422, left),
        (add(json!([{}])), 422, left),
        (add(json!([{"id": "none"}])), 404, left),
        (off("/customer/erika/tags/none"), 404, left),
        (other("REPLACE"), 201, "B"),
    ];
    for ((method, path, body), status, tags) in steps {
        let answer = academy.write(method, path, body.clone()).await;
        assert_eq!(answer.status, status, "{method} {path} {body}");
        let erika = academy.reteach.customer("erika").unwrap();
        assert_eq!(erika.tags.join(","), tags, "{body}");
    }
    assert_eq!(academy.reteach.tags().len(), 5);
    let after = academy.get("/customer/erika").await;
    assert_eq!(after.at("/tags/0/name"), json!("B"));
}
