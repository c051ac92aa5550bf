//! `tenants certificates`

use serde_json::{Value, json};
use shared::domain::id::{CertificateId, SourceId, TenantId};
use shared::state::{CertificateEntry, CertificateState, FencingToken, Intent, OnUnverifiable};
use shared::tenant::Via;
use tenants::Exit;

use crate::support::{Desk, now};

pub(crate) async fn park(desk: &Desk, tenant: &TenantId, id: &str, may_be_filed: bool) {
    let intent = Intent {
        at: now(),
        size: None,
        failures: 0,
        failing_since: None,
        on_unverifiable: OnUnverifiable::Park,
    };
    let entry = CertificateEntry {
        certificate_id: CertificateId::new(id),
        employee: SourceId::new("1"),
        state: CertificateState::Parked {
            at: now(),
            reason: "refused too often".to_owned(),
            unverified: may_be_filed.then_some(intent),
        },
    };
    let store = desk.stack.store();
    let parked = store.put_certificate(tenant, FencingToken(1), &entry).await;
    parked.unwrap();
}

#[tokio::test]
async fn parked_certificates_are_listed_and_decided() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    desk.done("certificates list acme").await;
    park(&desk, &company.tenant, "cert-1", true).await;
    park(&desk, &company.tenant, "cert-2", false).await;
    let list = desk.run("certificates list acme").await;
    assert_eq!(list.exit, Exit::Attention);
    for part in ["perhaps", "refused too often"] {
        assert!(list.out.contains(part), "{}", list.out);
    }

    desk.done("certificates retry acme cert-1").await;
    let decided = desk
        .attention("certificates dismiss acme cert-2 cert-9")
        .await;
    assert_eq!(decided["certificates"][0]["problem"], json!(null));
    let problem = decided["certificates"][1]["problem"].as_str().unwrap();
    assert!(problem.contains("not parked"), "{problem}");
    assert_eq!(desk.done("certificates list acme").await, json!([]));
    let all = desk.done("certificates list acme --all").await;
    let states: Vec<&Value> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["state"])
        .collect();
    assert_eq!(states, [&json!("intended"), &json!("dismissed")]);
}
