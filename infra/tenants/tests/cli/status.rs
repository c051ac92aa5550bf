//! `tenants list`, `tenants status`

use serde_json::{Value, json};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault, Person};

use crate::support::{Desk, GROUP, participation};

async fn problems(desk: &Desk) -> String {
    let status = desk.attention("status acme").await;
    status["health"]["problems"].to_string()
}

#[tokio::test]
async fn a_healthy_tenant_has_no_problems_until_its_runs_are_late() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    desk.done("sync acme --here").await;
    let one = desk.done("status acme").await;
    assert_eq!(one["health"]["problems"], json!([]), "{one:#}");
    let all = desk.done("status").await;
    assert_eq!(all["orphaned_schedules"], json!([]), "{all:#}");

    desk.pass_minutes(16);
    let late = desk.attention("status").await.to_string();
    let problem = "the last good employee run was 16 minutes ago";
    assert!(late.contains(problem), "{late}");
}

#[tokio::test]
async fn certificates_that_are_held_or_left_are_counted_by_plan_and_status() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let hold = "[certificates]\nbackfill = \"hold\"\n";
    desk.done(&desk.add(&company, hold)).await;
    desk.run("sync acme --here").await;
    for number in 1..=12 {
        let issued = participation(number, 1 + number % 3, "Brandschutz");
        company.reteach.add_participation(issued);
    }
    let planned = desk.json("plan acme").await.json();
    let counts = |name: &str| planned["certificates"][name].clone();
    assert_eq!(["held", "looked_for"].map(counts), [json!(12), json!(0)]);
    desk.json("sync acme --here --job certificates").await;
    let status = desk.json("status acme").await.json();
    let left = &status["certificates_left"];
    assert_eq!((&left["held"], &left["to_file"]), (&json!(12), &json!(0)));

    desk.done("certificates start acme --yes").await;
    desk.pass_minutes(30);
    let planned = desk.run("plan acme").await.out;
    assert!(planned.contains("12 to file"), "{planned}");
    let looked_for = "12 certificates are looked for first in the documents of 3 people";
    assert!(planned.replace('\n', " ").contains(looked_for), "{planned}");
    // Personio takes two, then nothing more: the rest is counted with the time that it takes.
    let busy = Fault::new(Behaviour::Status(503, Body::Html));
    company
        .personio
        .fail(busy.path("/v1/company/documents").nth(3).times(99));
    desk.json("sync acme --here --job certificates").await;
    let status = desk.run("status acme").await.out;
    assert!(status.contains("to file"), "{status}");
    assert!(status.contains("minutes left"), "{status}");
}

#[tokio::test]
async fn schedules_that_drifted_or_are_orphaned_are_found() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    desk.done("sync acme --here").await;
    desk.aws.delete_schedule(GROUP, "acme.certificates");
    let mut changed = desk.aws.schedules(GROUP)["acme.employees"].clone();
    changed["ScheduleExpression"] = json!("rate(1 hour)");
    for name in ["acme.employees", "gone.employees", "nightly-report"] {
        desk.aws.put_schedule(GROUP, name, changed.clone());
    }

    let problems = problems(&desk).await;
    for problem in [
        "the schedule for certificates is missing",
        "runs at rate(1 hour) instead of rate(5 minutes)",
    ] {
        assert!(problems.contains(problem), "{problems}");
    }
    let all = desk.attention("status").await;
    let problems = all["tenants"][0]["problems"].to_string();
    assert!(problems.contains("certificates is missing"), "{problems}");
    let orphaned: &Vec<Value> = all["orphaned_schedules"].as_array().unwrap();
    assert_eq!(orphaned.len(), 1, "{orphaned:?}");
    assert!(
        orphaned[0].to_string().contains("gone.employees"),
        "{orphaned:?}"
    );
    desk.done("remove gone --yes").await;
    let all = desk.attention("status").await;
    assert_eq!(all["orphaned_schedules"], json!([]));
}

#[tokio::test]
async fn problems_are_named_with_what_to_do() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    let secrets = desk.stack.secrets();
    secrets.delete(&company.tenant, 7).await.unwrap();
    let before = problems(&desk).await;
    for problem in ["no employee run has succeeded yet", "marked for deletion"] {
        assert!(before.contains(problem), "{before}");
    }
    desk.done(&desk.add(&company, "")).await;
    let after = problems(&desk).await;
    assert!(!after.contains("marked for deletion"), "{after}");
}

#[tokio::test]
async fn list_shows_all_tenants_and_an_empty_deployment_says_so() {
    let desk = Desk::new().await;
    assert_eq!(desk.done("list").await, json!([]));
    desk.tenant(Via::Direct).await;
    let expected = json!([{"tenant_id": "acme", "status": "active", "route": "direct", "certificates": true, "academy": null}]);
    assert_eq!(desk.done("list").await, expected);
    desk.done("pause acme").await;
    assert_eq!(desk.done("list").await[0]["status"], "paused");
}

#[tokio::test]
async fn a_rejected_reading_is_shown_and_decided() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    let personio = &company.personio;
    personio.put_all((101..=130).map(|id| Person::new(id, "Käthe", "Groß")));
    desk.done("sync acme --here").await;
    (101..=120).for_each(|id| assert!(personio.remove(id)));

    desk.attention("sync acme --here").await;
    let plan = desk.attention("plan acme").await["report"].to_string();
    assert!(plan.contains("source-changed"), "{plan}");
    let source = desk
        .stack
        .store()
        .held_source(&company.tenant)
        .await
        .unwrap()
        .unwrap();
    let shown = problems(&desk).await;
    let command = format!("tenants approve acme {}", source.hash);
    assert!(shown.contains(&command), "{shown}");
    assert_eq!(desk.done("list").await[0]["status"], "source changed");

    let wrong = desk
        .attention("approve acme 0123456789ab")
        .await
        .to_string();
    assert!(wrong.contains("there is nothing to decide"), "{wrong}");
    let decided = desk.done(&format!("approve acme {}", source.hash)).await;
    assert_eq!(decided["known"], source.known, "{decided:#}");
    desk.done("sync acme --here").await;
    desk.attention("sync acme --here").await;
    assert_eq!(desk.done("list").await[0]["status"], "active");
}
