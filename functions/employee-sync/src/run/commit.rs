//! Writing down how a run left things: shards first, their root last.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::access::AccessWindow;
use shared::domain::id::SourceId;
use shared::fingerprint::{EntryStatus, Shard, ShardDigest, ShardNumber};
use shared::mapping::MAPPING_VERSION;
use shared::state::{Brake, BrakeWindow, StateError, SyncState};

use crate::apply::{Applied, ApplyContext, Outcome};
use crate::checkpoint::{Reason, Resolution, Selection, Sharding, next_shard};
use crate::plan::{Account, Candidate, Part, Plan, RiskyChange};
use crate::source::People;

/// The root of a tenant of whom nothing is known.
pub(super) fn first_root() -> SyncState {
    SyncState {
        mapping_version: 0,
        configuration: String::new(),
        shards: Vec::new(),
        people: 0,
        open_accounts: 0,
        brakes: BrakeWindow::default(),
        pending: BTreeMap::new(),
        waiting: 0,
        reconciled_at: Timestamp::UNIX_EPOCH,
    }
}

/// Counts what an interrupted run applied of the harm it had announced: all that the new plan does not ask for again.
pub(super) fn recover_pending(
    root: &mut SyncState,
    planned: &BTreeMap<Brake, BTreeSet<u64>>,
    now: Timestamp,
) {
    for (brake, pending) in std::mem::take(&mut root.pending) {
        let again = planned.get(&brake);
        let applied = pending
            .iter()
            .filter(|digest| !again.is_some_and(|again| again.contains(digest)))
            .count();
        root.brakes
            .add(brake, u32::try_from(applied).unwrap_or(u32::MAX), now);
    }
}

/// The harm of which nobody knows whether it came through: it stays announced. The next plan asks for it again, or it counts
/// as applied (a ledger entry whose write got no answer may have been written).
pub(super) fn in_doubt(passed: &[RiskyChange], outcome: &Outcome) -> Vec<RiskyChange> {
    let is_open = |risky: &&RiskyChange| {
        matches!(
            outcome.applied.get(&risky.source_id),
            None | Some(Applied::Open)
        )
    };
    passed.iter().filter(is_open).cloned().collect()
}

/// Counts the harm that was applied, and takes back its announcement.
pub(super) fn count_brakes(
    root: &mut SyncState,
    passed: &[RiskyChange],
    outcome: &Outcome,
    now: Timestamp,
) {
    root.pending.clear();
    for brake in Brake::ALL {
        let done = |risky: &&RiskyChange| {
            risky.brake == brake
                && match outcome.applied.get(&risky.source_id) {
                    Some(Applied::Done) => true,
                    Some(Applied::WindowAlone(_)) => risky.part == Part::AccessWindow,
                    Some(Applied::Refused(_) | Applied::Open) | None => false,
                }
        };
        let people: BTreeSet<&SourceId> = passed
            .iter()
            .filter(done)
            .map(|risky| &risky.source_id)
            .collect();
        root.brakes
            .add(brake, u32::try_from(people.len()).unwrap_or(u32::MAX), now);
    }
}

/// How many accounts are open after the run: counted where everybody was looked at, else by what changed.
pub(super) fn open_accounts(
    root: &SyncState,
    look: &Selection,
    candidates: &[Candidate],
    plan: &Plan,
    outcome: &Outcome,
    now: Timestamp,
) -> u32 {
    let is_open = |window: AccessWindow| i64::from(!window.is_locked_at(now));
    let is_through = |id| {
        matches!(
            outcome.applied.get(id),
            Some(Applied::Done | Applied::WindowAlone(_))
        )
    };
    let done = plan.changes.iter().filter(|it| is_through(&it.source_id));
    let changed: i64 = done
        .map(|change| {
            let (before, after) = change
                .window
                .map_or((change.baseline.window, change.baseline.window), |window| {
                    (window.before, window.after)
                });
            let counted = change.action.account().is_some();
            is_open(after) - if counted { is_open(before) } else { 0 }
        })
        .sum();
    let before = match look {
        Selection::Everybody(_) => {
            let seen = candidates.iter().filter(
                |it| matches!(&it.account, Account::Fetched(seen, _) if seen.is_open_at(now)),
            );
            i64::try_from(seen.count()).unwrap_or(i64::MAX)
        }
        Selection::Nobody | Selection::Shards(_) => i64::from(root.open_accounts),
    };
    u32::try_from((before + changed).max(0)).unwrap_or(u32::MAX)
}

