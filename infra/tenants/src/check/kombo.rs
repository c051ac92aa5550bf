//! Kombo: the key, the connection and what it offers.

use secrecy::ExposeSecret as _;
use shared::domain::id::TenantId;
use shared::kombo::{ApiKey, Client, Integration, IntegrationId, SetupStatus, Status};
use shared::secrets::TenantSecret;
use shared::source::SourceError;
use shared::tenant::{KomboConfig, TenantConfig, Via};

use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::item::Item;

/// The results, and whether the connection is usable.
pub(super) async fn examine(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
) -> Result<(Vec<Item>, bool)> {
    let Some(kombo) = &config.kombo else {
        return Ok((Vec::new(), false));
    };
    let client = client(context, (&config.tenant_id, kombo), secret)?;
    let mut items = Vec::new();
    if let Err(error) = client.check_api_key().await {
        let text = SourceError::from(error).to_string();
        let is_of_stack = secret.kombo.as_ref().is_some_and(|key| key.is_of_stack);
        let store = match is_of_stack {
            true => "put it into the stack's secret, which ends with /_kombo".to_owned(),
            false => format!(
                "store it with {}",
                format::store_credentials(&config.tenant_id)
            ),
        };
        items.push(Item::blocker(
            "Kombo: API key",
            text,
            format!("take the key from Kombo's dashboard and {store}"),
        ));
        return Ok((items, false));
    }
    items.push(Item::good("Kombo: API key", "is valid"));
    let Some(id) = &kombo.integration_id else {
        let tenant = &config.tenant_id;
        items.push(Item::note(
            "Kombo: connection",
            format!("the company has not connected yet: `tenants connect {tenant}` makes the link for its HR admin"),
        ));
        return Ok((items, false));
    };
    let integration = match client.integration(id).await {
        Ok(integration) => integration,
        Err(error) => {
            let text = SourceError::from(error).to_string();
            items.push(Item::blocker("Kombo: connection", text, ""));
            return Ok((items, false));
        }
    };
    let found = connection(config, id, &integration);
    let is_usable = found.is_empty();
    if is_usable {
        items.push(Item::good(
            "Kombo: connection",
            format!("{id} is active and set up"),
        ));
        items.extend(offers(config, &integration));
    }
    items.extend(found);
    Ok((items, is_usable))
}

pub(crate) fn client(
    context: &CommandContext<'_>,
    (tenant, config): (&TenantId, &KomboConfig),
    secret: &TenantSecret,
) -> Result<Client> {
    let key = secret.kombo.as_ref().ok_or_else(|| {
        Failure::attention(format!(
            "the stored credentials have no kombo part (api_key), and the stack has no key: store it with {}",
            format::store_credentials(tenant)
        ))
    })?;
    let key = ApiKey::new(key.api_key.expose_secret());
    let client = Client::new(config.base_url.clone(), key, context.http().clone());
    Ok(match &context.environment.pace {
        Some(pace) => client.with_pace(pace.clone()),
        None => client,
    })
}

pub(crate) fn connection(
    config: &TenantConfig,
    id: &IntegrationId,
    integration: &Integration,
) -> Vec<Item> {
    let about = "Kombo: connection";
    let tenant = &config.tenant_id;
    let mut items = Vec::new();
    let origin = integration.origin_id.as_deref();
    if !integration.is(id) {
        items.push(Item::blocker(
            about,
            format!("Kombo answered for another connection than {id}"),
            "take its id from Kombo's dashboard",
        ));
    }
    // A connection made in the dashboard has no id of ours: nobody can tell whose it is.
    if origin != Some(tenant.as_str()) {
        let origin = origin.map_or_else(
            || "no tenant's id".to_owned(),
            |origin| format!("the id of {origin}"),
        );
        items.push(Item::blocker(
            about,
            format!("{id} carries {origin}, not that of {tenant}"),
            format!(
                "connect again with `tenants connect {tenant}`: its link carries this tenant's id"
            ),
        ));
    }
    if integration.tool != "personio" && config.personio.via == Via::KomboPassthrough {
        let text = format!(
            "leads to {}, and this route needs Personio",
            integration.tool
        );
        items.push(Item::blocker(
            about,
            text,
            "connect Personio, or use the route kombo",
        ));
    }
    match &integration.status {
        Status::Active => {}
        Status::Invalid => items.push(Item::blocker(
            about,
            "the company's Personio credential is no longer valid",
            "reconnect from Kombo's dashboard: it makes a link for the HR admin",
        )),
        Status::Inactive => {
            items.push(Item::blocker(
                about,
                "is switched off",
                "enable it in Kombo's dashboard",
            ));
        }
        Status::Other(status) => items.push(Item::blocker(
            about,
            format!("is {status}"),
            "look at it in Kombo's dashboard",
        )),
    }
    match &integration.setup_status {
        SetupStatus::Completed => {}
        SetupStatus::Incomplete => items.push(Item::blocker(
            about,
            "the HR admin has steps left",
            "send the setup link again, from Kombo's dashboard",
        )),
        SetupStatus::FinalSyncPending => items.push(Item::miss(
            about,
            "the first sync is still running",
            "wait: it takes minutes, hours for a very large company",
        )),
        SetupStatus::Other(status) => {
            items.push(Item::blocker(
                about,
                format!("its setup is {status}"),
                "look at it in Kombo's dashboard",
            ));
        }
    }
    items
}

/// Whether the connection offers what the unified model needs.
fn offers(config: &TenantConfig, integration: &Integration) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(at) = integration.data_expired_at {
        items.push(Item::note(
            "Kombo: mirror",
            format!(
                "is stale since {at}: its configuration has changed, Kombo reads everything again"
            ),
        ));
    }
    if config.personio.via != Via::Kombo {
        return items;
    }
    let scope = "enable it in the integration's scope config in Kombo's dashboard, and let the HR admin grant the permission";
    let reads = integration
        .read_models
        .iter()
        .any(|model| model.id == "hris_employees" && model.is_available);
    items.push(if reads {
        Item::good("Kombo: employees", "can be read")
    } else {
        Item::miss("Kombo: employees", "Kombo does not offer them here", scope)
    });
    if config.certificates.enabled {
        // Kombo's document names no id for this action; the word is all there is to go by.
        let writes = integration
            .write_actions
            .iter()
            .any(|action| action.id.contains("document") && action.is_available);
        items.push(if writes {
            Item::good("Kombo: documents", "can be filed")
        } else {
            Item::miss(
                "Kombo: documents",
                "Kombo does not offer filing them here",
                scope,
            )
        });
    }
    items
}
