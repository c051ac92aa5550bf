//! `tenants status`

mod drift;
pub(crate) mod fleet;
pub(crate) mod health;
pub(crate) mod last_day;
pub(crate) mod one;

use crate::args::Status;
use crate::context::CommandContext;
use crate::failure::Result;
use crate::output::Output;

pub(super) use fleet::{schedule_findings, unfinished_restore};

pub(super) async fn status(context: &CommandContext<'_>, args: &Status) -> Result<Output> {
    if let Some(tenant) = &args.tenant {
        return Output::of(&one::read(context, tenant).await?);
    }
    let mut view = fleet::read(context).await?;
    if args.last_day {
        let tenants = view.tenants.iter().map(|tenant| tenant.tenant_id.clone());
        view.last_day = Some(last_day::read(context, tenants.collect()).await);
    }
    Output::of(&view)
}
