//! The console in a real browser: by mouse and by keyboard alone, without errors, accessible, at two widths.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::browser::{Browser, PATIENCE, browser};
use super::companies::monday;
use super::visitor::console;
use crate::certificates::park;
use crate::support::{Desk, person};

/// Where the pictures of a run are.
fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

async fn assert_quiet(browser: &Browser) {
    let log = browser.log().await;
    assert_eq!(log, [""; 0], "{}", browser.main().await);
}

/// What axe-core finds, where the gate has put it.
async fn assert_accessible(browser: &Browser, name: &str) {
    let Some(path) = std::env::var_os("AXE") else {
        return;
    };
    let axe = std::fs::read_to_string(path).unwrap();
    browser.execute(&axe).await;
    let run = "const done = arguments[0]; axe.run().then((result) => done(result.violations.map((one) => \
               one.id + ': ' + one.nodes.map((node) => node.html).join(' | '))));";
    let found = browser.execute_async(run).await;
    assert_eq!(found, json!([]), "{name}");
}

/// All pages of the Monday morning, with what each shows once it is complete.
const PAGES: [(&str, &str, &str); 9] = [
    ("fleet", "/", "companies need you"),
    ("tenant", "/tenants/acme", "changes are held"),
    ("source", "/tenants/lindner", "Perhaps another company"),
    ("plan", "/tenants/acme/plan", "Nothing was written"),
    ("people", "/tenants/nordwind/people", "to look at"),
    ("person", "/tenants/nordwind/people/12", "Read in"),
    (
        "certificates",
        "/tenants/acme/certificates",
        "Filed per day",
    ),
    ("runs", "/tenants/acme/runs", "Duration"),
    ("audit", "/tenants/acme/audit", "decisions"),
];

