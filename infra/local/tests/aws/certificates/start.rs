//! What certificate runs begin with.

use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::support::{entry as person, put_employees};
use shared::domain::id::{CustomerId, TenantId};
use shared::state::{CertificateRoot, CertificateStart, EmployeeEntry, Open, OpenReason, Units};

fn root(open: usize) -> CertificateRoot {
    let reasons = [OpenReason::Pdf, OpenReason::Retry, OpenReason::Doubt];
    let line = |number: usize| {
        let open = Open {
            why: reasons[number % 3],
            since: at("07:00:00"),
            due: at("09:00:00"),
        };
        (
            CertificateId::new(format!("6f1c2a52-0000-4000-8000-{number:012}")),
            open,
        )
    };
    CertificateRoot {
        read_at: Some(at("08:00:00.123456789")),
        scanned_at: None,
        remaining: 12,
        parked: 3,
        open: (0..open).map(line).collect::<BTreeMap<_, _>>(),
    }
}

fn start(
    root: Option<CertificateRoot>,
    asked: Option<&str>,
) -> Result<CertificateStart, StateError> {
    Ok(CertificateStart {
        root,
        scan_asked_at: asked.map(at),
    })
}

#[tokio::test]
async fn there_is_nothing_before_the_first_run() {
    assert_eq!(
        stack().await.store().certificate_start(&acme()).await,
        start(None, None)
    );
}

#[tokio::test]
async fn concurrent_writes_of_run_and_operator_keep_both_changes() {
    let stack = stack().await;
    let store = stack.store();
    store.ask_full_scan(&acme(), at("08:00:00")).await.unwrap();
    assert_eq!(
        store.certificate_start(&acme()).await,
        start(None, Some("08:00:00"))
    );
    store
        .put_certificate_root(&acme(), FIRST, &root(3))
        .await
        .unwrap();
    assert_eq!(
        store.certificate_start(&acme()).await,
        start(Some(root(3)), Some("08:00:00"))
    );
    store.ask_full_scan(&acme(), at("09:00:00")).await.unwrap();
    assert_eq!(
        store.certificate_start(&acme()).await,
        start(Some(root(3)), Some("09:00:00"))
    );
    store
        .put_certificate_root(&acme(), SECOND, &CertificateRoot::default())
        .await
        .unwrap();
    let emptied = start(Some(CertificateRoot::default()), Some("09:00:00"));
    assert_eq!(store.certificate_start(&acme()).await, emptied);
}

#[tokio::test]
async fn the_root_is_fenced_by_every_newer_token() {
    for (before, writing, fits) in [(1, 1, true), (1, 2, true), (2, 1, false), (10, 9, false)] {
        let stack = stack().await;
        let store = stack.store();
        store
            .put_certificate_root(&acme(), FencingToken(before), &root(1))
            .await
            .unwrap();
        // What the operator asks for does not lower the fence.
        store.ask_full_scan(&acme(), at("08:00:00")).await.unwrap();
        let written = store
            .put_certificate_root(&acme(), FencingToken(writing), &root(2))
            .await;
        let fenced = Err(StateError::Fenced {
            item: "CERTIFICATES".to_owned(),
        });
        assert_eq!(
            written,
            if fits { Ok(()) } else { fenced },
            "{writing} over {before}"
        );
        let after = root(if fits { 2 } else { 1 });
        assert_eq!(
            store.certificate_start(&acme()).await,
            start(Some(after), Some("08:00:00"))
        );
    }
}

#[tokio::test]
async fn each_root_raises_the_fence() {
    let stack = stack().await;
    let store = stack.store();
    for token in [FIRST, SECOND] {
        store
            .put_certificate_root(&acme(), token, &root(1))
            .await
            .unwrap();
    }
    let fenced = Err(StateError::Fenced {
        item: "CERTIFICATES".to_owned(),
    });
    assert_eq!(
        store.put_certificate_root(&acme(), FIRST, &root(2)).await,
        fenced
    );
}

