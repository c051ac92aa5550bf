//! One attribute of a person, in every form it has been seen in.

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// What an attribute holds.
///
/// Usually `{"label", "value", "type", "universal_id"}`, but older answers have only label and value, and inside of
/// objects (`department.attributes.name`) there is no wrapper at all. Any JSON parses; what does not fit its
/// field is found there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Attribute {
    /// Not in the answer: the credential may not read it.
    #[default]
    Absent,
    /// `null`, `""`, `[]` or `{}`.
    Empty,
    /// Text.
    Text(String),
    /// A number, as text.
    Number(String),
    /// An object's `attributes.name` (department, office, subcompany).
    Named(Box<Attribute>),
    /// Anything else.
    Misfit,
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AttributeVisitor)
    }
}

struct AttributeVisitor;

impl<'de> Visitor<'de> for AttributeVisitor {
    type Value = Attribute;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an attribute")
    }

    fn visit_unit<E>(self) -> Result<Attribute, E> {
        Ok(Attribute::Empty)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Attribute, E> {
        Ok(Attribute::Misfit)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Attribute, E> {
        Ok(Attribute::Number(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Attribute, E> {
        Ok(Attribute::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Attribute, E> {
        Ok(Attribute::Number(value.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Attribute, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<Attribute, E> {
        Ok(if text.is_empty() { Attribute::Empty } else { Attribute::Text(text) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Attribute, A::Error> {
        let mut held = Attribute::Empty;
        while items.next_element::<IgnoredAny>()?.is_some() {
            held = Attribute::Misfit;
        }
        Ok(held)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Attribute, A::Error> {
        let (mut value, mut named, mut any) = (None, None, false);
        while let Some(key) = members.next_key::<String>()? {
            any = true;
            match key.as_str() {
                "value" => value = Some(members.next_value()?),
                "attributes" => named = Some(members.next_value::<Inner>()?),
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(match (value, named, any) {
            (Some(value), ..) => value,
            (None, Some(inner), _) => Attribute::Named(Box::new(inner.into_name())),
            (None, None, false) => Attribute::Empty,
            // A wrapper without a value says nothing about the person.
            (None, None, true) => Attribute::Absent,
        })
    }
}

/// An object's `attributes`: flat, wrapped, or empty in one of PHP's ways.
#[derive(Deserialize)]
#[serde(untagged)]
enum Inner {
    Named { name: Attribute },
    Nameless(Attribute),
}

impl Inner {
    fn into_name(self) -> Attribute {
        match self {
            Self::Named { name } => name,
            Self::Nameless(Attribute::Empty) => Attribute::Empty,
            Self::Nameless(_) => Attribute::Misfit,
        }
    }
}
