//! Ways in which one academy differs from what the other modules assume.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value has null at every key that it lacks"
)]

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Endpoint;
use super::customer::{Account, Customer};
use super::errors::Refusal;
use super::spelling::Spelling;
use super::store::Customers;
use crate::engine::exchange::{Reply, Request};

/// What one academy does differently. The vendor's documents rule out none of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quirk {
    /// A write that names this field is refused with 422.
    RefusesField(String),
    /// What the validation refuses comes in the validator's own objects instead of text.
    RefusesInObjects,
    /// A write that names this field succeeds without it.
    IgnoresField(String),
    /// `PUT` empties every field that it does not name, the external id among them. Mail and user name stay.
    PutReplaces,
    /// `PUT` takes the end (`setInactiveAt`) away where it does not name it.
    PutClearsEnd,
    /// A null in a write changes nothing.
    NullClearsNothing,
    /// A path's identifier is not tried as an external id. The call is answered with this status.
    ExternalIdsAreNoIdentifiers(u16),
    /// Every call that names this account is answered 500. The list shows it.
    AccountAnswers500(String),
    /// `resultCount` of customers is off by this.
    TotalOff(i64),
    /// `resultCount` of customers is another one on every page.
    TotalMoves,
    /// A page has at most this many rows, whatever was asked for.
    PagesOf(usize),
    /// A page of more rows than this is refused with 422.
    RefusesPagesOver(usize),
    /// A list without rows is answered 404.
    EmptyListsAre404,
    /// The account with this identifier is shown in an odd form.
    OddRow(String, OddRow),
    /// Mail addresses are kept in lower case.
    FoldsMail,
    /// `POST /customer` refuses an account that is there, instead of returning it.
    RefusesKnownCustomers,
    /// Conflicts are answered 422 instead of 409.
    ConflictsAre422,
    /// `GET /customer/{id}` answers 404 for locked accounts. The list shows them.
    HidesLocked,
    /// `GET /customer` ignores the `externalId` filter.
    IgnoresExternalIdFilter,
    /// A write that names this date is refused with 422 unless the date is ahead.
    TakesOnlyDatesAhead(String),
    /// Accounts stay open, whatever their dates say.
    DatesDoNotLock,
    /// `GET /customer` shows no account that is locked. `GET /customer/{customerIdentifier}` does.
    ListHidesLocked,
    /// `PUT` takes all tags off.
    PutDropsTags,
    /// `POST /customer` finds by user name alone; another account with the same mail address or external id is a conflict.
    FindsByUserNameAlone,
    /// `POST /customer` makes an account each time: no identifier is unique.
    MakesSecondAccounts,
    /// `POST /customer` updates what it finds.
    UpdatesWhatItFinds,
    /// Tags cannot be named by name, except in `POST /tags`.
    TakesTagsById,
    /// No tag is taken, although the call succeeds.
    IgnoresTags,
    RefusesTags,
    /// The login does not say how long its token lives.
    NoExpiresIn,
    /// The client code is good for one login; then only the refresh token is. A second login with it ends all tokens, as
    /// OAuth asks for (RFC 6749, 4.1.2).
    CodeIsGoodOnce,
    /// A refresh token is good once: each refresh brings another.
    RefreshIsGoodOnce,
    /// A login brings no refresh token.
    NoRefreshTokens,
    /// A refresh token is handed out and never taken.
    RefusesRefresh,
    /// Replies are written in another way.
    Shows(Spelling),
    /// Replies have no member with this name.
    LeavesOut(String),
    /// `PUT` succeeds without this field; `POST /customer` takes it.
    PutKeeps(String),
    /// An account that is made through the API is invited, or active, at once.
    NewAre(Account),
}

/// A row that a strict reader does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OddRow {
    NullTags,
    NoStatus,
    /// `setInactiveAt` is a date without a time.
    BareDate,
    NoId,
    /// The whole row is null.
    Null,
}

