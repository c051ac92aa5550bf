//! `tenants people list`

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use shared::domain::id::{SourceId, TenantId};
use shared::fingerprint::ShardNumber;
use shared::state::{Brake, HeldPlan, JobKind, StateError};
use shared::tenant::TenantConfig;

use super::standing::{Known, Standing, in_order, people_of};
use crate::args::{ListPeople, PersonState};
use crate::commands::status::health::readable;
use crate::context::{CommandContext, no_such_tenant};
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};

/// The newest reports that are searched for findings.
const REPORTS: usize = 50;

/// Of an orphan whom none of these reports names.
const UNREPORTED_ORPHAN: &str =
    "an open account belongs to nobody in the HR system; it is locked only after `tenants approve`";

#[derive(Serialize)]
pub(crate) struct PeopleView<'a> {
    pub(crate) tenant_id: &'a TenantId,
    pub(crate) counts: BTreeMap<PersonState, u64>,
    pub(crate) people: Vec<Standing>,
    /// People who would follow.
    pub(crate) more: u64,
    /// What is wrong with items that cannot be read: what they say of people is not shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unreadable: Vec<String>,
    #[serde(skip)]
    pub(crate) time_zone: TimeZone,
}

pub(super) async fn list(context: &CommandContext<'_>, args: &ListPeople) -> Result<Output> {
    Output::of(&page(context, args).await?)
}

pub(crate) async fn page<'a>(
    context: &CommandContext<'_>,
    args: &'a ListPeople,
) -> Result<PeopleView<'a>> {
    let ListPeople {
        tenant,
        state,
        limit,
        after,
    } = args;
    let mut damaged = Vec::new();
    let record = context.store.tenant(tenant).await;
    if record == Ok(None) {
        return Err(no_such_tenant(tenant));
    }
    let config = readable(record, &mut damaged)?
        .and_then(|record| TenantConfig::parse_stored(&record.config).ok());
    let (known, unread) = load_known(context, tenant).await?;
    damaged.extend(unread);
    let standings = known.standings();
    let mut counts: BTreeMap<PersonState, u64> = BTreeMap::new();
    for standing in &standings {
        *counts.entry(standing.state).or_default() += 1;
    }
    let is_wanted = |standing: &Standing| state.is_empty() || state.contains(&standing.state);
    let is_later = |id: &SourceId| {
        let after = after.as_ref();
        after.is_none_or(|after| in_order(id) > in_order(after))
    };
    let mut people: Vec<_> = standings
        .into_iter()
        .filter(|standing| is_wanted(standing) && is_later(&standing.person))
        .collect();
    let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
    let more = people.len().saturating_sub(limit) as u64;
    people.truncate(limit);
    Ok(PeopleView {
        tenant_id: tenant,
        counts,
        people,
        more,
        unreadable: damaged.iter().map(ToString::to_string).collect(),
        time_zone: config.map_or(TimeZone::UTC, |config| config.time_zone),
    })
}

/// Everything that the state knows.
pub(super) async fn read(context: &CommandContext<'_>, tenant: &TenantId) -> Result<Known> {
    let (known, damaged) = load_known(context, tenant).await?;
    match damaged.into_iter().next() {
        Some(error) => Err(error.into()),
        None => Ok(known),
    }
}

