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
    /// By the external id; where there is none, by the account that the ledger of employees knows. With an external id
    /// that is not ours the account is somebody else's now.
    #[must_use]
    pub fn of(customer: Option<&reteach::Owner>, people: People<'_>) -> Self {
        let Some(customer) = customer else {
            return Self::NoCustomer;
        };
        let employee = match external_id(customer) {
            Some(id) => id
                .source_id(people.tool)
                .filter(|id| !id.as_str().is_empty()),
            None => people.owners.get(&customer.id).cloned(),
        };
        employee.map_or(Self::NotFromHr, Self::Employee)
    }
}

/// Whether the account has no external id: then the ledger of employees tells whose it is.
#[must_use]
pub fn is_unclear(customer: &reteach::Owner) -> bool {
    external_id(customer).is_none()
}

fn external_id(customer: &reteach::Owner) -> Option<&ExternalId> {
    let id = customer.external_id.as_ref();
    id.filter(|id| !id.as_str().trim().is_empty())
}
