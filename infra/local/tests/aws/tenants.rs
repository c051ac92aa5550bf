use http::StatusCode;
use serde_json::{Value, json};
use shared::id::TenantId;
use shared::state::{StateError, TenantRecord, TenantStatus};

use crate::proxy::{Fate, Proxy};
use crate::support::{acme, at, put_employees, stack, take};

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

fn unknown() -> Result<(), StateError> {
    Err(StateError::UnknownTenant { tenant: "acme".to_owned() })
}

#[tokio::test]
async fn a_new_tenant_is_active_with_its_gate_closed() {
    let stack = stack().await;
    let store = stack.store();
    assert_eq!(store.tenant(&acme()).await, Ok(None));
    store.put_tenant(&acme(), "tenant_id = \"acme\"").await.unwrap();
    let config = "tenant_id = \"acme\"".to_owned();
    let record = TenantRecord { config, status: TenantStatus::Active, gate: None };
    assert_eq!(store.tenant(&acme()).await, Ok(Some(record)));
}

#[tokio::test]
async fn a_new_configuration_leaves_status_and_gate() {
    let stack = stack().await;
    let store = stack.store();
    store.put_tenant(&acme(), "old").await.unwrap();
    let status = TenantStatus::Paused { since: at("08:00:00") };
    store.set_status(&acme(), status).await.unwrap();
    store.open_gate(&acme(), at("07:00:00")).await.unwrap();
    store.put_tenant(&acme(), "new").await.unwrap();
    let record = TenantRecord { config: "new".to_owned(), status, gate: Some(at("07:00:00")) };
    assert_eq!(store.tenant(&acme()).await, Ok(Some(record)));
}

#[tokio::test]
async fn a_tenant_is_paused_and_resumed() {
    let stack = stack().await;
    let store = stack.store();
    store.put_tenant(&acme(), "config").await.unwrap();
    for status in [TenantStatus::Paused { since: at("08:00:00") }, TenantStatus::Active] {
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
    assert_eq!(store.tenant(&acme()).await.unwrap().unwrap().gate, Some(at("08:00:00")));
}

#[tokio::test]
async fn nothing_is_made_for_an_unknown_tenant() {
    let stack = stack().await;
    let store = stack.store();
    assert_eq!(store.set_status(&acme(), TenantStatus::Active).await, unknown());
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
    assert_eq!(store.list_tenants().await, Ok(vec![acme(), tenant("muster"), tenant("zz-9")]));
}

#[tokio::test]
async fn removing_a_tenant_leaves_nothing_of_it_and_everything_of_others() {
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
    let rest = stack.aws().dynamodb().scan().table_name("reteach-personio").send().await.unwrap();
    assert_eq!(rest.count(), 2, "the other tenant's configuration and line in the registry");

    store.remove_tenant(&acme()).await.unwrap();
}

#[tokio::test]
async fn removal_asks_again_for_what_was_left_undone() {
    let stack = stack().await;
    stack.store().put_tenant(&acme(), "config").await.unwrap();
    put_employees(&stack.store(), 30).await;
    let proxy = Proxy::start(&stack, |call| {
        let undone = || json!({"UnprocessedItems": from(call.body)["RequestItems"]}).to_string();
        let is_first = call.operation == "BatchWriteItem" && call.before < 2;
        if is_first { Fate::Reply(StatusCode::OK, undone()) } else { Fate::Pass }
    })
    .await;
    proxy.store(&stack).remove_tenant(&acme()).await.unwrap();
    assert_eq!(proxy.calls("BatchWriteItem"), 4, "two batches, each left undone once");
    let rest = stack.aws().dynamodb().scan().table_name("reteach-personio").send().await.unwrap();
    assert_eq!(rest.count(), 0);
}

fn from(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
