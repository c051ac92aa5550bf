//! What there is in a region.

use std::collections::BTreeMap;

use serde_json::Value;

/// What there is in a region.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Schedules by group and name.
    pub(super) groups: BTreeMap<String, BTreeMap<String, Value>>,
    /// Outputs by stack.
    pub(super) stacks: BTreeMap<String, BTreeMap<String, String>>,
    /// Functions by ARN.
    pub(super) functions: BTreeMap<String, Answer>,
    /// What the functions were sent.
    pub(super) events: Vec<(String, Value)>,
}

/// What a function answers.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) reply: Value,
    pub(super) failed: bool,
}
