//! `tenants plan`, `tenants sync`, `tenants runs`, `tenants approve`, `tenants dismiss`

use serde_json::json;
use shared::tenant::Via;
use simulators::people::Status;
use tenants::Exit;

use crate::support::{CERTIFICATES, Desk, EMPLOYEES, person};

#[tokio::test]
async fn a_plan_shows_the_first_run_and_writes_nothing() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    let email = person(2).email;
    company.reteach.insert(simulators::reteach::Customer {
        email,
        ..Default::default()
    });
    let taken = simulators::reteach::Customer {
        email: person(3).email,
        external_id: Some("sap:3".to_owned()),
        ..Default::default()
    };
    company.reteach.insert(taken);
    let before = company.reteach.customers();
    let done = desk.json(&["plan", "acme"]).await;
    let totals = done.json()["totals"].clone();
    assert_eq!(
        (&totals["create"], &totals["adopt"], &totals["conflict"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert!(
        !done.out.contains("Ingenieurin"),
        "values are shown with --details only: {}",
        done.out
    );
    assert_eq!(company.reteach.customers(), before);
    assert_eq!(
        desk.stack
            .store()
            .inventory(&company.tenant)
            .await
            .unwrap()
            .employees,
        0
    );

    let details = desk.run(&["plan", "acme", "--details"]).await;
    assert!(
        details.out.contains("position: (empty) → \"Ingenieurin\""),
        "{}",
        details.out
    );
    assert!(
        details.out.contains("1 to create, 1 to adopt"),
        "{}",
        details.out
    );
}

#[tokio::test]
async fn a_held_plan_is_approved_or_dismissed_by_its_hash() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    company.personio.put_all((1..=40).map(person));
    let (file, credentials) = desk.files(&company, "");
    desk.run(&["add", "--file", &file, "--credentials", &credentials])
        .await;
    desk.run(&["sync", "acme", "--here"]).await;
    desk.clock().advance(jiff::SignedDuration::from_mins(5));
    for id in 1..=20 {
        company
            .personio
            .change(id, |person| person.status = Status::Inactive);
    }
    let done = desk.json(&["sync", "acme", "--here"]).await;
    assert_eq!(done.exit, Exit::Look, "{}", done.out);
    let hash = done.json()["held"]["hash"].as_str().unwrap().to_owned();
    let status = desk.json(&["status", "acme"]).await;
    assert!(
        status.json()["health"]["problems"]
            .to_string()
            .contains(&format!("tenants approve acme {hash}"))
    );

    // The plan says whom it would hit: what is approved is what was looked at.
    let plan = desk.run(&["plan", "acme"]).await;
    assert!(plan.out.contains("held    1  lock"), "{}", plan.out);
    assert_eq!(
        plan.out.matches("\nheld    ").count() + 1,
        20,
        "{}",
        plan.out
    );
    assert_eq!(
        desk.json(&["plan", "acme"]).await.json()["held"]
            .as_array()
            .unwrap()
            .len(),
        20
    );

    let stale = desk.json(&["approve", "acme", "0123456789ab"]).await;
    assert_eq!(stale.exit, Exit::Look);
    assert!(
        stale.error().contains(&hash),
        "the hash that is held is named: {}",
        stale.error()
    );
    assert_eq!(
        desk.json(&["dismiss", "acme", &hash]).await.exit,
        Exit::Done
    );
    assert_eq!(
        desk.json(&["approve", "acme", &hash]).await.exit,
        Exit::Done
    );
    desk.clock().advance(jiff::SignedDuration::from_mins(5));
    let applied = desk.json(&["sync", "acme", "--here"]).await;
    assert_eq!(applied.json()["counts"]["locked"], 20, "{}", applied.out);
    let none = desk.json(&["approve", "acme", &hash]).await;
    assert!(
        none.error().contains("there is nothing to decide"),
        "{}",
        none.error()
    );
}

#[tokio::test]
async fn the_deployed_function_is_called_and_its_report_shown() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let report = desk.json(&["sync", "acme", "--here"]).await.json();
    desk.aws.add_function(EMPLOYEES, report.clone());
    let done = desk.json(&["sync", "acme", "--mode", "reconcile"]).await;
    assert_eq!((done.exit, done.json()), (Exit::Done, report));
    let event = json!({"tenant_id": "acme", "mode": "reconcile"});
    assert_eq!(desk.aws.events(), [(EMPLOYEES.to_owned(), event)]);

    desk.aws.add_failing_function(
        CERTIFICATES,
        json!({"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"}),
    );
    let done = desk.json(&["sync", "acme", "--job", "certificates"]).await;
    assert_eq!(done.exit, Exit::Look);
    assert!(
        done.error().contains("Runtime.ExitError"),
        "{}",
        done.error()
    );
    desk.aws.add_function(CERTIFICATES, json!({"ok": true}));
    let done = desk.json(&["sync", "acme", "--job", "certificates"]).await;
    assert!(
        done.error().contains("of another version"),
        "{}",
        done.error()
    );
}

#[tokio::test]
async fn what_cannot_be_called_is_told_apart() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let done = desk.json(&["sync", "acme"]).await;
    assert_eq!(done.exit, Exit::Look);
    assert!(
        done.error().contains("there is no function"),
        "{}",
        done.error()
    );
    let mut variables = desk.variables();
    variables.retain(|name, _| !name.contains("_FUNCTION_ARN") && name != "SCHEDULE_GROUP_NAME");
    let done = desk.run_in(variables, &["sync", "acme", "--json"]).await;
    assert_eq!(done.exit, Exit::Usage);
    assert!(done.error().contains("--here"), "{}", done.error());
    for args in [
        ["--mode", "full-scan"].as_slice(),
        &["--job", "certificates", "--mode", "reconcile"],
    ] {
        let args: Vec<&str> = ["sync", "acme"].iter().chain(args).copied().collect();
        assert_eq!(desk.json(&args).await.exit, Exit::Usage, "{args:?}");
    }
}

#[tokio::test]
async fn runs_are_listed_newest_first() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    assert_eq!(desk.json(&["runs", "acme"]).await.json(), json!([]));
    desk.run(&["sync", "acme", "--here"]).await;
    desk.clock().advance(jiff::SignedDuration::from_mins(5));
    company
        .personio
        .change(1, |person| person.position = Some("Leiterin".to_owned()));
    desk.run(&["sync", "acme", "--here"]).await;
    let runs = desk.json(&["runs", "acme"]).await.json();
    let created: Vec<_> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["counts"]["created"].clone())
        .collect();
    assert_eq!(created, [json!(0), json!(3)]);
    assert_eq!(
        desk.json(&["runs", "acme", "-n", "1"])
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
