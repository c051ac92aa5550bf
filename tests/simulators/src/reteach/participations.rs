//! The participations, newest first, and reading them.

use std::collections::{HashMap, VecDeque};

use http::StatusCode;
use jiff::Timestamp;

use super::customers::Page;
use super::errors::Refusal;
use super::participation::{Certificate, Change, Participation, ParticipationStatus, Publication};
use super::state::State;
use super::view::{List, participation as view};
use crate::engine::exchange::{Reply, Request};

/// Filters of the document of 2023.
const OLD: &[&str] = &["customerIdentifier", "courseId", "customerCertificateId"];
/// Filters that came later. The others (`externalId`, `isExpired`, …) are not simulated.
const NEW: &[&str] = &["status", "completedAtSince", "hasCertificate"];

/// Whether the academy knows the filters that came after 2023.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filters {
    /// Knows them, and refuses what it does not know.
    #[default]
    Current,
    /// Ignores every parameter that the document of 2023 does not have.
    Of2023,
}

/// A certificate as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    pub(super) certificate: Certificate,
    /// Never, where nobody has said when.
    pub(super) published_at: Option<Timestamp>,
}

impl Issued {
    pub(super) fn is_published(&self, now: Timestamp) -> bool {
        self.published_at.is_some_and(|at| at <= now)
    }
}

/// The academy's participations and certificates.
#[derive(Default)]
pub(super) struct Participations {
    /// In the order in which they were added.
    rows: Vec<Participation>,
    certificates: HashMap<String, Issued>,
    pub(super) filters: Filters,
    pub(super) changes: VecDeque<Change>,
}

impl Participations {
    pub(super) fn all(&self) -> &[Participation] {
        &self.rows
    }

    pub(super) fn find(&self, id: &str) -> Option<&Participation> {
        self.rows.iter().find(|row| row.id == id)
    }

    pub(super) fn certificate(&self, id: &str) -> Option<&Issued> {
        self.certificates.get(id)
    }

    /// Changes a certificate wherever it is kept.
    pub(super) fn change_certificate(&mut self, id: &str, change: impl FnOnce(&mut Issued)) -> bool {
        let Some(issued) = self.certificates.get_mut(id) else { return false };
        change(issued);
        let kept = self.rows.iter_mut().filter_map(|row| row.certificate.as_mut());
        for certificate in kept.filter(|certificate| certificate.id == id) {
            certificate.clone_from(&issued.certificate);
        }
        true
    }

    fn issue(&mut self, certificate: &Certificate, now: Timestamp) {
        let published_at = match certificate.publication {
            Publication::AtOnce => Some(now),
            Publication::After(time) => now.checked_add(time).ok(),
            Publication::OnDemand => None,
        };
        let issued = Issued { certificate: certificate.clone(), published_at };
        self.certificates.insert(certificate.id.clone(), issued);
    }

    pub(super) fn remove(&mut self, id: &str) -> bool {
        let Some(row) = self.rows.iter().position(|row| row.id == id) else { return false };
        let gone = self.rows.remove(row);
        if let Some(certificate) = gone.certificate {
            self.certificates.remove(&certificate.id);
        }
        true
    }
}

impl State {
    /// Adds a participation at the top of the list, unchecked; returns its id.
    pub(super) fn add_participation(&mut self, mut participation: Participation, now: Timestamp) -> String {
        if participation.id.is_empty() {
            participation.id = self.next_id("participation");
        }
        if let Some(account) = participation.customer.as_deref().and_then(|name| self.customers.find(name)) {
            participation.customer = Some(account.id.clone());
        }
        if let Some(certificate) = &mut participation.certificate {
            if certificate.id.is_empty() {
                certificate.id = self.next_id("certificate");
            }
            self.participations.issue(certificate, now);
        }
        let id = participation.id.clone();
        self.participations.rows.push(participation);
        id
    }

