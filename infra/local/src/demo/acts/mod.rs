//! What happens in a company: each act with its story and what it changes at the vendors.

pub mod courses;
pub mod people;

use serde::Serialize;
use simulators::Person;

use oracle::IssuedCertificate;

/// Something that happens in a company, mostly to one person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Act {
    /// Whom, by Personio's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<u64>,
    /// The certificate it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// What, in words.
    pub story: &'static str,
    #[serde(skip)]
    pub(super) deed: Deed,
}

/// What changes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    /// HR writes a profile.
    Put(Box<Person>),
    /// HR deletes the person's profile.
    Delete,
    /// The academy issues a certificate.
    Issue(Box<IssuedCertificate>),
    /// The academy makes the certificate's PDF.
    MakePdf,
    /// HR makes a folder for documents.
    MakeFolder(&'static str),
    /// The next upload takes effect, and its reply is lost.
    LoseReply,
}

impl Act {
    fn of(person: u64, story: &'static str, deed: Deed) -> Self {
        Self {
            person: Some(person),
            certificate: None,
            story,
            deed,
        }
    }

    /// Whether the person's profile is deleted.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.deed == Deed::Delete
    }
}
