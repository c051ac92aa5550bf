//! Before the first write to reteach: the people who are about to be known. Pure.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardEntry, ShardNumber};

use super::{DUE_NOW, Sharding};
use crate::plan::Plan;

/// The shards that change because everybody whom `plan` touches is put into theirs, as due in the next run. A run that is
/// killed after it has made an account leaves somebody to look for, even if the HR system does not have them by then.
pub(crate) fn register(
    plan: &Plan,
    sharding: &Sharding<'_>,
    shards: &BTreeMap<ShardNumber, Shard>,
) -> BTreeMap<ShardNumber, Shard> {
    let changed = plan.changes.iter().map(|change| &change.source_id);
    let kept = plan.bookkeeping.iter().map(|entry| &entry.source_id);
    let touched: BTreeSet<&SourceId> = changed.chain(kept).collect();
    let mut registered = BTreeMap::new();
    for (number, shard) in shards {
        let unknown: Vec<_> = sharding
            .members(*number)
            .filter(|(id, _)| touched.contains(*id) && !shard.0.contains_key(*id))
            .collect();
        if unknown.is_empty() {
            continue;
        }
        let mut shard = shard.clone();
        shard.0.extend(unknown.into_iter().map(|(id, fingerprint)| {
            let entry = ShardEntry {
                fingerprint,
                status: DUE_NOW,
            };
            (id.clone(), entry)
        }));
        registered.insert(*number, shard);
    }
    registered
}
