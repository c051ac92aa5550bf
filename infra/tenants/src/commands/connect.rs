//! `tenants connect`

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use shared::domain::id::TenantId;
use shared::kombo::{Client, Integration, IntegrationId, LinkFor, SetupStatus};
use shared::source::SourceError;
use shared::tenant::{KomboConfig, TenantConfig, Via};

use super::add::with_integration;
use super::check::kombo as checks;
use crate::answer::{Answer, Verdict};
use crate::args::Connect;
use crate::failure::Failure;
use crate::operator::{Known, Operator};
use crate::surroundings::Somebody;
use crate::words;

/// The HR system that companies connect.
const TOOL: &str = "personio";

pub(super) async fn connect(operator: &Operator<'_>, args: &Connect) -> Result<Answer, Failure> {
    let tenant = &args.tenant;
    let known = operator.known(tenant).await?;
    let kombo = kombo(&known.config)?;
    let secret = operator.secrets.refresh(tenant).await?;
    let client = checks::client(operator, kombo, &secret)?;
    if let (Some(id), None, false) = (&kombo.integration_id, &args.integration, args.replace) {
        return Err(Failure::look(format!(
            "{tenant} is connected already ({id}). If its credential has lapsed, let the HR admin reconnect from Kombo's dashboard: \
             a new link makes a second connection. --replace makes one all the same"
        )));
    }
    let id = match (&args.integration, &args.token, &args.email, &args.company) {
        (Some(id), ..) => id.clone(),
        (None, Some(token), ..) => by_token(&client, token).await?,
        (None, None, Some(email), Some(company)) => {
            let link = link(&client, tenant, email, company).await?;
            match ask(operator, tenant, &link)? {
                Some(id) => id,
                None => return sent(tenant, &link),
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
    let integration = match wait(operator, &known.config, &client, &id, args.wait).await? {
        Ready::Yes(integration) => integration,
        Ready::No(items) => return refused(tenant, &id, items),
    };
    store(operator, &known, &id).await?;
    let text = words::paragraph(&format!(
        "{tenant} is connected: {id} carries its id, leads to {} and is set up. `tenants check {tenant}` looks at the rest, `tenants \
         plan {tenant}` shows what the first run does. Put integration_id = \"{id}\" into the tenant's file too.",
        integration.tool
    ));
    Answer::done(
        text,
        json!({"tenant_id": tenant, "integration_id": id, "tool": integration.tool, "stored": true}),
    )
}

fn kombo(config: &TenantConfig) -> Result<&KomboConfig, Failure> {
    match (config.personio.via, &config.kombo) {
        (Via::KomboPassthrough | Via::Kombo, Some(kombo)) => Ok(kombo),
        _ => Err(Failure::usage(format!(
            "{} takes the route direct, which needs no connection: `tenants add` stores its credential",
            config.tenant_id
        ))),
    }
}

fn refusal(error: shared::kombo::Error) -> Failure {
    Failure::look(SourceError::from(error).to_string())
}

async fn link(
    client: &Client,
    tenant: &TenantId,
    email: &str,
    company: &str,
) -> Result<SecretString, Failure> {
    let whom = LinkFor {
        email,
        organization: company,
        origin_id: tenant.as_str(),
        tool: TOOL,
    };
    client.create_link(&whom).await.map_err(refusal)
}

async fn by_token(client: &Client, token: &str) -> Result<IntegrationId, Failure> {
    let connected = client
        .integration_by_token(&token.to_owned().into())
        .await
        .map_err(refusal)?;
    connected
        .id
        .parse()
        .map_err(|error| Failure::look(format!("Kombo's answer: the connection's id {error}")))
}

/// Shows the link to whoever sits there, and asks for the id of what came of it.
fn ask(
    operator: &Operator<'_>,
    tenant: &TenantId,
    link: &SecretString,
) -> Result<Option<IntegrationId>, Failure> {
    let surroundings = operator.surroundings;
    if surroundings.somebody == Somebody::Nobody || operator.global.json {
        return Ok(None);
    }
    surroundings.mention(&announcement(tenant, link));
    let question =
        "The connection's id from Kombo's dashboard, when the HR admin is done (Enter: later):";
    let answer = surroundings
        .ask(question)
        .map_err(|error| Failure::look(error.to_string()))?;
    if answer.is_empty() {
        return Ok(None);
    }
    answer
        .parse()
        .map(Some)
        .map_err(|error| Failure::usage(format!("the connection's id {error}")))
}

fn announcement(tenant: &TenantId, link: &SecretString) -> String {
    format!(
        "The link for {tenant}, to be sent to the HR admin. Whoever has it can connect; it is valid for a year:\n\n  {}\n",
        link.expose_secret()
    )
}

fn sent(tenant: &TenantId, link: &SecretString) -> Result<Answer, Failure> {
    let next = format!("tenants connect {tenant} --integration ID");
    let text = format!(
        "{}\n{}",
        announcement(tenant, link),
        words::paragraph(&format!(
            "When the HR admin is done, Kombo's dashboard shows the connection's id: `{next}` checks and stores it."
        ))
    );
    Answer::done(
        text,
        json!({"tenant_id": tenant, "link": link.expose_secret(), "next": next, "stored": false}),
    )
}

enum Ready {
    Yes(Box<Integration>),
    /// What is wrong.
    No(Vec<checks::Item>),
}

/// Sleeper for the first sync, and for nothing else: what somebody has to do is said at once.
async fn wait(
    operator: &Operator<'_>,
    config: &TenantConfig,
    client: &Client,
    id: &IntegrationId,
    minutes: u32,
) -> Result<Ready, Failure> {
    let until: Timestamp = operator.now() + SignedDuration::from_mins(i64::from(minutes));
    loop {
        let integration = client.integration(id).await.map_err(refusal)?;
        let wrong = checks::connection(config, id, &integration);
        let only_syncs =
            wrong.len() == 1 && integration.setup_status == SetupStatus::FinalSyncPending;
        if wrong.is_empty() {
            return Ok(Ready::Yes(Box::new(integration)));
        }
        if !only_syncs || operator.now() >= until {
            return Ok(Ready::No(wrong));
        }
        operator
            .surroundings
            .mention("Kombo's first sync is still running");
        tokio::time::sleep(operator.surroundings.look_every).await;
    }
}

fn refused(
    tenant: &TenantId,
    id: &IntegrationId,
    items: Vec<checks::Item>,
) -> Result<Answer, Failure> {
    let mut text = String::new();
    for item in &items {
        text.push_str(&item.line());
    }
    text.push_str(&words::paragraph(&format!(
        "{id} is not stored for {tenant}."
    )));
    Answer::new(
        Verdict::Look,
        text,
        json!({"tenant_id": tenant, "integration_id": id, "stored": false, "problems": items}),
    )
}

/// The configuration with the id, and schedules that fire from now on.
async fn store(operator: &Operator<'_>, known: &Known, id: &IntegrationId) -> Result<(), Failure> {
    let (text, config) = with_integration(&known.record.config, id)?;
    operator.store.put_tenant(&config.tenant_id, &text).await?;
    if let Some(schedules) = &operator.schedules {
        for (_, wanted) in schedules.wanted(&config, known.record.status, operator.now()) {
            schedules.put(&wanted).await.map_err(|failure| Failure {
                text: format!(
                    "{}; the connection is stored, `tenants resume {}` makes the schedules",
                    failure.text, config.tenant_id
                ),
                ..failure
            })?;
        }
    }
    Ok(())
}
