//! Whose a certificate is.

use shared::domain::id::{ExternalId, SourceId};
use shared::reteach;

use super::People;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    Employee(SourceId),
    /// Somebody who is not from the HR system.
    NotFromHr,
    NoCustomer,
}

impl Owner {
    /// By the external id, else by the account that the ledger of employees knows.
    #[must_use]
    pub fn of(customer: Option<&reteach::Owner>, people: People<'_>) -> Self {
        let Some(customer) = customer else {
            return Self::NoCustomer;
        };
        by_external_id(customer, people.tool)
            .or_else(|| people.owners.get(&customer.id).cloned())
            .map_or(Self::NotFromHr, Self::Employee)
    }
}

/// Whether the external id alone does not tell whose the account is.
#[must_use]
pub fn is_unclear(customer: &reteach::Owner, tool: &str) -> bool {
    by_external_id(customer, tool).is_none()
}

fn by_external_id(customer: &reteach::Owner, tool: &str) -> Option<SourceId> {
    let id = customer
        .external_id
        .as_ref()
        .and_then(|id: &ExternalId| id.source_id(tool))?;
    Some(id).filter(|id| !id.as_str().is_empty())
}
