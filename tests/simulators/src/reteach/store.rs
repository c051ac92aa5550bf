//! The accounts, and the ways to find them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::customer::Customer;

/// What an account can be found by, besides its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Id,
    Email,
    UserName,
    ExternalId,
}

impl Field {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Email => "email",
            Self::UserName => "userName",
            Self::ExternalId => "externalId",
        }
    }

    fn key(self, text: &str) -> Key {
        (
            self,
            if self == Self::Email {
                text.to_lowercase()
            } else {
                text.to_owned()
            },
        )
    }
}

/// An identifier, in the letters it is compared in.
pub(super) type Key = (Field, String);

/// Everything an account can be found by.
pub(super) fn keys(customer: &Customer) -> impl Iterator<Item = Key> {
    [
        (Field::Id, Some(&customer.id)),
        (Field::Email, customer.email.as_ref()),
        (Field::UserName, customer.user_name.as_ref()),
        (Field::ExternalId, customer.external_id.as_ref()),
    ]
    .into_iter()
    .filter_map(|(field, text)| Some(field.key(text?)))
}

/// The accounts in the order of registration, found by each of their identifiers.
#[derive(Default, Deserialize)]
#[serde(from = "Vec<Customer>")]
pub(super) struct Customers {
    rows: Vec<Customer>,
    index: HashMap<Key, usize>,
    /// By id: the JSON of an account, and the status it shows.
    shown: RefCell<HashMap<String, Shown>>,
}

impl Serialize for Customers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows.serialize(serializer)
    }
}

impl From<Vec<Customer>> for Customers {
    fn from(rows: Vec<Customer>) -> Self {
        let mut customers = Self::default();
        rows.into_iter()
            .for_each(|customer| customers.push(customer));
        customers
    }
}

type Shown = (&'static str, Arc<RawValue>);

impl Customers {
    pub(super) fn all(&self) -> &[Customer] {
        &self.rows
    }

    /// The account whose id, email, user name or external id this is, tried in this order.
    pub(super) fn find(&self, identifier: &str) -> Option<&Customer> {
        [Field::Id, Field::Email, Field::UserName, Field::ExternalId]
            .into_iter()
            .find_map(|field| self.find_by(field, identifier))
    }

    pub(super) fn find_by(&self, field: Field, text: &str) -> Option<&Customer> {
        self.by_key(&field.key(text))
    }

    /// The account with this identifier.
    pub(super) fn by_key(&self, key: &Key) -> Option<&Customer> {
        self.index.get(key).and_then(|row| self.rows.get(*row))
    }

    /// The account's JSON, made by `make` where the last one is no longer true: lists of participations repeat accounts thousands
    /// of times.
    pub(super) fn shown(
        &self,
        customer: &Customer,
        now: Timestamp,
        make: impl FnOnce() -> Option<Box<RawValue>>,
    ) -> Option<Arc<RawValue>> {
        let status = customer.status(now);
        let mut shown = self.shown.borrow_mut();
        if let Some((_, json)) = shown
            .get(&customer.id)
            .filter(|(known, _)| *known == status)
        {
            return Some(Arc::clone(json));
        }
        let json: Arc<RawValue> = make()?.into();
        shown.insert(customer.id.clone(), (status, Arc::clone(&json)));
        Some(json)
    }

    pub(super) fn push(&mut self, customer: Customer) {
        let row = self.rows.len();
        self.index.extend(keys(&customer).map(|key| (key, row)));
        self.rows.push(customer);
    }

    pub(super) fn replace(&mut self, identifier: &str, customer: Customer) -> bool {
        let Some(old) = self.find(identifier).cloned() else {
            return false;
        };
        let Some(row) = self.index.get(&Field::Id.key(&old.id)).copied() else {
            return false;
        };
        self.shown.borrow_mut().remove(&old.id);
        for key in keys(&old) {
            self.index.remove(&key);
        }
        self.index.extend(keys(&customer).map(|key| (key, row)));
        if let Some(place) = self.rows.get_mut(row) {
            *place = customer;
        }
        true
    }

    /// Rare, so the index is simply rebuilt.
    pub(super) fn remove(&mut self, identifier: &str) -> Option<Customer> {
        let id = self.find(identifier)?.id.clone();
        let row = self.index.get(&Field::Id.key(&id)).copied()?;
        let gone = self.rows.remove(row);
        *self = std::mem::take(&mut self.rows).into();
        Some(gone)
    }
}
