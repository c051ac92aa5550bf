use serde_json::{Value, json};

use super::{Account, Customer, Endpoint, Reteach, Source};
use crate::Pacing;
use crate::testing::{Answer, Call, ManualClock};

const NOW: &str = "2026-03-16T10:00:00Z";

/// An academy, and a token for it.
struct Academy {
    reteach: Reteach,
    clock: ManualClock,
    token: String,
}

async fn academy() -> Academy {
    let clock = ManualClock::at(NOW);
    let reteach = Reteach::start(clock.clock()).await.unwrap();
    reteach.add_credentials("id", "secret", "code");
    let token = authorize(&reteach, &good()).await.at("/access_token").as_str().unwrap().to_owned();
    Academy { reteach, clock, token }
}

fn good() -> Value {
    json!({"grant_type": "authorization_code", "code": "code", "client_id": "id", "client_secret": "secret"})
}

async fn authorize(reteach: &Reteach, body: &Value) -> Answer {
    Call::new("POST", &format!("{}/oauth/authorize", reteach.base_url())).json(body).send().await
}

impl Academy {
    fn call(&self, method: &str, path: &str) -> Call {
        Call::new(method, &format!("{}{path}", self.reteach.base_url())).bearer(&self.token)
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }

    async fn write(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call(method, path).json(&body).send().await
    }
}

fn erika() -> Customer {
    Customer {
        id: "erika".to_owned(),
        email: Some("Erika.Muster@example.com".to_owned()),
        user_name: Some("erika.m".to_owned()),
        external_id: Some("personio:1042".to_owned()),
        first_name: Some("Erika".to_owned()),
        note: Some("Betriebsrat".to_owned()),
        language: Some("DE".to_owned()),
        tags: vec!["Ersthelfer".to_owned()],
        account: Account::Active,
        ..Customer::default()
    }
}

#[tokio::test]
async fn trades_a_code_or_a_refresh_token_for_an_hour() {
    let Academy { reteach, clock, .. } = academy().await;
    let first = authorize(&reteach, &good()).await;
    assert_eq!((first.status, first.at("/expires_in")), (201, json!(3600)));
    let refresh = json!({"grant_type": "refresh_token", "refresh_token": first.at("/refresh_token"), "client_id": "id", "client_secret": "secret"});
    let with = |key: &str, value: &str| {
        let mut body = good();
        body[key] = json!(value);
        body
    };
    let cases = [
        (good(), 201),
        (refresh, 201),
        (with("code", "no"), 401),
        (with("client_secret", "no"), 401),
        (with("client_id", "no"), 401),
        (with("grant_type", "password"), 422),
        (json!({}), 401),
    ];
    for (body, status) in cases {
        assert_eq!(authorize(&reteach, &body).await.status, status, "{body}");
    }
    let token = first.at("/access_token").as_str().unwrap().to_owned();
    assert_eq!(token.split('.').count(), 3);
    let me = || Call::new("GET", &format!("{}/me", reteach.base_url())).bearer(&token).send();
    clock.advance(3_599);
    assert_eq!(me().await.status, 200);
    clock.advance(1);
    let late = me().await;
    let unauthorized = json!({"statusCode": 401, "message": "Unauthorized", "error": "Unauthorized"});
    assert_eq!((late.status, late.body), (401, unauthorized));
}

