//! `tenants people`

mod export;
pub(crate) mod find;
mod forget;
mod handover;
mod holdings;
pub(crate) mod list;
pub(crate) mod retry;
pub(crate) mod standing;
mod unnoted;

pub(super) use self::holdings::profiles;
use crate::args::People;
use crate::context::CommandContext;
use crate::failure::Result;
use crate::output::Output;

pub(super) async fn people(context: &CommandContext<'_>, args: &People) -> Result<Output> {
    match args {
        People::List(args) => list::list(context, args).await,
        People::Find(args) => Box::pin(find::find(context, args)).await,
        People::Retry(args) => retry::retry(context, args).await,
        People::Handover(args) => Box::pin(handover::handover(context, args)).await,
        People::Export(args) => export::export(context, args).await,
        People::Forget(args) => Box::pin(forget::forget(context, args)).await,
    }
}
