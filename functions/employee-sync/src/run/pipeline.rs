//! The stages of a run in their order, with the reads and writes between them.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::http::Deadline;
use shared::routes::Connections;
use shared::runtime::{
    Job, JobResult, LeaseGuard, LeaseTerms, Mode, Progress, Run, RunError, Tenant,
};
use shared::secrets::TenantSecret;
use shared::source::EmployeeSource as _;
use shared::state::{EmployeeEntry, HeldPlan, JobKind, StateError, SyncState};

use super::Rules;
use super::commit::{commit, register};
use super::conclude::conclude;
use super::identity::{accept, check_academy, check_identity, check_tool};
use super::leavers::{lock_leavers, lock_unusable};
use super::load::{Inputs, Known, is_of_use, load};
use super::stages::{approves_absent, are_in_step, prepare, preregister};
use super::successors::{successors, with_their_shards};
use super::summary::Summary;
use crate::EmployeeSync;
use crate::apply::{self, ApplyOutcome, Learned, apply, write_notes};
use crate::brake::hold::Hold;
use crate::checkpoint::{PORTION, Selection, Sharding, portion, select, waits_for_list};
use crate::io::{ApplyAbort, LiveReader, LiveWriter, Reader, Writer};
use crate::plan::Plan;
use crate::report::Counts;
use crate::source::{self, People};

/// Kept back at the end of a run for writing shards, state and report; of a short run a quarter.
const RESERVE: Duration = Duration::from_secs(15);
/// Kept back of that once no call is under way any more.
const COMMIT: Duration = Duration::from_secs(4);
/// Kept back for writing, where many people are looked up.
const WRITES: Duration = Duration::from_secs(60);
/// Kept back for look-ups and writing, where the list of all accounts takes long.
const LOOK_UPS: Duration = Duration::from_secs(90);

impl Job for EmployeeSync {
    const JOB: JobKind = JobKind::Employees;
    /// A write to reteach takes 30 seconds at most.
    const LEASE: LeaseTerms = LeaseTerms {
        lasts: SignedDuration::from_secs(120),
        enough: SignedDuration::from_secs(60),
    };
    type Counts = Counts;
    type Plan = Plan;

    async fn attempt(
        &self,
        run: &Run<'_, Self>,
        tenant: &Tenant,
        secret: Arc<TenantSecret>,
        lease: Option<&LeaseGuard<'_>>,
    ) -> Result<JobResult<Self>, RunError> {
        let stop_at = run.stop_at(RESERVE);
        let connections = run.connect(tenant, &secret)?.until(stop_at);
        let Connections { hr, reteach, key } = &connections;
        let (config, store) = (&tenant.config, run.store());
        let state = store.sync_state(&config.tenant_id).await?;
        let expected = run.at_once(state.as_ref().map_or(0, |state| state.people as usize)) as u64;
        let now = run.clock().now();
        if is_look_due(lease.map(LeaseGuard::last_good_run), now) {
            hr.check_connection().await?;
        }
        let agreed = state.as_ref().and_then(|state| state.agreed);
        let people = source::read_even_unusable(hr, config, key, expected, agreed).await?;
        run.emit(Progress::Read(people.snapshot.len()));

        let rules = Rules {
            config,
            key,
            configuration: &format!(
                "{:016x}",
                key.digest("configuration", &tenant.record.config)
            ),
            tool: hr.tool(),
            mode: run.mode(),
            now,
            portion: people_per_run(run.mode(), stop_at),
            locks_alone: false,
        };
        let can_do_without = state.as_ref().is_some_and(|state| is_of_use(state, key));
        let list_ends = if can_do_without {
            run.stop_at(LOOK_UPS)
        } else {
            stop_at
        };
        let reader = LiveReader {
            tenant,
            store,
            key,
            reteach,
            list_ends,
            look_ups_end: run.stop_at(WRITES),
        };
        let writer = lease.map(|lease| LiveWriter {
            reader,
            lease,
            clock: run.clock(),
            stop_at,
            calls_end: run.stop_at(COMMIT),
            concurrency: run.at_once(apply::CONCURRENCY),
        });
        let emit = |progress| run.emit(progress);
        drive(rules, &people, state, &reader, writer.as_ref(), &emit).await
    }
}

