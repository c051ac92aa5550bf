//! Both functions as processes that a world or a region starts.

use std::sync::Arc;

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use shared::clock::Clock;
use shared::http::{self, Calls, Context, Pace};
use shared::job::{App, Work};

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

impl Functions {
    /// Each built from parts of its own, as its process builds them when it starts. `pace` takes the place of the vendors'.
    pub(crate) fn new(
        stack: &Stack,
        clock: &Arc<dyn Clock>,
        pace: Option<&Pace>,
    ) -> Result<Self, WorldError> {
        let work = CertificateSync::new().map_err(|_| WorldError::Tls)?;
        let employees = app(EmployeeSync, stack, clock, pace)?;
        Ok(Self { employees, certificates: app(work, stack, clock, pace)? })
    }

    /// The vendors here set no limits, so nobody waits.
    pub(crate) fn unpaced(stack: &Stack, clock: &Arc<dyn Clock>) -> Result<Self, WorldError> {
        Self::new(stack, clock, Some(&Pace::new(&[])))
    }
}

fn app<W: Work>(
    work: W,
    stack: &Stack,
    clock: &Arc<dyn Clock>,
    pace: Option<&Pace>,
) -> Result<App<W>, WorldError> {
    let (store, secrets) = stack.for_function().map_err(StartError::from)?;
    let client = http::client().map_err(|_| WorldError::Tls)?;
    let sessions = stack.sessions().map_err(StartError::from)?;
    let app = App::new(work, store, secrets, Context::new(client, Arc::clone(clock), Calls::default()))
        .with_sessions(sessions);
    Ok(match pace {
        Some(pace) => app.with_pace(pace.clone()),
        None => app,
    })
}