/// Where a button is, its label, and what the page says once it was clicked.
const CLICKS: [(&str, &str, &str); 13] = [
    (
        "/tenants/acme",
        "Check connection and rights",
        "Personio: attributes",
    ),
    ("/tenants/acme", "Dismiss", "Dismissed: 9 changes"),
    (
        "/tenants/acme/certificates",
        "Try again",
        "To be tried again",
    ),
    (
        "/tenants/acme/certificates",
        "Leave unfiled",
        "Left unfiled",
    ),
    (
        "/tenants/acme/certificates",
        "Try all again",
        "To be tried again",
    ),
    ("/tenants/acme", "File certificates now", "Back to acme"),
    ("/tenants/lindner", "This is right", "Approved"),
    ("/tenants/nordwind", "Approve", "Approved: 6 changes"),
    ("/tenants/blumen-huber", "Try again now", "Tried again"),
    (
        "/tenants/blumen-huber/certificates",
        "Start the backfill",
        "1 filed",
    ),
    ("/tenants/blumen-huber", "Pause", "Paused"),
    ("/tenants/blumen-huber", "Resume", "Running again"),
    (
        "/tenants/blumen-huber",
        "Sync people now",
        "Back to blumen-huber",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_button_is_clicked() {
    let Some(browser) = browser("en").await else {
        return;
    };
    let desk = Desk::new().await;
    let companies = monday(&desk).await;
    for certificate in ["cert-1", "cert-2", "cert-3", "cert-4"] {
        park(&desk, &companies[0].tenant, certificate, false).await;
    }
    let mut namesake = person(2);
    namesake.id = 50;
    companies[1].personio.put(namesake);
    desk.run("sync blumen-huber --here").await;
    let console = console(&desk, "").await;
    browser.goto(&console.address).await;
    browser.sees("3 of 5 companies need you").await;
    browser.click("acme").await;
    browser.sees("changes are held").await;
    for (path, label, text) in CLICKS {
        browser.goto(&format!("{}{path}", console.base)).await;
        browser.click(label).await;
        browser.sees(text).await;
    }
    assert_quiet(&browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_plan_is_approved_by_keyboard_alone_and_what_is_typed_stays() {
    let Some(browser) = browser("en").await else {
        return;
    };
    let desk = Desk::new().await;
    monday(&desk).await;
    let console = console(&desk, "").await;
    browser.goto(&console.address).await;
    browser.sees("3 of 5 companies need you").await;
    browser.press_enter_on("acme").await;
    browser.sees("changes are held").await;
    browser.press_enter_on("Approve").await;
    browser.sees("Approved: 9 changes").await;
    browser.press_enter_on("Sync people now").await;
    browser.sees("9 locked").await;
    assert_quiet(&browser).await;

    browser.goto(&format!("{}/", console.base)).await;
    browser.type_into("#q", "nord").await;
    let begin = std::time::Instant::now();
    while browser.main().await.contains("lindner") {
        assert!(begin.elapsed() < PATIENCE, "{}", browser.main().await);
    }
    desk.done("pause nordwind").await;
    // The timer's own event: half a minute is long for a test.
    let refresh = "document.getElementById('fleet').dispatchEvent(new Event('every'))";
    browser.execute(refresh).await;
    let typed = "return document.getElementById('q').value";
    assert_eq!(browser.execute(typed).await, "nord");
    assert_quiet(&browser).await;
    // The session is over: what is shown may be old from now on, and the page says so.
    desk.pass_minutes(12 * 60);
    browser.execute(refresh).await;
    browser.sees("could not be read again").await;
}

/// Its own preference decides. Moments are in the company's zone.
#[tokio::test(flavor = "multi_thread")]
async fn a_german_browser_gets_german_pages() {
    let Some(browser) = browser("de").await else {
        return;
    };
    let desk = Desk::new().await;
    monday(&desk).await;
    let console = console(&desk, "").await;
    browser.look(390, "dark").await;
    browser.goto(&console.address).await;
    browser.sees("3 von 5 Firmen brauchen dich").await;
    let language = "return document.documentElement.lang";
    assert_eq!(browser.execute(language).await, "de");
    browser.click("acme").await;
    browser.sees("gehalten seit 11.05.2026, 13:").await;
    assert_accessible(&browser, "German, 390, dark").await;
    browser.press_enter_on("Anhalten").await;
    browser.sees("Angehalten").await;
    assert_quiet(&browser).await;
}

/// At 390 and 1,280 pixels, in light and dark. `CONSOLE_PICTURES=record` replaces those of the documentation.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_accessible_and_has_its_picture() {
    let Some(browser) = browser("en").await else {
        return;
    };
    let desk = Desk::new().await;
    monday(&desk).await;
    let console = console(&desk, "").await;
    browser.goto(&console.address).await;
    for (name, path, text) in PAGES {
        browser.goto(&format!("{}{path}", console.base)).await;
        browser.sees(text).await;
        let said = "const said = document.querySelector('#said'); return said && said.textContent";
        let is_late = ["plan", "person"].contains(&name);
        let expected = is_late.then_some("Reading is complete.");
        assert_eq!(browser.execute(said).await, json!(expected), "{name}");
        for (width, scheme) in [
            (1280, "light"),
            (1280, "dark"),
            (390, "light"),
            (390, "dark"),
        ] {
            browser.look(width, scheme).await;
            assert_accessible(&browser, &format!("{name}, {width}, {scheme}")).await;
            let wide = "return document.documentElement.scrollWidth - window.innerWidth";
            let wide = browser.execute(wide).await;
            assert!(
                wide.as_i64().unwrap() <= 0,
                "{name} at {width} is {wide} too wide"
            );
            let picture = browser.picture().await;
            let file = pictures().join(format!("{name}-{width}-{scheme}.png"));
            std::fs::write(&file, &picture).unwrap();
            let is_documented = width == 1280 && scheme == "light" && RECORDED.contains(&name);
            if is_documented && std::env::var("CONSOLE_PICTURES").as_deref() == Ok("record") {
                let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures");
                std::fs::write(docs.join(format!("console-{name}.png")), picture).unwrap();
            }
        }
        browser.look(1280, "light").await;
    }
    assert_quiet(&browser).await;
}

/// Pictures of the documentation.
const RECORDED: [&str; 3] = ["fleet", "tenant", "plan"];
