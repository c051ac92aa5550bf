//! The held plan, and what somebody decides about it.

use super::{FencingToken, StateError, Store};
use crate::id::TenantId;
use crate::state::key::Key;
use crate::state::table::{Freshness, Item, Outcome, Terms, attribute, attributes, record};
use crate::state::{Decision, HeldPlan};

impl Store {
    /// The held plan, if there is one.
    ///
    /// # Errors
    /// [`StateError::Damaged`] if it cannot be read, or DynamoDB fails.
    pub async fn held(&self, tenant: &TenantId) -> Result<Option<HeldPlan>, StateError> {
        let key = Key::held(tenant);
        let item = self.table.get(&key, Freshness::Consistent).await?;
        // A plan that was cleared leaves its fence behind.
        item.filter(|item| item.contains_key("hash")).map(|item| record(item, &key.sk)).transpose()
    }

    /// Holds this plan in place of any other.
    ///
    /// # Errors
    /// [`StateError::Fenced`] if a newer run has written it, or DynamoDB fails.
    pub async fn put_held(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        plan: &HeldPlan,
    ) -> Result<(), StateError> {
        let key = Key::held(tenant);
        self.put_fenced(&key, token, attributes(plan, &key.sk)?).await
    }

    /// Forgets the held plan: it was applied, or there is nothing to hold any more.
    ///
    /// # Errors
    /// [`StateError::Fenced`] if a newer run has written it, or DynamoDB fails.
    pub async fn clear_held(&self, tenant: &TenantId, token: FencingToken) -> Result<(), StateError> {
        self.put_fenced(&Key::held(tenant), token, Item::new()).await
    }

    /// Records what somebody decided about the plan with this hash.
    ///
    /// # Errors
    /// [`StateError::NoSuchPlan`] unless that very plan is held, or DynamoDB fails.
    pub async fn decide(&self, tenant: &TenantId, hash: &str, decision: Decision) -> Result<(), StateError> {
        let key = Key::held(tenant);
        let terms = Terms::update("SET #decision = :decision")
            .only_if("#hash = :hash")
            .names(["decision", "hash"])
            .text("hash", hash)
            .value("decision", attribute(&decision, &key.sk)?);
        match self.table.update(&key, terms).await? {
            Outcome::Written(_) => Ok(()),
            Outcome::Refused(_) => Err(StateError::NoSuchPlan),
        }
    }
}
