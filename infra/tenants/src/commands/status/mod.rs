//! `tenants status`

mod drift;
pub(crate) mod fleet;
pub(crate) mod health;
pub(crate) mod one;

use shared::domain::id::TenantId;

use crate::context::CommandContext;
use crate::failure::Result;
use crate::output::Output;

pub(super) use fleet::{schedule_findings, unfinished_restore};

pub(super) async fn status(
    context: &CommandContext<'_>,
    tenant: Option<&TenantId>,
) -> Result<Output> {
    match tenant {
        Some(tenant) => Output::of(&one::read(context, tenant).await?),
        None => Output::of(&fleet::read(context).await?),
    }
}
