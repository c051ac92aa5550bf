//! `tenants connect`

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use shared::domain::id::TenantId;
use shared::kombo::{Client, Integration, IntegrationId, LinkFor, SetupStatus};
use shared::source::SourceError;
use shared::state::{StateError, TenantChange};
use shared::tenant::{KomboConfig, TenantConfig, Via};

use crate::args::Connect;
use crate::check::kombo as checks;
use crate::context::{CommandContext, StoredTenant};
use crate::environment::Interactivity;
use crate::failure::{Failure, Result};
use crate::files::{random_tag, with_integration};
use crate::format;
use crate::item::Item;
use crate::output::{Output, View};

const TOOL: &str = "personio";

/// How often the id is put into a configuration that another command changes at that moment.
const ROUNDS: usize = 3;

pub(super) async fn connect(context: &CommandContext<'_>, args: &Connect) -> Result<Output> {
    let tenant = &args.tenant;
    let stored = context.tenant(tenant).await?;
    let kombo = kombo(&stored.config)?;
    let secret = context.secrets.refresh(tenant).await?;
    let client = checks::client(context, (tenant, kombo), &secret)?;
    if let (Some(id), None, false) = (&kombo.integration_id, &args.integration, args.replace) {
        return Err(Failure::attention(format!(
            "{tenant} is connected already ({id}). If its credential has lapsed, let the HR admin reconnect from Kombo's dashboard: \
             a new link makes a second connection. --replace makes one all the same"
        )));
    }
    let id = match (&args.integration, &args.token, &args.email, &args.company) {
        (Some(id), ..) => id.clone(),
        (None, Some(file), ..) => {
            let token = crate::files::token(file, context.environment)?;
            by_token(&client, &token).await?
        }
        (None, None, Some(email), Some(company)) => {
            let link = link(&client, tenant, email, company).await?;
            match ask(context, tenant, &link)? {
                Some(id) => id,
                None => return Output::of(&LinkView::new(args, &link)),
            }
        }
        _ => {
            return Err(Failure::usage(
                "give --email and --company for a link, or --integration",
            ));
        }
    };
    if let (Some(stored), false) = (
        kombo
            .integration_id
            .as_ref()
            .filter(|stored| **stored != id),
        args.replace,
    ) {
        return Err(Failure::usage(format!(
            "{tenant} is connected already, to {stored}: give --replace to store {id} instead"
        )));
    }
    let integration = match wait(context, &stored.config, &client, &id, args.wait).await? {
        Ready::Yes(integration) => integration,
        Ready::No(problems) => {
            return Output::of(&RefusedView {
                tenant_id: tenant,
                integration_id: &id,
                stored: false,
                problems,
            });
        }
    };
    store(context, &stored, &id).await?;
    Output::of(&ConnectedView {
        tenant_id: tenant,
        integration_id: &id,
        tool: &format::capitalized(&integration.tool),
        stored: true,
    })
}

#[derive(Serialize)]
struct ConnectedView<'a> {
    tenant_id: &'a TenantId,
    integration_id: &'a IntegrationId,
    tool: &'a str,
    stored: bool,
}

impl View for ConnectedView<'_> {
    fn text(&self) -> String {
        let (tenant, id, tool) = (self.tenant_id, self.integration_id, self.tool);
        format::paragraph(&format!(
            "{tenant} is connected: {id}. The connection belongs to this tenant, reaches {tool} and is complete. `tenants check \
             {tenant}` checks the rest, `tenants plan {tenant}` shows what the first run does. Put integration_id = \"{id}\" \
             into the tenant's file too."
        ))
    }
}

fn kombo(config: &TenantConfig) -> Result<&KomboConfig> {
    match (config.personio.via, &config.kombo) {
        (Via::KomboPassthrough | Via::Kombo, Some(kombo)) => Ok(kombo),
        _ => Err(Failure::usage(format!(
            "{} takes the route direct, which needs no connection: `tenants add` stores its credential",
            config.tenant_id
        ))),
    }
}

fn refusal(error: shared::kombo::Error) -> Failure {
    Failure::attention(SourceError::from(error).to_string())
}

async fn link(
    client: &Client,
    tenant: &TenantId,
    email: &str,
    company: &str,
) -> Result<SecretString> {
    let whom = LinkFor {
        email,
        organization: company,
        origin_id: tenant.as_str(),
        tool: TOOL,
    };
    client.create_link(&whom).await.map_err(refusal)
}

async fn by_token(client: &Client, token: &SecretString) -> Result<IntegrationId> {
    let connected = client.integration_by_token(token).await.map_err(refusal)?;
    connected
        .id
        .parse()
        .map_err(|error| Failure::attention(format!("Kombo's answer: the connection's id {error}")))
}

/// At a terminal: shows the link, and asks for the id of the new connection.
fn ask(
    context: &CommandContext<'_>,
    tenant: &TenantId,
    link: &SecretString,
) -> Result<Option<IntegrationId>> {
    let environment = context.environment;
    if environment.interactivity == Interactivity::NonInteractive || context.global.json {
        return Ok(None);
    }
    environment.mention(&announcement(tenant, link));
    let question =
        "The connection's id from Kombo's dashboard, when the HR admin is done (Enter: later):";
    let answer = environment
        .ask(question)
        .map_err(|error| Failure::attention(error.to_string()))?;
    if answer.is_empty() {
        return Ok(None);
    }
    answer
        .parse()
        .map(Some)
        .map_err(|error| Failure::usage(format!("the connection's id {error}")))
}

