//! `tenants migrate`

mod view;

use std::collections::HashMap;
use std::time::Duration;

use employee_sync::source::{self, Completeness, IncompleteReason, People, Person};
use jiff::Timestamp;
use shared::domain::id::{CustomerId, SourceId, TenantId};
use shared::fingerprint::{Shard, ShardNumber};
use shared::reteach::{self, CollectAccounts, Customer, UnreadableAccount};
use shared::routes::Connections;
use shared::source::EmployeeSource as _;
use shared::state::{EmployeeEntry, JobKind, SyncState};
use shared::tenant::TenantConfig;

use self::view::{MigrateView, Stage};
use crate::academies;
use crate::args::Migrate;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::leases::{HeldLeases, Purpose};
use crate::migration::{Account, Mail, Migration, NewPerson, match_ids};
use crate::output::Output;
use crate::schedule::JOBS;
use crate::transfer::{Carrier, Moved, Transfer};

const UNTOUCHED: &str = "nothing was moved";

/// Progress is said after this many people.
const SAID_EVERY: usize = 100;

/// A version of the mapping that never was: the next run compares everybody.
const NO_MAPPING: u32 = 0;

pub(super) async fn migrate(context: &CommandContext<'_>, args: &Migrate) -> Result<Output> {
    let tenant = &args.tenant;
    let stored = context.tenant(tenant).await?;
    let secret = context.secrets.refresh(tenant).await?;
    let connections = context.connect(&stored.config, &secret)?;
    academies::check(&stored, &connections.reteach, UNTOUCHED).await?;
    let Some(hash) = &args.approve else {
        let found = Found::read(context, &connections, &stored.config).await?;
        return Output::of(&MigrateView::new(args, &found, Stage::Proposed));
    };
    let purpose = Purpose {
        command: "migrate",
        jobs: &JOBS,
        wait: Duration::from_secs(u64::from(args.wait)),
        otherwise: UNTOUCHED,
    };
    let leases = HeldLeases::acquire(context, tenant, purpose).await?;
    let written = approved(context, &connections, &stored.config, hash, &leases).await;
    leases.release().await;
    let (found, refused) = written?;
    Output::of(&MigrateView::new(args, &found, Stage::Moved(refused)))
}

/// Both systems and the state, read at one time.
struct Found {
    completeness: Completeness,
    entries: HashMap<SourceId, EmployeeEntry>,
    state: Option<SyncState>,
    migration: Migration,
    /// Mail addresses of the accounts: personal data.
    mails: HashMap<SourceId, Mail>,
    /// Moves of which something is left to do.
    pending: Vec<Transfer>,
}

impl Found {
    async fn read(
        context: &CommandContext<'_>,
        connections: &Connections,
        config: &TenantConfig,
    ) -> Result<Self> {
        let Connections { hr, reteach, key } = connections;
        let people = source::read(hr, config, key, 0, None).await;
        let people = people
            .map_err(|error| Failure::attention(format!("people cannot be read: {error}")))?;
        let accounts = accounts(reteach, context).await?;
        let entries = context
            .store
            .all_employees(&config.tenant_id, Some(key))
            .await?;
        let migration = match_ids(hr.tool(), &accounts, &entries, &new_people(&people));
        let mail_of: HashMap<_, _> = accounts
            .iter()
            .filter_map(|account| Some((&account.id, account.mail.clone()?)))
            .collect();
        let mails = migration.moves.iter().filter_map(|transfer| {
            Some((
                transfer.from.clone(),
                mail_of.get(&transfer.account)?.clone(),
            ))
        });
        let is_open = |transfer: &&Transfer| {
            entries
                .get(&transfer.from)
                .is_none_or(|entry| entry.handed_over_to.as_ref() != Some(&transfer.to))
        };
        let pending = migration.moves.iter().filter(is_open).cloned().collect();
        Ok(Self {
            completeness: people.completeness,
            mails: mails.collect(),
            pending,
            migration,
            entries,
            state: context.store.sync_state(&config.tenant_id).await?,
        })
    }

    /// Why people may be missing from the table. Of an agreed reading, as a first run sees it: fewer than half of those announced
    /// came.
    fn doubt(&self) -> Option<IncompleteReason> {
        match self.completeness {
            Completeness::Agreeing(_) if self.completeness.has_most() => None,
            Completeness::Agreeing(doubt) | Completeness::Incomplete(doubt) => Some(doubt),
            Completeness::Complete => None,
        }
    }

    fn is_migrated(&self, hash: &str) -> bool {
        let migrated = self.state.as_ref();
        migrated.is_some_and(|state| state.migrated.as_deref() == Some(hash))
    }

    /// Whether exactly this migration may be carried out.
    fn check(&self, tenant: &TenantId, hash: &str) -> Result<()> {
        let refused = |reason: String| Err(Failure::attention(format!("{reason}: {UNTOUCHED}")));
        if let Some(doubt) = self.doubt() {
            return refused(format!(
                "the reading of Personio is not complete ({doubt}), so people may be missing from the table; give the same \
                 command again later, and if that does not help, `tenants check {tenant}` names what is wrong with the reading"
            ));
        }
        let current = self.migration.hash();
        if self.migration.moves.is_empty() {
            return refused(format!("there is no account of {tenant} to move"));
        }
        if current != hash {
            return refused(format!(
                "the table {hash} of {tenant} has changed, its hash is {current} now; look at it again with `tenants migrate \
                 {tenant}`"
            ));
        }
        Ok(())
    }
}

