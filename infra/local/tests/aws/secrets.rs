use std::sync::Arc;

use jiff::SignedDuration;
use local::{Options, Stack};
use secrecy::ExposeSecret as _;
use shared::domain::clock::ManualClock;
use shared::domain::id::TenantId;
use shared::secrets::{SecretError, Secrets, TenantSecret};

use crate::proxy::{Fate, Proxy};
use crate::support::{acme, at};

async fn stack(clock: &ManualClock) -> Stack {
    let clock = Arc::new(clock.clone());
    Stack::start(Options {
        clock,
        ..Options::default()
    })
    .await
    .unwrap()
}

fn clock() -> ManualClock {
    ManualClock::new(at("08:00:00"))
}

fn kombo(key: &str) -> TenantSecret {
    TenantSecret::parse(&format!(r#"{{"kombo":{{"api_key":"{key}"}}}}"#).into()).unwrap()
}

/// The key that `acme` has now.
async fn key(secrets: &Secrets) -> String {
    let secret = secrets.get(&acme()).await.unwrap();
    shown(&secret)
}

fn shown(secret: &TenantSecret) -> String {
    let key = &secret.kombo.as_ref().unwrap().api_key;
    key.expose_secret().to_owned()
}

async fn put(secrets: &Secrets, key: &str) {
    secrets.put(&acme(), &kombo(key)).await.unwrap();
}

#[tokio::test]
async fn stores_and_replaces_a_secret() {
    let stack = stack(&clock()).await;
    let secrets = stack.secrets();
    let missing = SecretError::NotFound {
        name: "reteach-personio/acme".to_owned(),
    };
    assert_eq!(secrets.get(&acme()).await.unwrap_err(), missing);
    for value in ["one", "two"] {
        put(&secrets, value).await;
        assert_eq!(key(&secrets).await, value);
    }
}

#[tokio::test]
async fn a_rotated_secret_is_seen_after_the_time_limit_or_a_refresh() {
    let clock = clock();
    let stack = stack(&clock).await;
    let secrets = stack.secrets();
    let elsewhere = stack.secrets();
    put(&elsewhere, "one").await;
    assert_eq!(key(&secrets).await, "one");

    put(&elsewhere, "two").await;
    clock.advance(SignedDuration::from_secs(14 * 60 + 59));
    assert_eq!(key(&secrets).await, "one", "still in the cache");
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(key(&secrets).await, "two", "the time limit is over");

    put(&elsewhere, "three").await;
    assert_eq!(shown(&secrets.refresh(&acme()).await.unwrap()), "three");
    assert_eq!(key(&secrets).await, "three", "a refresh fills the cache");
}

#[tokio::test]
async fn the_stack_s_key_of_kombo_is_read_for_credentials_without_an_hr_system() {
    let stack = stack(&clock()).await;
    let secrets = stack.secrets();
    let client = stack.aws().secrets_manager();
    let text = r#"{"notices":{"webhook_url":"https://hook"}}"#;
    let without = TenantSecret::parse(&text.into()).unwrap();
    secrets.put(&acme(), &without).await.unwrap();
    assert!(secrets.get(&acme()).await.unwrap().kombo.is_none());

    let name = "reteach-personio/_kombo";
    let create = client.create_secret().name(name);
    let create = create.secret_string(r#"{"kombo":{"api_key":"one"}}"#);
    create.send().await.unwrap();
    let first = secrets.refresh(&acme()).await.unwrap();
    assert_eq!(shown(&first), "one");
    assert_eq!(first.to_json().expose_secret(), text, "stored once");
    let again = secrets.refresh(&acme()).await.unwrap();
    assert!(Arc::ptr_eq(&first, &again), "nothing was rotated");

    let rotation = client.put_secret_value().secret_id(name);
    let rotation = rotation.secret_string(r#"{"kombo":{"api_key":"two"}}"#);
    rotation.send().await.unwrap();
    assert_eq!(key(&secrets).await, "one", "still in the cache");
    assert_eq!(shown(&secrets.refresh(&acme()).await.unwrap()), "two");
    put(&secrets, "own").await;
    assert_eq!(key(&secrets).await, "own", "a tenant's own key comes first");

    let rotation = client.put_secret_value().secret_id(name);
    let rotation = rotation.secret_string(r#"{"notices":{"webhook_url":"https://hook"}}"#);
    rotation.send().await.unwrap();
    for text in [
        r#"{"kombo":{"api_key":"own"}}"#,
        r#"{"personio":{"client_id":"id","client_secret":"secret"}}"#,
    ] {
        let own = TenantSecret::parse(&text.into()).unwrap();
        secrets.put(&acme(), &own).await.unwrap();
        let read = secrets.refresh(&acme()).await;
        assert!(read.is_ok(), "the stack's secret is not read: {text}");
    }
    secrets.put(&acme(), &without).await.unwrap();
    let error = secrets.refresh(&acme()).await.unwrap_err();
    assert!(
        error.to_string().contains("reteach-personio/_kombo"),
        "{error}"
    );
}

#[tokio::test]
async fn unused_secrets_leave_the_cache() {
    let clock = clock();
    let stack = stack(&clock).await;
    let (secrets, globex) = (stack.secrets(), TenantId::parse("globex").unwrap());
    for tenant in [acme(), globex.clone()] {
        secrets.put(&tenant, &kombo("one")).await.unwrap();
    }
    let kept = Arc::downgrade(&secrets.get(&acme()).await.unwrap());
    for (minutes, is_kept) in [(15, true), (15, false)] {
        clock.advance(SignedDuration::from_mins(minutes));
        secrets.get(&globex).await.unwrap();
        assert_eq!(kept.upgrade().is_some(), is_kept);
    }
    assert_eq!(key(&secrets).await, "one");
}

#[tokio::test]
async fn clones_share_the_cache() {
    let stack = stack(&clock()).await;
    let secrets = stack.secrets();
    put(&secrets, "one").await;
    secrets.get(&acme()).await.unwrap();
    put(&stack.secrets(), "two").await;
    assert_eq!(key(&secrets.clone()).await, "one");
}

#[tokio::test]
async fn a_malformed_secret_is_named_by_its_member() {
    let stack = stack(&clock()).await;
    let create = stack
        .aws()
        .secrets_manager()
        .create_secret()
        .name("reteach-personio/acme");
    create
        .secret_string(r#"{"kombo":{"api_kei":"s3cret"}}"#)
        .send()
        .await
        .unwrap();
    let error = stack.secrets().get(&acme()).await.unwrap_err();
    assert!(
        matches!(&error, SecretError::Malformed { source, .. } if source.member == "kombo.api_kei")
    );
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_missing_secret_is_found_once_it_exists() {
    let stack = stack(&clock()).await;
    let secrets = stack.secrets();
    secrets.get(&acme()).await.unwrap_err();
    put(&stack.secrets(), "one").await;
    assert_eq!(key(&secrets).await, "one");
}

#[tokio::test]
async fn a_deleted_secret_can_be_brought_back() {
    let stack = stack(&clock()).await;
    let secrets = stack.secrets();
    assert_eq!(secrets.delete(&acme(), 7).await, Ok(false), "there is none");
    put(&secrets, "one").await;
    for _ in 0..2 {
        assert_eq!(secrets.delete(&acme(), 7).await, Ok(true));
    }
    let read = secrets.get(&acme()).await.unwrap_err();
    let written = secrets.put(&acme(), &kombo("two")).await.unwrap_err();
    assert!(read.is_marked_for_deletion() && written.is_marked_for_deletion());
    secrets.restore(&acme()).await.unwrap();
    assert_eq!(key(&secrets).await, "one");
}

#[tokio::test]
async fn each_kind_of_refusal_has_its_own_error() {
    let expected = |code: &str| {
        let (name, code) = ("reteach-personio/acme".to_owned(), code.to_owned());
        match &*code {
            "AccessDeniedException" | "DecryptionFailure" => SecretError::Denied { name, code },
            "InvalidRequestException" => SecretError::Refused { name, code },
            _ => SecretError::Unavailable { name },
        }
    };
    let cases = [
        (400, "AccessDeniedException"),
        (400, "DecryptionFailure"),
        (400, "InvalidRequestException"),
        (400, "ThrottlingException"),
        (500, "InternalServiceError"),
        (502, ""),
    ];
    let stack = stack(&clock()).await;
    let checks = cases.map(async |(status, code)| {
        let text = format!(r#"{{"__type":"{code}","message":"s3cret"}}"#);
        let status = http::StatusCode::from_u16(status).unwrap();
        let proxy = Proxy::start(&stack, move |_| Fate::Reply(status, text.clone())).await;
        let secrets = Secrets::new(proxy.aws(), "reteach-personio", Arc::new(clock()));
        let error = secrets.get(&acme()).await.unwrap_err();
        assert_eq!(error, expected(code), "{code}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    });
    futures::future::join_all(checks).await;
}
