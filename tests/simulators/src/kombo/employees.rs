//! `GET /hris/employees`

use std::ops::Bound;

use jiff::Timestamp;

use super::errors::Refusal;
use super::integrations::Integration;
use super::mirror::Mirrored;
use super::model::employee;
use super::paging;
use crate::engine::exchange::{Reply, Request};

/// Filters that are simulated. The others of the document are refused, so that no test believes in them.
const FILTERS: &[&str] = &["include_deleted", "remote_ids"];

/// One page, in the order of Kombo's ids.
pub(super) fn list(
    integration: &Integration,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    paging::check_parameters(request, FILTERS)?;
    let size = paging::page_size(request)?;
    let filter = Filter::of(request)?;
    let after = paging::after(request, FILTERS)?;
    let begin = match &after {
        Some(after) => Bound::Excluded(after.as_str()),
        None => Bound::Unbounded,
    };
    let people = &integration.record.mirror.0;
    let wanted = |entry: &(&String, &Mirrored)| filter.lets_pass(entry.1);
    let until = after
        .as_deref()
        .map_or(Bound::Excluded(""), Bound::Included);
    let mut early: Vec<_> = people
        .range::<str, _>((Bound::Unbounded, until))
        .rev()
        .filter(wanted)
        .take(request.rows_back)
        .collect();
    early.reverse();
    let mut rest = people
        .range::<str, _>((begin, Bound::Unbounded))
        .filter(wanted);
    let page: Vec<_> = early.into_iter().chain(rest.by_ref()).take(size).collect();
    let last = page.last().map(|(id, _)| id.as_str());
    let more = last.is_some_and(|last| {
        people
            .range::<str, _>((Bound::Excluded(last), Bound::Unbounded))
            .any(|entry| wanted(&entry))
    });
    let next = last
        .filter(|_| more)
        .map(|last| paging::cursor(last, request, FILTERS));
    let field = integration.record.employment_type_field.as_deref();
    let results: Vec<_> = page
        .iter()
        .map(|(id, known)| employee(&integration.record.id, id, known, field, now))
        .collect();
    Ok(paging::page(&results, next))
}

/// Who is asked for; filters are ANDed, the values of one are ORed.
struct Filter<'r> {
    include_deleted: bool,
    remote_ids: Option<Vec<&'r str>>,
}

impl<'r> Filter<'r> {
    fn of(request: &'r Request) -> Result<Self, Refusal> {
        let remote_ids = request.query("remote_ids");
        Ok(Self {
            include_deleted: paging::includes_deleted(request)?,
            remote_ids: remote_ids.map(|values| values.split(',').collect()),
        })
    }

    fn lets_pass(&self, known: &Mirrored) -> bool {
        let is_asked_for = |wanted: &Vec<&str>| {
            let id = known.person.id.to_string();
            wanted.contains(&id.as_str())
        };
        (self.include_deleted || known.deleted_at.is_none())
            && self.remote_ids.as_ref().is_none_or(is_asked_for)
    }
}
