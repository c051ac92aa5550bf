//! Kombo's unified model as a place for documents.

use std::collections::HashSet;

use reqwest::Method;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::IntegrationId;
use super::client::{Client, Envelope};
use super::error::{Refusal, interpret};
use super::file::File;
use super::limits::{MAX_PAGES, PAGE_SIZE, UPLOAD_TIMEOUT, UPLOADS};
use super::upload_error::{look_up_error, upload_error};
use super::wire;
use crate::document::{Category, Document, FilingError, PdfBody};
use crate::domain::id::{CategoryId, SourceId};
use crate::http::{Deadline, Elapsed, Idempotency, RateLimiter, Request, rows};
use crate::source::SourceError;

/// The documents of one integration's people.
///
/// Kombo's upload has no title, date or comment: the file name carries them. It returns no id, and there is no list.
#[derive(Clone, Debug)]
pub struct Documents {
    client: Client,
    integration: IntegrationId,
    uploads: RateLimiter,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Page<T> {
    next: Option<String>,
    #[serde(deserialize_with = "rows")]
    results: Vec<T>,
}

#[derive(Deserialize)]
struct CategoryItem {
    id: String,
    name: Option<String>,
    remote_deleted_at: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    #[serde(default, deserialize_with = "wire::id")]
    remote_id: Option<String>,
    remote_deleted_at: Option<String>,
}

#[derive(Serialize)]
struct Upload<'a> {
    category_id: &'a str,
    document: File<'a>,
}

impl Documents {
    /// The documents of the people of `integration`.
    #[must_use]
    pub fn new(client: Client, integration: IntegrationId) -> Self {
        Self {
            client,
            integration,
            uploads: RateLimiter::new(UPLOADS),
        }
    }

    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.client = self.client.until(deadline);
        self
    }

    #[must_use]
    pub fn with_pace(self, pace: &RateLimiter) -> Self {
        Self {
            client: self.client.with_pace(pace.clone()),
            uploads: pace.clone(),
            ..self
        }
    }

    /// Kombo's own id of the employee: `GET /hris/employees?remote_ids=…`.
    ///
    /// # Errors
    /// [`FilingError::no_person`] where Kombo's mirror has no such person (any more).
    async fn employee(&self, id: &SourceId) -> Result<String, FilingError> {
        let target = self.client.target(Method::GET, "/hris/employees", &[])?;
        let target = target.query([("remote_ids", id.as_str())]);
        let page: Page<Person> = self
            .client
            .read(target, Some(&self.integration))
            .await
            .map_err(look_up_error)?;
        let is_asked_for = |person: &Person| {
            person.remote_id.as_deref() == Some(id.as_str())
                && !wire::is_deleted(person.remote_deleted_at.as_deref())
        };
        page.results.into_iter().find(is_asked_for).map(|person| person.id).ok_or_else(|| {
            FilingError::no_person(
                "Kombo GET /hris/employees: no such employee in Kombo's mirror: not synced yet, or deleted",
            )
        })
    }

    async fn category_page(&self, cursor: Option<&str>) -> Result<Page<CategoryItem>, SourceError> {
        let target = self
            .client
            .target(Method::GET, "/hris/employee-document-categories", &[])?;
        let paging = cursor.map(|cursor| ("cursor", cursor));
        let target = target.query([("page_size", PAGE_SIZE)].into_iter().chain(paging));
        let reply = self.client.get(target, Some(&self.integration)).await?;
        Ok(reply.json::<Envelope<Page<CategoryItem>>>()?.data)
    }

    /// All categories, in Kombo's order.
    pub async fn categories(&self) -> Result<Vec<Category>, SourceError> {
        let (mut categories, mut seen) = (Vec::new(), HashSet::new());
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = self.category_page(cursor.as_deref()).await?;
            let there = page
                .results
                .into_iter()
                .filter(|item| !wire::is_deleted(item.remote_deleted_at.as_deref()));
            let named = |item: CategoryItem| {
                Some(Category {
                    id: CategoryId::new(item.id),
                    name: item.name?,
                })
            };
            categories.extend(there.filter_map(named));
            let Some(next) = page.next.filter(|next| !next.is_empty()) else {
                return Ok(categories);
            };
            if !seen.insert(next.clone()) {
                break;
            }
            cursor = Some(next);
        }
        Err(SourceError::Unreadable(
            "Kombo GET /hris/employee-document-categories: the pages have no end".to_owned(),
        ))
    }

    /// Waits for the turn of the next upload.
    pub async fn turn(&self, until: Deadline) -> Result<(), Elapsed> {
        self.uploads.ready(until).await.map(drop)
    }

    /// Files `document` with `body` as its file, at most once. Kombo returns no id.
    pub async fn upload(&self, document: &Document, body: PdfBody) -> Result<(), FilingError> {
        let employee = self.employee(&document.employee).await?;
        let path = "/hris/employees/{employee_id}/documents";
        let target = self.client.target(Method::POST, path, &[&employee])?;
        let request =
            Request::new(target, Idempotency::OnlyIfNotSent, UPLOAD_TIMEOUT).interpret(interpret);
        let request = self.client.authorize(request, Some(&self.integration))?;
        let upload = Upload {
            category_id: document.category.as_str(),
            document: File::new(&document.file_name),
        };
        let reply = self
            .client
            .send_file(&request, &upload, body, &self.uploads)
            .await?;
        if let Some(refusal) = Refusal::of(&reply) {
            return Err(upload_error(refusal.into()));
        }
        // A 200 that is not Kombo's does not prove that the document is filed.
        reply.json::<Envelope<IgnoredAny>>()?;
        Ok(())
    }
}
