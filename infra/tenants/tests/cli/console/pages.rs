//! What the pages show, and what their buttons do.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::json;
use shared::domain::id::{CertificateId, RunId, SourceId};
use shared::state::{
    CertificateEntry, CertificateState, Decision, FencingToken, JobKind, TenantStatus,
};
use shared::tenant::Via;
use simulators::aws::Endpoint;
use simulators::{Behaviour, Body, Fault};
use tenants::Exit;
use tokio::net::TcpListener;

use super::companies::monday;
use super::visitor::{Page, Visitor, form, send, visitor, visitor_of_stack};
use crate::certificates::park;
use crate::forget::DENIED;
use crate::restore::{damage, items};
use crate::state_version::mark;
use crate::support::{
    CERTIFICATES, Desk, EMPLOYEES, deactivate, issue, now, participation, person,
};

/// A company of which a brake holds the locks.
async fn held(desk: &Desk) -> local::Company {
    let company = desk.company(Via::Direct).await;
    company.personio.put_all((1..=20).map(person));
    desk.done(&desk.add(&company, "")).await;
    desk.done("sync acme --here").await;
    for id in 1..=8 {
        deactivate(&company, id);
    }
    desk.pass_minutes(5);
    desk.attention("sync acme --here").await;
    company
}

fn assert_has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[tokio::test]
async fn a_console_without_tenants_says_how_to_add_one() {
    let desk = Desk::new().await;
    let visitor = visitor(&desk, "").await;
    assert_has(
        &visitor.text("/").await,
        &["No companies yet", "<code>tenants add</code>"],
    );
    let missing = visitor.get("/tenants/acme").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_has(&missing.text, &["there is no tenant acme"]);
    assert_eq!(
        visitor.get("/tenants/A%3Cb%3E").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_first_sentence_says_how_a_company_is_in_the_browsers_language() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let mut visitor = visitor(&desk, "").await;
    let page = visitor.text("/tenants/acme").await;
    assert_has(&page, &["Never synced yet", "employee run has succeeded"]);
    // The problem has the buttons of the commands that it names.
    for action in ["check", "sync"] {
        let action = format!("/do/{action}\"");
        let next_to_the_connection = if action.contains("sync") { 2 } else { 1 };
        let forms = page.matches(&action).count();
        assert_eq!(forms, 1 + next_to_the_connection, "{action}: {page}");
    }
    desk.done("sync acme --here").await;
    desk.pass_minutes(4);
    // One run in the last day, which made accounts.
    assert_has(
        &visitor.text("/").await,
        &[
            "The one company is fine",
            "3 changes, 0 runs failed",
            "data-label=\"People\"><a href=\"/tenants/acme/people\">3</a>",
        ],
    );
    let printed = desk.json("status --last-day").await.json();
    let day = &printed["last_day"]["acme"];
    assert_eq!([&day["changes"], &day["failed"]], [3, 0], "{day:#}");
    let hours = day["hours"].as_array().unwrap();
    assert_eq!(hours.len(), 24);
    assert_eq!(hours[23]["changes"], 3);
    assert_eq!(hours[23]["worst"], "done");
    assert_has(
        &visitor.text("/tenants/acme").await,
        &["In sync 4 minutes ago: all 3 people"],
    );
    visitor.language = "de-AT,de;q=0.9,en;q=0.5";
    assert_has(
        &visitor.text("/").await,
        &["<html lang=\"de\">", "Die eine Firma ist in Ordnung"],
    );
    assert_has(
        &visitor.text("/tenants/acme").await,
        &[
            "Abgeglichen vor 4 Minuten: alle 3 Personen",
            "Personen in höchstens 5 Minuten, Zertifikate in höchstens 30 Minuten",
            "11.05.2026, 10:00",
        ],
    );
}

#[tokio::test]
async fn a_run_that_reads_nobody_leaves_the_number_of_people() {
    let (desk, company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let refused = Fault::new(Behaviour::Status(403, Body::Vendor));
    company.personio.fail(refused.always());
    desk.attention("sync acme --here").await;
    let page = visitor(&desk, "").await.text("/tenants/acme").await;
    assert_has(
        &page,
        &["access-denied", "<strong>3</strong><span>people</span>"],
    );
}

#[tokio::test]
async fn those_that_need_somebody_come_first_and_a_search_finds_the_others() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    desk.done("sync acme --here").await;
    let zeta = desk.company_called("zeta", Via::Direct).await;
    desk.done(&desk.add(&zeta, "")).await;
    let visitor = visitor(&desk, "").await;
    let page = visitor.text("/").await;
    assert_has(&page, &["1 of 2 companies needs you"]);
    let (before, _) = page.split_once("href=\"/tenants/acme\"").unwrap();
    assert_has(before, &["href=\"/tenants/zeta\""]);
    let found = visitor.text("/?q=ACM").await;
    assert_has(&found, &["href=\"/tenants/acme\"", "1 company matches."]);
    assert!(!found.contains("href=\"/tenants/zeta\""), "{found}");
    for query in [
        "q=nobody",
        "q=%22%3E%3Cb%3E",
        "page=7",
        "page=18446744073709551615",
    ] {
        let none = visitor.text(&format!("/?{query}")).await;
        assert_has(&none, &["No company matches."]);
        assert!(!none.contains("<b>"), "{none}");
    }
}

#[tokio::test]
async fn a_reading_that_took_long_is_shown_with_its_age_until_a_fresh_one_is_complete() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    desk.done("sync acme --here").await;
    let with_list = visitor(&desk, "").await;
    let visitor = visitor(&desk, "").await;
    let [table, _] = desk.stack.proxies().unwrap();
    // Several calls, one after the other.
    table.set_latency(Duration::from_millis(300));
    let list = with_list.request(Method::GET, "/");
    let list = send(list.header("hx-request", "true")).await.text;
    assert_has(&list, &["Read just now.", "id=\"fleet\""]);
    let began = Instant::now();
    let first = visitor.get("/").await.text;
    assert_has(&first, &["All companies are being read", "wait=true"]);
    assert_has(
        &visitor.text("/?wait=true").await,
        &["Read just now.", "</span>fine<"],
    );
    table.set_latency(Duration::ZERO);
    desk.done("pause acme").await;
    desk.pass_minutes(3);
    let kept = visitor.text("/").await;
    assert_has(&kept, &["Read 3 minutes ago.", "</span>fine<"]);
    // Ten times as long as the reading took. A machine that is slower has begun a fresh one.
    let is_fresh = began.elapsed() < Duration::from_secs(6);
    if is_fresh {
        assert_has(&kept, &["every 30s"]);
    }
    let check = "/tenants/acme/do/check";
    visitor.submit("/tenants/acme", check, &[]).await;
    let mut page = visitor.text("/").await;
    if is_fresh {
        assert_has(&page, &["It is being read again.", "every 5s"]);
    }
    for _ in 0..1_000 {
        if page.contains("</span>paused<") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        page = visitor.text("/").await;
    }
    panic!("no fresh reading: {page}");
}

