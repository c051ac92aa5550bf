//! `tenants plan`, `tenants sync`, `tenants runs`, `tenants approve`, `tenants dismiss`

use serde_json::{Value, json};
use shared::state::{JobKind, TenantStatus};
use simulators::{Behaviour, Body, Fault};
use tenants::Exit;

use crate::restore::damage;
use crate::support::{CERTIFICATES, Desk, EMPLOYEES, account_of, deactivate, person, promote};

#[tokio::test]
async fn a_plan_shows_the_first_run_and_writes_nothing() {
    let (desk, company) = Desk::acme().await;
    company.reteach.insert(account_of(2, None));
    company.reteach.insert(account_of(3, Some("personio:77")));
    let before = company.reteach.customers();
    let plan = desk.attention("plan acme").await;
    for kind in ["create", "adopt", "conflict"] {
        assert_eq!(plan["totals"][kind], json!(1), "{kind}: {plan:#}");
    }
    let text = plan.to_string();
    let says = "Ingenieurin";
    assert!(!text.contains(says), "values only with --details: {text}");
    assert_eq!(company.reteach.customers(), before);
    assert_eq!(desk.inventory(&company).await.employees, 0);

    let details = desk.run("plan acme --details").await.out;
    for part in [
        "position: (empty) → \"Ingenieurin\"",
        "1 to create, 1 to adopt",
    ] {
        assert!(details.contains(part), "{details}");
    }
}

#[tokio::test]
async fn details_show_the_values_that_the_academy_holds_now() {
    // A few accounts are read one by one, many are found in the list.
    for people in [8, 60] {
        let (desk, company) = Desk::new_company().await;
        company.personio.put_all((1..=people).map(person));
        desk.run(&desk.add(&company, "")).await;
        desk.done("sync acme --here").await;
        company.reteach.edit("personio:2", |account| {
            account.position = Some("Gärtnerin".to_owned());
        });
        for id in 1..=people {
            company.personio.change(id, |person| {
                person.position = Some("Leiterin".to_owned());
                person.email = Some(format!("{id}@neu.example"));
            });
        }
        desk.pass_minutes(5);
        let details = desk.run("plan acme --details").await.out;
        for shown in [
            "position: \"Gärtnerin\" → \"Leiterin\"",
            "position: \"Ingenieurin\" → \"Leiterin\"",
            // All new addresses are held.
            "email: \"person-1@muster.example\" → \"1@neu.example\"",
        ] {
            assert!(details.contains(shown), "{people}: {shown}: {details}");
        }
        assert!(!details.contains("another value"), "{people}: {details}");
        let names = desk.run("plan acme").await.out;
        assert!(!names.contains("Leiterin"), "{people}: {names}");
    }
}