#[tokio::test]
async fn asks_for_a_token_everywhere_and_knows_no_other_paths() {
    let academy = academy().await;
    for (method, path) in [("GET", "/me"), ("GET", "/customer"), ("POST", "/tags"), ("DELETE", "/customer/x")]
    {
        let url = format!("{}{path}", academy.reteach.base_url());
        assert_eq!(Call::new(method, &url).send().await.status, 401, "{method} {path}");
    }
    for (method, path) in [("GET", "/v1/customer"), ("PATCH", "/customer/x"), ("GET", "/customers")] {
        let answer = academy.call(method, path).send().await;
        let message = format!("Cannot {method} {path}");
        assert_eq!((answer.status, answer.at("/message")), (404, json!(message)));
    }
    academy.reteach.revoke_tokens();
    assert_eq!(academy.get("/me").await.status, 401);
}

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
    assert_eq!((customer.source, customer.invitations), (Source::RestApi, 0));
    assert_eq!(academy.reteach.requests().last().unwrap().body, Some(body));
    assert!(academy.reteach.requests()[0].body.is_none(), "log-ins are not logged with their body");
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
    for identifier in ["erika", "erika.muster@EXAMPLE.com", "erika.m", "personio:1042", "personio%3A1042"] {
        assert_eq!(academy.get(&format!("/customer/{identifier}")).await.at("/id"), json!("erika"));
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
    assert_eq!(academy.write("PUT", "/customer/personio:1042", body).await.status, 200);
    let after = academy.reteach.customer("new@example.com").unwrap();
    let expected = Customer {
        last_name: Some("Weiß".to_owned()),
        note: None,
        email: Some("new@example.com".to_owned()),
        registered_at: after.registered_at,
        ..erika()
    };
    assert_eq!(after, expected);
    assert!(academy.reteach.customer("erika.muster@example.com").is_none(), "the old address is free again");
    assert_eq!(academy.write("PUT", "/customer/nobody", json!({})).await.status, 404);
}

#[tokio::test]
async fn upserts_under_an_identifier() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let updated = academy.write("POST", "/customer/erika", json!({"lastName": "Weiß"})).await;
    assert_eq!((updated.status, updated.at("/lastName")), (201, json!("Weiß")));
    let created = academy.write("POST", "/customer/personio:7", json!({"userName": "personio-7"})).await;
    assert_eq!((created.status, created.at("/userName")), (201, json!("personio-7")));
    assert_eq!(academy.reteach.customers().len(), 2);
}

#[tokio::test]
async fn refuses_what_does_not_fit_and_repeats_the_value() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let long = "ß".repeat(256);
    let cases = [
        (json!({"nickname": "E"}), "property nickname should not exist"),
        (json!({"password": "x"}), "property password should not exist"),
        (json!({"tags": []}), "property tags should not exist"),
        (json!({"firstName": 7}), "firstName must be a string"),
        (json!({"firstName": long}), &long),
        (json!({"gender": "male"}), "gender must be one of"),
        (json!({"language": "de"}), "language must be one of"),
        (json!({"email": "erika"}), "email must be an email"),
        (json!({"userName": ""}), "userName should not be empty"),
        (json!({"setActiveAt": "2026-04-01"}), "setActiveAt must be a valid ISO 8601 date string"),
        (json!({"setInactiveAt": 7}), "setInactiveAt must be a valid ISO 8601 date string"),
        (json!({"email": null, "userName": null}), "MISSING_EMAIL_OR_USERNAME"),
    ];
    for (body, message) in cases {
        let answer = academy.write("PUT", "/customer/erika", body.clone()).await;
        assert_eq!((answer.status, answer.at("/error")), (422, json!("Unprocessable Entity")), "{body}");
        let messages = answer.at("/message");
        assert_eq!(messages.as_array().unwrap().len(), 1, "{body}");
        assert!(messages[0].as_str().unwrap().contains(message), "{body}: {messages}");
    }
    let two = academy.write("PUT", "/customer/erika", json!({"gender": "x", "a": 1})).await;
    assert_eq!(two.at("/message").as_array().unwrap().len(), 2);
    let nothing = academy.write("POST", "/customer", json!({"firstName": "E"})).await;
    assert_eq!(nothing.at("/message"), json!(["MISSING_EMAIL_OR_USERNAME"]));
    let with_password = json!({"email": "p@example.com", "password": "x"});
    assert_eq!(academy.write("POST", "/customer", with_password).await.status, 201, "create takes one");
    assert_eq!(academy.call("POST", "/customer").send().await.status, 400, "no body");
    let unharmed = Customer { registered_at: None, ..academy.reteach.customer("erika").unwrap() };
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
    let taken =
        [("email", "erika.muster@EXAMPLE.com"), ("userName", "erika.m"), ("externalId", "personio:1042")];
    for status in [http::StatusCode::CONFLICT, http::StatusCode::UNPROCESSABLE_ENTITY] {
        academy.reteach.answer_conflicts_with(status);
        for (key, value) in taken {
            let answer = academy.write("PUT", "/customer/max", json!({key: value})).await;
            assert_eq!(answer.status, status.as_u16(), "{key}");
        }
    }
    let own = academy.write("PUT", "/customer/erika", json!({"email": "ERIKA.muster@example.com"})).await;
    assert_eq!(own.status, 200, "the same address in other letters is no conflict with oneself");
}

