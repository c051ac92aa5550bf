//! Whether the academy is still the one whose certificates the ledger knows.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use shared::domain::id::{CustomerId, SourceId, TenantId};
use shared::reteach::{self, Error, Participation};
use shared::runtime::RunError;
use shared::state::Store;

use crate::plan::{Owner, People};

/// Known certificates, none of which is listed, from which on revocations do not explain it. Of fewer, it takes others that
/// would be filed.
const MIN_KNOWN: usize = 5;
/// Certificates whose owners are remembered at most while no known certificate was listed.
const MAX_OWNERS: usize = 1_000;
/// Accounts of ours that are asked for before the academy counts as another one.
const ASKED: usize = 5;

/// Collects what a listing of everything shows.
#[derive(Default)]
pub(super) struct Identity {
    /// A certificate of the ledger was listed.
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
    ///
    /// # Errors
    /// [`RunError`] of the outcome `bad-secret`, or DynamoDB or reteach fails.
    pub(super) async fn check(
        self,
        store: &Store,
        reteach: &reteach::Client,
        (tenant, academy): (&TenantId, Option<&str>),
        known: usize,
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
                owners.iter().any(is_ours) || has_any(reteach, owners.into_keys()).await?
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

/// Whether the academy has one of a few of these accounts; another academy has none.
///
/// # Errors
/// reteach fails. An academy that refuses to show an account does not have it.
async fn has_any(
    reteach: &reteach::Client,
    accounts: impl Iterator<Item = CustomerId>,
) -> Result<bool, Error> {
    // Each run asks for the same ones.
    let accounts: BTreeSet<CustomerId> = accounts.collect();
    for account in accounts.into_iter().take(ASKED) {
        match reteach.find(account.as_str()).await {
            Ok(Some(found)) if found.id == account => return Ok(true),
            Ok(_) | Err(Error::Forbidden(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
