//! Who needs a look, and what is left for the next run.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use shared::domain::id::SourceId;
use shared::fingerprint::{EntryStatus, Fingerprint, Part, Shard, ShardEntry, ShardNumber};
use shared::mapping::MAPPING_VERSION;
use shared::state::{EmployeeEntry, SyncState};

use super::*;
use crate::apply::ApplyOutcome;
use crate::plan::builders::{key, now};
use crate::plan::{Plan, SkipReason};
use crate::source::{Completeness, IncompleteReason, People, Person};
use Completeness::Complete;
use EntryStatus::{MissingOnce, RetryAt, Synced};

const INCOMPLETE: Completeness = Completeness::Incomplete(IncompleteReason::Nobody);
fn only() -> ShardNumber {
    ShardNumber::of(&SourceId::new("1"))
}

fn print(version: &str) -> Fingerprint {
    key().fingerprint([Part::Value(version)])
}

/// People by id, each with the version of their record.
fn people(versions: &[(&str, &str)], completeness: Completeness) -> People {
    let person = |version| Person::Rejected {
        fingerprint: print(version),
        field: String::new(),
        problem: String::new(),
        leaving: shared::source::Leaving::default(),
    };
    let everybody = versions
        .iter()
        .map(|(id, version)| (SourceId::new(*id), person(version)));
    People {
        completeness,
        ..People::complete(everybody)
    }
}

fn entry(version: &str, status: EntryStatus) -> ShardEntry {
    ShardEntry {
        fingerprint: print(version),
        status,
    }
}

fn shard(entries: &[(&str, &str, EntryStatus)]) -> Shard {
    Shard(
        entries
            .iter()
            .map(|(id, version, it)| (SourceId::new(*id), entry(version, *it)))
            .collect(),
    )
}

/// The shard with person 1 as the last run left them.
fn one(standing: Option<EntryStatus>) -> Shard {
    let old = standing.map(|standing| ("1", "a", standing));
    shard(old.as_slice())
}

fn ids(ids: &[&str]) -> BTreeSet<SourceId> {
    ids.iter().map(|id| SourceId::new(*id)).collect()
}

