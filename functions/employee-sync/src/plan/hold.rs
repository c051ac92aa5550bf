//! A plan cut in two: what may be applied, and what a brake holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::fingerprint::{FingerprintKey, Part as Print};
use shared::mapping::Attribute;
use shared::state::{Brake, Decision, HeldPlan};

use super::compare::digest_of;
use super::{Action, Change, Extent, Plan};
use shared::state::ValueDigest;

/// A harmful part of a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RiskyChange {
    /// Whom it would hit.
    pub source_id: SourceId,
    /// Which brake counts it.
    pub brake: Brake,
    /// Which part of the person's change it is.
    pub part: Part,
}

/// A part of a person's change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A value.
    Value(Attribute),
    /// The window in which the account is open.
    AccessWindow,
    /// The account itself: created, or given to this person.
    Account,
}

/// What a brake holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Identifies exactly these changes.
    pub hash: String,
    /// The held parts, in order.
    pub risky_changes: Vec<RiskyChange>,
    /// A keyed mark of each held part.
    pub digests: BTreeSet<u64>,
}

/// Marks kept in the state; beyond this many (8 bytes each, 400 KB an item) an approval is for the exact hash alone.
const MOST_MARKS: usize = 25_000;

/// Ids kept for people to look at.
const SAMPLE: usize = 100;

impl Plan {
    /// A keyed mark of each of `risky_changes`, by brake.
    #[must_use]
    pub fn digests(
        &self,
        risky_changes: &[RiskyChange],
        key: &FingerprintKey,
    ) -> BTreeMap<Brake, BTreeSet<u64>> {
        let by_id = self.by_id();
        let mut digests: BTreeMap<Brake, BTreeSet<u64>> = BTreeMap::new();
        for risky in risky_changes {
            if let Some(change) = by_id.get(&risky.source_id) {
                digests
                    .entry(risky.brake)
                    .or_default()
                    .insert(change.digest_of_part(risky.part, key));
            }
        }
        digests
    }

    /// `risky_changes` without what somebody approved less than 24 hours ago: the rest of an approved plan that was interrupted, which may be
    /// so small that no brake would hold it.
    #[must_use]
    pub fn unapproved(
        &self,
        risky_changes: Vec<RiskyChange>,
        stored: Option<&HeldPlan>,
        key: &FingerprintKey,
        now: Timestamp,
    ) -> Vec<RiskyChange> {
        let Some(approved) = stored.filter(|stored| is_approved(stored, now)) else {
            return risky_changes;
        };
        let by_id = self.by_id();
        let is_approved = |risky: &RiskyChange| {
            let change = by_id.get(&risky.source_id);
            change.is_some_and(|change| {
                approved
                    .changes
                    .contains(&change.digest_of_part(risky.part, key))
            })
        };
        risky_changes
            .into_iter()
            .filter(|risky| !is_approved(risky))
            .collect()
    }

    fn by_id(&self) -> BTreeMap<&SourceId, &Change> {
        self.changes
            .iter()
            .map(|change| (&change.source_id, change))
            .collect()
    }

    /// Moves the parts that `risky_changes` names from the plan's changes to what is held. `None` if there are none.
    #[must_use]
    pub fn hold(
        self,
        risky_changes: Vec<RiskyChange>,
        key: &FingerprintKey,
    ) -> (Self, Option<Held>) {
        if risky_changes.is_empty() {
            return (self, None);
        }
        let mut parts: BTreeMap<&SourceId, BTreeSet<Part>> = BTreeMap::new();
        for risky in &risky_changes {
            parts
                .entry(&risky.source_id)
                .or_default()
                .insert(risky.part);
        }
        let mut digests = BTreeSet::new();
        let mut changes = Vec::with_capacity(self.changes.len());
        let mut taken_out = Vec::new();
        for change in self.changes {
            match parts.get(&change.source_id) {
                None => changes.push(change),
                Some(held) => {
                    digests.extend(held.iter().map(|part| change.digest_of_part(*part, key)));
                    taken_out.push(change.clone().only(held));
                    changes.extend(change.without(held));
                }
            }
        }
        let hash = hash(&digests, key);
        (
            Self {
                changes,
                held: taken_out,
                ..self
            },
            Some(Held {
                hash,
                risky_changes,
                digests,
            }),
        )
    }
}

