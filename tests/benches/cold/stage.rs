//! A company in step, over plain HTTP or over TLS.

use std::path::{Path, PathBuf};

use harness::process::Tls;
use harness::{Harness, people};
use jiff::Timestamp;
use local::{Answer, Function};
use serde_json::json;
use shared::tenant::Via;

/// Where functions are started.
pub(crate) struct Stage {
    harness: Harness,
    tls: Option<Tls>,
    environment: Vec<(String, String)>,
    bootstraps: PathBuf,
}

impl Stage {
    /// Ten people, without TLS.
    pub(crate) async fn plain(bootstraps: &Path) -> Self {
        let harness = company().await;
        let environment = harness.world.stack.environment();
        Self {
            harness,
            tls: None,
            environment,
            bootstraps: bootstraps.to_owned(),
        }
    }

    /// The same behind TLS, of which the company's next run learns.
    pub(crate) async fn over_tls(bootstraps: &Path) -> Self {
        let (harness, mut tls) = (company().await, Tls::new());
        let company = &harness.company;
        let vendors = [company.personio.address(), company.reteach.address()];
        let file = tls.before(vendors, &company.tenant_file("")).await;
        harness
            .world
            .stack
            .store()
            .put_tenant(&company.tenant, &file)
            .await
            .unwrap();
        let environment = tls.before_all(harness.world.stack.environment()).await;
        let stage = Self {
            harness,
            tls: Some(tls),
            environment,
            bootstraps: bootstraps.to_owned(),
        };
        for name in ["employee-sync", "certificate-sync"] {
            let mut function = stage.start(name, &stage.bootstrap(name)).await;
            stage.answer(&mut function).await;
        }
        stage
    }

    pub(crate) fn bootstrap(&self, name: &str) -> PathBuf {
        self.bootstraps.join(name).join("bootstrap")
    }

    pub(crate) async fn start(&self, name: &str, file: &Path) -> Function {
        Function::start_in(name, file, self.environment.clone())
            .await
            .unwrap()
    }

    /// Has `function` tick.
    pub(crate) async fn answer(&self, function: &mut Function) {
        let event = json!({"tenant_id": self.harness.company.tenant.as_str()});
        let answer = function.invoke(event).await.unwrap();
        assert!(is_good(&answer), "{answer:?}");
    }

    /// Handshakes until now.
    pub(crate) fn handshakes(&self) -> u64 {
        self.tls.as_ref().map_or(0, Tls::handshakes)
    }
}

/// The bare function has no outcome.
fn is_good(answer: &Answer) -> bool {
    let Answer::Reply(report) = answer else {
        return false;
    };
    report
        .get("outcome")
        .is_none_or(|outcome| outcome == "unchanged" || outcome == "done")
}

async fn company() -> Harness {
    let harness = Harness::at(&Timestamp::now().to_string(), Via::Direct, "", people(10)).await;
    harness.first_run().await;
    harness.certificates_now().await;
    harness
}
