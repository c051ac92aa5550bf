use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use shared::access::{AccessWindow, LockReason, Locked};
use shared::domain::id::{CustomerId, SourceId};
use shared::fingerprint::{FingerprintKey, Part};
use shared::state::{EmployeeEntry, Failure, FailureKind, FencingToken, StateError, ValueDigest};

use crate::proxy::{Fate, Proxy};
use crate::support::{acme, at, entry, id, put_employees, stack};

#[tokio::test]
async fn reads_back_every_kind_of_entry() {
    let stack = stack().await;
    let store = stack.store();
    let key = FingerprintKey::from_bytes(&[7; 32]);
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
            failure: Some(Failure {
                kind: FailureKind::Conflict,
                reason: "422: userName is taken".to_owned(),
                fingerprint,
                attempts: 3,
                retry_at: at("09:00:00"),
            }),
            handed_over_to: Some(SourceId::new("2")),
        };
        store
            .put_employee(&acme(), FencingToken(1), &full)
            .await
            .unwrap();
        let read = store.employees(&acme(), [&full.source_id]).await.unwrap();
        assert_eq!(read[&full.source_id], full);
    }
}

#[tokio::test]
async fn reads_250_people_in_three_calls() {
    let stack = stack().await;
    put_employees(&stack.store(), 250).await;
    let store = stack.store();
    let wanted: Vec<SourceId> = (0..250).map(id).collect();
    let read = store.employees(&acme(), &wanted).await.unwrap();
    assert_eq!(read.len(), 250);
    assert!((0..250).all(|number| read[&id(number)] == entry(number)));
    assert_eq!(store.units().calls, 3);
}

#[tokio::test]
async fn missing_and_repeated_ids_are_ignored() {
    let stack = stack().await;
    let store = stack.store();
    put_employees(&store, 3).await;
    let wanted = [id(1), id(1), id(2), id(99), id(1)];
    let read = store.employees(&acme(), &wanted).await.unwrap();
    let ids: HashSet<&SourceId> = read.keys().collect();
    assert_eq!(ids, HashSet::from([&id(1), &id(2)]));
    assert_eq!(store.employees(&acme(), []).await.unwrap().len(), 0);
}

#[tokio::test]
async fn reads_everybody_over_many_pages() {
    let stack = stack().await;
    put_employees(&stack.store(), 120).await;
    let pages = Proxy::start(&stack, |call| {
        let mut query: Value = serde_json::from_str(call.body).unwrap();
        query["Limit"] = json!(50);
        Fate::Instead(query.to_string())
    })
    .await;
    let read = pages.store(&stack).all_employees(&acme()).await.unwrap();
    assert_eq!(read.len(), 120);
    assert_eq!(pages.calls("Query"), 3);
}

#[tokio::test]
async fn unprocessed_keys_are_requested_again() {
    let stack = stack().await;
    put_employees(&stack.store(), 10).await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&asked);
    let proxy = Proxy::start(&stack, move |call| {
        let request: Value = serde_json::from_str(call.body).unwrap();
        let keys = request["RequestItems"]["reteach-personio"].clone();
        record
            .lock()
            .unwrap()
            .push(keys["Keys"].as_array().unwrap().len());
        let undone = json!({"Responses": {}, "UnprocessedKeys": {"reteach-personio": keys}});
        if call.before < 2 {
            Fate::Reply(http::StatusCode::OK, undone.to_string())
        } else {
            Fate::Pass
        }
    })
    .await;
    let wanted: Vec<SourceId> = (0..10).map(id).collect();
    let read = proxy
        .store(&stack)
        .employees(&acme(), &wanted)
        .await
        .unwrap();
    assert_eq!(read.len(), 10);
    assert_eq!(*asked.lock().unwrap(), [10, 10, 10]);
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named() {
    use aws_sdk_dynamodb::types::AttributeValue;
    let stack = stack().await;
    let put = stack
        .aws()
        .dynamodb()
        .put_item()
        .table_name("reteach-personio");
    let put = put.item("pk", AttributeValue::S("TENANT#acme".to_owned()));
    put.item("sk", AttributeValue::S("EMPLOYEE#7".to_owned()))
        .send()
        .await
        .unwrap();
    let damaged = Err(StateError::Damaged {
        item: "EMPLOYEE#7".to_owned(),
    });
    assert_eq!(stack.store().employees(&acme(), [&id(7)]).await, damaged);
    assert_eq!(stack.store().all_employees(&acme()).await, damaged);
}

#[tokio::test]
async fn a_write_is_fenced_by_every_newer_token() {
    for (stored, writing, fits) in [
        (1, 1, true),
        (1, 2, true),
        (2, 1, false),
        (10, 9, false),
        (9, 10, true),
    ] {
        let stack = stack().await;
        let store = stack.store();
        store
            .put_employee(&acme(), FencingToken(stored), &entry(1))
            .await
            .unwrap();
        let written = store
            .put_employee(&acme(), FencingToken(writing), &entry(1))
            .await;
        assert_eq!(
            written.is_ok(),
            fits,
            "{writing} over {stored}: {written:?}"
        );
    }
}
