//! Who is looked at first, where more people are due than one run plans for.

use std::collections::{BTreeMap, HashMap, HashSet};

use shared::access::has_left;
use shared::domain::employee::Employee;
use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardNumber};
use shared::mapping::DesiredAccount;
use shared::state::{Brake, Decision, HeldPlan};

use super::Rules;
use crate::checkpoint::Turn;
use crate::source::{People, Person};

/// The turn of each person in the HR system.
pub(super) fn turns<'a>(
    people: &'a People,
    shards: &'a BTreeMap<ShardNumber, Shard>,
    held: Option<&'a HeldPlan>,
    rules: Rules<'a>,
) -> impl Fn(&SourceId) -> Turn + 'a {
    let parts = held.into_iter().flat_map(|held| held.parts.iter());
    let undecided = parts.filter(|(_, part)| part.decision.is_none());
    let mut waits_to_be_locked: HashMap<&SourceId, bool> = HashMap::new();
    for (key, part) in undecided {
        if let Some(person) = &part.person {
            *waits_to_be_locked.entry(person).or_default() |= key.brake.is_lock();
        }
    }
    let is_as_before = |id: &SourceId, person: &Person| {
        let shard = shards.get(&ShardNumber::of(id));
        let entry = shard.and_then(|shard| shard.0.get(id));
        entry.is_some_and(|entry| entry.fingerprint == person.fingerprint())
    };
    move |id| {
        let person = people.snapshot.get(id);
        // Of people who are gone, only those are due who are gone for the second time.
        let has_left = person.is_none_or(|person| person_has_left(id, person, rules));
        match (waits_to_be_locked.get(id), has_left) {
            (None | Some(false), true) => Turn::Leaver,
            (Some(_), _) if person.is_none_or(|person| is_as_before(id, person)) => Turn::Held,
            (Some(_), _) | (None, false) => Turn::Due,
        }
    }
}

/// People whose account was looked for before a brake held what would be done: until the record changes or somebody approves
/// it, only the daily comparison looks again.
pub(super) fn searched(held: Option<&HeldPlan>) -> HashSet<&SourceId> {
    let parts = held.into_iter().flat_map(|held| held.parts.iter());
    let searched = parts
        .filter(|(key, _)| matches!(key.brake, Brake::Create | Brake::TakeOver | Brake::Handover));
    searched
        .filter(|(_, part)| !matches!(part.decision, Some(Decision::Approved { .. })))
        .filter_map(|(_, part)| part.person.as_ref())
        .collect()
}

/// Whether the person's contract is over, as far as their record can be read.
pub(super) fn person_has_left(id: &SourceId, person: &Person, rules: Rules<'_>) -> bool {
    match person {
        Person::Employee(employee, _) => is_contract_over(employee, rules),
        Person::Rejected { leaving, .. } => {
            is_contract_over(&leaving.clone().employee(id.clone()), rules)
        }
    }
}

pub(super) fn is_contract_over(employee: &Employee, rules: Rules<'_>) -> bool {
    let record = DesiredAccount::of(employee, rules.tool, rules.config);
    let (zone, lock_on) = (&rules.config.time_zone, rules.config.employees.lock_on);
    has_left(&record.employment, rules.now, zone, lock_on)
}
