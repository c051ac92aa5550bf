//! Reading and writing accounts.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::customer::{Account, Customer, Source};
use super::errors::Refusal;
use super::input::{Input, applied};
use super::quirks::Quirk;
use super::state::State;
use super::store::Field;
use super::view::{List, Row, view};
use crate::engine::exchange::{Reply, Request};

const LARGEST_PAGE: usize = 250;
const USUAL_PAGE: usize = 25;

/// Which rows of a list a request asks for.
pub(super) struct Page {
    pub(super) skip: usize,
    pub(super) take: usize,
}

impl Page {
    /// Reads `page` (from 1) and `limit`; `filters` are the other parameters the list knows.
    pub(super) fn of(request: &Request, filters: &[&str]) -> Result<Self, Refusal> {
        if let Some(unknown) = request.unknown_query(&[&["page", "limit"], filters].concat()) {
            return Err(Refusal::invalid(vec![format!(
                "property {unknown} should not exist"
            )]));
        }
        Self::of_known(request)
    }

    /// The same, whatever else the request asks for.
    pub(super) fn of_known(request: &Request) -> Result<Self, Refusal> {
        let number =
            |name: &str, otherwise: usize| match request.query(name).map(str::parse::<usize>) {
                None => Ok(otherwise),
                Some(Ok(number)) if number >= 1 => Ok(number),
                Some(_) => Err(Refusal::invalid(vec![format!(
                    "{name} must not be less than 1"
                )])),
            };
        let (page, take) = (number("page", 1)?, number("limit", USUAL_PAGE)?);
        if take > LARGEST_PAGE {
            return Err(Refusal::invalid(vec![format!(
                "limit must not be greater than {LARGEST_PAGE}"
            )]));
        }
        Ok(Self {
            skip: (page - 1)
                .saturating_mul(take)
                .saturating_sub(request.rows_back),
            take,
        })
    }
}

/// `GET /customer`
pub(super) fn list(state: &mut State, request: &Request, now: Timestamp) -> Result<Reply, Refusal> {
    let page = Page::of(request, &["externalId"])?;
    state.lists += 1;
    let ignores_filter = state.quirks.has(&Quirk::IgnoresExternalIdFilter);
    let filter = request.query("externalId").filter(|_| !ignores_filter);
    let found: &[Customer] = match filter {
        Some(external_id) => state
            .customers
            .find_by(Field::ExternalId, external_id)
            .map(std::slice::from_ref)
            .unwrap_or_default(),
        None => state.customers.all(),
    };
    let hides_locked = state.quirks.has(&Quirk::ListHidesLocked);
    let is_shown = |customer: &&Customer| !hides_locked || !customer.is_locked(now);
    let found: Vec<_> = found.iter().filter(is_shown).collect();
    let rows = found.iter().skip(page.skip).take(page.take);
    let results: Vec<_> = rows.map(|customer| row(state, customer, now)).collect();
    Ok(Reply::json(
        StatusCode::OK,
        &List {
            results,
            result_count: state.quirks.total(found.len(), state.lists),
        },
    ))
}

/// `GET /customer/{customerIdentifier}`
pub(super) fn get(state: &State, id: &str, now: Timestamp) -> Result<Reply, Refusal> {
    let customer = existing(state, id)?;
    if state.quirks.has(&Quirk::HidesLocked) && customer.is_locked(now) {
        return Err(Refusal::not_found("Customer"));
    }
    Ok(Reply::json(StatusCode::OK, &row(state, customer, now)))
}

