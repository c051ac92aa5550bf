//! `GET /hris/employees`

use std::ops::Bound;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::integrations::Integration;
use super::mirror::Mirrored;
use super::model::{employee, status_name};
use crate::engine::digest;
use crate::engine::exchange::{Reply, Request};

const LARGEST_PAGE: usize = 250;
const USUAL_PAGE: usize = 100;

/// Filters that are simulated. The others of the document are refused, so that no test believes in them.
const FILTERS: &[&str] = &[
    "include_deleted",
    "ids",
    "remote_ids",
    "employment_statuses",
    "updated_after",
    "ignore_unsupported_filters",
];

/// One page, in the order of Kombo's ids.
pub(super) fn list(integration: &Integration, request: &Request, now: Timestamp) -> Result<Reply, Refusal> {
    if let Some(unknown) = request.unknown_query(&[&["cursor", "page_size"], FILTERS].concat()) {
        return Err(Refusal::input(format!("The parameter {unknown} is not simulated or does not exist.")));
    }
    let size = page_size(request)?;
    let filter = Filter::of(request)?;
    let after = request.query("cursor").map(|cursor| position(cursor, request)).transpose()?;
    let begin = match &after {
        Some(after) => Bound::Excluded(after.as_str()),
        None => Bound::Unbounded,
    };
    let people = &integration.mirror.0;
    let wanted = |entry: &(&String, &Mirrored)| filter.lets_pass(entry.0, entry.1);
    let until = after.as_deref().map_or(Bound::Excluded(""), Bound::Included);
    let mut early: Vec<_> = people
        .range::<str, _>((Bound::Unbounded, until))
        .rev()
        .filter(wanted)
        .take(request.rows_back)
        .collect();
    early.reverse();
    let mut rest = people.range::<str, _>((begin, Bound::Unbounded)).filter(wanted);
    let page: Vec<_> = early.into_iter().chain(rest.by_ref()).take(size).collect();
    let last = page.last().map(|(id, _)| id.as_str());
    let more = last.is_some_and(|last| {
        people.range::<str, _>((Bound::Excluded(last), Bound::Unbounded)).any(|entry| wanted(&entry))
    });
    let next = last.filter(|_| more).map(|last| cursor(last, request));
    let field = integration.employment_type_field.as_deref();
    let results: Vec<_> =
        page.iter().map(|(id, known)| employee(&integration.id, id, known, field, now)).collect();
    let (next, results) = (json!(next), results.join(","));
    let body = format!(r#"{{"status":"success","data":{{"next":{next},"results":[{results}]}}}}"#);
    Ok(Reply::raw(StatusCode::OK, "application/json", body))
}

fn page_size(request: &Request) -> Result<usize, Refusal> {
    let refusal = || Refusal::input(format!("page_size must be an integer from 1 to {LARGEST_PAGE}."));
    let size =
        request.query("page_size").map_or(Ok(USUAL_PAGE), |size| size.parse().map_err(|_| refusal()))?;
    if (1..=LARGEST_PAGE).contains(&size) { Ok(size) } else { Err(refusal()) }
}

/// Who is asked for; filters are ANDed, the values of one are ORed.
struct Filter<'r> {
    include_deleted: bool,
    ids: Option<Vec<&'r str>>,
    remote_ids: Option<Vec<&'r str>>,
    statuses: Option<Vec<&'r str>>,
    updated_after: Option<Timestamp>,
}

impl<'r> Filter<'r> {
    fn of(request: &'r Request) -> Result<Self, Refusal> {
        let list = |name: &str| request.query(name).map(|values| values.split(',').collect());
        let include_deleted = match request.query("include_deleted") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Refusal::input("include_deleted must be true or false.")),
        };
        let updated_after = request.query("updated_after").map(|text| {
            text.parse().map_err(|_| Refusal::input("updated_after must be YYYY-MM-DDTHH:mm:ss.sssZ."))
        });
        Ok(Self {
            include_deleted,
            ids: list("ids"),
            remote_ids: list("remote_ids"),
            statuses: list("employment_statuses"),
            updated_after: updated_after.transpose()?,
        })
    }

    fn lets_pass(&self, kombo_id: &str, known: &Mirrored) -> bool {
        let among = |wanted: &Option<Vec<&str>>, value: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.contains(&value))
        };
        (self.include_deleted || known.deleted_at.is_none())
            && among(&self.ids, kombo_id)
            && (self.remote_ids.is_none() || among(&self.remote_ids, &known.person.id.to_string()))
            && among(&self.statuses, status_name(known.person.status))
            && self.updated_after.is_none_or(|after| known.changed_at > after)
    }
}

/// Opaque: base64 of the last id seen and a digest of the filters, which have to be sent again with every page.
fn cursor(last: &str, request: &Request) -> String {
    BASE64_STANDARD.encode(json!({"after": last, "filters": filters(request)}).to_string())
}

fn position(cursor: &str, request: &Request) -> Result<String, Refusal> {
    let invalid = || Refusal::input("The cursor is not valid for this request.");
    let bytes = BASE64_STANDARD.decode(cursor).map_err(|_| invalid())?;
    let cursor: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    if cursor.get("filters").and_then(Value::as_u64) != Some(filters(request)) {
        return Err(invalid());
    }
    cursor.get("after").and_then(Value::as_str).map(str::to_owned).ok_or_else(invalid)
}

fn filters(request: &Request) -> u64 {
    let parts: Vec<&str> = FILTERS.iter().map(|name| request.query(name).unwrap_or_default()).collect();
    digest::number(&parts)
}
