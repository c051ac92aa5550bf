use http::StatusCode;
use serde_json::{Value, json};
use shared::domain::id::{CertificateId, TenantId};
use shared::state::{
    CertificateEntry, CertificateLedger, CertificateState, FencingToken, Inventory, JobKind,
    LastRun, PutOutcome, StateError, TenantRecord, TenantStatus,
};

use crate::proxy::{Fate, Proxy};
use crate::support::{self, acme, at, put_employees, stack, take};

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn unknown() -> Result<(), StateError> {
    Err(StateError::UnknownTenant {
        tenant: "acme".to_owned(),
    })
}

#[tokio::test]
async fn a_new_tenant_is_active_with_its_gate_closed() {
    let stack = stack().await;
    let store = stack.store();
    assert_eq!(store.tenant(&acme()).await, Ok(None));
    store
        .put_tenant(&acme(), "tenant_id = \"acme\"")
        .await
        .unwrap();
    let config = "tenant_id = \"acme\"".to_owned();
    let record = TenantRecord {
        config,
        status: TenantStatus::Active,
        gate: None,
    };
    assert_eq!(store.tenant(&acme()).await, Ok(Some(record)));
}

#[tokio::test]
async fn a_new_configuration_leaves_status_and_gate() {
    let stack = stack().await;
    let store = stack.store();
    store.put_tenant(&acme(), "old").await.unwrap();
    let status = TenantStatus::Paused {
        since: at("08:00:00"),
    };
    store.set_status(&acme(), status).await.unwrap();
    store.open_gate(&acme(), at("07:00:00")).await.unwrap();
    store.put_tenant(&acme(), "new").await.unwrap();
    let record = TenantRecord {
        config: "new".to_owned(),
        status,
        gate: Some(at("07:00:00")),
    };
    assert_eq!(store.tenant(&acme()).await, Ok(Some(record)));
}

#[tokio::test]
async fn a_tenant_is_paused_and_resumed() {
    let stack = stack().await;
    let store = stack.store();
    store.put_tenant(&acme(), "config").await.unwrap();
    for status in [
        TenantStatus::Paused {
            since: at("08:00:00"),
        },
        TenantStatus::Active,
    ] {
        store.set_status(&acme(), status).await.unwrap();
        assert_eq!(store.tenant(&acme()).await.unwrap().unwrap().status, status);
    }
}

#[tokio::test]
async fn the_gate_keeps_the_moment_it_was_first_opened() {
    let stack = stack().await;
    let store = stack.store();
    store.put_tenant(&acme(), "config").await.unwrap();
    store.open_gate(&acme(), at("08:00:00")).await.unwrap();
    store.open_gate(&acme(), at("09:00:00")).await.unwrap();
    assert_eq!(
        store.tenant(&acme()).await.unwrap().unwrap().gate,
        Some(at("08:00:00"))
    );
}

#[tokio::test]
async fn unknown_tenants_get_no_entry() {
    let stack = stack().await;
    let store = stack.store();
    assert_eq!(
        store.set_status(&acme(), TenantStatus::Active).await,
        unknown()
    );
    assert_eq!(store.open_gate(&acme(), at("08:00:00")).await, unknown());
    assert_eq!(store.tenant(&acme()).await, Ok(None));
}

#[tokio::test]
async fn lists_tenants_by_name() {
    let stack = stack().await;
    let store = stack.store();
    assert_eq!(store.list_tenants().await, Ok(vec![]));
    for name in ["muster", "acme", "zz-9"] {
        store.put_tenant(&tenant(name), "config").await.unwrap();
    }
    assert_eq!(
        store.list_tenants().await,
        Ok(vec![acme(), tenant("muster"), tenant("zz-9")])
    );
}

