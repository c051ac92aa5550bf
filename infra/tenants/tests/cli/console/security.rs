//! Nobody but the operator's own browser: a test for each header and token.

use reqwest::header::{HOST, ORIGIN};
use reqwest::{Method, StatusCode};
use shared::state::TenantStatus;
use shared::tenant::Via;

use super::visitor::{Page, Visitor, console, encoded, form, send, visitor};
use crate::support::Desk;

const PAUSE: &str = "/tenants/acme/do/pause";

fn assert_refused(page: &Page, status: StatusCode, text: &str) {
    assert_eq!(page.status, status, "{}", page.text);
    assert!(page.text.contains(text), "{text}: {}", page.text);
    assert!(!page.text.contains("acme"), "{}", page.text);
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let mut visitor = console(&desk, "").await;
    let refused = visitor.get("/").await;
    assert_refused(
        &refused,
        StatusCode::UNAUTHORIZED,
        "does not know this browser",
    );
    let asset = visitor.get("/assets/console.css").await;
    assert_eq!(asset.status, StatusCode::OK);
    visitor.come_in().await;
    let page = visitor.get("/").await;
    let missing = visitor.get("/nothing").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    for Page { headers, .. } in [&refused, &asset, &page, &missing] {
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
            ),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
    }
    // The policy lets none of these run.
    for part in [" style=", "<style", "<script>", " onclick=", "javascript:"] {
        assert!(!page.text.contains(part), "{part}: {}", page.text);
    }
}

#[tokio::test]
async fn the_cookie_is_for_this_site_alone_and_no_script_reads_it() {
    let desk = Desk::new().await;
    let visitor = console(&desk, "").await;
    let path = visitor.address.strip_prefix(&visitor.base).unwrap();
    let cookie = visitor.get(path).await.headers["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"),
        "{cookie}"
    );
    let port = visitor.base.rsplit(':').next().unwrap();
    assert!(cookie.starts_with(&format!("tenants-{port}=")), "{cookie}");
}

#[tokio::test]
async fn an_expired_token_lets_nobody_in() {
    let desk = Desk::new().await;
    let visitor = console(&desk, "").await;
    desk.pass_minutes(10);
    let path = visitor.address.strip_prefix(&visitor.base).unwrap();
    let page = visitor.get(path).await;
    assert_refused(&page, StatusCode::FORBIDDEN, "This address has expired");
    assert_refused(
        &visitor.get("/?token=guess").await,
        StatusCode::FORBIDDEN,
        "not valid",
    );
}

