//! Runs: reports, and one that is watched.

use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;
use shared::domain::id::RunId;
use shared::state::JobKind;
use shared::tenant::Via;

use super::assert_has;
use crate::console::visitor::{Page, Visitor, visitor, visitor_of_stack};
use crate::support::{CERTIFICATES, Desk, EMPLOYEES, now, participation};

#[tokio::test]
async fn runs_are_shown_where_the_configuration_is_of_no_use() {
    let (desk, company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let store = desk.stack.store();
    store.put_tenant(&company.tenant, "via = 1").await.unwrap();
    let visitor = visitor(&desk, "").await;
    let page = visitor.text("/tenants/acme").await;
    assert_has(&page, &["Configuration unusable", "Last runs"]);
    let runs = visitor.text("/tenants/acme/runs").await;
    assert_has(&runs, &["1 report, none failed", "3 created"]);
}

#[tokio::test]
async fn reports_of_30_days_are_plotted_by_day_and_listed_in_parts() {
    let (desk, company) = Desk::acme().await;
    let report = desk.done("sync acme --here").await;
    let store = desk.stack.store();
    for number in 1..=125_i64 {
        let at = now() - SignedDuration::from_hours(5 * number);
        let mut report = report.clone();
        report["started_at"] = json!(at);
        report["run_id"] = json!(format!("run-{number}"));
        let run = RunId::new(format!("run-{number}"));
        let until = now() + SignedDuration::from_hours(24);
        let put = store.put_report(
            &company.tenant,
            JobKind::Employees,
            at,
            &run,
            until,
            &report,
        );
        put.await.unwrap();
    }
    let visitor = visitor(&desk, "").await;
    let first = visitor.text("/tenants/acme/runs").await;
    assert_has(&first, &["126 reports, none failed", "/runs/run-119\""]);
    // A bar for each of 30 days in each of three plots.
    assert_eq!(first.matches("<rect").count(), 90, "{first}");
    assert!(!first.contains("/runs/run-120\""), "{first}");
    assert_has(&first, &["/tenants/acme/runs?page=1#reports"]);
    let second = visitor.text("/tenants/acme/runs?page=1").await;
    assert_has(&second, &["/runs/run-120\"", "/runs/run-125\""]);
    assert!(!second.contains("page=2"), "{second}");
    // Each number leads to what it counts.
    let done = "/tenants/acme/runs?job=employee-sync&amp;outcome=done";
    assert_has(
        &first,
        &[&format!("<a href=\"{done}#reports\">126 × done</a>")],
    );
    let done = visitor.text(&done.replace("&amp;", "&")).await;
    assert_has(
        &done,
        &["/runs/run-119\"", "&amp;page=1#reports", "All reports"],
    );
    let none = visitor.text("/tenants/acme/runs?outcome=%3Cb%3E").await;
    assert!(
        !none.contains("/runs/run-") && !none.contains("<b>"),
        "{none}"
    );
}

/// The answer to a button that starts a run: the progress of that run, and its page once it has ended.
async fn ended(visitor: &Visitor, started: &Page) -> (String, String) {
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.text);
    let path = started.headers["location"].to_str().unwrap().to_owned();
    let events = visitor.text(&format!("{path}/events")).await;
    assert_has(&events, &["\"done\":true"]);
    let report = visitor.text(&path).await;
    assert!(!report.contains("data-events"), "{report}");
    (events, report)
}

/// The page of a run in this process, which counts its changes.
async fn watched(visitor: &Visitor, started: &Page) -> String {
    let (events, report) = ended(visitor, started).await;
    assert_has(&events, &["of 3 changes"]);
    report
}

#[tokio::test]
async fn deployed_functions_are_called_and_their_reports_or_failures_shown() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let report = desk.done("sync acme --here").await;
    desk.aws.add_function(EMPLOYEES, report);
    let failure = json!({"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"});
    desk.aws.add_failing_function(CERTIFICATES, failure);
    let visitor = visitor_of_stack(&desk, desk.variables()).await;
    for (job, text) in [
        ("employees", "3 created"),
        ("certificates", "Runtime.ExitError"),
    ] {
        let sync = "/tenants/acme/do/sync";
        let started = visitor.submit("/tenants/acme", sync, &[("job", job)]).await;
        assert_has(&ended(&visitor, &started).await.1, &[text]);
    }
}

#[tokio::test]
async fn a_run_is_watched_to_its_report_and_so_is_the_first_of_a_backfill() {
    let (desk, company) = Desk::new_company().await;
    let hold = "[certificates]\nbackfill = \"hold\"\n";
    desk.done(&desk.add(&company, hold)).await;
    for number in 1..=3 {
        let issued = participation(number, number, "Brandschutz");
        company.reteach.add_participation(issued);
    }
    // Without functions a run takes place in this process.
    let visitor = visitor(&desk, "").await;
    let sync = "/tenants/acme/do/sync";
    let started = visitor
        .submit("/tenants/acme", sync, &[("job", "employees")])
        .await;
    assert_has(&watched(&visitor, &started).await, &["3 created"]);
    assert_eq!(
        visitor.get("/tenants/other/sync/1").await.status,
        StatusCode::NOT_FOUND
    );

    desk.run("sync acme --here --job certificates").await;
    let (page, start) = (
        "/tenants/acme/certificates",
        "/tenants/acme/do/start-certificates",
    );
    assert_has(&visitor.text(page).await, &["3 wait until you start"]);
    let started = visitor.submit(page, start, &[]).await;
    assert_has(&watched(&visitor, &started).await, &["3 filed"]);
    assert_eq!(company.personio.documents().len(), 3);
}
