//! Tries everything that a tenant's runs will need. Writes nothing.

mod document;
mod fields;
mod hr;
pub(crate) mod kombo;
pub(crate) mod notices;
mod reteach;
mod routes;
mod view;

use shared::secrets::TenantSecret;
use shared::tenant::{TenantConfig, Via};

pub(crate) use view::CheckView;

use crate::context::CommandContext;
use crate::failure::Result;
use crate::files;
use crate::format;
use crate::item::Item;
use crate::probe;
use crate::schedule::is_connected;

/// Checks credentials, rights, attributes and folders at every vendor of the tenant's route.
pub(crate) async fn examine(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
) -> Result<CheckView> {
    let mut view = CheckView::new(config);
    let missing = files::missing(config, secret);
    if !missing.is_empty() {
        view.extend(vec![Item::blocker(
            "credentials",
            format!("the stored credentials lack {}", missing.join(", ")),
            format!(
                "store them with {}",
                format::store_credentials(&config.tenant_id)
            ),
        )]);
        return Ok(view);
    }
    // Fingerprints play no part in a check, so a random key will do.
    let mut secret = secret.clone();
    secret.fingerprint_key = Some(files::random_key()?);
    let (items, academy) = reteach::examine(context, config, &secret).await?;
    view.extend(items);
    view.academy = academy;
    let probe = context.store.probe(&config.tenant_id).await?;
    let client = context.academy(config, &secret)?;
    view.extend(document::examine(&client, config, probe.as_ref()).await);
    view.extend(probe::items(probe.as_ref(), config));
    let mut is_reachable = is_connected(config);
    if config.personio.via != Via::Direct {
        let (items, is_usable) = kombo::examine(context, config, &secret).await?;
        view.extend(items);
        is_reachable &= is_usable;
    }
    if is_reachable {
        view.extend(hr::examine(context, config, &secret).await?);
    }
    view.extend(routes::limits(config));
    view.extend(notices::examine(context, config, &secret));
    let announced = context.http().calls().take_retirements();
    let announced = announced.keys().map(|retirement| {
        let text = format!("{retirement}: see whether a newer release of this product avoids it");
        Item::note("vendor", text)
    });
    view.extend(announced.collect());
    Ok(view)
}
