//! `GET /hris/employees`

use std::ops::Bound;

use jiff::Timestamp;

use super::errors::Refusal;
use super::integrations::Integration;
use super::mirror::Mirrored;
use super::model::{employee, status_name};
use super::paging;
use crate::engine::exchange::{Reply, Request};

/// Filters that are simulated. The others of the document are refused, so that no test believes in them.
const FILTERS: &[&str] = &[
    "include_deleted",
    "ids",
    "remote_ids",
    "employment_statuses",
    "updated_after",
    "ignore_unsupported_filters",
];

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
    let wanted = |entry: &(&String, &Mirrored)| filter.lets_pass(entry.0, entry.1);
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
    ids: Option<Vec<&'r str>>,
    remote_ids: Option<Vec<&'r str>>,
    statuses: Option<Vec<&'r str>>,
    updated_after: Option<Timestamp>,
}

impl<'r> Filter<'r> {
    fn of(request: &'r Request) -> Result<Self, Refusal> {
        let list = |name: &str| {
            request
                .query(name)
                .map(|values| values.split(',').collect())
        };
        let include_deleted = paging::includes_deleted(request)?;
        let updated_after = request.query("updated_after").map(|text| {
            text.parse()
                .map_err(|_| Refusal::input("updated_after must be YYYY-MM-DDTHH:mm:ss.sssZ."))
        });
        Ok(Self {
            include_deleted,
            ids: list("ids"),
            remote_ids: list("remote_ids"),
            statuses: list("employment_statuses"),
            updated_after: updated_after.transpose()?,
        })
    }

    fn lets_pass(&self, kombo_id: &str, known: &Mirrored) -> bool {
        let among = |wanted: &Option<Vec<&str>>, value: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.contains(&value))
        };
        (self.include_deleted || known.deleted_at.is_none())
            && among(&self.ids, kombo_id)
            && (self.remote_ids.is_none() || among(&self.remote_ids, &known.person.id.to_string()))
            && among(&self.statuses, status_name(known.person.status))
            && self
                .updated_after
                .is_none_or(|after| known.changed_at > after)
    }
}
