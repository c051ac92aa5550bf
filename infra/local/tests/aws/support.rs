//! What the tests share.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use local::{Options, Stack};
use shared::domain::id::{CustomerId, RunId, SourceId, TenantId};
use shared::fingerprint::FingerprintKey;
use shared::state::{Acquisition, EmployeeEntry, FencingToken, JobKind, Lease, StateError, Store};

const LEASE: SignedDuration = SignedDuration::from_mins(5);

pub(crate) const FIRST: FencingToken = FencingToken(1);
pub(crate) const SECOND: FencingToken = FencingToken(2);

pub(crate) async fn stack() -> Stack {
    Stack::start(Options::default()).await.unwrap()
}

pub(crate) async fn state() -> (Stack, Store) {
    let stack = stack().await;
    let store = stack.store();
    (stack, store)
}

pub(crate) fn acme() -> TenantId {
    TenantId::parse("acme").unwrap()
}

/// A moment of 2026-03-31, `HH:MM:SS`.
pub(crate) fn at(time: &str) -> Timestamp {
    format!("2026-03-31T{time}Z").parse().unwrap()
}

pub(crate) fn run(name: &str) -> RunId {
    RunId::new(name)
}

pub(crate) fn id(number: usize) -> SourceId {
    SourceId::new(number.to_string())
}

pub(crate) fn damaged<T>(item: &str) -> Result<T, StateError> {
    let item = item.to_owned();
    Err(StateError::Damaged { item })
}

/// The key of the tenant's ledger.
pub(crate) fn ledger_key() -> FingerprintKey {
    FingerprintKey::from_bytes(&[7; 32])
}

/// An entry that differs from others.
pub(crate) fn entry(number: usize) -> EmployeeEntry {
    EmployeeEntry {
        customer_id: Some(CustomerId::new(format!("c-{number}"))),
        ..EmployeeEntry::new(id(number))
    }
}

/// Writes the entry of person 1.
pub(crate) async fn put_one(store: &Store, token: FencingToken) -> Result<(), StateError> {
    store
        .put_employee(&acme(), token, &ledger_key(), &entry(1))
        .await
}

/// What the ledger has of these people.
pub(crate) async fn read<'a>(
    store: &Store,
    ids: impl IntoIterator<Item = &'a SourceId>,
) -> HashMap<SourceId, EmployeeEntry> {
    let read = store.employees(&acme(), Some(&ledger_key()), ids).await;
    read.unwrap()
}

pub(crate) async fn read_all(store: &Store) -> HashMap<SourceId, EmployeeEntry> {
    let read = store.all_employees(&acme(), Some(&ledger_key())).await;
    read.unwrap()
}

pub(crate) async fn put_employees(store: &Store, number: usize) {
    let entries: Vec<EmployeeEntry> = (0..number).map(entry).collect();
    futures::stream::iter(&entries)
        .map(|entry| async move {
            store
                .put_employee(&acme(), FIRST, &ledger_key(), entry)
                .await
        })
        .buffer_unordered(16)
        .try_collect::<()>()
        .await
        .unwrap();
}

pub(crate) async fn take(store: &Store, owner: &str, now: Timestamp) -> Lease {
    let (tenant, owner) = (acme(), run(owner));
    let asked = store.acquire(&tenant, JobKind::Employees, &owner, now, LEASE);
    match asked.await.unwrap() {
        Acquisition::Acquired(lease) => lease,
        Acquisition::Held { until, .. } => panic!("held until {until}"),
    }
}

/// The key of one of the tenant's items.
pub(crate) fn key(sort_key: &str) -> [(&'static str, AttributeValue); 2] {
    [("pk", "TENANT#acme"), ("sk", sort_key)]
        .map(|(name, value)| (name, AttributeValue::S(value.to_owned())))
}

/// How many items the table holds.
pub(crate) async fn items(stack: &Stack) -> i32 {
    let scan = stack.aws().dynamodb().scan();
    let found = scan.table_name("reteach-personio").send().await;
    found.unwrap().count()
}
