//! What is stored, read back after somebody, or a newer version, has been at it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Choices, Damage, assert_silent, harmed, run, target};
use crate::aws::{Aws, http_client, sdk_config};
use crate::domain::id::{CertificateId, RunId, SourceId, TenantId};
use crate::fingerprint::{Shard, ShardNumber};
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

static SAMPLES: LazyLock<Vec<Value>> = LazyLock::new(samples);

const TYPES: [&str; 10] = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"];

/// Attribute values: one of DynamoDB's types with anything in it.
fn attribute(choices: &mut Choices<'_>) -> Value {
    match choices.byte() % 8 {
        0 => json!({"S": "zwetschge"}),
        1 => json!({"N": "1e99"}),
        2 => json!({"N": "-99999999999999999999999999999999999999"}),
        3 => json!({"B": ""}),
        4 => json!({"L": [{"M": {"zwetschge": {"S": "zwetschge"}}}]}),
        _ => {
            let typed = *choices.pick(&TYPES);
            json!({typed: choices.value()})
        }
    }
}

/// A table whose every item is the thread's.
#[derive(Clone, Debug)]
struct OneItem;

thread_local! {
    static ITEM: RefCell<String> = const { RefCell::new(String::new()) };
    static STORE: Store = store();
}

impl HttpClient for OneItem {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for OneItem {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let item = ITEM.with_borrow(Clone::clone);
        let body = match target.rsplit('.').next() {
            Some("Query") => format!("{{\"Items\":[{item}],\"Count\":1}}"),
            Some("BatchGetItem") => {
                format!("{{\"Responses\":{{\"table\":[{item}]}},\"UnprocessedKeys\":{{}}}}")
            }
            Some("UpdateItem") => format!("{{\"Attributes\":{item}}}"),
            _ => format!("{{\"Item\":{item}}}"),
        };
        let status = 200_u16.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

fn store() -> Store {
    let variables = HashMap::from([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ]);
    let variable = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    let config = sdk_config(variable, http_client().unwrap()).unwrap();
    let config = config.into_builder().http_client(OneItem).build();
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

async fn read(store: &Store, which: u8) {
    let (tenant, now) = (
        TenantId::parse("acme").unwrap(),
        "2026-05-11T08:00:00Z".parse().unwrap(),
    );
    let (person, certificate) = (SourceId::new("4711"), CertificateId::new("0f0c-7"));
    match which % 14 {
        0 => heard(store.tenant(&tenant).await),
        1 => heard(store.list_tenants().await),
        2 => heard(store.sync_state(&tenant).await),
        3 => heard(store.shards(&tenant, &[ShardNumber(0)]).await),
        4 => heard(store.held(&tenant).await),
        5 => heard(store.employees(&tenant, Some(&key()), [&person]).await),
        6 => heard(store.all_employees(&tenant, Some(&key())).await),
        7 => heard(store.certificates(&tenant, [&certificate]).await),
        8 => heard(store.all_certificates(&tenant).await),
        9 => heard(store.undecided_certificates(&tenant).await),
        10 => {
            let reports = store.reports::<crate::runtime::Report<()>>(&tenant, 10);
            heard(reports.await);
        }
        11 => heard(store.inventory(&tenant).await),
        12 => heard(store.leases(&tenant).await),
        _ => {
            let (owner, life) = (RunId::new("run"), SignedDuration::from_secs(60));
            let lease = store.acquire(&tenant, JobKind::Employees, &owner, now, life);
            heard(lease.await);
        }
    }
}

target!(items, |choices| {
    let which = choices.byte();
    let mut sample = choices.pick(&SAMPLES).clone();
    for _ in 0..choices.below(3) {
        let attribute = attribute(&mut choices);
        let members = sample.as_object_mut().unwrap();
        let member = choices.below(members.len());
        if let Some(value) = members.values_mut().nth(member) {
            *value = attribute;
        }
    }
    let item = harmed(sample, &choices.harms(), &Damage::None);
    ITEM.set(String::from_utf8_lossy(&item).into_owned());
    STORE.with(|store| run(read(store, which)));
});

target!(shards, |choices| {
    if let Ok(shard) = Shard::from_bytes(choices.rest()) {
        let bytes = shard.to_bytes().unwrap();
        assert_eq!(Shard::from_bytes(&bytes), Ok(shard));
    }
});

#[test]
fn a_held_plan_with_parts_of_other_types_is_named_by_its_key_alone() {
    let mut plan = samples().swap_remove(5);
    let mark = json!({"zwetschge": ["zwetschge", null]});
    for name in ["changes", "sample", "counts"] {
        plan[name] = mark.clone();
        ITEM.set(plan.to_string());
        STORE.with(|store| run(read(store, 4)));
    }
}