    /// Gives a participation another certificate in place of the one it has; the old one is gone.
    pub(super) fn reissue(&mut self, participation_id: &str, now: Timestamp) -> Option<String> {
        let id = self.next_id("certificate");
        let participations = &mut self.participations;
        let row = participations.rows.iter_mut().find(|row| row.id == participation_id)?;
        let old = row.certificate.as_ref()?;
        let certificate = Certificate { id: id.clone(), ..old.clone() };
        participations.certificates.remove(&old.id);
        row.certificate = Some(certificate.clone());
        participations.issue(&certificate, now);
        Some(id)
    }

    fn change_once(&mut self, now: Timestamp) {
        match self.participations.changes.pop_front() {
            Some(Change::Insert(participation)) => {
                self.add_participation(participation, now);
            }
            Some(Change::Remove(id)) => {
                self.participations.remove(&id);
            }
            None => {}
        }
    }
}

/// `GET /participation`, newest first.
pub(super) fn list(state: &mut State, request: &Request, now: Timestamp) -> Result<Reply, Refusal> {
    let old = state.participations.filters == Filters::Of2023;
    let page = if old { Page::of_known(request)? } else { Page::of(request, &[OLD, NEW].concat())? };
    let filter = Filter::of(state, request, old)?;
    let mut count = 0;
    let mut shown = Vec::with_capacity(page.take);
    for row in state.participations.rows.iter().rev().filter(|row| filter.lets_pass(row)) {
        if count >= page.skip && shown.len() < page.take {
            shown.push(row);
        }
        count += 1;
    }
    let results: Vec<_> = shown.into_iter().map(|row| view(state, row, now)).collect();
    let reply = Reply::json(StatusCode::OK, &List { results, result_count: count });
    state.change_once(now);
    Ok(reply)
}

/// `GET /participation/{participationId}`
pub(super) fn get(state: &State, id: &str, now: Timestamp) -> Result<Reply, Refusal> {
    let row = state.participations.find(id).ok_or_else(|| Refusal::not_found("Participation"))?;
    Ok(Reply::json(StatusCode::OK, &view(state, row, now)))
}

/// Which participations are asked for; filters are ANDed.
struct Filter<'r> {
    /// The account's id; `Some(None)` for one that does not exist.
    customer: Option<Option<String>>,
    course: Option<&'r str>,
    certificate: Option<&'r str>,
    statuses: Option<Vec<ParticipationStatus>>,
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
            course: request.query("courseId"),
            certificate: request.query("customerCertificateId"),
            statuses: newer("status").map(statuses).transpose()?,
            completed_since: newer("completedAtSince").map(moment).transpose()?,
            has_certificate: newer("hasCertificate").map(flag).transpose()?,
        })
    }

    fn lets_pass(&self, row: &Participation) -> bool {
        let certificate = row.certificate.as_ref();
        self.has_certificate.is_none_or(|wanted| certificate.is_some() == wanted)
            && self.statuses.as_ref().is_none_or(|wanted| wanted.contains(&row.status))
            && self.completed_since.is_none_or(|since| row.completed_at.is_some_and(|at| at >= since))
            && self.certificate.is_none_or(|id| certificate.is_some_and(|found| found.id == id))
            && self.customer.as_ref().is_none_or(|id| id.is_some() && *id == row.customer)
            && self.course.is_none_or(|id| row.course_id().as_deref() == Some(id))
    }
}

fn statuses(text: &str) -> Result<Vec<ParticipationStatus>, Refusal> {
    let parse = |name: &str| {
        serde_json::from_value(name.into())
            .map_err(|_| Refusal::invalid(vec!["each value in status must be a valid enum value".to_owned()]))
    };
    text.split(',').map(parse).collect()
}

fn moment(text: &str) -> Result<Timestamp, Refusal> {
    let message = "completedAtSince must be a valid ISO 8601 date string";
    text.parse().map_err(|_| Refusal::invalid(vec![message.to_owned()]))
}

fn flag(text: &str) -> Result<bool, Refusal> {
    text.parse().map_err(|_| Refusal::invalid(vec!["hasCertificate must be a boolean value".to_owned()]))
}
