//! All employees, page by page.

use std::ops::Range;
use std::pin::pin;
use std::sync::atomic::Ordering;

use futures::{Stream, StreamExt, TryStreamExt, stream};
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::client::Client;
use super::limits::{CONCURRENCY, MAX_PAGES, PAGE_SIZE};
use super::transport::{Api, Get, Transport};
use super::wire::{Page, Success};
use super::{error, record, wire};
use crate::domain::id::SourceId;
use crate::http::Reply;
use crate::source::{EmployeeSource, Reading, SourceError, SourceRecord, Take};

/// What Personio's second API calls an attribute. An account may show it by this name in the first API too. Personio leaves
/// out what it does not know; an account that refuses the name is asked without.
pub const NEWER_NAMES: [(&str, &str); 2] =
    [("office", "workplace"), ("subcompany", "legal_entity")];

/// The attributes that a reading needs. One that the credential may not read is silently left out by Personio.
pub const ATTRIBUTES: [&str; 13] = [
    "id",
    "first_name",
    "last_name",
    "email",
    "gender",
    "status",
    "position",
    "subcompany",
    "department",
    "office",
    "hire_date",
    "termination_date",
    "employment_type",
];

/// One page: its records and the total that it announced.
#[derive(Default)]
struct Part {
    records: Vec<SourceRecord>,
    total: Option<u64>,
}

impl Part {
    fn of<R>(page: Page<R>, read: fn(R) -> SourceRecord) -> Self {
        let total = page.metadata.unwrap_or_default().total_elements.0;
        Self {
            records: page.data.into_iter().map(read).collect(),
            total,
        }
    }

    fn into_reading(self, reading: &mut Reading, take: &mut Take<'_>) {
        self.records.into_iter().for_each(take);
        reading.last_total = self.total.or(reading.last_total);
    }
}

/// `GET /v1/company/employees/{id}`
#[derive(Deserialize)]
struct One<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

impl<T: Transport> Client<T> {
    /// The record of one person; `None` if there is no such person, or none that the credential may see.
    pub async fn one(&self, id: &SourceId) -> Result<Option<SourceRecord>, SourceError> {
        // It becomes a part of the path: nothing but a number may.
        if id.as_str().is_empty() || !id.as_str().bytes().all(|b| b.is_ascii_digit()) {
            return Ok(None);
        }
        let reply = self
            .transport
            .get(Get {
                api: Api::V1,
                path: "/v1/company/employees/{id}",
                segments: &[id.as_str()],
                query: &[],
            })
            .await?;
        // A gateway's page says nothing about anybody.
        let is_page = !reply.is_empty() && reply.fitting::<IgnoredAny>().is_none();
        if reply.status == StatusCode::NOT_FOUND && !is_page {
            return Ok(None);
        }
        error::check(&reply)?;
        let one: One<'_> = reply.json()?;
        Ok(Some(record::read(one.data)).filter(|record| record.source_id() == Some(id)))
    }

    async fn page(&self, offset: u64, limit: u64) -> Result<Part, SourceError> {
        // Later pages of a list whose first one shows the newer names have no other reason to be refused for them.
        let is_first = offset == 0;
        let (limit, offset) = (limit.to_string(), offset.to_string());
        let paging = [("limit", limit.as_str()), ("offset", offset.as_str())];
        let query: Vec<_> = paging
            .into_iter()
            .chain(ATTRIBUTES.map(|key| ("attributes[]", key)))
            .collect();
        let newer = NEWER_NAMES.map(|(_, newer)| ("attributes[]", newer));
        let all = [query.as_slice(), newer.as_slice()].concat();
        let asks_newer = self.asks_newer_names();
        let asked = if asks_newer { &all } else { &query };
        let reply = self.page_of(asked).await?;
        match part(&reply) {
            Err(_) if asks_newer && is_first && may_be_about_names(&reply) => {
                let part = part(&self.page_of(&query).await?)?;
                self.refuses_newer_names.store(true, Ordering::Relaxed);
                Ok(part)
            }
            part => part,
        }
    }

