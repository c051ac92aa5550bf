//! `tenants check`

use shared::secrets::TenantSecret;
use shared::tenant::TenantConfig;

use crate::args::Check;
use crate::check::{examine, notices};
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::files;
use crate::output::Output;
use crate::probe;

pub(super) async fn check(context: &CommandContext<'_>, args: &Check) -> Result<Output> {
    let (config, secret) = stored_or_given(context, args).await?;
    if args.write_probe {
        return write_probe(context, args, &config, &secret).await;
    }
    if args.notice {
        return Output::of(&notices::send_test(context, &config, &secret).await?);
    }
    Output::of(&examine(context, &config, &secret).await?)
}

async fn write_probe(
    context: &CommandContext<'_>,
    args: &Check,
    config: &TenantConfig,
    secret: &TenantSecret,
) -> Result<Output> {
    let interrupted = async {
        // Where no signal handler can be installed, Ctrl-C ends the process as usual.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let mut view = probe::probe(
        context,
        args.tenant.as_ref(),
        (config, secret),
        args.yes,
        interrupted,
    )
    .await?;
    if let Some(tenant) = &args.tenant {
        context.store.put_probe(tenant, &view.to_store()).await?;
        view.stored = true;
    }
    Output::of(&view)
}

async fn stored_or_given(
    context: &CommandContext<'_>,
    args: &Check,
) -> Result<(TenantConfig, TenantSecret)> {
    match (&args.tenant, &args.file, &args.credentials) {
        (Some(tenant), ..) => {
            let config = context.tenant(tenant).await?.config;
            let secret = context.secrets.refresh(tenant).await?;
            Ok((config, secret.as_ref().clone()))
        }
        (None, Some(file), Some(credentials)) => {
            let (_, config) = files::tenant(file, context.now())?;
            files::check_hosts(&config, None, &args.allowed_hosts)?;
            let secret = files::credentials(credentials, context.environment)?;
            Ok((config, context.secrets.complete(secret).await?))
        }
        _ => Err(Failure::usage(
            "name a tenant, or give --file FILE and --credentials FILE",
        )),
    }
}
