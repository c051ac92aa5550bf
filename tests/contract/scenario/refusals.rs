//! Every status that our clients distinguish.

use harness::person;
use http::Method;
use simulators::people::EmploymentType;
use simulators::{Behaviour, Body, Fault, RetryAfter};

use super::Fixture;
use super::certificates::{UPLOAD, certificate};
use crate::document::Vendor;

pub(super) async fn run_refusals(fixture: &Fixture) {
    tokens_and_credentials(fixture).await;
    personio_refusals(fixture).await;
    reteach_refusals(fixture).await;
    upload_refusals(fixture).await;
}

async fn tokens_and_credentials(fixture: &Fixture) {
    let (harness, company) = (&fixture.harness, &fixture.harness.company);
    company.personio.revoke_tokens();
    company.reteach.revoke_tokens();
    harness.change(2, |person| person.position = Some("Meisterin".into()));
    harness.tick().await;
    company.personio.remove_credentials("papi-client");
    harness.world.restart().unwrap();
    harness.tick().await;
    fixture.tenants(&["check", "acme"]).await;
    company
        .personio
        .add_credentials("papi-client", "papi-secret");
    if let Some(kombo) = fixture.kombo() {
        kombo.reconnect(local::INTEGRATION, "papi-client", "papi-secret");
    }
    company.reteach.remove_credentials("reteach-client");
    harness.world.restart().unwrap();
    harness.tick().await;
    fixture.tenants(&["check", "acme"]).await;
    company
        .reteach
        .add_credentials("reteach-client", "reteach-secret", "reteach-code");
}

async fn personio_refusals(fixture: &Fixture) {
    let (harness, company) = (&fixture.harness, &fixture.harness.company);
    company.personio.allow_reading(false);
    harness.tick().await;
    fixture.tenants(&["check", "acme"]).await;
    company.personio.allow_reading(true);
    if let Some(kombo) = fixture.kombo() {
        kombo.mirror(local::INTEGRATION);
    }
    fixture.fail(Vendor::Personio, limited().path("/v1/company/employees"));
    harness.tick().await;
    company.personio.clear_faults();
}

async fn reteach_refusals(fixture: &Fixture) {
    let harness = &fixture.harness;
    let (one, tags) = (
        "/customer/{customerIdentifier}",
        "/customer/{customerIdentifier}/multiple-tags",
    );
    for (id, status) in [(30, 401), (31, 403), (32, 404), (33, 422)] {
        for (method, path) in [
            (Method::POST, "/customer"),
            (Method::PUT, tags),
            (Method::PUT, one),
        ] {
            let fault = Fault::new(Behaviour::Status(status, Body::Vendor));
            fixture.fail(Vendor::Reteach, fault.method(method).path(path));
            harness.personio.put(person(id));
            harness.change(1, |person| {
                person.position = Some(format!("Stufe {status} {path}"))
            });
            // A new tag is written after the account.
            harness.change(1, |person| {
                person.employment_type = match person.employment_type {
                    Some(EmploymentType::Internal) => Some(EmploymentType::External),
                    _ => Some(EmploymentType::Internal),
                };
            });
            harness.tick().await;
            harness.clear_faults();
        }
    }
    fixture.fail(Vendor::Reteach, limited().path("/customer"));
    harness.personio.put(person(40));
    harness.tick().await;
    harness.clear_faults();
}

async fn upload_refusals(fixture: &Fixture) {
    let harness = &fixture.harness;
    for (person, status) in [(1, 401), (2, 403), (3, 404), (4, 422)] {
        harness.issue([certificate(fixture, person)]);
        harness.fail_uploads(Fault::new(Behaviour::Status(status, Body::Vendor)));
        harness.certificates_tick().await;
    }
    harness.issue([certificate(fixture, 5)]);
    fixture.fail(Vendor::Personio, limited().path(UPLOAD));
    fixture.fail(Vendor::Reteach, limited().path("/participation"));
    harness.certificates_tick().await;
    // The right to search for an upload with an unknown outcome is missing.
    harness.issue([certificate(fixture, 6)]);
    harness.fail_uploads(Fault::new(Behaviour::LateStatus(504, Body::Empty)));
    harness.fail_finding(Fault::new(Behaviour::Status(403, Body::Vendor)));
    harness.certificates_tick().await;
    harness.certificates_tick().await;
    harness.clear_faults();
}

/// One 429 without a pause.
pub(super) fn limited() -> Fault {
    Fault::new(Behaviour::TooManyRequests(RetryAfter::Seconds(0)))
}
