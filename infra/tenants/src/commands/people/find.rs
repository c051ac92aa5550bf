//! `tenants people find`: people by id, mail address or name, read from the HR system now. Nothing of it is kept.

use serde::Serialize;
use shared::domain::employee::Employee;
use shared::domain::id::{SourceId, TenantId};
use shared::fingerprint::ShardNumber;
use shared::routes::Connections;
use shared::source::{EmployeeSource as _, SourceRecord, read_all};

use crate::args::FindPerson;
use crate::commands::person;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::{Output, View};

/// More people of one name are not shown.
const MAX_FOUND: usize = 50;

#[derive(Serialize)]
pub(crate) struct FoundView<'a> {
    pub(crate) tenant_id: &'a TenantId,
    pub(crate) people: Vec<Found>,
    pub(crate) more: bool,
}

#[derive(Serialize)]
pub(crate) struct Found {
    pub(crate) person: SourceId,
    /// Name and mail address: personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) details: Option<String>,
}

pub(super) async fn find(context: &CommandContext<'_>, args: &FindPerson) -> Result<Output> {
    let mut view = read(context, &args.tenant, &args.who).await?;
    if !args.details {
        for found in &mut view.people {
            found.details = None;
        }
    }
    Output::of(&view)
}

/// With details.
pub(crate) async fn read<'a>(
    context: &CommandContext<'_>,
    tenant: &'a TenantId,
    who: &str,
) -> Result<FoundView<'a>> {
    let mut people = people(context, tenant, who).await?;
    let more = people.len() > MAX_FOUND;
    people.truncate(MAX_FOUND);
    Ok(FoundView {
        tenant_id: tenant,
        people,
        more,
    })
}

/// The people that `who` names: an id, a mail address, or a part of a name. One more than are shown, if there are more.
async fn people(context: &CommandContext<'_>, tenant: &TenantId, who: &str) -> Result<Vec<Found>> {
    let who = who.trim();
    let stored = context.tenant(tenant).await?;
    let secret = context.secrets.refresh(tenant).await?;
    let connections: Connections = context.connect(&stored.config, &secret)?;
    // Known or not: the page of the person says it.
    let by_id = || -> Result<Vec<Found>> {
        Ok(vec![Found {
            person: person::parse(who, connections.hr.tool())?,
            details: None,
        }])
    };
    // What may be a name goes into no address of a page.
    if who.contains(':') || !who.is_empty() && who.chars().all(|char| char.is_ascii_digit()) {
        return by_id();
    }
    let wanted = who.to_lowercase();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let (records, _) = read_all(&connections.hr, 0)
        .await
        .map_err(|error| Failure::attention(format!("people cannot be read: {error}")))?;
    let employees = records.into_iter().filter_map(|record| match record {
        SourceRecord::Employee(employee) => Some(employee),
        SourceRecord::Rejected { .. } => None,
    });
    let found = employees.filter_map(|employee| matching(&employee, &wanted));
    let found: Vec<Found> = found.take(MAX_FOUND + 1).collect();
    // Not all ids are numbers.
    if found.is_empty() && !who.contains('@') {
        let id = SourceId::new(who);
        let number = ShardNumber::of(&id);
        let shards = context.store.shards(tenant, &[number]).await?;
        if shards
            .get(&number)
            .is_some_and(|shard| shard.0.contains_key(&id))
        {
            return by_id();
        }
    }
    Ok(found)
}

/// The person if the mail address is `wanted`, or the name contains it.
fn matching(employee: &Employee, wanted: &str) -> Option<Found> {
    let text = |field: Option<&String>| field.cloned().unwrap_or_default();
    let mail = text(employee.email.value());
    let name = format!(
        "{} {}",
        text(employee.first_name.value()),
        text(employee.last_name.value())
    );
    let is_match = if wanted.contains('@') {
        mail.trim().to_lowercase() == wanted
    } else {
        name.to_lowercase().contains(wanted)
    };
    is_match.then(|| Found {
        person: employee.source_id.clone(),
        details: Some(format!("{name}, {mail}")),
    })
}

impl View for FoundView<'_> {
    fn text(&self) -> String {
        let tenant = self.tenant_id;
        if self.people.is_empty() {
            return format::paragraph(&format!(
                "Personio shows the credential of {tenant} nobody with this id, mail address or name."
            ));
        }
        let mut text = String::new();
        for Found { person, details } in &self.people {
            text.push_str(&match details {
                Some(details) => format!("{person}  {details}\n"),
                None => format!("{person}\n"),
            });
        }
        if self.more {
            text.push_str("More people match than are shown.\n");
        }
        text + &format::paragraph(&format!(
            "`tenants explain {tenant} ID` explains one of them."
        ))
    }

    fn needs_attention(&self) -> bool {
        self.people.is_empty()
    }
}