/// Moves the accounts one by one, then makes the next run compare everybody. Returns what was found before, and who was
/// refused.
async fn approved(
    context: &CommandContext<'_>,
    connections: &Connections,
    config: &TenantConfig,
    hash: &str,
    leases: &HeldLeases<'_>,
) -> Result<(Found, Vec<(SourceId, String)>)> {
    let tenant = &config.tenant_id;
    let found = Found::read(context, connections, config).await?;
    found.check(tenant, hash)?;
    if found.pending.is_empty() && found.is_migrated(hash) {
        return Ok((found, Vec::new()));
    }
    let refused = move_accounts(context, connections, &found, config, leases)
        .await
        .map_err(Failure::repeatable)?;
    start_again(context, &found, &refused, tenant, hash, leases)
        .await
        .map_err(Failure::repeatable)?;
    Ok((found, refused))
}

async fn move_accounts(
    context: &CommandContext<'_>,
    connections: &Connections,
    found: &Found,
    config: &TenantConfig,
    leases: &HeldLeases<'_>,
) -> Result<Vec<(SourceId, String)>> {
    let carrier = Carrier {
        config,
        tool: connections.hr.tool(),
        reteach: &connections.reteach,
        store: &context.store,
        key: &connections.key,
        leases,
        opens: None,
    };
    let mut refused = Vec::new();
    for (number, transfer) in found.pending.iter().enumerate() {
        if number > 0 && number % SAID_EVERY == 0 {
            let all = found.pending.len();
            context
                .environment
                .mention(&format!("{number} of {all} accounts"));
        }
        match carrier.carry_out(transfer, &found.entries).await? {
            Moved::Done(_) => {}
            Moved::Refused(reason) => refused.push((transfer.from.clone(), reason)),
        }
    }
    Ok(refused)
}

/// Nobody is known to the next run but whom it finds in Personio. Old ids without a match are forgotten, so that nobody
/// takes them for gone: their accounts stay open, and a lock needs an approval.
async fn start_again(
    context: &CommandContext<'_>,
    found: &Found,
    refused: &[(SourceId, String)],
    tenant: &TenantId,
    hash: &str,
    leases: &HeldLeases<'_>,
) -> Result<()> {
    let (store, token) = (&context.store, leases.token(JobKind::Employees));
    let left = found.migration.left_open.iter();
    let left = left.filter(|id| found.entries.contains_key(*id));
    // A refused move may have claimed an account that the ledger did not know.
    for id in left.chain(refused.iter().map(|(id, _)| id)) {
        leases.check().await?;
        store.forget_employee(tenant, token, id).await?;
    }
    let numbers: Vec<_> = ShardNumber::all().collect();
    for (number, shard) in store.shards(tenant, &numbers).await? {
        if !shard.0.is_empty() {
            leases.check().await?;
            store
                .put_shard(tenant, token, number, &Shard::default())
                .await?;
        }
    }
    store.clear_held(tenant, token).await?;
    store.clear_held_source(tenant, token).await?;
    let state = SyncState {
        mapping_version: NO_MAPPING,
        shards: Vec::new(),
        waiting: 0,
        waiting_gone: 0,
        migrated: Some(hash.to_owned()),
        ..found.state.clone().unwrap_or_default()
    };
    store.put_sync_state(tenant, token, &state).await?;
    Ok(())
}

/// All accounts of the academy, also those whose rows cannot be read.
#[derive(PartialEq)]
struct Accounts {
    now: Timestamp,
    found: Vec<Account>,
}

impl CollectAccounts for Accounts {
    fn account(&mut self, customer: Customer) {
        let until = customer.set_inactive_at;
        self.found.push(Account {
            is_open: until.is_none_or(|until| until > self.now),
            is_unreadable: false,
            mail: customer.email.as_deref().and_then(Mail::new),
            external_id: customer.external_id.filter(|id| !id.as_str().is_empty()),
            id: customer.id,
        });
    }

    fn unreadable(&mut self, row: UnreadableAccount) {
        self.found.push(Account {
            // Nobody can tell.
            is_open: true,
            is_unreadable: true,
            mail: row.email.as_deref().and_then(Mail::new),
            external_id: row.external_id.filter(|id| !id.as_str().is_empty()),
            id: row.id.unwrap_or_else(|| CustomerId::new("")),
        });
    }
}

async fn accounts(reteach: &reteach::Client, context: &CommandContext<'_>) -> Result<Vec<Account>> {
    let now = context.now();
    let collector = || Accounts {
        now,
        found: Vec::new(),
    };
    let listed = reteach.list_all(collector).await;
    let listed = listed
        .map_err(|error| Failure::attention(format!("accounts cannot be listed: {error}")))?;
    if listed.completeness == reteach::Completeness::Shifting {
        return Err(Failure::attention(
            "reteach's list of accounts kept changing while it was read; try again",
        ));
    }
    Ok(listed.accounts.found)
}

fn new_people(people: &People) -> Vec<NewPerson> {
    let new = people.snapshot.iter().map(|(id, person)| NewPerson {
        id: id.clone(),
        mail: match person {
            Person::Employee(employee, _) => {
                employee.email.value().and_then(|mail| Mail::new(mail))
            }
            Person::Rejected { .. } => None,
        },
    });
    new.collect()
}