/// People for whom one run plans. Without a deadline a dry run is an operator's, on a machine with memory for all.
fn people_per_run(mode: Mode, stop_at: Deadline) -> usize {
    match (mode, stop_at.remaining()) {
        (Mode::DryRun, None) => usize::MAX,
        _ => PORTION,
    }
}

/// Whether the connection to the HR system is looked at: by a dry run, by the first run of each hour, and by every run until one
/// is good.
fn is_look_due(last_good_run: Option<Option<Timestamp>>, now: Timestamp) -> bool {
    let hour = |moment: Timestamp| moment.as_second().div_euclid(3600);
    last_good_run
        .flatten()
        .is_none_or(|last| hour(last) < hour(now))
}

/// A run after the reading. Without a writer (a dry run) it ends with the plan.
pub(super) async fn drive(
    rules: Rules<'_>,
    people: &People,
    mut state: Option<SyncState>,
    reader: &impl Reader,
    writer: Option<&impl Writer>,
    emit: &(dyn Fn(Progress) + Sync),
) -> Result<JobResult<EmployeeSync>, RunError> {
    if let Some(rejected) = check_tool(rules, people, state.as_ref()) {
        return Ok(rejected);
    }
    if let Some(reason) = &people.unusable {
        return lock_unusable(rules, people, state, reader, writer, reason).await;
    }
    if let (None, Some(state)) = (writer, &mut state) {
        // A dry run shows the whole company, not the rest of a comparison.
        state.comparing = None;
    }
    let sharding = Sharding::new(&people.snapshot);
    let held = held_of_absent(state.as_ref(), reader).await?;
    let is_approved = |state: &SyncState| {
        let held = held.as_ref().filter(|_| !waits_for_list(state, rules.now));
        held.is_some_and(|held| approves_absent(held, people, state.reconciled_at, rules.now))
    };
    let asked = rules.mode == Mode::Reconcile || state.as_ref().is_some_and(is_approved);
    let selection = select(
        state.as_ref(),
        &sharding,
        rules.configuration,
        asked,
        rules.now,
    );
    let selection = match (selection, &state) {
        (Selection::Nobody | Selection::Shards(_), Some(state)) if rules.mode == Mode::DryRun => {
            match sharding.unsettled(state, rules.due_until()) {
                open if open.is_empty() => Selection::Nobody,
                open => Selection::Shards(open),
            }
        }
        (selection, _) => selection,
    };
    if selection == Selection::Nobody {
        return unchanged(rules, people, state, held, writer).await;
    }
    let portion = portion(
        &selection,
        state.as_ref(),
        &sharding,
        rules.configuration,
        rules.portion,
    );
    let known = Known::load(reader, state.as_ref(), &selection, portion).await?;
    let identity = known.compare(people, &sharding, &selection, rules.now);
    let rejected = check_identity(rules, people, &identity, &mut state, reader, writer).await?;
    if let Some(rejected) = rejected {
        let Some(writer) = writer else {
            return Ok(rejected);
        };
        return lock_leavers(rules, people, (state, known), reader, writer, rejected).await;
    }
    let inputs = Inputs {
        people,
        sharding: &sharding,
        state: state.as_ref(),
        rules,
        portion,
    };
    let lists = matches!(selection, Selection::Everybody(_));
    if lists {
        check_academy(reader).await?;
    }
    let loaded = load(reader, inputs, known, selection).await?;
    let mut prepared = match prepare(rules, people, state, loaded) {
        Ok(prepared) => prepared,
        Err(violations) => return Ok(Summary::of(people, rules).plan_refused(&violations)),
    };
    if !lists && prepared.relies_on_academy() {
        check_academy(reader).await?;
    }
    emit(Progress::Planned(prepared.braked.plan.changes.len()));
    let Some(writer) = writer else {
        return Ok(prepared.dry_run(rules));
    };
    let registration = preregister(rules, &prepared, &sharding);
    register(writer, &registration).await?;
    // Comparing everybody, the run finds out again how the academy is written.
    let compares = matches!(prepared.coverage.selection, Selection::Everybody(_));
    let learned = Learned {
        by_reteach_id: prepared.state.by_reteach_id && !compares,
        tells_nothing: prepared.tells_nothing,
    };
    let progress = || emit(Progress::Applied);
    let mut outcome = apply(
        writer,
        &prepared.braked.plan,
        &prepared.candidates,
        (rules.config, rules.now),
        learned,
        &progress,
    )
    .await;
    let waiting = std::mem::take(&mut prepared.waiting);
    prepared.waiting = write_notes(writer, waiting).await?;
    let mut seen = std::mem::take(&mut prepared.seen);
    seen.append(&mut outcome.seen);
    outcome.forgets = note_seen(writer, seen, &outcome).await?;
    let successors = successors(&prepared, &outcome, people, rules.now);
    let shards = std::mem::take(&mut prepared.coverage.shards);
    prepared.coverage.shards = with_their_shards(reader, shards, &successors).await;
    let outcome = (outcome, successors);
    let conclusion = conclude(rules, people, &sharding, prepared, registration, outcome);
    commit(writer, &conclusion).await?;
    Ok(conclusion.result)
}

