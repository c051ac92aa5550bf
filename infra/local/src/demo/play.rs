//! The demo as data: what was asked, what happened in each scene, and the verdict.

use employee_sync::report::Report;
use jiff::Timestamp;
use serde::Serialize;
use shared::tenant::Via;

use super::acts::Act;

/// What is to be shown.
#[derive(Clone, Debug)]
pub struct Options {
    /// People in each company.
    pub people: usize,
    /// A company for each of these routes.
    pub routes: Vec<Via>,
    /// The moment at which the story ends.
    pub ends_at: Timestamp,
}

/// The whole demo.
#[derive(Clone, Debug, Serialize)]
pub struct Play {
    /// People in each company.
    pub people: usize,
    /// In order.
    pub scenes: Vec<Scene>,
    /// Everything that is not as it should be, with scene and tenant. Empty if all is well.
    pub problems: Vec<String>,
}

/// One tick of every company.
#[derive(Clone, Debug, Serialize)]
pub struct Scene {
    /// Its name.
    #[serde(flatten)]
    pub cue: Cue,
    /// The companies' time.
    pub at: Timestamp,
    /// One for each company.
    pub parts: Vec<Part>,
}

/// What a scene is about, and what has to come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cue {
    /// In a few words.
    pub title: String,
    /// In a sentence or two.
    pub about: String,
    /// What the run must come to.
    pub must: Must,
}

/// What a run must come to, beside the right accounts in reteach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Must {
    /// Nothing to do: no call to reteach, at most 4 read and 4 write units.
    BeQuiet,
    /// The company is in step.
    BeDone,
    /// A brake holds a plan; the rest is done.
    BeHeld,
}

/// One company in a scene.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Its route.
    pub route: &'static str,
    /// What happened in the company before the run.
    pub acts: Vec<Act>,
    /// Changes that were planned.
    pub planned: usize,
    /// How long the run took, in milliseconds of the machine's time.
    pub took_ms: u64,
    /// The function's own report. Its times are the companies'.
    pub report: Report,
    /// What is not as it should be.
    pub problems: Vec<String>,
}

impl Play {
    /// Whether all was as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }
}
