use http::StatusCode;
use serde_json::{Value, json};
use shared::domain::id::{CertificateId, OperatorId, TenantId};
use shared::state::{
    CertificateCheckpoint, CertificateEntry, CertificateLedger, CertificateStart, CertificateState,
    FencingToken, Inventory, JobKind, LastRun, PutOutcome, Restored, StateError, SyncState,
    TenantRecord, TenantStatus,
};

use crate::proxy::{Fate, Proxy};
use crate::support::{self, acme, at, items, put_employees, state, take};

const ACTIVE: TenantStatus = TenantStatus::Active;

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn paused() -> TenantStatus {
    let since = at("08:00:00");
    TenantStatus::Paused { since }
}

fn unknown() -> Result<(), StateError> {
    let tenant = "acme".to_owned();
    Err(StateError::UnknownTenant { tenant })
}

#[tokio::test]
async fn a_new_tenant_is_active_with_its_gate_closed_and_another_configuration_changes_neither() {
    let (_stack, store) = state().await;
    assert_eq!(store.tenant(&acme()).await, Ok(None));
    let config = "tenant_id = \"acme\"".to_owned();
    store.put_tenant(&acme(), &config).await.unwrap();
    let record = TenantRecord {
        config,
        status: ACTIVE,
        gate: None,
        academy: None,
        revision: None,
        paused_by: None,
    };
    assert_eq!(store.tenant(&acme()).await, Ok(Some(record.clone())));

    // Another configuration leaves status and gate.
    store.set_status(&acme(), paused(), None).await.unwrap();
    store.open_gate(&acme(), at("07:00:00")).await.unwrap();
    store.put_tenant(&acme(), "new").await.unwrap();
    let changed = TenantRecord {
        config: "new".to_owned(),
        status: paused(),
        gate: Some(at("07:00:00")),
        ..record
    };
    assert_eq!(store.tenant(&acme()).await, Ok(Some(changed)));
    store.set_status(&acme(), ACTIVE, None).await.unwrap();
    let resumed = store.tenant(&acme()).await.unwrap().unwrap();
    assert_eq!(resumed.status, ACTIVE);
}

#[tokio::test]
async fn who_paused_a_tenant_is_known_while_it_is_paused() {
    let (_stack, store) = state().await;
    store.put_tenant(&acme(), "config").await.unwrap();
    let operator = OperatorId::new("Operators/3f9a1c02");
    for (status, by, expected) in [
        (paused(), Some(&operator), Some(&operator)),
        (ACTIVE, Some(&operator), None),
        (paused(), None, None),
    ] {
        store.set_status(&acme(), status, by).await.unwrap();
        let tenant = store.tenant(&acme()).await.unwrap().unwrap();
        assert_eq!(tenant.operator(), expected, "{status:?}");
    }
}

#[tokio::test]
async fn the_gate_keeps_the_moment_it_was_first_opened() {
    let (_stack, store) = state().await;
    store.put_tenant(&acme(), "config").await.unwrap();
    for time in ["08:00:00", "09:00:00"] {
        store.open_gate(&acme(), at(time)).await.unwrap();
    }
    let tenant = store.tenant(&acme()).await.unwrap().unwrap();
    assert_eq!(tenant.gate, Some(at("08:00:00")));
}

#[tokio::test]
async fn unknown_tenants_get_no_entry() {
    let (_stack, store) = state().await;
    assert_eq!(store.set_status(&acme(), ACTIVE, None).await, unknown());
    assert_eq!(store.open_gate(&acme(), at("08:00:00")).await, unknown());
    assert_eq!(store.tenant(&acme()).await, Ok(None));
}

#[tokio::test]
async fn lists_tenants_by_name() {
    let (_stack, store) = state().await;
    assert_eq!(store.list_tenants().await, Ok(vec![]));
    for name in ["muster", "acme", "zz-9"] {
        store.put_tenant(&tenant(name), "config").await.unwrap();
    }
    let sorted = ["acme", "muster", "zz-9"].map(tenant);
    assert_eq!(store.list_tenants().await, Ok(sorted.into()));
}

#[tokio::test]
async fn removing_a_tenant_removes_only_its_items() {
    let (stack, store) = state().await;
    let other = tenant("acme-2");
    for one in [acme(), other.clone()] {
        store.put_tenant(&one, "config").await.unwrap();
    }
    take(&store, "one", at("08:00:00")).await;
    put_employees(&store, 130).await;

    store.remove_tenant(&acme()).await.unwrap();
    assert_eq!(store.list_tenants().await, Ok(vec![other.clone()]));
    assert!(store.tenant(&other).await.unwrap().is_some());
    let left = items(&stack).await;
    assert_eq!(
        left, 3,
        "the other tenant's configuration and registry line, and the state's version"
    );

    store.remove_tenant(&acme()).await.unwrap();
}

