//! The end of a run: what is written to its state, and what it reports. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::fingerprint::{EntryStatus, Shard, ShardNumber};
use shared::mapping::MAPPING_VERSION;
use shared::runtime::JobResult;
use shared::state::{Brake, BrakeWindow, Comparing, FailureKind, HeldPlan, SyncState};

use super::Rules;
use super::load::Coverage;
use super::stages::{Prepared, Registration, are_in_step, holds_absent, quiet};
use super::successors::with_successors;
use crate::EmployeeSync;
use crate::apply::{Applied, ApplyOutcome};
use crate::brake::consent::Parts;
use crate::brake::hold::{BrakedPlan, Hold};
use crate::checkpoint::{
    Reason, Resolution, Selection, Sharding, in_progress, next_shard, resolve, waits_until,
    with_left_open,
};
use crate::plan::{Account, Candidate, Part, Plan, RiskyChange};
use crate::source::People;

pub(super) struct Conclusion {
    pub(super) shards: BTreeMap<ShardNumber, Shard>,
    pub(super) state: SyncState,
    /// People whose ledger entries end.
    pub(super) expired: Vec<SourceId>,
    pub(super) held: HeldWrite,
    /// When the gate for certificates opens, if it does.
    pub(super) opens_gate: Option<Timestamp>,
    pub(super) result: JobResult<EmployeeSync>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeldWrite {
    Keep,
    Put(HeldPlan),
    Clear,
}

pub(super) fn conclude(
    rules: Rules<'_>,
    people: &People,
    sharding: &Sharding<'_>,
    prepared: Prepared,
    registration: Registration,
    (outcome, successors): (ApplyOutcome, BTreeMap<SourceId, Timestamp>),
) -> Conclusion {
    let Prepared {
        braked,
        coverage,
        candidates,
        waiting: noted,
        seen: _,
        held_before,
        state,
        is_part: _,
        tells_nothing: _,
        listing_failed,
        holds_first_run,
        summary,
    } = prepared;
    let BrakedPlan {
        plan,
        passed,
        approved,
        dismissed,
        hold,
    } = braked;
    let Coverage {
        selection,
        portion,
        shards,
        expired,
        open_accounts,
        compared_open,
        accounts,
    } = coverage;
    let now = rules.now;
    let mut resolutions = resolve(&candidates, &plan, &noted, &outcome, now);
    resolutions.extend(quiet(&dismissed, &candidates, &outcome, now));
    let mut old = shards;
    old.extend(registration.shards);
    let resolutions = with_successors(resolutions, successors, &old, people);
    let next: BTreeMap<_, _> = old
        .iter()
        .map(|(number, shard)| {
            let completeness = people.completeness;
            let next = next_shard(*number, shard, sharding, completeness, &resolutions);
            (*number, next)
        })
        .collect();
    let next = with_left_open(next, &candidates, &plan, &outcome);
    let found = match selection {
        Selection::Everybody(_) => 0,
        Selection::Nobody | Selection::Shards(_) => newly_known(&candidates, &resolutions, now),
    };
    let listed = matches!(selection, Selection::Everybody(_));
    // Of everybody it is counted again: between a shard and the state a run may have been interrupted.
    let elsewhere = |all: u32, looked_at: u32| {
        if listed {
            0
        } else {
            all.saturating_sub(looked_at)
        }
    };
    let waiting = elsewhere(state.waiting, count_waiting(old.values()))
        .saturating_add(count_waiting(next.values()));
    let waiting_gone = elsewhere(state.waiting_gone, count_waiting_gone(old.values()))
        .saturating_add(count_waiting_gone(next.values()));
    let waiting_there = waiting.saturating_sub(waiting_gone);

    let stopped = outcome.is_cut_short || outcome.forgets;
    // A comparison of everybody that stopped early begins again on the next run.
    let compared = match selection {
        Selection::Everybody(Reason::FirstRun) => true,
        Selection::Everybody(_) => !stopped && portion.next().is_none(),
        Selection::Nobody | Selection::Shards(_) => false,
    };
    let begun = in_progress(&state, rules.configuration);
    let before = begun.map_or(0, |comparing| comparing.open_accounts);
    let began = begun.map_or(now, |comparing| comparing.began);
    let comparing = |next, open_accounts| Comparing {
        configuration: rules.configuration.to_owned(),
        mapping_version: MAPPING_VERSION,
        next,
        open_accounts,
        yields: true,
        began,
    };
    let comparing = match (selection, portion.next()) {
        (Selection::Everybody(Reason::FirstRun), _) => None,
        // The same portion again, after those who have changed.
        (Selection::Everybody(_), _) if stopped && !portion.is_whole() => {
            Some(comparing(portion.first, before))
        }
        (Selection::Everybody(_), Some(next)) if !stopped => {
            let open = open_accounts_after(compared_open, &plan, &outcome, now);
            Some(comparing(next, before + open))
        }
        _ => state
            .comparing
            .clone()
            .filter(|_| !compared)
            .map(|it| Comparing {
                yields: false,
                ..it
            }),
    };
    let mut state = SyncState {
        brakes: with_applied(&state.brakes, &passed, &outcome, now),
        pending: plan.digests(&in_doubt(&passed, &outcome), rules.key),
        open_accounts: open_accounts_after(
            open_accounts.saturating_add(found),
            &plan,
            &outcome,
            now,
        ),
        people: u32::try_from(people.snapshot.len()).unwrap_or(u32::MAX),
        waiting,
        waiting_gone,
        comparing,
        by_reteach_id: outcome.learned.by_reteach_id,
        ..registration.state.unwrap_or(state)
    };
    state.agreed = people.completeness.agreed(state.agreed);
    if listed {
        state.tool = Some(rules.tool.to_owned());
    }
    if compared {
        state.mapping_version = MAPPING_VERSION;
        state.configuration = rules.configuration.to_owned();
        // Its first portion is as old as that.
        state.reconciled_at = if portion.is_whole() { now } else { began };
        state.key_check = rules.key.check();
    }
    if outcome.asks_for_list || outcome.forgets {
        // The next run compares everybody.
        state.reconciled_at = Timestamp::UNIX_EPOCH;
    }
    if let Some(accounts) = accounts {
        state.accounts = accounts;
        state.listing_failed_at = None;
    }
    if listing_failed {
        state.listing_failed_at = Some(now);
    }
    for (number, shard) in &next {
        state.set_shard_digest(*number, shard.digest());
    }

    let note = hold
        .as_ref()
        .and_then(|hold| hold.note(rules.config, rules.mode));
    let summary = summary
        .with_outcome(&plan, &outcome, now)
        .with_missing(count(next.values(), |status| {
            status == EntryStatus::MissingOnce
        }))
        .with_waiting(waiting, waiting_gone)
        .with_reached(&outcome, listed, compared);
    let unfinished = stopped || !outcome.troubles.is_empty() || summary.leaves_something();
    let result = summary.applied(&rules.config.tenant_id, &outcome, note);
    let opens_gate = people.completeness.is_good()
        && !unfinished
        && result.outcome.is_good()
        && !holds_first_run
        && are_in_step(people.snapshot.len(), waiting_there);
    state.has_completed |= opens_gate && people.completeness.has_most();
    let held = held_write(hold, held_before.as_ref(), &approved, &outcome);
    state.holds_absent = match &held {
        HeldWrite::Keep => held_before.is_some_and(|held| holds_absent(&held, people, &next)),
        HeldWrite::Put(held) => holds_absent(held, people, &next),
        HeldWrite::Clear => false,
    };
    Conclusion {
        shards: next
            .into_iter()
            .filter(|(number, shard)| old.get(number) != Some(shard))
            .collect(),
        state,
        expired: if stopped { Vec::new() } else { expired },
        held,
        opens_gate: opens_gate.then_some(now),
        result,
    }
}

/// Keeps what is held for somebody to decide, and what was approved and is not applied yet.
pub(super) fn held_write(
    hold: Option<Hold>,
    before: Option<&HeldPlan>,
    approved: &Parts,
    outcome: &ApplyOutcome,
) -> HeldWrite {
    let next = hold.map(|hold| {
        let mut next = hold.stored;
        for (_, key) in approved.iter().filter(|(risky, _)| is_done(risky, outcome)) {
            next.parts.remove(*key);
        }
        next.with_operators_of(before)
    });
    match (next.filter(|next| !next.parts.is_empty()), before) {
        (Some(next), before) if before != Some(&next) => HeldWrite::Put(next),
        (None, Some(_)) => HeldWrite::Clear,
        _ => HeldWrite::Keep,
    }
}

pub(super) fn is_done(risky: &RiskyChange, outcome: &ApplyOutcome) -> bool {
    match outcome.applied.get(&risky.source_id) {
        Some(Applied::Done) => true,
        Some(Applied::WindowAlone(_)) => matches!(risky.part, Part::AccessWindow | Part::Account),
        Some(Applied::Refused(_) | Applied::AccountLost(_) | Applied::Open) | None => false,
    }
}

/// What has no answer is tried once more before it is paused. After the pauses it counts no more.
const DOUBTED: u32 = 2;

/// The risky changes of which nobody knows whether they came through: they stay pending. The next plan asks for them again,
/// or they count as applied (a ledger entry whose write got no answer may have been written).
pub(super) fn in_doubt(passed: &[RiskyChange], outcome: &ApplyOutcome) -> Vec<RiskyChange> {
    let in_doubt = |risky: &&RiskyChange| match outcome.applied.get(&risky.source_id) {
        None | Some(Applied::Open) => true,
        Some(Applied::Refused(failure)) => {
            failure.kind == FailureKind::NoAnswer && failure.attempts <= DOUBTED
        }
        Some(Applied::WindowAlone(None)) => risky.part != Part::AccessWindow,
        Some(Applied::Done | Applied::WindowAlone(Some(_)) | Applied::AccountLost(_)) => false,
    };
    passed.iter().filter(in_doubt).cloned().collect()
}

/// What the brakes have counted, with the risky changes that were applied.
pub(super) fn with_applied(
    brakes: &BrakeWindow,
    passed: &[RiskyChange],
    outcome: &ApplyOutcome,
    now: Timestamp,
) -> BrakeWindow {
    let mut brakes = brakes.clone();
    for brake in Brake::ALL {
        let done = |risky: &&RiskyChange| risky.brake == brake && is_done(risky, outcome);
        let people: BTreeSet<&SourceId> = passed
            .iter()
            .filter(done)
            .map(|risky| &risky.source_id)
            .collect();
        brakes.add(brake, u32::try_from(people.len()).unwrap_or(u32::MAX), now);
    }
    brakes
}

/// Open accounts that were there already, and that the ledger knows from now on.
pub(super) fn newly_known(
    candidates: &[Candidate],
    resolutions: &BTreeMap<SourceId, Resolution>,
    now: Timestamp,
) -> u32 {
    let known = candidates.iter().filter(|candidate| {
        candidate.known_account().is_none()
            && matches!(&candidate.account, Account::Fetched(account, _) if account.is_open_at(now))
            && resolutions.get(&candidate.source_id) == Some(&Resolution::Settled)
    });
    u32::try_from(known.count()).unwrap_or(u32::MAX)
}

/// How many accounts are open after the changes that came through.
pub(super) fn open_accounts_after(
    before: u32,
    plan: &Plan,
    outcome: &ApplyOutcome,
    now: Timestamp,
) -> u32 {
    let done = plan.changes.iter().filter(|change| {
        let applied = outcome.applied.get(&change.source_id);
        applied.is_some_and(Applied::wrote_window)
    });
    let changed: i64 = done
        .map(|change| {
            let unchanged = change.baseline.window;
            let (before, after) = change.window.map_or((unchanged, unchanged), |window| {
                (window.before, window.after)
            });
            let was_open = change.action.account().is_some() && !before.is_locked_at(now);
            i64::from(!after.is_locked_at(now)) - i64::from(was_open)
        })
        .sum();
    u32::try_from((i64::from(before) + changed).max(0)).unwrap_or(u32::MAX)
}

/// People whose record was refused and is not tried again yet.
pub(super) fn count_waiting<'a>(shards: impl Iterator<Item = &'a Shard>) -> u32 {
    let waiting = count(shards, |status| waits_until(status).is_some());
    u32::try_from(waiting).unwrap_or(u32::MAX)
}

/// Those of them who are gone.
fn count_waiting_gone<'a>(shards: impl Iterator<Item = &'a Shard>) -> u32 {
    let entries = shards.flat_map(|shard| shard.0.values());
    let gone = entries.filter(|entry| entry.gone_until().is_some());
    let waiting = gone.filter(|entry| waits_until(entry.status).is_some());
    u32::try_from(waiting.count()).unwrap_or(u32::MAX)
}

pub(super) fn count<'a>(
    shards: impl Iterator<Item = &'a Shard>,
    counts: impl Fn(EntryStatus) -> bool,
) -> u64 {
    shards
        .flat_map(|shard| shard.0.values())
        .filter(|entry| counts(entry.status))
        .count() as u64
}