fn announcement(tenant: &TenantId, link: &SecretString) -> String {
    let sentence = format::paragraph(&format!(
        "Send this link for {tenant} to the HR admin. Anyone with the link can connect; it is valid for a year:"
    ));
    format!("{sentence}\n  {}\n", link.expose_secret())
}

#[derive(Serialize)]
struct LinkView<'a> {
    tenant_id: &'a TenantId,
    link: &'a str,
    next: String,
    stored: bool,
    #[serde(skip)]
    announcement: String,
}

impl<'a> LinkView<'a> {
    fn new(args: &'a Connect, link: &'a SecretString) -> Self {
        let tenant_id = &args.tenant;
        let replace = if args.replace { " --replace" } else { "" };
        Self {
            tenant_id,
            link: link.expose_secret(),
            next: format!("tenants connect {tenant_id} --integration ID{replace}"),
            stored: false,
            announcement: announcement(tenant_id, link),
        }
    }
}

impl View for LinkView<'_> {
    fn text(&self) -> String {
        let next = format::paragraph(&format!(
            "When the HR admin is done, Kombo's dashboard shows the connection's id: `{}` checks and stores it.",
            self.next
        ));
        format!("{}\n{next}", self.announcement)
    }
}

enum Ready {
    Yes(Box<Integration>),
    No(Vec<Item>),
}

/// Waits for the first sync only. Problems that a person has to solve are returned at once.
async fn wait(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    client: &Client,
    id: &IntegrationId,
    minutes: u32,
) -> Result<Ready> {
    let minutes = SignedDuration::from_mins(i64::from(minutes));
    let until = context.now().checked_add(minutes).unwrap_or(Timestamp::MAX);
    loop {
        let integration = client.integration(id).await.map_err(refusal)?;
        let wrong = checks::connection(config, id, &integration);
        let only_syncs =
            wrong.len() == 1 && integration.setup_status == SetupStatus::FinalSyncPending;
        if wrong.is_empty() {
            return Ok(Ready::Yes(Box::new(integration)));
        }
        if !only_syncs || context.now() >= until {
            return Ok(Ready::No(wrong));
        }
        context
            .environment
            .mention("Kombo's first sync is still running");
        tokio::time::sleep(context.environment.poll_interval).await;
    }
}

#[derive(Serialize)]
struct RefusedView<'a> {
    tenant_id: &'a TenantId,
    integration_id: &'a IntegrationId,
    stored: bool,
    problems: Vec<Item>,
}

impl View for RefusedView<'_> {
    fn text(&self) -> String {
        let problems: String = self.problems.iter().map(Item::line).collect();
        let (id, tenant) = (self.integration_id, self.tenant_id);
        problems + &format::paragraph(&format!("{id} is not stored for {tenant}."))
    }

    fn needs_attention(&self) -> bool {
        true
    }
}

/// Stores the id. From then on the schedules fire, unless the tenant is paused by now.
async fn store(
    context: &CommandContext<'_>,
    stored: &StoredTenant,
    id: &IntegrationId,
) -> Result<()> {
    let tenant = &stored.config.tenant_id;
    let config = write(context, stored, id).await?;
    let Some(schedules) = &context.schedules else {
        return Ok(());
    };
    let status = context.latest_tenant(tenant).await?.record.status;
    for (_, desired) in schedules.desired(&config, status, context.now()) {
        schedules.put(&desired).await.map_err(|failure| Failure {
            text: format!(
                "{}; the connection is stored, `tenants resume {tenant}` makes the schedules",
                failure.text
            ),
            ..failure
        })?;
    }
    Ok(())
}

/// Puts the id into the stored configuration: it may have changed while the first sync was waited for.
async fn write(
    context: &CommandContext<'_>,
    stored: &StoredTenant,
    id: &IntegrationId,
) -> Result<TenantConfig> {
    let tenant = &stored.config.tenant_id;
    let before = &kombo(&stored.config)?.integration_id;
    for _ in 0..ROUNDS {
        let StoredTenant { record, config } = context.latest_tenant(tenant).await?;
        let now = &kombo(&config)?.integration_id;
        if now != before && now.as_ref() != Some(id) {
            return Err(Failure::attention(format!(
                "another command has connected {tenant} meanwhile: {id} is not stored. --replace stores it all the same"
            )));
        }
        let (text, config) = with_integration(&record.config, id)?;
        let change = TenantChange {
            config: &text,
            status: record.status,
            academy: record.academy.as_deref(),
            revision: &random_tag()?,
            read: Some(&record),
        };
        match context.store.change_tenant(tenant, &change).await {
            Ok(()) => return Ok(config),
            Err(StateError::Changed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let tenant = tenant.to_string();
    Err(StateError::Changed { tenant }.into())
}
