use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::{OperatorId, SourceId};
use shared::state::{
    Brake, Choice, Decision, HeldPart, HeldPattern, HeldPlan, HeldSource, PartKey, StateError,
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
        decided_by: Vec::new(),
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
        let decide = |hash| store.decide(&tenant, hash, &choice, decision, None);
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
        store.decide(&acme(), "one", &all, approved(), None).await,
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
        let decided = store.decide(&tenant, "one", &choice, approved(), None);
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
    let decided = store.decide(&tenant, "one", &choice, approved(), None);
    let revision = decided.await.unwrap().revision;
    let replaced = HeldPlan {
        revision,
        ..plan("one")
    };
    store.put_held(&acme(), FIRST, &replaced).await.unwrap();
    assert_eq!(store.held(&acme()).await, Ok(Some(replaced)));
}

#[tokio::test]
async fn who_decided_stays_with_the_decision_through_a_run_that_did_not_know_of_it() {
    let (_stack, store) = state().await;
    store.put_held(&acme(), FIRST, &plan("one")).await.unwrap();
    let (tenant, choice) = (acme(), mail());
    let operator = OperatorId::new("Operators/3f9a1c02");
    let decided = store.decide(&tenant, "one", &choice, approved(), Some(&operator));
    let decided = decided.await.unwrap();
    assert_eq!(decided.operator_of(approved()), Some(&operator));
    assert_eq!(store.held(&acme()).await, Ok(Some(decided)));
    store.put_held(&acme(), FIRST, &plan("two")).await.unwrap();
    let held = store.held(&acme()).await.unwrap().unwrap();
    assert_eq!(held.operator_of(approved()), Some(&operator));
}

#[tokio::test]
async fn a_decision_about_a_reading_is_its_own_operator_s() {
    let (_stack, store) = state().await;
    let source = HeldSource {
        hash: "one".to_owned(),
        since: at("08:00:00"),
        known: 900,
        found: 3,
        new: 230,
        decision: None,
        decided_by: None,
    };
    store
        .put_held_source(&acme(), FIRST, &source)
        .await
        .unwrap();
    let operator = OperatorId::new("Operators/3f9a1c02");
    for by in [Some(&operator), None] {
        let (tenant, approved) = (acme(), approved());
        let decide = store.decide_source(&tenant, "one", approved, by);
        decide.await.unwrap();
        let held = store.held_source(&tenant).await.unwrap().unwrap();
        assert_eq!((held.decision, held.operator()), (Some(approved), by));
    }
}