/// Its tenants are paused, which looks as if somebody had wanted it.
#[tokio::test]
async fn a_restore_that_has_not_come_to_its_end_is_said_first() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    desk.begin_run(&company, JobKind::Certificates, 5).await;
    let restore = "tenants restore --since 2026-05-11T07:00:00Z";
    let line = "restore --since 2026-05-11T07:00:00Z --yes --wait 0";
    let hints = ["goes on from there"];
    desk.fails(line, Exit::Attention, &hints).await;
    let mut visitor = visitor(&desk, "").await;
    for (language, text) in [("en", "A restore"), ("de", "Eine Wieder")] {
        visitor.language = language;
        let page = visitor.text("/").await;
        let first = format!("<h1 id=\"sentence\">{text}");
        assert_has(&page, &[&first, &format!("<code>{restore}</code>")]);
    }
}

#[tokio::test]
async fn a_held_plan_is_shown_by_pattern_and_approved_by_its_hash() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    let mut visitor = visitor(&desk, "").await;
    visitor.language = "de";
    assert_has(
        &visitor.text("/tenants/acme").await,
        &[
            "12 von 20 Personen, 8 warten auf dich",
            "8 Sperren ohne Enddatum",
        ],
    );
    visitor.language = "en";
    assert_has(&visitor.text("/").await, &["The one company needs you"]);
    let page = visitor.text("/tenants/acme").await;
    assert_has(
        &page,
        &[
            "12 of 20 people, 8 wait for you",
            "8 changes are held",
            "locks without an end date",
        ],
    );
    let plan = visitor.text("/tenants/acme/plan/live").await;
    assert_has(
        &plan,
        &[
            "<a href=\"#held\">8 held</a>",
            "id=\"held\"",
            "8 people",
            "/tenants/acme/people/1\"",
        ],
    );
    assert!(!plan.contains("Groß"), "{plan}");
    let done = visitor
        .submit("/tenants/acme", "/tenants/acme/do/approve", &[])
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_has(&done.text, &["Approved: 8 changes", "Sync people now"]);
    assert_has(
        &visitor.text("/tenants/acme/audit").await,
        &["8 decisions", "approved", "unknown"],
    );
    let csv = visitor.text("/tenants/acme/audit.csv").await;
    assert_eq!(csv.lines().count(), 9, "{csv}");
    assert_has(
        &visitor.text("/tenants/acme/audit.json").await,
        &["\"decision\":\"approved\"", "\"by\":null"],
    );
    desk.done("sync acme --here").await;
    let locked = company.reteach.customers();
    let locked = locked
        .iter()
        .filter(|account| account.set_inactive_at.is_some());
    assert_eq!(locked.count(), 8);
}

