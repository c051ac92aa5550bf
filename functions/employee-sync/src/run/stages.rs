//! The stages of a run between its reads and writes: each takes values and the clock, and returns a value.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardNumber};
use shared::runtime::{JobResult, Mode};
use shared::state::{Brake, Decision, EmployeeEntry, HeldPart, HeldPlan, SyncState};

use super::Rules;
use super::load::{Coverage, Loaded};
use super::shared_mails::without_mails_of_others;
use super::summary::Summary;
use crate::EmployeeSync;
use crate::apply::{Applied, ApplyOutcome, conflict_entries, seen_entries};
use crate::brake::classify::{NewAccounts, risky_changes};
use crate::brake::consent::{Consented, PlannedFor, valid};
use crate::brake::hold::{BrakedPlan, decide};
use crate::brake::{Limits, check_limits};
use crate::checkpoint::{self, Resolution, Selection, Sharding};
use crate::lint::{self, Violation};
use crate::plan::{Account, Candidate, Context, Plan, SkipReason, SourceState};
use crate::source::{Completeness, People, Person};

/// Dates that have locked nobody for so long lock nobody.
const LOCKS_NOBODY_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// After this long an approved lock that was refused is tried again.
const TRY_AGAIN: SignedDuration = SignedDuration::from_hours(1);

pub(super) struct Prepared {
    pub(super) braked: BrakedPlan,
    pub(super) coverage: Coverage,
    pub(super) candidates: Vec<Candidate>,
    /// Ledger entries of people whose account is somebody else's or gives no answer, with the pause before the next look.
    pub(super) waiting: Vec<EmployeeEntry>,
    /// Ledger entries of people for whom nothing is written, with what the academy holds.
    pub(super) seen: Vec<EmployeeEntry>,
    pub(super) held_before: Option<HeldPlan>,
    /// The state that the last run left, with everything counted that it applied.
    pub(super) state: SyncState,
    /// People who are due were left for later runs.
    pub(super) is_part: bool,
    /// Whether reteach answered no question about accounts.
    pub(super) tells_nothing: bool,
    pub(super) listing_failed: bool,
    /// Whether the first run waits for somebody's approval.
    pub(super) holds_first_run: bool,
    pub(super) summary: Summary,
}

/// Plans for the candidates, checks the plan, and takes out what a brake holds.
///
/// # Errors
/// The rules that the plan breaks: nothing of it may be applied.
pub(super) fn prepare(
    rules: Rules<'_>,
    people: &People,
    state: Option<SyncState>,
    loaded: Loaded,
) -> Result<Prepared, Vec<Violation>> {
    let Loaded {
        coverage,
        put_off,
        held_over,
        candidates,
        foreign_accounts,
        held,
        mut listing,
    } = loaded;
    let portion = coverage.portion;
    let is_unseen = put_off > 0 || rules.locks_alone;
    // A single account that never answers makes no plan look unseen for good.
    let is_part = !portion.is_whole() || is_unseen || held_over + listing.unanswered.len() > 0;
    let Rules {
        config, key, now, ..
    } = rules;
    let mut state = state.unwrap_or_default();
    if let Some(ended) = &listing.ended {
        let since = state.not_locked_since.unwrap_or(now);
        state.not_locked_since = ended.none_is_locked().then_some(since);
    }
    let locks_nobody = state
        .not_locked_since
        .is_some_and(|since| since + LOCKS_NOBODY_AFTER <= now);
    let context = Context {
        now,
        config,
        key,
        locks_alone: rules.locks_alone,
    };
    let plan = Plan::build(&candidates, context);
    let plan = without_mails_of_others(plan, &candidates, people, rules);
    lint::examine(&plan, &candidates, rules.tool, now)?;
    let doubts = doubts_first_run(people, &state, foreign_accounts, held.as_ref());
    let new_accounts = if state.has_completed || doubts {
        NewAccounts::Counted
    } else {
        NewAccounts::Uncounted
    };
    let risky_changes = risky_changes(&plan, &candidates, config, now, new_accounts);
    let state = with_pending_counted(state, &plan.digests(&risky_changes, key), now);
    let limits = Limits::of(config.brake, coverage.open_accounts);
    let limits = if doubts {
        limits.without_creates()
    } else {
        limits
    };
    let consented = Consented::of(&plan, risky_changes, held.as_ref(), key, now);
    let compared = matches!(coverage.selection, Selection::Everybody(_)).then_some(portion);
    let (skipped, in_part) = (waiting(&plan.skipped), waiting(&plan.left_out));
    let ids = || candidates.iter().map(|candidate| &candidate.source_id);
    let planned_for = PlannedFor {
        people: ids().filter(|id| !skipped.contains(id)).collect(),
        paused: ids()
            .filter(|id| rules.locks_alone || skipped.contains(id) || in_part.contains(id))
            .collect(),
        is_part,
        is_unseen,
        reads_old_mails: rules.mode == Mode::DryRun,
        compared: compared.filter(|_| people.completeness == Completeness::Complete),
    };
    let undecided = consented.undecided.clone();
    let waiting = planned_for.waiting(held.as_ref(), &undecided, now);
    let verdict = check_limits(undecided, &waiting, limits, &state.brakes, now);
    let braked = decide(
        plan,
        consented,
        verdict,
        held.as_ref(),
        &planned_for,
        (key, now),
    );
    let (plan, hold) = (&braked.plan, braked.hold.as_ref());
    let mut waiting = std::mem::take(&mut listing.paused);
    waiting.extend(conflict_entries(plan, &candidates, now));
    Ok(Prepared {
        holds_first_run: doubts && hold.is_some_and(|hold| hold.holds(Brake::Create)),
        waiting,
        seen: seen_entries(plan, &candidates),
        listing_failed: listing.failure.is_some(),
        tells_nothing: listing.stopped.is_some(),
        summary: Summary::of(people, rules)
            .with_listing(listing, locks_nobody)
            .with_plan(people, plan)
            .with_contested(&candidates, now)
            .with_earlier_ends(&candidates)
            .with_deleted(plan, &candidates)
            .with_put_off(put_off, held_over),
        braked,
        coverage,
        candidates,
        held_before: held,
        state,
        is_part,
    })
}