/// Everything that can be read, and what cannot: one query each for ledger and reports, one read of all shards.
async fn load_known(
    context: &CommandContext<'_>,
    tenant: &TenantId,
) -> Result<(Known, Vec<StateError>)> {
    let store = &context.store;
    let numbers: Vec<_> = ShardNumber::all().collect();
    let (shards, mut damaged) = store.readable_shards(tenant, &numbers).await?;
    // A person in a shard that cannot be read is not gone.
    let has_all_shards = damaged.is_empty();
    let state = readable(store.sync_state(tenant).await, &mut damaged)?;
    let (ledger, unread) = store.readable_employees(tenant).await?;
    damaged.extend(unread);
    let (reports, unread) = store.readable_reports::<Value>(tenant, REPORTS).await?;
    damaged.extend(unread);
    let compared = state.is_some_and(|state| {
        has_all_shards && !state.configuration.is_empty() && !state.shards.is_empty()
    });
    let held = readable(store.held(tenant).await, &mut damaged)?;
    let held_people = held.iter().flat_map(|held| {
        let people = held.people().into_iter();
        people.map(move |id| (id.clone(), held.hash.clone()))
    });
    let mut known = Known {
        ledger,
        shards: people_of(shards.into_values()),
        compared,
        held: held_people.collect(),
        ..Known::default()
    };
    let mut reported = BTreeMap::new();
    for report in reports {
        if report.get("job").and_then(Value::as_str) != Some(JobKind::Employees.function()) {
            continue;
        }
        // Newest first.
        for (kind, person, text) in findings(&report) {
            let found = match kind {
                "orphaned" => &mut reported,
                _ => &mut known.findings,
            };
            let id = SourceId::new(person);
            found.entry(id).or_insert_with(|| text.to_owned());
        }
    }
    known.orphans = orphans(held.as_ref(), reported);
    Ok((known, damaged))
}

/// The orphans that the held plan has, with what was `reported` of each: one that a later comparison did not find is none any
/// more. Where the plan is too large to keep who is in it, all that were reported.
fn orphans(
    held: Option<&HeldPlan>,
    mut reported: BTreeMap<SourceId, String>,
) -> BTreeMap<SourceId, String> {
    let parts = held.into_iter().flat_map(|held| held.parts.iter());
    let people: Vec<Option<&SourceId>> = parts
        .filter(|(key, _)| key.brake == Brake::OrphanLock)
        .map(|(_, part)| part.person.as_ref())
        .collect();
    if people.contains(&None) {
        return reported;
    }
    let orphans = people.into_iter().flatten().map(|id| {
        let text = reported
            .remove(id)
            .unwrap_or_else(|| UNREPORTED_ORPHAN.to_owned());
        (id.clone(), text)
    });
    orphans.collect()
}

/// Kind, person and text of each finding about a person.
fn findings(report: &Value) -> impl Iterator<Item = (&str, &str, &str)> {
    let findings = report.get("findings").and_then(Value::as_array);
    findings.into_iter().flatten().filter_map(|finding| {
        let text = |field: &str| finding.get(field).and_then(Value::as_str);
        Some((text("kind")?, text("person")?, text("text")?))
    })
}

impl PeopleView<'_> {
    fn header(&self) -> String {
        let counts = self.counts.iter();
        let counts: Vec<String> = counts
            .map(|(state, number)| format!("{number} {}", name(*state)))
            .collect();
        format!("{}: {}", self.tenant_id, counts.join(", "))
    }

    fn rows(&self) -> String {
        let tenant = self.tenant_id;
        if self.counts.is_empty() {
            return format::paragraph(&format!(
                "The state knows nobody of {tenant} yet: `tenants sync {tenant}` runs it now."
            ));
        }
        let mut text = format::paragraph(&self.header());
        if self.people.is_empty() {
            return text + "Nobody is in this part of the list.\n";
        }
        let mut table = terminal::table(["person", "state", "tried again", "reason"]);
        for standing in &self.people {
            let retry_at = standing.retry_at.map(format::moment);
            table.add_row([
                standing.person.as_str(),
                &name(standing.state),
                retry_at.as_deref().unwrap_or_default(),
                standing.reason.as_deref().unwrap_or_default(),
            ]);
        }
        text.push_str(&format!("{}\n", table.trim_fmt()));
        if let (1.., Some(last)) = (self.more, self.people.last()) {
            let more = format::number(self.more, "more person", "more people");
            let next = format!("{more}: --after {}", last.person);
            text.push_str(&format::paragraph(&next));
        }
        text
    }
}

impl View for PeopleView<'_> {
    fn text(&self) -> String {
        let unreadable = self.unreadable.iter().map(|text| format::point(text));
        self.rows() + &unreadable.collect::<String>()
    }

    fn needs_attention(&self) -> bool {
        let mut states = self.counts.keys();
        !self.unreadable.is_empty() || states.any(|state| state.needs_attention())
    }
}

/// The state as the command line spells it.
pub(crate) fn name(state: PersonState) -> String {
    let name = serde_json::to_value(state).ok();
    name.and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}
