//! Everybody who was read, each once, packed: a run looks at few of them again, and a record as it is read lies in many pieces of
//! memory.

use std::fmt;

use shared::domain::employee::Employee;
use shared::domain::id::SourceId;
use shared::fingerprint::Fingerprint;

/// One person as reported, with the fingerprint of what that means for reteach.
#[derive(Debug)]
pub enum Person {
    /// An employee.
    Employee(Box<Employee>, Fingerprint),
    /// A record that does not fit.
    Rejected {
        /// Stands for the rejection: the same one is not looked at twice.
        fingerprint: Fingerprint,
        /// The field that does not fit.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Person {
    /// The fingerprint of the person's record.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Employee(_, fingerprint) | Self::Rejected { fingerprint, .. } => *fingerprint,
        }
    }
}

/// People in the order in which they come, some perhaps more than once.
#[derive(Default)]
pub struct SnapshotBuilder {
    packed: Vec<u8>,
    lines: Vec<Line>,
}

/// Everybody, each once, by source id.
#[derive(Default)]
pub struct Snapshot {
    packed: Vec<u8>,
    /// In the order of the ids.
    lines: Vec<Line>,
}

/// One person.
#[derive(Clone, Copy, Debug)]
struct Line {
    fingerprint: Fingerprint,
    /// Where the packed record begins. It begins with the id.
    start: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Employee,
    Rejected,
}

impl SnapshotBuilder {
    /// Takes somebody down.
    pub fn push(&mut self, id: &SourceId, person: &Person) {
        match person {
            Person::Employee(employee, fingerprint) => {
                let start = self.packed.len();
                match employee.pack_onto(&mut self.packed) {
                    Ok(()) => {
                        self.lines.push(Line {
                            fingerprint: *fingerprint,
                            start,
                            kind: Kind::Employee,
                        });
                    }
                    Err(error) => self.reject(id, *fingerprint, "", &error.to_string()),
                }
            }
            Person::Rejected {
                fingerprint,
                field,
                problem,
            } => {
                self.reject(id, *fingerprint, field, problem);
            }
        }
    }

    fn reject(&mut self, id: &SourceId, fingerprint: Fingerprint, field: &str, problem: &str) {
        self.lines.push(Line {
            fingerprint,
            start: self.packed.len(),
            kind: Kind::Rejected,
        });
        for text in [id.as_str(), field, problem] {
            // Writing text to memory does not fail.
            let _ = postcard::to_io(text, &mut self.packed);
        }
    }

    /// Everybody once. Of somebody who came twice the later record counts.
    #[must_use]
    pub fn build(self) -> Snapshot {
        let Self { packed, mut lines } = self;
        // The sort keeps the order of equal ids; of those the first is kept, so the last has to come first.
        lines.reverse();
        lines.sort_by(|one, other| id_at(&packed, one.start).cmp(id_at(&packed, other.start)));
        lines.dedup_by(|later, kept| id_at(&packed, later.start) == id_at(&packed, kept.start));
        Snapshot { packed, lines }
    }
}

impl Snapshot {
    /// How many people there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether this person is there.
    #[must_use]
    pub fn contains(&self, id: &SourceId) -> bool {
        self.find(id).is_some()
    }

    /// This person, if they are there.
    #[must_use]
    pub fn get(&self, id: &SourceId) -> Option<Person> {
        self.find(id).map(|line| self.person(line))
    }

    /// Everybody, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, Person)> + '_ {
        self.lines
            .iter()
            .map(|line| (self.id(line), self.person(line)))
    }

    /// Everybody's id, in order.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.lines.iter().map(|line| self.id(line))
    }

    /// Id and fingerprint of the person at this place in the order of the ids.
    pub(crate) fn at(&self, place: usize) -> Option<(SourceId, Fingerprint)> {
        self.lines
            .get(place)
            .map(|line| (self.id(line), line.fingerprint))
    }

    /// The fingerprint of the person at this place in the order of the ids.
    pub(crate) fn fingerprint_at(&self, place: usize) -> Option<Fingerprint> {
        self.lines.get(place).map(|line| line.fingerprint)
    }

    fn find(&self, id: &SourceId) -> Option<&Line> {
        let place = self
            .lines
            .binary_search_by(|line| id_at(&self.packed, line.start).cmp(id.as_str()));
        self.lines.get(place.ok()?)
    }

    fn id(&self, line: &Line) -> SourceId {
        SourceId::new(id_at(&self.packed, line.start))
    }

    fn person(&self, line: &Line) -> Person {
        let (fingerprint, bytes) = (
            line.fingerprint,
            self.packed.get(line.start..).unwrap_or_default(),
        );
        let rejected = |field: &str, problem: &str| {
            let (field, problem) = (field.to_owned(), problem.to_owned());
            Person::Rejected {
                fingerprint,
                field,
                problem,
            }
        };
        match line.kind {
            Kind::Employee => match Employee::unpack(bytes) {
                Ok(employee) => Person::Employee(Box::new(employee), fingerprint),
                Err(error) => rejected("", &error.to_string()),
            },
            Kind::Rejected => {
                let [_, field, problem] = postcard::from_bytes(bytes).unwrap_or_default();
                rejected(field, problem)
            }
        }
    }
}

/// The id that a packed record begins with.
fn id_at(packed: &[u8], start: usize) -> &str {
    packed
        .get(start..)
        .and_then(|bytes| postcard::from_bytes(bytes).ok())
        .unwrap_or_default()
}

impl fmt::Debug for SnapshotBuilder {
    /// Says how many: the bytes are personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SnapshotBuilder({})", self.lines.len())
    }
}

impl fmt::Debug for Snapshot {
    /// Says how many: the bytes are personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({})", self.lines.len())
    }
}

impl FromIterator<(SourceId, Person)> for Snapshot {
    fn from_iter<I: IntoIterator<Item = (SourceId, Person)>>(people: I) -> Self {
        let mut builder = SnapshotBuilder::default();
        for (id, person) in people {
            builder.push(&id, &person);
        }
        builder.build()
    }
}

#[cfg(test)]
mod tests;