fn at(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

/// What the last run left of person 1, their record now, how it was read; and whether they need a look or are gone.
type Case = (
    Option<EntryStatus>,
    Option<&'static str>,
    Completeness,
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
fn whoever_is_as_the_last_run_left_them_needs_no_look() {
    let (due, ahead) = (Some(RetryAt(at(0))), Some(RetryAt(at(5))));
    let cases: [Case; 18] = [
        // Never seen.
        (None, Some("a"), Complete, &["1"], &[]),
        (None, Some("a"), INCOMPLETE, &["1"], &[]),
        (None, None, Complete, &[], &[]),
        // The same, and changed.
        (Some(Synced), Some("a"), Complete, &[], &[]),
        (Some(Synced), Some("b"), Complete, &["1"], &[]),
        (Some(Synced), Some("b"), INCOMPLETE, &["1"], &[]),
        // Refused before.
        (ahead, Some("a"), Complete, &[], &[]),
        (ahead, Some("b"), Complete, &["1"], &[]),
        (due, Some("a"), Complete, &["1"], &[]),
        (Some(DUE_NOW), Some("a"), Complete, &["1"], &[]),
        // Missing.
        (Some(Synced), None, Complete, &[], &[]),
        (Some(Synced), None, INCOMPLETE, &[], &[]),
        (due, None, Complete, &[], &[]),
        (Some(MissingOnce), None, Complete, &[], &["1"]),
        (Some(MissingOnce), None, INCOMPLETE, &[], &[]),
        // Back again.
        (Some(MissingOnce), Some("a"), Complete, &["1"], &[]),
        (Some(MissingOnce), Some("b"), Complete, &["1"], &[]),
        (Some(MissingOnce), Some("a"), INCOMPLETE, &["1"], &[]),
    ];
    for (standing, version, completeness, look, gone) in cases {
        let versions: Vec<_> = version.map(|version| ("1", version)).into_iter().collect();
        let people = people(&versions, completeness);
        let sharding = Sharding::new(&people.snapshot);
        let shards = BTreeMap::from([(only(), one(standing))]);
        let triaged = classify(&sharding, &shards, completeness, false, now());
        let expected = Classification {
            due: ids(look),
            gone: ids(gone),
        };
        assert_eq!(
            triaged, expected,
            "{standing:?} {version:?} {completeness:?}"
        );
        // A look at everybody includes all who are present; that does not change who is gone.
        let everybody = classify(&sharding, &shards, completeness, true, now());
        let there: Vec<_> = versions.iter().map(|(id, _)| *id).collect();
        assert_eq!(
            everybody,
            Classification {
                due: ids(&there),
                gone: ids(gone)
            }
        );
    }
}

#[test]
fn what_became_of_somebody_is_what_the_next_run_finds() {
    let retry = RetryAt(at(15));
    let (synced, missing, waits) = (Some(Synced), Some(MissingOnce), Some(retry));
    let (settled, open) = (Some(Resolution::Settled), Some(Resolution::Open));
    let again = Some(Resolution::RetryAt(at(15)));
    let gone = Some(ShardEntry::gone(at(15)));
    let some = |version, standing| Some(entry(version, standing));
    let cases = [
        // Looked at: the record of now, with what became of it.
        (synced, Some("b"), Complete, settled, some("b", Synced)),
        (None, Some("b"), Complete, settled, some("b", Synced)),
        (synced, Some("b"), Complete, again, some("b", retry)),
        (synced, Some("b"), Complete, open, some("b", DUE_NOW)),
        (missing, Some("a"), Complete, settled, some("a", Synced)),
        (waits, Some("b"), INCOMPLETE, settled, some("b", Synced)),
        // Not looked at: as before.
        (synced, Some("a"), Complete, None, some("a", Synced)),
        (waits, Some("a"), Complete, None, some("a", retry)),
        (missing, Some("a"), Complete, None, some("a", DUE_NOW)),
        (None, Some("a"), Complete, None, None),
        // Missing: once, and again, and locked.
        (synced, None, Complete, None, some("a", MissingOnce)),
        (waits, None, Complete, None, some("a", MissingOnce)),
        (synced, None, INCOMPLETE, None, some("a", Synced)),
        (waits, None, INCOMPLETE, None, some("a", retry)),
        (missing, None, INCOMPLETE, None, some("a", MissingOnce)),
        (missing, None, Complete, open, some("a", MissingOnce)),
        (missing, None, Complete, again, gone),
        (missing, None, Complete, settled, None),
    ];
    for (standing, version, completeness, became, expected) in cases {
        let versions: Vec<_> = version.map(|version| ("1", version)).into_iter().collect();
        let people = people(&versions, completeness);
        let sharding = Sharding::new(&people.snapshot);
        let outcomes = became.map(|became| (SourceId::new("1"), became));
        let outcomes = outcomes.into_iter().collect();
        let next = next_shard(only(), &one(standing), &sharding, completeness, &outcomes);
        let found = next.0.get(&SourceId::new("1")).copied();
        assert_eq!(
            found, expected,
            "{standing:?} {version:?} {completeness:?} {became:?}"
        );
    }
}

#[test]
fn an_account_of_somebody_gone_waits_for_its_moment() {
    let (id, gone) = (SourceId::new("1"), ShardEntry::gone(at(60)));
    let old = Shard(BTreeMap::from([(id.clone(), gone)]));
    let people = people(&[], Complete);
    let sharding = Sharding::new(&people.snapshot);
    let next = next_shard(only(), &old, &sharding, Complete, &BTreeMap::new());
    assert_eq!(next.0.get(&id), Some(&gone));
}

#[test]
fn what_is_reported_is_reported_again_a_day_later() {
    let id = SourceId::new("1");
    let other = SourceId::new("2");
    for skip in [
        SkipReason::ScopeUndecided("department"),
        SkipReason::EmployedAgain(other),
    ] {
        let plan = Plan {
            skipped: vec![(id.clone(), skip)],
            ..Plan::default()
        };
        let resolutions = resolve(&[], &plan, &[], &ApplyOutcome::default(), now());
        let tomorrow = Resolution::RetryAt(at(24 * 60));
        assert_eq!(resolutions, BTreeMap::from([(id.clone(), tomorrow)]));
    }
}

#[test]
fn people_are_registered_who_are_written_and_in_no_shard() {
    let people = people(&[("1", "a")], Complete);
    let sharding = Sharding::new(&people.snapshot);
    let shard_of = [("1", "a", Synced)];
    for (is_written, is_known, is_registered) in [
        (true, false, true),
        (true, true, false),
        (false, false, false),
    ] {
        let written = is_written.then(|| EmployeeEntry::new(SourceId::new("1")));
        let plan = Plan {
            bookkeeping: written.into_iter().collect(),
            ..Plan::default()
        };
        let known = shard(&shard_of[..usize::from(is_known)]);
        let shards = BTreeMap::from([(only(), known)]);
        let found = !register(&plan, &sharding, &shards).is_empty();
        assert_eq!(found, is_registered, "{is_written} {is_known}");
    }
}

#[test]
fn nobody_waits_who_is_due_in_the_next_run() {
    for (status, until) in [
        (RetryAt(at(60)), Some(at(60))),
        (DUE_NOW, None),
        (MissingOnce, None),
    ] {
        assert_eq!(waits_until(status), until, "{status:?}");
    }
}

fn state<'a>(shards: impl IntoIterator<Item = (&'a ShardNumber, &'a Shard)>) -> SyncState {
    let mut state = SyncState {
        mapping_version: MAPPING_VERSION,
        configuration: "rules".into(),
        reconciled_at: now(),
        ..SyncState::default()
    };
    for (number, shard) in shards {
        state.set_shard_digest(*number, shard.digest());
    }
    state
}

#[test]
fn a_run_looks_at_as_little_as_it_may() {
    use Reason::{FirstRun, NewRules, Reconcile};
    let settled = state([(&only(), &shard(&[("1", "a", Synced)]))]);
    let with = |edit: fn(&mut SyncState)| {
        let mut root = settled.clone();
        edit(&mut root);
        Some(root)
    };
    let same = || with(|_| {});
    let only = Selection::Shards(BTreeSet::from([only()]));
    let none = Selection::Shards(BTreeSet::new());
    let all = Selection::Everybody;
    let never_ended = with(|state| *state = SyncState::default());
    let announced = with(|state| state.configuration.clear());
    let newer = with(|state| state.mapping_version += 1);
    let others = with(|state| state.configuration = "others".into());
    let pending = with(|state| {
        let shards = BTreeSet::from([7]);
        drop(state.pending.insert(shared::state::Brake::Unlock, shards))
    });
    let day = 24 * 60;
    let cases = [
        ("first run", None, "a", false, 0, all(FirstRun)),
        ("it never ended", never_ended, "a", false, 0, all(FirstRun)),
        ("people announced", announced, "a", false, 0, all(FirstRun)),
        ("nothing changed", same(), "a", false, 0, Selection::Nobody),
        ("one changed", same(), "b", false, 0, only.clone()),
        ("a newer mapping", newer, "a", false, 0, all(NewRules)),
        ("other rules", others, "a", false, 0, all(NewRules)),
        ("asked for", same(), "a", true, 0, all(Reconcile)),
        ("nearly a day later", same(), "b", false, day - 1, only),
        ("a day later", same(), "a", false, day, all(Reconcile)),
        ("a run that broke off", pending, "a", false, 0, none),
    ];
    for (name, root, version, asked, minutes, expected) in cases {
        let people = people(&[("1", version)], Complete);
        let sharding = Sharding::new(&people.snapshot);
        assert_eq!(
            select(root.as_ref(), &sharding, "rules", asked, at(minutes)),
            expected,
            "{name}"
        );
    }
}

#[test]
fn only_the_shards_that_changed_are_looked_at() {
    let names: Vec<String> = (0..40).map(|id| id.to_string()).collect();
    let versions: Vec<_> = names.iter().map(|id| (id.as_str(), "a")).collect();
    let before = people(&versions, Complete);
    let root = settle(&before, &BTreeMap::new(), |_| Resolution::Settled).0;
    let others = versions
        .iter()
        .filter(|(id, _)| !["3", "7"].contains(id))
        .copied();
    let after = people(
        &others.chain([("7", "b"), ("new", "a")]).collect::<Vec<_>>(),
        Complete,
    );
    let sharding = Sharding::new(&after.snapshot);
    let expected = ids(&["3", "7", "new"])
        .iter()
        .map(ShardNumber::of)
        .collect();
    assert_eq!(
        select(Some(&root), &sharding, "rules", false, now()),
        Selection::Shards(expected)
    );
}

/// A run over everybody, with what becomes of each: the root and the shards that it leaves.
fn settle(
    people: &People,
    old: &BTreeMap<ShardNumber, Shard>,
    became: impl Fn(&SourceId) -> Resolution,
) -> (SyncState, BTreeMap<ShardNumber, Shard>) {
    let sharding = Sharding::new(&people.snapshot);
    let old: BTreeMap<_, _> = ShardNumber::all()
        .map(|number| (number, old.get(&number).cloned().unwrap_or_default()))
        .collect();
    let Classification { due, gone } = classify(&sharding, &old, people.completeness, true, now());
    let became = due
        .union(&gone)
        .map(|id| (id.clone(), became(id)))
        .collect();
    let next: BTreeMap<_, _> = old
        .iter()
        .map(|(number, old)| {
            (
                *number,
                next_shard(*number, old, &sharding, people.completeness, &became),
            )
        })
        .collect();
    (state(&next), next)
}

fn company() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("[0-9]{1,3}", "[ab]", 1..30)
}

