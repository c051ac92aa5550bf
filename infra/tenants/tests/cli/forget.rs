//! `tenants people export` and `forget`

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use local::Company;
use serde_json::{Value, json};
use shared::domain::clock::Clock as _;
use shared::secrets::TenantSecret;
use shared::state::{JobKind, TIME_TO_LIVE};
use simulators::{Behaviour, Body, Fault, Moment};
use tenants::Exit;

use crate::interrupted::{at_each_call, interrupted};
use crate::restore::items;
use crate::support::{Desk, deactivate, issue, participation, person};

const FORGET: &str = "people forget acme 471100 --yes";
/// An id that no count and no other id contains.
const ID: u64 = 471_100;
const MARK: &str = "471100";
/// AWS's answer to somebody without the right.
pub(crate) const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"not authorized"}"#;

fn mentions(value: &AttributeValue, text: &str) -> bool {
    match value {
        AttributeValue::S(found) => found.contains(text),
        AttributeValue::B(bytes) => {
            let windows = bytes.as_ref().windows(text.len());
            windows.into_iter().any(|window| window == text.as_bytes())
        }
        AttributeValue::M(members) => members
            .iter()
            .any(|(name, value)| name.contains(text) || mentions(value, text)),
        AttributeValue::L(values) => values.iter().any(|value| mentions(value, text)),
        _ => false,
    }
}

/// The sort keys of the items that hold this text anywhere.
async fn holding(desk: &Desk, text: &str) -> Vec<String> {
    let items = items(desk).await.into_iter();
    let named = items.filter(|item| item.values().any(|value| mentions(value, text)));
    let mut names: Vec<String> = named
        .map(|item| item["sk"].as_s().unwrap().clone())
        .collect();
    names.sort();
    names
}

/// A person with an account, a filed certificate, one that Personio refuses, and a report that names them.
async fn employed() -> (Desk, Company) {
    let (desk, company) = Desk::acme().await;
    company.personio.put(person(ID));
    desk.done("sync acme --here").await;
    for (number, course) in [(1, "Brandschutz"), (2, "Erste Hilfe")] {
        issue(&company, number, ID, course);
    }
    company
        .reteach
        .set_delivery("certificate-2", simulators::reteach::Delivery::NotAPdf);
    desk.attention("sync acme --here --job certificates").await;
    (desk, company)
}

/// The same person, deleted in Personio and locked.
async fn left() -> (Desk, Company) {
    let (desk, company) = employed().await;
    company.personio.remove(ID);
    desk.ticks(2).await;
    (desk, company)
}

