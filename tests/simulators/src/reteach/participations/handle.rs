//! The handle's part for participations and certificates.

use jiff::Timestamp;

use super::{Filters, Issued};
use crate::Reteach;
use crate::reteach::downloads::{Delivery, Downloads, Pdf};
use crate::reteach::participation::{Change, Participation};

impl Reteach {
    /// The server that certificates are downloaded from.
    #[must_use]
    pub fn downloads(&self) -> &Downloads {
        &self.downloads
    }

    /// Adds a participation at the top of the list, unchecked; empty ids are filled in. Returns the participation's id.
    pub fn add_participation(&self, participation: Participation) -> String {
        let now = self.now();
        self.state(|state| state.add_participation(participation, now))
    }

    /// [`add_participation`](Self::add_participation) for many, the last of them newest.
    pub fn add_participations(&self, participations: impl IntoIterator<Item = Participation>) {
        let now = self.now();
        self.state(|state| {
            for participation in participations {
                state.add_participation(participation, now);
            }
        });
    }

    /// Every participation, oldest first.
    #[must_use]
    pub fn participations(&self) -> Vec<Participation> {
        self.state(|state| state.participations.all().to_vec())
    }

    #[must_use]
    pub fn participation(&self, id: &str) -> Option<Participation> {
        self.state(|state| state.participations.find(id).cloned())
    }

    /// Deletes a participation and its certificate; returns whether there was one.
    pub fn remove_participation(&self, id: &str) -> bool {
        self.state(|state| state.participations.remove(id))
    }

    /// Makes a certificate's PDF available now; returns whether there is one with this id.
    pub fn publish_pdf(&self, certificate_id: &str) -> bool {
        let now = self.now();
        self.certificate(certificate_id, |issued| issued.published_at = Some(now))
    }

    /// Changes what downloads of a certificate get; returns whether there is one with this id.
    pub fn set_delivery(&self, certificate_id: &str, delivery: Delivery) -> bool {
        self.certificate(certificate_id, |issued| {
            issued.certificate.delivery = delivery
        })
    }

    /// Issues a participation's certificate again, under a new id, which is returned. The old one is gone.
    pub fn reissue(&self, participation_id: &str) -> Option<String> {
        let now = self.now();
        self.state(|state| state.reissue(participation_id, now))
    }

    /// Issues a certificate again under the id that it has: with a PDF of `size` bytes, and for another moment of completion
    /// if one is given. Returns whether there is one with this id.
    pub fn issue_again(&self, id: &str, size: u64, completed_at: Option<Timestamp>) -> bool {
        let now = self.now();
        self.state(|state| state.issue_again(id, size, completed_at, now))
    }

    /// The SHA-256, in hexadecimal digits, of the PDF that downloads of this certificate get when nothing goes wrong.
    #[must_use]
    pub fn pdf_sha256(&self, certificate_id: &str) -> Option<String> {
        let size = self.state(|state| {
            state
                .participations
                .certificate(certificate_id)?
                .certificate
                .delivery
                .size()
        });
        Some(Pdf::new(certificate_id, size?).sha256())
    }

    /// `certificate.url` as a list would show it now; `None` until the PDF is there.
    #[must_use]
    pub fn certificate_url(&self, certificate_id: &str) -> Option<String> {
        let now = self.now();
        self.state(|state| state.certificate_url(certificate_id, now))
    }

    /// Lets the list change while it is read: after every page one of `changes` happens, in their order.
    pub fn change_while_reading(&self, changes: impl IntoIterator<Item = Change>) {
        self.state(|state| state.participations.changes = changes.into_iter().collect());
    }

    /// Which filters of `GET /participation` the academy knows; [`Filters::Current`] at the start.
    pub fn set_filters(&self, filters: Filters) {
        self.state(|state| state.participations.filters = filters);
    }

    fn certificate(&self, id: &str, change: impl FnOnce(&mut Issued)) -> bool {
        self.state(|state| state.participations.change_certificate(id, change))
    }
}