/// Variables of a stack that knows who calls.
fn with_sts(desk: &Desk) -> HashMap<String, String> {
    let mut variables = desk.variables();
    variables.insert("AWS_ENDPOINT_URL_STS".to_owned(), desk.aws.base_url());
    variables
}

const CALLER: &str = "arn:aws:sts::123456789012:assumed-role/Operators/erika.muster@example.com";
const OPERATOR: &str = "Operators/84f4d7cf";

#[tokio::test]
async fn the_audit_names_the_role_that_decided_and_no_person() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    park(&desk, &company.tenant, "cert-1", false).await;
    desk.aws.set_caller(CALLER);
    let mut visitor = visitor_of_stack(&desk, with_sts(&desk)).await;
    for action in ["dismiss", "pause"] {
        let action = format!("/tenants/acme/do/{action}");
        let done = visitor.submit("/tenants/acme", &action, &[]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        // The run keeps what was decided about the plan.
        desk.pass_minutes(5);
        desk.run("sync acme --here").await;
    }
    let asked = desk.aws.calls(Endpoint::DescribeStacks);
    assert_eq!(asked, 1, "once in a process");
    let dismiss = "certificates dismiss acme cert-1";
    let done = desk.run_in(with_sts(&desk), dismiss).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.errors);
    let page = visitor.text("/tenants/acme/audit").await;
    assert_has(&page, &["10 decisions", "paused", "Who", OPERATOR]);
    assert!(
        !page.contains("unknown") && !page.contains("erika"),
        "{page}"
    );
    let csv = visitor.text("/tenants/acme/audit.csv").await;
    let named = format!(",\"{OPERATOR}\"");
    let named = csv.lines().filter(|line| line.ends_with(&named));
    assert_eq!(named.count(), 10, "{csv}");
    let json = visitor.text("/tenants/acme/audit.json").await;
    assert_has(&json, &[&format!("\"by\":\"{OPERATOR}\"")]);
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(desk.done("decisions acme").await, document);
    let printed = desk.run("decisions acme").await.out;
    assert_has(&printed, &["paused", "certificate cert-1", OPERATOR]);
    visitor.language = "de";
    let page = visitor.text("/tenants/acme/audit").await;
    assert_has(&page, &["10 Entscheidungen", "Wer", OPERATOR]);
}

#[tokio::test]
async fn a_decision_goes_through_where_aws_does_not_say_who_decides() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    let store = desk.stack.store();
    let hash = store.held(&company.tenant).await.unwrap().unwrap().hash;
    // Nobody was named: the answer is an error.
    let dismiss = format!("dismiss acme {hash}");
    let done = desk.run_in(with_sts(&desk), &dismiss).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.errors);
    assert_eq!(desk.aws.calls(Endpoint::DescribeStacks), 1);
    let plan = store.held(&company.tenant).await.unwrap().unwrap();
    assert_eq!((plan.dismissed(), plan.decided_by), (8, Vec::new()));
}

/// A console is open for days.
#[tokio::test]
async fn after_no_answer_the_next_decision_asks_again_who_decides() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let visitor = visitor_of_stack(&desk, with_sts(&desk)).await;
    let [pause, resume] = ["/tenants/acme/do/pause", "/tenants/acme/do/resume"];
    for by in ["unknown", OPERATOR] {
        visitor.submit("/tenants/acme", pause, &[]).await;
        let audit = visitor.text("/tenants/acme/audit").await;
        assert_has(&audit, &["paused", by]);
        visitor.submit("/tenants/acme", resume, &[]).await;
        desk.pass_minutes(1);
        desk.aws.set_caller(CALLER);
    }
}

