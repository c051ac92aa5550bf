//! People in conflict with somebody whose contract has just got its end: they need not wait out the pause of the conflict.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardEntry, ShardNumber};

use super::stages::Prepared;
use crate::apply::{Applied, ApplyOutcome};
use crate::checkpoint::{Resolution, waits_until};
use crate::io::Reader;
use crate::plan::folded;
use crate::source::{People, Person};

/// People with the mail address of somebody else whose end this run has written, and the moment from which that account is
/// locked.
pub(super) fn successors(
    prepared: &Prepared,
    outcome: &ApplyOutcome,
    people: &People,
    now: Timestamp,
) -> BTreeMap<SourceId, Timestamp> {
    let mut ends = HashMap::new();
    if prepared.state.waiting > 0 {
        for change in &prepared.braked.plan.changes {
            let id = &change.source_id;
            let is_written = outcome.applied.get(id).is_some_and(Applied::wrote_window);
            let end = change.window.and_then(|window| window.after.inactive_at);
            let mail = people.snapshot.get(id).and_then(folded_mail);
            if let (true, Some(end), Some(mail)) = (is_written, end, mail) {
                ends.insert(mail, (id, end.max(now)));
            }
        }
    }
    if ends.is_empty() {
        return BTreeMap::new();
    }
    let with_end = people.snapshot.iter().filter_map(|(id, person)| {
        let (holder, end) = ends.get(&folded_mail(person)?)?;
        (*holder != id).then(|| (id.clone(), *end))
    });
    with_end.collect()
}

/// The person's mail address, folded for comparison. Spaces alone are none.
pub(super) fn folded_mail(person: &Person) -> Option<String> {
    match person {
        Person::Employee(employee, _) => {
            Some(folded(employee.email.value()?)).filter(|mail| !mail.is_empty())
        }
        Person::Rejected { .. } => None,
    }
}

/// The shards with those of the `successors`, who were not looked at. Where they cannot be read, successors wait out their
/// pause: what the run has written is noted all the same.
pub(super) async fn with_their_shards(
    reader: &impl Reader,
    mut shards: BTreeMap<ShardNumber, Shard>,
    successors: &BTreeMap<SourceId, Timestamp>,
) -> BTreeMap<ShardNumber, Shard> {
    let numbers: BTreeSet<ShardNumber> = successors.keys().map(ShardNumber::of).collect();
    let missing: Vec<ShardNumber> = numbers
        .into_iter()
        .filter(|number| !shards.contains_key(number))
        .collect();
    if !missing.is_empty()
        && let Ok(more) = reader.shards(&missing).await
    {
        shards.extend(more);
    }
    shards
}

/// The resolutions, with the `successors` who wait for longer due at the end.
pub(super) fn with_successors(
    mut resolutions: BTreeMap<SourceId, Resolution>,
    successors: BTreeMap<SourceId, Timestamp>,
    shards: &BTreeMap<ShardNumber, Shard>,
    people: &People,
) -> BTreeMap<SourceId, Resolution> {
    for (id, end) in successors {
        let waits = match resolutions.get(&id) {
            Some(Resolution::RetryAt(at)) => Some(*at),
            Some(_) => None,
            None => {
                let shard = shards.get(&ShardNumber::of(&id));
                let person = people.snapshot.get(&id);
                let entry = shard.and_then(|shard| shard.0.get(&id));
                // Somebody who has changed and was put off is due in the next run.
                let is_as_before = |entry: &&ShardEntry| {
                    person.is_some_and(|person| person.fingerprint() == entry.fingerprint)
                };
                let entry = entry.filter(is_as_before);
                entry.and_then(|entry| waits_until(entry.status))
            }
        };
        if waits.is_some_and(|at| end < at) {
            resolutions.insert(id, Resolution::RetryAt(end));
        }
    }
    resolutions
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use shared::domain::employee::Field;
    use shared::fingerprint::{EntryStatus, Part};

    use super::*;
    use crate::plan::builders::{edited, employee, key, now};

    #[test]
    fn people_without_a_mail_address_share_none() {
        for (mail, expected) in [(" ", None), (" A@x.example", Some("a@x.example"))] {
            let person = edited("1", |person| person.email = Field::Value(mail.to_owned()));
            let person = Person::Employee(Box::new(person), key().fingerprint([]));
            assert_eq!(folded_mail(&person).as_deref(), expected);
        }
    }

    #[test]
    fn the_end_of_a_conflict_hides_no_change_of_somebody_who_was_put_off() {
        let id = SourceId::new("1");
        let [before, after] = ["before", "after"].map(|it| key().fingerprint([Part::Value(it)]));
        let entry = ShardEntry {
            fingerprint: before,
            status: EntryStatus::RetryAt(now() + SignedDuration::from_hours(24)),
        };
        let shard = Shard(BTreeMap::from([(id.clone(), entry)]));
        let shards = BTreeMap::from([(ShardNumber::of(&id), shard)]);
        let ends = || BTreeMap::from([(id.clone(), now())]);
        for (record, resolution) in [(before, Some(Resolution::RetryAt(now()))), (after, None)] {
            let person = Person::Employee(Box::new(employee("1")), record);
            let people = People::complete([(id.clone(), person)]);
            let resolutions = with_successors(BTreeMap::new(), ends(), &shards, &people);
            assert_eq!(resolutions.get(&id).copied(), resolution);
        }
    }
}
