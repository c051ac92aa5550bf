//! Before the first write to reteach: who is about to be known.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardDigest, ShardEntry, ShardNumber};
use shared::state::{StateError, SyncState};

use crate::apply::ApplyContext;
use crate::checkpoint::{DUE_NOW, Sharding};
use crate::plan::Plan;

/// Writes down whom `plan` touches and no shard knows yet, in `shards` and in the table, and has `root` ask for a look at them. A run
/// that is killed after it has made an account leaves somebody to look for, even if the HR system does not have them any more by then.
///
/// Whether there was anybody: then `root` has to be written before anything is applied.
///
/// # Errors
/// [`StateError`]; nothing may be applied then.
pub(crate) async fn announce(
    context: ApplyContext<'_>,
    plan: &Plan,
    sharding: &Sharding<'_>,
    shards: &mut BTreeMap<ShardNumber, Shard>,
    root: &mut SyncState,
) -> Result<bool, StateError> {
    let announced = prepare(plan, sharding, shards, root);
    if announced.is_empty() {
        return Ok(false);
    }
    context.guard.check().await?;
    for (number, shard) in shards
        .iter()
        .filter(|(number, _)| announced.contains(number))
    {
        context
            .store
            .put_shard(context.tenant, context.guard.token(), *number, shard)
            .await?;
    }
    Ok(true)
}

/// The same without the table: the shards that have to be written.
pub(crate) fn prepare(
    plan: &Plan,
    sharding: &Sharding<'_>,
    shards: &mut BTreeMap<ShardNumber, Shard>,
    root: &mut SyncState,
) -> BTreeSet<ShardNumber> {
    let mut announced = extend(plan, sharding, shards);
    if announced.is_empty() {
        return announced;
    }
    // A table of another length tells of shards that are all spread anew: none may be left as it was.
    if root.shards.len() != sharding.count().get() {
        announced.extend(shards.keys());
    }
    root.shards
        .resize(sharding.count().get(), ShardDigest::default());
    for (number, shard) in shards
        .iter()
        .filter(|(number, _)| announced.contains(number))
    {
        if let Some(line) = root.shards.get_mut(usize::from(number.0)) {
            *line = shard.digest();
        }
    }
    announced
}

/// Puts everybody whom `plan` touches into their shard, and returns the shards that had not known all of them.
fn extend(
    plan: &Plan,
    sharding: &Sharding<'_>,
    shards: &mut BTreeMap<ShardNumber, Shard>,
) -> BTreeSet<ShardNumber> {
    let changed = plan.changes.iter().map(|change| &change.source_id);
    let touched: BTreeSet<&SourceId> = changed
        .chain(plan.bookkeeping.iter().map(|entry| &entry.source_id))
        .collect();
    let mut announced = BTreeSet::new();
    for (number, shard) in shards {
        let unknown = |id: &SourceId| touched.contains(id) && !shard.0.contains_key(id);
        let unknown: Vec<_> = sharding
            .members(*number)
            .filter(|(id, _)| unknown(id))
            .collect();
        if !unknown.is_empty() {
            announced.insert(*number);
        }
        let entry = |fingerprint| ShardEntry {
            fingerprint,
            standing: DUE_NOW,
        };
        shard.0.extend(
            unknown
                .into_iter()
                .map(|(id, fingerprint)| (id, entry(fingerprint))),
        );
    }
    announced
}