/// AWS may take seconds to say who calls.
#[tokio::test]
async fn a_decision_made_while_aws_is_asked_who_decides_stays() {
    let (desk, company) = Desk::acme().await;
    company.personio.put_all((101..=130).map(person));
    desk.done("sync acme --here").await;
    (101..=120).for_each(|id| assert!(company.personio.remove(id)));
    desk.attention("sync acme --here").await;
    let sts = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut variables = desk.variables();
    let url = format!("http://{}", sts.local_addr().unwrap());
    variables.insert("AWS_ENDPOINT_URL_STS".to_owned(), url);
    let visitor = visitor_of_stack(&desk, variables).await;
    let (store, tenant) = (desk.stack.store(), &company.tenant);
    let dismissed = Decision::Dismissed { at: now() };
    let elsewhere = async {
        let (asked, _) = sts.accept().await.unwrap();
        let hash = store.held_source(tenant).await.unwrap().unwrap().hash;
        let decide = store.decide_source(tenant, &hash, dismissed, None);
        decide.await.unwrap();
        drop(asked);
    };
    let approve = "/tenants/acme/do/approve";
    let (refused, ()) = tokio::join!(visitor.submit("/tenants/acme", approve, &[]), elsewhere);
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    let source = store.held_source(tenant).await.unwrap().unwrap();
    assert_eq!(source.decision, Some(dismissed));
}

#[tokio::test]
async fn a_choice_among_held_kinds_is_found_again_by_its_id() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    for id in 10..=17 {
        let mail = Some(format!("neu-{id}@muster.example"));
        company.personio.change(id, |person| person.email = mail);
    }
    desk.pass_minutes(5);
    desk.attention("sync acme --here").await;
    let visitor = visitor(&desk, "").await;
    let page = visitor.text("/tenants/acme").await;
    for kind in ["all", "unexplained_lock", "mail"] {
        let option = format!("<option id=\"kind-{kind}\" value=");
        assert_has(&page, &[&option]);
    }
}

#[tokio::test]
async fn a_plan_that_changed_between_look_and_click_is_refused() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    let visitor = visitor(&desk, "").await;
    let seen = form(
        &visitor.text("/tenants/acme").await,
        "/tenants/acme/do/approve",
    );
    deactivate(&company, 9);
    desk.pass_minutes(5);
    desk.attention("sync acme --here").await;
    let refused = visitor.post("/tenants/acme/do/approve", &seen).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_has(
        &refused.text,
        &["Nothing was changed", "the plan has changed", "Back to "],
    );
    // A kind that does not exist must not become a decision about all kinds.
    let mut unknown = seen.clone();
    unknown.push(("kind".to_owned(), "everything".to_owned()));
    let refused = visitor.post("/tenants/acme/do/approve", &unknown).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_has(&visitor.text("/tenants/acme/audit").await, &["0 decisions"]);
}

#[tokio::test]
async fn a_button_decides_nothing_that_somebody_else_has_decided() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    let visitor = visitor(&desk, "").await;
    let approve = "/tenants/acme/do/approve";
    let seen = form(&visitor.text("/tenants/acme").await, approve);
    let store = desk.stack.store();
    let hash = store.held(&company.tenant).await.unwrap().unwrap().hash;
    desk.done(&format!("dismiss acme {hash}")).await;
    let refused = visitor.post(approve, &seen).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_has(&refused.text, &["decided about all of it meanwhile"]);
    let held = store.held(&company.tenant).await.unwrap();
    assert_eq!(held.unwrap().approved(), 0);
}

