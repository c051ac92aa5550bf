//! What version 1 of the state has stored is read, and written the same. Once a version is released, its files stay as they
//! are: a change that fails here is another version, with files of its own.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::{AttributeValue, Item, from_item, to_item};
use serde_json::Value;
use shared::fingerprint::{EntryStatus, Shard};
use shared::state::{
    Brake, CertificateEntry, CertificateStart, CertificateState, EmployeeEntry, FailureKind,
    HeldPlan, HeldSource, SyncState, TenantRecord,
};

fn from_hex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// The items of a file, one a line, as this program reads them. The file has the attribute `binary` in hexadecimal digits.
fn kept<T: Serialize + DeserializeOwned + Debug>(file: &str, binary: &str) -> Vec<T> {
    let kept = |line: &str| {
        let mut item: Item = to_item(serde_json::from_str::<Value>(line).unwrap()).unwrap();
        if let Some(AttributeValue::S(hex)) = item.get(binary) {
            let bytes = AttributeValue::B(from_hex(hex));
            item.inner_mut().insert(binary.to_owned(), bytes);
        }
        let read: T = from_item(item.clone()).unwrap();
        assert_eq!(to_item::<_, Item>(&read).unwrap(), item, "{read:?}");
        read
    };
    file.lines().map(kept).collect()
}

#[test]
fn every_state_of_a_certificate_is_kept() {
    let name = |entry: CertificateEntry| match entry.state {
        CertificateState::Intended(_) => "intended",
        CertificateState::Uploaded { .. } => "uploaded",
        CertificateState::Failed(_) => "failed",
        CertificateState::Parked { .. } => "parked",
        CertificateState::Dismissed { .. } => "dismissed",
        CertificateState::Held { .. } => "held",
    };
    let entries = kept(include_str!("version_1/certificates.jsonl"), "");
    let states: BTreeSet<_> = entries.into_iter().map(name).collect();
    assert_eq!(states.len(), 6, "a line for each state: {states:?}");
}

#[test]
fn what_a_certificate_run_begins_with_is_kept() {
    kept::<CertificateStart>(include_str!("version_1/certificate_starts.jsonl"), "");
}

/// Its statuses are numbers in the order of their names in the code.
#[test]
fn a_shard_with_every_status_is_kept() {
    let text = include_str!("version_1/shard.hex").trim();
    let bytes = from_hex(text);
    let shard = Shard::from_bytes(&bytes).unwrap();
    let name = |status| match status {
        EntryStatus::Synced => "synced",
        EntryStatus::RetryAt(_) => "retry at",
        EntryStatus::MissingOnce => "missing once",
        EntryStatus::Dismissed(_) => "dismissed",
    };
    let names: Vec<_> = shard.0.values().map(|entry| name(entry.status)).collect();
    assert_eq!(names, ["synced", "retry at", "missing once", "dismissed"]);
    assert_eq!(shard.to_bytes().unwrap(), bytes);
}

#[test]
fn what_is_known_of_a_person_is_kept() {
    let entries: Vec<EmployeeEntry> = kept(include_str!("version_1/employees.jsonl"), "");
    let kinds = entries.iter().filter_map(|entry| entry.failure.as_ref());
    let kinds: Vec<FailureKind> = kinds.map(|failure| failure.kind).collect();
    let all = [
        FailureKind::Refused,
        FailureKind::Conflict,
        FailureKind::NoAnswer,
    ];
    assert_eq!(kinds, all);
}

#[test]
fn what_a_run_of_employees_begins_with_is_kept() {
    kept::<SyncState>(include_str!("version_1/sync_states.jsonl"), "shards");
    kept::<HeldSource>(include_str!("version_1/held_sources.jsonl"), "");
    kept::<TenantRecord>(include_str!("version_1/tenants.jsonl"), "");
}

/// Its kinds are numbers in the order of `Brake::ALL`.
#[test]
fn a_held_plan_of_every_kind_is_kept() {
    let plans: Vec<HeldPlan> = kept(include_str!("version_1/held_plans.jsonl"), "parts");
    let of_first = plans[0].parts.iter();
    let kinds: Vec<_> = of_first
        .map(|(key, part)| (key.brake, part.person.as_ref().unwrap().as_str()))
        .collect();
    let people: Vec<String> = (4711..4721).map(|person| person.to_string()).collect();
    let expected: Vec<_> = Brake::ALL
        .into_iter()
        .zip(people.iter().map(String::as_str))
        .collect();
    assert_eq!(kinds, expected);
}
