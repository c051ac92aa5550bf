//! The held plan, and what somebody decides about its parts.

use std::collections::BTreeSet;

use super::{FencingToken, StateError, Store};
use crate::domain::id::{OperatorId, TenantId};
use crate::state::key::Key;
use crate::state::table::{Condition, Freshness, Item, Outcome, attribute, attributes, record};
use crate::state::{Choice, Decision, HeldPlan, PartKey};

/// No newer run has written the item, and nobody has decided about it since the run read it.
const AS_READ: &str = "(attribute_not_exists(#fence) OR #fence <= :token) \
     AND (attribute_not_exists(#revision) OR #revision = :revision)";

/// Decisions that may be taken while one is written.
const ATTEMPTS: usize = 5;

impl Store {
    pub async fn held(&self, tenant: &TenantId) -> Result<Option<HeldPlan>, StateError> {
        let key = Key::held(tenant);
        let item = self.table.get(&key, Freshness::Consistent).await?;
        // A plan that was cleared leaves its fence behind.
        item.filter(|item| item.contains_key("hash"))
            .map(|item| record(item, &key.sk))
            .transpose()
    }

    /// Holds this plan in place of any other. Decisions that somebody took since the caller looked are kept for the
    /// parts that the plan still has.
    pub async fn put_held(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        plan: &HeldPlan,
    ) -> Result<(), StateError> {
        let key = Key::held(tenant);
        let mut plan = plan.clone();
        for _ in 0..ATTEMPTS {
            let condition = token
                .condition()
                .only_if(AS_READ)
                .names(["revision"])
                .number("revision", plan.revision);
            let item = attributes(&plan, &key.sk)?;
            match self.put_under(&key, token, item, condition).await? {
                Outcome::Written(_) => return Ok(()),
                Outcome::Refused(_) => {}
            }
            let current = self.held(tenant).await?;
            match current.filter(|current| current.revision != plan.revision) {
                Some(current) => plan = plan.with_decisions_of(&current),
                None => break,
            }
        }
        Err(StateError::Fenced { item: key.sk })
    }

    /// Forgets the held plan: it was applied, or there is nothing to hold any more.
    pub async fn clear_held(
        &self,
        tenant: &TenantId,
        token: FencingToken,
    ) -> Result<(), StateError> {
        self.put_fenced(&Key::held(tenant), token, Item::new())
            .await
    }

