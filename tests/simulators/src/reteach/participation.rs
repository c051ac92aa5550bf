//! Somebody's part in a course, and the certificate of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::downloads::Delivery;
use crate::engine::digest;

/// One participation. The default is a completed one without a person, a course or a certificate: as odd as an academy's oldest
/// records.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Participation {
    /// A UUID; filled in where it is empty.
    pub id: String,
    /// The account: its id, email, user name or external id. `None`, or an account that is gone: the record comes without one.
    pub customer: Option<String>,
    /// The name of the course, of any length; `None` for a record without a course. The same name is the same course.
    pub course_name: Option<String>,
    /// When the course was completed.
    pub completed_at: Option<Timestamp>,
    /// How far the person has come.
    pub status: ParticipationStatus,
    /// The certificate, made or still to be made.
    pub certificate: Option<Certificate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ParticipationStatus {
    /// Put into the course.
    Added,
    Invited,
    InvitationAccepted,
    Joined,
    Started,
    #[default]
    Completed,
    Declined,
    Expired,
}

/// A certificate: a small PDF that is there at once, by default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Certificate {
    /// A UUID; filled in where it is empty.
    pub id: String,
    /// When its PDF is there. Until then `url` is null.
    pub publication: Publication,
    /// What a download of it gets.
    pub delivery: Delivery,
    /// Whether rows say when it was issued last, and how large its PDF is. No document of reteach has these.
    #[serde(default)]
    pub has_details: bool,
    /// When it was issued under the same id again, where it was.
    #[serde(default)]
    pub issued_again_at: Option<Timestamp>,
}

/// When a certificate's PDF is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Publication {
    #[default]
    AtOnce,
    /// This long after the participation was added, by the academy's clock.
    After(SignedDuration),
    /// When [`publish_pdf`](super::Reteach::publish_pdf) says so.
    OnDemand,
}

/// What happens to the list while it is read; see [`change_while_reading`](super::Reteach::change_while_reading).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// A new participation comes in at the top: later pages repeat a row.
    Insert(Participation),
    /// The participation with this id goes: later pages skip a row.
    Remove(String),
}

impl Participation {
    /// The course's id, made from its name.
    pub(super) fn course_id(&self) -> Option<String> {
        self.course_name
            .as_deref()
            .map(|name| digest::uuid(&["course", name]))
    }
}

impl Certificate {
    /// A certificate with this id and a PDF of `size` bytes.
    #[must_use]
    pub fn new(id: &str, size: u64) -> Self {
        Self {
            id: id.to_owned(),
            delivery: Delivery::Pdf { size },
            ..Self::default()
        }
    }
}
