//! All companies, and what is said of the table before any.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use shared::state::JobKind;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};
use tenants::Exit;

use super::assert_has;
use crate::console::companies::monday;
use crate::console::visitor::{form, send, visitor, visitor_of_stack};
use crate::forget::DENIED;
use crate::restore::items;
use crate::state_version::mark;
use crate::support::Desk;

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

#[tokio::test]
async fn the_last_day_is_read_once_for_a_reading_that_is_shown_again() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    desk.done("sync acme --here").await;
    let visitor = visitor(&desk, "").await;
    let [table, _] = desk.stack.proxies().unwrap();
    table.set_latency(Duration::from_millis(300));
    visitor.text("/?wait=true").await;
    table.set_latency(Duration::ZERO);
    let denied = Fault::new(Behaviour::Status(400, Body::Json(DENIED)));
    let reports = denied.calls("DynamoDB Query").body(&["RUN#"]);
    desk.faults.add(reports.always());
    let kept = visitor.text("/").await;
    assert_has(&kept, &["Read just now."]);
    assert!(!kept.contains("cannot be read"), "{kept}");
}

/// Ten thousand companies have 200 pages of them.
#[tokio::test]
async fn the_first_page_does_not_wait_for_the_schedules_and_calls_no_company_fine_before() {
    let (desk, _) = Desk::in_step().await;
    let visitor = visitor_of_stack(&desk, desk.variables()).await;
    let slow = Fault::new(Behaviour::Slow(Duration::from_secs(4)));
    desk.aws.fail(slow.path("/schedules").nth(1));
    let mut page = visitor.text("/").await;
    assert_has(
        &page,
        &[
            "No company needs you so far",
            "The schedules are still being compared.",
            "</span>fine so far<",
            "every 5s",
        ],
    );
    for _ in 0..1_000 {
        if !page.contains("still being compared") {
            assert_has(&page, &["The one company is fine", "</span>fine<"]);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        page = visitor.text("/").await;
    }
    panic!("the schedules were not compared: {page}");
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

/// As `docs/console.md` has it.
#[tokio::test]
async fn the_story_of_a_monday_morning_is_what_the_pages_say() {
    let desk = Desk::new().await;
    monday(&desk).await;
    let visitor = visitor(&desk, "").await;
    let story = include_str!("../../../../../../docs/console.md");
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