#[tokio::test]
async fn removing_a_tenant_removes_only_its_items() {
    let stack = stack().await;
    let store = stack.store();
    let other = tenant("acme-2");
    for one in [acme(), other.clone()] {
        store.put_tenant(&one, "config").await.unwrap();
    }
    take(&store, "one", at("08:00:00")).await;
    put_employees(&store, 130).await;

    store.remove_tenant(&acme()).await.unwrap();
    assert_eq!(store.list_tenants().await, Ok(vec![other.clone()]));
    assert!(store.tenant(&other).await.unwrap().is_some());
    let rest = stack
        .aws()
        .dynamodb()
        .scan()
        .table_name("reteach-personio")
        .send()
        .await
        .unwrap();
    assert_eq!(
        rest.count(),
        2,
        "the other tenant's configuration and line in the registry"
    );

    store.remove_tenant(&acme()).await.unwrap();
}

#[tokio::test]
async fn the_ledger_of_certificates_outlives_its_tenant_and_can_still_be_written() {
    let stack = stack().await;
    let store = stack.store();
    store.put_tenant(&acme(), "config").await.unwrap();
    let mut lease = take(&store, "one", at("08:00:00")).await;
    put_employees(&store, 30).await;
    let entry = |id: &str, token| {
        let (certificate_id, employee) = (CertificateId::new(id), support::id(1));
        let state = CertificateState::Uploaded {
            at: at("08:00:00"),
            document: None,
        };
        let store = &store;
        async move {
            let entry = CertificateEntry {
                certificate_id,
                employee,
                state,
            };
            store.put_certificate(&acme(), token, &entry).await
        }
    };
    assert_eq!(entry("cert-1", lease.token).await, Ok(PutOutcome::Written));
    store.ask_full_scan(&acme(), at("08:00:00")).await.unwrap();
    let all = Inventory {
        employees: 30,
        certificates: 1,
        reports: 0,
        other: 3,
    };
    assert_eq!(store.inventory(&acme()).await, Ok(all));
    assert_eq!(
        store.leases(&acme()).await.unwrap()[&JobKind::Employees].owner,
        lease.owner
    );

    for _ in 0..2 {
        store
            .remove_tenant_and(&acme(), CertificateLedger::Keep)
            .await
            .unwrap();
        let kept = Inventory {
            certificates: 1,
            other: 1,
            ..Inventory::default()
        };
        assert_eq!(
            store.inventory(&acme()).await,
            Ok(kept),
            "the certificate and the lease"
        );
    }
    assert_eq!(store.list_tenants().await, Ok(vec![]));
    assert_eq!(store.tenant(&acme()).await, Ok(None));

    // Back again: the tokens go on from where they were.
    store.release(&lease, LastRun::default()).await.unwrap();
    lease = take(&store, "two", at("09:00:00")).await;
    assert_eq!(lease.token, FencingToken(2));
    assert_eq!(entry("cert-2", lease.token).await, Ok(PutOutcome::Written));

    store
        .remove_tenant_and(&acme(), CertificateLedger::Delete)
        .await
        .unwrap();
    assert!(store.inventory(&acme()).await.unwrap().is_empty());
}

#[tokio::test]
async fn removal_repeats_unprocessed_deletes() {
    let stack = stack().await;
    stack.store().put_tenant(&acme(), "config").await.unwrap();
    put_employees(&stack.store(), 30).await;
    let proxy = Proxy::start(&stack, |call| {
        let undone = || json!({"UnprocessedItems": from(call.body)["RequestItems"]}).to_string();
        let is_first = call.operation == "BatchWriteItem" && call.before < 2;
        if is_first {
            Fate::Reply(StatusCode::OK, undone())
        } else {
            Fate::Pass
        }
    })
    .await;
    proxy.store(&stack).remove_tenant(&acme()).await.unwrap();
    assert_eq!(
        proxy.calls("BatchWriteItem"),
        4,
        "two batches, each left undone once"
    );
    let rest = stack
        .aws()
        .dynamodb()
        .scan()
        .table_name("reteach-personio")
        .send()
        .await
        .unwrap();
    assert_eq!(rest.count(), 0);
}

fn from(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