#[tokio::test]
async fn an_export_has_everything_that_the_table_holds_of_the_person() {
    let (desk, company) = employed().await;
    let account = company.reteach.customer("personio:471100").unwrap().id;
    let export = desk.done("people export acme personio:471100").await;
    assert_eq!(export["person"], MARK);
    let profile = &export["profiles"][0];
    assert_eq!(profile["entry"]["customer_id"], account.as_str());
    assert_eq!(profile["snapshot"]["status"], "Synced");
    let state = |number: usize| export["certificates"][number]["state"].as_str().unwrap();
    assert_eq!([state(0), state(1)], ["uploaded", "failed"]);
    let finding = &export["reports"][0]["findings"][0];
    assert_eq!(finding["certificate"], "certificate-2", "{export:#}");

    // As many reports as the table has with the id, and nothing else names it.
    let named = holding(&desk, MARK).await;
    let of = |prefix: &str| named.iter().filter(|name| name.starts_with(prefix)).count();
    assert_eq!(of("RUN#"), export["reports"].as_array().unwrap().len());
    assert_eq!((of("EMPLOYEE#"), of("FINGERPRINTS#")), (1, 1), "{named:?}");
    assert_eq!((of("CERTIFICATE#"), named.len()), (2, 5), "{named:?}");

    let text = desk.run("people export acme 471100").await.out;
    for part in [
        &account,
        "certificate-1 filed",
        "certificate-2 failed",
        "in step",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Groß"), "no names: {text}");
}

/// The key is lost, or the operator may not read it: a company's people keep their rights.
#[tokio::test]
async fn a_lost_key_hides_the_dates_alone_and_keeps_nobody_from_being_forgotten() {
    const EXPORT: &str = "people export acme 471100";
    let (desk, company) = left().await;
    let whole = desk.done(EXPORT).await;
    assert!(whole["profiles"][0]["access"].is_object(), "{whole:#}");
    let assert_sealed = async |why: &str| {
        let export = desk.done(EXPORT).await;
        let profile = &export["profiles"][0];
        assert_eq!(profile["access"], Value::Null, "{why}: {export:#}");
        assert_eq!(profile["dates_are_sealed"], true, "{why}: {export:#}");
        let account = &whole["profiles"][0]["entry"]["customer_id"];
        assert_eq!(&profile["entry"]["customer_id"], account, "{why}");
        for part in ["certificates", "reports", "held"] {
            assert_eq!(export[part], whole[part], "{why}: {part}");
        }
        let text = desk.run(EXPORT).await.out;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("the key cannot be read"), "{why}: {text}");
    };

    let denied = Fault::new(Behaviour::Status(400, Body::Json(DENIED)));
    desk.faults
        .add(denied.calls("Secrets Manager GetSecretValue").always());
    assert_sealed("denied").await;
    desk.faults.clear_faults();
    let secrets = desk.stack.secrets();
    secrets.delete(&company.tenant, 7).await.unwrap();
    assert_sealed("deleted").await;
    let before = holding(&desk, MARK).await;
    // Nobody can ask the vendors whether they have left.
    assert_eq!(desk.run(FORGET).await.exit, Exit::Attention);
    assert_eq!(holding(&desk, MARK).await, before);

    // `tenants add` has stored the credentials again, with a key of its own.
    secrets.restore(&company.tenant).await.unwrap();
    let other = TenantSecret {
        fingerprint_key: Some("CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=".into()),
        ..company.secret()
    };
    secrets.put(&company.tenant, &other).await.unwrap();
    assert_sealed("another key").await;
    desk.done(FORGET).await;
    assert_eq!(holding(&desk, MARK).await, [""; 0]);
}

/// A clock ahead of AWS's would take a run's lease for one that has ended.
#[tokio::test]
async fn nobody_is_forgotten_by_a_clock_that_is_wrong() {
    let (desk, _) = left().await;
    let before = holding(&desk, MARK).await;
    for (seconds, hint) in [(11, "11 seconds ahead of"), (-300, "300 seconds behind")] {
        desk.aws.set_behind(SignedDuration::from_secs(seconds));
        desk.fails(FORGET, Exit::Attention, &[hint, "nothing was"])
            .await;
        assert_eq!(holding(&desk, MARK).await, before);
    }
    desk.aws.set_behind(SignedDuration::from_secs(9));
    desk.done(FORGET).await;
}

#[tokio::test]
async fn an_export_shows_what_a_brake_holds_and_names_an_unknown_person() {
    let (desk, company) = Desk::new_company().await;
    company.personio.put_all((471_100..471_112).map(person));
    desk.done(&desk.add(&company, "")).await;
    desk.done("sync acme --here").await;
    for id in 471_100..471_108 {
        deactivate(&company, id);
    }
    desk.ticks(1).await;
    let export = desk.done("people export acme 471100").await;
    let held = json!([{"person": MARK, "kind": "unexplained_lock", "decision": null}]);
    assert_eq!(export["held"], held);

    let unknown = desk.attention("people export acme 999999").await;
    assert_eq!(unknown["profiles"][0]["entry"], Value::Null);
    for command in ["export", "forget"] {
        let line = format!("people {command} acme 999999");
        let done = desk.run(&line).await;
        assert_eq!(done.exit, Exit::Attention, "{line}");
        let out = &done.out;
        assert!(out.contains("Nothing is stored of 999999"), "{out}");
    }
}

