//! A region on a terminal: its first message, and its life until a signal comes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::MissedTickBehavior;

use super::{Region, RegionEvent};

const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// What another terminal needs, and what the state holds.
#[derive(Clone, Debug, Serialize)]
pub struct Start {
    pub environment: Vec<(&'static str, String)>,
    pub console: String,
    pub state: PathBuf,
    pub schedules: usize,
    pub dead_letters: usize,
}

impl Start {
    #[must_use]
    pub fn new(region: &Region, folder: &Path, console: String) -> Self {
        Self {
            environment: region.environment(),
            console,
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
        writeln!(
            f,
            "\nThe console, for ten minutes and one browser; later `cargo tenants web`:\n\n  {}",
            self.console
        )?;
        let schedules = terminal::counts::number(self.schedules as u64, "schedule", "schedules");
        writeln!(
            f,
            "\n{schedules}. A line for each run of a schedule and for each call follows."
        )?;
        if self.dead_letters > 0 {
            let letters =
                terminal::counts::number(self.dead_letters as u64, "dead letter", "dead letters");
            writeln!(
                f,
                "{letters} in {state}/dead-letters.json: failed events whose callers did not wait."
            )?;
        }
        Ok(())
    }
}

/// Fires the schedules of `region` and hands each event to `show`, until `interrupted`.
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
            // The runs continue on their own.
            _ = looks.tick() => drop(region.fire()),
            Some(event) = events.recv() => show(&event),
        }
    }
}

/// Waits for running invocations and shows their results, until `interrupted`.
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
