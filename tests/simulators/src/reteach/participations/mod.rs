//! The participations and certificates of an academy.

mod handle;
mod list;

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::downloads::Delivery;
use super::participation::{Certificate, Change, Participation, Publication};
use super::state::State;

pub(super) use list::{get, list};

/// Whether the academy knows the filters that came after 2023.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Filters {
    /// Knows them, and refuses what it does not know.
    #[default]
    Current,
    /// Ignores every parameter that the document of 2023 does not have.
    Of2023,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Default, Serialize, Deserialize)]
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
    pub(super) fn change_certificate(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Issued),
    ) -> bool {
        let Some(issued) = self.certificates.get_mut(id) else {
            return false;
        };
        change(issued);
        let kept = self
            .rows
            .iter_mut()
            .filter_map(|row| row.certificate.as_mut());
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
        let issued = Issued {
            certificate: certificate.clone(),
            published_at,
        };
        self.certificates.insert(certificate.id.clone(), issued);
    }

    pub(super) fn remove(&mut self, id: &str) -> bool {
        let Some(row) = self.rows.iter().position(|row| row.id == id) else {
            return false;
        };
        let gone = self.rows.remove(row);
        if let Some(certificate) = gone.certificate {
            self.certificates.remove(&certificate.id);
        }
        true
    }
}

impl State {
    /// Adds a participation at the top of the list, unchecked; returns its id.
    pub(super) fn add_participation(
        &mut self,
        mut participation: Participation,
        now: Timestamp,
    ) -> String {
        if participation.id.is_empty() {
            participation.id = self.next_id("participation");
        }
        if let Some(account) = participation
            .customer
            .as_deref()
            .and_then(|name| self.customers.find(name))
        {
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
        let row = participations
            .rows
            .iter_mut()
            .find(|row| row.id == participation_id)?;
        let old = row.certificate.as_ref()?;
        let certificate = Certificate {
            id: id.clone(),
            ..old.clone()
        };
        participations.certificates.remove(&old.id);
        row.certificate = Some(certificate.clone());
        participations.issue(&certificate, now);
        Some(id)
    }

    /// Issues a certificate again under its id, with a PDF of this size, for a course completed then.
    pub(super) fn issue_again(
        &mut self,
        id: &str,
        size: u64,
        completed_at: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let of_it = |row: &&mut Participation| {
            let certificate = row.certificate.as_ref();
            certificate.is_some_and(|certificate| certificate.id == id)
        };
        for row in self.participations.rows.iter_mut().filter(of_it) {
            row.completed_at = completed_at.or(row.completed_at);
        }
        self.participations.change_certificate(id, |issued| {
            issued.certificate.delivery = Delivery::Pdf { size };
            issued.certificate.issued_again_at = Some(now);
        })
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
