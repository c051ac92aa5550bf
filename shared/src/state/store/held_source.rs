//! The rejected reading, and what somebody decides about it.

use super::{FencingToken, StateError, Store};
use crate::domain::id::{OperatorId, TenantId};
use crate::state::key::Key;
use crate::state::table::{Condition, Freshness, Item, attribute, record};
use crate::state::{DecidedBy, Decision, HeldSource};

impl Store {
    pub async fn held_source(&self, tenant: &TenantId) -> Result<Option<HeldSource>, StateError> {
        let key = Key::held_source(tenant);
        let item = self.table.get(&key, Freshness::Consistent).await?;
        // One that was cleared leaves its fence behind.
        item.filter(|item| item.contains_key("hash"))
            .map(|item| record(item, &key.sk))
            .transpose()
    }

    /// Stores a rejected reading in place of any other, with its decision.
    pub async fn put_held_source(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        source: &HeldSource,
    ) -> Result<(), StateError> {
        self.put_fenced_record(&Key::held_source(tenant), token, source)
            .await
    }

    /// Forgets the rejected reading: the known people are there again.
    pub async fn clear_held_source(
        &self,
        tenant: &TenantId,
        token: FencingToken,
    ) -> Result<(), StateError> {
        self.put_fenced(&Key::held_source(tenant), token, Item::new())
            .await
    }

    /// Records what somebody decided about the reading with this hash, and `by` whom, where that is known.
    ///
    /// # Errors
    /// [`StateError::NoSuchPlan`] unless that very reading is stored, or DynamoDB fails.
    pub async fn decide_source(
        &self,
        tenant: &TenantId,
        hash: &str,
        decision: Decision,
        by: Option<&OperatorId>,
    ) -> Result<(), StateError> {
        let key = Key::held_source(tenant);
        let update = match by {
            Some(_) => "SET #decision = :decision, #decided_by = :operator",
            None => "SET #decision = :decision REMOVE #decided_by",
        };
        let mut condition = Condition::update(update)
            .only_if("#hash = :hash")
            .names(["decision", "hash", "decided_by"])
            .text("hash", hash)
            .value("decision", attribute(&decision, &key.sk)?);
        if let Some(operator) = DecidedBy::new(decision.at(), by) {
            condition = condition.value("operator", attribute(&operator, &key.sk)?);
        }
        let written = self.table.update(&key, condition).await?;
        written.or(StateError::NoSuchPlan)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::state::testing::Emulator;

    #[tokio::test]
    async fn a_rejected_reading_is_kept_with_its_decision_until_a_run_clears_it() {
        let store = Emulator::start().await.store;
        let acme = TenantId::parse("acme").unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let (token, older) = (FencingToken(10), FencingToken(9));
        let source = HeldSource {
            hash: "aa".to_owned(),
            since: at,
            known: 100,
            found: 3,
            new: 20,
            decision: None,
            decided_by: None,
        };
        let approval = Decision::Approved { at };
        let no_such = Err(StateError::NoSuchPlan);
        let fenced = Err(StateError::Fenced {
            item: "HELD#source".to_owned(),
        });
        let decided = store.decide_source(&acme, "aa", approval, None).await;
        assert_eq!(decided, no_such);
        assert_eq!(store.held_source(&acme).await, Ok(None));
        let put = store.put_held_source(&acme, token, &source).await;
        assert_eq!(put, Ok(()));
        let decided = store.decide_source(&acme, "bb", approval, None).await;
        assert_eq!(decided, no_such);
        assert_eq!(store.held_source(&acme).await, Ok(Some(source.clone())));
        let operator = OperatorId::new("Operators/3f9a1c02");
        for by in [Some(&operator), None] {
            let decided = store.decide_source(&acme, "aa", approval, by).await;
            assert_eq!(decided, Ok(()));
            let held = store.held_source(&acme).await.unwrap().unwrap();
            assert_eq!((held.decision, held.operator()), (Some(approval), by));
        }
        let put = store.put_held_source(&acme, older, &source).await;
        assert_eq!(put, fenced);
        assert_eq!(store.clear_held_source(&acme, older).await, fenced);
        let approved = HeldSource {
            decision: Some(approval),
            ..source
        };
        assert_eq!(store.held_source(&acme).await, Ok(Some(approved)));
        assert_eq!(store.clear_held_source(&acme, token).await, Ok(()));
        assert_eq!(store.held_source(&acme).await, Ok(None));
        let decided = store.decide_source(&acme, "aa", approval, None).await;
        assert_eq!(decided, no_such);
    }
}
