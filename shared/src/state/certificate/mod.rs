//! The ledger's entry for one certificate: how far it is on its way into the employee's file.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::{CertificateId, DocumentId, SourceId};

/// What is known of one certificate, written before and after its upload. Stored as `CERTIFICATE#<certificate id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateEntry {
    pub certificate_id: CertificateId,
    /// In whose file it belongs. Empty once the person was forgotten.
    pub employee: SourceId,
    #[serde(flatten)]
    pub state: CertificateState,
}

impl CertificateEntry {
    /// What is kept of a certificate when its person is forgotten: versions before can read it.
    pub(super) fn forgotten(certificate_id: CertificateId, at: Timestamp) -> Self {
        Self {
            certificate_id,
            employee: SourceId::new(""),
            state: CertificateState::Dismissed { at },
        }
    }
}

/// How far a certificate is. The name is the attribute `state`, the rest the attribute `detail`: so a write can depend
/// on either as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "detail", rename_all = "snake_case")]
pub enum CertificateState {
    /// The upload is under way, or nobody knows how it ended. Written before the upload.
    Intended(Intent),
    Uploaded {
        at: Timestamp,
        /// The document; some routes tell no id.
        document: Option<DocumentId>,
    },
    /// Certainly not filed; tried again later.
    Failed(RetryState),
    /// Left alone until somebody decides.
    Parked {
        at: Timestamp,
        reason: String,
        /// The upload that may have filed it all the same.
        unverified: Option<Intent>,
    },
    /// Somebody decided that it is not to be filed by us.
    Dismissed { at: Timestamp },
    /// The first listing shows it, and the backfill is on hold.
    Held { at: Timestamp },
}

/// An upload that was about to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// When it was about to begin.
    pub at: Timestamp,
    /// The file's size in bytes, where it is known beforehand: a document of another size is not this upload's.
    pub size: Option<u64>,
    /// How often it has failed in a row before.
    pub failures: u32,
    /// Since when it fails, if it does.
    pub failing_since: Option<Timestamp>,
    /// What to do where the route cannot tell whether it is filed.
    #[serde(default)]
    pub on_unverifiable: OnUnverifiable,
}

/// What becomes of an upload of unknown outcome where the route cannot tell whether it is filed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnverifiable {
    /// It is left for the operator.
    #[default]
    Park,
    /// It is sent again: the operator has looked, and it is not there.
    Send,
}

/// An upload that certainly filed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryState {
    /// What was wrong, without personal data.
    pub reason: String,
    /// How often in a row; 0 after the operator asked for another attempt.
    pub failures: u32,
    pub since: Timestamp,
    /// From when on it is tried again.
    pub retry_at: Timestamp,
}

impl CertificateState {
    /// What a retry by the operator makes of it: itself where it is retried already, `None` where it does not wait.
    /// An upload that may have succeeded is looked for first; `on_unverifiable` says what follows where that is
    /// impossible.
    pub(super) fn retried(&self, on_unverifiable: OnUnverifiable, now: Timestamp) -> Option<Self> {
        match self {
            Self::Parked {
                unverified: Some(intent),
                ..
            } => Some(Self::Intended(Intent {
                on_unverifiable,
                ..*intent
            })),
            Self::Failed(RetryState { failures: 0, .. }) => Some(self.clone()),
            // The moment stays: in a restored table it says that the certificate may have been filed since.
            Self::Parked {
                reason, at: since, ..
            }
            | Self::Failed(RetryState { reason, since, .. }) => Some(Self::Failed(RetryState {
                reason: reason.clone(),
                failures: 0,
                since: *since,
                retry_at: now,
            })),
            Self::Intended(intent) if intent.on_unverifiable == on_unverifiable => {
                Some(self.clone())
            }
            Self::Intended(_)
            | Self::Uploaded { .. }
            | Self::Dismissed { .. }
            | Self::Held { .. } => None,
        }
    }

    /// What the operator's dismissal makes of it: itself where it is dismissed already, `None` where it is not for the
    /// operator to decide.
    pub(super) fn dismissed(&self, now: Timestamp) -> Option<Self> {
        match self {
            Self::Parked { .. } | Self::Failed(_) | Self::Held { .. } => {
                Some(Self::Dismissed { at: now })
            }
            Self::Dismissed { .. } => Some(self.clone()),
            Self::Intended(_) | Self::Uploaded { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
