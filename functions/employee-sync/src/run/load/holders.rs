//! Who holds the account that a person would get, and old values that would be written again.

use std::collections::{BTreeSet, HashMap};

use shared::domain::id::SourceId;
use shared::fingerprint::{FingerprintKey, ShardNumber};
use shared::mapping::Attribute;
use shared::state::{EmployeeEntry, StateError, ValueDigest};
use shared::tenant::TenantConfig;

use super::super::Rules;
use super::super::turns::is_contract_over;
use super::is_shut;
use crate::io::Reader;
use crate::plan::{Account, AccountView, Candidate, Holder, SourceState, digest_of};
use crate::source::{Completeness, People, Person};

/// The candidates with what is known of the people whose external ids their conflicting accounts have.
pub(super) async fn with_holders(
    reader: &impl Reader,
    mut candidates: Vec<Candidate>,
    people: &People,
    gone: &BTreeSet<SourceId>,
    rules: Rules<'_>,
) -> Result<Vec<Candidate>, StateError> {
    let holders: BTreeSet<SourceId> = candidates
        .iter()
        .filter_map(|candidate| match &candidate.account {
            Account::Conflicting(account, _) => account.external_id.as_ref()?.source_id(rules.tool),
            _ => None,
        })
        .collect();
    let missing: BTreeSet<&SourceId> = holders
        .iter()
        .filter(|id| !people.snapshot.contains(id))
        .collect();
    let entries = if missing.is_empty() {
        HashMap::new()
    } else {
        reader.entries(&missing).await?
    };
    let unknown: BTreeSet<ShardNumber> = missing
        .iter()
        .filter(|id| people.completeness == Completeness::Complete && !entries.contains_key(**id))
        .map(|id| ShardNumber::of(id))
        .collect();
    let shards = reader.shards(&Vec::from_iter(unknown)).await?;
    // An entry ends a year after the lock, or with `forget`.
    let is_forgotten = |id: &SourceId| {
        let shard = shards.get(&ShardNumber::of(id));
        !entries.contains_key(id) && shard.is_some_and(|shard| !shard.0.contains_key(id))
    };
    // An absent profile whose account was about to be handed over has left as well.
    let is_closed = |entry: &EmployeeEntry| entry.handed_over_to.is_some();
    let has_left = |id: &SourceId, account: &AccountView| match people.snapshot.get(id) {
        Some(Person::Employee(employee, _)) => is_contract_over(employee, rules),
        Some(Person::Rejected { .. }) => false,
        None => {
            let entry = entries.get(id);
            gone.contains(id)
                || entry.is_some_and(|entry| is_shut(entry, rules.now) || is_closed(entry))
                || (is_forgotten(id) && !account.is_open_at(rules.now))
        }
    };
    for candidate in &mut candidates {
        let Account::Conflicting(account, holder) = &mut candidate.account else {
            continue;
        };
        let id = account
            .external_id
            .as_ref()
            .and_then(|id| id.source_id(rules.tool));
        if let Some(id) = id.filter(|id| has_left(id, account)) {
            *holder = Holder::Former(id);
        }
    }
    Ok(candidates)
}

/// The records, with null for what the configuration has switched off and we wrote: it is cleared once. What somebody else
/// has written there since stays.
pub(super) fn without_stale_values(
    mut candidates: Vec<Candidate>,
    config: &TenantConfig,
    key: &FingerprintKey,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        let (SourceState::Present { record, .. }, Account::Fetched(account, _), Some(entry)) =
            (&mut candidate.source, &candidate.account, &candidate.entry)
        else {
            continue;
        };
        for attribute in Attribute::ALL {
            if !config.employees.is_switched_off(attribute) {
                continue;
            }
            let Some(ValueDigest::Value(written)) = entry.digests.get(attribute.name()) else {
                continue;
            };
            let held = account.values_of(attribute);
            let written = ValueDigest::Value(*written);
            let is_ours = held
                .iter()
                .all(|held| digest_of(&record.source_id, attribute, Some(held), key) == written);
            if is_ours {
                record.values.insert(attribute, None);
            }
        }
    }
    candidates
}
