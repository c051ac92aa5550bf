//! The local stack with both functions, a clock that is moved by hand, and companies with simulated vendors.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use employee_sync::report::Report;
use jiff::Timestamp;
use shared::domain::clock::{Clock, ManualClock};
use shared::domain::id::{InvalidTenantId, RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{Event, Mode, Progress, ProgressFn, Ran, Request};
use shared::secrets::SecretError;
use shared::state::StateError;
use shared::tenant::Via;
use simulators::aws::Sts;
use simulators::{Aws, FaultEngine};
use thiserror::Error;

use crate::company::Company;
use crate::functions::{CallOrder, FunctionOptions, Functions};
use crate::stack::{CALL_TIMEOUT, Options, Stack, StartError};

#[derive(Debug)]
pub struct Fixture {
    pub stack: Stack,
    /// Everybody's clock, the simulators' too.
    pub clock: ManualClock,
    functions: Mutex<Arc<Functions>>,
    order: CallOrder,
    runs: AtomicU64,
}

/// Why a fixture, or a company in it, could not be set up.
#[derive(Debug, Error)]
pub enum FixtureError {
    #[error(transparent)]
    Stack(#[from] StartError),
    #[error("no simulator could be started on 127.0.0.1")]
    Listen(#[from] std::io::Error),
    #[error(transparent)]
    Tenant(#[from] InvalidTenantId),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl Fixture {
    /// Without companies, at `now`.
    pub async fn start(now: Timestamp) -> Result<Self, FixtureError> {
        Self::start_with(now, None).await
    }

    /// The same with an engine for faults of any call.
    pub async fn start_with(
        now: Timestamp,
        faults: Option<FaultEngine>,
    ) -> Result<Self, FixtureError> {
        let options = Options {
            faults,
            patience: Some(CALL_TIMEOUT),
            ..Options::default()
        };
        Self::start_by(CallOrder::Concurrent, ManualClock::new(now), options).await
    }

    /// The same, where each run has the rights of its tenant alone, as sessions of the token service that is returned.
    pub async fn start_with_sessions(now: Timestamp) -> Result<(Self, Sts), FixtureError> {
        let clock = ManualClock::new(now);
        let sts = Sts::start(simulators_clock(&clock)).await?;
        let options = Options {
            sts: Some(sts.clone()),
            patience: Some(CALL_TIMEOUT),
            ..Options::default()
        };
        let fixture = Self::start_by(CallOrder::Concurrent, clock, options).await?;
        Ok((fixture, sts))
    }

    /// The same, with a topic and a sender of mails for notices, in the region that is returned.
    pub async fn start_with_notices(now: Timestamp) -> Result<(Self, Aws), FixtureError> {
        let clock = ManualClock::new(now);
        let aws = Aws::start(simulators_clock(&clock)).await?;
        let options = Options {
            notices: Some(aws.clone()),
            patience: Some(CALL_TIMEOUT),
            ..Options::default()
        };
        let fixture = Self::start_by(CallOrder::Concurrent, clock, options).await?;
        Ok((fixture, aws))
    }

    /// The same by a clock that others move too, on a stack of the caller's choice.
    pub async fn start_by(
        order: CallOrder,
        clock: ManualClock,
        options: Options,
    ) -> Result<Self, FixtureError> {
        let options = Options {
            clock: Arc::new(clock.clone()),
            ..options
        };
        let stack = Stack::start(options).await?;
        let functions = functions(&stack, order, &clock, Arc::new(clock.clone()))?;
        Ok(Self {
            stack,
            clock,
            functions: Mutex::new(functions),
            order,
            runs: AtomicU64::new(0),
        })
    }

    pub fn functions(&self) -> Arc<Functions> {
        let functions = self.functions.lock();
        Arc::clone(&functions.unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the functions by new processes, without connections, tokens or anything in memory.
    pub fn restart(&self) -> Result<(), FixtureError> {
        self.restart_by(Arc::new(self.clock.clone()))
    }

    /// The same on a machine with another clock.
    pub fn restart_by(&self, clock: Arc<dyn Clock>) -> Result<(), FixtureError> {
        let new = functions(&self.stack, self.order, &self.clock, clock)?;
        let functions = self.functions.lock();
        *functions.unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// A company without people, ready to be synced. `more` is added to its tenant file.
    pub async fn company(
        &self,
        tenant: &str,
        via: Via,
        more: &str,
    ) -> Result<Company, FixtureError> {
        let tenant = TenantId::parse(tenant)?;
        let company = Company::start(tenant, via, simulators_clock(&self.clock)).await?;
        if let Some(faults) = self.stack.faults() {
            company.join(faults);
        }
        let (store, secrets) = (self.stack.store(), self.stack.secrets());
        let file = company.tenant_file(more);
        store.put_tenant(&company.tenant, &file).await?;
        secrets.put(&company.tenant, &company.secret()).await?;
        Ok(company)
    }

    /// Runs the employee function once for `company`.
    pub async fn tick(&self, company: &Company) -> Report {
        let (mode, deadline) = (Mode::Scheduled, Deadline::never());
        self.run(company, mode, deadline, &ignore_progress)
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
        let request = self.request(company, mode, deadline);
        self.functions().employees.run(&request, watch).await
    }

    /// Runs the certificate function once for `company`, in any mode.
    pub async fn run_certificates(
        &self,
        company: &Company,
        mode: Mode,
        deadline: Deadline,
        watch: ProgressFn<'_>,
    ) -> Ran<CertificateSync> {
        let request = self.request(company, mode, deadline);
        self.functions().certificates.run(&request, watch).await
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
}

/// `clock` is the functions' own, `moved` the one that simulated waits move.
fn functions(
    stack: &Stack,
    order: CallOrder,
    moved: &ManualClock,
    clock: Arc<dyn Clock>,
) -> Result<Arc<Functions>, StartError> {
    let options = FunctionOptions {
        sleeper: order.sleeper(moved),
        ..FunctionOptions::without_limits(clock)
    };
    Ok(Arc::new(Functions::new(stack, &options)?))
}

fn simulators_clock(clock: &ManualClock) -> simulators::Clock {
    let clock = clock.clone();
    Arc::new(move || clock.now())
}

/// A callback for runs whose progress nobody watches.
pub fn ignore_progress(_: Progress) {}
