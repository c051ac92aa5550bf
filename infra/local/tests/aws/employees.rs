use std::collections::BTreeMap;
use std::sync::mpsc;

use serde_json::{Value, json};
use shared::access::{AccessWindow, LockReason, Locked};
use shared::domain::id::{CustomerId, SourceId};
use shared::fingerprint::Part;
use shared::state::{Drift, EmployeeEntry, Failure, FailureKind, ValueDigest};

use crate::proxy::{Fate, Proxy};
use crate::support::{
    FIRST, acme, at, damaged, entry, id, key, ledger_key, put_employees, read, read_all, stack,
    state,
};

#[tokio::test]
async fn reads_back_every_kind_of_entry() {
    let (_stack, store) = state().await;
    let key = ledger_key();
    // Most fingerprints have more digits than DynamoDB's numbers.
    for number in 0..20 {
        let fingerprint = key.fingerprint([Part::Value(&number.to_string())]);
        let full = EmployeeEntry {
            source_id: SourceId::new(format!("p {number}#ü")),
            customer_id: Some(CustomerId::new("c-1")),
            fingerprint: Some(fingerprint),
            digests: BTreeMap::from([
                ("email".to_owned(), ValueDigest::Value(u64::MAX)),
                ("company".to_owned(), ValueDigest::Null),
            ]),
            window: AccessWindow {
                active_at: Some(at("00:00:00")),
                inactive_at: Some(at("08:00:00.123456789")),
            },
            locked: Some(Locked {
                since: at("08:00:00"),
                reason: LockReason::OutOfScope,
            }),
            is_sealed: false,
            failure: Some(Failure {
                kind: FailureKind::Conflict,
                reason: "422: userName is taken".to_owned(),
                fingerprint,
                attempts: 3,
                retry_at: at("09:00:00"),
                is_personal: true,
                is_of_look_up: true,
            }),
            handed_over_to: Some(SourceId::new("2")),
            drift: BTreeMap::from([(
                "position".to_owned(),
                Drift {
                    days: 3,
                    last: at("09:00:00"),
                },
            )]),
            shares_its_id: true,
        };
        store
            .put_employee(&acme(), FIRST, &ledger_key(), &full)
            .await
            .unwrap();
        assert_eq!(read(&store, [&full.source_id]).await[&full.source_id], full);
    }
}

#[tokio::test]
async fn reads_250_people_in_three_calls() {
    let stack = stack().await;
    put_employees(&stack.store(), 250).await;
    let store = stack.store();
    let wanted: Vec<SourceId> = (0..250).map(id).collect();
    let read = read(&store, &wanted).await;
    assert_eq!(read.len(), 250);
    assert!((0..250).all(|number| read[&id(number)] == entry(number)));
    assert_eq!(store.units().calls, 3);
}

#[tokio::test]
async fn reads_everybody_over_many_pages() {
    let stack = stack().await;
    put_employees(&stack.store(), 120).await;
    let pages = Proxy::paging(&stack, 50).await;
    assert_eq!(read_all(&pages.store()).await.len(), 120);
    assert_eq!(pages.calls("Query"), 3);
}

#[tokio::test]
async fn unprocessed_keys_are_requested_again() {
    let stack = stack().await;
    put_employees(&stack.store(), 10).await;
    let (record, asked) = mpsc::channel();
    let proxy = Proxy::start(&stack, move |call| {
        let request: Value = serde_json::from_str(call.body).unwrap();
        let keys = &request["RequestItems"]["reteach-personio"];
        record.send(keys["Keys"].as_array().unwrap().len()).unwrap();
        let undone = json!({"Responses": {}, "UnprocessedKeys": {"reteach-personio": keys}});
        match call.before {
            0 | 1 => Fate::Reply(http::StatusCode::OK, undone.to_string()),
            _ => Fate::Pass,
        }
    })
    .await;
    let wanted: Vec<SourceId> = (0..10).map(id).collect();
    assert_eq!(read(&proxy.store(), &wanted).await.len(), 10);
    assert!(asked.try_iter().eq([10, 10, 10]));
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named() {
    let (stack, store) = state().await;
    let put = stack.aws().dynamodb().put_item();
    let [(pk, tenant), (sk, item)] = key("EMPLOYEE#7");
    let put = put.table_name("reteach-personio");
    put.item(pk, tenant).item(sk, item).send().await.unwrap();
    let damaged = damaged("EMPLOYEE#7");
    assert_eq!(
        store
            .employees(&acme(), Some(&ledger_key()), [&id(7)])
            .await,
        damaged
    );
    assert_eq!(
        store.all_employees(&acme(), Some(&ledger_key())).await,
        damaged
    );
}
