//! Everybody who was read, each once.

use shared::domain::employee::Employee;
use shared::domain::id::SourceId;
use shared::fingerprint::Fingerprint;
use shared::source::Leaving;

/// One person as reported, with the fingerprint of what that means for reteach.
#[derive(Debug)]
pub enum Person {
    Employee(Box<Employee>, Fingerprint),
    Rejected {
        /// Stands for the rejection: the same one is not looked at twice.
        fingerprint: Fingerprint,
        field: String,
        problem: String,
        /// What can be read of it all the same.
        leaving: Leaving,
    },
}

impl Person {
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Employee(_, fingerprint) | Self::Rejected { fingerprint, .. } => *fingerprint,
        }
    }
}

/// Everybody, each once, in the order of the source ids.
#[derive(Debug, Default)]
pub struct Snapshot(Vec<(SourceId, Person)>);

impl Snapshot {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn contains(&self, id: &SourceId) -> bool {
        self.get(id).is_some()
    }

    #[must_use]
    pub fn get(&self, id: &SourceId) -> Option<&Person> {
        let place = self.0.binary_search_by(|(other, _)| other.cmp(id));
        self.0.get(place.ok()?).map(|(_, person)| person)
    }

    /// Everybody, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (&SourceId, &Person)> {
        self.0.iter().map(|(id, person)| (id, person))
    }

    pub fn ids(&self) -> impl Iterator<Item = &SourceId> {
        self.0.iter().map(|(id, _)| id)
    }
}

impl FromIterator<(SourceId, Person)> for Snapshot {
    /// Of somebody who comes twice the later record counts.
    fn from_iter<I: IntoIterator<Item = (SourceId, Person)>>(people: I) -> Self {
        let mut people: Vec<_> = people.into_iter().collect();
        // The sort keeps the order of equal ids; of those the first is kept, so the last has to come first.
        people.reverse();
        people.sort_by(|(one, _), (other, _)| one.cmp(other));
        people.dedup_by(|(later, _), (kept, _)| later == kept);
        people.shrink_to_fit();
        Self(people)
    }
}

#[cfg(test)]
mod tests;
