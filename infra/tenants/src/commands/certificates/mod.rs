//! `tenants certificates`

pub(crate) mod decide;
pub(crate) mod list;
mod relocate;
pub(crate) mod start;

use self::decide::Decision;
pub(super) use self::list::described;
use crate::args::Certificates;
use crate::context::CommandContext;
use crate::failure::Result;
use crate::output::Output;

pub(super) async fn certificates(
    context: &CommandContext<'_>,
    args: &Certificates,
) -> Result<Output> {
    match args {
        Certificates::List(args) => list::list(context, args).await,
        Certificates::Retry(args) => {
            let decision = match args.refile {
                true => Decision::Refile,
                false => Decision::Retry,
            };
            decide::decide(context, &args.choice, decision).await
        }
        Certificates::Start(args) => start::start(context, args).await,
        Certificates::Move(args) => relocate::relocate(context, args).await,
        Certificates::Dismiss(args) => decide::decide(context, args, Decision::Dismiss).await,
    }
}