#[tokio::test]
async fn forgetting_leaves_no_trace_and_no_run_brings_one_back() {
    let (desk, company) = left().await;
    let account = company.reteach.customer("personio:471100").unwrap().id;
    assert_eq!(company.reteach.status(&account), Some("INACTIVE"));
    let before = items(&desk).await.len();
    let done = desk.done(FORGET).await;
    assert_eq!(done["erased"]["entries"], 1, "{done:#}");
    assert_eq!(done["account"], account.as_str());
    let expected = json!(["certificate-1", "certificate-2"]);
    assert_eq!(done["certificates"], expected);
    assert_eq!(holding(&desk, MARK).await, [""; 0]);
    assert_eq!(holding(&desk, &account).await, [""; 0]);
    assert_eq!(items(&desk).await.len(), before - 1, "the ledger's entry");

    for mode in ["scheduled", "reconcile", "scheduled"] {
        desk.pass_minutes(31);
        desk.run(&format!("sync acme --here --mode {mode}")).await;
        desk.run("sync acme --here --job certificates --mode full-scan")
            .await;
        assert_eq!(holding(&desk, MARK).await, [""; 0], "{mode}");
    }
    assert_eq!(company.reteach.status(&account), Some("INACTIVE"));
    assert_eq!(company.reteach.customers().len(), 4);
    assert_eq!(company.personio.documents().len(), 1);
    let status = desk.json("status acme").await.json();
    assert_eq!(status["held"], Value::Null);
    let again = desk.run(FORGET).await;
    assert_eq!(again.exit, Exit::Attention);
    assert!(again.out.contains("Nothing is stored"), "{}", again.out);
}

#[tokio::test]
async fn a_certificate_that_no_run_has_taken_up_brings_no_id_back() {
    let (desk, company) = left().await;
    let late = participation(3, ID, "Datenschutz");
    company.reteach.add_participation(late);
    let done = desk.done(FORGET).await;
    let number = done["certificates"].as_array().unwrap().len();
    assert_eq!(number, 3, "{done:#}");
    for mode in ["scheduled", "full-scan"] {
        desk.pass_minutes(31);
        let line = format!("sync acme --here --job certificates --mode {mode}");
        desk.run(&line).await;
        assert_eq!(holding(&desk, MARK).await, [""; 0], "{mode}");
    }
    let again = desk.run(FORGET).await;
    assert!(again.out.contains("Nothing is stored"), "{}", again.out);
}

#[tokio::test]
async fn ids_of_certificates_end_a_year_later_once_the_academy_has_deleted_the_account() {
    for deleted in [true, false] {
        let (desk, company) = left().await;
        if deleted {
            company.reteach.remove("personio:471100");
        }
        let done = desk.done(FORGET).await;
        assert_eq!(done["certificates_until"].is_string(), deleted, "{done:#}");
        let year = SignedDuration::from_hours(365 * 24);
        let until = desk.clock().now() + year;
        let until = deleted.then(|| until.as_second().to_string());
        for item in items(&desk).await {
            if item["sk"].as_s().unwrap().starts_with("CERTIFICATE#") {
                let ends = item.get(TIME_TO_LIVE).map(|at| at.as_n().unwrap().clone());
                assert_eq!(ends, until);
            }
        }
    }
}

#[tokio::test]
async fn somebody_who_comes_back_after_they_were_forgotten_gets_their_account_back() {
    let (desk, company) = left().await;
    let account = company.reteach.customer("personio:471100").unwrap().id;
    desk.done(FORGET).await;
    desk.pass_minutes(400 * 24 * 60);
    company.personio.put(person(ID));
    for _ in 0..3 {
        desk.ticks(1).await;
        desk.run("sync acme --here --job certificates --mode full-scan")
            .await;
    }
    let customer = company.reteach.customer("personio:471100").unwrap();
    let both = (customer.id, company.reteach.customers().len());
    assert_eq!(both, (account.clone(), 4));
    assert_eq!(company.reteach.status(&account), Some("ADDED"));
    let filed = company.personio.documents().len();
    assert_eq!(filed, 1, "what was filed before is not filed again");
}

#[tokio::test]
async fn earlier_profiles_are_forgotten_with_the_person() {
    let (desk, company) = employed().await;
    deactivate(&company, ID);
    desk.ticks(1).await;
    let back = simulators::Person {
        id: 582_200,
        ..person(ID)
    };
    company.personio.put(back);
    desk.done("people handover acme --from 471100 --to 582200 --yes")
        .await;
    desk.ticks(1).await;
    company.personio.remove(582_200);
    desk.ticks(2).await;
    let line = "people forget acme 582200 --yes";
    let hints = [
        "471100 has left but is still in Personio",
        "nothing was erased",
    ];
    desk.fails(line, Exit::Attention, &hints).await;
    company.personio.remove(ID);
    let export = desk.done("people export acme 582200").await;
    assert_eq!(export["profiles"][1]["person"], MARK);
    let done = desk.done(line).await;
    assert_eq!(done["erased"]["entries"], 2, "{done:#}");
    desk.pass_minutes(5);
    desk.run("sync acme --here --mode reconcile").await;
    for id in [MARK, "582200"] {
        assert_eq!(holding(&desk, id).await, [""; 0], "{id}");
    }
}

