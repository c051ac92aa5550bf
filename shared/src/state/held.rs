//! Changes that a brake holds, part by part, and what somebody decided about each.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use parts::{HeldPart, HeldParts, PartKey};

use super::{Brake, DecidedBy};
use crate::domain::id::{OperatorId, SourceId};

/// An item has 400 KB, and the parts need most of them.
const MAX_DECIDED_BY: usize = 100;

/// The parts of a plan that a brake holds, and those that were approved and are not applied yet. Stored as
/// `HELD#employees`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldPlan {
    /// The hash of the held parts. A decision names it.
    pub hash: String,
    pub since: Timestamp,
    /// The number of people of each kind that is held.
    pub counts: BTreeMap<Brake, u32>,
    /// What many of the held parts have in common. No personal data.
    #[serde(default)]
    pub patterns: Vec<HeldPattern>,
    #[serde(default)]
    pub parts: HeldParts,
    /// Kinds of which somebody has decided about some parts: the others stay held however few they are.
    #[serde(default)]
    pub partly_decided: BTreeSet<Brake>,
    /// Some people were left for later runs, so more may belong to it.
    #[serde(default)]
    pub is_unseen: bool,
    /// Ids of people with held changes, at most 100.
    #[serde(default)]
    pub sample: Vec<String>,
    /// Grows with each decision: a run that did not see the last one does not overwrite it.
    #[serde(default)]
    pub revision: u64,
    /// Who made the decisions that parts have, the oldest first. Without those that AWS did not name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<DecidedBy>,
}

/// What several held parts have in common: `mail @alt.example → @neu.example`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldPattern {
    /// `None` for the parts that have nothing in common.
    pub text: Option<String>,
    pub parts: u32,
}

impl fmt::Display for HeldPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts.to_string();
        for (place, digit) in parts.chars().enumerate() {
            if place > 0 && (parts.len() - place).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        match &self.text {
            Some(text) => write!(f, " × {text}"),
            None if self.parts == 1 => f.write_str(" other"),
            None => f.write_str(" others"),
        }
    }
}

/// What somebody decided about a part of a held plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Apply it. Lapses 24 hours later, or when the change is no longer planned.
    Approved { at: Timestamp },
    /// Leave it, and do not ask again while the change is planned.
    Dismissed { at: Timestamp },
}

impl Decision {
    #[must_use]
    pub fn at(self) -> Timestamp {
        match self {
            Self::Approved { at } | Self::Dismissed { at } => at,
        }
    }
}

/// Which parts of a held plan a decision is about. Without people: those that nobody has decided about,
/// or all where everything is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub kinds: BTreeSet<Brake>,
    pub people: BTreeSet<SourceId>,
    /// Only parts that nobody has decided about, also where everything is decided.
    pub is_undecided_alone: bool,
}

/// Why a decision cannot be taken as it was worded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    #[error("the held plan has no change of the kind {}", names(.0))]
    NoSuchKind(BTreeSet<Brake>),
    #[error("the held plan has no such change of {}", ids(.0))]
    NoSuchPerson(BTreeSet<SourceId>),
    #[error(
        "the held plan is too large to keep who is in it: decide by `--kind` or about all of it, or reduce it in the HR \
         system first"
    )]
    TooLargeForPeople,
    #[error("somebody has decided about all of it meanwhile")]
    Decided,
}

fn names(kinds: &BTreeSet<Brake>) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    names.join(", ")
}

fn ids(people: &BTreeSet<SourceId>) -> String {
    let ids: Vec<&str> = people.iter().map(SourceId::as_str).collect();
    ids.join(", ")
}

impl HeldPlan {
    /// Kinds and numbers of held parts that nobody has decided about.
    pub fn undecided(&self) -> BTreeMap<Brake, u32> {
        let mut counts = BTreeMap::new();
        for (key, part) in self.parts.iter() {
            if part.decision.is_none() {
                *counts.entry(key.brake).or_default() += 1;
            }
        }
        counts
    }

    /// People something is held for. Empty also where the plan is too large to keep who is in it.
    pub fn people(&self) -> BTreeSet<&SourceId> {
        let is_approved =
            |part: &HeldPart| matches!(part.decision, Some(Decision::Approved { .. }));
        let held = self.parts.iter().filter(|(_, part)| !is_approved(part));
        held.filter_map(|(_, part)| part.person.as_ref()).collect()
    }

    #[must_use]
    pub fn decision(&self, key: PartKey) -> Option<Decision> {
        self.parts.get(key)?.decision
    }

    pub fn approved(&self) -> usize {
        let is_approved =
            |part: &HeldPart| matches!(part.decision, Some(Decision::Approved { .. }));
        self.parts
            .iter()
            .filter(|(_, part)| is_approved(part))
            .count()
    }

    /// What was decided about each held part of this person. Empty also where the plan is too large to keep who is in it.
    #[must_use]
    pub fn decisions_about(&self, person: &SourceId) -> Vec<Option<Decision>> {
        self.parts
            .iter()
            .filter(|(_, part)| part.person.as_ref() == Some(person))
            .map(|(_, part)| part.decision)
            .collect()
    }

    pub fn dismissed(&self) -> usize {
        let is_dismissed =
            |part: &HeldPart| matches!(part.decision, Some(Decision::Dismissed { .. }));
        self.parts
            .iter()
            .filter(|(_, part)| is_dismissed(part))
            .count()
    }

