//! What is stored, read back after somebody, or a newer version, has been at it.

use std::collections::HashMap;

use axum::Router;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Damage, assert_silent, harmed, harms, one_in, value};
use crate::aws::{Aws, http_client, sdk_config};
use crate::domain::id::{CertificateId, RunId, SourceId, TenantId};
use crate::fingerprint::ShardNumber;
use crate::mapping::arbitrary::key;
use crate::state::{JobKind, StateError, Store};

fn samples() -> Vec<Value> {
    let at = json!({"S": "2026-05-11T08:00:00Z"});
    let bytes = json!({"B": "AAECAwQFBgcICQoL"});
    vec![
        json!({"sk": {"S": "CONFIG"}, "config": {"S": "zwetschge"}, "status": {"M": {"paused": {"M": {"since": at}}}},
               "gate": at}),
        json!({"sk": {"S": "LEASE#employees"}, "owner": {"S": "run"}, "fence": {"N": "7"}, "until": {"N": "1778486400"},
               "first_run": at, "last_good_run": at, "notices": {"M": {"held-plan": {"M": {"s": {"N": "1778486400"},
               "t": {"M": {"m": {"M": {"at": {"N": "1778486400"}, "k": {"S": "b"}}}}}}}}}}),
        json!({"sk": {"S": "EMPLOYEE#4711"}, "source_id": {"S": "4711"}, "customer_id": {"S": "c1"},
               "fingerprint": bytes, "marks": {"M": {"email": {"M": {"Value": {"N": "7"}}}}}, "window": {"M": {
               "active_at": at, "inactive_at": {"NULL": true}}}, "locked": {"NULL": true}, "failure": {"NULL": true}}),
        json!({"sk": {"S": "FINGERPRINTS"}, "mapping_version": {"N": "1"}, "configuration": {"S": "x"}, "shards": bytes,
               "open_accounts": {"N": "3"}, "brakes": {"M": {}}, "pending": {"M": {}}, "reconciled_at": at}),
        json!({"sk": {"S": "FINGERPRINTS#0"}, "people": bytes, "shard": bytes}),
        json!({"sk": {"S": "HELD#employees"}, "hash": {"S": "3f"}, "since": at, "counts": {"M": {}}, "changes": {"L": []},
               "sample": {"L": [{"S": "x"}]}, "decision": {"NULL": true}}),
        json!({"sk": {"S": "CERTIFICATE#0f0c-7"}, "certificate_id": {"S": "0f0c-7"}, "employee": {"S": "4711"},
               "state": {"S": "uploaded"}, "detail": {"M": {"at": at, "document": {"S": "42"}}}, "fence": {"N": "7"}}),
        json!({"sk": {"S": "CERTIFICATES"}, "read_at": at, "scanned_at": at, "remaining": {"N": "0"}, "open": {"M": {}}}),
        json!({"sk": {"S": "RUN#2026-05-11T08:00:00.000Z#employees"}, "report": {"M": {"outcome": {"S": "done"}}}}),
        json!({"sk": {"S": "acme"}, "pk": {"S": "TENANTS"}}),
    ]
}

/// Attribute values: one of DynamoDB's types with anything in it.
fn attribute() -> impl Strategy<Value = Value> {
    let typed = prop::sample::select(vec![
        "S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL",
    ]);
    prop_oneof![
        Just(json!({"S": "zwetschge"})),
        Just(json!({"N": "1e99"})),
        Just(json!({"N": "-99999999999999999999999999999999999999"})),
        Just(json!({"B": ""})),
        Just(json!({"L": [{"M": {"zwetschge": {"S": "zwetschge"}}}]})),
        (typed, value()).prop_map(|(typed, value)| json!({typed: value})),
    ]
}

/// A table whose every item is this one.
async fn table(item: Vec<u8>) -> Store {
    let item = String::from_utf8_lossy(&item).into_owned();
    let answer = move |headers: http::HeaderMap| {
        let target = headers
            .get("x-amz-target")
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default();
        let body = match target.rsplit('.').next() {
            Some("Query") => format!("{{\"Items\":[{item}],\"Count\":1}}"),
            Some("BatchGetItem") => {
                format!("{{\"Responses\":{{\"table\":[{item}]}},\"UnprocessedKeys\":{{}}}}")
            }
            Some("UpdateItem") => format!("{{\"Attributes\":{item}}}"),
            _ => format!("{{\"Item\":{item}}}"),
        };
        std::future::ready(([("content-type", "application/x-amz-json-1.0")], body))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let variables = HashMap::from([
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKID".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_ENDPOINT_URL", url),
    ]);
    let config = sdk_config(|name| variables.get(name).cloned(), http_client().unwrap()).unwrap();
    Store::new(&Aws::new(config), "table")
}

/// Damaged items are named by their sort key, which is ours.
fn heard<T>(result: Result<T, StateError>) {
    if let Err(error) = result
        && !matches!(error, StateError::Damaged { .. })
    {
        assert_silent(&error, "item");
    }
}

async fn read_all(store: &Store) {
    let (tenant, now) = (
        TenantId::parse("acme").unwrap(),
        "2026-05-11T08:00:00Z".parse().unwrap(),
    );
    heard(store.tenant(&tenant).await);
    heard(store.list_tenants().await);
    heard(store.sync_state(&tenant).await);
    heard(store.shards(&tenant, &[ShardNumber(0)]).await);
    heard(store.held(&tenant).await);
    heard(
        store
            .employees(&tenant, Some(&key()), [&SourceId::new("4711")])
            .await,
    );
    heard(store.all_employees(&tenant, Some(&key())).await);
    heard(
        store
            .certificates(&tenant, [&CertificateId::new("0f0c-7")])
            .await,
    );
    heard(store.all_certificates(&tenant).await);
    heard(store.undecided_certificates(&tenant).await);
    heard(
        store
            .reports::<crate::runtime::Report<()>>(&tenant, 10)
            .await,
    );
    heard(store.inventory(&tenant).await);
    heard(store.leases(&tenant).await);
    let owner = RunId::new("run");
    heard(
        store
            .acquire(
                &tenant,
                JobKind::Employees,
                &owner,
                now,
                SignedDuration::from_secs(60),
            )
            .await,
    );
}

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn the_table_may_hold_anything(
        sample in prop::sample::select(samples()),
        harms in harms(),
        attributes in prop::collection::vec((any::<prop::sample::Index>(), attribute()), 0..3),
    ) {
        let mut sample = sample;
        for (which, attribute) in attributes {
            let names: Vec<String> = sample.as_object().unwrap().keys().cloned().collect();
            sample[which.get(&names).as_str()] = attribute;
        }
        let item = harmed(sample, &harms, &Damage::None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async { read_all(&table(item).await).await });
    }
}
