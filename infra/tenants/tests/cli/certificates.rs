//! `tenants certificates`

use serde_json::json;
use shared::domain::id::{CertificateId, SourceId};
use shared::state::{CertificateEntry, CertificateState, FencingToken, Intent, OnUnverifiable};
use shared::tenant::Via;
use tenants::Exit;

use crate::support::{Desk, now};

pub(crate) async fn parked(
    desk: &Desk,
    tenant: &shared::domain::id::TenantId,
    id: &str,
    doubt: bool,
) {
    let intent = Intent {
        at: now(),
        size: None,
        failures: 0,
        failing_since: None,
        unknowable: OnUnverifiable::Park,
    };
    let entry = CertificateEntry {
        certificate_id: CertificateId::new(id),
        employee: SourceId::new("1"),
        state: CertificateState::Parked {
            at: now(),
            reason: "refused too often".to_owned(),
            doubt: doubt.then_some(intent),
        },
    };
    desk.stack
        .store()
        .put_certificate(tenant, FencingToken(1), &entry)
        .await
        .unwrap();
}

#[tokio::test]
pub(crate) async fn parked_certificates_are_listed_and_decided() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    assert_eq!(
        desk.json(&["certificates", "list", "acme"]).await.exit,
        Exit::Done
    );
    for (id, doubt) in [("cert-1", true), ("cert-2", false)] {
        parked(&desk, &company.tenant, id, doubt).await;
    }
    let list = desk.run(&["certificates", "list", "acme"]).await;
    assert_eq!(list.exit, Exit::Look);
    assert!(
        list.out.contains("perhaps") && list.out.contains("refused too often"),
        "{}",
        list.out
    );

    assert_eq!(
        desk.run(&["certificates", "retry", "acme", "cert-1"])
            .await
            .exit,
        Exit::Done
    );
    let done = desk
        .json(&["certificates", "dismiss", "acme", "cert-2", "cert-9"])
        .await;
    assert_eq!(done.exit, Exit::Look);
    assert_eq!(done.json()["certificates"][0]["problem"], json!(null));
    assert!(
        done.json()["certificates"][1]["problem"]
            .as_str()
            .unwrap()
            .contains("not parked")
    );
    assert_eq!(
        desk.json(&["certificates", "list", "acme"]).await.json(),
        json!([])
    );
    let all = desk
        .json(&["certificates", "list", "acme", "--all"])
        .await
        .json();
    let states: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["state"].clone())
        .collect();
    assert_eq!(states, [json!("intended"), json!("dismissed")]);
}
