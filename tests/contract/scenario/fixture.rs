//! A company whose vendors are all behind Prism, with both functions and an operator.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use harness::Harness;
use local::{INTEGRATION, route};
use secrecy::ExposeSecret as _;
use shared::domain::clock::Clock as _;
use shared::http::RateLimiter;
use shared::secrets::TenantSecret;
use shared::tenant::Via;
use simulators::aws::deployment::GROUP;
use simulators::{Aws, Fault, Kombo};
use tenants::{Cli, Environment, Exit, Interactivity};

use crate::document::Vendor;
use crate::proxy::PrismProxy;

pub(crate) struct Fixture {
    pub(crate) harness: Harness,
    /// Inbound listener of reteach.
    pub(crate) reteach: SocketAddr,
    /// Tenant file with the addresses of the inbound listeners.
    pub(crate) file: String,
    aws: Aws,
    folder: PathBuf,
}

impl Fixture {
    pub(crate) async fn new(proxy: &Arc<PrismProxy>, via: Via) -> Self {
        let harness = Harness::new(via, "", harness::people(12)).await;
        let company = &harness.company;
        let personio = proxy
            .intercept(Vendor::Personio, company.personio.address())
            .await;
        let reteach = proxy
            .intercept(Vendor::Reteach, company.reteach.address())
            .await;
        let mut file = company.tenant_file("[brake]\nat_least = 100\n");
        file = file.replace(
            &company.personio.address().to_string(),
            &personio.to_string(),
        );
        file = file.replace(&company.reteach.address().to_string(), &reteach.to_string());
        if let Some(kombo) = &company.kombo {
            let inbound = proxy.intercept(Vendor::Kombo, kombo.address()).await;
            file = file.replace(&kombo.address().to_string(), &inbound.to_string());
            kombo.reach_personio_at(INTEGRATION, &format!("http://{personio}"));
        }
        let clock = harness.world.clock.clone();
        let aws = Aws::start(Arc::new(move || clock.now())).await.unwrap();
        aws.add_group(GROUP);
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("contract-{}", route(via)));
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            harness,
            reteach,
            file,
            aws,
            folder,
        }
    }

    pub(crate) fn via(&self) -> Via {
        self.harness.company.via
    }

    pub(crate) fn kombo(&self) -> Option<&Kombo> {
        self.harness.company.kombo.as_ref()
    }

    pub(crate) fn fail(&self, vendor: Vendor, fault: Fault) {
        match vendor {
            Vendor::Personio => self.harness.personio.fail(fault),
            Vendor::Kombo => self.kombo().unwrap().fail(fault),
            Vendor::Reteach => self.harness.reteach.fail(fault),
        }
    }

    /// Adds or updates the tenant with this file.
    pub(crate) async fn add(&self, file: &str) -> Exit {
        let secret = TenantSecret {
            fingerprint_key: None,
            ..self.harness.company.secret()
        };
        let file = self.write("tenant.toml", file);
        let credentials = self.write("credentials.json", secret.to_json().expose_secret());
        self.tenants(&[
            "add",
            "--update",
            "--file",
            &file,
            "--credentials",
            &credentials,
        ])
        .await
    }

    /// Runs an operator command.
    pub(crate) async fn tenants(&self, args: &[&str]) -> Exit {
        let cli = Cli::try_parse_from(["tenants"].iter().chain(args)).unwrap();
        let mut out = Vec::new();
        let exit = Box::pin(tenants::run(cli, &self.environment(), &mut out)).await;
        assert_ne!(
            exit,
            Exit::Usage,
            "{args:?}: {}",
            String::from_utf8_lossy(&out)
        );
        exit
    }

    pub(super) fn write(&self, name: &str, content: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_string_lossy().into_owned()
    }

    fn environment(&self) -> Environment {
        let variables = self.variables();
        Environment {
            variables: Arc::new(move |name| variables.get(name).cloned()),
            clock: Arc::new(self.harness.world.clock.clone()),
            pace: Some(RateLimiter::new(&[])),
            input: Mutex::new(Box::new(io::empty())),
            errors: Mutex::new(Box::new(io::sink())),
            interactivity: Interactivity::NonInteractive,
            poll_interval: Duration::from_millis(1),
        }
    }

    fn variables(&self) -> HashMap<String, String> {
        let environment = self.harness.world.stack.environment().into_iter();
        environment.chain(self.aws.variables()).collect()
    }
}