#[tokio::test]
async fn what_aws_refuses_is_named_and_the_rest_is_shown() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    desk.done("sync acme --here").await;
    let visitor = visitor_of_stack(&desk, desk.variables()).await;
    let refused = Fault::new(Behaviour::Status(403, Body::Vendor)).method(http::Method::GET);
    desk.aws.fail(refused.clone().path("/schedules").always());
    assert_has(&visitor.text("/").await, &["acme", "were not compared"]);
    desk.aws.fail(refused.path("/schedules/{name}").always());
    for (path, rest) in [
        ("", "were not compared"),
        ("", "In sync just now, 1 thing to look at"),
        ("/plan", "<title>Plan · acme · tenants</title>"),
        ("/certificates", "Filed per day"),
    ] {
        let path = format!("/tenants/acme{path}");
        assert_has(&visitor.text(&path).await, &["acme", rest]);
    }
    let denied = Fault::new(Behaviour::Status(400, Body::Json(DENIED)));
    let secrets = denied.clone().calls("Secrets Manager GetSecretValue");
    desk.faults.add(secrets.always());
    let page = visitor.text("/tenants/acme").await;
    assert_has(&page, &["not checked: AWS does not let you read them"]);
    let reports = denied.clone().calls("DynamoDB Query").body(&["RUN#"]);
    desk.faults.add(reports.always());
    let page = visitor.text("/tenants/acme").await;
    assert_has(&page, &["In sync just now", "DynamoDB refuses Query"]);
    let day = "<a href=\"/tenants/acme/runs\">cannot be read</a>";
    assert_has(&visitor.text("/").await, &["</span>fine<", day]);
    desk.faults.add(denied.calls("DynamoDB Query").always());
    let visitor = visitor_of_stack(&desk, desk.variables()).await;
    let failed = visitor.text("/?wait=true").await;
    assert_has(&failed, &["That did not work", "id=\"main\""]);
    let list = visitor.request(Method::GET, "/");
    let list = send(list.header("hx-request", "true")).await;
    assert_eq!(list.status, StatusCode::BAD_GATEWAY, "what is shown stays");
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_named_and_the_rest_is_shown() {
    let (desk, _company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    desk.pass_minutes(61);
    desk.done("sync acme --here").await;
    let items = items(&desk).await;
    let keys = items.iter().map(|item| item["sk"].as_s().unwrap());
    let first = keys.filter(|key| key.starts_with("RUN#")).min().unwrap();
    let table = "reteach-personio";
    damage(&desk, table, "TENANT#acme", first, "report").await;
    let visitor = visitor(&desk, "").await;
    let named = format!("{first} cannot be read");
    assert_has(
        &visitor.text("/tenants/acme").await,
        &[&named, "In sync just now", "unchanged"],
    );
    let runs = visitor.text("/tenants/acme/runs").await;
    assert_has(&runs, &[&named, "1 report, none failed", "unchanged"]);
    let printed = desk.run("runs acme").await;
    assert_eq!(printed.exit, Exit::Attention);
    assert_has(&printed.out, &[&named, "unchanged"]);
    assert_has(&visitor.text("/").await, &["The one company is fine"]);
    for (key, attribute) in [
        ("FINGERPRINTS", "open_accounts"),
        ("HELD#employees", "hash"),
        ("CONFIG", "config"),
    ] {
        damage(&desk, table, "TENANT#acme", key, attribute).await;
        let page = visitor.text("/tenants/acme").await;
        let named = format!("{key} cannot be read");
        assert_has(&page, &[&named, "Cannot be read", "unchanged"]);
    }
}

#[tokio::test]
async fn an_item_that_cannot_be_read_hides_no_other_person_certificate_or_decision() {
    let (desk, company) = Desk::in_step().await;
    for certificate in ["cert-1", "cert-2"] {
        park(&desk, &company.tenant, certificate, false).await;
    }
    desk.done("certificates dismiss acme cert-2").await;
    let items = items(&desk).await;
    let mut keys = items.iter().map(|item| item["sk"].as_s().unwrap());
    let shard = keys.find(|key| key.starts_with("FINGERPRINTS#")).unwrap();
    let visitor = visitor(&desk, "").await;
    // After each one those before it are still named.
    let mut named = Vec::new();
    for (key, attribute, pages) in [
        (
            "CERTIFICATE#cert-1",
            "state",
            &["certificates", "audit"][..],
        ),
        ("EMPLOYEE#1", "customer_id", &["people"][..]),
        (shard.as_str(), "people", &["people"][..]),
    ] {
        damage(&desk, "reteach-personio", "TENANT#acme", key, attribute).await;
        let problem = |page: &&'static str| (*page, format!("{key} cannot be read"));
        named.extend(pages.iter().map(problem));
        for (page, named) in &named {
            let rest = match *page {
                "people" => "/tenants/acme/people/2",
                _ => "cert-2",
            };
            let shown = visitor.text(&format!("/tenants/acme/{page}")).await;
            assert_has(&shown, &[named, rest]);
        }
    }
    for (line, rest) in [
        ("certificates list acme --all", "cert-2"),
        ("decisions acme", "certificate cert-2"),
        ("people list acme", "3"),
    ] {
        let printed = desk.run(line).await;
        assert_eq!(printed.exit, Exit::Attention, "{line}: {}", printed.out);
        assert_has(&printed.out, &["cannot be read", rest]);
    }
    let list = desk.attention("people list acme").await;
    assert_eq!(list["unreadable"].as_array().unwrap().len(), 2, "{list:#}");
    assert_eq!(list["counts"].get("gone"), None, "they are in the shard");
    // What changes something still stops.
    desk.fails("people retry acme", Exit::Attention, &["cannot be read"])
        .await;
    damage(&desk, "reteach-personio", "TENANT#acme", "CONFIG", "config").await;
    for page in ["people", "audit"] {
        let shown = visitor.text(&format!("/tenants/acme/{page}")).await;
        assert_has(&shown, &["CONFIG cannot be read"]);
    }
}

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

#[tokio::test]
async fn a_company_says_what_its_certificates_wait_for() {
    for (more, text) in [
        ("backfill = \"hold\"", "earlier ones are held until you"),
        ("enabled = false", "certificates are off"),
    ] {
        let (desk, company) = Desk::new_company().await;
        let more = format!("[certificates]\n{more}\n");
        desk.run(&desk.add(&company, &more)).await;
        desk.done("sync acme --here").await;
        let visitor = visitor(&desk, "").await;
        let page = visitor.text("/tenants/acme").await;
        assert_has(&page, &[text]);
        assert!(!page.contains("have been filed since"), "{page}");
    }
}

#[tokio::test]
async fn the_address_of_a_button_leads_to_its_company() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let visitor = visitor(&desk, "").await;
    for path in ["do/approve", "do/sync", "people/find"] {
        let page = visitor.get(&format!("/tenants/acme/{path}")).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(page.headers["location"], "/tenants/acme", "{path}");
    }
}