impl Change {
    /// Nothing but `held`.
    fn only(mut self, held: &BTreeSet<Part>) -> Self {
        self.values
            .retain(|value| held.contains(&Part::Value(value.attribute)));
        if !held.contains(&Part::AccessWindow) {
            self.window = None;
        }
        self
    }

    /// What is left of the change without `held`; `None` if nothing is.
    fn without(mut self, held: &BTreeSet<Part>) -> Option<Self> {
        self.values
            .retain(|value| !held.contains(&Part::Value(value.attribute)));
        for part in held {
            if let Part::Value(attribute) = part {
                self.baseline.digests.remove(attribute.name());
            }
        }
        if held.contains(&Part::AccessWindow) {
            self.window = None;
        }
        self.extent = Extent::Partial;
        let acts = !self.values.is_empty()
            || self.window.is_some()
            || !matches!(self.action, Action::Update(_));
        acts.then_some(self)
    }

    /// Identifies one part of the change by what it would do, whenever it is planned: a lock without a date of its own
    /// would fall on another moment in each run.
    fn digest_of_part(&self, part: Part, key: &FingerprintKey) -> u64 {
        let what = match part {
            Part::AccessWindow => match (&self.window, self.locked) {
                (Some(_), Some(locked)) => format!("{:?}", locked.reason),
                (Some(window), None) => format!("{:?}", window.after),
                (None, _) => String::new(),
            },
            Part::Account => match &self.action {
                Action::Handover { from, .. } => format!("from {from}"),
                Action::Create | Action::Adopt(_) | Action::Update(_) => "account".to_owned(),
            },
            Part::Value(attribute) => {
                let after = self
                    .values
                    .iter()
                    .find(|value| value.attribute == attribute);
                match after.map(|value| digest_of(attribute, value.after.as_ref(), key)) {
                    Some(ValueDigest::Value(digest)) => format!("{attribute} {digest}"),
                    Some(ValueDigest::Null) | None => attribute.to_string(),
                }
            }
        };
        key.digest(self.source_id.as_str(), &what)
    }
}

fn hash(digests: &BTreeSet<u64>, key: &FingerprintKey) -> String {
    let digests: Vec<String> = digests.iter().map(u64::to_string).collect();
    let print = key.fingerprint(digests.iter().map(|digest| Print::Value(digest)));
    print.to_string().chars().take(12).collect()
}

/// Whether a plan that would be held may go ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Somebody approved it, less than 24 hours ago.
    Approved,
    /// Somebody dismissed it: it stays held, quietly.
    Dismissed,
    /// Nobody has decided.
    Open,
}

/// Whether somebody approved it less than 24 hours ago.
fn is_approved(stored: &HeldPlan, now: Timestamp) -> bool {
    matches!(stored.decision, Some(Decision::Approved { at }) if now < at + super::SOON)
}

impl Held {
    /// What was decided about this plan, or about a larger one of which it is the rest.
    #[must_use]
    pub fn consent(&self, stored: Option<&HeldPlan>, now: Timestamp) -> Consent {
        let Some(stored) = stored else {
            return Consent::Open;
        };
        let rest = !stored.changes.is_empty() && self.digests.is_subset(&stored.changes);
        match stored.decision {
            Some(Decision::Approved { .. })
                if is_approved(stored, now) && (stored.hash == self.hash || rest) =>
            {
                Consent::Approved
            }
            Some(Decision::Dismissed { .. }) if stored.hash == self.hash => Consent::Dismissed,
            _ => Consent::Open,
        }
    }

    /// As it is kept until somebody decides. An unchanged plan keeps its first moment and its decision.
    #[must_use]
    pub fn to_store(&self, stored: Option<&HeldPlan>, now: Timestamp) -> HeldPlan {
        let same = stored.filter(|stored| stored.hash == self.hash);
        let mut counts: BTreeMap<Brake, u32> = BTreeMap::new();
        for risky in &self.risky_changes {
            *counts.entry(risky.brake).or_default() += 1;
        }
        let people: BTreeSet<&SourceId> = self
            .risky_changes
            .iter()
            .map(|risky| &risky.source_id)
            .collect();
        HeldPlan {
            hash: self.hash.clone(),
            since: same.map_or(now, |stored| stored.since),
            counts,
            changes: if self.digests.len() <= MOST_MARKS {
                self.digests.clone()
            } else {
                BTreeSet::new()
            },
            sample: people
                .into_iter()
                .take(SAMPLE)
                .map(ToString::to_string)
                .collect(),
            decision: same.and_then(|stored| stored.decision),
        }
    }
}