#[tokio::test]
async fn details_say_that_old_values_cannot_be_read_and_show_the_rest() {
    let (desk, company) = Desk::in_step().await;
    promote(&company, 1);
    let silent = Fault::new(Behaviour::Status(500, Body::Vendor));
    company.reteach.fail(silent.path("/customer").always());
    let details = desk.run("plan acme --details").await.out;
    let text = details.split_whitespace().collect::<Vec<_>>().join(" ");
    for shown in [
        "position: (another value) → \"Leiterin\"",
        "Old values cannot be read from reteach",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

#[tokio::test]
async fn reports_are_shown_although_the_configuration_cannot_be_read() {
    let (desk, _company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let table = "reteach-personio";
    damage(&desk, table, "TENANT#acme", "CONFIG", "config").await;
    let runs = desk.done("runs acme").await;
    assert_ne!(runs, json!([]));
}

#[tokio::test]
async fn a_held_plan_is_approved_or_dismissed_by_its_hash() {
    let (desk, company) = Desk::new_company().await;
    company.personio.put_all((1..=40).map(person));
    desk.run(&desk.add(&company, "")).await;
    desk.run("sync acme --here").await;
    desk.pass_minutes(5);
    for id in 1..=20 {
        deactivate(&company, id);
    }
    let report = desk.attention("sync acme --here").await;
    let hash = report["held"]["hash"].as_str().unwrap();
    let (approve, dismiss) = (
        format!("approve acme {hash}"),
        format!("dismiss acme {hash}"),
    );
    let status = desk.attention("status acme").await;
    let problems = status["health"]["problems"].to_string();
    let says = format!("tenants {approve}");
    assert!(problems.contains(&says), "{problems}");

    // The plan names the people: what is approved is what was looked at.
    let plan = desk.run("plan acme").await.out;
    assert!(plan.contains("held    1  lock"), "{plan}");
    assert_eq!(plan.matches("\nheld    ").count() + 1, 20, "{plan}");
    let held = desk.attention("plan acme").await["held"].clone();
    assert_eq!(held.as_array().unwrap().len(), 20);

    // The error of a stale hash names the plan that is held now.
    let hints = [hash, "no held plan of acme has the hash 0123456789ab"];
    desk.fails("approve acme 0123456789ab", Exit::Attention, &hints)
        .await;
    for (choice, hint) in [
        ("--only 1,39", "39"),
        ("--only sap:1", "sap:1"),
        ("--kind mail", "mail"),
        ("--kind mail --only 1", "mail"),
    ] {
        let line = format!("{approve} {choice}");
        desk.fails(&line, Exit::Attention, &[hint]).await;
        let held = desk.stack.store().held(&company.tenant).await.unwrap();
        let undecided = held.unwrap().undecided();
        assert_eq!(undecided.values().sum::<u32>(), 20, "{choice}");
    }
    let explained = async |id: u64, exit: Exit, text: &str| {
        let done = desk.run(&format!("explain acme {id}")).await;
        assert_eq!(done.exit, exit, "{}", done.out);
        assert!(done.out.contains(text), "{text}: {}", done.out);
    };
    desk.done(&format!("{approve} --only personio:1")).await;
    desk.done(&format!("{dismiss} --only 2")).await;
    explained(1, Exit::Done, "approved 2026-05-11T08:05:00Z").await;
    explained(2, Exit::Done, "dismissed 2026-05-11T08:05:00Z").await;
    explained(3, Exit::Attention, "held by a brake").await;
    let status = desk.run("status acme").await.out.replace("\n    ", " ");
    let rest = "held: 18 locks without an end date, 1 approved, 1 dismissed";
    assert!(status.contains(rest), "{status}");
    desk.done(&dismiss).await;
    desk.done(&approve).await;
    desk.pass_minutes(5);
    let applied = desk.json("sync acme --here").await.json();
    assert_eq!(applied["counts"]["locked"], 20, "{applied:#}");
    let hints = ["there is nothing to decide"];
    desk.fails(&approve, Exit::Attention, &hints).await;
}

#[tokio::test]
async fn the_deployed_function_is_called_and_its_report_shown() {
    let (desk, _) = Desk::acme().await;
    let report = desk.done("sync acme --here").await;
    desk.aws.add_function(EMPLOYEES, report.clone());
    assert_eq!(desk.done("sync acme --mode reconcile").await, report);
    let event = json!({"tenant_id": "acme", "mode": "reconcile"});
    assert_eq!(desk.aws.events(), [(EMPLOYEES.to_owned(), event)]);

    let line = "sync acme --job certificates";
    let failure = json!({"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"});
    desk.aws.add_failing_function(CERTIFICATES, failure);
    desk.fails(line, Exit::Attention, &["Runtime.ExitError"])
        .await;
    desk.aws.add_function(CERTIFICATES, json!({"ok": true}));
    desk.fails(line, Exit::Attention, &["of another version"])
        .await;
}

#[tokio::test]
async fn functions_that_cannot_be_called_are_told_apart() {
    let (desk, _) = Desk::acme().await;
    let hints = ["there is no function"];
    desk.fails("sync acme", Exit::Attention, &hints).await;
    let variables = desk.variables_without(&[
        "EMPLOYEE_FUNCTION_ARN",
        "CERTIFICATE_FUNCTION_ARN",
        "SCHEDULE_GROUP_NAME",
    ]);
    desk.fails_in(variables, "sync acme", Exit::Usage, &["--here"])
        .await;
    for line in [
        "sync acme --mode full-scan",
        "sync acme --job certificates --mode reconcile",
    ] {
        desk.fails(line, Exit::Usage, &["belongs to --job"]).await;
    }
}

#[tokio::test]
async fn the_first_good_run_after_a_failed_one_leaves_a_report_and_later_ones_none() {
    let (desk, company) = Desk::in_step().await;
    let number = async || desk.inventory(&company).await.reports;
    desk.tick().await;
    let before = number().await;
    desk.pass_minutes(5);
    let down = Fault::new(Behaviour::Status(401, Body::Vendor));
    company
        .personio
        .fail(down.path("/v1/company/employees").always());
    desk.attention("sync acme --here").await;
    desk.attention("runs acme").await;
    assert_eq!(number().await, before + 1);

    company.personio.clear_faults();
    desk.tick().await;
    let runs = desk.done("runs acme").await;
    assert_eq!(runs[0]["outcome"], "unchanged", "{runs:#}");
    assert_eq!(number().await, before + 2);
    for _ in 0..2 {
        let report = desk.tick().await;
        assert_eq!(report["dynamodb"]["write"], json!(2.0), "{report:#}");
    }
    assert_eq!(number().await, before + 2);
}

#[tokio::test]
async fn a_tenant_whose_configuration_cannot_be_used_can_be_paused() {
    let (desk, company) = Desk::acme().await;
    let store = desk.stack.store();
    store.put_tenant(&company.tenant, "none").await.unwrap();
    desk.done("pause acme").await;
    let status = desk.stored(&company).await.status;
    assert_ne!(status, TenantStatus::Active);
    let hints = ["tenants add --file acme.toml --update"];
    desk.fails("resume acme", Exit::Attention, &hints).await;
    desk.done(&format!("{} --update", desk.add(&company, "")))
        .await;
    assert_eq!(desk.stored(&company).await.status, status);
}

#[tokio::test]
async fn refused_credentials_lead_to_the_command_that_names_them() {
    let (desk, company) = Desk::acme().await;
    company.personio.remove_credentials("papi-client");
    let sync = desk.run("sync acme --here").await.out;
    assert!(sync.starts_with("acme: access-denied."), "{sync}");
    let look = "`tenants check acme` names what is missing";
    assert!(sync.contains(look), "{sync}");
    let status = desk.run("status acme").await.out.replace("\n    ", " ");
    let problem = "the last employee-sync run ended with access-denied";
    assert!(
        status.contains(problem) && status.contains(look),
        "{status}"
    );
    assert!(!status.contains(".;"), "{status}");
}

#[tokio::test]
async fn an_account_of_another_system_waits_for_approval_and_the_plan_says_so() {
    let (desk, company) = Desk::acme().await;
    let account = company.reteach.insert(account_of(3, Some("sap:3")));
    let mut hash = String::new();
    for _ in 0..2 {
        let plan = desk.run("plan acme").await;
        assert_eq!(plan.exit, Exit::Attention, "{}", plan.out);
        assert!(plan.out.contains("held    3  handover"), "{}", plan.out);
        let explained = desk.run("explain acme 3").await;
        let text = explained.out.replace("\n             ", " ");
        let says = "only after approval: the account has the external id sap:3 of another system";
        assert!(text.contains(says), "{text}");
        let report = desk.attention("sync acme --here").await;
        hash = report["held"]["hash"].as_str().unwrap().to_owned();
        desk.pass_minutes(5);
    }
    desk.done(&format!("approve acme {hash} --kind take_over"))
        .await;
    desk.done("sync acme --here").await;
    let taken = company.reteach.customer("personio:3").unwrap();
    assert_eq!(taken.id, account);
    let expected = json!({"in-sync": 3});
    assert_eq!(desk.done("people list acme").await["counts"], expected);
}

#[tokio::test]
async fn a_first_plan_says_who_would_be_created_locked() {
    let (desk, company) = Desk::acme().await;
    company.personio.change(1, |person| {
        person.termination_date = Some("2023-11-25".parse().unwrap())
    });
    let plan = desk.run("plan acme").await.out;
    assert!(plan.contains("(created locked: contract ends)"), "{plan}");
    assert!(plan.contains("3 to create (1 of them locked)"), "{plan}");
    let totals = &desk.done("plan acme").await["totals"];
    assert_eq!(totals["create_locked"], json!(1));
}

#[tokio::test]
async fn runs_are_listed_newest_first() {
    let (desk, company) = Desk::acme().await;
    assert_eq!(desk.done("runs acme").await, json!([]));
    desk.done("sync acme --here").await;
    desk.pass_minutes(5);
    promote(&company, 1);
    desk.done("sync acme --here").await;
    let runs = desk.done("runs acme").await;
    let runs = runs.as_array().unwrap().iter();
    let created: Vec<&Value> = runs.map(|run| &run["counts"]["created"]).collect();
    assert_eq!(created, [&json!(0), &json!(3)]);
    let newest = desk.done("runs acme -n 1").await;
    assert_eq!(newest.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_that_does_not_take_place_is_no_success() {
    let (desk, company) = Desk::new_company().await;
    desk.done(&desk.add(&company, "[certificates]\nenabled = false\n"))
        .await;
    let certificates = "sync acme --here --job certificates";
    assert_eq!(desk.attention(certificates).await["outcome"], "disabled");
    let (file, _) = desk.files(&company, "");
    desk.done(&format!("add --file {file} --update")).await;
    assert_eq!(desk.attention(certificates).await["outcome"], "waiting");

    desk.begin_run(&company, JobKind::Employees, 5).await;
    let employees = "sync acme --here";
    assert_eq!(desk.attention(employees).await["outcome"], "busy");
    desk.done("pause acme").await;
    let report = desk.attention(employees).await;
    assert_eq!(report["outcome"], "paused");
    let message = report["message"].as_str().unwrap();
    assert!(message.contains("run `tenants resume acme`"), "{message}");
}
