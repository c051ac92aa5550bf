//! Companies with simulated vendors that outlive the process.
//!
//! Each company's state is written to a file of its own within [`DEBOUNCE`] of a change, when an order of the operator is carried
//! out, and at the end. A process that is killed loses at most what happened in that time.

mod act;
mod announcement;
mod company;
mod control;
mod error;
mod onboarding;
mod ports;
mod show;
mod tenant;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use simulators::Clock;
use tokio::task::JoinSet;

pub use act::{Act, Details, Done};
pub use announcement::{Announced, Announcement};
pub use control::{Order, Question, act, show};
pub use error::VendorsError;
pub use show::List;
pub use tenant::Tenant;

use crate::world::Company;
use company::Resident;
use control::Control;

/// How long changes are gathered before they are written.
pub const DEBOUNCE: Duration = Duration::from_millis(150);

/// How often everybody's status is put to where the day has moved it.
const NIGHTLY: Duration = Duration::from_secs(60);

/// How the vendors are set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything is kept.
    pub dir: PathBuf,
    /// People in each company that is not there yet.
    pub people: usize,
}

/// Running companies. They end when this is dropped.
pub struct Vendors {
    dir: PathBuf,
    residents: Arc<[Resident]>,
    control: Control,
    _tasks: JoinSet<()>,
}

impl Vendors {
    /// Sets the companies up, or puts them back as they were.
    ///
    /// # Errors
    /// [`VendorsError`] where the folder, a file in it or a port cannot be used.
    pub async fn start(options: &Options) -> Result<Self, VendorsError> {
        company::make_folder(&options.dir)?;
        // Its port comes first: whoever has it has the state.
        let door = control::Door::open(&options.dir).await?;
        let clock: Clock = Arc::new(Timestamp::now);
        let mut residents = Vec::new();
        for tenant in Tenant::ALL {
            residents.push(Resident::open(tenant, options, &clock).await?);
        }
        let residents: Arc<[Resident]> = residents.into();
        let mut tasks = JoinSet::new();
        for number in 0..residents.len() {
            keep(&mut tasks, &residents, number);
        }
        tasks.spawn(nights(Arc::clone(&residents)));
        let control = door.serve(Arc::clone(&residents), &mut tasks);
        Ok(Self {
            dir: options.dir.clone(),
            residents,
            control,
            _tasks: tasks,
        })
    }

    /// The companies.
    pub fn companies(&self) -> impl Iterator<Item = &Company> {
        self.residents.iter().map(|resident| &resident.company)
    }

    /// Where everything is.
    #[must_use]
    pub fn announcement(&self) -> Announcement {
        Announcement {
            state: self.dir.clone(),
            control: self.control.url.clone(),
            tenants: self
                .residents
                .iter()
                .map(|resident| Announced::of(&self.dir, resident))
                .collect(),
        }
    }

    /// Writes what has changed, and ends.
    ///
    /// # Errors
    /// [`VendorsError::File`] if it cannot be written.
    pub fn stop(self) -> Result<(), VendorsError> {
        self.residents.iter().try_for_each(Resident::save)
    }
}

/// Writes a company's file a short while after each change.
fn keep(tasks: &mut JoinSet<()>, residents: &Arc<[Resident]>, number: usize) {
    let Some(resident) = residents.get(number) else {
        return;
    };
    for mut activity in resident.activities() {
        let residents = Arc::clone(residents);
        tasks.spawn(async move {
            while activity.changed().await.is_ok() {
                tokio::time::sleep(DEBOUNCE).await;
                let saved = residents.get(number).map_or(Ok(()), Resident::save);
                if let Err(error) = saved {
                    complain(&error.to_string());
                }
            }
        });
    }
}

/// Personio moves everybody's status when a day begins.
async fn nights(residents: Arc<[Resident]>) {
    let mut minutes = tokio::time::interval(NIGHTLY);
    loop {
        minutes.tick().await;
        for resident in residents.iter() {
            resident.company.personio.settle();
        }
    }
}

/// Says something on the way.
#[expect(clippy::print_stderr, reason = "it is no result")]
pub(crate) fn mention(text: &str) {
    eprintln!("{text}");
}

/// Says what went wrong.
#[expect(
    clippy::print_stderr,
    reason = "this is where a command says what went wrong"
)]
pub(crate) fn complain(text: &str) {
    eprintln!("error: {text}");
}