/// `POST /customer`: finds, or creates. What is found comes back unchanged, with 201 all the same.
pub(super) fn find_or_create(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    let body = state.quirks.taken(object(request)?, now)?;
    let customer = applied(&Customer::default(), &body, Input::Create).map_err(Refusal::invalid)?;
    state.invite_first(customer.email.as_deref(), now);
    let keys = [
        (Field::ExternalId, &customer.external_id),
        (Field::Email, &customer.email),
        (Field::UserName, &customer.user_name),
    ];
    let user_name_alone = state.quirks.has(&Quirk::FindsByUserNameAlone);
    let finds_none = state.quirks.has(&Quirk::MakesSecondAccounts);
    let found = keys
        .into_iter()
        .filter(|(field, _)| !finds_none && (!user_name_alone || *field == Field::UserName))
        .find_map(|(field, text)| state.customers.find_by(field, text.as_deref()?));
    if let Some(found) = found {
        state.quirks.check_account(&state.customers, found)?;
    }
    match found {
        Some(_) if state.quirks.has(&Quirk::RefusesKnownCustomers) => {
            Err(Refusal::new(state.quirks.conflict(), "DUPLICATE"))
        }
        Some(found) if state.quirks.has(&Quirk::UpdatesWhatItFinds) => {
            let id = found.id.clone();
            update(state, &id, request, now)
        }
        Some(found) => Ok(Reply::json(StatusCode::CREATED, &view(state, found, now))),
        None => {
            state.check_unique(&customer)?;
            create(state, customer, now)
        }
    }
}

/// `PUT /customer/{customerIdentifier}`
pub(super) fn update(
    state: &mut State,
    id: &str,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    let before = state.quirks.before_update(existing(state, id)?);
    let body = state.quirks.taken_by_update(object(request)?, now)?;
    let after = applied(&before, &body, Input::Update).map_err(Refusal::invalid)?;
    state.invite_first(after.email.as_deref(), now);
    state.check_unique(&after)?;
    let reply = Reply::json(StatusCode::OK, &view(state, &after, now));
    state.customers.replace(id, after);
    Ok(reply)
}

/// `DELETE /customer/{customerIdentifier}`
pub(super) fn delete(state: &mut State, id: &str, now: Timestamp) -> Result<Reply, Refusal> {
    let gone = state
        .customers
        .remove(id)
        .ok_or_else(|| Refusal::not_found("Customer"))?;
    Ok(Reply::json(StatusCode::OK, &view(state, &gone, now)))
}

/// `POST /customer/{customerIdentifier}/send-invitation`
pub(super) fn invite(state: &mut State, id: &str) -> Result<Reply, Refusal> {
    existing(state, id)?;
    state.edit(id, |customer| {
        customer.invitations += 1;
        if customer.account == Account::Added {
            customer.account = Account::Invited;
        }
    });
    Ok(Reply::json(
        StatusCode::CREATED,
        &json!({"isSucceeded": true}),
    ))
}

/// An account as this academy shows it.
fn row<'s>(state: &'s State, customer: &'s Customer, now: Timestamp) -> Row<'s> {
    let view = view(state, customer, now);
    match state.quirks.odd_row(&state.customers, customer) {
        Some(odd) => Row::Odd(odd.of(serde_json::to_value(&view).unwrap_or_default())),
        None => Row::Plain(Box::new(view)),
    }
}

fn create(state: &mut State, customer: Customer, now: Timestamp) -> Result<Reply, Refusal> {
    let id = state.insert(
        Customer {
            source: Source::RestApi,
            account: state.quirks.new_account(),
            ..customer
        },
        now,
    );
    Ok(Reply::json(
        StatusCode::CREATED,
        &view(state, existing(state, &id)?, now),
    ))
}

pub(super) fn existing<'s>(state: &'s State, id: &str) -> Result<&'s Customer, Refusal> {
    state
        .customers
        .find(id)
        .ok_or_else(|| Refusal::not_found("Customer"))
}

/// The body as a JSON object; anything else is 400, as from a body parser.
pub(super) fn object(request: &Request) -> Result<Map<String, Value>, Refusal> {
    match request.json() {
        Some(Value::Object(body)) => Ok(body),
        _ => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "Unexpected token in JSON",
        )),
    }
}
