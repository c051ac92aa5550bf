//! What an account keeps of its documents: everything but the files' contents.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use http::StatusCode;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Origin;
use crate::engine::status;

/// A document of an employee, and what is kept of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub id: u64,
    /// The employee it belongs to.
    pub employee_id: u64,
    pub category_id: u64,
    /// The present name of its category; `None` if the category is gone.
    pub category: Option<String>,
    pub title: String,
    /// The date that was given with it.
    pub date: Option<Date>,
    /// The comment that was given with it.
    pub comment: Option<String>,
    pub file_name: String,
    /// The file's size in bytes.
    pub size: u64,
    /// The file's SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// The file's first 16 bytes.
    pub head: Vec<u8>,
    /// When the document came into being.
    pub created_at: Timestamp,
    pub origin: Origin,
}

/// A category of documents, made by HR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    pub id: u64,
    /// Its name, which HR may change.
    pub name: String,
}

/// Documents, categories, and how the API deals with them.
#[derive(Serialize, Deserialize)]
pub(in crate::personio) struct Documents {
    categories: BTreeMap<u64, String>,
    next_category: u64,
    documents: Vec<Document>,
    /// Employee to places in `documents`.
    by_employee: HashMap<u64, Vec<usize>>,
    pub(in crate::personio) may_read: bool,
    pub(in crate::personio) may_write: bool,
    #[serde(with = "status")]
    pub(in crate::personio) reading_refusal: StatusCode,
    /// How long a document stays out of the v2 list.
    pub(in crate::personio) lag: SignedDuration,
    /// Documents that the virus scan refuses.
    #[serde(default)]
    pub(in crate::personio) refused_by_scan: BTreeSet<u64>,
}

impl Documents {
    pub(in crate::personio) fn new() -> Self {
        let mut documents = Self {
            categories: BTreeMap::new(),
            next_category: 1,
            documents: Vec::new(),
            by_employee: HashMap::new(),
            may_read: true,
            may_write: true,
            reading_refusal: StatusCode::FORBIDDEN,
            lag: SignedDuration::ZERO,
            refused_by_scan: BTreeSet::new(),
        };
        for name in ["Arbeitsvertrag", "Sonstige Dokumente"] {
            documents.add_category(name);
        }
        documents
    }

    pub(in crate::personio) fn add_category(&mut self, name: &str) -> u64 {
        let id = self.next_category;
        self.next_category += 1;
        self.categories.insert(id, name.to_owned());
        id
    }

    pub(in crate::personio) fn rename_category(&mut self, name: &str, new: &str) -> bool {
        let found = self.categories.values_mut().find(|found| *found == name);
        found.map(|found| new.clone_into(found)).is_some()
    }

    pub(in crate::personio) fn remove_category(&mut self, name: &str) -> bool {
        let before = self.categories.len();
        self.categories.retain(|_, found| found != name);
        self.categories.len() < before
    }

    /// By id.
    pub(in crate::personio) fn categories(&self) -> Vec<Category> {
        self.categories
            .iter()
            .map(|(id, name)| Category {
                id: *id,
                name: name.clone(),
            })
            .collect()
    }

    pub(super) fn category(&self, id: u64) -> Option<&str> {
        self.categories.get(&id).map(String::as_str)
    }

    /// Moves a document that has come into being by `now`; returns whether there is one with this id.
    pub(super) fn move_to(&mut self, id: u64, category: u64, now: Timestamp) -> bool {
        let found = self
            .documents
            .iter_mut()
            .find(|document| document.id == id && document.created_at <= now);
        found
            .map(|document| document.category_id = category)
            .is_some()
    }

    /// The documents of each employee are those of the employee with the id that `new` gives.
    pub(in crate::personio) fn renumber(&mut self, new: impl Fn(u64) -> u64) {
        for document in &mut self.documents {
            document.employee_id = new(document.employee_id);
        }
        let by_employee = std::mem::take(&mut self.by_employee).into_iter();
        self.by_employee = by_employee.map(|(id, at)| (new(id), at)).collect();
    }

    /// Files a document and gives it its id.
    pub(in crate::personio) fn file(&mut self, document: Document) -> u64 {
        // Ids of one account are not consecutive: others get theirs in between.
        let id = 4_000_003 + 7 * self.documents.len() as u64;
        self.by_employee
            .entry(document.employee_id)
            .or_default()
            .push(self.documents.len());
        self.documents.push(Document { id, ..document });
        id
    }

    /// Every document that has come into being by `now`, oldest first.
    pub(in crate::personio) fn all(&self, now: Timestamp) -> Vec<Document> {
        let mut all: Vec<Document> = self
            .documents
            .iter()
            .filter(|document| document.created_at <= now)
            .map(|document| self.as_of_now(document))
            .collect();
        all.sort_by_key(|document| document.created_at);
        all
    }

    /// What the v2 list shows of an employee at `now`.
    pub(super) fn listed(&self, employee: u64, now: Timestamp) -> impl Iterator<Item = &Document> {
        let places = self
            .by_employee
            .get(&employee)
            .map(Vec::as_slice)
            .unwrap_or_default();
        places
            .iter()
            .filter_map(|place| self.documents.get(*place))
            .filter(move |document| {
                document
                    .created_at
                    .saturating_add(self.lag)
                    .is_ok_and(|shown| shown <= now)
            })
    }

    /// Those with the same file for the same employee, where there is more than one.
    pub(in crate::personio) fn duplicates(&self, now: Timestamp) -> Vec<Vec<Document>> {
        let mut groups: BTreeMap<(u64, String), Vec<Document>> = BTreeMap::new();
        for document in self.all(now) {
            groups
                .entry((document.employee_id, document.sha256.clone()))
                .or_default()
                .push(document);
        }
        groups
            .into_values()
            .filter(|group| group.len() > 1)
            .collect()
    }

    pub(in crate::personio) fn remove(&mut self, id: u64) -> bool {
        let Some(place) = self.documents.iter_mut().find(|document| document.id == id) else {
            return false;
        };
        // The place stays taken, so that the others keep theirs.
        let known = place.created_at != Timestamp::MAX;
        place.created_at = Timestamp::MAX;
        known
    }

    fn as_of_now(&self, document: &Document) -> Document {
        Document {
            category: self.category(document.category_id).map(str::to_owned),
            ..document.clone()
        }
    }
}
