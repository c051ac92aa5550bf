//! The ledger of certificates: what runs write and read.

mod decisions;
mod start;

use aws_sdk_dynamodb::types::AttributeValue;
use local::Stack;
use serde_json::{Value, json};
use shared::domain::id::{CertificateId, DocumentId, SourceId};
use shared::state::{
    CertificateEntry, CertificateState, FencingToken, Intent, OnUnverifiable, PutOutcome,
    RetryState, StateError, Store,
};

use crate::lost_replies::losing;
use crate::proxy::{Fate, Proxy};
use crate::support::{acme, at, stack};

const FIRST: FencingToken = FencingToken(1);
const SECOND: FencingToken = FencingToken(2);

fn id(number: usize) -> CertificateId {
    CertificateId::new(format!("cert-{number}"))
}

fn entry(number: usize, state: CertificateState) -> CertificateEntry {
    CertificateEntry {
        certificate_id: id(number),
        employee: SourceId::new("4711"),
        state,
    }
}

fn intent() -> Intent {
    Intent {
        at: at("08:00:00"),
        size: Some(200_000),
        failures: 1,
        failing_since: Some(at("07:00:00.123456789")),
        on_unverifiable: OnUnverifiable::Park,
    }
}

fn intended() -> CertificateState {
    CertificateState::Intended(intent())
}

fn uploaded() -> CertificateState {
    CertificateState::Uploaded {
        at: at("08:00:05"),
        document: Some(DocumentId::new("d-7")),
    }
}

fn failed() -> CertificateState {
    let (since, retry_at) = (at("07:00:00"), at("09:00:00"));
    CertificateState::Failed(RetryState {
        reason: "Personio: 503".to_owned(),
        failures: 2,
        since,
        retry_at,
    })
}

fn parked(time: &str, unverified: Option<Intent>) -> CertificateState {
    CertificateState::Parked {
        at: at(time),
        reason: "no reply".to_owned(),
        unverified,
    }
}

fn dismissed(time: &str) -> CertificateState {
    CertificateState::Dismissed { at: at(time) }
}

/// Every state, and whether it is settled.
fn states() -> [(CertificateState, bool); 7] {
    [
        (intended(), false),
        (failed(), false),
        (uploaded(), true),
        (
            CertificateState::Uploaded {
                at: at("08:00:05"),
                document: None,
            },
            true,
        ),
        (parked("08:30:00", None), true),
        (parked("08:30:00", Some(intent())), true),
        (dismissed("08:45:00"), true),
    ]
}

/// Makes the entry what it is to be, for a run with this token.
async fn given(store: &Store, token: FencingToken, entry: &CertificateEntry) {
    assert_eq!(
        store.put_certificate(&acme(), token, entry).await,
        Ok(PutOutcome::Written)
    );
}

async fn stored(stack: &Stack, number: usize) -> CertificateEntry {
    stack
        .store()
        .certificates(&acme(), [&id(number)])
        .await
        .unwrap()
        .remove(&id(number))
        .unwrap()
}

async fn attribute(stack: &Stack, sort_key: &str, name: &str) -> Option<AttributeValue> {
    let get = stack
        .aws()
        .dynamodb()
        .get_item()
        .table_name("reteach-personio");
    let get = get.key("pk", AttributeValue::S("TENANT#acme".to_owned()));
    let item = get
        .key("sk", AttributeValue::S(sort_key.to_owned()))
        .send()
        .await
        .unwrap()
        .item;
    item.and_then(|mut item| item.remove(name))
}

#[tokio::test]
async fn reads_back_every_state() {
    let stack = stack().await;
    let store = stack.store();
    for (number, (state, _)) in states().into_iter().enumerate() {
        given(&store, FIRST, &entry(number, state)).await;
    }
    let all = store.all_certificates(&acme()).await.unwrap();
    assert_eq!(all.len(), states().len());
    for (number, (state, _)) in states().into_iter().enumerate() {
        assert_eq!(all[&id(number)], entry(number, state));
        assert_eq!(stored(&stack, number).await, all[&id(number)]);
    }
}

