//! Kombo's unified model as a source of employees.

use std::collections::{BTreeSet, HashSet};

use jiff::tz::TimeZone;
use reqwest::Method;
use serde_json::value::RawValue;

use super::IntegrationId;
use super::client::{Client, Envelope};
use super::integration::Unsynced;
use super::limits::{MAX_PAGES, PAGE_SIZE};
use super::record::{self, Row, Rules};
use super::wire::{Employee, Page};
use crate::domain::id::SourceId;
use crate::http::{Deadline, RateLimiter};
use crate::source::{EmployeeSource, Reading, SourceError, SourceRecord, Take};

/// All people of one integration, from Kombo's mirror.
#[derive(Clone, Debug)]
pub struct Employees {
    client: Client,
    integration: IntegrationId,
    rules: Rules,
}

impl Employees {
    /// The people of `integration`, with the employment type that Kombo infers. Their days begin in `zone`.
    #[must_use]
    pub fn new(client: Client, integration: IntegrationId, zone: TimeZone) -> Self {
        let rules = Rules {
            employment_type_field: None,
            zone,
            unsynced: Unsynced::default(),
        };
        Self {
            client,
            integration,
            rules,
        }
    }

    /// The same, with the employment type from the custom field `key`: the HR system's own value.
    #[must_use]
    pub fn with_employment_type_field(mut self, key: impl Into<String>) -> Self {
        self.rules.employment_type_field = Some(key.into());
        self
    }

    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.client = self.client.until(deadline);
        self
    }

    #[must_use]
    pub fn with_pace(mut self, reads: RateLimiter) -> Self {
        self.client = self.client.with_pace(reads);
        self
    }

    /// The same, for a reading that is about to begin: what Kombo does not sync now is absent.
    ///
    /// # Errors
    /// [`SourceError::Lapsed`] if Kombo does not sync the integration or its copy of the people is out of date, or the call
    /// fails: an empty field may mean anything then.
    pub async fn as_synced(&self) -> Result<Self, SourceError> {
        let integration = self.client.integration(&self.integration).await?;
        let problem = integration.lapse().or_else(|| integration.staleness());
        if let Some(problem) = problem {
            return Err(SourceError::Lapsed(problem));
        }
        let mut employees = self.clone();
        employees.rules.unsynced = integration.unsynced();
        Ok(employees)
    }

    /// The record of one person; `None` if Kombo's mirror has no such person (any more).
    pub async fn one(&self, id: &SourceId) -> Result<Option<SourceRecord>, SourceError> {
        let target = self.client.target(Method::GET, "/hris/employees", &[])?;
        let target = target.query([("remote_ids", id.as_str()), ("page_size", PAGE_SIZE)]);
        let reply = self.client.get(target, Some(&self.integration)).await?;
        let page = reply.json::<Envelope<Page<&RawValue>>>()?.data;
        let mut records = page
            .results
            .into_iter()
            .filter_map(|raw| record::read(raw, &self.rules).record());
        Ok(records.find(|record| record.source_id() == Some(id)))
    }

    /// One page: its rows and the cursor of the next. Filters are repeated on every page, as Kombo asks.
    async fn page(&self, cursor: Option<&str>) -> Result<(Vec<Row>, Option<String>), SourceError> {
        let filters = [("page_size", PAGE_SIZE), ("include_deleted", "true")];
        let target = self.client.target(Method::GET, "/hris/employees", &[])?;
        let target = target.query(
            filters
                .into_iter()
                .chain(cursor.map(|cursor| ("cursor", cursor))),
        );
        let reply = self.client.get(target, Some(&self.integration)).await?;
        // A page is read in one go. Only if something in it does not fit, each record is read on its own: an odd one fails nobody else.
        if let Some(Envelope { data }) = reply.fitting::<Envelope<Page<Employee<'_>>>>() {
            return Ok(data.rows(|wire| record::of(wire, &self.rules)));
        }
        Ok(reply
            .json::<Envelope<Page<&RawValue>>>()?
            .data
            .rows(|raw| record::read(raw, &self.rules)))
    }
}

impl<R> Page<R> {
    fn rows(self, read: impl FnMut(R) -> Row) -> (Vec<Row>, Option<String>) {
        (
            self.results.into_iter().map(read).collect(),
            self.next.filter(|next| !next.is_empty()),
        )
    }
}

impl EmployeeSource for Employees {
    fn tool(&self) -> &str {
        self.integration.tool()
    }

    /// Each page names the next: none is asked for ahead.
    async fn read(&self, _expected: u64, take: &mut Take<'_>) -> Result<Reading, SourceError> {
        let mut marked = BTreeSet::new();
        let mut seen = HashSet::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let (rows, next) = self.page(cursor.as_deref()).await?;
            for row in rows {
                match row {
                    Row::There(record) => take(record),
                    Row::Deleted(id) => marked.extend(id),
                    Row::Emptied => {}
                }
            }
            let Some(next) = next else {
                return Ok(Reading {
                    marked: Some(marked),
                    ..Reading::default()
                });
            };
            if !seen.insert(next.clone()) {
                return Err(SourceError::Unreadable(
                    "Kombo GET /hris/employees: a cursor came twice, the pages have no end"
                        .to_owned(),
                ));
            }
            cursor = Some(next);
        }
        Err(SourceError::Unreadable(format!(
            "Kombo GET /hris/employees: no end after {MAX_PAGES} pages"
        )))
    }
}
