//! Shards, their digests, and when a line of the root settles them.

use proptest::prelude::*;

use super::*;
use crate::fingerprint::{FingerprintKey, Part};
use crate::state::SyncState;

fn print(seed: &str) -> Fingerprint {
    FingerprintKey::from_bytes(&[7; 32]).fingerprint([Part::Value(seed)])
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn shard(people: &[(&str, EntryStatus)]) -> Shard {
    let people = people.iter();
    Shard(people.map(|(id, status)| entry(id, id, *status)).collect())
}

/// The entry of the person `id`, whose fingerprint comes from `seed`.
fn entry(id: &str, seed: &str, status: EntryStatus) -> (SourceId, ShardEntry) {
    let fingerprint = print(seed);
    let entry = ShardEntry {
        fingerprint,
        status,
    };
    (SourceId::new(id), entry)
}

#[test]
fn a_line_is_due_for_the_first_of_its_people_that_wait() {
    use EntryStatus::{MissingOnce, RetryAt, Synced};
    let epoch = RetryAt(Timestamp::UNIX_EPOCH);
    let cases: [(&[(&str, EntryStatus)], u32); 8] = [
        (&[], 0),
        (&[("1", Synced), ("2", Synced)], 0),
        (&[("1", Synced), ("2", RetryAt(at(500)))], 500),
        (&[("1", RetryAt(at(900))), ("2", RetryAt(at(500)))], 500),
        // At once, that is in the next run: the epoch, and what is missing for the first time.
        (&[("1", epoch), ("2", RetryAt(at(500)))], 1),
        (&[("1", MissingOnce), ("2", RetryAt(at(500)))], 1),
        (&[("1", RetryAt(at(-5)))], 1),
        (&[("1", RetryAt(Timestamp::MAX))], u32::MAX),
    ];
    for (people, due) in cases {
        assert_eq!(shard(people).digest().due, due, "{people:?}");
    }
}

#[test]
fn a_line_settles_the_same_people_until_it_is_due() {
    let (one, two) = (print("1"), print("2"));
    let waits = EntryStatus::RetryAt(at(500));
    let line = shard(&[("1", EntryStatus::Synced), ("2", waits)]).digest();
    let cases = [
        (vec![one, two], 499, true),
        (vec![two, one], 499, true),
        (vec![one, two], 500, false),
        (vec![one, two], 501, false),
        (vec![one], 499, false),
        (vec![two], 499, false),
        (vec![one, two, print("3")], 499, false),
        (vec![one, print("3")], 499, false),
        (vec![], 499, false),
    ];
    for (people, second, settled) in cases {
        let found = line.is_settled(people.clone(), at(second));
        assert_eq!(found, settled, "{people:?} {second}");
    }
    assert!(ShardDigest::default().is_settled([], at(0)));
    assert!(!ShardDigest::default().is_settled([one], at(0)));
}

#[test]
fn bytes_that_are_no_shard_are_refused() {
    let bytes = shard(&[("1", EntryStatus::Synced)]).to_bytes().unwrap();
    for wrong in [&bytes[..bytes.len() - 1], &[0xff; 4]] {
        assert_eq!(Shard::from_bytes(wrong), Err(ShardError));
    }
    let empty = Shard::default().to_bytes().unwrap();
    assert_eq!(Shard::from_bytes(&empty), Ok(Shard::default()));
}

#[test]
fn a_shard_of_the_usual_size_fits_three_write_units() {
    let people = (0..64).map(|number| {
        let id = (10_000_000 + number).to_string();
        entry(&id, &number.to_string(), EntryStatus::Synced)
    });
    let bytes = Shard(people.collect()).to_bytes().unwrap();
    assert!(bytes.len() <= 3 * 1024, "{}", bytes.len());
}

fn root(shards: Vec<ShardDigest>) -> SyncState {
    SyncState {
        mapping_version: 1,
        configuration: "c".into(),
        shards,
        open_accounts: 7,
        reconciled_at: at(0),
        ..SyncState::default()
    }
}

#[test]
fn the_roots_table_is_one_run_of_twelve_bytes_a_shard() {
    let lines = [
        ShardDigest {
            digest: 0x0102_0304_0506_0708,
            due: 0x090a_0b0c,
        },
        ShardDigest { digest: 0, due: 1 },
    ];
    let text = serde_json::to_value(root(lines.to_vec())).unwrap();
    let mut bytes: Vec<u8> = (1..=12).collect();
    bytes.extend([0; 11]);
    bytes.push(1);
    assert_eq!(text["shards"], serde_json::json!(bytes));
    let mut cut = text;
    cut["shards"].as_array_mut().unwrap().pop();
    let error = serde_json::from_value::<SyncState>(cut).unwrap_err();
    assert!(error.to_string().contains("cut off"), "{error}");
}

/// An attribute's size as DynamoDB counts it.
fn size_of(value: &serde_dynamo::AttributeValue) -> usize {
    use serde_dynamo::AttributeValue::{B, Bool, M, N, Null, S};
    match value {
        B(bytes) => bytes.len(),
        M(map) => {
            let sizes = map.iter().map(|(name, value)| name.len() + size_of(value));
            3 + sizes.sum::<usize>()
        }
        S(text) | N(text) => text.len(),
        Bool(_) | Null(_) => 1,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_largest_root_is_one_read_unit() {
    let (digest, due) = (u64::MAX, 1);
    let root = root(vec![ShardDigest { digest, due }; usize::from(SHARDS)]);
    let item: serde_dynamo::Item = serde_dynamo::to_item(root).unwrap();
    let sizes = item.inner().iter();
    let sizes = sizes.map(|(name, value)| name.len() + size_of(value));
    let size: usize = sizes.sum();
    assert!(size <= 4096, "{size}");
}

fn status() -> impl Strategy<Value = EntryStatus> {
    prop_oneof![
        3 => Just(EntryStatus::Synced),
        1 => Just(EntryStatus::MissingOnce),
        // The root keeps due times as Unix seconds in 32 bits, until 2106; later ones count as due then.
        1 => (0..i64::from(u32::MAX)).prop_map(|second| EntryStatus::RetryAt(at(second))),
    ]
}

fn any_shard() -> impl Strategy<Value = Shard> {
    let people =
        prop::collection::btree_map("[0-9]{1,8}|\\PC{1,6}", (any::<u64>(), status()), 0..20);
    people.prop_map(|people| {
        let entry = |(id, (seed, status)): (String, (u64, EntryStatus))| {
            entry(&id, &seed.to_string(), status)
        };
        Shard(people.into_iter().map(entry).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_stored_of_a_shard_reads_back(shard in any_shard()) {
        prop_assert_eq!(Shard::from_bytes(&shard.to_bytes().unwrap()), Ok(shard));
    }

    #[test]
    fn reading_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = Shard::from_bytes(&bytes);
    }

    #[test]
    fn a_line_and_a_table_of_lines_read_back(lines in prop::collection::vec(any::<(u64, u32)>(), 0..40)) {
        let lines: Vec<ShardDigest> = lines.into_iter().map(|(digest, due)| ShardDigest { digest, due }).collect();
        for line in &lines {
            prop_assert_eq!(ShardDigest::from_bytes(&line.to_bytes()), *line);
        }
        let root = root(lines);
        let item: serde_dynamo::Item = serde_dynamo::to_item(&root).unwrap();
        prop_assert_eq!(serde_dynamo::from_item::<_, SyncState>(item).unwrap(), root);
    }

    #[test]
    fn the_order_of_people_does_not_matter(
        seeds in prop::collection::vec(any::<u64>(), 0..30).prop_shuffle(), turn in any::<prop::sample::Index>(),
    ) {
        let prints: Vec<Fingerprint> = seeds.iter().map(|seed| print(&seed.to_string())).collect();
        let mut turned = prints.clone();
        if !turned.is_empty() {
            turned.rotate_left(turn.index(prints.len()));
        }
        turned.reverse();
        prop_assert_eq!(digest_of(prints), digest_of(turned));
    }

    #[test]
    fn a_shard_settles_exactly_the_people_it_holds(shard in any_shard(), more in any::<u64>(), now in 1..i64::from(u32::MAX)) {
        let line = shard.digest();
        let prints: Vec<Fingerprint> = shard.0.values().map(|entry| entry.fingerprint).collect();
        let waits = shard.0.values().any(|entry| match entry.status {
            EntryStatus::Synced => false,
            EntryStatus::RetryAt(moment) | EntryStatus::Dismissed(moment) => moment <= at(now),
            EntryStatus::MissingOnce => true,
        });
        prop_assert_eq!(line.is_settled(prints.clone(), at(now)), !waits);
        let grown = prints.iter().copied().chain([print(&more.to_string())]);
        prop_assert!(!line.is_settled(grown, at(now)));
        prop_assert!(prints.is_empty() || !line.is_settled(prints.into_iter().skip(1), at(now)));
    }

    #[test]
    fn everybody_falls_into_one_of_the_shards(id in "\\PC{0,12}") {
        prop_assert!(ShardNumber::of(&SourceId::new(id.as_str())).0 < SHARDS);
    }
}

#[test]
fn people_spread_evenly_over_all_shards() {
    let mut sizes: Vec<u32> = ShardNumber::all().map(|_| 0).collect();
    for id in 0..4_096 {
        sizes[usize::from(ShardNumber::of(&SourceId::new(id.to_string())).0)] += 1;
    }
    let is_even = sizes.iter().all(|size| (30..=100).contains(size));
    assert!(is_even, "{sizes:?}");
}

/// Another hash or another number of shards would leave people in shards where nobody looks for them.
#[test]
fn nobody_ever_moves_to_another_shard() {
    let ids = ["1", "4711", "10000000", "ä"];
    let shards = ids.map(|id| ShardNumber::of(&SourceId::new(id)).0);
    assert_eq!(shards, [43, 30, 58, 51]);
}

#[test]
fn a_row_of_shards_has_its_people_and_a_shard_after_it() {
    let person = SourceId::new("1");
    let number = ShardNumber::of(&person).0;
    for (first, end, contains) in [
        (number, number + 1, true),
        (0, number, false),
        (number + 1, SHARDS, false),
        (0, SHARDS, true),
    ] {
        let range = ShardRange { first, end };
        assert_eq!(range.contains(&person), contains, "{range:?}");
    }
    for (first, end, is_whole, next) in [
        (0, SHARDS, true, None),
        (1, SHARDS, false, None),
        (0, 5, false, Some(5)),
        (5, SHARDS - 1, false, Some(SHARDS - 1)),
    ] {
        let range = ShardRange { first, end };
        let found = (range.is_whole(), range.next());
        assert_eq!(found, (is_whole, next), "{range:?}");
    }
}

#[test]
fn only_an_entry_without_a_fingerprint_is_of_somebody_who_is_gone() {
    let (_, refused) = entry("1", "1", EntryStatus::RetryAt(at(500)));
    let synced = ShardEntry {
        status: EntryStatus::Synced,
        ..ShardEntry::gone(at(500))
    };
    for (entry, until) in [
        (ShardEntry::gone(at(500)), Some(at(500))),
        (refused, None),
        (synced, None),
    ] {
        assert_eq!(entry.gone_until(), until, "{entry:?}");
    }
}
