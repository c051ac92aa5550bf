//! One login for all calls.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::*;

#[tokio::test(start_paused = true)]
async fn logs_in_as_documented_and_knows_its_academy() {
    let me = |_: &Seen| {
        Canned::Json(
            200,
            json!({"id": 7, "name": "Acme", "baseUrl": "https://acme.reteach.io"}),
        )
    };
    let server = reteach(me).await;
    let academy = client(&server).me().await.unwrap();
    let both = (academy.id.as_str(), academy.base_url.as_str());
    assert_eq!(both, ("7", "https://acme.reteach.io"));
    let seen = server.seen();
    let both = (seen[0].method.as_str(), seen[0].uri.as_str());
    assert_eq!(both, ("POST", "/oauth/authorize"));
    let login = json!({"grant_type": "authorization_code", "code": "the-code", "client_secret": "the-secret", "client_id": "the-id"});
    assert_eq!(seen[0].body, login);
    let both = (seen[1].uri.as_str(), seen[1].header("authorization"));
    assert_eq!(both, ("/me", Some("Bearer jwt")));
    assert_eq!(server.calls.counts().reteach, 2);
}

#[tokio::test(start_paused = true)]
async fn many_calls_share_one_login_until_the_hour_is_nearly_over() {
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    let client = client(&server);
    let id = CustomerId::new("c1");
    let logins = || server.seen().len() - asked(&server).len();
    let get_ten = async || {
        let answers = join_all((0..10).map(|_| client.get(&id))).await;
        assert!(answers.iter().all(Result::is_ok));
    };
    get_ten().await;
    assert_eq!(logins(), 1);
    server.clock.advance(SignedDuration::from_mins(56));
    get_ten().await;
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
        let is_credential = matches!(failed, Error::Credential(_));
        assert!(is_credential, "{status}: {failed:?}");
        assert!(!format!("{failed} {failed:?}").contains("the-"), "{failed}");
    }
}

#[derive(Debug, Default)]
struct Kept {
    login: Mutex<Option<KeptLogin>>,
    saves: AtomicU32,
    /// The number of the save that is not answered.
    lost: Option<u32>,
    is_down: bool,
}

impl Kept {
    fn holding(login: KeptLogin) -> Arc<Self> {
        let kept = Self::default();
        kept.put(login);
        Arc::new(kept)
    }

    fn put(&self, login: KeptLogin) {
        *self.login.lock().unwrap() = Some(login);
    }

    fn is_refresh(&self, expected: &str) -> bool {
        let login = self.login.lock().unwrap();
        matches!(&*login, Some(KeptLogin::Refresh(token)) if token.expose_secret() == expected)
    }
}

impl LoginStore for Kept {
    fn load(&self) -> BoxFuture<'_, Result<Option<KeptLogin>, LoginStoreError>> {
        async {
            match self.is_down {
                true => Err(LoginStoreError("down".to_owned())),
                false => Ok(self.login.lock().unwrap().clone()),
            }
        }
        .boxed()
    }

    fn save<'a>(&'a self, login: &'a KeptLogin) -> BoxFuture<'a, Result<(), LoginStoreError>> {
        async move {
            let number = self.saves.fetch_add(1, Ordering::Relaxed) + 1;
            if self.is_down || self.lost == Some(number) {
                return Err(LoginStoreError("down".to_owned()));
            }
            self.put(login.clone());
            Ok(())
        }
        .boxed()
    }
}

/// Answers logins by what they bring: `code` or `refresh_token`, with its value.
async fn academy(login: impl Fn(&str, &str) -> Canned + Send + Sync + 'static) -> Server {
    Server::start(move |_, seen| match seen.path() {
        "/oauth/authorize" => {
            let given = ["code", "refresh_token"].map(|key| (key, seen.body[key].as_str()));
            let (key, value) = given
                .into_iter()
                .find(|(_, value)| value.is_some())
                .unwrap();
            login(key, value.unwrap())
        }
        _ => Canned::Json(
            200,
            json!({"id": "a", "name": "Acme", "baseUrl": "https://a.example"}),
        ),
    })
    .await
}

