//! Certificates of a person's account that no run has taken up: while the academy has the account, one would.

use shared::domain::id::{CertificateId, TenantId};
use shared::reteach::Customer;
use shared::routes::Connections;
use shared::state::CertificateState;

use crate::context::CommandContext;
use crate::failure::{Failure, Result};

/// Those of `account` that the ledger does not know or has on hold.
pub(super) async fn unnoted(
    context: &CommandContext<'_>,
    connections: &Connections,
    tenant: &TenantId,
    account: Option<&Customer>,
    otherwise: &str,
) -> Result<Vec<CertificateId>> {
    let Some(account) = account else {
        return Ok(Vec::new());
    };
    let listed = connections.reteach.certificates_of(&account.id).await;
    let listed = listed.map_err(|error| {
        let account = &account.id;
        Failure::attention(format!(
            "the certificates of the account {account} cannot be read: {error}: {otherwise}"
        ))
    })?;
    let known = context.store.certificates(tenant, &listed).await?;
    let is_open = |id: &CertificateId| {
        let entry = known.get(id);
        entry.is_none_or(|entry| matches!(entry.state, CertificateState::Held { .. }))
    };
    Ok(listed.into_iter().filter(is_open).collect())
}
