//! A company in step, over plain HTTP or over TLS.

use std::path::Path;

use harness::process::{Share, Tls};
use harness::{Harness, people};
use jiff::Timestamp;
use shared::tenant::Via;

use crate::bootstraps::bootstrap;
use crate::process::{Cost, LambdaProcess};

/// Ten people, and the environment of functions that are started for them.
pub(super) struct Company {
    /// Keeps the servers alive.
    _harness: Harness,
    tls: Option<Tls>,
    environment: Vec<(String, String)>,
}

impl Company {
    pub(super) async fn plain() -> Self {
        let harness = in_step().await;
        Self {
            environment: harness.world.stack.environment(),
            _harness: harness,
            tls: None,
        }
    }

    /// Behind TLS: its next run learns of the changed addresses.
    pub(super) async fn over_tls(bootstraps: &Path) -> Self {
        let (harness, mut tls) = (in_step().await, Tls::new());
        let company = &harness.company;
        let vendors = [company.personio.address(), company.reteach.address()];
        let file = tls.before(vendors, &company.tenant_file("")).await;
        let store = harness.store();
        store.put_tenant(&company.tenant, &file).await.unwrap();
        let environment = tls.before_all(harness.world.stack.environment()).await;
        let company = Self {
            environment,
            _harness: harness,
            tls: Some(tls),
        };
        for name in ["employee-sync", "certificate-sync"] {
            company
                .start(name, &bootstrap(bootstraps, name), None)
                .await;
        }
        company
    }

    /// Starts a function: its cost up to the first request for an event, and up to the first answer.
    pub(super) async fn start(&self, name: &str, file: &Path, share: Option<&Share>) -> [Cost; 2] {
        let environment = self.environment.clone();
        let mut process = LambdaProcess::start_file(name, file, environment, share).await;
        process.ready().await;
        let ready = process.cost();
        let (report, _) = process.invoke().await;
        let answered = process.cost();
        process.stop().await;
        // The baseline has no outcome.
        let outcome = report.get("outcome").and_then(|outcome| outcome.as_str());
        assert!(
            matches!(outcome, None | Some("unchanged" | "done")),
            "{report:#}"
        );
        [ready, answered]
    }

    pub(super) fn handshakes(&self) -> u64 {
        self.tls.as_ref().map_or(0, Tls::handshakes)
    }
}

async fn in_step() -> Harness {
    let harness = Harness::at(&Timestamp::now().to_string(), Via::Direct, "", people(10)).await;
    harness.first_run().await;
    harness.certificates_now().await;
    harness
}