    fn asks_newer_names(&self) -> bool {
        !self.refuses_newer_names.load(Ordering::Relaxed)
    }

    async fn page_of(&self, query: &[(&str, &str)]) -> Result<Reply, SourceError> {
        self.transport
            .get(Get::v1("/v1/company/employees", query))
            .await
    }

    /// Pages of `step` records, in order, some of them at once.
    fn pages(&self, pages: Range<u64>, step: u64) -> impl Stream<Item = Result<Part, SourceError>> {
        stream::iter(pages)
            .map(move |page| self.page(page * step, step))
            .buffered(CONCURRENCY)
    }
}

/// A page is read in one go. Only if something in it does not fit, each record is read on its own: an odd one fails nobody else.
fn part(reply: &Reply) -> Result<Part, SourceError> {
    if let Some(page) = reply.fitting::<Page<wire::Employee>>()
        && reply.status.is_success()
        && page.success != Success::Stated(false)
    {
        return Ok(Part::of(page, record::of));
    }
    error::check(reply)?;
    Ok(Part::of(reply.json()?, record::read))
}

/// Whether Personio may have refused a page for an attribute that it does not know: with which status is in no document.
fn may_be_about_names(reply: &Reply) -> bool {
    error::no(reply).is_some_and(|no| !matches!(no.code, 401 | 408 | 429 | 500..))
}

impl<T: Transport> EmployeeSource for Client<T> {
    fn tool(&self) -> &str {
        "personio"
    }

    async fn read(&self, expected: u64, take: &mut Take<'_>) -> Result<Reading, SourceError> {
        let ahead = expected.div_ceil(PAGE_SIZE).clamp(1, MAX_PAGES);
        let asked_newer = self.asks_newer_names();
        let mut pages = pin!(self.pages(0..ahead, PAGE_SIZE));
        let first = pages.try_next().await?.unwrap_or_default();
        // The server decides how many records a page has: it has lowered its maximum before.
        let step = u64::try_from(first.records.len()).unwrap_or(u64::MAX);
        let announced = first.total.map(|total| total.div_ceil(step.max(1)));
        let mut reading = Reading {
            first_total: first.total,
            ..Reading::default()
        };
        first.into_reading(&mut reading, take);
        if step == 0 {
            return Ok(reading);
        }
        if announced.is_some_and(|announced| announced > MAX_PAGES) {
            return Err(endless());
        }
        // Pages that were asked for ahead begin elsewhere than pages of this size.
        let came = if step == PAGE_SIZE {
            announced.map_or(ahead, |announced| announced.min(ahead))
        } else {
            1
        };
        if asked_newer && !self.asks_newer_names() {
            // These pages were on their way with the names that the account refused: they are asked again without.
            pages.set(self.pages(1..came, PAGE_SIZE));
        }
        for _ in 1..came {
            let part = pages.try_next().await?.unwrap_or_default();
            if announced.is_none() && part.records.is_empty() {
                return Ok(reading);
            }
            part.into_reading(&mut reading, take);
        }
        let announced = announced.unwrap_or(came);
        let mut rest = pin!(self.pages(came..announced, step));
        while let Some(part) = rest.try_next().await? {
            part.into_reading(&mut reading, take);
        }
        // No total was announced, or it grew while the pages came.
        for page in announced..MAX_PAGES {
            if reading.last_total.is_some_and(|total| page * step >= total) {
                return Ok(reading);
            }
            let part = self.page(page * step, step).await?;
            if part.records.is_empty() {
                return Ok(reading);
            }
            part.into_reading(&mut reading, take);
        }
        Err(endless())
    }
}

fn endless() -> SourceError {
    SourceError::Unreadable(format!(
        "Personio GET /v1/company/employees: no end after {MAX_PAGES} pages"
    ))
}
