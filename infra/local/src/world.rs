//! A small world: the local stack, a clock that is moved by hand, and companies with simulated vendors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use employee_sync::report::Report;
use jiff::Timestamp;
use shared::clock::ManualClock;
use shared::http::{self, Calls, Context, Deadline, Pace};
use shared::id::{InvalidTenantId, RunId, TenantId};
use shared::job::{App, Event, Mode, Progress, Ran, Request, Watch};
use shared::secrets::{KomboSecret, PersonioSecret, ReteachSecret, SecretError, TenantSecret};
use shared::state::StateError;
use shared::tenant::Via;
use simulators::{Kombo, Pacing, Personio, Reteach};
use thiserror::Error;

use crate::stack::{Options, Stack, StartError};

/// The stack, the clock and both functions.
#[derive(Debug)]
pub struct World {
    /// DynamoDB and Secrets Manager.
    pub stack: Stack,
    /// Everybody's clock, the simulators' too.
    pub clock: ManualClock,
    /// The employee function.
    pub employees: App<EmployeeSync>,
    /// The certificate function.
    pub certificates: App<CertificateSync>,
    runs: AtomicU64,
}

/// A company: its HR system, perhaps behind Kombo, and its academy.
#[derive(Clone, Debug)]
pub struct Company {
    /// The tenant.
    pub tenant: TenantId,
    /// Its route.
    pub via: Via,
    /// Its HR system.
    pub personio: Personio,
    /// Kombo, where the route goes through it.
    pub kombo: Option<Kombo>,
    /// Its academy.
    pub reteach: Reteach,
}

/// Kombo's id of the simulated connection.
pub const INTEGRATION: &str = "personio:CBNMt7dSNCzBdnRTx87dev4E";

