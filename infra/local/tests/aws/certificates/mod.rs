//! The ledger of certificates: what runs write and read.

mod decisions;
mod reissues;
mod start;

use aws_sdk_dynamodb::types::AttributeValue;
use local::Stack;
use shared::domain::id::{CertificateId, DocumentId, SourceId};
use shared::state::{
    CertificateEntry, CertificateState, FencingToken, Intent, OnUnverifiable, PutOutcome,
    RetryState, StateError, Store,
};

use crate::proxy::{Fate, Proxy};
use crate::support::{FIRST, SECOND, TOKENS, acme, at, damaged, fenced, key, stack, state};

const ITEM: &str = "CERTIFICATE#cert-1";

fn id(number: usize) -> CertificateId {
    CertificateId::new(format!("cert-{number}"))
}

fn entry(number: usize, state: CertificateState) -> CertificateEntry {
    CertificateEntry::new(id(number), SourceId::new("4711"), state)
}

fn intent() -> Intent {
    Intent {
        at: at("08:00:00"),
        size: Some(200_000),
        failures: 1,
        refusals: 1,
        failing_since: Some(at("07:00:00.123456789")),
        on_unverifiable: OnUnverifiable::Park,
        decided_at: None,
    }
}

fn intended() -> CertificateState {
    CertificateState::Intended(intent())
}

fn uploaded(document: Option<&str>) -> CertificateState {
    let (at, document) = (at("08:00:05"), document.map(DocumentId::new));
    CertificateState::Uploaded { at, document }
}

fn retry(reason: &str, failures: u32, since: &str, retry_at: &str) -> CertificateState {
    CertificateState::Failed(RetryState {
        reason: reason.to_owned(),
        failures,
        refusals: failures.min(1),
        unlisted: false,
        unverified_at: None,
        since: at(since),
        retry_at: at(retry_at),
    })
}

