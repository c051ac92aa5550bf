//! The rejected reading, and what somebody decides about it.

use super::{FencingToken, StateError, Store};
use crate::domain::id::TenantId;
use crate::state::key::Key;
use crate::state::table::{Condition, Freshness, Item, attribute, record};
use crate::state::{Decision, HeldSource};

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

    /// Records what somebody decided about the reading with this hash.
    ///
    /// # Errors
    /// [`StateError::NoSuchPlan`] unless that very reading is stored, or DynamoDB fails.
    pub async fn decide_source(
        &self,
        tenant: &TenantId,
        hash: &str,
        decision: Decision,
    ) -> Result<(), StateError> {
        let key = Key::held_source(tenant);
        let condition = Condition::update("SET #decision = :decision")
            .only_if("#hash = :hash")
            .names(["decision", "hash"])
            .text("hash", hash)
            .value("decision", attribute(&decision, &key.sk)?);
        let written = self.table.update(&key, condition).await?;
        written.or(StateError::NoSuchPlan)
    }
}
