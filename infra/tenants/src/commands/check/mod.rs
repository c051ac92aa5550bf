//! `tenants check`

mod fields;
mod hr;
mod item;
pub(super) mod kombo;
mod reteach;
mod routes;

use shared::secrets::TenantSecret;
use shared::tenant::{TenantConfig, Via};

pub(crate) use item::Examined;

use self::item::Item;
use crate::answer::{Answer, Verdict};
use crate::args::Check;
use crate::failure::Failure;
use crate::files;
use crate::operator::Operator;
use crate::schedule::is_connected;

pub(super) async fn check(operator: &Operator<'_>, args: &Check) -> Result<Answer, Failure> {
    let (config, secret) = candidate(operator, args).await?;
    let examined = examine(operator, &config, &secret).await?;
    Answer::new(
        Verdict::look_if(examined.has_misses()),
        examined.text(),
        &examined,
    )
}

/// What is checked: what is stored, or what is about to be.
async fn candidate(
    operator: &Operator<'_>,
    args: &Check,
) -> Result<(TenantConfig, TenantSecret), Failure> {
    match (&args.tenant, &args.file, &args.credentials) {
        (Some(tenant), ..) => {
            let config = operator.known(tenant).await?.config;
            let secret = operator.secrets.refresh(tenant).await?;
            Ok((config, secret.as_ref().clone()))
        }
        (None, Some(file), Some(credentials)) => {
            let (_, config) = files::tenant(file)?;
            Ok((
                config,
                files::credentials(credentials, operator.surroundings)?,
            ))
        }
        _ => Err(Failure::usage("give a tenant, or --file and --credentials")),
    }
}

/// Tries everything that the tenant's runs will need. Nothing is written anywhere.
pub(super) async fn examine(
    operator: &Operator<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
) -> Result<Examined, Failure> {
    let mut examined = Examined::new(config);
    let missing = files::missing(config, secret);
    if !missing.is_empty() {
        examined.add(Item::blocker(
            "credentials",
            format!("the stored credentials lack {}", missing.join(", ")),
            "store them with `tenants add --credentials`",
        ));
        return Ok(examined);
    }
    // The key that the real runs use plays no part in what is checked.
    let mut secret = secret.clone();
    secret.fingerprint_key = Some(files::random_key()?);
    examined.extend(reteach::examine(operator, config, &secret).await?);
    if config.personio.via != Via::Direct {
        let (items, goes_on) = kombo::examine(operator, config, &secret).await?;
        examined.extend(items);
        if !goes_on {
            examined.extend(routes::limits(config));
            return Ok(examined);
        }
    }
    if is_connected(config) {
        examined.extend(hr::examine(operator, config, &secret).await?);
    }
    examined.extend(routes::limits(config));
    Ok(examined)
}
