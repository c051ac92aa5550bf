//! All accounts of an academy.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde::Deserialize;

use super::customer::Customer;
use super::limits::{CONCURRENCY, MAX_PAGES, PAGE_SIZE, REREADS, TIMEOUT};
use super::{Client, Error};
use crate::domain::id::ExternalId;
use crate::http::{Effect, Idempotency, Request, rows};

/// One page of accounts.
#[derive(Clone, Debug, Deserialize)]
pub struct CustomerPage {
    /// The accounts.
    #[serde(rename = "results", deserialize_with = "rows")]
    pub customers: Vec<Customer>,
    /// How many there are on all pages.
    #[serde(rename = "resultCount")]
    pub total: u64,
}

/// All accounts, each once.
#[derive(Clone, Debug)]
pub struct Customers {
    /// The accounts.
    pub customers: Vec<Customer>,
    /// Whether they are all.
    pub completeness: Completeness,
}

/// Whether a listing holds every account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every page announced the same count, and that many came.
    Complete,
    /// The count moved on each reading: some may be missing.
    Shifting,
}

impl Client {
    /// One page of 250 accounts, from page 1: `GET /customer`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(&self, page: u32) -> Result<CustomerPage, Error> {
        self.page(page, PAGE_SIZE, None).await
    }

    /// All accounts. Read again, at most twice, when the count moved while the pages came.
    ///
    /// # Errors
    /// See [`Error`]; one page that fails fails it all.
    pub async fn list_all(&self) -> Result<Customers, Error> {
        let mut listed = self.list_once().await?;
        for _ in 0..REREADS {
            if listed.completeness == Completeness::Complete {
                break;
            }
            listed = self.list_once().await?;
        }
        Ok(listed)
    }

    async fn list_once(&self) -> Result<Customers, Error> {
        let CustomerPage {
            mut customers,
            total,
        } = self.list(1).await?;
        // The server decides how many accounts a page has.
        let size = u64::try_from(customers.len()).unwrap_or(u64::MAX).max(1);
        let last = u32::try_from(total.div_ceil(size))
            .ok()
            .filter(|last| *last <= MAX_PAGES);
        let last = last.ok_or_else(endless)?;
        let mut steady = true;
        let rest = stream::iter(2..=last).map(|page| self.list(page));
        let mut rest = std::pin::pin!(rest.buffered(CONCURRENCY));
        while let Some(page) = rest.try_next().await? {
            steady &= page.total == total;
            customers.extend(page.customers);
        }
        let mut seen = HashSet::with_capacity(customers.len());
        customers.retain(|customer| seen.insert(customer.id.clone()));
        let all = u64::try_from(customers.len()) == Ok(total);
        let completeness = if steady && all {
            Completeness::Complete
        } else {
            Completeness::Shifting
        };
        Ok(Customers {
            customers,
            completeness,
        })
    }

    pub(super) async fn page(
        &self,
        page: u32,
        limit: u32,
        external_id: Option<&ExternalId>,
    ) -> Result<CustomerPage, Error> {
        let (page, limit) = (page.to_string(), limit.to_string());
        let filter = external_id.map(|id| ("externalId", id.as_str()));
        let query = [("page", page.as_str()), ("limit", limit.as_str())]
            .into_iter()
            .chain(filter);
        let target = self.target(Method::GET, "/customer", &[])?.query(query);
        Ok(self
            .call(Request::new(target, Idempotency::Read, TIMEOUT))
            .await?
            .json()?)
    }
}

fn endless() -> Error {
    let problem = format!("reteach GET /customer: no end after {MAX_PAGES} pages");
    Error::Unreadable {
        problem,
        effect: Effect::None,
    }
}