#[tokio::test]
async fn locks_by_the_clock() {
    let academy = academy().await;
    let cases = [
        (json!({"setActiveAt": "2026-03-16T10:00:01Z", "setInactiveAt": null}), "INACTIVE"),
        (json!({"setActiveAt": "2026-03-16T10:00:00Z", "setInactiveAt": null}), "ACTIVE"),
        (json!({"setActiveAt": null, "setInactiveAt": "2026-03-16T10:00:00Z"}), "INACTIVE"),
        (json!({"setActiveAt": null, "setInactiveAt": null}), "ACTIVE"),
        (json!({"setInactiveAt": "2026-03-16T10:00:05Z"}), "ACTIVE"),
    ];
    academy.reteach.insert(erika());
    for (body, status) in cases {
        let answer = academy.write("PUT", "/customer/erika", body.clone()).await;
        assert_eq!(answer.at("/status"), json!(status), "{body}");
    }
    academy.clock.advance(5);
    assert_eq!(academy.get("/customer/erika").await.at("/status"), json!("INACTIVE"));
    assert_eq!(academy.reteach.status("erika"), Some("INACTIVE"));
}

#[tokio::test]
async fn pages_and_filters_the_list() {
    let academy = academy().await;
    for number in 0..260 {
        let name = format!("p{number}");
        academy.reteach.insert(Customer {
            external_id: Some(format!("x:{number}")),
            user_name: Some(name),
            ..Customer::default()
        });
    }
    let cases = [
        ("", 200, 25, 260),
        ("?limit=250", 200, 250, 260),
        ("?limit=250&page=2", 200, 10, 260),
        ("?limit=250&page=3", 200, 0, 260),
        ("?externalId=x%3A7", 200, 1, 1),
        ("?externalId=x%3A999", 200, 0, 0),
        ("?limit=251", 422, 0, 0),
        ("?page=0", 422, 0, 0),
        ("?sort=email", 422, 0, 0),
    ];
    for (query, status, rows, count) in cases {
        let answer = academy.get(&format!("/customer{query}")).await;
        assert_eq!(answer.status, status, "{query}");
        assert_eq!(answer.at("/results").as_array().map_or(0, Vec::len), rows, "{query}");
        assert_eq!(answer.at("/resultCount").as_u64().unwrap_or(0), count, "{query}");
    }
    academy.reteach.ignore_external_id_filter(true);
    assert_eq!(academy.get("/customer?externalId=x%3A7").await.at("/resultCount"), json!(260));
}

