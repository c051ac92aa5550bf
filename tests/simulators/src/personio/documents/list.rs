//! `GET /v2/document-management/documents`

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use super::Document;
use crate::engine::exchange::{Reply, Request};
use crate::personio::auth::known_token_v2;
use crate::personio::problem::Problem;
use crate::personio::quirks::Quirk;
use crate::personio::state::State;

const LARGEST_PAGE: usize = 200;
const USUAL_PAGE: usize = 100;
const PARAMETERS: &[&str] = &[
    "owner_id",
    "category_id",
    "created_at.gte",
    "limit",
    "cursor",
];

/// One employee's documents, oldest first.
pub(in crate::personio) fn list(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Problem> {
    known_token_v2(state, request, now)?;
    if !state.documents.may_read {
        return Err(Problem::scope(state.documents.reading_refusal));
    }
    if let Some(unknown) = request.unknown_query(PARAMETERS) {
        return Err(Problem::invalid(unknown));
    }
    let owner = number(request, "owner_id")?.ok_or_else(|| Problem::invalid("owner_id"))?;
    let filter = Filter::of(request)?;
    let limit = match number(request, "limit")? {
        None => USUAL_PAGE,
        Some(limit) => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            if (1..=LARGEST_PAGE).contains(&limit) {
                limit
            } else {
                return Err(Problem::invalid("limit"));
            }
        }
    };
    let skip = request
        .query("cursor")
        .map(|cursor| position(cursor).ok_or_else(|| Problem::invalid("cursor")));
    let skip = skip.transpose()?.unwrap_or(0);
    let found: Vec<&Document> = state
        .documents
        .listed(owner, now)
        .filter(|document| filter.lets_pass(document))
        .collect();
    let rows = found
        .iter()
        .skip(skip.saturating_sub(request.rows_back))
        .take(limit);
    let mut data: Vec<Value> = rows
        .map(|document| item(document, &state.documents.refused_by_scan))
        .collect();
    if state.quirks.contains(&Quirk::HidesComments) {
        let rows = data.iter_mut().filter_map(Value::as_object_mut);
        rows.for_each(|row| drop(row.insert("comment".to_owned(), Value::Null)));
    }
    let mut links = Map::from_iter([("self".to_owned(), json!({"href": href(request, None)}))]);
    if skip + limit < found.len() {
        links.insert(
            "next".to_owned(),
            json!({"href": href(request, Some(skip + limit))}),
        );
    }
    Ok(Reply::json(
        StatusCode::OK,
        &json!({"_data": data, "_meta": {"links": links}}),
    ))
}

struct Filter {
    category: Option<u64>,
    from: Option<Date>,
}

impl Filter {
    fn of(request: &Request) -> Result<Self, Problem> {
        let date = |name: &str| {
            request
                .query(name)
                .map(|text| text.parse().map_err(|_| Problem::invalid(name)))
                .transpose()
        };
        Ok(Self {
            category: number(request, "category_id")?,
            from: date("created_at.gte")?,
        })
    }

    fn lets_pass(&self, document: &Document) -> bool {
        let day = document.created_at.to_zoned_datetime(TimeZone::UTC).date();
        self.category.is_none_or(|id| id == document.category_id)
            && self.from.is_none_or(|from| day >= from)
    }
}

fn number(request: &Request, name: &str) -> Result<Option<u64>, Problem> {
    request
        .query(name)
        .map(|text| text.parse().map_err(|_| Problem::invalid(name)))
        .transpose()
}

fn item(document: &Document, refused_by_scan: &BTreeSet<u64>) -> Value {
    let is_unsafe = refused_by_scan.contains(&document.id);
    json!({
        "id": document.id.to_string(),
        "name": document.title,
        "date": document.date,
        "comment": document.comment,
        "category": {"id": document.category_id.to_string()},
        "owner": {"id": document.employee_id.to_string()},
        "document_type": "employee_document",
        "size": document.size,
        "created_at": format!("{:.0}", document.created_at),
        "virus_scan": {"status": if is_unsafe { "unsafe" } else { "safe" }},
        "esignature": {"status": "status_unspecified"},
    })
}

/// The link repeats the filters, as nobody says whether a cursor is good without them.
fn href(request: &Request, skip: Option<usize>) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(request.query.iter().filter(|(name, _)| name != "cursor"));
    if let Some(skip) = skip {
        query.append_pair("cursor", &cursor(skip));
    }
    let query = query.finish();
    let host = request.header("host").map_or_else(
        || "https://api.personio.de".to_owned(),
        |host| format!("http://{host}"),
    );
    format!("{host}{}?{query}", request.path)
}

fn cursor(skip: usize) -> String {
    format!("cur_{}", BASE64_URL_SAFE_NO_PAD.encode(skip.to_string()))
}

fn position(cursor: &str) -> Option<usize> {
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(cursor.strip_prefix("cur_")?)
        .ok()?;
    String::from_utf8(bytes).ok()?.parse().ok()
}
