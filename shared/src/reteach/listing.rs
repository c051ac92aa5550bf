//! All accounts of an academy.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::atomic::Ordering;

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::customer::Customer;
use super::limits::{CONCURRENCY, DEFAULT_PAGE_SIZE, MAX_PAGES, PAGE_SIZE, REREADS};
use super::total::total;
use super::{Client, Error};
use crate::domain::id::{CustomerId, ExternalId, is_usable};
use crate::http::{Effect, rows};
use crate::json;

#[derive(Clone, Debug)]
pub struct CustomerPage {
    pub customers: Vec<Customer>,
    pub unreadable: Vec<UnreadableAccount>,
    /// How many there are on all pages; not every academy says it.
    pub total: Option<u64>,
}

/// A row of the list that cannot be read, as far as it says whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct UnreadableAccount {
    pub id: Option<CustomerId>,
    pub external_id: Option<ExternalId>,
    pub email: Option<String>,
    /// The field that does not fit, in reteach's words (`setInactiveAt`).
    pub field: String,
}

// Without the mail address.
crate::debug_only!(UnreadableAccount, id, external_id, field);

/// Keeps of a listing what its caller needs. Equal collectors mean that two readings brought the same.
pub trait CollectAccounts: PartialEq + Send {
    fn account(&mut self, customer: Customer);
    fn unreadable(&mut self, row: UnreadableAccount);
}

impl CollectAccounts for Vec<Customer> {
    fn account(&mut self, customer: Customer) {
        self.push(customer);
    }

    fn unreadable(&mut self, _: UnreadableAccount) {}
}

#[derive(Clone, Debug)]
pub struct Listing<C> {
    /// What was kept of them, each once.
    pub accounts: C,
    pub completeness: Completeness,
}

/// Whether a listing holds every account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every page announced the same count, and that many came; or two readings in a row went on to an empty page and
    /// brought the same.
    Complete,
    /// The count did not fit, and no two readings in a row agreed: some may be missing.
    Shifting,
}

#[derive(Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow, deserialize_with = "rows")]
    pub(super) results: Vec<&'a RawValue>,
    #[serde(rename = "resultCount", default, deserialize_with = "total")]
    pub(super) total: Option<u64>,
}

/// What an unreadable row may still say.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Names {
    id: Value,
    external_id: Value,
    email: Value,
}

struct Reading<C> {
    accounts: C,
    seen: HashSet<u64>,
    nameless: u64,
    announced: Option<u64>,
    /// Whether every page announced the same.
    steady: bool,
    /// Whether the page after the last one was empty, or not there.
    ended: bool,
}

impl<C: CollectAccounts> Reading<C> {
    /// Takes a page; returns whether it brought somebody new.
    fn take(&mut self, page: CustomerPage, hasher: &RandomState) -> bool {
        self.steady &= page.total == self.announced;
        let before = self.seen.len();
        for customer in page.customers {
            if self.seen.insert(hasher.hash_one(customer.id.as_str())) {
                self.accounts.account(customer);
            }
        }
        for row in page.unreadable {
            match &row.id {
                Some(id) if !self.seen.insert(hasher.hash_one(id.as_str())) => continue,
                Some(_) => {}
                None => self.nameless += 1,
            }
            self.accounts.unreadable(row);
        }
        self.seen.len() > before
    }

    fn received(&self) -> u64 {
        let seen = u64::try_from(self.seen.len()).unwrap_or(u64::MAX);
        seen.saturating_add(self.nameless)
    }

    fn fits(&self) -> bool {
        self.steady && Some(self.received()) == self.announced
    }

    /// Whether at least as many came as were announced, if a count was.
    fn has_announced(&self) -> bool {
        self.announced <= Some(self.received())
    }

    fn agrees(&self, other: &Self) -> bool {
        self.ended && other.ended && self.accounts == other.accounts
    }
}

impl Client {
    /// One page of 250 accounts, from page 1: `GET /customer`. Of fewer where the academy refuses a first page of so many.
    pub async fn list(&self, page: u32) -> Result<CustomerPage, Error> {
        loop {
            let size = self.page_size.load(Ordering::Relaxed);
            match self.page(page, size, None).await {
                Err(Error::Rejected { .. }) if page == 1 && self.takes_smaller_pages(size) => {}
                listed => return listed,
            }
        }
    }

