//! What ends a run early.

use jiff::Timestamp;

use super::Outcome;
use crate::aws::SessionError;
use crate::document::{FilingError, Reach, Suspect, TenantFault};
use crate::domain::id::TenantId;
use crate::http::Vendor;
use crate::reteach;
use crate::routes::ConnectError;
use crate::secrets::SecretError;
use crate::source::SourceError;
use crate::state::StateError;
use crate::tenant::ConfigError;

/// Why a run, or an attempt at it, ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError {
    pub outcome: Outcome,
    /// The same in words: what is wrong and what to do.
    pub message: String,
    /// Whether credentials were refused: the secret is then read once more, and all is tried again.
    pub credentials_refused: bool,
    /// Whether reteach ended the run, not the HR system.
    pub is_of_academy: bool,
    /// The kind of the item of the state that cannot be read, without an id.
    pub damaged: Option<&'static str>,
}

impl RunError {
    /// An end that no other credentials would have prevented.
    #[must_use]
    pub fn new(outcome: Outcome, message: impl ToString) -> Self {
        Self {
            outcome,
            message: message.to_string(),
            credentials_refused: false,
            is_of_academy: false,
            damaged: None,
        }
    }

    /// The credentials are another academy's: `sign` says what shows it.
    #[must_use]
    pub fn another_academy(sign: &str) -> Self {
        let message = format!(
            "{sign}: the academy's credentials seem to be another academy's. Store the right ones with `tenants add`"
        );
        Self {
            is_of_academy: true,
            ..Self::new(Outcome::BadSecret, message)
        }
    }

    pub(super) fn unknown_tenant(tenant: &TenantId) -> Self {
        Self::new(
            Outcome::UnknownTenant,
            format!("there is no tenant {tenant}; `tenants add` makes one"),
        )
    }

    pub(super) fn other_tenant(tenant: &TenantId) -> Self {
        let message =
            format!("the stored configuration is that of {tenant}; `tenants add` writes it again");
        Self::new(Outcome::BadConfiguration, message)
    }

    pub(super) fn paused(tenant: &TenantId, since: Timestamp) -> Self {
        Self::new(
            Outcome::Paused,
            format!("{tenant} is paused since {since:.0}: run `tenants resume {tenant}`"),
        )
    }

    pub(super) fn busy(until: Timestamp) -> Self {
        Self::new(
            Outcome::Busy,
            format!("another run has the lease until {until:.0}"),
        )
    }
}

impl From<ConfigError> for RunError {
    fn from(error: ConfigError) -> Self {
        Self::new(Outcome::BadConfiguration, error)
    }
}

impl From<SecretError> for RunError {
    fn from(error: SecretError) -> Self {
        let outcome = match error {
            SecretError::Unavailable { .. } => Outcome::StateUnavailable,
            _ => Outcome::BadSecret,
        };
        Self::new(outcome, error)
    }
}

impl From<ConnectError> for RunError {
    fn from(error: ConnectError) -> Self {
        let outcome = match error {
            ConnectError::MissingSecret(_) | ConnectError::FingerprintKey(_) => Outcome::BadSecret,
            ConnectError::NotConnected => Outcome::NotConnected,
            ConnectError::OnThisMachine(_) => Outcome::BadConfiguration,
        };
        Self::new(outcome, error)
    }
}

impl From<SourceError> for RunError {
    fn from(error: SourceError) -> Self {
        let outcome = match error {
            SourceError::NotReady(_) | SourceError::Lapsed(_) => Outcome::NotConnected,
            SourceError::Credential(_) | SourceError::Forbidden(_) => Outcome::AccessDenied,
            SourceError::Unavailable(_) | SourceError::Refused(_) | SourceError::Unreadable(_) => {
                Outcome::SourceUnavailable
            }
        };
        Self {
            credentials_refused: matches!(error, SourceError::Credential(_)),
            ..Self::new(outcome, error)
        }
    }
}

impl From<reteach::Error> for RunError {
    fn from(error: reteach::Error) -> Self {
        use reteach::Error as Reteach;
        let outcome = match error {
            Reteach::Credential(_) | Reteach::Forbidden(_) => Outcome::AccessDenied,
            _ => Outcome::ReteachUnavailable,
        };
        Self {
            credentials_refused: matches!(error, Reteach::Credential(_)),
            is_of_academy: true,
            ..Self::new(outcome, error)
        }
    }
}

/// A failure that ends the run, or would with a few more of its kind.
impl From<FilingError> for RunError {
    fn from(error: FilingError) -> Self {
        // Only what has turned out to be more than a certificate's own ends a run.
        let reach = match error.reach {
            Reach::Unclear(Suspect::Tenant(fault)) => Reach::Tenant(fault),
            Reach::Unclear(Suspect::Vendor(vendor)) => Reach::Vendor(vendor),
            reach => reach,
        };
        let outcome = match reach {
            Reach::Certificate | Reach::Unclear(_) | Reach::Person => Outcome::Done,
            Reach::Tenant(TenantFault::Folder) => Outcome::NoCategory,
            Reach::Tenant(
                TenantFault::Right
                | TenantFault::Credential
                | TenantFault::AcademyRight
                | TenantFault::AcademyCredential,
            ) => Outcome::AccessDenied,
            Reach::Tenant(TenantFault::Connection) => Outcome::NotConnected,
            Reach::Vendor(Vendor::Reteach) => Outcome::ReteachUnavailable,
            Reach::Vendor(Vendor::Personio | Vendor::Kombo) => Outcome::SourceUnavailable,
            Reach::Run | Reach::Limit(..) => Outcome::Partly,
        };
        let credentials_refused = matches!(
            reach,
            Reach::Tenant(TenantFault::Credential | TenantFault::AcademyCredential)
        );
        let is_of_academy = matches!(
            reach,
            Reach::Tenant(TenantFault::AcademyRight | TenantFault::AcademyCredential)
                | Reach::Vendor(Vendor::Reteach)
        );
        Self {
            credentials_refused,
            is_of_academy,
            ..Self::new(outcome, error)
        }
    }
}

impl From<SessionError> for RunError {
    fn from(error: SessionError) -> Self {
        Self::new(Outcome::StateUnavailable, error)
    }
}

impl From<StateError> for RunError {
    fn from(error: StateError) -> Self {
        let outcome = match error {
            StateError::Newer { .. } => Outcome::NewerState,
            _ => Outcome::StateUnavailable,
        };
        Self {
            damaged: error.damaged_kind(),
            ..Self::new(outcome, error)
        }
    }
}
