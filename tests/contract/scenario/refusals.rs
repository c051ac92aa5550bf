//! Every status that clients have a word for.

use harness::person;
use http::Method;
use simulators::people::EmploymentType;
use simulators::{Behaviour, Body, Fault, RetryAfter};

use super::Stage;
use super::certificates::{UPLOAD, certificate};
use crate::document::Vendor;

pub(super) async fn are_met(stage: &Stage) {
    tokens_and_credentials(stage).await;
    of_personio(stage).await;
    of_reteach(stage).await;
    uploads(stage).await;
}

async fn tokens_and_credentials(stage: &Stage) {
    let (harness, company) = (&stage.harness, &stage.harness.company);
    company.personio.revoke_tokens();
    company.reteach.revoke_tokens();
    harness.change(2, |person| person.position = Some("Meisterin".into()));
    harness.tick().await;
    company.personio.remove_credentials("papi-client");
    harness.world.restart().unwrap();
    harness.tick().await;
    stage.tenants(&["check", "acme"]).await;
    company
        .personio
        .add_credentials("papi-client", "papi-secret");
    if let Some(kombo) = stage.kombo() {
        kombo.reconnect(local::INTEGRATION, "papi-client", "papi-secret");
    }
    company.reteach.remove_credentials("reteach-client");
    harness.world.restart().unwrap();
    harness.tick().await;
    stage.tenants(&["check", "acme"]).await;
    company
        .reteach
        .add_credentials("reteach-client", "reteach-secret", "reteach-code");
}

async fn of_personio(stage: &Stage) {
    let (harness, company) = (&stage.harness, &stage.harness.company);
    company.personio.allow_reading(false);
    harness.tick().await;
    stage.tenants(&["check", "acme"]).await;
    company.personio.allow_reading(true);
    if let Some(kombo) = stage.kombo() {
        kombo.mirror(local::INTEGRATION);
    }
    stage.fail(Vendor::Personio, limited().path("/v1/company/employees"));
    harness.tick().await;
    company.personio.clear_faults();
}

async fn of_reteach(stage: &Stage) {
    let harness = &stage.harness;
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
            stage.fail(Vendor::Reteach, fault.method(method).path(path));
            harness.company.personio.put(person(id));
            harness.change(1, |person| {
                person.position = Some(format!("Stufe {status} {path}"))
            });
            // A new tag: the account is written to first.
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
    stage.fail(Vendor::Reteach, limited().path("/customer"));
    harness.company.personio.put(person(40));
    harness.tick().await;
    harness.clear_faults();
}

async fn uploads(stage: &Stage) {
    let harness = &stage.harness;
    for (person, status) in [(1, 401), (2, 403), (3, 404), (4, 422)] {
        harness.issue([certificate(stage, person)]);
        harness.fail_uploads(Fault::new(Behaviour::Status(status, Body::Vendor)));
        harness.certificates_tick().await;
    }
    harness.issue([certificate(stage, 5)]);
    stage.fail(Vendor::Personio, limited().path(UPLOAD));
    stage.fail(Vendor::Reteach, limited().path("/participation"));
    harness.certificates_tick().await;
    // The right to look for an upload without an answer is gone.
    harness.issue([certificate(stage, 6)]);
    harness.fail_uploads(Fault::new(Behaviour::LateStatus(504, Body::Empty)));
    harness.fail_finding(Fault::new(Behaviour::Status(403, Body::Vendor)));
    harness.certificates_tick().await;
    harness.certificates_tick().await;
    harness.clear_faults();
}

/// 429 once, without a wait worth the name.
pub(super) fn limited() -> Fault {
    Fault::new(Behaviour::TooManyRequests(RetryAfter::Seconds(0)))
}
