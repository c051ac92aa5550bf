//! Ways in which one academy differs from what the other modules assume.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::customer::Customer;
use super::errors::Refusal;
use super::store::Customers;

/// What one academy does differently. The vendor's documents rule out none of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quirk {
    /// A write that names this field is refused with 422.
    RefusesField(String),
    /// A write that names this field succeeds without it.
    IgnoresField(String),
    /// `PUT` empties every field that it does not name, the external id among them. Mail and user name stay.
    PutReplaces,
    /// A null in a write changes nothing.
    NullClearsNothing,
    /// A path's identifier is not tried as an external id.
    ExternalIdsAreNoIdentifiers,
    /// Every call that names this account is answered 500. The list shows it.
    AccountAnswers500(String),
    /// `resultCount` of customers is off by this.
    TotalOff(i64),
    /// `resultCount` of customers is another one on every page.
    TotalMoves,
    /// The account with this identifier is shown in an odd form.
    OddRow(String, OddRow),
    /// Mail addresses are kept in lower case.
    FoldsMail,
    /// `POST /customer` refuses an account that is there, instead of returning it.
    RefusesKnownCustomers,
    /// Conflicts are answered 422 instead of 409.
    ConflictsAre422,
    /// `GET /customer` ignores the `externalId` filter.
    IgnoresExternalIdFilter,
}

/// A row that a strict reader does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OddRow {
    /// `tags` is null.
    NullTags,
    NoStatus,
    /// `setInactiveAt` is a date without a time.
    BareDate,
    NoId,
    /// The whole row is null.
    Null,
}

/// The quirks of one academy.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Quirks(pub(super) Vec<Quirk>);

impl Quirks {
    pub(super) fn has(&self, quirk: &Quirk) -> bool {
        self.0.contains(quirk)
    }

    /// The answer to a second account with the same identifier.
    pub(super) fn conflict(&self) -> StatusCode {
        if self.has(&Quirk::ConflictsAre422) {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::CONFLICT
        }
    }

    /// Refuses a call whose path names an account that this academy does not find, or cannot show.
    pub(super) fn check_identifier(&self, customers: &Customers, id: &str) -> Result<(), Refusal> {
        let Some(customer) = customers.find(id) else {
            return Ok(());
        };
        let by_external_id = customer.external_id.as_deref() == Some(id);
        if by_external_id && self.has(&Quirk::ExternalIdsAreNoIdentifiers) {
            return Err(Refusal::not_found("Customer"));
        }
        self.check_account(customers, customer)
    }

    /// Refuses an account that always answers 500.
    pub(super) fn check_account(
        &self,
        customers: &Customers,
        customer: &Customer,
    ) -> Result<(), Refusal> {
        let is_broken = self.0.iter().any(|quirk| match quirk {
            Quirk::AccountAnswers500(named) => is_named(customers, customer, named),
            _ => false,
        });
        if is_broken {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return Err(Refusal::new(status, "Internal server error"));
        }
        Ok(())
    }

    /// What this academy takes of the body of a write.
    pub(super) fn taken(
        &self,
        mut body: Map<String, Value>,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut refused = Vec::new();
        for quirk in &self.0 {
            match quirk {
                Quirk::RefusesField(field) if body.contains_key(field) => {
                    refused.push(format!("property {field} should not exist"));
                }
                Quirk::IgnoresField(field) => drop(body.remove(field)),
                Quirk::NullClearsNothing => body.retain(|_, value| !value.is_null()),
                Quirk::FoldsMail => fold(&mut body, "email"),
                _ => {}
            }
        }
        if refused.is_empty() {
            Ok(body)
        } else {
            Err(Refusal::invalid(refused))
        }
    }

    /// The account that an update starts from.
    pub(super) fn before_update(&self, customer: &Customer) -> Customer {
        if !self.has(&Quirk::PutReplaces) {
            return customer.clone();
        }
        let kept = customer.clone();
        Customer {
            id: kept.id,
            email: kept.email,
            user_name: kept.user_name,
            source: kept.source,
            account: kept.account,
            last_login_at: kept.last_login_at,
            registered_at: kept.registered_at,
            tags: kept.tags,
            invitations: kept.invitations,
            ..Customer::default()
        }
    }

    /// The announced total of a list of customers; `lists` counts the answers.
    pub(super) fn total(&self, total: usize, lists: u64) -> usize {
        let moved = |total: usize, quirk: &Quirk| match quirk {
            Quirk::TotalOff(by) => total.saturating_add_signed(*by as isize),
            // 1, 2, 3, 1, …: neighbouring answers never agree.
            Quirk::TotalMoves => total + 1 + (lists % 3) as usize,
            _ => total,
        };
        self.0.iter().fold(total, moved)
    }

    /// The odd form in which an account is shown, if it has one.
    pub(super) fn odd_row(&self, customers: &Customers, customer: &Customer) -> Option<OddRow> {
        self.0.iter().find_map(|quirk| match quirk {
            Quirk::OddRow(named, odd) if is_named(customers, customer, named) => Some(*odd),
            _ => None,
        })
    }
}

impl OddRow {
    /// The row in this form.
    pub(super) fn of(self, mut row: Value) -> Value {
        let Some(fields) = row.as_object_mut() else {
            return row;
        };
        match self {
            Self::NullTags => drop(fields.insert("tags".to_owned(), Value::Null)),
            Self::NoStatus => drop(fields.remove("status")),
            Self::BareDate => drop(fields.insert("setInactiveAt".to_owned(), json!("2026-03-31"))),
            Self::NoId => drop(fields.remove("id")),
            Self::Null => return Value::Null,
        }
        row
    }
}

fn is_named(customers: &Customers, customer: &Customer, identifier: &str) -> bool {
    let named = customers.find(identifier);
    named.is_some_and(|named| named.id == customer.id)
}

fn fold(body: &mut Map<String, Value>, key: &str) {
    if let Some(Value::String(text)) = body.get_mut(key) {
        *text = text.to_lowercase();
    }
}
