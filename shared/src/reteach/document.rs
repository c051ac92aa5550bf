//! The API document that an academy publishes: which fields an update takes.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::error::check;
use super::{Client, Error};
use crate::http::{Idempotency, Request};

/// It is looked at while somebody waits.
const TIMEOUT: Duration = Duration::from_secs(10);
/// References that are followed in a row.
const MAX_REFERENCES: usize = 8;

/// How an API document describes a field of `PUT /customer/{id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Documented {
    Writable,
    ReadOnly,
}

impl Client {
    /// The fields of an update, as the academy's own document describes them: `GET /docs-json`, without a token. `None`: it
    /// is a document of something else.
    pub async fn documented_fields(&self) -> Result<Option<BTreeMap<String, Documented>>, Error> {
        let target = self.target(Method::GET, "/docs-json", &[])?;
        let request = Request::new(target, Idempotency::Read, TIMEOUT);
        let document: Value =
            check(self.context.send(&request, &self.calls).await?, &request)?.json()?;
        Ok(update_fields(&document))
    }
}

fn update_fields(document: &Value) -> Option<BTreeMap<String, Documented>> {
    let paths = document.get("paths")?.as_object()?;
    let is_customer = |path: &str| {
        let rest = path.trim_end_matches('/').rsplit_once("/customer/");
        rest.is_some_and(|(_, id)| id.starts_with('{') && !id.contains('/'))
    };
    let (_, customer) = paths.iter().find(|(path, _)| is_customer(path))?;
    let body = resolved(document, customer.get("put")?.get("requestBody")?)?;
    let schema = body.pointer("/content/application~1json/schema")?;
    let mut fields = BTreeMap::new();
    collect(document, schema, MAX_REFERENCES, &mut fields);
    Some(fields).filter(|fields| !fields.is_empty())
}

/// The fields of a schema and of those that it is put together from.
fn collect(
    document: &Value,
    schema: &Value,
    depth: usize,
    fields: &mut BTreeMap<String, Documented>,
) {
    let (Some(schema), Some(depth)) = (resolved(document, schema), depth.checked_sub(1)) else {
        return;
    };
    for part in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        collect(document, part, depth, fields);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let property = resolved(document, property).unwrap_or(property);
        let is_read_only = property.get("readOnly").and_then(Value::as_bool) == Some(true);
        let documented = if is_read_only {
            Documented::ReadOnly
        } else {
            Documented::Writable
        };
        fields.insert(name.clone(), documented);
    }
}

/// The value, or the one that its `$ref` leads to.
fn resolved<'v>(document: &'v Value, mut value: &'v Value) -> Option<&'v Value> {
    for _ in 0..MAX_REFERENCES {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return Some(value);
        };
        value = document.pointer(reference.strip_prefix('#')?)?;
    }
    None
}