/// Whether people of a first run may have accounts that their mail addresses would find, if those could be read: they
/// would all get a second one.
fn doubts_first_run(
    people: &People,
    state: &SyncState,
    foreign_accounts: usize,
    held: Option<&HeldPlan>,
) -> bool {
    // A later run looks only at the people who are held, and does not list the academy again.
    let was_held = held.is_some_and(|held| held.counts.contains_key(&Brake::Create));
    // Kombo shows what it may not read as empty.
    let has_mail =
        |person: &Person| matches!(person, Person::Employee(it, _) if it.email.value().is_some());
    !state.has_completed
        && (foreign_accounts > 0 || was_held)
        && !people.snapshot.iter().any(|(_, person)| has_mail(person))
}

impl Prepared {
    /// Whether the plan writes to reteach, or rests on what reteach said of an account.
    pub(super) fn relies_on_academy(&self) -> bool {
        let is_asked = |candidate: &Candidate| {
            !matches!(
                candidate.account,
                Account::FromLedger(_) | Account::NotFetched
            )
        };
        !self.braked.plan.is_empty() || self.candidates.iter().any(is_asked)
    }

    pub(super) fn dry_run(self, rules: Rules<'_>) -> JobResult<EmployeeSync> {
        let BrakedPlan { plan, hold, .. } = self.braked;
        let note = hold.and_then(|hold| hold.note(rules.config, rules.mode));
        let is_part = self.is_part;
        let planned = self.summary.planned(plan, note, rules.now);
        if !is_part {
            return planned;
        }
        let tenant = &rules.config.tenant_id;
        JobResult {
            message: format!(
                "This plan is for a part of the company: one run plans for at most {} people, and the next runs go on with the \
                 others. `tenants plan {tenant}` plans for all",
                rules.portion
            ),
            ..planned
        }
    }
}

/// Counts what an interrupted run applied of the risky changes it had announced: all that the new plan does not ask for again.
fn with_pending_counted(
    mut state: SyncState,
    planned: &BTreeMap<Brake, BTreeSet<u64>>,
    now: Timestamp,
) -> SyncState {
    for (brake, pending) in std::mem::take(&mut state.pending) {
        let again = planned.get(&brake);
        let applied = pending
            .iter()
            .filter(|digest| !again.is_some_and(|again| again.contains(digest)))
            .count();
        state
            .brakes
            .add(brake, u32::try_from(applied).unwrap_or(u32::MAX), now);
    }
    state
}

