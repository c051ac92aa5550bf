//! The held plan, and what somebody decides about it.

use super::{FencingToken, StateError, Store};
use crate::domain::id::TenantId;
use crate::state::key::Key;
use crate::state::table::{Condition, Freshness, Item, Outcome, attribute, attributes, record};
use crate::state::{Decision, HeldPlan};

/// No newer run has written the item, and nobody has decided about this very plan.
const UNDECIDED: &str = "(attribute_not_exists(#fence) OR #fence <= :token) \
     AND (attribute_not_exists(#hash) OR #hash <> :hash OR attribute_not_exists(#decision))";

impl Store {
    /// The held plan, if there is one.
    ///
    /// # Errors
    /// [`StateError::Damaged`] if it cannot be read, or DynamoDB fails.
    pub async fn held(&self, tenant: &TenantId) -> Result<Option<HeldPlan>, StateError> {
        let key = Key::held(tenant);
        let item = self.table.get(&key, Freshness::Consistent).await?;
        // A plan that was cleared leaves its fence behind.
        item.filter(|item| item.contains_key("hash"))
            .map(|item| record(item, &key.sk))
            .transpose()
    }

    /// Holds this plan in place of any other. A plan without a decision leaves the decision that somebody may have
    /// taken about the same hash since the caller looked.
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
        let mut item = attributes(plan, &key.sk)?;
        if plan.decision.is_some() {
            return self.put_fenced(&key, token, item).await;
        }
        item.remove("decision");
        let condition = token
            .condition()
            .only_if(UNDECIDED)
            .names(["decision", "hash"])
            .text("hash", &plan.hash);
        match self.put_under(&key, token, item, condition).await? {
            Outcome::Written(_) => Ok(()),
            Outcome::Refused(_) if self.is_decided(tenant, &plan.hash).await? => Ok(()),
            Outcome::Refused(_) => Err(StateError::Fenced { item: key.sk }),
        }
    }

    async fn is_decided(&self, tenant: &TenantId, hash: &str) -> Result<bool, StateError> {
        let held = self.held(tenant).await?;
        Ok(held.is_some_and(|plan| plan.hash == hash && plan.decision.is_some()))
    }

    /// Forgets the held plan: it was applied, or there is nothing to hold any more.
    ///
    /// # Errors
    /// [`StateError::Fenced`] if a newer run has written it, or DynamoDB fails.
    pub async fn clear_held(
        &self,
        tenant: &TenantId,
        token: FencingToken,
    ) -> Result<(), StateError> {
        self.put_fenced(&Key::held(tenant), token, Item::new())
            .await
    }

    /// Records what somebody decided about the plan with this hash.
    ///
    /// # Errors
    /// [`StateError::NoSuchPlan`] unless that very plan is held, or DynamoDB fails.
    pub async fn decide(
        &self,
        tenant: &TenantId,
        hash: &str,
        decision: Decision,
    ) -> Result<(), StateError> {
        let key = Key::held(tenant);
        let condition = Condition::update("SET #decision = :decision")
            .only_if("#hash = :hash")
            .names(["decision", "hash"])
            .text("hash", hash)
            .value("decision", attribute(&decision, &key.sk)?);
        match self.table.update(&key, condition).await? {
            Outcome::Written(_) => Ok(()),
            Outcome::Refused(_) => Err(StateError::NoSuchPlan),
        }
    }
}