#[tokio::test]
async fn the_ledger_of_certificates_outlives_its_tenant_and_can_still_be_written() {
    let (_stack, store) = state().await;
    store.put_tenant(&acme(), "config").await.unwrap();
    let lease = take(&store, "one", at("08:00:00")).await;
    put_employees(&store, 30).await;
    let file = async |id: &str, token| {
        let (at, document) = (at("08:00:00"), None);
        let state = CertificateState::Uploaded { at, document };
        let entry = CertificateEntry::new(CertificateId::new(id), support::id(1), state);
        store.put_certificate(&acme(), token, &entry, None).await
    };
    assert_eq!(file("cert-1", lease.token).await, Ok(PutOutcome::Written));
    store.ask_full_scan(&acme(), at("08:00:00")).await.unwrap();
    let all = Inventory {
        employees: 30,
        certificates: 1,
        reports: 0,
        other: 3,
    };
    assert_eq!(store.inventory(&acme()).await, Ok(all));
    let leases = store.leases(&acme()).await.unwrap();
    assert_eq!(leases[&JobKind::Employees].owner, lease.owner);

    for _ in 0..2 {
        let kept = CertificateLedger::Keep;
        store.remove_tenant_and(&acme(), kept).await.unwrap();
        let kept = Inventory {
            certificates: 1,
            other: 1,
            ..Inventory::default()
        };
        let inventory = store.inventory(&acme()).await;
        assert_eq!(inventory, Ok(kept), "the certificate and the lease");
    }
    assert_eq!(store.list_tenants().await, Ok(vec![]));
    assert_eq!(store.tenant(&acme()).await, Ok(None));

    // What a restored table has lost may be filed: that stays known.
    let restored = Restored {
        to: at("07:00:00"),
        at: at("08:00:00"),
        assume_empty: false,
    };
    store.mark_restored(&acme(), restored).await.unwrap();
    store.start_backfill(&acme(), at("08:00:00")).await.unwrap();
    let left = CertificateCheckpoint::default();
    store
        .put_certificate_checkpoint(&acme(), lease.token, &left)
        .await
        .unwrap();
    for _ in 0..2 {
        let kept = CertificateLedger::Keep;
        store.remove_tenant_and(&acme(), kept).await.unwrap();
        let marked = CertificateStart {
            scan_asked_at: Some(at("08:00:00")),
            restored: Some(restored),
            ..CertificateStart::default()
        };
        assert_eq!(store.certificate_start(&acme()).await, Ok(marked));
    }

    // Back again: the tokens go on from where they were, earlier runs are forgotten.
    let reported = Some(at("08:00:30"));
    let run = LastRun {
        good_run: reported,
        reported,
        ..LastRun::default()
    };
    store.release(&lease, run).await.unwrap();
    store.forget_runs(&acme()).await.unwrap();
    let lease = take(&store, "two", at("09:00:00")).await;
    assert_eq!(lease.token, FencingToken(2));
    let runs = (lease.first_run, lease.last_good_run, lease.last_report_at);
    assert_eq!(runs, (Some(at("09:00:00")), None, None));
    assert_eq!(file("cert-2", lease.token).await, Ok(PutOutcome::Written));

    let deleted = CertificateLedger::Delete;
    store.remove_tenant_and(&acme(), deleted).await.unwrap();
    assert!(store.inventory(&acme()).await.unwrap().is_empty());
}

#[tokio::test]
async fn removal_repeats_unprocessed_deletes() {
    let (stack, store) = state().await;
    store.put_tenant(&acme(), "config").await.unwrap();
    put_employees(&store, 30).await;
    let proxy = Proxy::start(&stack, |call| {
        if call.operation != "BatchWriteItem" || call.before >= 2 {
            return Fate::Pass;
        }
        let asked: Value = serde_json::from_str(call.body).unwrap();
        let undone = json!({"UnprocessedItems": asked["RequestItems"]});
        Fate::Reply(StatusCode::OK, undone.to_string())
    })
    .await;
    proxy.store().remove_tenant(&acme()).await.unwrap();
    let calls = proxy.calls("BatchWriteItem");
    assert_eq!(calls, 4, "two batches, each left undone once");
    assert_eq!(items(&stack).await, 1, "the state's version");
}

#[tokio::test]
async fn snapshots_of_fifty_tenants_take_three_calls() {
    let (_stack, store) = state().await;
    let name = |number| TenantId::parse(&format!("tenant-{number}")).unwrap();
    let tenants: Vec<TenantId> = (1..=50).map(name).collect();
    for tenant in &tenants {
        store.put_tenant(tenant, tenant.as_str()).await.unwrap();
    }
    let lease = take(&store, "one", at("08:00:00")).await;
    let read = store.with_fresh_units();
    let snapshots = read.snapshots(&tenants).await.unwrap();
    assert_eq!(read.units().calls, 3);
    for (tenant, snapshot) in &snapshots {
        let snapshot = snapshot.as_ref().unwrap();
        assert_eq!(snapshot.record.as_ref().unwrap().config, tenant.as_str());
        assert!(snapshot.leases.is_empty() && snapshot.held.is_none());
    }
    let names: Vec<&TenantId> = snapshots.iter().map(|(tenant, _)| tenant).collect();
    assert_eq!(names, tenants.iter().collect::<Vec<_>>());
    let people = SyncState {
        people: 5,
        open_accounts: 3,
        waiting: 2,
        ..SyncState::default()
    };
    let (id, token) = (acme(), lease.token);
    store.put_sync_state(&id, token, &people).await.unwrap();
    let checkpoint = CertificateCheckpoint {
        parked: 4,
        ..CertificateCheckpoint::default()
    };
    let put = store.put_certificate_checkpoint(&id, token, &checkpoint);
    put.await.unwrap();
    let acme = store.snapshots(&[id]).await.unwrap().remove(0).1;
    let acme = acme.unwrap();
    assert!(acme.record.is_none());
    assert_eq!(acme.leases[&lease.job].owner, lease.owner);
    assert_eq!((acme.people.open_accounts, acme.people.waiting), (3, 2));
    assert_eq!(acme.people.people, 5);
    let both = (acme.certificates.parked, acme.certificates.reissued);
    assert_eq!(both, (4, 0));
}
