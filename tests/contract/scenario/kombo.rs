//! What only Kombo is asked: connections.

use local::INTEGRATION;
use shared::tenant::Via;
use simulators::kombo::Condition;
use simulators::{Behaviour, Body, Fault};
use tenants::Exit;

use super::Stage;
use super::certificates::certificate;
use super::refusals::limited;
use crate::document::Vendor;

/// The tenant is added; on Kombo's routes its company connects by a link first.
pub(super) async fn connects(stage: &Stage) {
    if stage.kombo().is_some() {
        let unconnected = stage
            .file
            .replace(&format!("integration_id = \"{INTEGRATION}\"\n"), "");
        stage
            .harness
            .world
            .stack
            .store()
            .put_tenant(&stage.harness.company.tenant, &unconnected)
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
        assert_eq!(stage.tenants(&link).await, Exit::Done);
        stage
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
            stage.tenants(&["connect", "acme", "--token", &token]).await,
            Exit::Done
        );
    }
    assert_eq!(stage.add(&stage.file).await, Exit::Done);
    assert_eq!(stage.tenants(&["check", "acme"]).await, Exit::Done);
}

/// Each of Kombo's own refusals.
pub(super) async fn refuses(stage: &Stage) {
    let Some(kombo) = stage.kombo() else { return };
    let harness = &stage.harness;
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
        stage.tenants(&["check", "acme"]).await;
    }
    kombo.set_condition(INTEGRATION, Condition::Active);
    kombo.revoke_api_key("kombo-key");
    harness.tick().await;
    stage.tenants(&["check", "acme"]).await;
    kombo.add_api_key("kombo-key");
    stage.fail(Vendor::Kombo, limited());
    harness.tick().await;
    kombo.allow_passthrough(INTEGRATION, false);
    kombo.allow_documents(INTEGRATION, false);
    stage.tenants(&["check", "acme"]).await;
    harness.issue([certificate(stage, 7)]);
    harness.certificates_tick().await;
    kombo.allow_passthrough(INTEGRATION, true);
    kombo.allow_documents(INTEGRATION, true);
    if stage.via() == Via::Kombo {
        stage.fail(
            Vendor::Kombo,
            Fault::new(Behaviour::Status(400, Body::Vendor))
                .path("/v1/hris/employees/{employee_id}/documents"),
        );
    }
    harness.issue([certificate(stage, 8)]);
    harness.certificates_tick().await;
}
