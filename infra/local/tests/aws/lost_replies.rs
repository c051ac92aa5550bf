//! Writes that took effect although the caller never heard of it.

use http::StatusCode;
use shared::state::{Acquisition, FencingToken, JobKind, LastRun, StateError};

use crate::proxy::{Fate, Proxy};
use crate::support::{LEASE, acme, at, entry, id, run, stack, take};

/// The SDK makes three attempts.
const ATTEMPTS: usize = 3;

/// Loses the first replies to an operation.
pub(crate) async fn losing(stack: &local::Stack, operation: &'static str, replies: usize) -> Proxy {
    Proxy::start(stack, move |call| {
        let lost = call.operation == operation && call.before < replies;
        if lost { Fate::LoseReply } else { Fate::Pass }
    })
    .await
}

#[tokio::test]
async fn a_lease_is_acquired_although_replies_are_lost() {
    for lost in [1, 2, ATTEMPTS] {
        let stack = stack().await;
        let proxy = losing(&stack, "UpdateItem", lost).await;
        let lease = take(&proxy.store(&stack), "one", at("08:00:00")).await;
        assert_eq!(lease.token, FencingToken(1), "{lost} lost");
        assert_eq!(lease.until, at("08:05:00"), "{lost} lost");
        assert_eq!(
            proxy.calls("UpdateItem"),
            (lost + 1).min(ATTEMPTS),
            "{lost} lost"
        );
        assert_eq!(
            proxy.calls("GetItem"),
            usize::from(lost == ATTEMPTS),
            "{lost} lost"
        );
    }
}

#[tokio::test]
async fn another_owners_lease_is_not_acquired_when_replies_are_lost() {
    let stack = stack().await;
    take(&stack.store(), "one", at("08:00:00")).await;
    let proxy = losing(&stack, "UpdateItem", 1).await;
    let got = proxy
        .store(&stack)
        .acquire(
            &acme(),
            JobKind::Employees,
            &run("two"),
            at("08:01:00"),
            LEASE,
        )
        .await;
    assert_eq!(
        got,
        Ok(Acquisition::Held {
            until: at("08:05:00")
        })
    );

    let proxy = losing(&stack, "UpdateItem", ATTEMPTS).await;
    let got = proxy
        .store(&stack)
        .acquire(
            &acme(),
            JobKind::Employees,
            &run("two"),
            at("08:01:00"),
            LEASE,
        )
        .await;
    assert_eq!(
        got,
        Err(StateError::Unavailable {
            operation: "UpdateItem"
        })
    );
}

#[tokio::test]
async fn a_release_takes_effect_although_the_reply_is_lost() {
    let stack = stack().await;
    let lease = take(&stack.store(), "one", at("08:00:00")).await;
    let proxy = losing(&stack, "UpdateItem", 1).await;
    let run = LastRun {
        good_run: Some(at("08:00:30")),
        reported: None,
    };
    proxy.store(&stack).release(&lease, run).await.unwrap();
    assert_eq!(proxy.calls("UpdateItem"), 2);
    assert_eq!(
        take(&stack.store(), "two", at("08:01:00"))
            .await
            .last_good_run,
        Some(at("08:00:30"))
    );
}

#[tokio::test]
async fn an_entry_is_written_although_the_reply_is_lost() {
    let stack = stack().await;
    let proxy = losing(&stack, "PutItem", 1).await;
    proxy
        .store(&stack)
        .put_employee(&acme(), FencingToken(1), &entry(1))
        .await
        .unwrap();
    assert_eq!(
        stack.store().employees(&acme(), [&id(1)]).await.unwrap()[&id(1)],
        entry(1)
    );
}

#[tokio::test]
async fn each_kind_of_refusal_has_its_own_error() {
    let operation = "GetItem";
    let table = "reteach-personio".to_owned();
    let cases = [
        (
            400,
            "ProvisionedThroughputExceededException",
            StateError::Throttled { operation },
        ),
        (
            400,
            "ThrottlingException",
            StateError::Throttled { operation },
        ),
        (
            500,
            "InternalServerError",
            StateError::Unavailable { operation },
        ),
        (503, "", StateError::Unavailable { operation }),
        (
            400,
            "AccessDeniedException",
            denied("AccessDeniedException"),
        ),
        (
            400,
            "ExpiredTokenException",
            denied("ExpiredTokenException"),
        ),
        (
            400,
            "ResourceNotFoundException",
            StateError::NoTable { table },
        ),
        (
            400,
            "ValidationException",
            StateError::Refused {
                operation,
                code: "ValidationException".into(),
            },
        ),
    ];
    let stack = stack().await;
    let checks = cases.map(|(status, code, expected)| {
        let stack = &stack;
        async move {
            let text = format!(
                r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"s3cret"}}"#
            );
            let status = StatusCode::from_u16(status).unwrap();
            let proxy = Proxy::start(stack, move |_| Fate::Reply(status, text.clone())).await;
            let error = proxy.store(stack).tenant(&acme()).await.unwrap_err();
            assert_eq!(error, expected, "{code}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    });
    // Together, because the SDK pauses between its attempts.
    futures::future::join_all(checks).await;
}

fn denied(code: &str) -> StateError {
    StateError::Denied {
        operation: "GetItem",
        code: code.to_owned(),
    }
}