    /// The parts that `choice` names.
    ///
    /// # Errors
    /// [`ChoiceError`] if it names a kind or a person that the plan does not have, people in a plan that is too large to keep
    /// them, or undecided parts where there are none.
    pub fn chosen(&self, choice: &Choice) -> Result<BTreeSet<PartKey>, ChoiceError> {
        let Choice {
            kinds,
            people,
            is_undecided_alone,
        } = choice;
        if !people.is_empty() && !self.parts.names_people() {
            return Err(ChoiceError::TooLargeForPeople);
        }
        let of_kind = |key: &PartKey| kinds.is_empty() || kinds.contains(&key.brake);
        let present: BTreeSet<Brake> = self.parts.iter().map(|(key, _)| key.brake).collect();
        let missing: BTreeSet<Brake> = kinds.difference(&present).copied().collect();
        if !missing.is_empty() {
            return Err(ChoiceError::NoSuchKind(missing));
        }
        let parts: Vec<_> = self.parts.iter().filter(|(key, _)| of_kind(key)).collect();
        let present: BTreeSet<&SourceId> = parts
            .iter()
            .filter_map(|(_, part)| part.person.as_ref())
            .collect();
        let missing = people.iter().filter(|person| !present.contains(person));
        let missing: BTreeSet<SourceId> = missing.cloned().collect();
        if !missing.is_empty() {
            return Err(ChoiceError::NoSuchPerson(missing));
        }
        let has_open = parts.iter().any(|(_, part)| part.decision.is_none());
        if *is_undecided_alone && !has_open {
            return Err(ChoiceError::Decided);
        }
        let is_chosen = |part: &HeldPart| match &part.person {
            _ if people.is_empty() => part.decision.is_none() || !has_open,
            Some(person) => people.contains(person),
            None => false,
        };
        let chosen = parts.into_iter().filter(|(_, part)| is_chosen(part));
        Ok(chosen.map(|(key, _)| *key).collect())
    }

    /// The plan with a decision about the `chosen` parts, as far as they are still held.
    #[must_use]
    pub fn decided(&self, chosen: &BTreeSet<PartKey>, decision: Decision) -> Self {
        let kinds: BTreeSet<Brake> = chosen.iter().map(|key| key.brake).collect();
        let mut decided = self.clone();
        decided.revision += 1;
        decided.parts.decide(chosen, decision);
        decided.partly_decided = decided.undecided().into_keys().collect();
        decided
            .partly_decided
            .retain(|kind| kinds.contains(kind) || self.partly_decided.contains(kind));
        decided
    }

    /// The parts that `choice` names, with the decision.
    pub fn decide(&self, choice: &Choice, decision: Decision) -> Result<Self, ChoiceError> {
        Ok(self.decided(&self.chosen(choice)?, decision))
    }

    /// Who made `decision`. `None` also where two operators decided in the same second.
    #[must_use]
    pub fn operator_of(&self, decision: Decision) -> Option<&OperatorId> {
        let mut found = self
            .decided_by
            .iter()
            .filter_map(|known| known.of(decision.at()));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The plan with who made `decision`, where that is known.
    #[must_use]
    pub fn signed(mut self, decision: Decision, by: Option<&OperatorId>) -> Self {
        self.add_operators(DecidedBy::new(decision.at(), by));
        self
    }

    /// The plan with the operators of those decisions that its parts have from `earlier`.
    #[must_use]
    pub fn with_operators_of(mut self, earlier: Option<&Self>) -> Self {
        let known = earlier.into_iter().flat_map(|plan| &plan.decided_by);
        self.add_operators(known.cloned());
        self
    }

    /// Keeps those alone whose decision a part still has.
    fn add_operators(&mut self, more: impl IntoIterator<Item = DecidedBy>) {
        for new in more {
            let is_known = self
                .decided_by
                .iter()
                .any(|known| known.of(new.at) == Some(&new.by));
            if !is_known {
                self.decided_by.push(new);
            }
        }
        if self.decided_by.is_empty() {
            return;
        }
        let decisions = self.parts.iter().filter_map(|(_, part)| part.decision);
        let seconds: BTreeSet<i64> = decisions
            .map(|decision| decision.at().as_second())
            .collect();
        self.decided_by
            .retain(|known| seconds.contains(&known.at.as_second()));
        self.decided_by.sort_by_key(|known| known.at);
        let excess = self.decided_by.len().saturating_sub(MAX_DECIDED_BY);
        self.decided_by.drain(..excess);
    }

    /// The plan without anything of these people; `None` if it has nothing of them.
    #[must_use]
    pub fn without(&self, people: &BTreeSet<SourceId>) -> Option<Self> {
        let is_theirs =
            |part: &HeldPart| part.person.as_ref().is_some_and(|id| people.contains(id));
        let theirs = self.parts.iter().filter(|(_, part)| is_theirs(part));
        let theirs: Vec<(PartKey, SourceId)> = theirs
            .filter_map(|(key, part)| Some((*key, part.person.clone()?)))
            .collect();
        let mut plan = self.clone();
        plan.sample
            .retain(|id| !people.contains(&SourceId::new(&**id)));
        let counted: BTreeSet<(Brake, &SourceId)> =
            theirs.iter().map(|(key, id)| (key.brake, id)).collect();
        for (brake, _) in counted {
            if let Some(count) = plan.counts.get_mut(&brake) {
                *count = count.saturating_sub(1);
            }
        }
        plan.counts.retain(|_, count| *count > 0);
        for (key, _) in theirs {
            plan.parts.remove(key);
        }
        (plan != *self).then_some(plan)
    }

    /// The plan with the decisions that `current` has and this plan does not know.
    #[must_use]
    pub fn with_decisions_of(mut self, current: &Self) -> Self {
        self.parts.take_decisions(&current.parts);
        self.partly_decided.clone_from(&current.partly_decided);
        self.revision = current.revision;
        self.with_operators_of(Some(current))
    }
}

#[cfg(test)]
mod tests;
