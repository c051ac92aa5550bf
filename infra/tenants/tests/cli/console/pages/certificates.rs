//! Certificates and their decisions.

use reqwest::StatusCode;
use shared::domain::id::{CertificateId, SourceId};
use shared::state::{CertificateEntry, CertificateState, FencingToken};

use super::assert_has;
use crate::certificates::park;
use crate::console::visitor::visitor;
use crate::support::{Desk, issue, now};

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
