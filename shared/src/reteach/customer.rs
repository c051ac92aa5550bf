//! A customer: what reteach calls an account of its academy.

use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::access::FARTHEST;
use crate::domain::employee;
use crate::domain::id::{CustomerId, ExternalId};

#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    #[serde(deserialize_with = "id")]
    pub id: CustomerId,
    /// Whose account it is, in the words of the system that made it.
    #[serde(default, deserialize_with = "optional_id")]
    pub external_id: Option<ExternalId>,
    pub email: Option<String>,
    /// User name, for people without a mail address.
    pub user_name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub position: Option<String>,
    pub company: Option<String>,
    pub department: Option<String>,
    pub location: Option<String>,
    pub gender: Option<Gender>,
    /// Locked before this moment, at most [`FARTHEST`].
    #[serde(default, deserialize_with = "moment")]
    pub set_active_at: Option<Timestamp>,
    /// Locked from this moment on, at most [`FARTHEST`].
    #[serde(default, deserialize_with = "moment")]
    pub set_inactive_at: Option<Timestamp>,
    /// What follows from both, and from the invitation.
    #[serde(default)]
    pub status: Option<Status>,
    /// Its tags, those of admins included.
    #[serde(default, deserialize_with = "or_none")]
    pub tags: Vec<Tag>,
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl Customer {
    /// A member that runs do not write, if it is text and not empty.
    #[must_use]
    pub fn text_of(&self, other: &str) -> Option<&str> {
        let text = self.others.get(other)?.as_str()?;
        Some(text).filter(|text| !text.is_empty())
    }
}

// Names the account by its ids only: the rest is personal.
crate::debug_only!(Customer, id, external_id, status);

fn or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Tag>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An id: some JSON encoders write it as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(serde_json::Number),
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        match id {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        }
    }
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CustomerId, D::Error> {
    Id::deserialize(deserializer).map(CustomerId::new)
}

pub(super) fn id_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Id::deserialize(deserializer).map(String::from)
}

/// An external id, or none: an academy may show a cleared one as empty text.
fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ExternalId>, D::Error> {
    let id = Option::<Id>::deserialize(deserializer)?.map(String::from);
    Ok(id.filter(|id| !id.is_empty()).map(ExternalId::new))
}

/// A moment, a day or a time without an offset (both in UTC), or nothing. A later one than [`FARTHEST`] is that moment:
/// admins enter 9999-12-31 for an account without an end.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    read_moment(&text)
        .map(|moment| moment.min(FARTHEST))
        .or_else(|| is_far_ahead(&text).then_some(FARTHEST))
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("not a moment"))
}

/// Whether the text is a date after the last [`Timestamp`]. Years after 9999 have a sign and six digits.
fn is_far_ahead(text: &str) -> bool {
    let year = text
        .strip_prefix('+')
        .and_then(|rest| rest.get(..6)?.parse::<u32>().ok());
    year.is_some_and(|year| year > 9999)
        || Pieces::parse(text).is_ok_and(|pieces| pieces.date() >= date(9999, 12, 30))
}

/// A moment; a day or a time without an offset is in UTC.
pub(super) fn read_moment(text: &str) -> Option<Timestamp> {
    let in_utc = |time: DateTime| TimeZone::UTC.to_timestamp(time);
    text.parse().or_else(|_| text.parse().and_then(in_utc)).ok()
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Gender {
    Male,
    Female,
    Diverse,
    /// A value that this version does not know, as written.
    #[serde(untagged)]
    Other(String),
}

crate::debug_only!(Gender);

impl From<employee::Gender> for Gender {
    fn from(gender: employee::Gender) -> Self {
        match gender {
            employee::Gender::Male => Self::Male,
            employee::Gender::Female => Self::Female,
            employee::Gender::Diverse => Self::Diverse,
        }
    }
}

/// An account's status, an open set. It is computed by reteach and cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Made, not invited.
    Added,
    /// Invited, never logged in.
    Invited,
    Active,
    Inactive,
    /// A value that this version does not know, as written.
    #[serde(untagged)]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub id: TagId,
    /// Its name: `Anstellungsart: intern`.
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TagId(#[serde(deserialize_with = "id_text")] String);

impl TagId {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
