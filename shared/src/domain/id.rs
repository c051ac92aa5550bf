//! Identifiers, one type each, so that none is passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the identifier as it was given.
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// The most bytes a vendor's id may have. Ids become parts of sort keys (DynamoDB takes 1,024 bytes), addresses and log lines.
pub const MAX_ID_BYTES: usize = 256;

/// What is wrong with an id that is not [`is_usable`].
pub(crate) const UNUSABLE: &str = "is longer than 256 bytes or has control characters";

/// Whether a vendor's id can be worked with: 1 to [`MAX_ID_BYTES`] bytes, none of them a control character.
#[must_use]
pub fn is_usable(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len()) && !id.contains(char::is_control)
}

opaque_id! {
    /// The employee's id in the HR system: Personio's employee id, Kombo's `remote_id`.
    SourceId
}
opaque_id! {
    /// The id of a reteach account (`customer.id`).
    CustomerId
}
opaque_id! {
    /// What reteach calls `externalId`: `personio:<source id>`, or `<tool>:<source id>` for other HR systems.
    ExternalId
}
opaque_id! {
    /// One run of one job: the owner of a lease, the key of a report.
    RunId
}

opaque_id! {
    /// The id of a course certificate at reteach (`certificate.id`).
    CertificateId
}
opaque_id! {
    /// The id of a document in the HR system.
    DocumentId
}
opaque_id! {
    /// Who decided: `Operators/3f9a1c02`, a role or a kind of caller and a digest. No name of a person, no mail address.
    OperatorId
}
opaque_id! {
    /// The id of a document category, in the words of the route it was listed through.
    CategoryId
}

impl ExternalId {
    /// The external id of the employee `id` of the HR system `tool` (`personio` on every Personio route).
    #[must_use]
    pub fn of(tool: &str, id: &SourceId) -> Self {
        Self(format!("{tool}:{id}"))
    }

    /// Whether both are ids of the same HR system.
    #[must_use]
    pub fn is_of_the_tool_of(&self, other: &Self) -> bool {
        let tool = |id: &Self| id.0.split_once(':').map(|(tool, _)| tool.to_owned());
        tool(self).is_some() && tool(self) == tool(other)
    }

    /// The employee's id, if this external id is one of `tool`'s.
    #[must_use]
    pub fn source_id(&self, tool: &str) -> Option<SourceId> {
        self.0
            .strip_prefix(tool)?
            .strip_prefix(':')
            .map(SourceId::new)
    }
}

/// A tenant: one company with one academy. 2 to 40 characters of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("tenant_id must be 2 to 40 characters of a-z, 0-9 and '-'")]
pub struct InvalidTenantId;

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(text: &str) -> Result<Self, InvalidTenantId> {
        Self::parse(text)
    }
}

impl TenantId {
    pub fn parse(text: &str) -> Result<Self, InvalidTenantId> {
        let fits = (2..=40).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTenantId)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(text: String) -> Result<Self, InvalidTenantId> {
        Self::parse(&text)
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.0
    }
}
