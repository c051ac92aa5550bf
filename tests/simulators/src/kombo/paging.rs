//! What Kombo's lists share: page sizes, and cursors that are bound to their filters.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::quirks::{PAST_THE_END, Quirk};
use crate::engine::digest;
use crate::engine::exchange::{Reply, Request};

const LARGEST_PAGE: usize = 250;
const USUAL_PAGE: usize = 100;

/// Refuses parameters besides `filters` and those of every list.
pub(super) fn check_parameters(request: &Request, filters: &[&str]) -> Result<(), Refusal> {
    match request.unknown_query(&[&["cursor", "page_size"], filters].concat()) {
        Some(unknown) => Err(Refusal::input(format!(
            "The parameter {unknown} is not simulated or does not exist."
        ))),
        None => Ok(()),
    }
}

pub(super) fn page_size(request: &Request) -> Result<usize, Refusal> {
    let refusal = || {
        Refusal::input(format!(
            "page_size must be an integer from 1 to {LARGEST_PAGE}."
        ))
    };
    let size = request
        .query("page_size")
        .map_or(Ok(USUAL_PAGE), |size| size.parse().map_err(|_| refusal()))?;
    if (1..=LARGEST_PAGE).contains(&size) {
        Ok(size)
    } else {
        Err(refusal())
    }
}

pub(super) fn includes_deleted(request: &Request) -> Result<bool, Refusal> {
    match request.query("include_deleted") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Refusal::input("include_deleted must be true or false.")),
    }
}

/// The request as an environment with these quirks takes it.
pub(super) fn as_asked(request: &Request, quirks: &[Quirk]) -> Request {
    let mut request = request.clone();
    let sizes = quirks.iter().filter_map(|quirk| match quirk {
        Quirk::PagesOf(size) => Some(*size),
        _ => None,
    });
    if let Some(size) = sizes.min() {
        request.query.retain(|(key, _)| key != "page_size");
        let size = size.to_string();
        request.query.push(("page_size".to_owned(), size));
    }
    request
}

/// Opaque: base64 of the last id seen and a digest of the filters, which have to be sent again with every page.
pub(super) fn cursor(last: &str, request: &Request, filters: &[&str]) -> String {
    BASE64_STANDARD.encode(json!({"after": last, "filters": bound(request, filters)}).to_string())
}

/// The last id that the page before has shown.
pub(super) fn after(request: &Request, filters: &[&str]) -> Result<Option<String>, Refusal> {
    request
        .query("cursor")
        .map(|cursor| position(cursor, request, filters))
        .transpose()
}

fn position(cursor: &str, request: &Request, filters: &[&str]) -> Result<String, Refusal> {
    if cursor == PAST_THE_END {
        return Ok(char::MAX.to_string());
    }
    let invalid = || Refusal::input("The cursor is not valid for this request.");
    let bytes = BASE64_STANDARD.decode(cursor).map_err(|_| invalid())?;
    let cursor: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    if cursor.get("filters").and_then(Value::as_u64) != Some(bound(request, filters)) {
        return Err(invalid());
    }
    cursor
        .get("after")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(invalid)
}

fn bound(request: &Request, filters: &[&str]) -> u64 {
    let parts: Vec<&str> = filters
        .iter()
        .map(|name| request.query(name).unwrap_or_default())
        .collect();
    digest::number(&parts)
}

/// A page of rows that are JSON already.
pub(super) fn page(rows: &[impl AsRef<str>], next: Option<String>) -> Reply {
    let rows: Vec<&str> = rows.iter().map(AsRef::as_ref).collect();
    let (next, rows) = (json!(next), rows.join(","));
    let body = format!(r#"{{"status":"success","data":{{"next":{next},"results":[{rows}]}}}}"#);
    Reply::raw(StatusCode::OK, "application/json", body)
}
