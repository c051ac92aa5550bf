//! The ledger of certificates behind a proxy, and of several pages.

mod start;

use aws_sdk_dynamodb::types::AttributeValue;
use http::StatusCode;
use serde_json::json;
use shared::domain::id::{CertificateId, DocumentId, SourceId};
use shared::state::{
    CertificateEntry, CertificateState, FencingToken, Intent, OnUnverifiable, PutOutcome,
    RetryState, StateError, Store,
};

use crate::proxy::{Fate, Proxy};
use crate::support::{FIRST, SECOND, acme, at, damaged, key, state};

const ITEM: &str = "CERTIFICATE#cert-1";

fn id(number: usize) -> CertificateId {
    CertificateId::new(format!("cert-{number}"))
}

fn entry(number: usize, state: CertificateState) -> CertificateEntry {
    CertificateEntry::new(id(number), SourceId::new("4711"), state)
}

fn failed() -> CertificateState {
    CertificateState::Failed(RetryState {
        failures: 2,
        refusals: 1,
        retry_at: at("09:00:00"),
        ..RetryState::asked_for("Personio: 503".to_owned(), at("07:00:00"))
    })
}

fn parked(time: &str, unverified: Option<Intent>) -> CertificateState {
    CertificateState::Parked {
        at: at(time),
        reason: "no reply".to_owned(),
        unverified,
    }
}

/// Makes the entry what it is to be, for a run with this token.
async fn given(store: &Store, token: FencingToken, entry: &CertificateEntry) {
    let put = store.put_certificate(&acme(), token, entry, None).await;
    assert_eq!(put, Ok(PutOutcome::Written));
}

#[tokio::test]
async fn reads_more_than_a_megabyte() {
    let (stack, store) = state().await;
    let (at, unverified) = (at("08:00:00"), None);
    let reason = "x".repeat(40_000);
    let long = CertificateState::Parked {
        at,
        reason,
        unverified,
    };
    for number in 0..30 {
        given(&store, FIRST, &entry(number, long.clone())).await;
    }
    let proxy = Proxy::start(&stack, |_| Fate::Pass).await;
    let store = proxy.store();
    let all = store.all_certificates(&acme()).await.unwrap();
    assert!((0..30).all(|number| all[&id(number)] == entry(number, long.clone())));
    assert_eq!(all.len(), 30);
    assert_eq!(proxy.calls("Query"), 2, "1.2 MB in pages of at most 1 MB");
    assert_eq!(
        store.undecided_certificates(&acme()).await.unwrap().len(),
        30
    );
    assert_eq!(proxy.calls("Query"), 4);
}

#[tokio::test]
async fn reading_ends_with_an_empty_last_page() {
    let (stack, store) = state().await;
    for number in 0..4 {
        given(&store, FIRST, &entry(number, failed())).await;
    }
    let proxy = Proxy::paging(&stack, 2).await;
    let read = proxy.store().all_certificates(&acme()).await.unwrap();
    assert_eq!(read.len(), 4);
    assert_eq!(proxy.calls("Query"), 3, "the third page is empty");
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named() {
    let (stack, store) = state().await;
    given(&store, FIRST, &entry(1, failed())).await;
    let update = stack.aws().dynamodb().update_item();
    let update = update
        .table_name("reteach-personio")
        .set_key(Some(
            key(ITEM)
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
        ))
        .update_expression("SET #state = :state")
        .expression_attribute_names("#state", "state");
    let archived = AttributeValue::S("archived".to_owned());
    let update = update.expression_attribute_values(":state", archived);
    update.send().await.unwrap();

    let now = at("09:00:00");
    let dismissed = store.dismiss_certificate(&acme(), &id(1), now, None).await;
    assert_eq!(store.certificates(&acme(), [&id(1)]).await, damaged(ITEM));
    assert_eq!(store.all_certificates(&acme()).await, damaged(ITEM));
    assert_eq!(store.undecided_certificates(&acme()).await, damaged(ITEM));
    assert_eq!(dismissed, damaged(ITEM));
    let read = CertificateState::Intended(Intent::unverified(now));
    let (tenant, entry) = (acme(), entry(1, failed()));
    let put = store.put_certificate(&tenant, FIRST, &entry, Some(&read));
    assert_eq!(put.await, damaged(ITEM));
}

/// The reading is of a moment before, when the certificate was parked.
#[tokio::test]
async fn entries_changed_since_the_read_are_decided_again() {
    let (now, tenant, id) = (at("12:00:00"), acme(), id(1));
    let intent = Intent::unverified(at("10:00:00"));
    let uploaded = CertificateState::Uploaded {
        at: at("08:00:05"),
        document: Some(DocumentId::new("d-7")),
    };
    let dismissed = CertificateState::Dismissed { at: at("08:45:00") };
    let again = CertificateState::Intended(Intent {
        on_unverifiable: OnUnverifiable::Send,
        decided_at: Some(now),
        ..intent
    });
    let read = CertificateState::Intended(intent);
    for (before, after) in [
        (uploaded, None),
        (dismissed, None),
        (parked("10:30:00", Some(intent)), Some(again)),
    ] {
        let (stack, store) = state().await;
        given(&store, SECOND, &entry(1, before.clone())).await;
        let stale = json!({"Item": {
            "certificate_id": {"S": "cert-1"},
            "employee": {"S": "4711"},
            "fence": {"N": "1"},
            "state": {"S": "parked"},
            "detail": {"M": {
                "at": {"S": "2026-03-31T08:30:00Z"}, "reason": {"S": "no reply"}, "unverified": {"NULL": true},
            }},
        }});
        let proxy = Proxy::start(&stack, move |call| match call.operation {
            "GetItem" => Fate::Reply(StatusCode::OK, stale.to_string()),
            _ => Fate::Pass,
        })
        .await;
        let (proxied, send) = (proxy.store(), OnUnverifiable::Send);
        let decided = proxied.retry_certificate(&tenant, &id, send, now).await;
        let expected = match after {
            Some(_) => Ok(()),
            None => Err(StateError::NotParked {
                certificate: "cert-1".to_owned(),
            }),
        };
        assert_eq!(decided, expected, "{before:?}");
        let found = store.certificates(&tenant, [&id]).await.unwrap();
        assert_eq!(found[&id], entry(1, after.unwrap_or(before)));
        // The fence stays the run's: an older run is refused.
        let older = entry(1, failed());
        let put = store.put_certificate(&tenant, FIRST, &older, Some(&read));
        assert!(matches!(put.await, Err(StateError::Fenced { .. })));
    }
}