/// Writes into the ledger what was seen of accounts and is not in step. Returns whether some of it was not written: only another
/// comparison finds that again.
async fn note_seen(
    writer: &impl Writer,
    seen: Vec<EmployeeEntry>,
    outcome: &ApplyOutcome,
) -> Result<bool, StateError> {
    let notes = seen.len();
    let written = match outcome.abort {
        Some(ApplyAbort::State(_)) => Vec::new(),
        _ => write_notes(writer, seen).await?,
    };
    Ok(written.len() < notes)
}

/// The held plan, if it names people whom only a comparison of everybody looks at.
async fn held_of_absent(
    state: Option<&SyncState>,
    reader: &impl Reader,
) -> Result<Option<HeldPlan>, RunError> {
    match state {
        Some(state) if state.holds_absent => Ok(reader.held().await?),
        _ => Ok(None),
    }
}

/// Everything is as the last run left it. The run that brought everybody over may have ended before it could open the gate.
async fn unchanged(
    rules: Rules<'_>,
    people: &People,
    mut state: Option<SyncState>,
    held: Option<HeldPlan>,
    writer: Option<&impl Writer>,
) -> Result<JobResult<EmployeeSync>, RunError> {
    let before = state.clone();
    accept(state.as_mut(), writer).await?;
    let (waiting, gone) = state
        .as_ref()
        .map_or((0, 0), |state| (state.waiting, state.waiting_gone));
    let there = waiting.saturating_sub(gone);
    let opens_gate = people.completeness.is_good() && are_in_step(people.snapshot.len(), there);
    if let Some(state) = &mut state {
        state.agreed = people.completeness.agreed(state.agreed);
        state.has_completed |= opens_gate && people.completeness.has_most();
    }
    if let (Some(state), Some(writer)) = (&state, writer)
        && Some(state) != before.as_ref()
    {
        writer.put_state(state).await?;
    }
    if let Some(writer) = writer.filter(|_| opens_gate) {
        writer.open_gate(rules.now).await?;
    }
    let held = held.and_then(|held| Hold::kept(held).note(rules.config, rules.mode));
    Ok(Summary::of(people, rules)
        .with_waiting(waiting, gone)
        .unchanged(held, rules.mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_with_a_deadline_plans_for_as_many_people_as_any_run() {
        let deadline = || Deadline::after(Duration::from_secs(900));
        for (mode, stop_at, expected) in [
            (Mode::DryRun, Deadline::never(), usize::MAX),
            (Mode::DryRun, deadline(), PORTION),
            (Mode::Scheduled, deadline(), PORTION),
            (Mode::Reconcile, Deadline::never(), PORTION),
        ] {
            assert_eq!(people_per_run(mode, stop_at), expected, "{mode:?}");
        }
    }
}
