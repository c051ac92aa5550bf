//! A small world: the local stack, a clock that is moved by hand, and companies with simulated vendors.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use employee_sync::report::Report;
use jiff::Timestamp;
use shared::domain::clock::{Clock, ManualClock};
use shared::domain::id::{InvalidTenantId, RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{Event, Mode, Progress, ProgressFn, Ran, Request};
use shared::secrets::{KomboSecret, PersonioSecret, ReteachSecret, SecretError, TenantSecret};
use shared::state::StateError;
use shared::tenant::Via;
use simulators::aws::Sts;
use simulators::{FaultEngine, Kombo, Pacing, Personio, Reteach};
use thiserror::Error;

use crate::functions::{Functions, Order};
use crate::stack::{Options, Stack, StartError};

/// The stack, the clock and both functions.
#[derive(Debug)]
pub struct World {
    /// DynamoDB and Secrets Manager.
    pub stack: Stack,
    /// Everybody's clock, the simulators' too.
    pub clock: ManualClock,
    functions: Mutex<Arc<Functions>>,
    order: Order,
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

/// The Personio credential of every company here.
pub(crate) const PERSONIO: (&str, &str) = ("papi-client", "papi-secret");
/// The key of every Kombo environment here.
pub(crate) const KOMBO_KEY: &str = "kombo-key";
/// Client id, secret and code of every academy here.
pub(crate) const RETEACH: (&str, &str, &str) = ("reteach-client", "reteach-secret", "reteach-code");
/// The custom field in which Kombo carries Personio's employment type.
pub(crate) const EMPLOYMENT_TYPE_FIELD: &str = "anstellungsart";

/// Kombo's id of the simulated connection.
pub const INTEGRATION: &str = "personio:CBNMt7dSNCzBdnRTx87dev4E";

/// The local DynamoDB takes calls one after another, and the machine may be busy: a large company's ledger is long in coming.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

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
        Self::start_with(now, None).await
    }

    /// The same with an engine for faults of any call.
    ///
    /// # Errors
    /// [`WorldError`] if there is no port, or no TLS.
    pub async fn start_with(
        now: Timestamp,
        faults: Option<FaultEngine>,
    ) -> Result<Self, WorldError> {
        let options = Options {
            faults,
            patience: Some(PATIENCE),
            ..Options::default()
        };
        Self::start_by(Order::Usual, ManualClock::new(now), options).await
    }

    /// The same, where each run has the rights of its tenant alone, as sessions of the token service that is returned.
    ///
    /// # Errors
    /// [`WorldError`] if there is no port, or no TLS.
    pub async fn start_with_sessions(now: Timestamp) -> Result<(Self, Sts), WorldError> {
        let clock = ManualClock::new(now);
        let time = clock.clone();
        let sts = Sts::start(Arc::new(move || shared::domain::clock::Clock::now(&time))).await?;
        let options = Options {
            sts: Some(sts.clone()),
            patience: Some(PATIENCE),
            ..Options::default()
        };
        Ok((Self::start_by(Order::Usual, clock, options).await?, sts))
    }

    /// The same by a clock that others move too, on a stack of the caller's choice, where calls go in this order.
    ///
    /// # Errors
    /// [`WorldError`] if there is no port, or no TLS.
    pub async fn start_by(
        order: Order,
        clock: ManualClock,
        options: Options,
    ) -> Result<Self, WorldError> {
        let options = Options {
            clock: Arc::new(clock.clone()),
            ..options
        };
        let stack = Stack::start(options).await?;
        let clocked: Arc<dyn Clock> = Arc::new(clock.clone());
        let functions = Functions::unpaced(&stack, &clocked, order.waits(&clock).as_ref())?;
        Ok(Self {
            stack,
            clock,
            functions: Mutex::new(Arc::new(functions)),
            order,
            runs: AtomicU64::new(0),
        })
    }

    /// Both functions, as they are now.
    #[must_use]
    pub fn functions(&self) -> Arc<Functions> {
        Arc::clone(
            &self
                .functions
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// New processes take the functions' place: they have no connections, no tokens, nothing in memory.
    ///
    /// # Errors
    /// [`WorldError`] if there is no TLS.
    pub fn restart(&self) -> Result<(), WorldError> {
        self.restart_by(Arc::new(self.clock.clone()))
    }

    /// The same on a machine whose clock is another.
    ///
    /// # Errors
    /// [`WorldError`] if there is no TLS.
    pub fn restart_by(&self, clock: Arc<dyn Clock>) -> Result<(), WorldError> {
        let waits = self.order.waits(&self.clock);
        let functions = Arc::new(Functions::unpaced(&self.stack, &clock, waits.as_ref())?);
        *self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = functions;
        Ok(())
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
        personio.add_credentials(PERSONIO.0, PERSONIO.1);
        let reteach = Reteach::start(now.clone()).await?;
        reteach.add_credentials(RETEACH.0, RETEACH.1, RETEACH.2);
        let kombo = match via {
            Via::Direct => None,
            Via::Kombo | Via::KomboPassthrough => {
                let kombo = Kombo::start(now).await?;
                kombo.set_pacing(Pacing::Off);
                kombo.add_api_key(KOMBO_KEY);
                kombo.attach(INTEGRATION, &personio, PERSONIO.0, PERSONIO.1);
                kombo.set_origin(INTEGRATION, Some(tenant.as_str()));
                kombo.mirror_automatically(INTEGRATION, true);
                kombo.set_employment_type_field(INTEGRATION, Some(EMPLOYMENT_TYPE_FIELD));
                Some(kombo)
            }
        };
        let company = Company {
            tenant,
            via,
            personio,
            kombo,
            reteach,
        };
        if let Some(faults) = self.stack.faults() {
            company.join(faults);
        }
        self.stack
            .store()
            .put_tenant(&company.tenant, &company.tenant_file(more))
            .await?;
        self.stack
            .secrets()
            .put(&company.tenant, &company.secret())
            .await?;
        Ok(company)
    }

    /// Runs the employee function once for `company`.
    pub async fn tick(&self, company: &Company) -> Report {
        self.run(company, Mode::Scheduled, Deadline::never(), &|_| {})
            .await
            .report
    }

    /// Runs the employee function once for `company`, in any mode.
    pub async fn run(
        &self,
        company: &Company,
        mode: Mode,
        deadline: Deadline,
        watch: ProgressFn<'_>,
    ) -> Ran<EmployeeSync> {
        self.functions()
            .employees
            .run(&self.request(company, mode, deadline), watch)
            .await
    }

    /// Runs the certificate function once for `company`, in any mode.
    pub async fn run_certificates(
        &self,
        company: &Company,
        mode: Mode,
        deadline: Deadline,
        watch: ProgressFn<'_>,
    ) -> Ran<CertificateSync> {
        self.functions()
            .certificates
            .run(&self.request(company, mode, deadline), watch)
            .await
    }

    /// A run of its own, with the next number for its id.
    fn request(&self, company: &Company, mode: Mode, deadline: Deadline) -> Request {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let event = Event {
            tenant_id: company.tenant.clone(),
            mode,
        };
        Request {
            event,
            run_id: RunId::new(format!("run-{number:06}")),
            deadline,
        }
    }

    fn simulators_clock(&self) -> simulators::Clock {
        let clock = self.clock.clone();
        Arc::new(move || shared::domain::clock::Clock::now(&clock))
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

    fn join(&self, faults: &FaultEngine) {
        self.personio.join(faults);
        self.reteach.join(faults);
        self.reteach.downloads().join(faults);
        if let Some(kombo) = &self.kombo {
            kombo.join(faults);
        }
    }

    /// The company's tenant file.
    #[must_use]
    pub fn tenant_file(&self, more: &str) -> String {
        self.tenant_file_with(Some(INTEGRATION), more)
    }

    /// The same with this connection through Kombo, or none yet.
    pub(crate) fn tenant_file_with(&self, integration: Option<&str>, more: &str) -> String {
        let (tenant, personio, reteach) = (
            &self.tenant,
            self.personio.base_url(),
            self.reteach.base_url(),
        );
        let via = route(self.via);
        let kombo = self.kombo.as_ref().map_or_else(String::new, |kombo| {
            let field = (self.via == Via::Kombo)
                .then_some(("employment_type_field", EMPLOYMENT_TYPE_FIELD));
            let id = integration.map(|id| ("integration_id", id));
            let lines = id
                .into_iter()
                .chain(field)
                .map(|(name, value)| format!("{name} = \"{value}\"\n"));
            format!(
                "[kombo]\nbase_url = \"{}\"\n{}",
                kombo.base_url(),
                lines.collect::<String>()
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
                client_id: PERSONIO.0.into(),
                client_secret: PERSONIO.1.into(),
            }),
            kombo: Some(KomboSecret {
                api_key: KOMBO_KEY.into(),
            }),
            reteach: Some(ReteachSecret {
                client_id: RETEACH.0.into(),
                client_secret: RETEACH.1.into(),
                client_code: RETEACH.2.into(),
            }),
            fingerprint_key: Some("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".into()),
        }
    }
}

/// Progress that nobody looks at.
pub fn unwatched(_: Progress) {}
