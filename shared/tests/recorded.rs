//! What version 1 of the state has stored is read, and written the same. Once a version is released, its files stay as they
//! are: a change that fails here is another version, with files of its own.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::{Item, from_item, to_item};
use serde_json::Value;
use shared::fingerprint::{EntryStatus, Shard};
use shared::state::{CertificateEntry, CertificateStart, CertificateState};

/// The items of a file, one a line, as this program reads them.
fn kept<T: Serialize + DeserializeOwned + Debug>(file: &str) -> Vec<T> {
    let kept = |line: &str| {
        let item: Item = to_item(serde_json::from_str::<Value>(line).unwrap()).unwrap();
        let read: T = from_item(item.clone()).unwrap();
        let written: Item = to_item(&read).unwrap();
        let json = |item: Item| from_item::<_, Value>(item).unwrap().to_string();
        assert_eq!(json(written), json(item), "{read:?}");
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
    let entries = kept(include_str!("version_1/certificates.jsonl"));
    let states: BTreeSet<_> = entries.into_iter().map(name).collect();
    assert_eq!(states.len(), 6, "a line for each state: {states:?}");
}

#[test]
fn what_a_certificate_run_begins_with_is_kept() {
    kept::<CertificateStart>(include_str!("version_1/certificate_starts.jsonl"));
}

/// Its statuses are numbers in the order of their names in the code.
#[test]
fn a_shard_with_every_status_is_kept() {
    let text = include_str!("version_1/shard.hex").trim();
    let bytes = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..text.len()).step_by(2).map(bytes).collect();
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
