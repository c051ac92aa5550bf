//! Accounts without a person: of people who are gone, and of people whom the ledger has forgotten.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use shared::domain::id::{ExternalId, SourceId};
use shared::fingerprint::{EntryStatus, Shard, ShardEntry, ShardNumber};
use shared::source::Absence;
use shared::state::EmployeeEntry;

use super::{Inputs, is_shut};
use crate::accounts::AccountIndex;
use crate::plan::{Account, Candidate, MatchedBy, SourceState};
use crate::source::{Completeness, People};

/// Puts people back who are missing from the reading and whom the ledger knows, but no shard: a state that was lost must
/// not hide that they are gone.
pub(super) fn with_forgotten(
    mut shards: BTreeMap<ShardNumber, Shard>,
    people: &People,
    entries: &HashMap<SourceId, EmployeeEntry>,
    now: Timestamp,
) -> BTreeMap<ShardNumber, Shard> {
    // Whether a sealed entry's account is locked, the academy has to say: `concluded` looks at those.
    let has_state = shards.values().any(|shard| !shard.0.is_empty());
    let missing = entries
        .values()
        .filter(|entry| !people.snapshot.contains(&entry.source_id))
        .filter(|entry| !(entry.is_sealed && has_state));
    for entry in missing.filter(|entry| entry.customer_id.is_some() && !is_shut(entry, now)) {
        let shard = shards.entry(ShardNumber::of(&entry.source_id)).or_default();
        let known = ShardEntry {
            // After a migration none is known yet: nobody has it.
            fingerprint: entry.fingerprint.unwrap_or_default(),
            status: EntryStatus::Synced,
        };
        shard.0.entry(entry.source_id.clone()).or_insert(known);
    }
    shards
}

/// The entries of people who were found to be gone before, whose locked account an admin may have opened again. A person
/// who is in a shard is judged by two readings like everybody else.
pub(super) fn concluded(
    shards: &BTreeMap<ShardNumber, Shard>,
    people: &People,
    entries: &HashMap<SourceId, EmployeeEntry>,
) -> Vec<EmployeeEntry> {
    if people.completeness != Completeness::Complete {
        return Vec::new();
    }
    let is_in_shard = |id| {
        let shard = shards.get(&ShardNumber::of(id));
        shard.is_some_and(|shard| shard.0.contains_key(id))
    };
    let mut concluded: Vec<_> = entries
        .values()
        .filter(|entry| entry.customer_id.is_some() && entry.handed_over_to.is_none())
        .filter(|entry| !people.snapshot.contains(&entry.source_id))
        .filter(|entry| !is_in_shard(&entry.source_id))
        .cloned()
        .collect();
    concluded.sort_by(|a, b| a.source_id.cmp(&b.source_id));
    concluded
}

/// What the absence of somebody means whom the ledger knows. Without a lock of ours nobody has agreed that the person is gone.
pub(super) fn absence(people: &People, id: &SourceId, entry: Option<&EmployeeEntry>) -> Absence {
    match entry.and_then(|entry| entry.locked) {
        Some(_) => Absence::Explained,
        None => people.absence(id),
    }
}

/// Somebody whose absence was concluded before.
pub(super) fn reopened(entry: EmployeeEntry, people: &People, tool: &str) -> Candidate {
    let known = entry.customer_id.clone();
    Candidate {
        source_id: entry.source_id.clone(),
        source: SourceState::Gone {
            external_id: ExternalId::of(tool, &entry.source_id),
            absence: absence(people, &entry.source_id, Some(&entry)),
        },
        account: known.map_or(Account::NotFetched, Account::FromLedger),
        entry: Some(entry),
        mail_holder: None,
        twin: None,
    }
}

/// Old ids of people whose account somebody else has now.
pub(super) fn handed_over(entries: &HashMap<SourceId, EmployeeEntry>) -> BTreeSet<SourceId> {
    entries
        .values()
        .filter(|entry| entry.handed_over_to.is_some())
        .map(|entry| entry.source_id.clone())
        .collect()
}

/// Open accounts that carry an id of the HR system, and belong to nobody in it, in a shard or in the ledger.
pub(super) fn orphans(
    index: &AccountIndex,
    candidates: &[Candidate],
    inputs: Inputs<'_>,
    shards: &BTreeMap<ShardNumber, Shard>,
    handed_over: &BTreeSet<SourceId>,
) -> Vec<Candidate> {
    let Inputs {
        people,
        rules,
        portion,
        ..
    } = inputs;
    if people.completeness != Completeness::Complete {
        return Vec::new();
    }
    let looked_at: HashSet<&SourceId> = candidates
        .iter()
        .map(|candidate| &candidate.source_id)
        .collect();
    let is_known = |id: &SourceId| {
        let shard = shards.get(&ShardNumber::of(id));
        people.snapshot.contains(id)
            || looked_at.contains(id)
            || handed_over.contains(id)
            || shard.is_some_and(|shard| shard.0.contains_key(id))
    };
    let mut orphans = BTreeMap::new();
    for account in index.kept().filter(|account| account.is_open_at(rules.now)) {
        let external_id = account.external_id.as_ref();
        let Some((external_id, id)) =
            external_id.and_then(|it| Some((it, it.source_id(rules.tool)?)))
        else {
            continue;
        };
        if !portion.contains(&id) || is_known(&id) {
            continue;
        }
        let orphan = Candidate {
            source_id: id.clone(),
            source: SourceState::Gone {
                external_id: external_id.clone(),
                absence: Absence::Orphaned,
            },
            entry: None,
            account: Account::Fetched(Box::new(account.clone()), MatchedBy::ExternalId),
            mail_holder: None,
            twin: None,
        };
        orphans.insert(id, orphan);
    }
    orphans.into_values().collect()
}

/// Whether somebody was only looked at because their account might have been opened again, and it is still locked.
pub(super) fn is_settled(
    candidate: &Candidate,
    due: &BTreeSet<SourceId>,
    gone: &BTreeSet<SourceId>,
    now: Timestamp,
) -> bool {
    let id = &candidate.source_id;
    let is_open =
        matches!(&candidate.account, Account::Fetched(account, _) if account.is_open_at(now));
    let is_sealed = candidate.entry.as_ref().is_some_and(|it| it.is_sealed);
    !due.contains(id) && !gone.contains(id) && !is_open && !is_sealed
}