fn granted(refresh: &str) -> Canned {
    Canned::Json(
        201,
        json!({"access_token": "jwt", "refresh_token": refresh}),
    )
}

/// How the logins of `server` were made, in order.
fn logins(server: &Server) -> Vec<String> {
    let seen = server.seen().into_iter();
    let logins = seen.filter(|seen| seen.path() == "/oauth/authorize");
    logins
        .map(|seen| match seen.body["refresh_token"].as_str() {
            Some(token) => token.to_owned(),
            None => "code".to_owned(),
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_client_code_is_used_once_and_refresh_tokens_by_all_processes_after_it() {
    let server = academy(|key, value| match (key, value) {
        ("code", _) => granted("r1"),
        (_, "r1") => granted("r2"),
        (_, "r2") => granted("r2"),
        _ => error(401, json!("Unauthorized")),
    })
    .await;
    let kept = Arc::new(Kept::default());
    for _ in 0..4 {
        let process = client(&server).keeping_logins(kept.clone());
        process.me().await.unwrap();
    }
    assert_eq!(logins(&server), ["code", "r1", "r2", "r2"]);
    let alone = client(&server);
    alone.me().await.unwrap();
    server.clock.advance(SignedDuration::from_mins(56));
    alone.me().await.unwrap();
    assert_eq!(
        logins(&server)[4..],
        ["code", "r1"],
        "without a store its own token"
    );
}

#[tokio::test(start_paused = true)]
async fn a_log_in_is_read_in_each_spelling_and_made_again_in_time() {
    let bare = json!({"access_token": "jwt", "expires_in": "600"});
    let camel = json!({"access_token": "jwt", "token_type": "bearer", "refresh_token": null, "refreshToken": "r1", "expires_in": 600.0});
    for (answer, again) in [(bare, "code"), (camel, "r1")] {
        let server = academy(move |_, _| Canned::Json(201, answer.clone())).await;
        let process = client(&server);
        process.me().await.unwrap();
        let members = process.login_members().unwrap();
        let brought = (members.expires_in, members.refresh_token);
        assert_eq!(brought, (true, again == "r1"), "{again}");
        server.clock.advance(SignedDuration::from_mins(6));
        process.me().await.unwrap();
        assert_eq!(process.log_in_as_next().await, Ok(again == "code"));
        assert_eq!(logins(&server), ["code", again, again]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_academy_that_does_not_refresh_is_asked_for_it_once() {
    for refusal in [400, 401, 404, 422] {
        let server = academy(move |key, _| match key {
            "code" => granted("r1"),
            _ => error(refusal, json!("grant_type is unknown")),
        })
        .await;
        let kept = Arc::new(Kept::default());
        for _ in 0..4 {
            let process = client(&server).keeping_logins(kept.clone());
            process.me().await.unwrap();
        }
        let mut logins = logins(&server);
        logins.dedup();
        assert_eq!(logins, ["code", "r1", "code"], "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_without_a_refusal_is_tried_again_at_the_next_login() {
    let unreadable = || Canned::Json(201, json!({"access_token": 7}));
    let failures: [fn() -> Canned; 2] = [|| error(500, json!("Internal")), unreadable];
    for failure in failures {
        for (code_again, expected) in [
            (Some("r3"), ["code", "r1", "code", "r3"]),
            (None, ["code", "r1", "code", "r1"]),
        ] {
            let refreshes_fail = Arc::new(AtomicBool::new(true));
            let fails = Arc::clone(&refreshes_fail);
            let codes = AtomicU32::new(0);
            let server = academy(move |key, _| match key {
                "code" if codes.fetch_add(1, Ordering::Relaxed) == 0 => granted("r1"),
                "code" => code_again.map_or_else(|| error(401, json!("Unauthorized")), granted),
                _ if fails.load(Ordering::Relaxed) => failure(),
                _ => granted("r4"),
            })
            .await;
            let kept = Arc::new(Kept::default());
            let log_in = || async { client(&server).keeping_logins(kept.clone()).me().await };
            log_in().await.unwrap();
            let _ = log_in().await;
            refreshes_fail.store(false, Ordering::Relaxed);
            log_in().await.unwrap();
            let mut logins = logins(&server);
            logins.dedup();
            assert_eq!(logins, expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_newer_login_of_another_process_is_not_replaced_by_the_code() {
    let kept = Kept::holding(KeptLogin::Refresh("r1".into()));
    let other = Arc::clone(&kept);
    let server = academy(move |key, _| match key {
        "code" => {
            other.put(KeptLogin::Refresh("r2".into()));
            granted("r3")
        }
        _ => error(401, json!("Unauthorized")),
    })
    .await;
    let process = client(&server).keeping_logins(kept.clone());
    process.me().await.unwrap();
    assert!(kept.is_refresh("r2"));
}

#[tokio::test(start_paused = true)]
async fn two_processes_with_new_credentials_share_a_code_that_is_good_once() {
    let used = AtomicBool::new(false);
    let server = academy(move |key, value| match (key, value) {
        ("code", _) if !used.swap(true, Ordering::Relaxed) => granted("r1"),
        (_, "r1") => granted("r2"),
        _ => error(401, json!("Unauthorized")),
    })
    .await;
    let kept = Arc::new(Kept::default());
    let processes = [(), ()].map(|()| client(&server).keeping_logins(kept.clone()));
    let logged_in = join_all(processes.iter().map(Client::me)).await;
    assert!(logged_in.iter().all(Result::is_ok), "{logged_in:?}");
    let mut logins = logins(&server);
    logins.dedup();
    assert_eq!(logins, ["code", "r1"]);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_could_not_be_saved_is_saved_and_used_next() {
    let server = academy(|key, value| match (key, value) {
        ("code", _) => granted("r1"),
        (_, "r1") => granted("r2"),
        (_, "r2") => granted("r3"),
        _ => error(401, json!("Unauthorized")),
    })
    .await;
    let store = Arc::new(Kept {
        lost: Some(2),
        ..Kept::default()
    });
    let process = client(&server).keeping_logins(store.clone());
    for _ in 0..3 {
        process.me().await.unwrap();
        server.clock.advance(SignedDuration::from_mins(56));
    }
    assert_eq!(logins(&server), ["code", "r1", "r2"]);
    assert_eq!(store.saves.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_another_process_has_used_is_read_again() {
    let kept = Kept::holding(KeptLogin::Refresh("r1".into()));
    let other = Arc::clone(&kept);
    let server = academy(move |_, value| match value {
        "r1" => {
            other.put(KeptLogin::Refresh("r2".into()));
            error(401, json!("Unauthorized"))
        }
        "r2" => granted("r3"),
        _ => error(401, json!("Unauthorized")),
    })
    .await;
    client(&server)
        .keeping_logins(kept.clone())
        .me()
        .await
        .unwrap();
    assert_eq!(logins(&server), ["r1", "r2"]);
    assert!(kept.is_refresh("r3"));
}

#[tokio::test(start_paused = true)]
async fn a_login_that_nothing_takes_any_more_says_so() {
    let cases = [
        (
            KeptLogin::Refresh("r1".into()),
            "neither the last refresh token nor the client code",
        ),
        (KeptLogin::Code, "the client code has worked before"),
    ];
    for (login, says) in cases {
        let server = academy(|_, _| error(401, json!("Unauthorized"))).await;
        let kept = Kept::holding(login);
        let failed = client(&server).keeping_logins(kept).me().await.unwrap_err();
        assert!(matches!(failed, Error::Credential(_)), "{failed:?}");
        let text = failed.to_string();
        assert!(text.contains(says) && !text.contains("r1"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_code_is_not_used_up_while_the_store_is_down() {
    let server = academy(|_, _| granted("r1")).await;
    let down = Kept {
        is_down: true,
        ..Kept::default()
    };
    let failed = client(&server).keeping_logins(Arc::new(down)).me().await;
    let is_unavailable = matches!(failed, Err(Error::Unavailable { .. }));
    assert!(is_unavailable, "{failed:?}");
    assert_eq!(logins(&server), [""; 0]);
}
