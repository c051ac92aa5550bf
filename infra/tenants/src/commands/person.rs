//! A person as the HR system shows them now, and where the next run finds them.

use employee_sync::checkpoint::DUE_NOW;
use shared::access::{Employment, has_left};
use shared::domain::id::{ExternalId, SourceId, TenantId};
use shared::fingerprint::ShardNumber;
use shared::mapping::DesiredAccount;
use shared::source::SourceRecord;
use shared::state::{FencingToken, Store};
use shared::tenant::TenantConfig;

use crate::failure::{Failure, Result};

/// The HR system's own id, with or without the prefix that reteach shows.
pub(super) fn parse(text: &str, tool: &str) -> Result<SourceId> {
    let id = ExternalId::new(text)
        .source_id(tool)
        .unwrap_or_else(|| SourceId::new(text));
    if id.as_str().trim().is_empty() || id.as_str().contains('@') {
        return Err(Failure::usage(
            "give the person's id in Personio, the number at the end of their profile's address: names and mail addresses are not \
             stored",
        ));
    }
    Ok(id)
}

/// What the HR system says about somebody's employment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Gone,
    /// Inactive, or the end date has passed.
    Ended,
    Employed,
    Unreadable,
}

/// The employment that this record shows, if it fits.
pub(super) fn employment(
    record: &SourceRecord,
    tool: &str,
    config: &TenantConfig,
) -> Option<Employment> {
    match record {
        SourceRecord::Employee(employee) => {
            Some(DesiredAccount::of(employee, tool, config).employment)
        }
        SourceRecord::Rejected { .. } => None,
    }
}

/// The presence of the person with this record, whether in scope or not.
pub(super) fn presence(
    record: Option<&SourceRecord>,
    tool: &str,
    config: &TenantConfig,
    now: jiff::Timestamp,
) -> Presence {
    let Some(record) = record else {
        return Presence::Gone;
    };
    let (zone, lock_on) = (&config.time_zone, config.employees.lock_on);
    match employment(record, tool, config) {
        None => Presence::Unreadable,
        Some(employment) if has_left(&employment, now, zone, lock_on) => Presence::Ended,
        Some(_) => Presence::Employed,
    }
}

/// Makes the next run look at a person, whatever the last one left.
pub(super) async fn make_due(
    store: &Store,
    tenant: &TenantId,
    token: FencingToken,
    id: &SourceId,
) -> Result<()> {
    let number = ShardNumber::of(id);
    let state = store.sync_state(tenant).await?;
    let shard = store.shards(tenant, &[number]).await?.remove(&number);
    let (Some(mut state), Some(mut shard)) = (state, shard) else {
        return Ok(());
    };
    // Whom no shard knows the next run looks at anyway.
    let Some(entry) = shard.0.get_mut(id) else {
        return Ok(());
    };
    entry.status = DUE_NOW;
    store.put_shard(tenant, token, number, &shard).await?;
    state.set_shard_digest(number, shard.digest());
    store.put_sync_state(tenant, token, &state).await?;
    Ok(())
}
