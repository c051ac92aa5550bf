use std::collections::{BTreeMap, BTreeSet};

use shared::state::{Brake, Decision, FencingToken, HeldPlan, StateError};

use crate::support::{acme, at, stack};

const FIRST: FencingToken = FencingToken(1);

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

fn approved() -> Decision {
    Decision::Approved { at: at("09:00:00") }
}

#[tokio::test]
async fn a_plan_is_held_replaced_and_cleared() {
    let stack = stack().await;
    let store = stack.store();
    assert_eq!(store.held(&acme()).await, Ok(None));
    for hash in ["one", "two"] {
        store.put_held(&acme(), FIRST, &plan(hash)).await.unwrap();
        assert_eq!(store.held(&acme()).await, Ok(Some(plan(hash))));
    }
    store.clear_held(&acme(), FIRST).await.unwrap();
    assert_eq!(store.held(&acme()).await, Ok(None));
}

#[tokio::test]
async fn a_decision_is_for_one_hash() {
    let decisions = [approved(), Decision::Dismissed { at: at("09:00:00") }];
    for decision in decisions {
        let stack = stack().await;
        let store = stack.store();
        assert_eq!(
            store.decide(&acme(), "one", decision).await,
            Err(StateError::NoSuchPlan)
        );
        store.put_held(&acme(), FIRST, &plan("one")).await.unwrap();
        assert_eq!(
            store.decide(&acme(), "two", decision).await,
            Err(StateError::NoSuchPlan)
        );
        store.decide(&acme(), "one", decision).await.unwrap();
        let decided = HeldPlan {
            decision: Some(decision),
            ..plan("one")
        };
        assert_eq!(store.held(&acme()).await, Ok(Some(decided)));
    }
}

#[tokio::test]
async fn a_plan_that_is_no_longer_held_cannot_be_decided() {
    let stack = stack().await;
    let store = stack.store();
    store.put_held(&acme(), FIRST, &plan("one")).await.unwrap();
    store.clear_held(&acme(), FIRST).await.unwrap();
    assert_eq!(
        store.decide(&acme(), "one", approved()).await,
        Err(StateError::NoSuchPlan)
    );
    assert_eq!(store.held(&acme()).await, Ok(None));
}

#[tokio::test]
async fn a_run_that_lost_its_lease_cannot_restore_a_cleared_plan() {
    let stack = stack().await;
    let store = stack.store();
    let fenced = Err(StateError::Fenced {
        item: "HELD#employees".to_owned(),
    });
    store
        .put_held(&acme(), FencingToken(2), &plan("two"))
        .await
        .unwrap();
    assert_eq!(store.clear_held(&acme(), FIRST).await, fenced);
    store.clear_held(&acme(), FencingToken(2)).await.unwrap();
    assert_eq!(store.put_held(&acme(), FIRST, &plan("one")).await, fenced);
    assert_eq!(store.held(&acme()).await, Ok(None));
}

#[tokio::test]
async fn a_decision_outlives_a_run_that_did_not_know_of_it() {
    for (next, decision) in [("one", Some(approved())), ("two", None)] {
        let stack = stack().await;
        let store = stack.store();
        store.put_held(&acme(), FIRST, &plan("one")).await.unwrap();
        store.decide(&acme(), "one", approved()).await.unwrap();
        store.put_held(&acme(), FIRST, &plan(next)).await.unwrap();
        assert_eq!(
            store.held(&acme()).await,
            Ok(Some(HeldPlan {
                decision,
                ..plan(next)
            }))
        );
    }
}

#[tokio::test]
async fn a_run_that_knows_of_a_decision_may_replace_it() {
    let stack = stack().await;
    let store = stack.store();
    let dismissed = Decision::Dismissed { at: at("10:00:00") };
    store.put_held(&acme(), FIRST, &plan("one")).await.unwrap();
    store.decide(&acme(), "one", approved()).await.unwrap();
    let replaced = HeldPlan {
        decision: Some(dismissed),
        ..plan("one")
    };
    store.put_held(&acme(), FIRST, &replaced).await.unwrap();
    assert_eq!(store.held(&acme()).await, Ok(Some(replaced)));
}