fn reading(company: &BTreeMap<String, String>, completeness: Completeness) -> People {
    let versions: Vec<_> = company
        .iter()
        .map(|(id, version)| (id.as_str(), version.as_str()))
        .collect();
    people(&versions, completeness)
}

proptest! {
    #[test]
    fn when_all_are_settled_the_next_run_looks_at_nobody(company in company(), later in 0_i64..1_440) {
        let people = reading(&company, Complete);
        let (root, _) = settle(&people, &BTreeMap::new(), |_| Resolution::Settled);
        let sharding = Sharding::new(&people.snapshot);
        prop_assert_eq!(select(Some(&root), &sharding, "rules", false, at(later)), Selection::Nobody);
    }

    #[test]
    fn whoever_is_not_settled_makes_the_next_run_look(
        company in company(), pick in any::<prop::sample::Index>(), minutes in 1_i64..60,
    ) {
        let people = reading(&company, Complete);
        let unlucky = SourceId::new(pick.get(&company.keys().collect::<Vec<_>>()).as_str());
        let sharding = Sharding::new(&people.snapshot);
        let shard = Selection::Shards(BTreeSet::from([ShardNumber::of(&unlucky)]));
        for (became, due) in [(Resolution::Open, 0), (Resolution::RetryAt(at(minutes)), minutes)] {
            let became = |id: &SourceId| if *id == unlucky { became } else { Resolution::Settled };
            let (root, _) = settle(&people, &BTreeMap::new(), became);
            prop_assert_eq!(select(Some(&root), &sharding, "rules", false, at(due)), shard.clone());
            let before = select(Some(&root), &sharding, "rules", false, at(due - 1));
            prop_assert_eq!(before, if due == 0 { shard.clone() } else { Selection::Nobody });
        }
    }

    #[test]
    fn somebody_missing_once_makes_the_next_run_look_whether_they_are_back_or_not(
        company in company(), pick in any::<prop::sample::Index>(),
    ) {
        let everybody = reading(&company, Complete);
        let (_, shards) = settle(&everybody, &BTreeMap::new(), |_| Resolution::Settled);
        let mut less = company.clone();
        less.remove(*pick.get(&company.keys().collect::<Vec<_>>()));
        let less = reading(&less, Complete);
        let (root, shards) = settle(&less, &shards, |_| Resolution::Settled);
        for people in [&less, &everybody] {
            let sharding = Sharding::new(&people.snapshot);
            prop_assert_ne!(select(Some(&root), &sharding, "rules", false, now()), Selection::Nobody);
        }
        // Back again, all is as before.
        let (back, _) = settle(&everybody, &shards, |_| Resolution::Settled);
        let (root, _) = settle(&everybody, &BTreeMap::new(), |_| Resolution::Settled);
        prop_assert_eq!(back, root);
    }

    #[test]
    fn whoever_was_refused_or_held_before_they_were_missing_is_tried_again(
        company in company(), pick in any::<prop::sample::Index>(), refused in any::<bool>(),
    ) {
        let unlucky = SourceId::new(pick.get(&company.keys().collect::<Vec<_>>()).as_str());
        let failed = if refused { Resolution::RetryAt(at(15)) } else { Resolution::Open };
        let everybody = reading(&company, Complete);
        let became = |id: &SourceId| if *id == unlucky { failed } else { Resolution::Settled };
        let (_, shards) = settle(&everybody, &BTreeMap::new(), became);
        let mut less = company.clone();
        less.remove(unlucky.as_str());
        let (_, shards) = settle(&reading(&less, Complete), &shards, |_| Resolution::Settled);
        let sharding = Sharding::new(&everybody.snapshot);
        prop_assert_eq!(classify(&sharding, &shards, Complete, false, at(20)).due, ids(&[unlucky.as_str()]));
    }
}
