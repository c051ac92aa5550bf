//! Tags, and who has them.

use http::StatusCode;
use serde_json::Value;

use super::customers::{existing, object};
use super::errors::Refusal;
use super::quirks::Quirk;
use super::state::{State, Tag};
use crate::engine::exchange::{Reply, Request};

/// `POST /tags`: finds or creates by name.
pub(super) fn create(state: &mut State, request: &Request) -> Result<Reply, Refusal> {
    let body = Value::Object(object(request)?);
    known(&body, &["name"])?;
    let name = body
        .get("name")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Refusal::invalid(vec!["name should not be empty".to_owned()]))?;
    Ok(Reply::json(StatusCode::CREATED, &state.tag(name)))
}

/// `PUT /customer/{customerIdentifier}/multiple-tags`: adds tags, or replaces all of them. 201, as the document has it.
pub(super) fn assign_many(
    state: &mut State,
    id: &str,
    request: &Request,
) -> Result<Reply, Refusal> {
    existing(state, id)?;
    let body = Value::Object(object(request)?);
    known(&body, &["tags", "mode"])?;
    let invalid = |message: &str| Refusal::invalid(vec![message.to_owned()]);
    let replace = match body.get("mode") {
        Some(Value::Null) => false,
        Some(Value::String(mode)) if mode == "ADD" => false,
        Some(Value::String(mode)) if mode == "REPLACE" => true,
        _ => {
            return Err(invalid(
                "mode must be one of the following values: ADD, REPLACE",
            ));
        }
    };
    let references = body.get("tags").and_then(Value::as_array);
    let references = references.ok_or_else(|| invalid("tags must be an array"))?;
    let tags: Vec<Tag> = references
        .iter()
        .map(|tag| resolve(state, tag))
        .collect::<Result<_, _>>()?;
    if state.quirks.has(&Quirk::IgnoresTags) {
        return Ok(Reply::json(StatusCode::CREATED, &[(); 0]));
    }
    if replace {
        state.edit(id, |customer| customer.tags.clear());
    }
    give(state, id, &tags);
    Ok(Reply::json(StatusCode::CREATED, &tags))
}

/// `DELETE /customer/{customerIdentifier}/tags/{tagIdOrName}`
pub(super) fn remove(state: &mut State, id: &str, tag: &str) -> Result<Reply, Refusal> {
    let given = &existing(state, id)?.tags;
    let tag = find(state, tag)
        .filter(|tag| given.contains(&tag.name))
        .cloned();
    let tag = tag.ok_or_else(|| Refusal::not_found("Tag"))?;
    state.edit(id, |customer| {
        customer.tags.retain(|name| *name != tag.name)
    });
    Ok(Reply::json(StatusCode::OK, &tag))
}

/// A tag named by id or by name; a new name makes a new tag.
fn resolve(state: &mut State, reference: &Value) -> Result<Tag, Refusal> {
    if state.quirks.has(&Quirk::RefusesTags) {
        return Err(Refusal::invalid(vec!["INVALID_TAG".to_owned()]));
    }
    let is_by_id = state.quirks.has(&Quirk::TakesTagsById);
    known(reference, if is_by_id { &["id"] } else { &["id", "name"] })?;
    let part = |key: &str| {
        reference
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    match (part("id"), part("name")) {
        (Some(id), _) => find(state, id)
            .cloned()
            .ok_or_else(|| Refusal::not_found("Tag")),
        (None, Some(name)) => Ok(state.tag(name)),
        (None, None) => Err(Refusal::invalid(vec![
            "tag must have an id or a name".to_owned(),
        ])),
    }
}

fn find<'s>(state: &'s State, id_or_name: &str) -> Option<&'s Tag> {
    state
        .tags
        .iter()
        .find(|tag| tag.id == id_or_name || tag.name == id_or_name)
}

fn give(state: &mut State, id: &str, tags: &[Tag]) {
    state.edit(id, |customer| {
        for tag in tags {
            if !customer.tags.contains(&tag.name) {
                customer.tags.push(tag.name.clone());
            }
        }
    });
}

fn known(body: &Value, keys: &[&str]) -> Result<(), Refusal> {
    let unknown: Vec<String> = body
        .as_object()
        .into_iter()
        .flat_map(|body| body.keys())
        .filter(|key| !keys.contains(&key.as_str()))
        .map(|key| format!("property {key} should not exist"))
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Refusal::invalid(unknown))
    }
}