#[tokio::test]
async fn a_plan_without_values_has_no_day_of_a_contract() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let visitor = visitor(&desk, "").await;
    let plan = visitor.text("/tenants/acme/plan/live").await;
    assert_has(&plan, &["3 people", "contract begins"]);
    let page = visitor.text("/tenants/acme/plan").await;
    for (part, said) in [(page, "role=\"status\""), (plan.clone(), "hx-swap-oob=")] {
        assert_has(&part, &[&format!("id=\"said\" {said}")]);
    }
    assert!(!plan.contains("2020-01"), "{plan}");
    let values = visitor.text("/tenants/acme/plan/live?details=1").await;
    assert_has(&values, &["contract begins 2020-01-01"]);
}

#[tokio::test]
async fn a_tenant_that_was_removed_meanwhile_is_not_acted_on() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let visitor = visitor(&desk, "").await;
    let page = visitor.text("/tenants/acme").await;
    desk.done("remove acme --yes").await;
    for action in ["pause", "sync", "check"] {
        let path = format!("/tenants/acme/do/{action}");
        let refused = visitor.post(&path, &form(&page, &path)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.text);
        assert_has(&refused.text, &["there is no tenant acme"]);
    }
}

/// As `docs/console.md` has it.
#[tokio::test]
async fn the_story_of_a_monday_morning_is_what_the_pages_say() {
    let desk = Desk::new().await;
    monday(&desk).await;
    let visitor = visitor(&desk, "").await;
    let story = include_str!("../../../../../docs/console.md");
    for (path, sentence) in [
        ("/", "3 of 5 companies need you"),
        (
            "/tenants/acme",
            "In sync 4 minutes ago: 40 of 49 people, 9 wait for you.",
        ),
        ("/tenants/acme", "Look at the plan"),
        ("/tenants/lindner", "Perhaps another company"),
        ("/tenants/lindner", "Check the credentials"),
    ] {
        assert_has(story, &[sentence]);
        let shown = sentence.trim_end_matches('.');
        assert_has(&visitor.text(path).await, &[shown]);
    }
    let page = visitor.text("/tenants/nordwind").await;
    assert_has(&page, &["6 changes are held"]);
    let page = visitor.text("/").await;
    assert_has(&page, &["</span>paused<", "</span>fine<"]);
}

