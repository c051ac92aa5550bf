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
    Text(String),
    Number(String),
    /// An object's `attributes.name` (department, office, subcompany).
    Named(Box<Attribute>),
    DecodeError,
}

impl Attribute {
    /// The attribute by its newer name, where the account does not show it by this one or has emptied this one.
    pub(super) fn or(self, newer: Self) -> Self {
        let is_empty = match &self {
            Self::Absent | Self::Empty => true,
            Self::Named(name) => **name == Self::Empty,
            _ => false,
        };
        if is_empty && newer != Self::Absent {
            newer
        } else {
            self
        }
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Parsed::deserialize(deserializer).map(Parsed::into_attribute)
    }
}

/// What was sent, before it is known whether it is an attribute or what an attribute's object holds.
enum Parsed {
    Plain(Attribute),
    Object(Object),
}

/// The members that say something, of an object that may have others.
#[derive(Default)]
struct Object {
    value: Option<Attribute>,
    attributes: Option<Box<Parsed>>,
    name: Option<Attribute>,
    has_members: bool,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Member {
    Value,
    Attributes,
    Name,
    #[serde(other)]
    Other,
}

impl Parsed {
    fn into_attribute(self) -> Attribute {
        match self {
            Self::Plain(attribute) => attribute,
            Self::Object(Object {
                value: Some(value), ..
            }) => value,
            Self::Object(Object {
                attributes: Some(inner),
                ..
            }) => Attribute::Named(Box::new(inner.into_name())),
            Self::Object(Object {
                has_members: false, ..
            }) => Attribute::Empty,
            // A wrapper without a value says nothing about the person.
            Self::Object(_) => Attribute::Absent,
        }
    }

    /// The name in an object's `attributes`: flat, wrapped, or empty in one of PHP's ways.
    fn into_name(self) -> Attribute {
        match self {
            Self::Object(Object {
                name: Some(name), ..
            }) => name,
            Self::Plain(Attribute::Empty)
            | Self::Object(Object {
                has_members: false, ..
            }) => Attribute::Empty,
            _ => Attribute::DecodeError,
        }
    }
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParsedVisitor)
    }
}

struct ParsedVisitor;

impl<'de> Visitor<'de> for ParsedVisitor {
    type Value = Parsed;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an attribute")
    }

    fn visit_unit<E>(self) -> Result<Parsed, E> {
        Ok(Parsed::Plain(Attribute::Empty))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Parsed, E> {
        Ok(Parsed::Plain(Attribute::DecodeError))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Parsed, E> {
        Ok(Parsed::Plain(Attribute::Number(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Parsed, E> {
        Ok(Parsed::Plain(Attribute::Number(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Parsed, E> {
        Ok(Parsed::Plain(Attribute::Number(value.to_string())))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Parsed, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<Parsed, E> {
        Ok(Parsed::Plain(if text.is_empty() {
            Attribute::Empty
        } else {
            Attribute::Text(text)
        }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Parsed, A::Error> {
        let mut held = Attribute::Empty;
        while items.next_element::<IgnoredAny>()?.is_some() {
            held = Attribute::DecodeError;
        }
        Ok(Parsed::Plain(held))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Parsed, A::Error> {
        let mut object = Object::default();
        while let Some(member) = members.next_key()? {
            object.has_members = true;
            match member {
                Member::Value => object.value = Some(members.next_value()?),
                Member::Attributes => object.attributes = Some(members.next_value()?),
                Member::Name => object.name = Some(members.next_value()?),
                Member::Other => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Parsed::Object(object))
    }
}
