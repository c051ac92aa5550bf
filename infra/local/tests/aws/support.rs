//! What the tests share.

use jiff::{SignedDuration, Timestamp};
use local::{Options, Stack};
use shared::domain::id::{RunId, SourceId, TenantId};
use shared::state::{Acquisition, EmployeeEntry, FencingToken, JobKind, Lease, Store};

/// How long leases last here.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_mins(5);

pub(crate) async fn stack() -> Stack {
    Stack::start(Options::default()).await.unwrap()
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

/// An entry that can be told from others.
pub(crate) fn entry(number: usize) -> EmployeeEntry {
    EmployeeEntry {
        customer_id: Some(shared::domain::id::CustomerId::new(format!("c-{number}"))),
        ..EmployeeEntry::new(id(number))
    }
}

pub(crate) async fn put_employees(store: &Store, number: usize) {
    use futures::{StreamExt as _, TryStreamExt as _};
    let entries: Vec<EmployeeEntry> = (0..number).map(entry).collect();
    futures::stream::iter(&entries)
        .map(|entry| async move { store.put_employee(&acme(), FencingToken(1), entry).await })
        .buffer_unordered(16)
        .try_collect::<()>()
        .await
        .unwrap();
}

pub(crate) async fn ask(store: &Store, owner: &str, now: Timestamp) -> Acquisition {
    store
        .acquire(&acme(), JobKind::Employees, &run(owner), now, LEASE)
        .await
        .unwrap()
}

pub(crate) async fn take(store: &Store, owner: &str, now: Timestamp) -> Lease {
    match ask(store, owner, now).await {
        Acquisition::Acquired(lease) => lease,
        Acquisition::Held { until } => panic!("held until {until}"),
    }
}