#[tokio::test]
async fn both_are_written_although_the_reply_is_lost() {
    let stack = stack().await;
    let proxy = losing(&stack, "UpdateItem", 1).await;
    proxy
        .store(&stack)
        .put_certificate_root(&acme(), FIRST, &root(1))
        .await
        .unwrap();
    let proxy = losing(&stack, "UpdateItem", 1).await;
    proxy
        .store(&stack)
        .ask_full_scan(&acme(), at("08:00:00"))
        .await
        .unwrap();
    let found = stack.store().certificate_start(&acme()).await;
    assert_eq!(found, start(Some(root(1)), Some("08:00:00")));
}

#[tokio::test]
async fn the_initial_read_costs_by_open_certificates() {
    let stack = stack().await;
    for (open, read, write) in [(0, 1.0, 1.0), (20, 1.0, 3.0), (100, 3.0, 10.0)] {
        let store = stack.store().with_fresh_units();
        store
            .put_certificate_root(&acme(), FencingToken(open), &root(open as usize))
            .await
            .unwrap();
        store.certificate_start(&acme()).await.unwrap();
        assert_eq!(
            store.units(),
            Units {
                read,
                write,
                calls: 2,
                retries: 0
            },
            "{open} open"
        );
    }
}

#[tokio::test]
async fn a_root_of_thousands_of_open_certificates_fits_and_more_are_refused_by_name() {
    let stack = stack().await;
    let store = stack.store();
    store
        .put_certificate_root(&acme(), FIRST, &root(3_000))
        .await
        .unwrap();
    assert_eq!(
        store.certificate_start(&acme()).await,
        start(Some(root(3_000)), None)
    );
    let too_large = Err(StateError::TooLarge {
        item: "CERTIFICATES".to_owned(),
    });
    assert_eq!(
        store
            .put_certificate_root(&acme(), FIRST, &root(5_000))
            .await,
        too_large
    );
}

#[tokio::test]
async fn owners_are_the_people_with_an_account() {
    let stack = stack().await;
    let store = stack.store();
    assert_eq!(store.owners(&acme()).await, Ok(HashMap::new()));
    put_employees(&store, 5).await;
    let without = EmployeeEntry {
        customer_id: None,
        ..person(9)
    };
    store.put_employee(&acme(), FIRST, &without).await.unwrap();
    given(&store, FIRST, &entry(1, uploaded())).await;
    let expected: HashMap<CustomerId, SourceId> = (0..5)
        .map(|number| {
            (
                CustomerId::new(format!("c-{number}")),
                SourceId::new(number.to_string()),
            )
        })
        .collect();
    assert_eq!(store.owners(&acme()).await, Ok(expected));
}

#[tokio::test]
async fn owners_are_read_page_by_page_at_half_the_price_and_without_the_rest() {
    let stack = stack().await;
    put_employees(&stack.store(), 120).await;
    let proxy = Proxy::start(&stack, |call| {
        let mut query: Value = serde_json::from_str(call.body).unwrap();
        assert_eq!(
            query["ProjectionExpression"],
            "#sk, #source_id, #customer_id"
        );
        query["Limit"] = json!(50);
        Fate::Instead(query.to_string())
    })
    .await;
    assert_eq!(
        proxy.store(&stack).owners(&acme()).await.unwrap().len(),
        120
    );
    assert_eq!(proxy.calls("Query"), 3);

    let [owners, everybody] = [
        stack.store().with_fresh_units(),
        stack.store().with_fresh_units(),
    ];
    owners.owners(&acme()).await.unwrap();
    everybody.all_employees(&acme()).await.unwrap();
    assert_eq!(owners.units().read * 2.0, everybody.units().read);
}

#[tokio::test]
async fn removing_a_tenant_removes_its_certificates() {
    let stack = stack().await;
    let store = stack.store();
    given(&store, FIRST, &entry(1, uploaded())).await;
    store
        .put_certificate_root(&acme(), FIRST, &root(1))
        .await
        .unwrap();
    assert_eq!(
        store
            .all_certificates(&TenantId::parse("acme-2").unwrap())
            .await,
        Ok(HashMap::new())
    );
    store.remove_tenant(&acme()).await.unwrap();
    assert_eq!(store.all_certificates(&acme()).await, Ok(HashMap::new()));
    assert_eq!(store.certificate_start(&acme()).await, start(None, None));
}
