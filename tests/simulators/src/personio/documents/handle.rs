//! The handle's part for documents.

use http::StatusCode;
use jiff::SignedDuration;

use super::{Category, Document};
use crate::Personio;

impl Personio {
    /// Every document, the oldest first. What a fault has delayed is there when its time has come.
    #[must_use]
    pub fn documents(&self) -> Vec<Document> {
        let now = self.now();
        self.state(|state| state.documents.all(now))
    }

    /// Documents of one employee with the same file, in groups of two and more: what must never be.
    #[must_use]
    pub fn duplicates(&self) -> Vec<Vec<Document>> {
        let now = self.now();
        self.state(|state| state.documents.duplicates(now))
    }

    /// Files a document as HR would, unchecked, under a new id, which is returned.
    pub fn add_document(&self, document: Document) -> u64 {
        self.state(|state| state.documents.file(document))
    }

    /// Deletes a document as HR would; returns whether there was one with this id.
    pub fn remove_document(&self, id: u64) -> bool {
        self.state(|state| state.documents.remove(id))
    }

    /// The categories of documents, by id. At the start `Arbeitsvertrag` and `Sonstige Dokumente`.
    #[must_use]
    pub fn categories(&self) -> Vec<Category> {
        self.state(|state| state.documents.categories())
    }

    /// Adds a category; returns its id. Two may have the same name.
    pub fn add_category(&self, name: &str) -> u64 {
        self.state(|state| {
            state.revision += 1;
            state.documents.add_category(name)
        })
    }

    /// Renames the first category of this name; returns whether there was one.
    pub fn rename_category(&self, name: &str, new: &str) -> bool {
        self.state(|state| {
            state.revision += 1;
            state.documents.rename_category(name, new)
        })
    }

    /// Removes every category of this name; their documents stay. Returns whether there was one.
    pub fn remove_category(&self, name: &str) -> bool {
        self.state(|state| {
            state.revision += 1;
            state.documents.remove_category(name)
        })
    }

    /// The virus scan says that this document is not safe.
    pub fn refuse_document_by_scan(&self, id: u64) {
        self.state(|state| state.documents.refused_by_scan.insert(id));
    }

    /// Takes the right to read documents away (`false`) or gives it back.
    pub fn allow_reading_documents(&self, allowed: bool) {
        self.state(|state| {
            state.documents.may_read = allowed;
            state.revision += 1;
        });
    }

    /// Takes the right to write documents away (`false`) or gives it back.
    pub fn allow_writing_documents(&self, allowed: bool) {
        self.state(|state| {
            state.documents.may_write = allowed;
            state.revision += 1;
        });
    }

    /// The status of the v2 list where the right to read documents is missing: 403 at the start, 401 on some accounts.
    pub fn refuse_reading_documents_with(&self, status: StatusCode) {
        self.state(|state| state.documents.reading_refusal = status);
    }

    /// How long, by the account's clock, a document stays out of the v2 list after it was uploaded; not at all at the start.
    pub fn set_document_lag(&self, lag: SignedDuration) {
        self.state(|state| state.documents.lag = lag);
    }
}
