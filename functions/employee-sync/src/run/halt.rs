//! What ends a run before it has anything to settle.

use jiff::Timestamp;
use shared::connect::ConnectError;
use shared::id::TenantId;
use shared::secrets::SecretError;
use shared::source::SourceError;
use shared::state::StateError;
use shared::tenant::ConfigError;

use super::Finished;
use crate::accounts::AccountsError;
use crate::apply::Stop;
use crate::lint::Violation;
use crate::report::Outcome;

/// What ends a run early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Halt {
    #[error("there is no tenant {0}; `tenants add` makes one")]
    UnknownTenant(TenantId),
    #[error("the stored configuration is that of {0}; `tenants add` writes it anew")]
    OtherTenant(TenantId),
    #[error("the tenant is paused since {0}; `tenants resume` ends that")]
    Paused(Timestamp),
    #[error("another run has the lease until {0}")]
    Busy(Timestamp),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("a defect of this program: the plan breaks its own rules, nothing was written: {}", listed(.0))]
    Refused(Vec<Violation>),
}

fn listed(violations: &[Violation]) -> String {
    violations.iter().take(10).map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Halt {
    pub(super) fn outcome(&self) -> Outcome {
        use shared::reteach::Error as Reteach;
        match self {
            Self::UnknownTenant(_) => Outcome::UnknownTenant,
            Self::Paused(_) => Outcome::Paused,
            Self::Busy(_) => Outcome::Busy,
            Self::Config(_) | Self::OtherTenant(_) => Outcome::BadConfiguration,
            Self::Secret(SecretError::Unavailable { .. }) | Self::State(_) => Outcome::StateUnavailable,
            Self::Secret(_)
            | Self::Connect(ConnectError::MissingSecret(_) | ConnectError::FingerprintKey(_)) => {
                Outcome::BadSecret
            }
            Self::Connect(ConnectError::NotConnected)
            | Self::Source(SourceError::NotReady(_) | SourceError::Lapsed(_)) => Outcome::NotConnected,
            Self::Source(SourceError::Credential(_) | SourceError::Forbidden(_))
            | Self::Accounts(AccountsError::Reteach(Reteach::Credential(_) | Reteach::Forbidden(_))) => {
                Outcome::AccessDenied
            }
            Self::Source(SourceError::Unavailable(_) | SourceError::Unreadable(_)) => {
                Outcome::SourceUnavailable
            }
            Self::Accounts(_) => Outcome::ReteachUnavailable,
            Self::Refused(_) => Outcome::PlanRefused,
        }
    }
}

/// Whether new credentials may help: the secret is then read once more, and all is tried again. reteach may be asked for
/// the first time when changes are applied.
pub(super) fn is_about_credentials(attempt: &Result<Finished, Halt>) -> bool {
    use shared::reteach::Error as Reteach;
    match attempt {
        Ok(finished) => matches!(finished.stop, Some(Stop::Reteach(Reteach::Credential(_)))),
        Err(halt) => matches!(
            halt,
            Halt::Source(SourceError::Credential(_))
                | Halt::Accounts(AccountsError::Reteach(Reteach::Credential(_)))
        ),
    }
}