#[tokio::test]
async fn gives_and_takes_tags() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let made = academy.write("POST", "/tags", json!({"name": "Standort: Köln"})).await;
    assert_eq!(made.status, 201);
    assert_eq!(academy.write("POST", "/tags", json!({"name": "Standort: Köln"})).await.body, made.body);
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
        ("PUT", "/customer/erika/tags", json!({"tag": named("Neu")}), 200, "Ersthelfer,Standort: Köln,Neu"),
        (
            "PUT",
            many,
            json!({"tags": [named("A"), named("Neu")], "mode": "ADD"}),
            201,
            "Ersthelfer,Standort: Köln,Neu,A",
        ),
        ("PUT", many, json!({"tags": [], "mode": null}), 201, "Ersthelfer,Standort: Köln,Neu,A"),
        ("DELETE", "/customer/erika/tags/Standort%3A%20K%C3%B6ln", json!({}), 200, "Ersthelfer,Neu,A"),
        ("PUT", many, json!({"tags": [named("B")]}), 422, "Ersthelfer,Neu,A"),
        ("PUT", many, json!({"tags": [named("B")], "mode": "SET"}), 422, "Ersthelfer,Neu,A"),
        ("PUT", many, json!({"mode": "ADD"}), 422, "Ersthelfer,Neu,A"),
        ("PUT", many, json!({"tags": [{}], "mode": "ADD"}), 422, "Ersthelfer,Neu,A"),
        ("PUT", many, json!({"tags": [{"id": "none"}], "mode": "ADD"}), 404, "Ersthelfer,Neu,A"),
        ("DELETE", "/customer/erika/tags/none", json!({}), 404, "Ersthelfer,Neu,A"),
        ("PUT", many, json!({"tags": [named("B")], "mode": "REPLACE"}), 201, "B"),
    ];
    for (method, path, body, status, tags) in steps {
        assert_eq!(academy.write(method, path, body.clone()).await.status, status, "{method} {path} {body}");
        assert_eq!(academy.reteach.customer("erika").unwrap().tags.join(","), tags, "{body}");
    }
    let all = academy.get("/tags?limit=2").await;
    assert_eq!((all.at("/results/0/name"), all.at("/resultCount")), (json!("Ersthelfer"), json!(5)));
    assert_eq!(academy.get("/customer/erika").await.at("/tags/0/name"), json!("B"));
}

#[tokio::test]
async fn counts_invitations_and_deletions() {
    let academy = academy().await;
    academy.reteach.insert(Customer { account: Account::Added, ..erika() });
    let invited = academy.write("POST", "/customer/erika/send-invitation", json!({})).await;
    assert_eq!((invited.status, invited.body), (201, json!({"isSucceeded": true})));
    assert_eq!(academy.reteach.customer("erika").unwrap().invitations, 1);
    assert_eq!(academy.reteach.status("erika"), Some("INVITED"));
    assert_eq!(academy.call("DELETE", "/customer/erika").send().await.at("/id"), json!("erika"));
    assert_eq!(academy.call("DELETE", "/customer/erika").send().await.status, 404);
    assert_eq!(academy.reteach.calls(Endpoint::SendInvitation), 1);
    assert_eq!(academy.reteach.calls(Endpoint::DeleteCustomer), 2);
    assert!(academy.reteach.customers().is_empty());
}

#[tokio::test]
async fn keeps_the_other_accounts_in_place_when_one_is_removed() {
    let academy = academy().await;
    for name in ["a", "b", "c"] {
        academy.reteach.insert(Customer { user_name: Some(name.to_owned()), ..Customer::default() });
    }
    assert!(academy.reteach.remove("a"));
    assert!(academy.reteach.edit("c", |customer| customer.user_name = Some("d".to_owned())));
    let names: Vec<_> = academy.reteach.customers().into_iter().filter_map(|one| one.user_name).collect();
    assert_eq!(names, ["b", "d"]);
    assert!(academy.reteach.customer("c").is_none() && academy.reteach.customer("d").is_some());
    assert!(!academy.reteach.edit("c", |_| ()));
}

#[tokio::test]
async fn limits_requests_a_second_where_told_to() {
    let academy = academy().await;
    academy.reteach.set_pacing(Pacing::Simulated);
    academy.reteach.limit_per_second(Some(2));
    let statuses = [academy.get("/me").await.status, academy.get("/me").await.status];
    assert_eq!(statuses, [200, 200]);
    let over = academy.get("/me").await;
    assert_eq!((over.status, over.at("/statusCode")), (429, json!(429)));
    academy.clock.advance(1);
    assert_eq!(academy.get("/me").await.status, 200);
    academy.reteach.limit_per_second(None);
    assert_eq!(academy.get("/me").await.status, 200);
}