#[tokio::test]
async fn somebody_who_is_there_or_has_an_open_account_is_not_forgotten() {
    let (desk, company) = employed().await;
    let before = holding(&desk, MARK).await;
    let hints = [
        "471100 is still employed",
        "once they have left",
        "nothing was erased",
    ];
    desk.fails(FORGET, Exit::Attention, &hints).await;
    deactivate(&company, ID);
    let hints = ["has left but is still in Personio", "nothing was erased"];
    desk.fails(FORGET, Exit::Attention, &hints).await;
    company.personio.remove(ID);
    let hints = ["is still open", "tenants sync acme", "nothing was erased"];
    desk.fails(FORGET, Exit::Attention, &hints).await;
    assert_eq!(holding(&desk, MARK).await, before);
}

#[tokio::test]
async fn forgetting_waits_for_runs_and_asks() {
    let (desk, company) = left().await;
    let before = holding(&desk, MARK).await;
    let asked = desk.run("people forget acme 471100").await;
    assert_eq!(asked.exit, Exit::Usage, "{}", asked.errors);
    for part in [
        "1 entry of the ledger",
        "2 certificates keep their id",
        "--yes",
    ] {
        assert!(asked.errors.contains(part), "{}", asked.errors);
    }
    let line = "people forget acme 471100";
    assert_eq!(desk.run_at_terminal(line, "471\n").await, Exit::Attention);
    for job in [JobKind::Employees, JobKind::Certificates] {
        desk.begin_run(&company, job, 2).await;
        let line = format!("{FORGET} --wait 0");
        let hint = format!("a run of {} is under way", job.function());
        desk.fails(&line, Exit::Attention, &[&hint, "nothing was erased"])
            .await;
        desk.pass_minutes(3);
    }
    assert_eq!(holding(&desk, MARK).await, before);
    assert_eq!(desk.run_at_terminal(line, "471100\n").await, Exit::Done);
    assert_eq!(holding(&desk, MARK).await, [""; 0]);
}

#[tokio::test]
async fn forgetting_killed_anywhere_is_completed_by_repeating_it() {
    let steps = at_each_call(Behaviour::Kill(Moment::After), async |_, fault| {
        let (desk, company) = left().await;
        let killed = interrupted(&desk, fault, FORGET).await;
        if killed.at.is_none() {
            return false;
        }
        // The leases of the killed command last for some minutes.
        desk.pass_minutes(4);
        let again = desk.run(FORGET).await;
        assert_ne!(again.exit, Exit::Usage, "{:?}: {again:?}", killed.at);
        assert_eq!(holding(&desk, MARK).await, [""; 0], "{:?}", killed.at);
        desk.run("sync acme --here").await;
        desk.run("sync acme --here --job certificates --mode full-scan")
            .await;
        assert_eq!(holding(&desk, MARK).await, [""; 0], "{:?}", killed.at);
        assert_eq!(company.personio.documents().len(), 1, "{:?}", killed.at);
        true
    })
    .await;
    assert!(steps >= 15, "{steps}");
}

#[tokio::test]
async fn an_operator_without_the_right_to_write_is_told_so() {
    let (desk, _) = left().await;
    for call in [
        "DynamoDB UpdateItem",
        "DynamoDB PutItem",
        "DynamoDB DeleteItem",
    ] {
        let denied = Fault::new(Behaviour::Status(400, Body::Json(DENIED)));
        desk.faults.add(denied.calls(call).always());
        desk.fails(
            FORGET,
            Exit::Attention,
            &["AWS refused your own credentials"],
        )
        .await;
        desk.faults.clear_faults();
        desk.pass_minutes(4);
    }
    desk.done(FORGET).await;
}
