//! The documents of an employee, from the v2 API: v1 can only file them.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use jiff::civil::Date;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use url::Url;

use super::client::Client;
use super::error_v2::{Access, check_documents};
use super::limits::{LIST_SIZE, MAX_LIST_PAGES};
use super::transport::{Api, Get, Patch, Transport};
use super::upload::Id;
use super::wire;
use crate::document::FiledDocument;
use crate::domain::calendar_day;
use crate::domain::id::{CategoryId, DocumentId, SourceId};
use crate::http::{Reply, rows};
use crate::source::SourceError;

const DOCUMENTS: &str = "/v2/document-management/documents";
const DOCUMENT: &str = "/v2/document-management/documents/{document_id}";

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "_data", deserialize_with = "rows")]
    data: Vec<Item>,
    #[serde(rename = "_meta", default)]
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<Link>,
}

#[derive(Deserialize)]
struct Link {
    href: Option<String>,
}

/// Of an item, only the id is required: an item without one must not be overlooked.
#[derive(Deserialize)]
struct Item {
    id: Id,
    name: Option<String>,
    date: Option<String>,
    comment: Option<String>,
    #[serde(default)]
    size: wire::Count,
    category: Option<Reference>,
    owner: Option<Reference>,
    created_at: Option<String>,
    #[serde(default)]
    virus_scan: Value,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<Id>,
}

impl<T: Transport> Client<T> {
    /// All documents of the employee `owner`, or of one category, or since a day:
    /// `GET /v2/document-management/documents`.
    ///
    /// # Errors
    /// [`SourceError::Forbidden`] where the credential may not list documents, [`SourceError::Unreadable`] where a full page
    /// has no links; else as for a reading of employees.
    pub async fn documents(
        &self,
        owner: &SourceId,
        category: Option<&CategoryId>,
        created_since: Option<Date>,
    ) -> Result<Vec<FiledDocument>, SourceError> {
        let since = created_since.map(|day| day.to_string());
        let size = LIST_SIZE.to_string();
        let category = category.map(|category| ("category_id", category.as_str()));
        let since = since.as_deref().map(|since| ("created_at.gte", since));
        let (mut documents, mut seen) = (Vec::new(), HashSet::new());
        let mut known = HashSet::new();
        let mut cursor: Option<String> = None;
        let mut is_limited = !self.refuses_long_lists.load(Ordering::Relaxed);
        for _ in 0..MAX_LIST_PAGES {
            // Whether a cursor carries the filters is not documented: they are sent along.
            let paging = cursor.as_deref().map(|cursor| ("cursor", cursor));
            let limit = Some(("limit", size.as_str())).filter(|_| is_limited);
            let query = [("owner_id", owner.as_str())].into_iter().chain(limit);
            let query: Vec<_> = query.chain(category).chain(since).chain(paging).collect();
            let reply = self
                .transport
                .get(Get {
                    api: Api::V2,
                    path: DOCUMENTS,
                    segments: &[],
                    query: &query,
                })
                .await?;
            // Other v2 lists take less than the common document says: then the account chooses how many rows a page has.
            if is_limited && cursor.is_none() && reply.status == StatusCode::BAD_REQUEST {
                is_limited = false;
                continue;
            }
            check_documents(&reply, Access::List)?;
            let page: Page = reply.json()?;
            if !is_limited {
                self.refuses_long_lists.store(true, Ordering::Relaxed);
            }
            let full = if is_limited { LIST_SIZE } else { 1 };
            let has_links = page.meta.as_ref().is_some_and(|meta| meta.links.is_some());
            if !has_links && page.data.len() >= full {
                let problem = "a full page that does not say whether there is another one";
                return Err(reply.unreadable("_meta.links", problem).into());
            }
            let rows = page.data.into_iter().filter_map(|item| item.of(owner));
            // Pages may overlap: listed twice, one document would be that of two certificates.
            documents.extend(rows.filter(|document| known.insert(document.id.clone())));
            let Some(next) = next_cursor(page.meta, &reply)? else {
                return Ok(documents);
            };
            if !seen.insert(next.clone()) {
                return Err(endless("a cursor came twice"));
            }
            cursor = Some(next);
        }
        Err(endless("too many pages"))
    }

    /// Moves a document into the folder `category`: `PATCH /v2/document-management/documents/{document_id}` (reference
    /// "Update document metadata", 2026-03). Safe to repeat.
    ///
    /// # Errors
    /// [`SourceError::Forbidden`] where the credential may not write documents; [`SourceError::Unreadable`] where
    /// Personio refuses this document or this folder.
    pub async fn move_document(
        &self,
        document: &DocumentId,
        category: &CategoryId,
    ) -> Result<(), SourceError> {
        let patch = Patch {
            path: DOCUMENT,
            segments: &[document.as_str()],
            body: &json!({"category": {"id": category.as_str()}}),
        };
        let reply = self.transport.patch(patch).await?;
        check_documents(&reply, Access::Change)?;
        // A gateway's page comes with status 200 as well: nothing was moved.
        if !reply.is_empty() {
            reply.json::<IgnoredAny>()?;
        }
        Ok(())
    }
}

impl Item {
    /// The document, unless it is another employee's.
    fn of(self, owner: &SourceId) -> Option<FiledDocument> {
        let id = |reference: Option<Reference>| reference.and_then(|it| it.id).map(String::from);
        if id(self.owner).is_some_and(|id| id != owner.as_str()) {
            return None;
        }
        Some(FiledDocument {
            id: DocumentId::new(self.id),
            name: self.name,
            date: self.date.as_deref().and_then(calendar_day),
            comment: self.comment,
            size: self.size.0,
            category: id(self.category).map(CategoryId::new),
            created_at: self.created_at.and_then(|moment| moment.parse().ok()),
            // One of `unknown`, `safe` and `unsafe` (v2 document management, 2026-03).
            is_unsafe: self.virus_scan.get("status") == Some(&json!("unsafe")),
        })
    }
}

/// The cursor in the link to the next page. The link itself is never followed: it may name another host, and the
/// request carries the token.
fn next_cursor(meta: Option<Meta>, reply: &Reply) -> Result<Option<String>, SourceError> {
    let link = meta
        .and_then(|meta| meta.links)
        .and_then(|links| links.next)
        .and_then(|next| next.href);
    let Some(link) = link.filter(|link| !link.is_empty()) else {
        return Ok(None);
    };
    let anywhere = Url::parse("https://localhost")
        .and_then(|base| base.join(&link))
        .ok();
    let cursor = anywhere.and_then(|url| {
        url.query_pairs()
            .find(|(key, _)| key == "cursor")
            .map(|(_, cursor)| cursor.into_owned())
    });
    match cursor {
        Some(cursor) => Ok(Some(cursor)),
        None => Err(reply
            .unreadable("_meta.links.next.href", "a link without a cursor")
            .into()),
    }
}

fn endless(problem: &str) -> SourceError {
    SourceError::Unreadable(format!(
        "Personio GET {DOCUMENTS}: {problem}, the pages have no end"
    ))
}
