//! reteach: the academy's credentials and what they may do.

use shared::reteach::{Client, Error, Filter};
use shared::secrets::TenantSecret;
use shared::tenant::TenantConfig;

use super::item::Item;
use crate::context::CommandContext;
use crate::failure::Result;
use crate::format;

const STORE: &str = "make an API credential in the academy's settings (client id, secret and code) and store it with `tenants \
    add --credentials`";

pub(super) async fn examine(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
) -> Result<Vec<Item>> {
    let client = context.academy(config, secret)?;
    let mut items = Vec::new();
    let academy = match client.me().await {
        Ok(academy) => academy,
        Err(error) => {
            items.push(miss("reteach: credentials", &error));
            return Ok(items);
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
            items.push(Item::miss(
                "reteach: academy",
                format!("the credentials belong to {host}, the tenant file says {wanted}"),
                "correct [reteach] academy, or store the right academy's credentials",
            ));
        }
    }
    items.push(people(&client).await);
    if config.certificates.enabled {
        items.push(certificates(&client).await);
    }
    Ok(items)
}

async fn people(client: &Client) -> Item {
    let about = "reteach: accounts";
    match client.list(1).await {
        Ok(page) => Item::good(about, format!("can be read; there are {}", page.total)),
        Err(error) => miss(about, &error),
    }
}

async fn certificates(client: &Client) -> Item {
    let about = "reteach: certificates";
    match client.participations(&Filter::default(), 1).await {
        Ok(page) => Item::good(
            about,
            format!(
                "can be read; {}",
                format::number(page.total, "completed course", "completed courses")
            ),
        ),
        Err(error) => miss(about, &error),
    }
}

fn miss(about: &str, error: &Error) -> Item {
    let advice = match error {
        Error::Credential(_) => STORE,
        Error::Forbidden(_) => "ask reteach to allow it to this credential",
        Error::Limited(_) | Error::Unavailable { .. } | Error::OutOfTime { .. } => {
            "try again in a few minutes"
        }
        _ => "look at [reteach] base_url",
    };
    Item::blocker(about, error.to_string(), advice)
}
