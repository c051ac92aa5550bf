//! Ways in which one environment shows its employees otherwise.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value has null at every key that it lacks"
)]

use serde_json::{Value, json};

/// What one environment does differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Members that are null are left out.
    NoNulls,
    /// Personio's ids are numbers: those of people, and of what they belong to.
    NumericIds,
    /// Nobody has this member.
    LeavesOut(&'static str),
    /// This member is an empty text where it would be null.
    EmptyForNull(&'static str),
    /// A page has at most this many rows, whatever was asked for.
    PagesOf(usize),
    /// The last page has an empty text for a cursor.
    EmptyCursorAtTheEnd,
    /// The last page has no cursor, not even null.
    NoCursorAtTheEnd,
    /// The last page names a further one, which is empty.
    OneEmptyPageMore,
    LastPageNamesItself,
    /// This field of the employees is not synced: everybody has it empty.
    DoesNotSync(&'static str),
}

/// Makes each `remote_id` a number, however deep.
fn number_ids(value: &mut Value) {
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(number_ids),
        Value::Object(members) => {
            for (key, value) in members {
                let id = value.as_str().and_then(|id| id.parse::<u64>().ok());
                match id.filter(|_| key == "remote_id") {
                    Some(id) => *value = json!(id),
                    None => number_ids(value),
                }
            }
        }
        _ => {}
    }
}

/// The cursor of the page after the last one.
pub(super) const PAST_THE_END: &str = "past/the+end=";

impl Quirk {
    /// The integration as this environment shows it.
    pub(super) fn shown(self, mut body: Value) -> Value {
        if let Self::DoesNotSync(key) = self {
            let fields = body["data"]["read_models"][0]["fields"].as_array_mut();
            let field = fields
                .into_iter()
                .flatten()
                .find(|field| field["id"] == key);
            if let Some(field) = field {
                field["is_available"] = json!(false);
                field["opted_out_by_customer"] = json!(true);
            }
        }
        body
    }

    /// A list of employees as this environment writes it.
    pub(super) fn written(self, mut body: Value, asked: Option<&str>) -> Value {
        let is_last = body["data"]["next"].is_null();
        match (self, body["data"]["results"].as_array_mut()) {
            (Self::NoNulls, Some(rows)) => {
                for row in rows.iter_mut().filter_map(Value::as_object_mut) {
                    row.retain(|_, value| !value.is_null());
                }
            }
            (Self::NumericIds, Some(rows)) => rows.iter_mut().for_each(number_ids),
            (Self::LeavesOut(key), Some(rows)) => {
                for row in rows.iter_mut().filter_map(Value::as_object_mut) {
                    row.remove(key);
                }
            }
            (Self::EmptyForNull(key), Some(rows)) => {
                for row in rows.iter_mut().filter(|row| row[key].is_null()) {
                    row[key] = json!("");
                }
            }
            (Self::DoesNotSync(key), Some(rows)) => {
                for row in rows.iter_mut() {
                    row[key] = if row[key].is_array() {
                        json!([])
                    } else {
                        Value::Null
                    };
                }
            }
            (Self::EmptyCursorAtTheEnd, _) if is_last => body["data"]["next"] = json!(""),
            (Self::NoCursorAtTheEnd, _) if is_last => {
                if let Some(data) = body["data"].as_object_mut() {
                    data.remove("next");
                }
            }
            (Self::OneEmptyPageMore, _) if is_last && asked != Some(PAST_THE_END) => {
                body["data"]["next"] = json!(PAST_THE_END);
            }
            (Self::LastPageNamesItself, _) if is_last => {
                body["data"]["next"] = json!(asked.unwrap_or(PAST_THE_END));
            }
            _ => {}
        }
        body
    }
}
