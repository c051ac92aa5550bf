use serde_json::json;

use super::{account, get, login, token};
use crate::people::Person;
use crate::personio::Endpoint;
use crate::testing::Call;

#[tokio::test]
async fn takes_credentials_in_the_body_alone() {
    let (personio, _) = account(vec![]).await;
    let url = format!("{}/v1/auth", personio.base_url());
    let query = format!("{url}?client_id=id&client_secret=secret");
    let post = || Call::new("POST", &url);
    let json = |id, secret| post().json(&json!({"client_id": id, "client_secret": secret}));
    let cases = [
        ("json", json("id", "secret"), 200),
        ("query", Call::new("POST", &query), 403),
        ("wrong secret", json("id", "no"), 403),
        ("unknown client", json("no", "secret"), 403),
        ("one missing", post().json(&json!({"client_id": "id"})), 400),
        ("nothing", post(), 400),
        ("wrong method", Call::new("GET", &url), 404),
    ];
    for (name, call, status) in cases {
        let answer = call.send().await;
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.at("/success"), json!(status == 200), "{name}");
        let says = answer.at("/error/message").is_string();
        assert_eq!(says, status != 200, "{name}");
    }
    // The wrong method is no call of the endpoint.
    assert_eq!(personio.calls(Endpoint::Auth), 6);
    let mut logged = personio.requests().into_iter();
    assert!(logged.all(|request| request.body.is_none()), "no secrets");
}

#[tokio::test]
async fn gives_the_same_opaque_token_for_24_hours() {
    let (personio, clock) = account(vec![]).await;
    let first = token(&personio).await;
    assert!(first.starts_with("papi-") && !first.contains('.'));
    clock.advance(86_399);
    assert_eq!(token(&personio).await, first);
    assert_eq!(get(&personio, &first, "employees").await.status, 200);
    clock.advance(1);
    let expired = get(&personio, &first, "employees").await;
    assert_eq!(expired.status, 401);
    assert_ne!(token(&personio).await, first);
}

#[tokio::test]
async fn refuses_tokens_that_are_no_longer_good() {
    for name in ["revoked", "secret rotated", "credential deleted"] {
        let (personio, _) = account(vec![]).await;
        let token = token(&personio).await;
        match name {
            "revoked" => personio.revoke_tokens(),
            "secret rotated" => personio.rotate_secret("id", "new"),
            _ => personio.remove_credentials("id"),
        }
        let refused = get(&personio, &token, "employees").await;
        assert_eq!(refused.status, 401, "{name}");
    }
}

#[tokio::test]
async fn closes_log_in_for_a_minute_after_60_in_one() {
    let (personio, clock) = account(vec![]).await;
    for _ in 0..60 {
        assert_eq!(login(&personio).await.status, 200);
    }
    clock.advance(59);
    assert_eq!(login(&personio).await.status, 429);
    clock.advance(59);
    // The minute is over, the cool-down is not.
    assert_eq!(login(&personio).await.status, 429);
    clock.advance(1);
    assert_eq!(login(&personio).await.status, 200);
}

#[tokio::test]
async fn takes_15_employee_reads_a_second_and_300_a_minute() {
    let (personio, clock) = account(vec![]).await;
    let token = token(&personio).await;
    for second in 0..20 {
        for _ in 0..15 {
            let read = get(&personio, &token, "employees").await;
            assert_eq!(read.status, 200, "second {second}");
        }
        let over = get(&personio, &token, "employees").await;
        assert_eq!((over.status, over.header("retry-after")), (429, None));
        clock.advance(1);
    }
    let over = get(&personio, &token, "employees").await;
    assert_eq!(over.status, 429, "300 in the minute");
    clock.advance(40);
    assert_eq!(get(&personio, &token, "employees").await.status, 200);
}

#[tokio::test]
async fn asks_for_a_token_and_a_right_on_every_endpoint() {
    let (personio, _) = account(vec![Person::new(7, "Anna", "Groß")]).await;
    let token = token(&personio).await;
    for path in ["employees", "employees/7", "employees/attributes"] {
        let url = format!("{}/v1/company/{path}", personio.base_url());
        assert_eq!(Call::new("GET", &url).send().await.status, 401, "{path}");
        personio.allow_reading(false);
        assert_eq!(get(&personio, &token, path).await.status, 403, "{path}");
        personio.allow_reading(true);
        assert_eq!(get(&personio, &token, path).await.status, 200, "{path}");
        let delete = Call::new("DELETE", &url).bearer(&token);
        assert_eq!(delete.send().await.status, 404, "{path}");
    }
}
