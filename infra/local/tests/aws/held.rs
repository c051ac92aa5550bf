use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::SourceId;
use shared::state::{
    Brake, Choice, Decision, HeldPart, HeldPattern, HeldPlan, PartKey, StateError,
};

use crate::support::{FIRST, SECOND, acme, at, fenced, state};

fn plan(hash: &str) -> HeldPlan {
    let part = |number: u64, brake: Brake| {
        let person = Some(SourceId::new(number.to_string()));
        let part = HeldPart {
            person,
            decision: None,
        };
        (PartKey::new(brake, number), part)
    };
    HeldPlan {
        hash: hash.to_owned(),
        since: at("08:00:00"),
        counts: BTreeMap::from([(Brake::UnexplainedLock, 2), (Brake::MailChange, 1)]),
        patterns: vec![HeldPattern {
            text: Some("mail @alt.example → @neu.example".to_owned()),
            parts: 1,
        }],
        parts: [
            part(0, Brake::UnexplainedLock),
            part(1, Brake::UnexplainedLock),
            part(2, Brake::MailChange),
        ]
        .into_iter()
        .collect(),
        partly_decided: BTreeSet::new(),
        is_unseen: false,
        sample: vec!["1".to_owned()],
        revision: 0,
    }
}

fn approved() -> Decision {
    Decision::Approved { at: at("09:00:00") }
}

fn mail() -> Choice {
    Choice {
        kinds: BTreeSet::from([Brake::MailChange]),
        ..Choice::default()
    }
}

#[tokio::test]
async fn a_plan_is_held_replaced_and_cleared() {
    let (_stack, store) = state().await;
    assert_eq!(store.held(&acme()).await, Ok(None));
    for hash in ["one", "two"] {
        store.put_held(&acme(), FIRST, &plan(hash)).await.unwrap();
        assert_eq!(store.held(&acme()).await, Ok(Some(plan(hash))));
    }
    store.clear_held(&acme(), FIRST).await.unwrap();
    assert_eq!(store.held(&acme()).await, Ok(None));
}

#[tokio::test]
async fn a_decision_is_for_one_hash_and_the_chosen_parts() {
    for decision in [approved(), Decision::Dismissed { at: at("09:00:00") }] {
        let (_stack, store) = state().await;
        let (tenant, choice) = (acme(), mail());
        let decide = |hash| store.decide(&tenant, hash, &choice, decision);
        assert_eq!(decide("one").await, Err(StateError::NoSuchPlan));
        store.put_held(&acme(), FIRST, &plan("one")).await.unwrap();
        assert_eq!(decide("two").await, Err(StateError::NoSuchPlan));
        let expected = plan("one").decide(&mail(), decision).unwrap();
        assert_eq!(decide("one").await, Ok(expected.clone()));
        assert_eq!(store.held(&acme()).await, Ok(Some(expected)));
    }
}

#[tokio::test]
async fn a_plan_that_is_no_longer_held_cannot_be_decided() {
    let (_stack, store) = state().await;
    store.put_held(&acme(), FIRST, &plan("one")).await.unwrap();
    store.clear_held(&acme(), FIRST).await.unwrap();
    let all = Choice::default();
    assert_eq!(
        store.decide(&acme(), "one", &all, approved()).await,
        Err(StateError::NoSuchPlan)
    );
    assert_eq!(store.held(&acme()).await, Ok(None));
}

#[tokio::test]
async fn a_run_that_lost_its_lease_cannot_restore_a_cleared_plan() {
    let (_stack, store) = state().await;
    let fenced = fenced("HELD#employees");
    store.put_held(&acme(), SECOND, &plan("two")).await.unwrap();
    assert_eq!(store.clear_held(&acme(), FIRST).await, fenced);
    store.clear_held(&acme(), SECOND).await.unwrap();
    assert_eq!(store.put_held(&acme(), FIRST, &plan("one")).await, fenced);
    assert_eq!(store.held(&acme()).await, Ok(None));
}

#[tokio::test]
async fn a_decision_outlives_a_run_that_did_not_know_of_it_even_if_the_plan_changed() {
    for next in ["one", "two"] {
        let (_stack, store) = state().await;
        store.put_held(&acme(), FIRST, &plan("one")).await.unwrap();
        let (tenant, choice) = (acme(), mail());
        let decided = store.decide(&tenant, "one", &choice, approved());
        let decided = decided.await.unwrap();
        store.put_held(&acme(), FIRST, &plan(next)).await.unwrap();
        let expected = plan(next).with_decisions_of(&decided);
        assert_eq!(expected.undecided().len(), 1);
        assert_eq!(store.held(&acme()).await, Ok(Some(expected)));
    }
}

#[tokio::test]
async fn a_run_that_knows_of_a_decision_may_replace_it() {
    let (_stack, store) = state().await;
    store.put_held(&acme(), FIRST, &plan("one")).await.unwrap();
    let (tenant, choice) = (acme(), mail());
    let decided = store.decide(&tenant, "one", &choice, approved());
    let revision = decided.await.unwrap().revision;
    let replaced = HeldPlan {
        revision,
        ..plan("one")
    };
    store.put_held(&acme(), FIRST, &replaced).await.unwrap();
    assert_eq!(store.held(&acme()).await, Ok(Some(replaced)));
}
