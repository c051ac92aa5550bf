use std::collections::{BTreeMap, BTreeSet};

use shared::state::{Brake, Decision, FencingToken, HeldPlan, StateError, Store};

use crate::support::{FIRST, SECOND, acme, at, fenced, state};

fn plan(hash: &str) -> HeldPlan {
    HeldPlan {
        hash: hash.to_owned(),
        since: at("08:00:00"),
        counts: BTreeMap::from([(Brake::UnexplainedLock, 80), (Brake::MailChange, 2)]),
        changes: BTreeSet::from([0, 1, u64::MAX]),
        sample: vec!["personio:1".to_owned()],
        decision: None,
    }
}

async fn put(store: &Store, token: FencingToken, hash: &str) -> Result<(), StateError> {
    store.put_held(&acme(), token, &plan(hash)).await
}

/// A plan, and what was decided about it.
fn decided(hash: &str, decision: Option<Decision>) -> HeldPlan {
    HeldPlan {
        decision,
        ..plan(hash)
    }
}

fn approved() -> Decision {
    Decision::Approved { at: at("09:00:00") }
}

#[tokio::test]
async fn a_plan_is_held_replaced_and_cleared() {
    let (_stack, store) = state().await;
    assert_eq!(store.held(&acme()).await, Ok(None));
    for hash in ["one", "two"] {
        put(&store, FIRST, hash).await.unwrap();
        assert_eq!(store.held(&acme()).await, Ok(Some(plan(hash))));
    }
    store.clear_held(&acme(), FIRST).await.unwrap();
    assert_eq!(store.held(&acme()).await, Ok(None));
}

#[tokio::test]
async fn a_decision_is_for_one_hash() {
    let decisions = [approved(), Decision::Dismissed { at: at("09:00:00") }];
    for decision in decisions {
        let (_stack, store) = state().await;
        let decide = store.decide(&acme(), "one", decision).await;
        assert_eq!(decide, Err(StateError::NoSuchPlan));
        put(&store, FIRST, "one").await.unwrap();
        let decide = store.decide(&acme(), "two", decision).await;
        assert_eq!(decide, Err(StateError::NoSuchPlan));
        store.decide(&acme(), "one", decision).await.unwrap();
        let decided = decided("one", Some(decision));
        assert_eq!(store.held(&acme()).await, Ok(Some(decided)));
    }
}

#[tokio::test]
async fn a_plan_that_is_no_longer_held_cannot_be_decided() {
    let (_stack, store) = state().await;
    put(&store, FIRST, "one").await.unwrap();
    store.clear_held(&acme(), FIRST).await.unwrap();
    let decide = store.decide(&acme(), "one", approved()).await;
    assert_eq!(decide, Err(StateError::NoSuchPlan));
    assert_eq!(store.held(&acme()).await, Ok(None));
}

#[tokio::test]
async fn a_run_that_lost_its_lease_cannot_restore_a_cleared_plan() {
    let (_stack, store) = state().await;
    let fenced = fenced("HELD#employees");
    put(&store, SECOND, "two").await.unwrap();
    assert_eq!(store.clear_held(&acme(), FIRST).await, fenced);
    store.clear_held(&acme(), SECOND).await.unwrap();
    assert_eq!(put(&store, FIRST, "one").await, fenced);
    assert_eq!(store.held(&acme()).await, Ok(None));
}

#[tokio::test]
async fn a_decision_outlives_a_run_that_did_not_know_of_it() {
    for (next, decision) in [("one", Some(approved())), ("two", None)] {
        let (_stack, store) = state().await;
        put(&store, FIRST, "one").await.unwrap();
        store.decide(&acme(), "one", approved()).await.unwrap();
        put(&store, FIRST, next).await.unwrap();
        let decided = decided(next, decision);
        assert_eq!(store.held(&acme()).await, Ok(Some(decided)));
    }
}

#[tokio::test]
async fn a_run_that_knows_of_a_decision_may_replace_it() {
    let (_stack, store) = state().await;
    let dismissed = Decision::Dismissed { at: at("10:00:00") };
    put(&store, FIRST, "one").await.unwrap();
    store.decide(&acme(), "one", approved()).await.unwrap();
    let replaced = decided("one", Some(dismissed));
    store.put_held(&acme(), FIRST, &replaced).await.unwrap();
    assert_eq!(store.held(&acme()).await, Ok(Some(replaced)));
}
