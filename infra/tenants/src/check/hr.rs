//! The HR system: what may be read, who is there, where documents go.

use std::collections::BTreeSet;

use employee_sync::source::{self, Completeness, People, Person};
use shared::access::Scoped;
use shared::document::{DocumentSink as _, choose_category};
use shared::domain::id::SourceId;
use shared::mapping::DesiredAccount;
use shared::reteach::{self, Customer};
use shared::routes::Connections;
use shared::secrets::TenantSecret;
use shared::source::{EmployeeSource as _, SourceError};
use shared::tenant::{TenantConfig, Via};

use super::fields::{is_readable, needed, without};
use crate::context::CommandContext;
use crate::failure::Result;
use crate::format;
use crate::item::Item;

/// Where rights and attributes of a credential are set.
const WHERE: &str = "in Personio: Marketplace → Verbundene Integrationen (in older accounts Einstellungen → Integrationen → \
    API-Zugangsdaten) → this credential";

/// What follows where documents cannot be listed.
const UNSEEN: &str = "an upload whose answer is lost waits for you, and certificates that someone else filed earlier are not \
    seen and filed again";

pub(super) async fn examine(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
) -> Result<Vec<Item>> {
    let connections: Connections = context.connect(config, secret)?;
    let mut items = Vec::new();
    let mut named = BTreeSet::new();
    if let Some(readable) = connections.hr.attributes().await {
        match readable {
            Ok(readable) => {
                let (item, missing) = attributes(config, &readable);
                items.extend(item);
                named = missing;
            }
            Err(error) => {
                items.push(unreadable(&error, config));
                return Ok(items);
            }
        }
    }
    let people = match source::read(&connections.hr, config, &connections.key, 0, None).await {
        Ok(people) => people,
        Err(error) => {
            items.push(unreadable(&error, config));
            return Ok(items);
        }
    };
    items.extend(reading(&people, config, &named));
    if people.unreadable.contains(&"email") {
        items.push(without_mail(&connections).await);
    }
    if config.certificates.enabled {
        let sample = people.snapshot.ids().next().cloned();
        items.extend(documents(context, config, secret, sample.as_ref()).await?);
    }
    Ok(items)
}

fn attributes(
    config: &TenantConfig,
    readable: &BTreeSet<String>,
) -> (Vec<Item>, BTreeSet<&'static str>) {
    let missing: Vec<_> = needed(config)
        .into_iter()
        .filter(|(key, _)| !is_readable(key, readable))
        .collect();
    if missing.is_empty() {
        return (
            vec![Item::good(
                "Personio: attributes",
                "all that are needed can be read",
            )],
            BTreeSet::new(),
        );
    }
    let items = missing.iter().map(|(key, name)| {
        let about = format!("Personio: {name} ({key})");
        Item::miss(
            &about,
            format!("cannot be read: {}", without(key)),
            format!("{WHERE} → lesbare Mitarbeiterattribute → tick \"{name}\""),
        )
    });
    (
        items.collect(),
        missing.iter().map(|(key, _)| *key).collect(),
    )
}

/// Who is there, and what nobody's record has although the credential may read it.
fn reading(people: &People, config: &TenantConfig, named: &BTreeSet<&'static str>) -> Vec<Item> {
    let about = "Personio: employees";
    let (mut scoped, mut undecided, mut rejected, mut without_mail) = (0, 0, 0, 0);
    for (_, person) in people.snapshot.iter() {
        match person {
            Person::Rejected { .. } => rejected += 1,
            Person::Employee(employee, _) => {
                without_mail += u64::from(employee.email.value().is_none());
                match DesiredAccount::of(employee, "personio", config)
                    .employment
                    .scope
                {
                    Scoped::In => scoped += 1,
                    Scoped::Undecided(_) => undecided += 1,
                    Scoped::OutLocked | Scoped::OutLeft => {}
                }
            }
        }
    }
    let count = format::number(people.snapshot.len() as u64, "person", "people");
    let is_nobody_in_scope = scoped + undecided + rejected == 0 && !people.snapshot.is_empty();
    let mut items = match people.completeness {
        Completeness::Complete if is_nobody_in_scope => vec![Item::miss(
            about,
            format!(
                "{count} can be read, and [scope] matches none of them: nobody gets an account"
            ),
            "correct [scope] in the tenant's file; `tenants explain TENANT ID` shows what Personio says of one person",
        )],
        Completeness::Complete => vec![Item::good(
            about,
            format!("{count} can be read, {scoped} in scope"),
        )],
        Completeness::Agreeing(reason) => vec![Item::miss(
            about,
            format!("{count} came in each of three readings, but {reason}"),
            format!(
                "see whether the credential is limited to some employees; runs create and update, but take nobody for gone. \
                 {WHERE}"
            ),
        )],
        Completeness::Incomplete(doubt) => vec![Item::miss(
            about,
            format!("{count} came, but the reading is not complete: {doubt}"),
            "see whether the credential is limited to some employees; runs create and update, but take nobody for gone",
        )],
    };
    if rejected > 0 {
        let text = format!(
            "{} not fit; `tenants plan` names them",
            format::number(rejected, "record does", "records do")
        );
        items.push(Item::note(about, text));
    }
    if undecided > 0 {
        items.push(Item::miss(
            about,
            format!(
                "of {} it is not known whether they are in scope",
                format::number(undecided, "person", "people")
            ),
            "grant the attribute that [scope] asks for",
        ));
    }
    if without_mail > 0 {
        let text = format!(
            "{} a user name instead",
            format::number(
                without_mail,
                "person has no mail address and gets",
                "people have no mail address and get"
            )
        );
        items.push(Item::note(about, text));
    }
    for key in people.unreadable.iter().filter(|key| !named.contains(*key)) {
        items.push(Item::miss(
            &format!("Personio: {key}"),
            format!("is in nobody's record: {}", without(key)),
            match config.personio.via {
                Via::Kombo => {
                    "enable the field in the integration's scope config in Kombo's dashboard"
                        .to_owned()
                }
                Via::Direct | Via::KomboPassthrough => {
                    format!("{WHERE} → lesbare Mitarbeiterattribute")
                }
            },
        ));
    }
    items
}