#[tokio::test]
async fn missing_and_repeated_ids_are_ignored() {
    let stack = stack().await;
    let store = stack.store();
    for number in 0..3 {
        given(&store, FIRST, &entry(number, failed())).await;
    }
    let read = store
        .certificates(&acme(), [&id(1), &id(1), &id(2), &id(99)])
        .await
        .unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(
        (&read[&id(1)], &read[&id(2)]),
        (&entry(1, failed()), &entry(2, failed()))
    );
    assert_eq!(store.certificates(&acme(), []).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_write_is_fenced_by_every_newer_token() {
    for (before, writing, fits) in [
        (1, 1, true),
        (1, 2, true),
        (2, 1, false),
        (10, 9, false),
        (9, 10, true),
    ] {
        let stack = stack().await;
        given(&stack.store(), FencingToken(before), &entry(1, intended())).await;
        let written = stack
            .store()
            .put_certificate(&acme(), FencingToken(writing), &entry(1, uploaded()))
            .await;
        let fenced = Err(StateError::Fenced {
            item: "CERTIFICATE#cert-1".to_owned(),
        });
        assert_eq!(
            written,
            if fits {
                Ok(PutOutcome::Written)
            } else {
                fenced
            },
            "{writing} over {before}"
        );
        let expected = if fits { uploaded() } else { intended() };
        assert_eq!(
            stored(&stack, 1).await.state,
            expected,
            "{writing} over {before}"
        );
    }
}

#[tokio::test]
async fn final_states_are_never_overwritten() {
    for (before, is_settled) in states() {
        for token in [FIRST, SECOND] {
            let stack = stack().await;
            let store = stack.store();
            given(&store, FIRST, &entry(1, before.clone())).await;
            let next = CertificateState::Failed(RetryState {
                reason: "another".to_owned(),
                failures: 9,
                since: at("10:00:00"),
                retry_at: at("11:00:00"),
            });
            let noted = store
                .put_certificate(&acme(), token, &entry(1, next.clone()))
                .await;
            let (expected, after) = if is_settled {
                (PutOutcome::AlreadyFinal, before.clone())
            } else {
                (PutOutcome::Written, next)
            };
            assert_eq!(noted, Ok(expected), "{before:?} {token:?}");
            assert_eq!(stored(&stack, 1).await.state, after);
        }
    }
}

#[tokio::test]
async fn a_run_that_lost_its_lease_is_fenced_even_for_decided_certificates() {
    let stack = stack().await;
    let store = stack.store();
    given(&store, SECOND, &entry(1, uploaded())).await;
    let fenced = Err(StateError::Fenced {
        item: "CERTIFICATE#cert-1".to_owned(),
    });
    assert_eq!(
        store
            .put_certificate(&acme(), FIRST, &entry(1, uploaded()))
            .await,
        fenced
    );
    assert_eq!(
        store
            .put_certificate(&acme(), FencingToken(3), &entry(1, uploaded()))
            .await,
        Ok(PutOutcome::AlreadyFinal)
    );
}

#[tokio::test]
async fn an_entry_is_written_although_replies_are_lost() {
    for (state, _) in states() {
        for lost in [1, 2] {
            let stack = stack().await;
            given(&stack.store(), FIRST, &entry(1, intended())).await;
            let proxy = losing(&stack, "PutItem", lost).await;
            let noted = proxy
                .store(&stack)
                .put_certificate(&acme(), SECOND, &entry(1, state.clone()))
                .await;
            assert_eq!(noted, Ok(PutOutcome::Written), "{lost} lost, {state:?}");
            assert_eq!(proxy.calls("PutItem"), lost + 1);
            assert_eq!(stored(&stack, 1).await.state, state);
        }
    }
}

#[tokio::test]
async fn an_entry_decided_by_another_run_is_recognized_when_the_reply_is_lost() {
    let stack = stack().await;
    given(&stack.store(), FIRST, &entry(1, dismissed("08:45:00"))).await;
    let proxy = losing(&stack, "PutItem", 1).await;
    let noted = proxy
        .store(&stack)
        .put_certificate(&acme(), FIRST, &entry(1, dismissed("08:46:00")))
        .await;
    assert_eq!(noted, Ok(PutOutcome::AlreadyFinal));
}

#[tokio::test]
async fn reads_more_than_a_megabyte() {
    let stack = stack().await;
    let long = |number| {
        let reason = "x".repeat(40_000);
        entry(
            number,
            CertificateState::Parked {
                at: at("08:00:00"),
                reason,
                unverified: None,
            },
        )
    };
    for number in 0..30 {
        given(&stack.store(), FIRST, &long(number)).await;
    }
    let proxy = Proxy::start(&stack, |_| Fate::Pass).await;
    let store = proxy.store(&stack);
    let all = store.all_certificates(&acme()).await.unwrap();
    assert!((0..30).all(|number| all[&id(number)] == long(number)));
    assert_eq!(all.len(), 30);
    assert_eq!(proxy.calls("Query"), 2, "1.2 MB in pages of at most 1 MB");
    assert_eq!(store.parked_certificates(&acme()).await.unwrap().len(), 30);
    assert_eq!(proxy.calls("Query"), 4);
}

#[tokio::test]
async fn reading_ends_with_an_empty_last_page() {
    let stack = stack().await;
    for number in 0..4 {
        given(&stack.store(), FIRST, &entry(number, failed())).await;
    }
    let proxy = Proxy::start(&stack, |call| {
        let mut query: Value = serde_json::from_str(call.body).unwrap();
        query["Limit"] = json!(2);
        Fate::Instead(query.to_string())
    })
    .await;
    assert_eq!(
        proxy
            .store(&stack)
            .all_certificates(&acme())
            .await
            .unwrap()
            .len(),
        4
    );
    assert_eq!(proxy.calls("Query"), 3, "the third page is empty");
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named() {
    let stack = stack().await;
    given(&stack.store(), FIRST, &entry(7, failed())).await;
    let update = stack
        .aws()
        .dynamodb()
        .update_item()
        .table_name("reteach-personio");
    let update = update.key("pk", AttributeValue::S("TENANT#acme".to_owned()));
    let update = update.key("sk", AttributeValue::S("CERTIFICATE#cert-7".to_owned()));
    let update = update
        .update_expression("SET #state = :state")
        .expression_attribute_names("#state", "state");
    let archived = AttributeValue::S("archived".to_owned());
    update
        .expression_attribute_values(":state", archived)
        .send()
        .await
        .unwrap();

    let damaged = StateError::Damaged {
        item: "CERTIFICATE#cert-7".to_owned(),
    };
    let store = stack.store();
    assert_eq!(
        store.certificates(&acme(), [&id(7)]).await,
        Err(damaged.clone())
    );
    assert_eq!(store.all_certificates(&acme()).await, Err(damaged.clone()));
    assert_eq!(
        store.parked_certificates(&acme()).await,
        Err(damaged.clone())
    );
    assert_eq!(
        store
            .dismiss_certificate(&acme(), &id(7), at("09:00:00"))
            .await,
        Err(damaged.clone())
    );
    assert_eq!(
        store
            .put_certificate(&acme(), FIRST, &entry(7, failed()))
            .await,
        Err(damaged)
    );
}
