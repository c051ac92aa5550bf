//! Companies with simulated vendors whose state survives the process.
//!
//! Each company's state is written to a file within [`DEBOUNCE`] of a change, with each action, and at the end. A killed
//! process loses at most the changes of that time.

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

/// Changes within this time are written together.
pub const DEBOUNCE: Duration = Duration::from_millis(150);

/// How often Personio's date-driven status changes are applied.
const STATUS_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub struct Options {
    pub dir: PathBuf,
    pub people: usize,
}

/// Running companies. Dropping this stops them.
pub struct Vendors {
    dir: PathBuf,
    tenants: Arc<[SimulatedTenant]>,
    control: Control,
    _tasks: JoinSet<()>,
}

impl Vendors {
    pub async fn start(options: &Options) -> Result<Self, VendorsError> {
        simulated_tenant::make_folder(&options.dir)?;
        // The port comes first: it locks the state against other processes.
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
        tasks.spawn(change_statuses(Arc::clone(&tenants)));
        let control = listener.serve(Arc::clone(&tenants), &mut tasks);
        Ok(Self {
            dir: options.dir.clone(),
            tenants,
            control,
            _tasks: tasks,
        })
    }

    pub fn companies(&self) -> impl Iterator<Item = &Company> {
        self.tenants.iter().map(|tenant| &tenant.company)
    }

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

    /// Writes unsaved changes and stops.
    pub fn stop(self) -> Result<(), VendorsError> {
        self.tenants.iter().try_for_each(SimulatedTenant::save)
    }
}

/// Writes a company's file shortly after each change.
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

/// Applies Personio's status changes at the start of a day.
async fn change_statuses(tenants: Arc<[SimulatedTenant]>) {
    let mut minutes = tokio::time::interval(STATUS_INTERVAL);
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