/// What is written before the first write to reteach.
pub(super) struct Registration {
    /// Shards with people who are new in them.
    pub(super) shards: BTreeMap<ShardNumber, Shard>,
    /// The state, where it has to say something new before anything is applied.
    pub(super) state: Option<SyncState>,
}

/// Registers people whom no shard knows, and risky changes that are about to be applied.
pub(super) fn preregister(
    rules: Rules<'_>,
    prepared: &Prepared,
    sharding: &Sharding<'_>,
) -> Registration {
    let BrakedPlan { plan, passed, .. } = &prepared.braked;
    let shards = checkpoint::register(plan, sharding, &prepared.coverage.shards);
    let pending = plan.digests(passed, rules.key);
    let state = (!shards.is_empty() || !pending.is_empty()).then(|| {
        let mut state = SyncState {
            pending,
            ..prepared.state.clone()
        };
        for (number, shard) in &shards {
            state.set_shard_digest(*number, shard.digest());
        }
        state
    });
    Registration { shards, state }
}

/// Whether enough people are in step for certificates to follow: a few who wait for another try keep nobody else waiting.
pub(super) fn are_in_step(people: usize, waiting: u32) -> bool {
    /// People who may wait in a company of any size, if somebody is in step.
    const FEW: usize = 4;
    let waiting = usize::try_from(waiting).unwrap_or(usize::MAX);
    waiting == 0 || (waiting < people && (waiting <= FEW || waiting.saturating_mul(2) <= people))
}

/// Whether something is held for people whom no shard has: an account without a person, or one that somebody opened again.
pub(super) fn holds_absent(
    held: &HeldPlan,
    people: &People,
    shards: &BTreeMap<ShardNumber, Shard>,
) -> bool {
    let in_shard = |id: &SourceId| {
        let shard = shards.get(&ShardNumber::of(id));
        shard.is_some_and(|shard| shard.0.contains_key(id))
    };
    let absent = |id: &&SourceId| !people.snapshot.contains(id) && !in_shard(id);
    let is_dismissed = |part: &HeldPart| matches!(part.decision, Some(Decision::Dismissed { .. }));
    held.parts
        .iter()
        .filter(|(_, part)| !is_dismissed(part))
        .filter_map(|(_, part)| part.person.as_ref())
        .any(|id| absent(&id))
}

/// Whether `held` has an approved part of somebody who is not there, and a comparison of everybody is due: nothing else carries
/// it out. Due is the first one after the approval, and another an hour after the `last` one.
pub(super) fn approves_absent(
    held: &HeldPlan,
    people: &People,
    last: Timestamp,
    now: Timestamp,
) -> bool {
    // An approval is stored to the second.
    let is_due = |at: Timestamp| at.as_second() >= last.as_second() || last + TRY_AGAIN <= now;
    held.parts.iter().any(|(_, part)| {
        let approved =
            matches!(valid(part.decision, now), Some(Decision::Approved { at }) if is_due(at));
        let is_absent = |id: &SourceId| !people.snapshot.contains(id);
        approved && part.person.as_ref().is_some_and(is_absent)
    })
}

/// People whose record was refused and is not tried again yet.
fn waiting(reasons: &[(SourceId, SkipReason)]) -> BTreeSet<SourceId> {
    let waits = reasons
        .iter()
        .filter(|(_, reason)| matches!(reason, SkipReason::AwaitingRetry(..)));
    waits.map(|(id, _)| id.clone()).collect()
}

/// Dismissed changes are looked at again this often: somebody may approve them after all.
const DISMISSED_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// People with only dismissed changes left do not make their shard due in the next run. People who are gone are
/// looked at again in the next comparison of everybody.
pub(super) fn quiet(
    dismissed: &BTreeSet<SourceId>,
    candidates: &[Candidate],
    outcome: &ApplyOutcome,
    now: Timestamp,
) -> Vec<(SourceId, Resolution)> {
    let rests = candidates.iter().filter(|candidate| {
        dismissed.contains(&candidate.source_id)
            && matches!(
                outcome.applied.get(&candidate.source_id),
                None | Some(Applied::Done)
            )
    });
    let resolution = |candidate: &Candidate| match candidate.source {
        SourceState::Gone { .. } => Resolution::Settled,
        SourceState::Present { .. } | SourceState::Rejected { .. } => {
            Resolution::Dismissed(now + DISMISSED_AGAIN)
        }
    };
    rests
        .map(|candidate| (candidate.source_id.clone(), resolution(candidate)))
        .collect()
}
