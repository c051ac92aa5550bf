//! What an academy holds.

use std::time::{Duration, Instant};

use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::customer::Customer;
use super::downloads::Links;
use super::errors::Refusal;
use super::oauth::Tokens;
use super::participations::Participations;
use super::quirks::{Quirk, Quirks};
use super::spelling::Spelling;
use super::store::{Customers, keys};
use crate::engine::digest;
use crate::engine::limiter::{Limiter, Pacing, tick};
use crate::engine::watch::Watch;

/// One academy. Limits are not in its JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) customers: Customers,
    pub(super) participations: Participations,
    pub(super) links: Links,
    pub(super) tags: Vec<Tag>,
    pub(super) tokens: Tokens,
    #[serde(default)]
    pub(super) quirks: Quirks,
    /// Whether the quirks have changed a reply or what is stored.
    #[serde(skip)]
    pub(super) watch: Watch,
    #[serde(skip)]
    pub(super) pacing: Pacing,
    #[serde(skip, default = "Instant::now")]
    started: Instant,
    #[serde(skip)]
    limiter: Option<Limiter>,
    /// Accounts that an admin makes just before another one gets their mail address.
    #[serde(default)]
    pub(super) invited: Vec<Customer>,
    made: u64,
    /// Answered lists of customers.
    #[serde(default)]
    pub(super) lists: u64,
}

/// A tag of the academy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Tag {
    pub(super) id: String,
    pub(super) name: String,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            id: "9f0c2c53-3f6e-4b0f-9f6c-6f0c2d1b7a11".to_owned(),
            name: "Muster Akademie".to_owned(),
            customers: Customers::default(),
            participations: Participations::default(),
            links: Links::default(),
            tags: Vec::new(),
            tokens: Tokens::default(),
            quirks: Quirks::default(),
            watch: Watch::default(),
            pacing: Pacing::default(),
            started: Instant::now(),
            limiter: None,
            invited: Vec::new(),
            made: 0,
            lists: 0,
        }
    }

    /// The same academy without its quirks, if it has some of which nobody knows yet whether they change anything.
    pub(super) fn as_assumed(&self) -> Option<Self> {
        if !self.watch.is_open() || self.quirks.0.is_empty() {
            return None;
        }
        let mut other: Self = serde_json::from_value(json!(self)).ok()?;
        other.quirks = Quirks::default();
        Some(other)
    }

    /// Notes whether a call changed what is stored as it changed `other`, which has no quirks.
    pub(super) fn compare(&mut self, other: &Self, says_the_same: bool) {
        let stored = |state: &Self| {
            let mut stored = json!(state);
            stored.as_object_mut().map(|stored| stored.remove("quirks"));
            stored
        };
        let differs = !says_the_same || stored(self) != stored(other);
        self.watch.note(differs);
    }

    pub(super) fn set_limit(&mut self, limit: Option<(usize, Duration)>) {
        self.limiter = limit.map(|(requests, within)| Limiter::new(requests, within));
    }

    /// Counts a request against the limit.
    pub(super) fn admit(&mut self, now: Timestamp) -> Result<(), Refusal> {
        let tick = tick(self.pacing, self.started, now);
        if tick
            .zip(self.limiter.as_mut())
            .is_none_or(|(tick, limiter)| limiter.admit(tick))
        {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "ThrottlerException: Too Many Requests",
        ))
    }

    /// The status that an account shows.
    pub(super) fn shown_status(&self, customer: &Customer, now: Timestamp) -> &'static str {
        if self.quirks.has(&Quirk::DatesDoNotLock) {
            customer.open_status()
        } else {
            customer.status(now)
        }
    }

    pub(super) fn next_id(&mut self, kind: &str) -> String {
        self.made += 1;
        if self.quirks.shows(Spelling::NumericIds) {
            return (1_000 + self.made).to_string();
        }
        digest::uuid(&[kind, &self.made.to_string()])
    }

    /// Adds an account and the tags it names, unchecked.
    pub(super) fn insert(&mut self, mut customer: Customer, now: Timestamp) -> String {
        if customer.id.is_empty() {
            customer.id = self.next_id("customer");
        }
        customer.registered_at.get_or_insert(now);
        customer.tags.iter().for_each(|name| {
            self.tag(name);
        });
        let id = customer.id.clone();
        self.customers.push(customer);
        id
    }

    /// An account is about to get this mail address: an admin may be faster.
    pub(super) fn invite_first(&mut self, email: Option<&str>, now: Timestamp) {
        let is_next = |invited: &mut Customer| email.is_some() && invited.email.as_deref() == email;
        let invited: Vec<_> = self.invited.extract_if(.., is_next).collect();
        for customer in invited {
            self.insert(customer, now);
        }
    }

    /// Changes an account and makes the tags it then names, unchecked.
    pub(super) fn edit(&mut self, identifier: &str, change: impl FnOnce(&mut Customer)) -> bool {
        let Some(mut customer) = self.customers.find(identifier).cloned() else {
            return false;
        };
        change(&mut customer);
        customer.tags.iter().for_each(|name| {
            self.tag(name);
        });
        self.customers.replace(identifier, customer)
    }

    /// The tag of this name, made where it is missing.
    pub(super) fn tag(&mut self, name: &str) -> Tag {
        if let Some(tag) = self.tags.iter().find(|tag| tag.name == name) {
            return tag.clone();
        }
        let tag = Tag {
            id: self.next_id("tag"),
            name: name.to_owned(),
        };
        self.tags.push(tag.clone());
        tag
    }

    /// Refuses an account that shares an identifier with another one.
    pub(super) fn check_unique(&self, customer: &Customer) -> Result<(), Refusal> {
        if self.quirks.has(&Quirk::MakesSecondAccounts) {
            return Ok(());
        }
        let taken = keys(customer).find(|key| {
            self.customers
                .by_key(key)
                .is_some_and(|other| other.id != customer.id)
        });
        match taken {
            Some((field, _)) => Err(Refusal::new(
                self.quirks.conflict(),
                format!("DUPLICATE: {} already exists", field.name()),
            )),
            None => Ok(()),
        }
    }
}
