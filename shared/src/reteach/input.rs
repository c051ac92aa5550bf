//! What is written to an account.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Customer, Gender};
use crate::domain::employee::Field;
use crate::domain::id::ExternalId;

/// The fields of a create or an update: absent ones are not sent, null ones are sent as null.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerInput {
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub email: Field<String>,
    /// User name: reteach needs it where there is no mail address.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub user_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub first_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub last_name: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub position: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub company: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub department: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub location: Field<String>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub gender: Field<Gender>,
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub external_id: Field<ExternalId>,
    /// Locked before this moment; null: no beginning.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub set_active_at: Field<Timestamp>,
    /// Locked from this moment on; null: no end.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub set_inactive_at: Field<Timestamp>,
    /// Members that are not ours, as [`Customer::others`] has them.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// Members of an account that the vendor's document does not let us write.
const READ_ONLY: [&str; 7] = [
    "source",
    "lastLoginAt",
    "registeredAt",
    "createdAt",
    "updatedAt",
    "manager",
    "userType",
];

impl CustomerInput {
    /// The whole record of `account` with these fields in the place of its own, for an academy whose `PUT` empties what it
    /// does not name: without members that are read-only, and those that `unwritable` names.
    #[must_use]
    pub fn over(self, account: &Customer, unwritable: &BTreeSet<String>) -> Self {
        // Taken apart in full: a new field of an account stops the build here.
        let Customer {
            id: _,
            external_id,
            email,
            user_name,
            first_name,
            last_name,
            position,
            company,
            department,
            location,
            gender,
            set_active_at,
            set_inactive_at,
            status: _,
            tags: _,
            others,
        } = account;
        let is_writable = |name: &str| !READ_ONLY.contains(&name) && !unwritable.contains(name);
        let mut others = others.clone();
        others.retain(|name, value| !value.is_null() && is_writable(name));
        others.extend(self.others);
        let held = |name, value: &Option<String>| value.clone().filter(|_| is_writable(name));
        Self {
            email: or_held(self.email, email),
            user_name: or_held(self.user_name, user_name),
            first_name: or_held(self.first_name, first_name),
            last_name: or_held(self.last_name, last_name),
            position: or_held(self.position, &held("position", position)),
            company: or_held(self.company, &held("company", company)),
            department: or_held(self.department, &held("department", department)),
            location: or_held(self.location, &held("location", location)),
            gender: or_held(self.gender, gender),
            external_id: or_held(self.external_id, external_id),
            set_active_at: or_held(self.set_active_at, set_active_at),
            set_inactive_at: or_held(self.set_inactive_at, set_inactive_at),
            others,
        }
    }

    /// Whether it sends a field of this name.
    #[must_use]
    pub fn names(&self, field: &str) -> bool {
        self.members().contains_key(field)
    }

    /// The names of what `before` held, this input does not name and `after` lacks.
    #[must_use]
    pub fn lost(&self, before: &Customer, after: &Customer) -> Vec<String> {
        let after = Self::default().over(after, &BTreeSet::new()).members();
        let unnamed = self.unnamed(before).into_iter();
        unnamed.filter(|name| !after.contains_key(name)).collect()
    }

    /// Whether an academy that empties what this input does not name would empty something of `before`.
    #[must_use]
    pub fn could_lose(&self, before: &Customer) -> bool {
        /// What an empty account has, or cannot do without.
        const KEPT_ANYWAY: [&str; 5] = [
            "email",
            "userName",
            "language",
            "timezone",
            "authenticationMethod",
        ];
        let unnamed = self.unnamed(before);
        unnamed
            .iter()
            .any(|name| !KEPT_ANYWAY.contains(&name.as_str()))
    }

    /// The names of what `before` holds and this input does not name.
    fn unnamed(&self, before: &Customer) -> Vec<String> {
        let named = self.members();
        let mut held = Self::default().over(before, &BTreeSet::new()).members();
        held.retain(|name, value| value != "" && !named.contains_key(name));
        held.into_iter().map(|(name, _)| name).collect()
    }

    fn members(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        }
    }
}

fn or_held<T: Clone>(field: Field<T>, held: &Option<T>) -> Field<T> {
    match (field, held) {
        (Field::Absent, Some(held)) => Field::Value(held.clone()),
        (field, _) => field,
    }
}

// Names the account by its external id only: the rest is personal.
crate::debug_only!(CustomerInput, external_id);