#[tokio::test]
async fn a_used_token_lets_no_second_browser_in_and_the_first_one_stays() {
    let desk = Desk::new().await;
    let mut visitor = visitor(&desk, "").await;
    let path = visitor
        .address
        .strip_prefix(&visitor.base)
        .unwrap()
        .to_owned();
    // The address with the token is nobody's page.
    let again = visitor.get(&path).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(again.headers["location"], "/");
    assert!(!again.headers.contains_key("set-cookie"));
    let first = visitor.cookie.take();
    assert_refused(
        &visitor.get(&path).await,
        StatusCode::FORBIDDEN,
        "has been used",
    );
    assert_refused(
        &visitor.get("/").await,
        StatusCode::UNAUTHORIZED,
        "does not know",
    );
    visitor.cookie = Some("tenants-1=guess".to_owned());
    assert_refused(
        &visitor.get("/").await,
        StatusCode::UNAUTHORIZED,
        "does not know",
    );
    visitor.cookie = first;
    assert_eq!(visitor.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_ends_after_half_a_day() {
    let desk = Desk::new().await;
    let visitor = visitor(&desk, "").await;
    desk.pass_minutes(12 * 60 - 1);
    assert_eq!(visitor.get("/").await.status, StatusCode::OK);
    desk.pass_minutes(1);
    assert_eq!(visitor.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_name_that_was_made_to_lead_here_is_not_answered() {
    let desk = Desk::new().await;
    let visitor = visitor(&desk, "").await;
    let port = visitor.base.rsplit(':').next().unwrap();
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        &format!("localhost:{port}"),
        "127.0.0.1",
    ] {
        for path in ["/", "/assets/console.css"] {
            let page = send(visitor.request(Method::GET, path).header(HOST, host)).await;
            assert_refused(&page, StatusCode::MISDIRECTED_REQUEST, "Another host");
        }
    }
}

/// Posts the real form for a pause, as if this `origin` and `site` had sent it.
async fn pause_from(visitor: &Visitor, origin: Option<&str>, site: Option<&str>) -> Page {
    let fields = form(&visitor.text("/tenants/acme").await, PAUSE);
    let mut request = visitor.request(Method::POST, PAUSE);
    for (name, value) in [(ORIGIN.as_str(), origin), ("sec-fetch-site", site)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    send(request.body(encoded(&fields))).await
}

#[tokio::test]
async fn another_sites_request_changes_nothing() {
    let (desk, company) = Desk::acme().await;
    let visitor = visitor(&desk, "").await;
    let own = visitor.base.clone();
    for (origin, site) in [
        (None, None),
        (Some("null"), None),
        (Some("http://evil.example"), None),
        (Some("http://evil.example"), Some("same-origin")),
        (Some(own.as_str()), Some("cross-site")),
        (Some("null"), Some("same-site")),
        (None, Some("same-origin")),
    ] {
        let page = pause_from(&visitor, origin, site).await;
        assert_refused(&page, StatusCode::FORBIDDEN, "Sent by another page");
    }
    assert_eq!(desk.stored(&company).await.status, TenantStatus::Active);
    // As browsers send their own forms where pages tell no referrer.
    let page = pause_from(&visitor, Some("null"), Some("same-origin")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert_ne!(desk.stored(&company).await.status, TenantStatus::Active);
}

#[tokio::test]
async fn another_sites_page_embeds_nothing() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let visitor = visitor(&desk, "").await;
    for (site, destination, status) in [
        // Another port of this machine is of the same site, and browsers send it the cookie.
        ("same-site", "image", StatusCode::FORBIDDEN),
        ("same-site", "iframe", StatusCode::FORBIDDEN),
        ("cross-site", "empty", StatusCode::FORBIDDEN),
        ("same-site", "document", StatusCode::OK),
        ("same-origin", "empty", StatusCode::OK),
        ("none", "document", StatusCode::OK),
    ] {
        let request = visitor.request(Method::GET, "/tenants/acme");
        let request = request.header("sec-fetch-site", site);
        let page = send(request.header("sec-fetch-dest", destination)).await;
        assert_eq!(page.status, status, "{site} {destination}: {}", page.text);
    }
}

#[tokio::test]
async fn a_form_of_another_action_or_session_changes_nothing() {
    let (desk, company) = Desk::acme().await;
    let first = visitor(&desk, "").await;
    let second = visitor(&desk, "").await;
    let check = form(&first.text("/tenants/acme").await, "/tenants/acme/do/check");
    let foreign = form(&second.text("/tenants/acme").await, PAUSE);
    for fields in [Vec::new(), check, foreign] {
        let page = first.post(PAUSE, &fields).await;
        assert_refused(&page, StatusCode::FORBIDDEN, "no longer valid");
    }
    let large = vec![("csrf".to_owned(), "x".repeat(70_000))];
    assert_eq!(
        first.post(PAUSE, &large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(desk.stored(&company).await.status, TenantStatus::Active);
}

#[tokio::test]
async fn a_console_for_looking_only_has_no_button_and_takes_no_action() {
    let (desk, company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let visitor = visitor(&desk, "--read-only").await;
    for path in [
        "",
        "/plan",
        "/plan/live",
        "/people",
        "/people/1/live",
        "/certificates",
        "/runs",
        "/audit",
    ] {
        let page = visitor.text(&format!("/tenants/acme{path}")).await;
        assert!(!page.contains("/do/"), "{path}: {page}");
    }
    for action in ["pause", "sync", "approve", "retry-people"] {
        let action = format!("/tenants/acme/do/{action}");
        let page = visitor.post(&action, &[]).await;
        assert_refused(&page, StatusCode::FORBIDDEN, "View only");
    }
    assert_eq!(desk.stored(&company).await.status, TenantStatus::Active);
    // Looking somebody up writes nothing.
    let found = visitor
        .submit(
            "/tenants/acme/people",
            "/tenants/acme/people/find",
            &[("who", "2")],
        )
        .await;
    assert_eq!(found.headers["location"], "/tenants/acme/people/2");
}
