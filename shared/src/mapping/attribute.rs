//! What of an account is ours to write.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A value of an account that this system manages, besides the window in which the account is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    Email,
    UserName,
    FirstName,
    LastName,
    Position,
    Company,
    Department,
    Location,
    Gender,
    /// The tag `Anstellungsart: …`
    EmploymentTypeTag,
    PositionTag,
    /// The tag `Standort: …`
    LocationTag,
}

impl Attribute {
    /// All of them, in the order of fingerprints and reports.
    pub const ALL: [Self; 12] = [
        Self::Email,
        Self::UserName,
        Self::FirstName,
        Self::LastName,
        Self::Position,
        Self::Company,
        Self::Department,
        Self::Location,
        Self::Gender,
        Self::EmploymentTypeTag,
        Self::PositionTag,
        Self::LocationTag,
    ];

    /// The name in reports and in the ledger: reteach's field, or `tag:` and the tag's prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::UserName => "userName",
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Position => "position",
            Self::Company => "company",
            Self::Department => "department",
            Self::Location => "location",
            Self::Gender => "gender",
            Self::EmploymentTypeTag => "tag:Anstellungsart",
            Self::PositionTag => "tag:Position",
            Self::LocationTag => "tag:Standort",
        }
    }

    /// The prefix of the tags that carry this attribute; `None` for a field. Tags outside these prefixes are never
    /// touched.
    #[must_use]
    pub fn tag_prefix(self) -> Option<&'static str> {
        match self {
            Self::EmploymentTypeTag => Some("Anstellungsart: "),
            Self::PositionTag => Some("Position: "),
            Self::LocationTag => Some("Standort: "),
            _ => None,
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A personal value: shown only where somebody asks for it by [`Text::reveal`]. A record and its change share it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Arc<str>);

impl Text {
    pub fn new(value: impl Into<String>) -> Self {
        Self(Arc::from(value.into()))
    }

    /// The value itself: for reteach, and for the operator's eyes.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

crate::debug_only!(Text);