    /// All accounts, page by page, into what `collector` makes. Read again, at most twice, when the announced count did
    /// not fit. A row that cannot be read never fails the listing.
    ///
    /// # Errors
    /// See [`Error`]; one page that fails fails it all.
    pub async fn list_all<C: CollectAccounts>(
        &self,
        collector: impl Fn() -> C + Send + Sync,
    ) -> Result<Listing<C>, Error> {
        let hasher = RandomState::new();
        let mut reading = self.read_once(collector(), &hasher).await?;
        let mut complete = reading.fits();
        for _ in 0..REREADS {
            if complete {
                break;
            }
            let again = self.read_once(collector(), &hasher).await?;
            complete = again.fits() || again.agrees(&reading);
            reading = again;
        }
        let completeness = if complete {
            Completeness::Complete
        } else {
            Completeness::Shifting
        };
        Ok(Listing {
            accounts: reading.accounts,
            completeness,
        })
    }

    async fn read_once<C: CollectAccounts>(
        &self,
        accounts: C,
        hasher: &RandomState,
    ) -> Result<Reading<C>, Error> {
        let first = self.list(1).await?;
        let received = first.customers.len() + first.unreadable.len();
        // The server decides how many accounts a page has. One without any does not say it.
        let size = match received {
            0 => u64::from(PAGE_SIZE),
            _ => u64::try_from(received).unwrap_or(u64::MAX),
        };
        let last = u32::try_from(first.total.unwrap_or_default().div_ceil(size))
            .ok()
            .filter(|last| *last <= MAX_PAGES);
        let last = last.ok_or_else(endless)?;
        // A full page, of any usual size, may count its own accounts alone: the next one shows that.
        let may_count_page =
            first.total == Some(size) && size.is_multiple_of(u64::from(DEFAULT_PAGE_SIZE));
        let mut reading = Reading {
            accounts,
            seen: HashSet::new(),
            nameless: 0,
            announced: first.total,
            steady: true,
            ended: false,
        };
        reading.take(first, hasher);
        let rest = stream::iter(2..=last).map(|page| self.list(page));
        let mut rest = std::pin::pin!(rest.buffered(CONCURRENCY));
        while let Some(page) = rest.try_next().await? {
            reading.take(page, hasher);
        }
        if may_count_page || !reading.fits() {
            self.read_to_the_end(&mut reading, last.max(1) + 1, hasher)
                .await?;
            // Pages that only repeat confirm nothing.
            reading.steady &= !may_count_page || reading.ended;
        }
        Ok(reading)
    }

    /// The announced count may not say where the list ends: an empty page does. Pages that only repeat do not.
    async fn read_to_the_end<C: CollectAccounts>(
        &self,
        reading: &mut Reading<C>,
        from: u32,
        hasher: &RandomState,
    ) -> Result<(), Error> {
        for page in from..=MAX_PAGES {
            let page = match self.list(page).await {
                // The end, unless more was announced.
                Err(Error::NotFound { .. }) if reading.has_announced() => None,
                // A page that is not there may be refused: where no count was announced, any other may.
                Err(Error::Rejected { .. })
                    if reading.announced.is_some() && reading.has_announced() =>
                {
                    None
                }
                page => Some(page?),
            };
            let accounts = page.filter(|it| !it.customers.is_empty() || !it.unreadable.is_empty());
            let Some(page) = accounts else {
                reading.ended = true;
                return Ok(());
            };
            if !reading.take(page, hasher) {
                return Ok(());
            }
        }
        Err(endless())
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
        let reply = self.read(target).await?;
        let Page { results, total } = reply.json()?;
        let mut page = CustomerPage {
            customers: Vec::with_capacity(results.len()),
            unreadable: Vec::new(),
            total,
        };
        for raw in results {
            match json::read::<Customer>(raw.get()) {
                Ok(customer) => page.customers.push(customer),
                Err(error) => page.unreadable.push(unreadable(raw, error.path)),
            }
        }
        Ok(page)
    }
}

fn unreadable(raw: &RawValue, field: String) -> UnreadableAccount {
    let names: Names = serde_json::from_str(raw.get()).unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let id = |value| text(value).filter(|id| is_usable(id));
    UnreadableAccount {
        id: id(&names.id).map(CustomerId::new),
        external_id: id(&names.external_id).map(ExternalId::new),
        email: text(&names.email),
        field,
    }
}

fn endless() -> Error {
    let problem = format!("reteach GET /customer: no end after {MAX_PAGES} pages");
    Error::Unreadable {
        problem,
        effect: Effect::None,
    }
}
