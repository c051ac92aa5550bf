//! reteach: the academy's credentials and what they may do.

use shared::domain::id::TenantId;
use shared::http::{self, SignedUrl};
use shared::reteach::{Academy, Client, DownloadError, Downloads, Error, Filter, Forbidden};
use shared::secrets::TenantSecret;
use shared::tenant::TenantConfig;

use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::item::Item;

/// What to do about refused credentials.
fn store(tenant: &TenantId) -> String {
    format!(
        "make an API credential in the academy's settings (client id, secret and code) and store it with {}",
        format::store_credentials(tenant)
    )
}

/// What was found, and the academy that the credentials belong to, if they are good.
pub(super) async fn examine(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
) -> Result<(Vec<Item>, Option<Academy>)> {
    let client = context.academy(config, secret)?;
    let mut items = Vec::new();
    let academy = match client.me().await {
        Ok(academy) => academy,
        Err(error) => {
            items.push(miss("reteach: credentials", &error, &config.tenant_id));
            return Ok((items, None));
        }
    };
    items.push(Item::good(
        "reteach: credentials",
        format!("they belong to {}", academy.base_url),
    ));
    if let Some(wanted) = &config.reteach.academy {
        let host = academy
            .base_url
            .split("://")
            .last()
            .unwrap_or_default()
            .trim_end_matches('/');
        if host != wanted {
            // Runs would succeed, in another company's academy.
            items.push(Item::blocker(
                "reteach: academy",
                format!("the credentials belong to {host}, the tenant file says {wanted}"),
                "correct [reteach] academy, or store the right academy's credentials",
            ));
        }
    }
    items.push(people(&client, &config.tenant_id).await);
    if config.certificates.enabled {
        items.extend(certificates(&client, config).await?);
    }
    Ok((items, Some(academy)))
}

async fn people(client: &Client, tenant: &TenantId) -> Item {
    let about = "reteach: accounts";
    match client.list(1).await {
        Ok(page) => {
            let count = page.total.map(|total| format!("; there are {total}"));
            Item::good(about, format!("can be read{}", count.unwrap_or_default()))
        }
        Err(error) => miss(about, &error, tenant),
    }
}

async fn certificates(client: &Client, config: &TenantConfig) -> Result<Vec<Item>> {
    let about = "reteach: certificates";
    let page = match client.participations(&Filter::default(), 1, 250).await {
        Ok(page) => page,
        Err(error) => return Ok(vec![miss(about, &error, &config.tenant_id)]),
    };
    let courses = |total| format::number(total, "completed course", "completed courses");
    let count = page.total.map(|total| format!("; {}", courses(total)));
    let count = count.unwrap_or_default();
    let mut items = vec![Item::good(about, format!("can be read{count}"))];
    let looked_at = page.participations.len() as u64;
    let mut certificates = page.participations.into_iter();
    let url = certificates.find_map(|participation| participation.certificate?.url);
    match url {
        Some(url) => items.push(pdf(client, config, &url).await?),
        None if looked_at > 0 => items.push(Item::miss(
            PDF,
            format!(
                "none of {} has an address of its PDF: none can be filed",
                format::number(looked_at, "certificate", "certificates")
            ),
            "if they are older than a day, ask reteach's support whether the academy makes PDFs, and whether its API \
             names them as certificate.url",
        )),
        None => {}
    }
    Ok(items)
}

const PDF: &str = "reteach: PDF of a certificate";

/// Opens one real PDF: which host the academy's files are on shows nowhere else.
async fn pdf(client: &Client, config: &TenantConfig, url: &SignedUrl) -> Result<Item> {
    let about = PDF;
    let hosts = &config.reteach.download_hosts;
    let http =
        http::client().map_err(|_| Failure::attention("the TLS configuration cannot be built"))?;
    let downloads = Downloads::new(client.clone(), http, hosts);
    Ok(match downloads.open(url).await {
        Ok(_) => Item::good(about, "one was opened"),
        Err(DownloadError::Forbidden(Forbidden::Host(host))) => {
            let hosts = [hosts.as_slice(), std::slice::from_ref(&host)].concat();
            Item::miss(
                about,
                format!("is on {host}, which is not allowed: no certificate on this host is filed"),
                format!("if this host is right, set in [reteach]: download_hosts = {hosts:?}"),
            )
        }
        Err(error) => Item::miss(
            about,
            format!("cannot be opened: {error}"),
            "see whether reteach itself can open a certificate",
        ),
    })
}

fn miss(about: &str, error: &Error, tenant: &TenantId) -> Item {
    let advice = match error {
        Error::Credential(_) => return Item::blocker(about, error.to_string(), store(tenant)),
        Error::Forbidden(_) => "ask reteach to allow it to this credential",
        Error::Limited(_) | Error::Unavailable { .. } | Error::OutOfTime { .. } => {
            "try again in a few minutes"
        }
        _ => "look at [reteach] base_url",
    };
    Item::blocker(about, error.to_string(), advice)
}
