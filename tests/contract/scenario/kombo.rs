//! Connections, which only Kombo has.

use local::INTEGRATION;
use shared::tenant::Via;
use simulators::kombo::Condition;
use simulators::{Behaviour, Body, Fault};
use tenants::Exit;

use super::Fixture;
use super::certificates::certificate;
use super::refusals::limited;
use crate::document::Vendor;

/// Adds the tenant; on Kombo's routes its company connects by a link first.
pub(super) async fn connect(fixture: &Fixture) {
    if fixture.kombo().is_some() {
        let unconnected = fixture
            .file
            .replace(&format!("integration_id = \"{INTEGRATION}\"\n"), "");
        fixture
            .harness
            .store()
            .put_tenant(&fixture.harness.company.tenant, &unconnected)
            .await
            .unwrap();
        let link = [
            "connect",
            "acme",
            "--email",
            "hr@acme.example",
            "--company",
            "Acme GmbH",
        ];
        assert_eq!(fixture.tenants(&link).await, Exit::Done);
        fixture
            .tenants(&[
                "connect",
                "acme",
                "--integration",
                "personio:nobody",
                "--wait",
                "0",
            ])
            .await;
        let token: String = INTEGRATION.chars().rev().collect();
        assert_eq!(
            fixture
                .tenants(&[
                    "connect",
                    "acme",
                    "--token",
                    &fixture.write("token", &token)
                ])
                .await,
            Exit::Done
        );
    }
    assert_eq!(fixture.add(&fixture.file).await, Exit::Done);
    assert_eq!(fixture.tenants(&["check", "acme"]).await, Exit::Done);
}

pub(super) async fn run_refusals(fixture: &Fixture) {
    let Some(kombo) = fixture.kombo() else { return };
    let harness = &fixture.harness;
    kombo.mirror_automatically(INTEGRATION, false);
    for condition in [
        Condition::SetupSyncPending,
        Condition::SetupIncomplete,
        Condition::QaFailed,
        Condition::Invalid,
        Condition::Inactive,
    ] {
        kombo.set_condition(INTEGRATION, condition);
        harness.tick().await;
        fixture.tenants(&["check", "acme"]).await;
    }
    kombo.set_condition(INTEGRATION, Condition::Active);
    kombo.revoke_api_key("kombo-key");
    harness.tick().await;
    fixture.tenants(&["check", "acme"]).await;
    kombo.add_api_key("kombo-key");
    fixture.fail(Vendor::Kombo, limited());
    harness.tick().await;
    kombo.allow_passthrough(INTEGRATION, false);
    kombo.allow_documents(INTEGRATION, false);
    fixture.tenants(&["check", "acme"]).await;
    harness.issue([certificate(fixture, 7)]);
    harness.certificates_tick().await;
    kombo.allow_passthrough(INTEGRATION, true);
    kombo.allow_documents(INTEGRATION, true);
    if fixture.via() == Via::Kombo {
        fixture.fail(
            Vendor::Kombo,
            Fault::new(Behaviour::Status(400, Body::Vendor))
                .path("/v1/hris/employees/{employee_id}/documents"),
        );
    }
    harness.issue([certificate(fixture, 8)]);
    harness.certificates_tick().await;
}