/// What follows where mail addresses cannot be read: accounts are not found by them.
async fn without_mail(connections: &Connections) -> Item {
    let about = "Personio: E-Mail";
    let names = "people get user names (personio-<id>) and no mail address";
    match foreign_accounts(&connections.reteach, connections.hr.tool()).await {
        Ok(0) => Item::note(
            about,
            format!("{names}; the academy has no accounts of others, so nobody gets a second one"),
        ),
        Ok(others) => Item::miss(
            about,
            format!(
                "{names}; the academy has {} that are not ours, and their owners get a second one",
                format::number(others, "account", "accounts")
            ),
            format!("{WHERE} → tick \"E-Mail\" before the first run"),
        ),
        Err(error) => Item::miss(
            about,
            format!("{names}; the academy's accounts cannot be counted: {error}"),
            "",
        ),
    }
}

/// How many of the academy's accounts do not carry an external id of ours.
async fn foreign_accounts(
    client: &reteach::Client,
    tool: &str,
) -> std::result::Result<u64, reteach::Error> {
    let (mut others, mut seen) = (0, 0);
    for number in 1.. {
        let page = client.list(number).await?;
        let count = page.customers.len() as u64;
        let is_ours = |it: &&Customer| {
            let id = it.external_id.as_ref();
            id.is_some_and(|id| id.source_id(tool).is_some())
        };
        others += count - page.customers.iter().filter(is_ours).count() as u64;
        seen += count;
        if count == 0 || page.total.is_some_and(|total| seen >= total) {
            break;
        }
    }
    Ok(others)
}

async fn documents(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    secret: &TenantSecret,
    sample: Option<&SourceId>,
) -> Result<Vec<Item>> {
    let connections: Connections = context.connect(config, secret)?;
    let about = "Personio: folder for certificates";
    let mut items = Vec::new();
    match connections.hr.categories().await {
        Err(error) => {
            let advice = advice(&error, config, "Dokumente: Schreiben");
            items.push(Item::miss(about, error.to_string(), advice));
        }
        Ok(categories) => items.push(
            match choose_category(&categories, config.certificates.category.as_deref()) {
                Ok(category)
                    if category.is_fallback() && config.certificates.category.is_none() =>
                {
                    Item::note(
                        about,
                        format!(
                            "only \"{}\", Personio's folder for everything else: certificates go there. Before the first run make \
                             \"Bildungszertifikate\" (Settings, Documents), or set [certificates] backfill = \"hold\"",
                            category.name
                        ),
                    )
                }
                Ok(category) => Item::good(about, format!("\"{}\"", category.name)),
                Err(error) => Item::miss(about, error.to_string(), ""),
            },
        ),
    }
    // Where documents cannot be listed, an upload of unknown outcome waits for the operator.
    let listed = match (sample, connections.hr.personio()) {
        (Some(sample), Some(personio)) => personio.documents(sample).await,
        _ => None,
    };
    if let Some(listed) = listed {
        let about = "Personio: filed documents";
        items.push(match listed {
            Ok(_) => Item::good(about, "can be looked up, so that nothing is filed twice"),
            Err(_) if config.personio.via == Via::Kombo => Item::note(
                about,
                format!("cannot be looked up, as Kombo does not pass calls through: {UNSEEN}"),
            ),
            Err(SourceError::Forbidden(text) | SourceError::Lapsed(text)) => Item::miss(
                about,
                format!("cannot be looked up ({text}): {UNSEEN}"),
                format!("{WHERE} → tick \"Dokumente: Lesen\""),
            ),
            Err(error) => Item::miss(about, error.to_string(), "try again in a few minutes"),
        });
    }
    Ok(items)
}

/// Employees cannot be read, so no run can succeed.
fn unreadable(error: &SourceError, config: &TenantConfig) -> Item {
    let advice = advice(error, config, "Mitarbeiter: Lesen");
    Item::blocker("Personio: employees", error.to_string(), advice)
}

fn advice(error: &SourceError, config: &TenantConfig, right: &str) -> String {
    match (error, config.personio.via) {
        (SourceError::Credential(_), Via::Direct) => {
            format!(
                "make a credential in Personio (Marketplace → Verbundene Integrationen → eigene Integration) and store it \
                 with {}",
                format::store_credentials(&config.tenant_id)
            )
        }
        (SourceError::Forbidden(_) | SourceError::Credential(_), _) => {
            format!("{WHERE} → tick \"{right}\"")
        }
        // Its text says what to do.
        (SourceError::Lapsed(_), _) => String::new(),
        (SourceError::NotReady(_), _) => {
            "wait: Kombo's first sync takes minutes, hours for a very large company".to_owned()
        }
        (SourceError::Unavailable(_) | SourceError::Refused(_) | SourceError::Unreadable(_), _) => {
            "try again in a few minutes; else look at [personio] base_url".to_owned()
        }
    }
}
