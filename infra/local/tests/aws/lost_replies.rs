//! Writes that took effect although the caller did not get the reply.

use http::StatusCode;
use shared::state::{Acquisition, FencingToken, LastRun, StateError};

use crate::proxy::{Fate, Proxy};
use crate::support::{FIRST, acme, at, entry, id, put_one, read, stack, state, take, try_ask};

/// The SDK makes three attempts.
const ATTEMPTS: usize = 3;

#[tokio::test]
async fn a_lease_is_acquired_although_replies_are_lost() {
    for lost in [1, 2, ATTEMPTS] {
        let stack = stack().await;
        let proxy = Proxy::losing(&stack, "UpdateItem", lost).await;
        let lease = take(&proxy.store(), "one", at("08:00:00")).await;
        let calls = ["UpdateItem", "GetItem"].map(|operation| proxy.calls(operation));
        assert_eq!(lease.token, FencingToken(1), "{lost} lost");
        assert_eq!(lease.until, at("08:05:00"), "{lost} lost");
        let expected = [(lost + 1).min(ATTEMPTS), usize::from(lost == ATTEMPTS)];
        assert_eq!(calls, expected, "{lost} lost");
    }
}

#[tokio::test]
async fn another_owners_lease_is_not_acquired_when_replies_are_lost() {
    let (stack, store) = state().await;
    take(&store, "one", at("08:00:00")).await;
    let (until, operation) = (at("08:05:00"), "UpdateItem");
    let held = Acquisition::Held {
        until,
        waiting_since: Some(at("08:00:00")),
    };
    for (lost, expected) in [
        (1, Ok(held)),
        (ATTEMPTS, Err(StateError::Unavailable { operation })),
    ] {
        let proxy = Proxy::losing(&stack, operation, lost).await;
        let asked = try_ask(&proxy.store(), "two", at("08:01:00")).await;
        assert_eq!(asked, expected);
    }
}

#[tokio::test]
async fn a_release_takes_effect_although_the_reply_is_lost() {
    let (stack, store) = state().await;
    let lease = take(&store, "one", at("08:00:00")).await;
    let proxy = Proxy::losing(&stack, "UpdateItem", 1).await;
    let (good_run, reported) = (Some(at("08:00:30")), None);
    let run = LastRun {
        good_run,
        reported,
        retirements: None,
        notices: None,
    };
    proxy.store().release(&lease, run).await.unwrap();
    assert_eq!(proxy.calls("UpdateItem"), 2);
    let next = take(&store, "two", at("08:01:00")).await;
    assert_eq!(next.last_good_run, good_run);
}

#[tokio::test]
async fn an_entry_is_written_although_the_reply_is_lost() {
    let (stack, store) = state().await;
    let proxy = Proxy::losing(&stack, "PutItem", 1).await;
    put_one(&proxy.store(), FIRST).await.unwrap();
    assert_eq!(read(&store, [&id(1)]).await[&id(1)], entry(1));
}

#[tokio::test]
async fn each_kind_of_refusal_has_its_own_error() {
    let operation = "GetItem";
    let expected = |code: &str| {
        let (table, code) = ("reteach-personio".to_owned(), code.to_owned());
        match &*code {
            "ProvisionedThroughputExceededException" | "ThrottlingException" => {
                StateError::Throttled { operation }
            }
            "AccessDeniedException" | "ExpiredTokenException" => {
                StateError::Denied { operation, code }
            }
            "ResourceNotFoundException" => StateError::NoTable { table },
            "ValidationException" => StateError::Refused { operation, code },
            _ => StateError::Unavailable { operation },
        }
    };
    let cases = [
        (400, "ProvisionedThroughputExceededException"),
        (400, "ThrottlingException"),
        (500, "InternalServerError"),
        (503, ""),
        (400, "AccessDeniedException"),
        (400, "ExpiredTokenException"),
        (400, "ResourceNotFoundException"),
        (400, "ValidationException"),
    ];
    let stack = stack().await;
    let checks = cases.map(async |(status, code)| {
        let text =
            format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"s3cret"}}"#);
        let status = StatusCode::from_u16(status).unwrap();
        let proxy = Proxy::start(&stack, move |_| Fate::Reply(status, text.clone())).await;
        let error = proxy.store().tenant(&acme()).await.unwrap_err();
        assert_eq!(error, expected(code), "{code}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    });
    // Together, because the SDK pauses between its attempts.
    futures::future::join_all(checks).await;
}
