//! `tenants certificates`

use serde_json::{Value, json};
use shared::domain::id::{CertificateId, SourceId, TenantId};
use shared::state::{CertificateEntry, CertificateState, FencingToken, Intent, OnUnverifiable};
use shared::tenant::Via;
use tenants::Exit;

use crate::support::{Desk, now};

/// A certificate of a person who waits for a reason.
async fn park_for(desk: &Desk, tenant: &TenantId, id: &str, person: u64, reason: &str) {
    let state = CertificateState::Parked {
        at: now(),
        reason: reason.to_owned(),
        unverified: None,
    };
    let entry = CertificateEntry {
        certificate_id: CertificateId::new(id),
        employee: SourceId::new(person.to_string()),
        state,
    };
    let store = desk.stack.store();
    let parked = store.put_certificate(tenant, FencingToken(1), &entry).await;
    parked.unwrap();
}

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
    assert!(
        problem.contains("does not wait for a decision"),
        "{problem}"
    );
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

#[tokio::test]
async fn many_certificates_are_chosen_by_reason_or_person_and_decided_after_a_confirmation() {
    let desk = Desk::new().await;
    let tenant = desk.tenant(Via::Direct).await.tenant;
    for number in 1..=9 {
        let reason = match number % 3 {
            0 => "the PDF is on files.academy.example, which is not allowed",
            _ => "refused five times",
        };
        park_for(
            &desk,
            &tenant,
            &format!("cert-{number}"),
            number % 2,
            reason,
        )
        .await;
    }
    let listed = desk
        .attention("certificates list acme --reason FILES.academy.example")
        .await;
    assert_eq!(listed.as_array().unwrap().len(), 3);

    let line = "certificates retry acme --reason files.academy.example";
    let counts = &["3 certificates of 2 people", "3: the PDF is on", "--yes"];
    desk.fails(line, Exit::Usage, counts).await;
    assert_eq!(desk.run_at_terminal(line, "other\n").await, Exit::Attention);
    let states = async || {
        let all = desk.done("certificates list acme --all").await;
        let all = all.as_array().unwrap().clone();
        let states = all
            .iter()
            .map(|entry| entry["state"].as_str().unwrap().to_owned());
        states.collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["parked"; 9], "nothing was confirmed");

    assert_eq!(desk.run_at_terminal(line, "acme\n").await, Exit::Done);
    desk.done("certificates dismiss acme --reason refused --person 1 --yes")
        .await;
    desk.done("certificates retry acme --all --yes").await;
    let mut counts = std::collections::BTreeMap::new();
    for state in states().await {
        *counts.entry(state).or_insert(0) += 1;
    }
    assert_eq!(json!(counts), json!({"failed": 6, "dismissed": 3}));
    let none = desk.run("certificates retry acme --person 77").await;
    assert_eq!(none.out, "No certificate of acme matches.\n");
}

#[tokio::test]
async fn a_retry_of_all_looks_for_what_may_be_filed_and_never_files_it_blindly() {
    let desk = Desk::new().await;
    let tenant = desk.tenant(Via::Direct).await.tenant;
    park(&desk, &tenant, "cert-1", true).await;
    let line = "certificates retry acme --all";
    desk.fails(line, Exit::Usage, &["1 of them may be filed already"])
        .await;
    desk.done("certificates retry acme --all --yes").await;
    let entry = desk.done("certificates list acme --all").await;
    assert_eq!(entry[0]["state"], "intended");
    assert_eq!(entry[0]["detail"]["on_unverifiable"], "park");
}
