//! One run of the job.

mod commit;
mod conclude;
mod expiry;
mod identity;
mod leavers;
mod load;
mod mail_holders;
mod pipeline;
mod remedy;
mod shared_mails;
mod stages;
mod successors;
mod summary;
#[cfg(test)]
mod tests;
mod turns;

#[cfg(test)]
pub(crate) use load::{candidates, queries, with_accounts};

use jiff::Timestamp;
use shared::fingerprint::FingerprintKey;
use shared::runtime::{Mode, Outcome, RunError};
use shared::tenant::TenantConfig;

use crate::accounts::AccountsError;

/// What every stage depends on besides its input.
#[derive(Clone, Copy, Debug)]
struct Rules<'a> {
    config: &'a TenantConfig,
    key: &'a FingerprintKey,
    /// A digest of the tenant's configuration.
    configuration: &'a str,
    /// The HR system, as external ids name it.
    tool: &'a str,
    mode: Mode,
    now: Timestamp,
    /// People for whom one run plans.
    portion: usize,
    locks_alone: bool,
}

impl Rules<'_> {
    /// People whose next look is due until then get it. A dry run looks at everybody who waits, and says what they wait for.
    fn due_until(&self) -> Timestamp {
        match self.mode {
            Mode::DryRun => Timestamp::MAX,
            _ => self.now,
        }
    }
}

impl From<AccountsError> for RunError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Reteach(error) => error.into(),
            other => Self::new(Outcome::ReteachUnavailable, other),
        }
    }
}
