//! A plan cut in two: what may be applied, and what a brake holds.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::SourceId;
use shared::fingerprint::FingerprintKey;
use shared::mapping::Attribute;
use shared::state::{Brake, PartKey};

use super::compare::hash;
use super::{Action, Change, Extent, Plan};

/// A harmful part of a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RiskyChange {
    pub source_id: SourceId,
    pub brake: Brake,
    /// Which part of the person's change it is.
    pub part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Value(Attribute),
    /// The window in which the account is open.
    AccessWindow,
    /// The account itself: created, adopted, or given to this person. Without it nothing of the change is applied.
    Account,
}

impl Plan {
    /// The key of each of `risky_changes`.
    #[must_use]
    pub fn part_keys(&self, risky_changes: &[RiskyChange], key: &FingerprintKey) -> Vec<PartKey> {
        let by_id: BTreeMap<&SourceId, &Change> = self
            .changes
            .iter()
            .map(|change| (&change.source_id, change))
            .collect();
        let keys = risky_changes.iter().filter_map(|risky| {
            let change = by_id.get(&risky.source_id)?;
            Some(change.part_key(risky, key))
        });
        keys.collect()
    }

    /// The digests of `risky_changes`, by kind.
    #[must_use]
    pub fn digests(
        &self,
        risky_changes: &[RiskyChange],
        key: &FingerprintKey,
    ) -> BTreeMap<Brake, BTreeSet<u64>> {
        let mut digests: BTreeMap<Brake, BTreeSet<u64>> = BTreeMap::new();
        for part in self.part_keys(risky_changes, key) {
            let of_kind = digests.entry(part.brake).or_default();
            of_kind.insert(part.digest());
        }
        digests
    }

    /// Moves the parts that `risky_changes` names from the plan's changes to what is held.
    #[must_use]
    pub fn hold<'a>(self, risky_changes: impl IntoIterator<Item = &'a RiskyChange>) -> Self {
        let mut parts: BTreeMap<&SourceId, BTreeSet<Part>> = BTreeMap::new();
        for risky in risky_changes {
            let of_person = parts.entry(&risky.source_id).or_default();
            of_person.insert(risky.part);
            if risky.part == Part::Value(Attribute::Email) {
                // It takes the place of an emptied address.
                of_person.insert(Part::Value(Attribute::UserName));
            }
        }
        let mut changes = Vec::with_capacity(self.changes.len());
        let mut taken_out = self.held;
        for change in self.changes {
            match parts.get(&change.source_id) {
                None => changes.push(change),
                Some(held) => {
                    taken_out.push(change.clone().only(held));
                    changes.extend(change.without(held));
                }
            }
        }
        Self {
            changes,
            held: taken_out,
            ..self
        }
    }
}

impl Change {
    fn only(mut self, held: &BTreeSet<Part>) -> Self {
        if held.contains(&Part::Account) {
            return self;
        }
        self.values
            .retain(|value| held.contains(&Part::Value(value.attribute)));
        if !held.contains(&Part::AccessWindow) {
            self.window = None;
        }
        self
    }

    /// What is left of the change without `held`; `None` if nothing is.
    fn without(mut self, held: &BTreeSet<Part>) -> Option<Self> {
        if held.contains(&Part::Account) {
            return None;
        }
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

    pub(crate) fn part_key(&self, risky: &RiskyChange, key: &FingerprintKey) -> PartKey {
        PartKey::new(risky.brake, self.digest_of_part(risky.part, key))
    }

    /// Identifies one part of the change by what it would do, whenever it is planned: a lock without a date of its own
    /// would fall on another moment in each run.
    pub(super) fn digest_of_part(&self, part: Part, key: &FingerprintKey) -> u64 {
        let what = match part {
            Part::AccessWindow => match (&self.window, self.locked) {
                (Some(_), Some(locked)) => format!("{:?}", locked.reason),
                (Some(window), None) => format!("{:?}", window.after),
                (None, _) => String::new(),
            },
            Part::Account => match &self.action {
                Action::Handover { account, from, .. } => format!("{account} from {from}"),
                Action::Adopt(account) => format!("adopt {account}"),
                Action::Create | Action::Update(_) => "create".to_owned(),
            },
            Part::Value(attribute) => {
                let after = self
                    .values
                    .iter()
                    .find(|value| value.attribute == attribute);
                // The whole is salted with the person.
                match after.and_then(|value| value.after.as_ref()) {
                    Some(text) => {
                        let digest = hash(attribute.name(), attribute, text, key);
                        format!("{attribute} {digest}")
                    }
                    None => attribute.to_string(),
                }
            }
        };
        key.digest(self.source_id.as_str(), &what)
    }
}
