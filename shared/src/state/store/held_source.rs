//! The rejected reading, and what somebody decides about it.

use super::{FencingToken, StateError, Store};
use crate::domain::id::{OperatorId, TenantId};
use crate::state::key::Key;
use crate::state::table::{Condition, Freshness, Item, attribute, record};
use crate::state::{DecidedBy, Decision, HeldSource};

impl Store {
    /// The rejected reading, if there is one.
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
