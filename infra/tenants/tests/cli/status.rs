//! `tenants list`, `tenants status`

use serde_json::json;
use shared::tenant::Via;
use tenants::Exit;

use crate::support::{Desk, GROUP};

#[tokio::test]
async fn a_tenant_that_runs_well_has_nothing_to_look_at() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    assert_eq!(desk.run(&["sync", "acme", "--here"]).await.exit, Exit::Done);
    let done = desk.json(&["status", "acme"]).await;
    assert_eq!(
        (done.exit, &done.json()["health"]["problems"]),
        (Exit::Done, &json!([])),
        "{}",
        done.out
    );
    let all = desk.json(&["status"]).await;
    assert_eq!(
        (all.exit, &all.json()["left_over_schedules"]),
        (Exit::Done, &json!([])),
        "{}",
        all.out
    );

    desk.clock().advance(jiff::SignedDuration::from_mins(16));
    let late = desk.json(&["status"]).await;
    assert_eq!(late.exit, Exit::Look);
    assert!(
        late.out
            .contains("the last good employee run was 16 minutes ago"),
        "{}",
        late.out
    );
}

#[tokio::test]
async fn drift_is_found() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    desk.run(&["sync", "acme", "--here"]).await;
    desk.aws.delete_schedule(GROUP, "acme.certificates");
    let mut changed = desk.aws.schedules(GROUP)["acme.employees"].clone();
    changed["ScheduleExpression"] = json!("rate(1 hour)");
    desk.aws
        .put_schedule(GROUP, "acme.employees", changed.clone());
    desk.aws
        .put_schedule(GROUP, "gone.employees", changed.clone());
    desk.aws.put_schedule(GROUP, "nightly-report", changed);

    let one = desk.json(&["status", "acme"]).await;
    let problems = one.json()["health"]["problems"].to_string();
    assert_eq!(one.exit, Exit::Look);
    assert!(
        problems.contains("the schedule for certificates is missing"),
        "{problems}"
    );
    assert!(
        problems.contains("runs at rate(1 hour) instead of rate(5 minutes)"),
        "{problems}"
    );

    let all = desk.json(&["status"]).await.json();
    assert!(
        all["tenants"][0]["problems"]
            .to_string()
            .contains("certificates is missing"),
        "{all:#}"
    );
    let left_over = all["left_over_schedules"].as_array().unwrap();
    assert_eq!(left_over.len(), 1, "{left_over:?}");
    assert!(
        left_over[0].as_str().unwrap().contains("gone.employees"),
        "{left_over:?}"
    );
    assert_eq!(
        desk.run(&["remove", "gone", "--yes"]).await.exit,
        Exit::Done
    );
    assert_eq!(
        desk.json(&["status"]).await.json()["left_over_schedules"],
        json!([])
    );
}

#[tokio::test]
async fn what_waits_for_somebody_is_named_with_what_to_do() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    desk.stack
        .secrets()
        .delete(&company.tenant, 7)
        .await
        .unwrap();
    let done = desk.json(&["status", "acme"]).await;
    let problems = done.json()["health"]["problems"].to_string();
    assert!(
        problems.contains("no employee run has succeeded yet"),
        "{problems}"
    );
    assert!(problems.contains("marked for deletion"), "{problems}");
    let (file, credentials) = desk.files(&company, "");
    assert_eq!(
        desk.run(&["add", "--file", &file, "--credentials", &credentials])
            .await
            .exit,
        Exit::Done
    );
    assert!(
        !desk
            .json(&["status", "acme"])
            .await
            .out
            .contains("marked for deletion")
    );
}

#[tokio::test]
async fn list_shows_everybody_and_an_empty_deployment_says_so() {
    let desk = Desk::new().await;
    assert_eq!(desk.json(&["list"]).await.json(), json!([]));
    desk.tenant(Via::Direct).await;
    let expected = json!([{"tenant_id": "acme", "status": "active", "route": "direct", "certificates": true, "academy": null}]);
    assert_eq!(desk.json(&["list"]).await.json(), expected);
    desk.run(&["pause", "acme"]).await;
    assert_eq!(desk.json(&["list"]).await.json()[0]["status"], "paused");
}
