//! Tenants that are written over what was read, and what a table is like.

use http::StatusCode;
use serde_json::json;
use shared::state::{StateError, TenantChange, TenantRecord, TenantStatus};

use crate::proxy::{Fate, Proxy};
use crate::support::{self, acme, state};

#[tokio::test]
async fn a_tenant_is_written_and_withdrawn_only_as_it_was_read() {
    let (_stack, store) = state().await;
    let write = async |config: &str, revision: &str, read: Option<&TenantRecord>| {
        let change = TenantChange {
            config,
            status: TenantStatus::Active,
            academy: Some("academy"),
            revision,
            read,
        };
        store.change_tenant(&acme(), &change).await
    };
    let latest = async || store.latest_tenant(&acme()).await.unwrap();
    let tenant = "acme".to_owned();
    let changed = || {
        let tenant = tenant.clone();
        Err(StateError::Changed { tenant })
    };
    write("one", "a", None).await.unwrap();
    assert_eq!(write("two", "b", None).await, changed());
    let first = latest().await;
    write("two", "b", first.as_ref()).await.unwrap();
    assert_eq!(write("three", "c", first.as_ref()).await, changed());
    let second = latest().await;
    // The same text is another write all the same.
    write("two", "d", second.as_ref()).await.unwrap();
    assert_eq!(write("three", "e", second.as_ref()).await, changed());
    assert_eq!(store.withdraw_tenant(&acme(), "b").await, changed());
    let third = latest().await.unwrap();
    assert_eq!(third.academy.as_deref(), Some("academy"));
    for _ in 0..2 {
        store.withdraw_tenant(&acme(), "d").await.unwrap();
        assert_eq!(latest().await, None);
    }
    assert_eq!(write("three", "f", Some(&third)).await, changed());
    assert_eq!(store.list_tenants().await, Ok(vec![]));
}

#[tokio::test]
async fn a_write_whose_reply_was_lost_is_no_change_by_somebody_else() {
    let stack = support::stack().await;
    let proxy = Proxy::losing(&stack, "TransactWriteItems", 1).await;
    let change = TenantChange {
        config: "config",
        status: TenantStatus::Active,
        academy: None,
        revision: "a",
        read: None,
    };
    proxy.store().change_tenant(&acme(), &change).await.unwrap();
    assert_eq!(proxy.calls("TransactWriteItems"), 2);
}

#[tokio::test]
async fn point_in_time_recovery_is_seen_where_it_can_be() {
    let stack = support::stack().await;
    for (status, expected) in [("ENABLED", true), ("DISABLED", false)] {
        let described = json!({"ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status},
        }});
        let proxy = Proxy::start(&stack, move |call| match call.operation {
            "DescribeContinuousBackups" => Fate::Reply(StatusCode::OK, described.to_string()),
            _ => Fate::Pass,
        });
        let shape = proxy.await.store().shape().await.unwrap();
        assert_eq!(shape.is_recoverable, Some(expected));
    }
    let shape = stack.store().shape().await.unwrap();
    assert_eq!(shape.is_recoverable, None, "the emulator has no backups");
}

#[tokio::test]
async fn a_time_to_live_that_aws_is_switching_on_counts() {
    let stack = support::stack().await;
    for (attribute, status, expected) in [
        ("expires_at", "ENABLED", true),
        ("expires_at", "ENABLING", true),
        ("expires_at", "DISABLING", false),
        ("another", "ENABLED", false),
    ] {
        let described = json!({"TimeToLiveDescription": {"AttributeName": attribute, "TimeToLiveStatus": status}});
        let proxy = Proxy::start(&stack, move |call| match call.operation {
            "DescribeTimeToLive" => Fate::Reply(StatusCode::OK, described.to_string()),
            _ => Fate::Pass,
        });
        let shape = proxy.await.store().shape().await.unwrap();
        assert_eq!(shape.expires, expected, "{attribute} {status}");
    }
}
