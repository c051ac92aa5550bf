//! Both functions as processes that a world or a region starts.

use std::sync::Arc;

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use shared::domain::clock::{Clock, ManualClock};
use shared::http::{self, Calls, Context, RateLimiter, Sleeper};
use shared::runtime::{App, Job};

use crate::WorldError;
use crate::stack::{Stack, StartError};

/// Both functions.
#[derive(Debug)]
pub struct Functions {
    /// From the HR system to reteach.
    pub employees: App<EmployeeSync>,
    /// From reteach to the HR system.
    pub certificates: App<CertificateSync>,
}

/// In which order the functions call the vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Several calls at once, as on Lambda, and real waits between attempts.
    Usual,
    /// One call at a time, always in the same order; waits move the clock, with jitter from this seed.
    InTurn(u64),
}

impl Order {
    pub(crate) fn waits(self, clock: &ManualClock) -> Option<Sleeper> {
        match self {
            Self::Usual => None,
            Self::InTurn(seed) => Some(Sleeper::simulated(clock.clone(), seed)),
        }
    }
}

impl Functions {
    /// Each built from parts of its own, as its process builds them when it starts. `pace` takes the place of the vendors'.
    pub(crate) fn new(
        stack: &Stack,
        clock: &Arc<dyn Clock>,
        pace: Option<&RateLimiter>,
    ) -> Result<Self, WorldError> {
        Self::ordered(stack, clock, pace, None)
    }

    /// The vendors here set no limits, so nobody waits. With `in_turn`, one call is made at a time.
    pub(crate) fn unpaced(
        stack: &Stack,
        clock: &Arc<dyn Clock>,
        in_turn: Option<&Sleeper>,
    ) -> Result<Self, WorldError> {
        Self::ordered(stack, clock, Some(&RateLimiter::new(&[])), in_turn)
    }

    fn ordered(
        stack: &Stack,
        clock: &Arc<dyn Clock>,
        pace: Option<&RateLimiter>,
        in_turn: Option<&Sleeper>,
    ) -> Result<Self, WorldError> {
        let work = CertificateSync::new().map_err(|_| WorldError::Tls)?;
        let employees = app(EmployeeSync, stack, clock, pace, in_turn)?;
        Ok(Self {
            employees,
            certificates: app(work, stack, clock, pace, in_turn)?,
        })
    }
}

fn app<W: Job>(
    work: W,
    stack: &Stack,
    clock: &Arc<dyn Clock>,
    pace: Option<&RateLimiter>,
    in_turn: Option<&Sleeper>,
) -> Result<App<W>, WorldError> {
    let (store, secrets) = stack.for_function().map_err(StartError::from)?;
    let client = http::client().map_err(|_| WorldError::Tls)?;
    let sessions = stack.sessions().map_err(StartError::from)?;
    let mut context = Context::new(client, Arc::clone(clock), Calls::default()).with_simulators();
    if let Some(waits) = in_turn {
        context = context.with_waits(waits.clone());
    }
    let mut app = App::new(work, store, secrets, context).with_sessions(sessions);
    if let Some(pace) = pace {
        app = app.with_pace(pace.clone());
    }
    Ok(match in_turn {
        Some(_) => app.in_turn(),
        None => app,
    })
}
