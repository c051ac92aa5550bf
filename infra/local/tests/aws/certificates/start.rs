//! What certificate runs begin with.

use std::collections::HashMap;

use super::*;
use crate::support::{entry as person, put_employees};
use shared::domain::id::{CustomerId, TenantId};
use shared::fingerprint::{FingerprintKey, Part};
use shared::state::{
    CertificateCheckpoint, CertificateStart, DayCheckpoint, EmployeeEntry, Unsettled,
};

fn checkpoint(days: i8) -> CertificateCheckpoint {
    let day = |number: i8| {
        let unsettled = Unsettled {
            due: (number % 3 == 0).then(|| at("09:00:00")),
            waiting_for_pdf: u32::from(number % 5 == 0),
            outcome_unknown: 0,
        };
        let digest = key().fingerprint([Part::Value(&number.to_string())]);
        let day = jiff::civil::date(2026, 3, 1).saturating_add(jiff::Span::new().days(number));
        (day, DayCheckpoint { digest, unsettled })
    };
    CertificateCheckpoint {
        listed_all_at: Some(at("08:00:00.123456789")),
        parked: 3,
        days: (0..days).map(day).collect(),
        earlier: Unsettled {
            due: Some(at("09:00:00")),
            waiting_for_pdf: 7,
            outcome_unknown: 2,
        },
    }
}

fn key() -> FingerprintKey {
    FingerprintKey::from_bytes(&[7; 32])
}

fn start(
    checkpoint: Option<CertificateCheckpoint>,
    asked: Option<&str>,
) -> Result<CertificateStart, StateError> {
    Ok(CertificateStart {
        checkpoint,
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
        .put_certificate_checkpoint(&acme(), FIRST, &checkpoint(3))
        .await
        .unwrap();
    assert_eq!(
        store.certificate_start(&acme()).await,
        start(Some(checkpoint(3)), Some("08:00:00"))
    );
    store.ask_full_scan(&acme(), at("09:00:00")).await.unwrap();
    assert_eq!(
        store.certificate_start(&acme()).await,
        start(Some(checkpoint(3)), Some("09:00:00"))
    );
    store
        .put_certificate_checkpoint(&acme(), SECOND, &CertificateCheckpoint::default())
        .await
        .unwrap();
    let emptied = start(Some(CertificateCheckpoint::default()), Some("09:00:00"));
    assert_eq!(store.certificate_start(&acme()).await, emptied);
}

#[tokio::test]
async fn the_checkpoint_is_fenced_by_every_newer_token() {
    for (before, writing, fits) in [(1, 1, true), (1, 2, true), (2, 1, false), (10, 9, false)] {
        let stack = stack().await;
        let store = stack.store();
        store
            .put_certificate_checkpoint(&acme(), FencingToken(before), &checkpoint(1))
            .await
            .unwrap();
        // What the operator asks for does not lower the fence.
        store.ask_full_scan(&acme(), at("08:00:00")).await.unwrap();
        let written = store
            .put_certificate_checkpoint(&acme(), FencingToken(writing), &checkpoint(2))
            .await;
        let fenced = Err(StateError::Fenced {
            item: "CERTIFICATES".to_owned(),
        });
        assert_eq!(
            written,
            if fits { Ok(()) } else { fenced },
            "{writing} over {before}"
        );
        let after = checkpoint(if fits { 2 } else { 1 });
        assert_eq!(
            store.certificate_start(&acme()).await,
            start(Some(after), Some("08:00:00"))
        );
    }
}

#[tokio::test]
async fn each_checkpoint_raises_the_fence() {
    let stack = stack().await;
    let store = stack.store();
    for token in [FIRST, SECOND] {
        store
            .put_certificate_checkpoint(&acme(), token, &checkpoint(1))
            .await
            .unwrap();
    }
    let fenced = Err(StateError::Fenced {
        item: "CERTIFICATES".to_owned(),
    });
    assert_eq!(
        store
            .put_certificate_checkpoint(&acme(), FIRST, &checkpoint(2))
            .await,
        fenced
    );
}

#[tokio::test]
async fn both_are_written_although_the_reply_is_lost() {
    let stack = stack().await;
    let proxy = losing(&stack, "UpdateItem", 1).await;
    proxy
        .store(&stack)
        .put_certificate_checkpoint(&acme(), FIRST, &checkpoint(1))
        .await
        .unwrap();
    let proxy = losing(&stack, "UpdateItem", 1).await;
    proxy
        .store(&stack)
        .ask_full_scan(&acme(), at("08:00:00"))
        .await
        .unwrap();
    let found = stack.store().certificate_start(&acme()).await;
    assert_eq!(found, start(Some(checkpoint(1)), Some("08:00:00")));
}

#[tokio::test]
async fn a_checkpoint_of_a_whole_window_costs_one_read_unit() {
    let stack = stack().await;
    for (days, read, max_write) in [(0, 1.0, 1.0), (10, 1.0, 2.0), (31, 1.0, 4.0)] {
        let store = stack.store().with_fresh_units();
        store
            .put_certificate_checkpoint(&acme(), FencingToken(days as u64), &checkpoint(days))
            .await
            .unwrap();
        store.certificate_start(&acme()).await.unwrap();
        let units = store.units();
        assert_eq!((units.read, units.calls), (read, 2), "{days} days");
        assert!(units.write <= max_write, "{days} days: {units:?}");
    }
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
        .put_certificate_checkpoint(&acme(), FIRST, &checkpoint(1))
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
