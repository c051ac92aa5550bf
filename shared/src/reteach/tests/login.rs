//! One login for all calls.

use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;

use super::*;

#[tokio::test(start_paused = true)]
async fn logs_in_as_documented_and_knows_its_academy() {
    let me = |_: &Seen| {
        Canned::Json(
            200,
            json!({"id": "a", "name": "Acme", "baseUrl": "https://acme.reteach.io"}),
        )
    };
    let server = reteach(me).await;
    let academy = client(&server).me().await.unwrap();
    assert_eq!(academy.base_url, "https://acme.reteach.io");
    let seen = server.seen();
    assert_eq!(
        (seen[0].method.as_str(), seen[0].uri.as_str()),
        ("POST", "/oauth/authorize")
    );
    let login = json!({"grant_type": "authorization_code", "code": "the-code", "client_secret": "the-secret", "client_id": "the-id"});
    assert_eq!(seen[0].body, login);
    assert_eq!(
        (seen[1].uri.as_str(), seen[1].header("authorization")),
        ("/me", Some("Bearer jwt"))
    );
    assert_eq!(server.calls.counts().reteach, 2);
}

#[tokio::test(start_paused = true)]
async fn many_calls_share_one_login_until_the_hour_is_nearly_over() {
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    let client = client(&server);
    let id = CustomerId::new("c1");
    let logins = || server.seen().len() - asked(&server).len();
    assert!(
        join_all((0..10).map(|_| client.get(&id)))
            .await
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(logins(), 1);
    server.clock.advance(SignedDuration::from_mins(56));
    assert!(
        join_all((0..10).map(|_| client.get(&id)))
            .await
            .iter()
            .all(Result::is_ok)
    );
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
        let server =
            Server::start(move |_, _| error(status, json!("invalid code 'the-code'"))).await;
        let failed = client(&server).me().await.unwrap_err();
        assert!(
            matches!(failed, Error::Credential(_)),
            "{status}: {failed:?}"
        );
        assert!(!format!("{failed} {failed:?}").contains("the-"), "{failed}");
    }
}
