//! Ways in which one account shows its employees otherwise.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value has null at every key that it lacks"
)]

use serde_json::{Map, Value, json};

/// What one account does differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// The attribute before has the name after, as key and as universal id.
    Renames(&'static str, &'static str),
    /// The attribute is shown as text: of an object its name, of a number its digits.
    ShowsAsText(&'static str),
    /// The attribute is shown as an object, its value as the object's name.
    ShowsAsUnit(&'static str),
    /// The attribute is shown as a list of its one value.
    ShowsAsList(&'static str),
    /// The date is a day without a time.
    ShowsDay(&'static str),
    /// The date is written as in Germany: 31.03.2026.
    ShowsGermanDay(&'static str),
    /// A list is refused if it asks for an attribute that does not exist, instead of leaving it out.
    RefusesUnknownAttributes,
    NoMetadata,
    /// Attributes have their value alone, without label and type.
    BareValues,
    /// Lists of documents show no comment.
    HidesComments,
    /// A page of employees has at most this many, whatever was asked for.
    PagesOf(usize),
}

impl Quirk {
    /// A reply's body as this account writes it.
    pub(super) fn written(self, mut body: Value) -> Value {
        if self == Self::NoMetadata
            && let Some(body) = body.as_object_mut()
        {
            body.remove("metadata");
        }
        match body.get_mut("data") {
            Some(Value::Array(rows)) => rows.iter_mut().for_each(|row| self.row(row)),
            Some(row) => self.row(row),
            None => {}
        }
        body
    }

    fn row(self, row: &mut Value) {
        if let Some(Value::Object(attributes)) = row.get_mut("attributes") {
            self.attributes(attributes);
        } else if let Self::Renames(from, to) = self
            && row["key"] == from
        {
            // A row of the list of attributes.
            row["key"] = json!(to);
            row["universal_id"] = json!(to);
        }
    }

    fn attributes(self, attributes: &mut Map<String, Value>) {
        match self {
            Self::Renames(from, to) => {
                if let Some(mut wrapper) = attributes.remove(from) {
                    wrapper["universal_id"] = json!(to);
                    attributes.insert(to.to_owned(), wrapper);
                }
            }
            Self::ShowsAsText(key) => edit(attributes, key, |value| match value {
                Value::Object(unit) => unit["attributes"]["name"].clone(),
                Value::Number(number) => json!(number.to_string()),
                other => other.clone(),
            }),
            Self::ShowsAsUnit(key) => edit(
                attributes,
                key,
                |value| json!({"type": "Unit", "attributes": {"id": 1, "name": value}}),
            ),
            Self::ShowsAsList(key) => edit(attributes, key, |value| json!([value])),
            Self::ShowsDay(key) => edit(attributes, key, |value| day(value, |day| day.to_owned())),
            Self::ShowsGermanDay(key) => edit(attributes, key, |value| {
                day(value, |day| {
                    let parts: Vec<&str> = day.rsplit('-').collect();
                    parts.join(".")
                })
            }),
            Self::BareValues => {
                for wrapper in attributes.values_mut() {
                    *wrapper = wrapper["value"].take();
                }
            }
            Self::NoMetadata
            | Self::RefusesUnknownAttributes
            | Self::HidesComments
            | Self::PagesOf(_) => {}
        }
    }
}

fn edit(attributes: &mut Map<String, Value>, key: &str, edit: impl FnOnce(&Value) -> Value) {
    if let Some(value) = attributes
        .get_mut(key)
        .and_then(|wrapper| wrapper.get_mut("value"))
    {
        *value = edit(value);
    }
}

/// The day of a date, in another form.
fn day(value: &Value, form: impl FnOnce(&str) -> String) -> Value {
    let day = value.as_str().and_then(|date| date.get(..10));
    day.map_or(Value::Null, |day| json!(form(day)))
}
