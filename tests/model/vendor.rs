//! The personnel files: uploads that take effect late, and lists that show documents late.

use shared::document::FiledDocument;
use shared::domain::id::DocumentId;

use crate::world::id;

/// The file of one certificate's owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct File {
    pub(crate) documents: Vec<Document>,
    /// Uploads that take effect later: by which minute each has.
    pub(crate) in_flight: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Document {
    /// By which minute lists show it; `None`: they do.
    pub(crate) hidden_until: Option<i64>,
}

impl File {
    /// The upload takes effect. Returns the document's number.
    pub(crate) fn file(&mut self, hidden_until: Option<i64>) -> usize {
        self.documents.push(Document { hidden_until });
        self.documents.len() - 1
    }

    pub(crate) fn listed(&self, place: usize) -> Vec<FiledDocument> {
        let documents = self.documents.iter().enumerate();
        let shown = documents.filter(|(_, document)| document.hidden_until.is_none());
        shown.map(|(number, _)| document(place, number)).collect()
    }

    /// By when something must have happened here.
    pub(crate) fn due(&self) -> Option<i64> {
        let hidden = self
            .documents
            .iter()
            .filter_map(|document| document.hidden_until);
        self.in_flight.iter().copied().chain(hidden).min()
    }
}

pub(crate) fn document_id(place: usize, number: usize) -> DocumentId {
    DocumentId::new(format!("{place}-{number}"))
}

fn document(place: usize, number: usize) -> FiledDocument {
    FiledDocument {
        id: document_id(place, number),
        name: None,
        date: None,
        comment: Some(format!("Zertifikat-ID {}", id(place))),
        size: None,
        category: None,
        created_at: None,
        is_unsafe: false,
    }
}