/// The quirks of one academy.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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
        let refused_with = self.0.iter().find_map(|quirk| match quirk {
            Quirk::ExternalIdsAreNoIdentifiers(status) => StatusCode::from_u16(*status).ok(),
            _ => None,
        });
        if let Some(status) = refused_with.filter(|_| by_external_id) {
            return Err(match status {
                StatusCode::NOT_FOUND => Refusal::not_found("Customer"),
                status => Refusal::new(status, "Validation failed (uuid is expected)"),
            });
        }
        self.check_account(customers, customer)
    }

    /// Refuses a list in larger pages than this academy has.
    pub(super) fn check_page(&self, request: &Request) -> Result<(), Refusal> {
        let asked = request
            .query("limit")
            .and_then(|limit| limit.parse::<usize>().ok());
        let largest = self.0.iter().find_map(|quirk| match quirk {
            Quirk::RefusesPagesOver(largest) => Some(*largest),
            _ => None,
        });
        match largest.zip(asked) {
            Some((largest, asked)) if asked > largest => {
                let message = format!("limit must not be greater than {largest}");
                Err(Refusal::invalid(vec![message]))
            }
            _ => Ok(()),
        }
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

    /// What this academy takes of the body of an update.
    pub(super) fn taken_by_update(
        &self,
        mut body: Map<String, Value>,
        now: Timestamp,
    ) -> Result<Map<String, Value>, Refusal> {
        body.retain(|key, _| !self.has(&Quirk::PutKeeps(key.clone())));
        self.taken(body, now)
    }

    /// What this academy takes of the body of a write.
    pub(super) fn taken(
        &self,
        mut body: Map<String, Value>,
        now: Timestamp,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut refused = Vec::new();
        for quirk in &self.0 {
            match quirk {
                Quirk::RefusesField(field) if body.contains_key(field) => {
                    refused.push(format!("property {field} should not exist"));
                }
                Quirk::TakesOnlyDatesAhead(field) if is_past(body.get(field), now) => {
                    refused.push(format!("{field} must be a date in the future"));
                }
                Quirk::IgnoresField(field) => drop(body.remove(field)),
                Quirk::NullClearsNothing => body.retain(|_, value| !value.is_null()),
                Quirk::FoldsMail => fold(&mut body, "email"),
                _ => {}
            }
        }
        if refused.is_empty() {
            return Ok(body);
        }
        let refusal = Refusal::invalid(refused);
        Err(if self.has(&Quirk::RefusesInObjects) {
            refusal.in_objects()
        } else {
            refusal
        })
    }

    /// How far a new account has come.
    pub(super) fn new_account(&self) -> Account {
        let new = self.0.iter().find_map(|quirk| match quirk {
            Quirk::NewAre(account) => Some(*account),
            _ => None,
        });
        new.unwrap_or_default()
    }

    /// The account that an update starts from.
    pub(super) fn before_update(&self, customer: &Customer) -> Customer {
        let mut kept = customer.clone();
        if self.has(&Quirk::PutDropsTags) {
            kept.tags.clear();
        }
        if self.has(&Quirk::PutClearsEnd) {
            kept.set_inactive_at = None;
        }
        if !self.has(&Quirk::PutReplaces) {
            return kept;
        }
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

    /// The request with the size of this academy's pages, where it asks for larger ones.
    pub(super) fn with_small_pages(&self, request: &Request) -> Option<Request> {
        let sizes = self.0.iter().filter_map(|quirk| match quirk {
            Quirk::PagesOf(size) => Some(*size),
            _ => None,
        });
        let largest = sizes.min()?;
        let mut request = request.clone();
        for (key, value) in &mut request.query {
            if key == "limit" && value.parse().is_ok_and(|asked: usize| asked > largest) {
                *value = largest.to_string();
            }
        }
        Some(request)
    }

    pub(super) fn shows(&self, spelling: Spelling) -> bool {
        self.has(&Quirk::Shows(spelling))
    }

    /// A reply as this academy writes it.
    pub(super) fn spelled(&self, endpoint: Endpoint, reply: Reply) -> Reply {
        if self.has(&Quirk::EmptyListsAre404) && is_empty_list(&reply) {
            return Refusal::not_found("Results").reply();
        }
        let spellings = self.0.iter().filter_map(|quirk| match quirk {
            Quirk::Shows(spelling) => Some(*spelling),
            _ => None,
        });
        let reply = self.0.iter().fold(reply, |reply, quirk| match quirk {
            Quirk::LeavesOut(name) => reply.rewritten(|body| without(body, name)),
            _ => reply,
        });
        spellings.fold(reply, |reply, spelling| match spelling {
            Spelling::BareReplies if writes_account(endpoint) && reply.status.is_success() => {
                reply.rewritten(|account| json!({"id": account["id"]}))
            }
            Spelling::RequiredReplies if writes_account(endpoint) && reply.status.is_success() => {
                reply.rewritten(required)
            }
            Spelling::EmptyReplies if writes(endpoint) && reply.status.is_success() => Reply {
                headers: HeaderMap::new(),
                body: Bytes::new(),
                ..reply
            },
            Spelling::BareReplies | Spelling::RequiredReplies | Spelling::EmptyReplies => reply,
            _ => reply.rewritten(|body| spelling.written(body)),
        })
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

fn is_empty_list(reply: &Reply) -> bool {
    let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let rows = body
        .as_ref()
        .and_then(|body| body.get("results")?.as_array());
    rows.is_some_and(Vec::is_empty)
}

/// `value` without the members of this name, however deep.
fn without(value: Value, name: &str) -> Value {
    match value {
        Value::Array(rows) => rows.into_iter().map(|row| without(row, name)).collect(),
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(key, _)| key != name);
            Value::Object(
                kept.map(|(key, value)| (key, without(value, name)))
                    .collect(),
            )
        }
        other => other,
    }
}

/// `account` with the members that the vendor's document requires of a reply.
fn required(mut account: Value) -> Value {
    const REQUIRED: [&str; 6] = [
        "id",
        "source",
        "authenticationMethod",
        "status",
        "registeredAt",
        "tags",
    ];
    if let Some(members) = account.as_object_mut() {
        members.retain(|name, _| REQUIRED.contains(&name.as_str()));
    }
    account
}

fn writes_account(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::FindOrCreateCustomer | Endpoint::UpdateCustomer
    )
}

fn writes(endpoint: Endpoint) -> bool {
    writes_account(endpoint) || matches!(endpoint, Endpoint::AssignTags | Endpoint::RemoveTag)
}

fn is_past(value: Option<&Value>, now: Timestamp) -> bool {
    let date = value.and_then(Value::as_str);
    let date = date.and_then(|text| text.parse::<Timestamp>().ok());
    date.is_some_and(|date| date <= now)
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