/// While the console is open.
#[tokio::test]
async fn a_table_that_a_newer_release_takes_over_is_neither_shown_nor_changed() {
    let (desk, _company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let visitor = visitor(&desk, "").await;
    let shown = visitor.text("/tenants/acme").await;
    mark(&desk, "SCHEMA", "VERSION").await;
    let before = items(&desk).await;
    let named = ["the state has version 2", "use the newer release"];
    let mut pages = vec![visitor.get("/").await];
    for path in [
        "",
        "/plan",
        "/plan/live",
        "/people",
        "/people/1",
        "/people/1/live",
        "/certificates",
        "/runs",
        "/audit",
        "/audit.csv",
    ] {
        pages.push(visitor.get(&format!("/tenants/acme{path}")).await);
    }
    for action in ["pause", "sync", "check"] {
        let path = format!("/tenants/acme/do/{action}");
        pages.push(visitor.post(&path, &form(&shown, &path)).await);
    }
    for page in pages {
        assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{}", page.text);
        assert_has(&page.text, &named);
    }
    assert_eq!(items(&desk).await, before);
}

#[tokio::test]
async fn a_tenant_is_paused_resumed_and_checked() {
    let (desk, company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let visitor = visitor(&desk, "").await;
    visitor
        .submit("/tenants/acme", "/tenants/acme/do/pause", &[])
        .await;
    assert_ne!(desk.stored(&company).await.status, TenantStatus::Active);
    assert_has(
        &visitor.text("/tenants/acme").await,
        &["Paused: nobody is synced"],
    );
    visitor
        .submit("/tenants/acme", "/tenants/acme/do/resume", &[])
        .await;
    assert_eq!(desk.stored(&company).await.status, TenantStatus::Active);
    let checked = visitor
        .submit("/tenants/acme", "/tenants/acme/do/check", &[])
        .await;
    assert_has(&checked.text, &["Connection and rights", "Personio"]);
}

#[tokio::test]
async fn a_person_is_found_by_id_mail_and_name_and_shown_without_personal_data() {
    let (desk, company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let visitor = visitor(&desk, "").await;
    let mail = person(2).email.unwrap();
    for who in ["2", "personio:2", mail.as_str(), "groß-2"] {
        let find = "/tenants/acme/people/find";
        let found = visitor
            .submit("/tenants/acme/people", find, &[("who", who)])
            .await;
        assert_eq!(found.headers["location"], "/tenants/acme/people/2", "{who}");
    }
    let several = visitor
        .submit(
            "/tenants/acme/people",
            "/tenants/acme/people/find",
            &[("who", "käthe")],
        )
        .await;
    assert_has(
        &several.text,
        &["Several people match", "/tenants/acme/people/3"],
    );
    let printed = desk.run("people find acme käthe").await.out;
    assert_has(&printed, &["1\n", "2\n", "3\n", "tenants explain acme ID"]);
    assert!(!printed.contains("Groß"), "{printed}");
    let found = desk.done("people find acme GROß-2 --details").await;
    let details = format!("Käthe Groß-2, {mail}");
    let expected = json!([{"person": "2", "details": details}]);
    assert_eq!(found["people"], expected, "{found:#}");
    let nobody = desk.attention("people find acme Grossmann").await;
    assert_eq!(nobody["people"], json!([]));
    // A name that fits nobody goes into no address.
    let misspelt = visitor
        .submit(
            "/tenants/acme/people",
            "/tenants/acme/people/find",
            &[("who", "Grossmann")],
        )
        .await;
    assert_has(&misspelt.text, &["Nobody matches"]);
    let shown = visitor.text("/tenants/acme/people/2/live").await;
    let parts = ["All is fine", "by external id", "begins (not shown)"];
    assert_has(&shown, &parts);
    for personal in ["Groß", "Jan 2020", "2020-01-01", "2019-12-31"] {
        assert!(!shown.contains(personal), "{personal}: {shown}");
    }
    let details = visitor.text("/tenants/acme/people/2/live?details=1").await;
    // The access window begins at midnight in the tenant's zone.
    let parts = ["Groß-2", &mail, "1 Jan 2020, 00:00", "begins 2020-01-01"];
    assert_has(&details, &parts);
    deactivate(&company, 2);
    let shown = visitor.text("/tenants/acme/people/2/live").await;
    assert_has(&shown, &["access: open from (not shown) → open"]);
    // The lock is as old as the account's end.
    desk.done("sync acme --here").await;
    let shown = visitor.text("/tenants/acme/people/2/live").await;
    assert_has(&shown, &["locked since (not shown) (Inactive)"]);
    let nobody = visitor.text("/tenants/acme/people/4711/live").await;
    assert_has(&nobody, &["Nobody knows this person"]);
    // Ids that a browser takes out of a path.
    for id in [".", ".."] {
        let page = visitor.text(&format!("/tenants/acme/person?id={id}")).await;
        let live = format!("/tenants/acme/person/live?id={id}&amp;details=0");
        assert_has(&page, &[&format!("Person {id}"), &live]);
        let live = visitor.text(&live.replace("&amp;", "&")).await;
        let other = format!("/tenants/acme/person?id={id}&amp;details=1");
        assert_has(&live, &["Nobody knows this person", &other]);
    }
    for path in ["", "/live"] {
        let odd = format!("/tenants/acme/people/%22%3E%3Cb%3E{path}");
        let odd = visitor.text(&odd).await;
        assert!(!odd.contains("<b>"), "{odd}");
    }
}

#[tokio::test]
async fn people_are_listed_by_state_and_tried_again() {
    let (desk, company) = Desk::new_company().await;
    desk.run(&desk.add(&company, "")).await;
    desk.run("sync acme --here").await;
    let mut new = crate::support::person(2);
    new.id = 4;
    company.personio.put(new);
    desk.ticks(1).await;
    let mut visitor = visitor(&desk, "").await;
    let all = visitor.text("/tenants/acme/people").await;
    assert_has(&all, &["4 people, 1 to look at", "state=conflict"]);
    let some = visitor.text("/tenants/acme/people?state=conflict").await;
    assert_has(&some, &["/tenants/acme/people/4\"", "Try again", "<time"]);
    assert!(!some.contains("/tenants/acme/people/3\""), "{some}");
    let retry = "/tenants/acme/do/retry-people";
    let conflict = "/tenants/acme/people?state=conflict";
    let tried = visitor.submit(conflict, retry, &[]).await;
    assert_has(&tried.text, &["Tried again", "<time"]);
    visitor.language = "de";
    assert_has(
        &visitor.text("/tenants/acme/people").await,
        &["im Konflikt", "4 Personen, 1 zu klären"],
    );
}

#[tokio::test]
async fn certificates_are_shown_with_reasons_and_html_in_a_course_stays_text() {
    let (desk, company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let course = "<script>alert(1)</script>";
    issue(&company, 1, 1, course);
    let visitor = visitor(&desk, "").await;
    let plan = visitor.text("/tenants/acme/plan/live?details=1").await;
    assert_has(&plan, &["&lt;script&gt;alert(1)&lt;/script&gt;"]);
    assert!(!plan.contains("<script>"), "{plan}");
    desk.done("sync acme --here --job certificates").await;
    let page = visitor.text("/tenants/acme/certificates").await;
    assert_has(
        &page,
        &[
            "1 certificate filed",
            "No certificate is parked",
            "<svg",
            "every 30s",
        ],
    );
    // Each number leads to what it counts. A long list says that it is not whole.
    for number in 100..=300 {
        let id = format!("cert-{number}");
        park(&desk, &company.tenant, &id, false).await;
    }
    let page = visitor.text("/tenants/acme/certificates").await;
    assert_has(&page, &["<li>… 1 more</li>"]);
    park(&desk, &company.tenant, "cert-2", false).await;
    desk.done("certificates dismiss acme cert-2").await;
    let page = visitor.text("/tenants/acme/certificates").await;
    for list in ["filed", "parked", "dismissed"] {
        assert_has(
            &page,
            &[&format!("href=\"#{list}\""), &format!("id=\"{list}\"")],
        );
    }
    let runs = visitor.text("/tenants/acme/runs").await;
    assert_has(&runs, &["2 reports, none failed", "<svg", "Duration"]);
    let (_, run) = runs.split_once("href=\"/tenants/acme/runs/").unwrap();
    let run = run.split('"').next().unwrap();
    let report = visitor.text(&format!("/tenants/acme/runs/{run}")).await;
    assert_has(&report, &["Took", run]);
    let unknown = visitor.get("/tenants/acme/runs/unknown").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_dismissed_certificate_of_nobody_leads_to_no_person() {
    let (desk, company) = Desk::acme().await;
    let (id, state) = (
        CertificateId::new("cert-9"),
        CertificateState::Dismissed { at: now() },
    );
    let entry = CertificateEntry::new(id, SourceId::new(""), state);
    let (store, token) = (desk.stack.store(), FencingToken::default());
    let put = store.put_certificate(&company.tenant, token, &entry, None);
    put.await.unwrap();
    let visitor = visitor(&desk, "").await;
    let page = visitor.text("/tenants/acme/certificates").await;
    assert_has(&page, &["<code>cert-9</code>"]);
    assert!(!page.contains("/people/"), "{page}");
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
