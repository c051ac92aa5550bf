//! What there is in a region.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;

use jiff::SignedDuration;
use serde_json::Value;

use super::function::Function;
use super::messages::SentMessage;

/// Schedules by group and name, each as it was sent.
pub type Groups = BTreeMap<String, BTreeMap<String, Value>>;

/// Keeps the schedules somewhere else.
type Keep = Box<dyn Fn(&Groups) -> io::Result<()> + Send + Sync>;

/// Hears of messages.
type Tell = Box<dyn Fn(&SentMessage) + Send + Sync>;

/// What there is in a region.
#[derive(Default)]
pub(super) struct State {
    /// Schedules by group and name.
    pub(super) groups: Groups,
    /// How many schedules a page of the list has, if not a few.
    pub(super) schedules_per_page: Option<usize>,
    /// Called after a change of the schedules.
    pub(super) keep: Option<Keep>,
    pub(super) stacks: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) functions: BTreeMap<String, Function>,
    /// What the functions were sent.
    pub(super) events: Vec<(String, Value)>,
    /// What was published and mailed.
    pub(super) messages: Vec<SentMessage>,
    pub(super) tell: Option<Tell>,
    /// Runs at once that Lambda allows the account, if not a thousand.
    pub(super) concurrency: Option<u32>,
    /// How far its clock is behind the operator's.
    pub(super) behind: SignedDuration,
    /// Of functions that are not for arm64, by ARN.
    pub(super) architectures: BTreeMap<String, String>,
    pub(super) subscriptions: BTreeMap<String, Vec<String>>,
    /// The ARN of who calls, for STS. Without one there is no STS.
    pub(super) caller: Option<String>,
    pub(super) rejected: BTreeSet<String>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

impl State {
    /// Puts a schedule of a known group there, or takes it away.
    pub(super) fn change(
        &mut self,
        group: &str,
        name: &str,
        schedule: Option<Value>,
    ) -> io::Result<()> {
        let before = self.replace(group, name, schedule);
        let kept = self.keep.as_ref().map_or(Ok(()), |keep| keep(&self.groups));
        if kept.is_err() {
            self.replace(group, name, before);
        }
        kept
    }

    fn replace(&mut self, group: &str, name: &str, schedule: Option<Value>) -> Option<Value> {
        let schedules = self.groups.entry(group.to_owned()).or_default();
        match schedule {
            Some(schedule) => schedules.insert(name.to_owned(), schedule),
            None => schedules.remove(name),
        }
    }
}
