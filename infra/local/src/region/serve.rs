//! A region for a terminal: what it says at first, and how it runs until it is interrupted.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::MissedTickBehavior;

use super::{Region, RegionEvent};

/// How often the schedules are last_check at.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// What another process needs to know, and what is there.
#[derive(Clone, Debug, Serialize)]
pub struct Start {
    /// The variables to export.
    pub environment: Vec<(&'static str, String)>,
    /// Where everything is kept.
    pub state: PathBuf,
    /// How many schedules there are.
    pub schedules: usize,
    /// How many dead letters there are.
    pub dead_letters: usize,
}

impl Start {
    /// What there is to say of `region`, which is kept in `folder`.
    #[must_use]
    pub fn new(region: &Region, folder: &Path) -> Self {
        Self {
            environment: region.environment(),
            state: folder.to_owned(),
            schedules: region.schedules().len(),
            dead_letters: region.dead_letters().len(),
        }
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.display();
        writeln!(
            f,
            "AWS on this machine. In the other terminals, `. {state}/environment` or:\n"
        )?;
        for (name, value) in &self.environment {
            writeln!(f, "  export {name}={value}")?;
        }
        let schedules = terminal::counts::number(self.schedules as u64, "schedule", "schedules");
        writeln!(
            f,
            "\n{schedules}. Below is a line for each time that one fires, and for each call."
        )?;
        if self.dead_letters > 0 {
            let letters =
                terminal::counts::number(self.dead_letters as u64, "dead letter", "dead letters");
            writeln!(
                f,
                "{letters} in {state}/dead-letters.json: what failed and nobody waited for."
            )?;
        }
        Ok(())
    }
}

/// Fires the schedules of `region` and hands everything that is told to `show`, until `interrupted`.
pub async fn run(
    region: &Region,
    events: &mut UnboundedReceiver<RegionEvent>,
    mut show: impl FnMut(&RegionEvent),
    interrupted: impl Future<Output = ()>,
) {
    let mut looks = tokio::time::interval(CHECK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut interrupted = std::pin::pin!(interrupted);
    loop {
        tokio::select! {
            () = &mut interrupted => return,
            // What is fired goes on by itself.
            _ = looks.tick() => drop(region.fire()),
            Some(event) = events.recv() => show(&event),
        }
    }
}

/// Waits for what is under way and shows how it ends, until `interrupted`.
pub async fn drain(
    region: &Region,
    events: &mut UnboundedReceiver<RegionEvent>,
    mut show: impl FnMut(&RegionEvent),
    interrupted: impl Future<Output = ()>,
) {
    let mut over = std::pin::pin!(async {
        tokio::select! {
            () = region.idle() => {}
            () = interrupted => {}
        }
    });
    loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => show(&event),
            () = &mut over => return,
        }
    }
}