/// The local DynamoDB takes calls one after another, and the machine may be busy: a large company's ledger is long in coming.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why a world, or a company in it, could not be set up.
#[derive(Debug, Error)]
pub enum WorldError {
    /// The stack did not start.
    #[error(transparent)]
    Stack(#[from] StartError),
    /// No port of 127.0.0.1 could be had.
    #[error("no simulator could be started on 127.0.0.1")]
    Listen(#[from] std::io::Error),
    /// The tenant's name breaks the rules.
    #[error(transparent)]
    Tenant(#[from] InvalidTenantId),
    /// The tenant could not be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The secret could not be written.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The HTTP client could not be built.
    #[error("the TLS configuration cannot be built")]
    Tls,
}

impl World {
    /// An empty world at `now`.
    ///
    /// # Errors
    /// [`WorldError`] if there is no port, or no TLS.
    pub async fn start(now: Timestamp) -> Result<Self, WorldError> {
        let clock = ManualClock::new(now);
        let options =
            Options { clock: Arc::new(clock.clone()), patience: Some(PATIENCE), ..Options::default() };
        let stack = Stack::start(options).await?;
        let client = http::client().map_err(|_| WorldError::Tls)?;
        let context = Context::new(client, Arc::new(clock.clone()), Calls::default());
        // The vendors here set no limits, so nobody waits.
        let pace = Pace::new(&[]);
        let employees = App::new(EmployeeSync, stack.store(), stack.secrets(), context.clone());
        let work = CertificateSync::new().map_err(|_| WorldError::Tls)?;
        let certificates = App::new(work, stack.store(), stack.secrets(), context);
        let (employees, certificates) = (employees.with_pace(pace.clone()), certificates.with_pace(pace));
        Ok(Self { stack, clock, employees, certificates, runs: AtomicU64::new(0) })
    }

    /// A company without people, ready to be synced. `more` is added to its tenant file.
    ///
    /// # Errors
    /// [`WorldError`].
    pub async fn company(&self, tenant: &str, via: Via, more: &str) -> Result<Company, WorldError> {
        let tenant = TenantId::parse(tenant)?;
        let now = self.simulators_clock();
        let personio = Personio::start(now.clone()).await?;
        personio.set_pacing(Pacing::Off);
        personio.add_credentials("papi-client", "papi-secret");
        let reteach = Reteach::start(now.clone()).await?;
        reteach.add_credentials("reteach-client", "reteach-secret", "reteach-code");
        let kombo = match via {
            Via::Direct => None,
            Via::Kombo | Via::KomboPassthrough => {
                let kombo = Kombo::start(now).await?;
                kombo.set_pacing(Pacing::Off);
                kombo.add_api_key("kombo-key");
                kombo.attach(INTEGRATION, &personio, "papi-client", "papi-secret");
                kombo.mirror_automatically(INTEGRATION, true);
                kombo.set_employment_type_field(INTEGRATION, Some("anstellungsart"));
                Some(kombo)
            }
        };
        let company = Company { tenant, via, personio, kombo, reteach };
        self.stack.store().put_tenant(&company.tenant, &company.tenant_file(more)).await?;
        self.stack.secrets().put(&company.tenant, &company.secret()).await?;
        Ok(company)
    }

    /// Runs the employee function once for `company`.
    pub async fn tick(&self, company: &Company) -> Report {
        self.run(company, Mode::Scheduled, Deadline::never(), &|_| {}).await.report
    }

    /// Runs the employee function once for `company`, in any mode.
    pub async fn run(
        &self,
        company: &Company,
        mode: Mode,
        deadline: Deadline,
        watch: Watch<'_>,
    ) -> Ran<EmployeeSync> {
        self.employees.run(&self.request(company, mode, deadline), watch).await
    }

    /// Runs the certificate function once for `company`, in any mode.
    pub async fn run_certificates(
        &self,
        company: &Company,
        mode: Mode,
        deadline: Deadline,
        watch: Watch<'_>,
    ) -> Ran<CertificateSync> {
        self.certificates.run(&self.request(company, mode, deadline), watch).await
    }

    /// A run of its own, with the next number for its id.
    fn request(&self, company: &Company, mode: Mode, deadline: Deadline) -> Request {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let event = Event { tenant_id: company.tenant.clone(), mode };
        Request { event, run_id: RunId::new(format!("run-{number:06}")), deadline }
    }

    fn simulators_clock(&self) -> simulators::Clock {
        let clock = self.clock.clone();
        Arc::new(move || shared::clock::Clock::now(&clock))
    }
}

/// The route's name, as tenant files spell it.
#[must_use]
pub fn route(via: Via) -> &'static str {
    match via {
        Via::Direct => "direct",
        Via::KomboPassthrough => "kombo-passthrough",
        Via::Kombo => "kombo",
    }
}

impl Company {
    /// Empties the simulators' logs of calls.
    pub fn forget_calls(&self) {
        self.personio.reset_log();
        self.reteach.reset_log();
        if let Some(kombo) = &self.kombo {
            kombo.reset_log();
        }
    }

    /// The company's tenant file.
    #[must_use]
    pub fn tenant_file(&self, more: &str) -> String {
        let (tenant, personio, reteach) = (&self.tenant, self.personio.base_url(), self.reteach.base_url());
        let via = route(self.via);
        let kombo = self.kombo.as_ref().map_or_else(String::new, |kombo| {
            let field =
                if self.via == Via::Kombo { "employment_type_field = \"anstellungsart\"\n" } else { "" };
            format!(
                "[kombo]\nbase_url = \"{}\"\nintegration_id = \"{INTEGRATION}\"\n{field}",
                kombo.base_url()
            )
        });
        format!(
            "tenant_id = \"{tenant}\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"{via}\"\nbase_url = \"{personio}\"\n\
             {kombo}[reteach]\nbase_url = \"{reteach}\"\ndownload_hosts = [\"127.0.0.1\"]\n{more}"
        )
    }

    /// The credentials that the company's simulators take.
    #[must_use]
    pub fn secret(&self) -> TenantSecret {
        TenantSecret {
            personio: Some(PersonioSecret {
                client_id: "papi-client".into(),
                client_secret: "papi-secret".into(),
            }),
            kombo: Some(KomboSecret { api_key: "kombo-key".into() }),
            reteach: Some(ReteachSecret {
                client_id: "reteach-client".into(),
                client_secret: "reteach-secret".into(),
                client_code: "reteach-code".into(),
            }),
            fingerprint_key: Some("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".into()),
        }
    }
}

/// Progress that nobody looks at.
pub fn unwatched(_: Progress) {}
