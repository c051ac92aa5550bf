//! Companies with simulated vendors that outlive the process.
//!
//! Each company's state is written to a file of its own within [`DEBOUNCE`] of a change, when an order of the operator is carried
//! out, and at the end. A process that is killed loses at most what happened in that time.

mod action;
mod announcement;
mod control;
mod error;
mod local_tenant;
mod onboarding;
mod ports;
mod show;
mod simulated_tenant;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use simulators::Clock;
use tokio::task::JoinSet;

pub use action::{Action, ActionResult, Details};
pub use announcement::{AnnouncedTenant, Announcement};
pub use control::{ActionRequest, ListRequest, act, show};
pub use error::VendorsError;
pub use local_tenant::LocalTenant;
pub use show::List;

use crate::company::Company;
use control::Control;
use simulated_tenant::SimulatedTenant;

/// How long changes are gathered before they are written.
pub const DEBOUNCE: Duration = Duration::from_millis(150);

/// How often everybody's status is put to where the day has moved it.
const NIGHTLY: Duration = Duration::from_secs(60);

/// How the vendors are set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything is saved.
    pub dir: PathBuf,
    /// People in each company that is not there yet.
    pub people: usize,
}

/// Running companies. They end when this is dropped.
pub struct Vendors {
    dir: PathBuf,
    tenants: Arc<[SimulatedTenant]>,
    control: Control,
    _tasks: JoinSet<()>,
}

impl Vendors {
    /// Sets the companies up, or puts them back as they were.
    ///
    /// # Errors
    /// [`VendorsError`] where the folder, a file in it or a port cannot be used.
    pub async fn start(options: &Options) -> Result<Self, VendorsError> {
        simulated_tenant::make_folder(&options.dir)?;
        // Its port comes first: whoever has it has the state.
        let listener = control::ControlListener::open(&options.dir).await?;
        let clock: Clock = Arc::new(Timestamp::now);
        let mut tenants = Vec::new();
        for tenant in LocalTenant::ALL {
            tenants.push(SimulatedTenant::open(tenant, options, &clock).await?);
        }
        let tenants: Arc<[SimulatedTenant]> = tenants.into();
        let mut tasks = JoinSet::new();
        for number in 0..tenants.len() {
            keep(&mut tasks, &tenants, number);
        }
        tasks.spawn(nights(Arc::clone(&tenants)));
        let control = listener.serve(Arc::clone(&tenants), &mut tasks);
        Ok(Self {
            dir: options.dir.clone(),
            tenants,
            control,
            _tasks: tasks,
        })
    }

    /// The companies.
    pub fn companies(&self) -> impl Iterator<Item = &Company> {
        self.tenants.iter().map(|tenant| &tenant.company)
    }

    /// Where everything is.
    #[must_use]
    pub fn announcement(&self) -> Announcement {
        Announcement {
            state: self.dir.clone(),
            control: self.control.url.clone(),
            tenants: self
                .tenants
                .iter()
                .map(|tenant| AnnouncedTenant::of(&self.dir, tenant))
                .collect(),
        }
    }

    /// Writes what has changed, and ends.
    ///
    /// # Errors
    /// [`VendorsError::File`] if it cannot be written.
    pub fn stop(self) -> Result<(), VendorsError> {
        self.tenants.iter().try_for_each(SimulatedTenant::save)
    }
}

/// Writes a company's file a short while after each change.
fn keep(tasks: &mut JoinSet<()>, tenants: &Arc<[SimulatedTenant]>, number: usize) {
    let Some(tenant) = tenants.get(number) else {
        return;
    };
    for mut activity in tenant.activities() {
        let tenants = Arc::clone(tenants);
        tasks.spawn(async move {
            while activity.changed().await.is_ok() {
                tokio::time::sleep(DEBOUNCE).await;
                let saved = tenants.get(number).map_or(Ok(()), SimulatedTenant::save);
                if let Err(error) = saved {
                    print_error(&error.to_string());
                }
            }
        });
    }
}

/// Personio moves everybody's status when a day begins.
async fn nights(tenants: Arc<[SimulatedTenant]>) {
    let mut minutes = tokio::time::interval(NIGHTLY);
    loop {
        minutes.tick().await;
        for tenant in tenants.iter() {
            tenant.company.personio.settle();
        }
    }
}

#[expect(clippy::print_stderr, reason = "standard output has the results")]
pub(crate) fn print_note(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::print_stderr, reason = "errors go to standard error")]
pub(crate) fn print_error(text: &str) {
    eprintln!("error: {text}");
}