/// What is written at the end of a run.
pub(super) struct Settlement<'a> {
    pub(super) context: ApplyContext<'a>,
    pub(super) people: &'a People,
    pub(super) sharding: &'a Sharding<'a>,
    pub(super) shards: &'a BTreeMap<ShardNumber, Shard>,
    pub(super) obsolete: &'a [ShardNumber],
    pub(super) became: &'a BTreeMap<SourceId, Resolution>,
    pub(super) look: &'a Selection,
    pub(super) configuration: &'a str,
    /// Whether the run stopped early: what it set out to compare is then not compared.
    pub(super) stopped: bool,
}

impl Settlement<'_> {
    /// Writes the shards that changed, and then their root.
    ///
    /// # Errors
    /// [`StateError`]; the root then still stands for the old shards, and the next run looks again.
    pub(super) async fn write(
        &self,
        mut root: SyncState,
        now: Timestamp,
    ) -> Result<Settled, StateError> {
        let (tenant, token, store) = (
            self.context.tenant,
            self.context.guard.token(),
            self.context.store,
        );
        let anew = root.shards.len() != self.sharding.count().get();
        root.shards
            .resize(self.sharding.count().get(), ShardDigest::default());
        let mut missing = 0;
        // Of everybody it is counted anew: between a shard and its root a run may have been interrupted.
        let is_recount = matches!(self.look, Selection::Everybody(_));
        let mut waiting = if is_recount {
            0
        } else {
            i64::from(root.waiting)
        };
        self.context.guard.check().await?;
        for (number, old) in self.shards {
            let next = next_shard(
                *number,
                old,
                self.sharding,
                self.people.completeness,
                self.became,
            );
            missing += next
                .0
                .values()
                .filter(|entry| entry.standing == EntryStatus::MissingOnce)
                .count() as u64;
            waiting += people_waiting(&next) - if is_recount { 0 } else { people_waiting(old) };
            if anew || next != *old {
                store.put_shard(tenant, token, *number, &next).await?;
            }
            if let Some(line) = root.shards.get_mut(usize::from(number.0)) {
                *line = next.digest();
            }
        }
        root.waiting = u32::try_from(waiting.max(0)).unwrap_or(u32::MAX);
        root.people = u32::try_from(self.people.snapshot.len()).unwrap_or(u32::MAX);
        // A comparison of everybody that stopped early begins again on the next run.
        let begins_again =
            self.stopped && !matches!(self.look, Selection::Everybody(Reason::FirstRun));
        if let (Selection::Everybody(_), false) = (self.look, begins_again) {
            root.mapping_version = MAPPING_VERSION;
            root.configuration = self.configuration.to_owned();
            root.reconciled_at = now;
        }
        store.put_sync_state(tenant, token, &root).await?;
        store.delete_shards(tenant, token, self.obsolete).await?;
        Ok(Settled {
            missing,
            waiting: u64::from(root.waiting),
        })
    }
}

/// What a settlement counted.
pub(super) struct Settled {
    /// People missing for the first time.
    pub(super) missing: u64,
    /// People of the whole company whose record was refused and is not tried again yet.
    pub(super) waiting: u64,
}

/// Who is due at once waits for nothing: the next run looks.
fn people_waiting(shard: &Shard) -> i64 {
    let waits =
        |standing| matches!(standing, EntryStatus::RetryAt(at) if at > Timestamp::UNIX_EPOCH);
    i64::try_from(
        shard
            .0
            .values()
            .filter(|entry| waits(entry.standing))
            .count(),
    )
    .unwrap_or(i64::MAX)
}
