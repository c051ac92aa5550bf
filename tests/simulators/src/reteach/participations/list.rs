//! Reading participations.

use http::StatusCode;
use jiff::Timestamp;

use super::Filters;
use crate::engine::exchange::{Reply, Request};
use crate::reteach::customers::Page;
use crate::reteach::errors::Refusal;
use crate::reteach::participation::Participation;
use crate::reteach::state::State;
use crate::reteach::view::{List, participation as view};

/// Filters of the document of 2023; `courseId` is not simulated.
const OLD: &[&str] = &["customerIdentifier", "customerCertificateId"];
/// Filters that came later. The others (`status`, `externalId`, `isExpired`, …) are not simulated.
const NEW: &[&str] = &["completedAtSince", "hasCertificate"];

/// `GET /participation`, newest first.
pub(in crate::reteach) fn list(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    let old = state.participations.filters == Filters::Of2023;
    let page = if old {
        Page::of_known(request)?
    } else {
        Page::of(request, &[OLD, NEW].concat())?
    };
    let filter = Filter::of(state, request, old)?;
    let mut count = 0;
    let mut shown = Vec::with_capacity(page.take);
    for row in state
        .participations
        .rows
        .iter()
        .rev()
        .filter(|row| filter.lets_pass(row))
    {
        if count >= page.skip && shown.len() < page.take {
            shown.push(row);
        }
        count += 1;
    }
    let results: Vec<_> = shown.into_iter().map(|row| view(state, row, now)).collect();
    let reply = Reply::json(
        StatusCode::OK,
        &List {
            results,
            result_count: state.quirks.total(count, 0),
        },
    );
    state.change_once(now);
    Ok(reply)
}

/// `GET /participation/{participationId}`
pub(in crate::reteach) fn get(state: &State, id: &str, now: Timestamp) -> Result<Reply, Refusal> {
    let row = state
        .participations
        .find(id)
        .ok_or_else(|| Refusal::not_found("Participation"))?;
    Ok(Reply::json(StatusCode::OK, &view(state, row, now)))
}

/// Which participations are asked for; filters are ANDed.
struct Filter<'r> {
    /// The account's id; `Some(None)` for one that does not exist.
    customer: Option<Option<String>>,
    certificate: Option<&'r str>,
    completed_since: Option<Timestamp>,
    has_certificate: Option<bool>,
}

impl<'r> Filter<'r> {
    fn of(state: &State, request: &'r Request, old: bool) -> Result<Self, Refusal> {
        let customer = request
            .query("customerIdentifier")
            .map(|name| state.customers.find(name).map(|account| account.id.clone()));
        let newer = |name: &str| request.query(name).filter(|_| !old);
        Ok(Self {
            customer,
            certificate: request.query("customerCertificateId"),
            completed_since: newer("completedAtSince").map(moment).transpose()?,
            has_certificate: newer("hasCertificate").map(flag).transpose()?,
        })
    }

    fn lets_pass(&self, row: &Participation) -> bool {
        let certificate = row.certificate.as_ref();
        self.has_certificate
            .is_none_or(|wanted| certificate.is_some() == wanted)
            && self
                .completed_since
                .is_none_or(|since| row.completed_at.is_some_and(|at| at >= since))
            && self
                .certificate
                .is_none_or(|id| certificate.is_some_and(|found| found.id == id))
            && self
                .customer
                .as_ref()
                .is_none_or(|id| id.is_some() && *id == row.customer)
    }
}

fn moment(text: &str) -> Result<Timestamp, Refusal> {
    let message = "completedAtSince must be a valid ISO 8601 date string";
    text.parse()
        .map_err(|_| Refusal::invalid(vec![message.to_owned()]))
}

fn flag(text: &str) -> Result<bool, Refusal> {
    text.parse()
        .map_err(|_| Refusal::invalid(vec!["hasCertificate must be a boolean value".to_owned()]))
}
