//! Whether the academy is still the one whose certificates the ledger knows.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use shared::domain::id::{CustomerId, SourceId, TenantId};
use shared::reteach::{self, Error, Participation};
use shared::runtime::RunError;
use shared::state::Store;

use crate::apply::tick_of;
use crate::list::digest;
use crate::plan::{Owner, People};

/// Known certificates, none of which is listed, from which on revocations do not explain it. Of fewer, it takes others that
/// would be filed.
const MIN_KNOWN: usize = 5;
/// Certificates whose owners are remembered at most while no known certificate was listed.
const MAX_OWNERS: usize = 1_000;
/// Accounts of ours that are asked for before the academy counts as another one.
const ASKED: usize = 5;

#[derive(Default)]
pub(super) struct Identity {
    is_known: AtomicBool,
    owners: Mutex<Owners>,
}

#[derive(Default)]
struct Owners {
    accounts: HashSet<CustomerId>,
    people: HashSet<SourceId>,
}

impl Identity {
    /// Takes a listed certificate; `is_known`: the ledger has it.
    pub(super) fn take(&self, participation: &Participation, people: People<'_>, is_known: bool) {
        if is_known {
            self.is_known.store(true, Ordering::Relaxed);
        }
        if self.is_known.load(Ordering::Relaxed) {
            return;
        }
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        if owners.accounts.len() >= MAX_OWNERS {
            return;
        }
        let customer = participation.customer.as_ref();
        owners
            .accounts
            .extend(customer.map(|customer| customer.id.clone()));
        if let Owner::Employee(person) = Owner::of(customer, people) {
            owners.people.insert(person);
        }
    }

    /// Fails if the ledger knows none of the listed certificates, although it has `known` ones, and the academy is not
    /// `academy`. Where that is not known: if it has none of the people and accounts that the ledger of employees knows.
    pub(super) async fn check(
        self,
        store: &Store,
        reteach: &reteach::Client,
        (tenant, academy): (&TenantId, Option<&str>),
        known: usize,
        now: Timestamp,
    ) -> Result<(), RunError> {
        let listed = self
            .owners
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let is_enough = known >= MIN_KNOWN || known > 0 && !listed.people.is_empty();
        if self.is_known.into_inner() || !is_enough {
            return Ok(());
        }
        let is_ours = match academy {
            Some(academy) => reteach.is_of(academy).await?,
            None => {
                let owners = store.owners(tenant).await?;
                let is_ours = |(account, person): (&CustomerId, &SourceId)| {
                    listed.accounts.contains(account) || listed.people.contains(person)
                };
                // All of them may be of people who are not in the HR system.
                owners.iter().any(is_ours)
                    || has_any(reteach, sample(owners.into_keys().collect(), now)).await?
            }
        };
        if is_ours {
            return Ok(());
        }
        Err(RunError::another_academy(&format!(
            "the academy lists none of the {known} certificates that we know, others of people whom we do not know, and is not \
             the one whose accounts we know"
        )))
    }
}

/// A few of these accounts, others on each tick, however far apart the runs are: the academy may have lost some of them.
fn sample(accounts: BTreeSet<CustomerId>, now: Timestamp) -> Vec<CustomerId> {
    let tick = tick_of(now);
    let mut accounts: Vec<_> = accounts.into_iter().collect();
    accounts.sort_by_cached_key(|account| digest(&(tick, account)));
    accounts.truncate(ASKED);
    accounts
}

/// Whether the academy has one of these accounts; another academy has none.
///
/// # Errors
/// reteach fails. An academy that refuses to show an account has not said whether it has it.
async fn has_any(reteach: &reteach::Client, accounts: Vec<CustomerId>) -> Result<bool, Error> {
    let (mut refusal, mut is_answered) = (None, false);
    for account in accounts {
        match reteach.find(account.as_str()).await {
            Ok(Some(found)) if found.id == account => return Ok(true),
            Ok(_) => is_answered = true,
            Err(error @ Error::Forbidden(_)) => refusal = Some(error),
            Err(error) => return Err(error),
        }
    }
    match refusal {
        Some(refusal) if !is_answered => Err(refusal),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tick_asks_for_other_accounts_until_all_were_asked_for() {
        let id = |number: usize| CustomerId::new(format!("a-{number:02}"));
        // Half an hour, an hour and a day.
        for (all, step) in [0, 1, 5, 12]
            .into_iter()
            .flat_map(|all| [1, 2, 48].map(|step| (all, step)))
        {
            let accounts: BTreeSet<_> = (0..all).map(id).collect();
            let mut asked = BTreeSet::new();
            for run in 0..50 {
                let now = 1_000_000 + run * step * 30 * 60;
                let sample = sample(accounts.clone(), Timestamp::from_second(now).unwrap());
                assert_eq!(sample.len(), all.min(ASKED), "{all} {step}");
                asked.extend(sample);
            }
            assert_eq!(asked, accounts, "{all} {step}");
        }
    }
}
