mod downloads;
mod participations;
mod quirks;
mod snapshot;
mod writes;

use serde_json::{Value, json};

use super::{Account, Customer, Endpoint, Quirk, Reteach};
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
    let token = authorize(&reteach, &good())
        .await
        .at("/access_token")
        .as_str()
        .unwrap()
        .to_owned();
    Academy {
        reteach,
        clock,
        token,
    }
}

fn good() -> Value {
    json!({"grant_type": "authorization_code", "code": "code", "client_id": "id", "client_secret": "secret"})
}

async fn authorize(reteach: &Reteach, body: &Value) -> Answer {
    Call::new("POST", &format!("{}/oauth/authorize", reteach.base_url()))
        .json(body)
        .send()
        .await
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
async fn a_refresh_token_lasts_unless_it_is_good_once_or_refused() {
    for (quirk, statuses) in [
        (None, [201, 201]),
        (Some(Quirk::RefreshIsGoodOnce), [201, 401]),
        (Some(Quirk::RefusesRefresh), [422, 422]),
    ] {
        let Academy { reteach, .. } = academy().await;
        reteach.set_quirks(quirk.clone());
        let token = authorize(&reteach, &good()).await.at("/refresh_token");
        let refresh = json!({"grant_type": "refresh_token", "refresh_token": token, "client_id": "id", "client_secret": "secret"});
        for status in statuses {
            let answer = authorize(&reteach, &refresh).await;
            assert_eq!(answer.status, status, "{quirk:?}");
        }
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
    let me = || {
        Call::new("GET", &format!("{}/me", reteach.base_url()))
            .bearer(&token)
            .send()
    };
    clock.advance(3_599);
    assert_eq!(me().await.status, 200);
    clock.advance(1);
    let late = me().await;
    let body = json!({"statusCode": 401, "message": "Unauthorized", "error": "Unauthorized"});
    assert_eq!((late.status, late.body), (401, body));
}

#[tokio::test]
async fn asks_for_a_token_everywhere_and_knows_no_other_paths() {
    let academy = academy().await;
    for (method, path) in [
        ("GET", "/me"),
        ("GET", "/customer"),
        ("POST", "/tags"),
        ("DELETE", "/customer/x"),
    ] {
        let url = format!("{}{path}", academy.reteach.base_url());
        let status = Call::new(method, &url).send().await.status;
        assert_eq!(status, 401, "{method} {path}");
    }
    for (method, path) in [
        ("GET", "/v1/customer"),
        ("PATCH", "/customer/x"),
        ("GET", "/customers"),
    ] {
        let answer = academy.call(method, path).send().await;
        let message = format!("Cannot {method} {path}");
        let both = (answer.status, answer.at("/message"));
        assert_eq!(both, (404, json!(message)));
    }
    academy.reteach.revoke_tokens();
    assert_eq!(academy.get("/me").await.status, 401);
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
        let found = answer.at("/results").as_array().map_or(0, Vec::len);
        assert_eq!(found, rows, "{query}");
        let total = answer.at("/resultCount").as_u64().unwrap_or(0);
        assert_eq!(total, count, "{query}");
    }
    academy.reteach.set_quirks([Quirk::IgnoresExternalIdFilter]);
    let all = academy.get("/customer?externalId=x%3A7").await;
    assert_eq!(all.at("/resultCount"), json!(260));
}

#[tokio::test]
async fn counts_invitations_and_deletions() {
    let academy = academy().await;
    academy.reteach.insert(Customer {
        account: Account::Added,
        ..erika()
    });
    let invited = academy
        .write("POST", "/customer/erika/send-invitation", json!({}))
        .await;
    let both = (invited.status, invited.body);
    assert_eq!(both, (201, json!({"isSucceeded": true})));
    assert_eq!(academy.reteach.customer("erika").unwrap().invitations, 1);
    assert_eq!(academy.reteach.status("erika"), Some("INVITED"));
    let deleted = academy.call("DELETE", "/customer/erika").send().await;
    assert_eq!(deleted.at("/id"), json!("erika"));
    let again = academy.call("DELETE", "/customer/erika").send().await;
    assert_eq!(again.status, 404);
    assert_eq!(academy.reteach.calls(Endpoint::SendInvitation), 1);
    assert_eq!(academy.reteach.calls(Endpoint::DeleteCustomer), 2);
    assert!(academy.reteach.customers().is_empty());
}

#[tokio::test]
async fn keeps_the_other_accounts_in_place_when_one_is_removed() {
    let academy = academy().await;
    for name in ["a", "b", "c"] {
        academy.reteach.insert(Customer {
            user_name: Some(name.to_owned()),
            ..Customer::default()
        });
    }
    assert!(academy.reteach.remove("a"));
    assert!(
        academy
            .reteach
            .edit("c", |customer| customer.user_name = Some("d".to_owned()))
    );
    let names: Vec<_> = academy
        .reteach
        .customers()
        .into_iter()
        .filter_map(|one| one.user_name)
        .collect();
    assert_eq!(names, ["b", "d"]);
    assert!(academy.reteach.customer("c").is_none() && academy.reteach.customer("d").is_some());
    assert!(!academy.reteach.edit("c", |_| ()));
}

#[tokio::test]
async fn limits_requests_a_second_where_configured() {
    let academy = academy().await;
    academy.reteach.set_pacing(Pacing::Simulated);
    academy
        .reteach
        .limit(Some((2, std::time::Duration::from_secs(1))));
    for _ in 0..2 {
        assert_eq!(academy.get("/me").await.status, 200);
    }
    let over = academy.get("/me").await;
    assert_eq!((over.status, over.at("/statusCode")), (429, json!(429)));
    academy.clock.advance(1);
    assert_eq!(academy.get("/me").await.status, 200);
    academy.reteach.limit(None);
    assert_eq!(academy.get("/me").await.status, 200);
}
