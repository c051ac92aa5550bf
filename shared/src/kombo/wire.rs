//! The employee as Kombo sends it: only what is needed, each part either absent, null or there.

use std::collections::HashMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::employee::Field;
use crate::http::rows;

/// One page of `GET /hris/employees`: records as [`Employee`], or as text until each is read on its own.
#[derive(Deserialize)]
#[serde(bound = "R: Deserialize<'de>")]
pub(super) struct Page<R> {
    pub(super) next: Option<String>,
    #[serde(deserialize_with = "rows")]
    pub(super) results: Vec<R>,
}

/// Tells null from absent: serde's default makes both the same.
fn field<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Field<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Field::from)
}

/// Text. A member of another type is absent.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Field::Value(text),
        Value::Null => Field::Null,
        _ => Field::Absent,
    })
}

/// Text, or a whole number as text.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) if number.is_u64() => Ok(Some(number.to_string())),
        _ => Err(D::Error::custom("neither text nor a whole number")),
    }
}

/// Whether Kombo marks the row as deleted. A blank text is no mark.
pub(super) fn is_deleted(remote_deleted_at: Option<&str>) -> bool {
    remote_deleted_at.is_some_and(|at| !at.trim().is_empty())
}

/// Whose record it is, where anything else of it does not fit.
#[derive(Deserialize)]
pub(super) struct Identity {
    #[serde(default, deserialize_with = "id")]
    pub(super) remote_id: Option<String>,
    pub(super) remote_deleted_at: Option<String>,
}

/// Whether the person leaves, where anything else of the record does not fit.
#[derive(Deserialize)]
pub(super) struct Leaving {
    #[serde(default, deserialize_with = "text")]
    pub(super) employment_status: Field<String>,
    #[serde(default, deserialize_with = "text")]
    pub(super) start_date: Field<String>,
    #[serde(default, deserialize_with = "text")]
    pub(super) termination_date: Field<String>,
}

#[derive(Deserialize)]
pub(super) struct Employee<'a> {
    #[serde(default, deserialize_with = "id")]
    pub(super) remote_id: Option<String>,
    pub(super) remote_deleted_at: Option<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) first_name: Field<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) last_name: Field<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) work_email: Field<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) job_title: Field<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) gender: Field<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) employment_status: Field<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) employment_type: Field<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) start_date: Field<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) termination_date: Field<String>,
    #[serde(default, deserialize_with = "field")]
    pub(super) legal_entity: Field<Named>,
    #[serde(default, deserialize_with = "field")]
    pub(super) work_location: Field<Named>,
    #[serde(default, deserialize_with = "field")]
    pub(super) groups: Field<Vec<Group>>,
    #[serde(default, borrow)]
    pub(super) custom_fields: Option<HashMap<String, &'a RawValue>>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Group {
    #[serde(default, deserialize_with = "id")]
    pub(super) remote_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) r#type: Option<String>,
}
