//! The ledger's entry for one certificate: how far it is on its way into the employee's file.

mod issue;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use issue::{Issue, Refiled, Reissued};

use super::DecidedBy;
use super::certificate_checkpoint::is_zero;
use crate::domain::id::{CertificateId, DocumentId, OperatorId, SourceId};

/// What is known of one certificate, written before and after its upload. Stored as `CERTIFICATE#<certificate id>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CertificateEntry {
    pub certificate_id: CertificateId,
    /// In whose file it belongs. Empty once the person was forgotten, and for one on hold that belongs to nobody yet.
    pub employee: SourceId,
    #[serde(flatten)]
    pub state: CertificateState,
    /// What the PDF was issued as that is filed, or was about to be.
    #[serde(default, skip_serializing_if = "Issue::is_unknown")]
    pub issue: Issue,
    /// reteach has issued it again since: the filed document is out of date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reissued: Option<Reissued>,
    /// The operator has it filed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refiled: Option<Refiled>,
    /// Who dismissed it, where AWS named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<DecidedBy>,
}

impl CertificateEntry {
    /// An entry of a certificate of which no issue is known.
    #[must_use]
    pub fn new(certificate_id: CertificateId, employee: SourceId, state: CertificateState) -> Self {
        Self {
            certificate_id,
            employee,
            state,
            issue: Issue::default(),
            reissued: None,
            refiled: None,
            decided_by: None,
        }
    }

    pub fn operator(&self) -> Option<&OperatorId> {
        match self.state {
            CertificateState::Dismissed { at } => self.decided_by.as_ref()?.of(at),
            _ => None,
        }
    }

    /// What is kept of a certificate when its person is forgotten: versions before can read it.
    pub(super) fn forgotten(certificate_id: CertificateId, at: Timestamp) -> Self {
        let state = CertificateState::Dismissed { at };
        Self::new(certificate_id, SourceId::new(""), state)
    }

    /// What a retry by the operator makes of it: itself where it is retried already, `None` where it does not wait.
    pub fn retried(&self, on_unverifiable: OnUnverifiable, now: Timestamp) -> Option<Self> {
        let state = self.state.retried(on_unverifiable, now)?;
        Some(Self {
            state,
            ..self.clone()
        })
    }

    /// What the dismissal `by` an operator makes of it: a document that is out of date stays unchanged. Itself where it is
    /// dismissed already, `None` where it is not for the operator to decide.
    pub fn dismissed(&self, now: Timestamp, by: Option<&OperatorId>) -> Option<Self> {
        let dismissed = self.clone();
        if let (CertificateState::Uploaded { .. }, Some(reissued)) = (&self.state, self.reissued) {
            return Some(Self {
                issue: reissued.issue,
                reissued: None,
                ..dismissed
            });
        }
        let state = self.state.dismissed(now)?;
        let decided_by = match self.state {
            CertificateState::Dismissed { .. } => self.decided_by.clone(),
            _ => DecidedBy::new(now, by),
        };
        Some(Self {
            state,
            decided_by,
            ..dismissed
        })
    }

    /// What it becomes if the operator has a certificate filed again that was issued again: itself where that is asked
    /// already; `None` for any other.
    pub(super) fn to_file_again(&self, now: Timestamp) -> Option<Self> {
        let (filed_at, document) = match &self.state {
            CertificateState::Uploaded { at, document } => (*at, document),
            CertificateState::Failed(RetryState { failures: 0, .. }) if self.refiled.is_some() => {
                return Some(self.clone());
            }
            _ => return None,
        };
        let reissued = self.reissued?;
        let earlier = self.refiled.iter().flat_map(|refiled| &refiled.documents);
        let documents = earlier.chain(document).cloned().collect();
        let reason = "reteach has issued it again, and its document is to be filed again";
        let state = CertificateState::Failed(RetryState {
            // In a restored table it says that the new issue may have been filed since.
            since: filed_at,
            ..RetryState::asked_for(reason.to_owned(), now)
        });
        let refiled = Refiled {
            at: now,
            filed_at,
            documents,
        };
        Some(Self {
            state,
            issue: reissued.issue,
            reissued: None,
            refiled: Some(refiled),
            ..self.clone()
        })
    }
}

/// How far a certificate is. The name is the attribute `state`, the rest the attribute `detail`: so a write can depend
/// on either as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Intent {
    pub at: Timestamp,
    /// The file's size in bytes, where it is known beforehand: a document of another size is not this upload's.
    pub size: Option<u64>,
    /// How often it has failed in a row before.
    pub failures: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refusals: u32,
    pub failing_since: Option<Timestamp>,
    /// What to do where the route cannot tell whether it is filed.
    #[serde(default)]
    pub on_unverifiable: OnUnverifiable,
    /// When the operator decided that, if they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
}

impl Intent {
    /// The upload of this moment that may have filed it, where no more is known of it.
    #[must_use]
    pub fn unverified(at: Timestamp) -> Self {
        Self {
            at,
            size: None,
            failures: 0,
            refusals: 0,
            failing_since: None,
            on_unverifiable: OnUnverifiable::Park,
            decided_at: None,
        }
    }
}

/// What becomes of an upload of unknown outcome where the route cannot tell whether it is filed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnverifiable {
    /// It is left for the operator.
    #[default]
    Park,
    /// It is sent again: the operator has looked, and it is not there.
    Send,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RetryState {
    /// What was wrong, without personal data.
    pub reason: String,
    /// How often in a row; 0 after the operator asked for another attempt.
    pub failures: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refusals: u32,
    /// The person could not be seen, or the look before filing has to be repeated: it may be filed, and is looked up
    /// before the next attempt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlisted: bool,
    /// When an upload began that got no answer, and whose document lists did not show: they may have hidden it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unverified_at: Option<Timestamp>,
    pub since: Timestamp,
    pub retry_at: Timestamp,
}

impl RetryState {
    #[must_use]
    pub fn asked_for(reason: String, now: Timestamp) -> Self {
        Self {
            reason,
            failures: 0,
            refusals: 0,
            unlisted: false,
            unverified_at: None,
            since: now,
            retry_at: now,
        }
    }
}

impl CertificateState {
    /// What a retry by the operator makes of it: itself where it is retried already, `None` where it does not wait.
    /// An upload that may have succeeded is looked for first; `on_unverifiable` says what follows where that is
    /// impossible.
    fn retried(&self, on_unverifiable: OnUnverifiable, now: Timestamp) -> Option<Self> {
        match self {
            Self::Parked {
                unverified: Some(intent),
                ..
            } => Some(Self::Intended(Intent {
                on_unverifiable,
                decided_at: Some(now),
                ..*intent
            })),
            Self::Failed(RetryState { failures: 0, .. }) => Some(self.clone()),
            // The moment stays: in a restored table it says that the certificate may have been filed since.
            Self::Parked { reason, at, .. } => Some(Self::Failed(RetryState {
                since: *at,
                ..RetryState::asked_for(reason.clone(), now)
            })),
            Self::Failed(retry) => Some(Self::Failed(RetryState {
                since: retry.since,
                unlisted: retry.unlisted,
                unverified_at: retry.unverified_at,
                ..RetryState::asked_for(retry.reason.clone(), now)
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
    fn dismissed(&self, now: Timestamp) -> Option<Self> {
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
