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
    /// The held plan, if there is one.
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
