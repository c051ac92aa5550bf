//! What certificate runs begin with.

use std::collections::HashMap;

use shared::domain::id::CustomerId;
use shared::fingerprint::{FingerprintKey, Part};
use shared::state::EmployeeEntry;
use shared::state::{
    CertificateCheckpoint, CertificateStart, DatesSeen, DayCheckpoint, EqualRefusals, ListAccess,
    RefusedHosts, Unsettled,
};

use super::*;
use crate::support::{entry as person, ledger_key, put_employees, read_all};

fn checkpoint(days: i8) -> CertificateCheckpoint {
    let key = FingerprintKey::from_bytes(&[7; 32]);
    let day = |number: i8| {
        let unsettled = Unsettled {
            due: (number % 3 == 0).then(|| at("09:00:00")),
            waiting_for_pdf: u32::from(number % 5 == 0),
            outcome_unknown: 0,
            held: 0,
        };
        let digest = key.fingerprint([Part::Value(&number.to_string())]);
        let day = jiff::civil::date(2026, 3, 1).saturating_add(jiff::Span::new().days(number));
        (day, DayCheckpoint { digest, unsettled })
    };
    CertificateCheckpoint {
        listed_all_at: Some(at("08:00:00.123456789")),
        first_listed_at: Some(at("07:00:00")),
        earlier_filed_at: Some(at("07:30:00")),
        parked: 3,
        reissued: 4,
        dates_move: true,
        dates_seen: Some(DatesSeen {
            since: at("07:45:00"),
            sample: vec![0, u64::MAX],
        }),
        has_external_ids: true,
        refused_hosts: Some(RefusedHosts {
            allowed: u64::MAX,
            hosts: [("files.example".to_owned(), 6)].into(),
        }),
        days: (0..days).map(day).collect(),
        earlier: Unsettled {
            due: Some(at("09:00:00")),
            waiting_for_pdf: 7,
            held: 5,
            outcome_unknown: 2,
        },
        waiting: vec![id(1), id(2)],
        lists: ListAccess::after_read(),
        refusals: Some(EqualRefusals {
            reason: "422".to_owned(),
            certificates: [id(1), id(2)].into(),
        }),
    }
}

type Written = Result<(), StateError>;

/// Writes a checkpoint of so many days.
async fn put_days(store: &Store, token: u64, days: i8) -> Written {
    let (token, checkpoint) = (FencingToken(token), checkpoint(days));
    store
        .put_certificate_checkpoint(&acme(), token, &checkpoint)
        .await
}

async fn ask_scan(store: &Store, time: &str) {
    store.ask_full_scan(&acme(), at(time)).await.unwrap();
}

/// Expects a checkpoint of so many days, and a scan asked for at that time.
async fn assert_start(store: &Store, days: Option<i8>, asked: Option<&str>) {
    let expected = CertificateStart {
        checkpoint: days.map(checkpoint),
        scan_asked_at: asked.map(at),
        ..CertificateStart::default()
    };
    assert_eq!(store.certificate_start(&acme()).await, Ok(expected));
}

#[tokio::test]
async fn concurrent_writes_of_run_and_operator_keep_both_changes() {
    let (_stack, store) = state().await;
    assert_start(&store, None, None).await;
    ask_scan(&store, "08:00:00").await;
    assert_start(&store, None, Some("08:00:00")).await;
    put_days(&store, 1, 3).await.unwrap();
    assert_start(&store, Some(3), Some("08:00:00")).await;
    ask_scan(&store, "09:00:00").await;
    assert_start(&store, Some(3), Some("09:00:00")).await;
    put_days(&store, 2, 0).await.unwrap();
    assert_start(&store, Some(0), Some("09:00:00")).await;
}

#[tokio::test]
async fn the_checkpoint_is_fenced_by_every_newer_token() {
    for (before, writing, fits) in TOKENS {
        let (_stack, store) = state().await;
        put_days(&store, before, 1).await.unwrap();
        // What the operator asks for does not lower the fence.
        ask_scan(&store, "08:00:00").await;
        let written = put_days(&store, writing, 2).await;
        let (expected, days) = match fits {
            true => (Ok(()), 2),
            false => (fenced("CERTIFICATES"), 1),
        };
        assert_eq!(written, expected, "{writing} over {before}");
        assert_start(&store, Some(days), Some("08:00:00")).await;
    }
}

#[tokio::test]
async fn each_checkpoint_raises_the_fence() {
    let (_stack, store) = state().await;
    for token in [1, 2] {
        put_days(&store, token, 1).await.unwrap();
    }
    assert_eq!(put_days(&store, 1, 2).await, fenced("CERTIFICATES"));
}

#[tokio::test]
async fn both_are_written_although_the_reply_is_lost() {
    let (stack, store) = state().await;
    let proxy = Proxy::losing(&stack, "UpdateItem", 1).await;
    put_days(&proxy.store(), 1, 1).await.unwrap();
    let proxy = Proxy::losing(&stack, "UpdateItem", 1).await;
    ask_scan(&proxy.store(), "08:00:00").await;
    assert_start(&store, Some(1), Some("08:00:00")).await;
}

#[tokio::test]
async fn a_checkpoint_of_a_whole_window_costs_one_read_unit() {
    let stack = stack().await;
    for (token, days, max_write) in [(1, 0, 1.0), (2, 10, 2.0), (3, 31, 4.0)] {
        let store = stack.store().with_fresh_units();
        put_days(&store, token, days).await.unwrap();
        store.certificate_start(&acme()).await.unwrap();
        let units = store.units();
        assert_eq!((units.read, units.calls), (1.0, 2), "{days} days");
        assert!(units.write <= max_write, "{days} days: {units:?}");
    }
}

#[tokio::test]
async fn owners_are_the_people_with_an_account() {
    let (_stack, store) = state().await;
    assert_eq!(store.owners(&acme()).await, Ok(HashMap::new()));
    put_employees(&store, 5).await;
    let without = EmployeeEntry {
        customer_id: None,
        ..person(9)
    };
    store
        .put_employee(&acme(), FIRST, &ledger_key(), &without)
        .await
        .unwrap();
    given(&store, FIRST, &entry(1, uploaded(None))).await;
    let owner = |number| {
        (
            CustomerId::new(format!("c-{number}")),
            crate::support::id(number),
        )
    };
    let expected = (0..5).map(owner).collect();
    assert_eq!(store.owners(&acme()).await, Ok(expected));
}

#[tokio::test]
async fn owners_are_read_page_by_page_at_half_the_price_and_without_the_rest() {
    let (stack, store) = state().await;
    put_employees(&store, 120).await;
    let proxy = Proxy::start(&stack, |call| {
        let mut query: serde_json::Value = serde_json::from_str(call.body).unwrap();
        assert_eq!(
            query["ProjectionExpression"],
            "#sk, #source_id, #customer_id"
        );
        query["Limit"] = 50.into();
        Fate::Instead(query.to_string())
    })
    .await;
    assert_eq!(proxy.store().owners(&acme()).await.unwrap().len(), 120);
    assert_eq!(proxy.calls("Query"), 3);

    let [owners, everybody] = [(); 2].map(|()| store.with_fresh_units());
    owners.owners(&acme()).await.unwrap();
    read_all(&everybody).await;
    assert_eq!(owners.units().read * 2.0, everybody.units().read);
}
