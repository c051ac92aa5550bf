//! Both functions, built from the parts that their processes build when they start.

use std::sync::Arc;

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use shared::domain::clock::{Clock, ManualClock};
use shared::http::{self, Calls, Context, RateLimiter, Sleeper};
use shared::runtime::{App, Job};

use crate::stack::{Stack, StartError};

#[derive(Debug)]
pub struct Functions {
    pub employees: App<EmployeeSync>,
    pub certificates: App<CertificateSync>,
}

/// In which order the functions call the vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOrder {
    /// Several calls at once, as on Lambda, and real waits between attempts.
    Concurrent,
    /// One call at a time, always in the same order. Waits move the clock, with jitter from this seed.
    Sequential(u64),
}

impl CallOrder {
    pub(crate) fn sleeper(self, clock: &ManualClock) -> Option<Sleeper> {
        match self {
            Self::Concurrent => None,
            Self::Sequential(seed) => Some(Sleeper::simulated(clock.clone(), seed)),
        }
    }
}

/// How a function differs from its deployed form.
#[derive(Clone, Debug)]
pub struct FunctionOptions {
    pub clock: Arc<dyn Clock>,
    /// Replaces the vendors' limits.
    pub limits: Option<RateLimiter>,
    /// Waits for the function, which then makes one call at a time.
    pub sleeper: Option<Sleeper>,
}

impl FunctionOptions {
    /// For simulators that set no limits.
    #[must_use]
    pub fn without_limits(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            limits: Some(RateLimiter::new(&[])),
            sleeper: None,
        }
    }
}

impl Functions {
    pub(crate) fn new(stack: &Stack, options: &FunctionOptions) -> Result<Self, StartError> {
        let certificates = CertificateSync::new().map_err(|_| StartError::Tls)?;
        Ok(Self {
            employees: app(EmployeeSync, stack, options)?,
            certificates: app(certificates, stack, options)?,
        })
    }
}

/// A function on `stack`, with clients of its own.
pub fn app<W: Job>(
    work: W,
    stack: &Stack,
    options: &FunctionOptions,
) -> Result<App<W>, StartError> {
    let (store, secrets) = stack.for_function()?;
    let client = http::client().map_err(|_| StartError::Tls)?;
    let clock = Arc::clone(&options.clock);
    let mut context = Context::new(client, clock, Calls::default()).with_simulators();
    if let Some(sleeper) = &options.sleeper {
        context = context.with_waits(sleeper.clone());
    }
    let mut app = App::new(work, store, secrets, context)
        .with_sessions(stack.sessions()?)
        .with_notices(stack.senders()?);
    if let Some(limits) = &options.limits {
        app = app.with_pace(limits.clone());
    }
    Ok(match options.sleeper {
        Some(_) => app.in_turn(),
        None => app,
    })
}
