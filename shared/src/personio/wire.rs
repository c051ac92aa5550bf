//! Answers as Personio sends them: only what is needed, and tolerant where its answers vary.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::attribute::Attribute;
use crate::http::rows;

/// One page of `GET /v1/company/employees`: records as [`Employee`], or as text until each is read on its own.
#[derive(Deserialize)]
#[serde(bound = "R: Deserialize<'de>")]
pub(super) struct Page<R> {
    #[serde(default)]
    pub(super) success: Success,
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
    #[serde(deserialize_with = "rows")]
    pub(super) data: Vec<R>,
}

/// Whether the answer says of itself that it is a success. Nothing else is required of it.
#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(untagged)]
pub(super) enum Success {
    Stated(bool),
    Other(IgnoredAny),
}

impl Default for Success {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

/// Numbers here have come as text, and the official examples contradict themselves: nothing is required.
#[derive(Deserialize, Default)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) total_elements: Count,
}

/// A number, text that is one, or nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "AnyCount")]
pub(super) struct Count(pub(super) Option<u64>);

#[derive(Deserialize)]
#[serde(untagged)]
enum AnyCount {
    Number(u64),
    Text(String),
    Other(IgnoredAny),
}

impl From<AnyCount> for Count {
    fn from(any: AnyCount) -> Self {
        match any {
            AnyCount::Number(count) => Self(Some(count)),
            AnyCount::Text(text) => Self(text.trim().parse().ok()),
            AnyCount::Other(_) => Self(None),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Employee {
    pub(super) attributes: Attributes,
}

/// The attributes that are asked for; the others are skipped.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Attributes {
    pub(super) id: Attribute,
    pub(super) first_name: Attribute,
    pub(super) last_name: Attribute,
    pub(super) email: Attribute,
    pub(super) gender: Attribute,
    pub(super) status: Attribute,
    pub(super) position: Attribute,
    pub(super) subcompany: Attribute,
    pub(super) legal_entity: Attribute,
    pub(super) department: Attribute,
    pub(super) office: Attribute,
    pub(super) workplace: Attribute,
    pub(super) hire_date: Attribute,
    pub(super) termination_date: Attribute,
    pub(super) employment_type: Attribute,
}

/// One entry of `GET /v1/company/employees/attributes`.
#[derive(Deserialize)]
pub(super) struct ReadableAttribute {
    pub(super) key: String,
}