fn failed() -> CertificateState {
    retry("Personio: 503", 2, "07:00:00", "09:00:00")
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
fn states() -> [(CertificateState, bool); 8] {
    [
        (CertificateState::Held { at: at("07:30:00") }, false),
        (intended(), false),
        (failed(), false),
        (uploaded(Some("d-7")), true),
        (uploaded(None), true),
        (parked("08:30:00", None), true),
        (parked("08:30:00", Some(intent())), true),
        (dismissed("08:45:00"), true),
    ]
}

type Put = Result<PutOutcome, StateError>;

/// Writes the entry of certificate 1 as a run would that has read `before`.
async fn put(
    store: &Store,
    token: FencingToken,
    before: &CertificateState,
    state: CertificateState,
) -> Put {
    store
        .put_certificate(&acme(), token, &entry(1, state), Some(before))
        .await
}

/// Makes the entry what it is to be, for a run with this token.
async fn given(store: &Store, token: FencingToken, entry: &CertificateEntry) {
    let put = store.put_certificate(&acme(), token, entry, None).await;
    assert_eq!(put, Ok(PutOutcome::Written));
}

async fn ledger(token: FencingToken, before: CertificateState) -> (Stack, Store) {
    let (stack, store) = state().await;
    given(&store, token, &entry(1, before)).await;
    (stack, store)
}

async fn stored(store: &Store) -> CertificateState {
    let found = store.certificates(&acme(), [&id(1)]).await.unwrap();
    let (found, state) = (&found[&id(1)], found[&id(1)].state.clone());
    assert_eq!(*found, entry(1, state.clone()));
    state
}

#[tokio::test]
async fn reads_back_every_state() {
    let (_stack, store) = state().await;
    for (number, (state, _)) in states().into_iter().enumerate() {
        given(&store, FIRST, &entry(number, state)).await;
    }
    let all = store.all_certificates(&acme()).await.unwrap();
    assert_eq!(all.len(), states().len());
    for (number, (state, _)) in states().into_iter().enumerate() {
        assert_eq!(all[&id(number)], entry(number, state));
        let one = store.certificates(&acme(), [&id(number)]).await.unwrap();
        assert_eq!(one[&id(number)], all[&id(number)]);
    }
}

#[tokio::test]
async fn a_write_is_fenced_by_every_newer_token() {
    for (before, writing, fits) in TOKENS {
        let (_stack, store) = ledger(FencingToken(before), intended()).await;
        let written = put(&store, FencingToken(writing), &intended(), uploaded(None)).await;
        let (expected, after) = match fits {
            true => (Ok(PutOutcome::Written), uploaded(None)),
            false => (fenced(ITEM), intended()),
        };
        assert_eq!(written, expected, "{writing} over {before}");
        assert_eq!(stored(&store).await, after, "{writing} over {before}");
    }
}

#[tokio::test]
async fn final_states_are_never_overwritten() {
    for (before, is_settled) in states() {
        for token in [FIRST, SECOND] {
            let (_stack, store) = ledger(FIRST, before.clone()).await;
            let next = retry("another", 9, "10:00:00", "11:00:00");
            let noted = put(&store, token, &before, next.clone()).await;
            let (expected, after) = match is_settled {
                true => (PutOutcome::Changed, before.clone()),
                false => (PutOutcome::Written, next),
            };
            assert_eq!(noted, Ok(expected), "{before:?} {token:?}");
            assert_eq!(stored(&store).await, after);
        }
    }
}

#[tokio::test]
async fn an_entry_that_changed_since_it_was_read_is_not_overwritten() {
    let CertificateState::Intended(intent) = intended() else {
        unreachable!()
    };
    let earlier = CertificateState::Intended(Intent {
        at: at("07:59:59"),
        ..intent
    });
    let sooner = retry("Personio: 503", 2, "07:00:00", "08:30:00");
    for (before, read) in [
        (intended(), None),
        (intended(), Some(earlier)),
        (intended(), Some(failed())),
        (failed(), Some(sooner)),
        (failed(), None),
    ] {
        let (_stack, store) = ledger(FIRST, before.clone()).await;
        let entry = entry(1, uploaded(None));
        let tenant = acme();
        let put = store.put_certificate(&tenant, SECOND, &entry, read.as_ref());
        assert_eq!(put.await, Ok(PutOutcome::Changed), "{read:?}");
        assert_eq!(stored(&store).await, before, "{read:?}");
    }
}

#[tokio::test]
async fn a_run_that_lost_its_lease_is_fenced_even_for_decided_certificates() {
    let (_stack, store) = ledger(SECOND, uploaded(None)).await;
    assert_eq!(
        put(&store, FIRST, &intended(), uploaded(None)).await,
        fenced(ITEM)
    );
    let newer = put(&store, FencingToken(3), &intended(), uploaded(None)).await;
    assert_eq!(newer, Ok(PutOutcome::Changed));
}

#[tokio::test]
async fn an_entry_is_written_although_replies_are_lost() {
    for (state, _) in states() {
        for lost in [1, 2] {
            let (stack, store) = ledger(FIRST, intended()).await;
            let proxy = Proxy::losing(&stack, "PutItem", lost).await;
            let noted = put(&proxy.store(), SECOND, &intended(), state.clone()).await;
            assert_eq!(noted, Ok(PutOutcome::Written), "{lost} lost, {state:?}");
            assert_eq!(proxy.calls("PutItem"), lost + 1);
            assert_eq!(stored(&store).await, state);
        }
    }
}

#[tokio::test]
async fn an_entry_decided_by_another_run_is_recognized_when_the_reply_is_lost() {
    let (stack, _) = ledger(FIRST, dismissed("08:45:00")).await;
    let proxy = Proxy::losing(&stack, "PutItem", 1).await;
    let noted = put(&proxy.store(), FIRST, &intended(), dismissed("08:46:00")).await;
    assert_eq!(noted, Ok(PutOutcome::Changed));
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
    let (stack, store) = ledger(FIRST, failed()).await;
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
    assert_eq!(
        put(&store, FIRST, &intended(), failed()).await,
        damaged(ITEM)
    );
}