    /// Records what somebody decided about parts of the plan with this hash, and `by` whom, where that is known. Returns the
    /// plan with the decision.
    ///
    /// # Errors
    /// [`StateError::NoSuchPlan`] unless that very plan is held and has these parts, or DynamoDB fails.
    pub async fn decide(
        &self,
        tenant: &TenantId,
        hash: &str,
        choice: &Choice,
        decision: Decision,
        by: Option<&OperatorId>,
    ) -> Result<HeldPlan, StateError> {
        let key = Key::held(tenant);
        let mut first: Option<(HeldPlan, BTreeSet<PartKey>)> = None;
        for _ in 0..ATTEMPTS {
            let held = self.held(tenant).await?;
            let Some(held) = held.filter(|held| held.hash == hash) else {
                break;
            };
            let (seen, chosen) = match first.take() {
                Some(first) => first,
                None => match held.chosen(choice) {
                    Ok(chosen) => (held.clone(), chosen),
                    Err(_) => break,
                },
            };
            // After a lost reply, or another operator's decision, the same words may choose other parts.
            let undecided_since = |key: &&PartKey| seen.decision(**key) == held.decision(**key);
            let parts: BTreeSet<PartKey> = chosen.iter().filter(undecided_since).copied().collect();
            if parts.is_empty() {
                return Ok(held);
            }
            let decided = held.decided(&parts, decision).signed(decision, by);
            first = Some((seen, chosen));
            let condition = Condition::update(
                "SET #parts = :parts, #partly_decided = :partly, #revision = :next, \
                 #decided_by = :operators",
            )
            .only_if("#hash = :hash AND #revision = :revision")
            .names(["parts", "partly_decided", "revision", "hash"])
            .names(["decided_by"])
            .text("hash", hash)
            .number("revision", held.revision)
            .number("next", decided.revision)
            .value("parts", attribute(&decided.parts, &key.sk)?)
            .value("partly", attribute(&decided.partly_decided, &key.sk)?)
            .value("operators", attribute(&decided.decided_by, &key.sk)?);
            match self.table.update(&key, condition).await? {
                Outcome::Written(_) => return Ok(decided),
                Outcome::Refused(_) => {}
            }
        }
        Err(StateError::NoSuchPlan)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::domain::id::SourceId;
    use crate::state::testing::Emulator;
    use crate::state::testing::Fault::LostReply;
    use crate::state::{Brake, HeldPart};

    const TOKEN: FencingToken = FencingToken(10);
    const OLDER: FencingToken = FencingToken(9);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn acme() -> TenantId {
        TenantId::parse("acme").unwrap()
    }

    /// A plan with a change of mail address of each of these people.
    fn plan(hash: &str, people: &[u64]) -> HeldPlan {
        let part = |person: &u64| {
            let part = HeldPart {
                person: Some(SourceId::new(person.to_string())),
                decision: None,
            };
            (key(*person), part)
        };
        HeldPlan {
            hash: hash.to_owned(),
            since: at(0),
            counts: BTreeMap::from([(Brake::MailChange, 1)]),
            parts: people.iter().map(part).collect(),
            ..HeldPlan::default()
        }
    }

    fn key(person: u64) -> PartKey {
        PartKey::new(Brake::MailChange, person)
    }

    fn of(person: &str) -> Choice {
        Choice {
            people: BTreeSet::from([SourceId::new(person)]),
            ..Choice::default()
        }
    }

    fn approval(second: i64) -> Decision {
        Decision::Approved { at: at(second) }
    }

    fn fenced() -> Result<(), StateError> {
        Err(StateError::Fenced {
            item: "HELD#employees".to_owned(),
        })
    }

    #[tokio::test]
    async fn a_plan_is_held_until_it_is_cleared_and_an_older_run_does_neither() {
        let (store, acme) = (Emulator::start().await.store, acme());
        assert_eq!(store.held(&acme).await, Ok(None));
        let (first, second) = (plan("aa", &[1]), plan("bb", &[1, 2]));
        for plan in [&first, &second] {
            assert_eq!(store.put_held(&acme, TOKEN, plan).await, Ok(()));
            assert_eq!(store.put_held(&acme, OLDER, &first).await, fenced());
            assert_eq!(store.clear_held(&acme, OLDER).await, fenced());
            assert_eq!(store.held(&acme).await, Ok(Some(plan.clone())));
        }
        assert_eq!(store.clear_held(&acme, TOKEN).await, Ok(()));
        assert_eq!(store.held(&acme).await, Ok(None));
        let decided = store
            .decide(&acme, "bb", &of("1"), approval(60), None)
            .await;
        assert_eq!(decided, Err(StateError::NoSuchPlan));
        assert_eq!(store.held(&acme).await, Ok(None));
        assert_eq!(store.put_held(&acme, OLDER, &first).await, fenced());
        assert_eq!(store.put_held(&acme, TOKEN, &first).await, Ok(()));
        assert_eq!(store.held(&acme).await, Ok(Some(first)));
    }

    #[tokio::test]
    async fn a_decision_since_the_run_looked_stays_for_the_parts_that_the_new_plan_has() {
        let (store, acme) = (Emulator::start().await.store, acme());
        let held = plan("aa", &[1, 2]);
        assert_eq!(store.put_held(&acme, TOKEN, &held).await, Ok(()));
        let operator = OperatorId::new("Operators/3f9a1c02");
        for person in ["1", "2"] {
            let choice = of(person);
            let decided = store.decide(&acme, "aa", &choice, approval(60), Some(&operator));
            let decided = decided.await.unwrap();
            assert_eq!(decided.operator_of(approval(60)), Some(&operator));
            assert_eq!(store.held(&acme).await, Ok(Some(decided)));
        }
        let next = plan("bb", &[2, 3]);
        assert_eq!(store.put_held(&acme, OLDER, &next).await, fenced());
        assert_eq!(store.put_held(&acme, TOKEN, &next).await, Ok(()));
        let stored = store.held(&acme).await.unwrap().unwrap();
        assert_eq!((stored.hash.as_str(), stored.revision), ("bb", 2));
        let decisions = [2, 3].map(|person| stored.decision(key(person)));
        assert_eq!(decisions, [Some(approval(60)), None]);
        assert_eq!(stored.operator_of(approval(60)), Some(&operator));
        assert_eq!(stored.parts.len(), 2);
    }

    #[tokio::test]
    async fn a_decision_is_about_the_plan_with_this_hash_and_about_parts_that_it_has() {
        let (store, acme) = (Emulator::start().await.store, acme());
        let none = store
            .decide(&acme, "aa", &of("1"), approval(60), None)
            .await;
        assert_eq!(none, Err(StateError::NoSuchPlan));
        let held = plan("aa", &[1, 2]);
        assert_eq!(store.put_held(&acme, TOKEN, &held).await, Ok(()));
        for (hash, person) in [("bb", "1"), ("aa", "3")] {
            let refused = store
                .decide(&acme, hash, &of(person), approval(60), None)
                .await;
            assert_eq!(refused, Err(StateError::NoSuchPlan), "{hash} {person}");
        }
        assert_eq!(store.held(&acme).await, Ok(Some(held)));
    }

    #[tokio::test]
    async fn a_decision_whose_reply_was_lost_is_taken_once() {
        let table = Emulator::start().await;
        let (store, acme) = (&table.store, acme());
        let held = plan("aa", &[1, 2]);
        assert_eq!(store.put_held(&acme, TOKEN, &held).await, Ok(()));
        let first = store
            .decide(&acme, "aa", &of("1"), approval(60), None)
            .await;
        let expected = held.decide(&of("1"), approval(60)).unwrap();
        assert_eq!(first, Ok(expected));
        // Without people it is about what is undecided, and about everything once nothing is.
        table.lose_after(1, LostReply);
        let dismissal = Decision::Dismissed { at: at(90) };
        let all = Choice::default();
        let decided = store.decide(&acme, "aa", &all, dismissal, None).await;
        let decided = decided.unwrap();
        let decisions = [1, 2].map(|person| decided.decision(key(person)));
        assert_eq!(decisions, [Some(approval(60)), Some(dismissal)]);
        assert_eq!(decided.revision, 2);
        assert_eq!(store.held(&acme).await, Ok(Some(decided.clone())));
        // A run keeps decisions that it does not know of, and may replace those that it knows.
        assert_eq!(store.put_held(&acme, TOKEN, &held).await, Ok(()));
        let kept = held.clone().with_decisions_of(&decided);
        assert_eq!(store.held(&acme).await, Ok(Some(kept)));
        let replaced = HeldPlan {
            revision: decided.revision,
            ..held
        };
        assert_eq!(store.put_held(&acme, TOKEN, &replaced).await, Ok(()));
        assert_eq!(store.held(&acme).await, Ok(Some(replaced)));
    }
}
