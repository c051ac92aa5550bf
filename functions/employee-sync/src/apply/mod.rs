//! The executor: each change goes to reteach and then into the ledger, a few at a time, in the order and for as long as
//! [`blame`] says. What is not reached is left for the next run.

mod academy;
mod blame;
mod create;
mod input;
mod ledger;
mod order;
mod reply;
mod tags;
mod work;
mod write;

use std::collections::{BTreeSet, HashMap};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use shared::domain::id::SourceId;
use shared::reteach::Error as ReteachError;
use shared::state::{EmployeeEntry, FailureKind, StateError};
use shared::tenant::TenantConfig;

use self::academy::Academy;
pub(crate) use self::academy::Learned;
pub(crate) use self::blame::Trouble;
use self::blame::{Blame, Judgement, Step};
pub(crate) use self::ledger::with_failure;
use self::ledger::write_entry;
pub(crate) use self::ledger::{conflict_entries, seen_entries, write_entries, write_notes};
pub(crate) use self::work::Applied;
pub(crate) use self::work::SHORT_PAUSE;
use self::work::{Attempted, Pause, Task, Work};
use self::write::Written;
use crate::io::{ApplyAbort, Problem, Refusal, WriteError, Writer};
use crate::plan::{Action, Candidate, Change, Plan};

/// Changes in flight at once: 50 calls a second with replies that take 300 ms. The pace decides how many of them are sent.
pub(crate) const CONCURRENCY: usize = 16;

/// Why the account of a person is not written for now.
const LOST_AGAIN: &str = "reteach finds an account for this person and then answers that it is not there, or not theirs: \
                          nothing was written to it";

#[derive(Debug, Default)]
pub(crate) struct ApplyOutcome {
    /// What became of each change, by person.
    pub(crate) applied: HashMap<SourceId, Applied>,
    /// What ended it, or what it says of reteach as a whole.
    pub(crate) abort: Option<ApplyAbort>,
    /// Whether it stopped before everything was tried.
    pub(crate) is_cut_short: bool,
    /// What the academy refuses of everybody.
    pub(crate) troubles: BTreeSet<Trouble>,
    /// What the academy has shown of itself.
    pub(crate) learned: Learned,
    /// The people to whose account the academy has written by a creation, although it was there before.
    pub(crate) overwritten: BTreeSet<SourceId>,
    /// Whether some accounts gave no answer and no account gave one: nothing shows whose failure it is.
    pub(crate) is_undecided: bool,
    /// Whether an account of somebody gone has lost its external id.
    pub(crate) asks_for_list: bool,
    /// Ledger entries that were not written, and say what this run saw of accounts that it did not bring into step.
    pub(crate) seen: Vec<EmployeeEntry>,
    /// Whether something that this run saw of accounts is neither in step nor in the ledger.
    pub(crate) forgets: bool,
}

/// Writes the ledger entries that need no change in reteach, applies the plan's changes, and calls `progress` after each.
/// `began`: when the run began that read the accounts.
pub(crate) async fn apply(
    writer: &impl Writer,
    plan: &Plan,
    candidates: &[Candidate],
    (config, began): (&TenantConfig, Timestamp),
    learned: Learned,
    progress: &(dyn Fn() + Sync),
) -> ApplyOutcome {
    if let Err(error) = write_entries(writer, &plan.bookkeeping).await {
        return ApplyOutcome {
            abort: Some(ApplyAbort::State(error)),
            is_cut_short: true,
            learned,
            ..ApplyOutcome::default()
        };
    }
    let candidates: HashMap<_, _> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate))
        .collect();
    let changes = order::ordered(&plan.changes, writer.now());
    let mut people: Vec<_> = changes
        .into_iter()
        .map(|change| Work::new(change, candidates.get(&change.source_id).copied()))
        .collect();
    let now = writer.now();
    let outlines = people.iter().map(|work| work.outline(now)).collect();
    let mut blame = Blame::new(outlines, writer.concurrency());
    let academy = Academy::new(config, learned, began);
    let mut abort = drive(writer, &mut people, &mut blame, &academy, progress).await;
    let mut judgement = blame.finish();
    judgement.vendor |= learned.tells_nothing && !judgement.answered;
    if let Err(end) = note_silent(writer, &mut people, &mut blame, &judgement).await {
        abort.get_or_insert(end);
    }
    let alone = judgement.refused_alone.iter();
    let alone = alone.filter_map(|index| people.get(*index)?.refused_alone());
    let alone: Vec<_> = alone.collect();
    if !matches!(abort, Some(ApplyAbort::State(_)))
        && let Err(error) = write_notes(writer, alone).await
    {
        abort.get_or_insert(ApplyAbort::State(error));
    }
    let vendor = vendor_abort(&people, &judgement);
    let is_untouched = |work: &&Work<'_>| work.applied.is_none() && work.silence.is_none();
    people.iter().filter(is_untouched).for_each(|_| progress());
    let is_kept = |work: &Work<'_>| {
        work.applied == Some(Applied::AccountLost(None)) && work.entry.customer_id.is_some()
    };
    let unwritten = people.iter().filter(|work| !work.is_stored);
    ApplyOutcome {
        asks_for_list: people.iter().any(is_kept),
        seen: unwritten.map(|work| work.entry.clone()).collect(),
        forgets: false,
        applied: people.into_iter().filter_map(Work::into_applied).collect(),
        is_cut_short: abort.is_some() || (vendor.is_some() && judgement.vendor),
        abort: abort.or(vendor),
        is_undecided: !judgement.answered && !judgement.undecided.is_empty(),
        troubles: judgement.troubles.into_iter().collect(),
        learned: academy.learned(),
        overwritten: academy.into_overwritten(),
    }
}

/// Takes one step after the other until none is left. Returns what ended it early.
async fn drive(
    writer: &impl Writer,
    people: &mut [Work<'_>],
    blame: &mut Blame,
    academy: &Academy<'_>,
    progress: &(dyn Fn() + Sync),
) -> Option<ApplyAbort> {
    let mut abort = None;
    let mut in_flight = FuturesUnordered::new();
    loop {
        while let Some(step) = blame.next() {
            if writer.is_out_of_time() {
                abort.get_or_insert(ApplyAbort::OutOfTime);
                blame.stop();
                break;
            }
            if let Some(work) = people.get(step.index) {
                in_flight.push(attempt(writer, step, work.task(step.part), academy));
            }
        }
        let Some((step, ended)) = in_flight.next().await else {
            return abort;
        };
        let Some(work) = people.get_mut(step.index) else {
            continue;
        };
        if work.applied.is_none() && work.silence.is_none() {
            progress();
        }
        match ended {
            Ok(attempted) => blame.record(step, work.take(step, attempted, writer.now())),
            Err(end) => {
                abort.get_or_insert(end);
                work.applied.get_or_insert(Applied::Open);
                blame.stop();
            }
        }
        if let Err(error) = note_personal(writer, people, blame).await {
            abort.get_or_insert(ApplyAbort::State(error));
            blame.stop();
        }
    }
}

async fn attempt(
    writer: &impl Writer,
    step: Step,
    task: Task<'_>,
    academy: &Academy<'_>,
) -> (Step, Result<Attempted, ApplyAbort>) {
    if let Err(error) = close_former(writer, &task.change).await {
        return (step, Err(error.into()));
    }
    let entry = task.entry.clone();
    let written = write::write(writer, &task.change, task.person, entry, academy).await;
    (step, settle(writer, task, written).await)
}

/// Notes on the former profile that its account is about to be handed over. First: a run that ends after the write must not leave
/// the account to that profile.
async fn close_former(writer: &impl Writer, change: &Change) -> Result<(), StateError> {
    let Action::Handover {
        former: Some(former),
        ..
    } = &change.action
    else {
        return Ok(());
    };
    let closed = EmployeeEntry {
        handed_over_to: Some(change.source_id.clone()),
        ..EmployeeEntry::new(former.clone())
    };
    write_entry(writer, &closed).await
}

/// Writes into the ledger what came of a write.
async fn settle(
    writer: &impl Writer,
    task: Task<'_>,
    written: Result<Written, WriteError>,
) -> Result<Attempted, ApplyAbort> {
    match written {
        Ok(Written {
            entry,
            missed: None,
            ..
        }) => {
            writer.put_entry(&entry).await?;
            Ok(Attempted::Done(entry))
        }
        Ok(Written {
            entry,
            missed: Some(refusal),
            wrote_window,
        }) => {
            let entry = refused(writer, &task, entry, &refusal).await?;
            Ok(Attempted::Refused {
                refusal,
                entry,
                wrote_window,
            })
        }
        Err(WriteError::Refused(refusal)) => {
            let entry = refused(writer, &task, task.entry.clone(), &refusal).await?;
            Ok(Attempted::Refused {
                refusal,
                entry,
                wrote_window: false,
            })
        }
        // Nobody who is gone is found by mail address: only the list of all accounts shows whether this is still theirs.
        Err(WriteError::IdLost) if task.person.record.is_none() => Ok(Attempted::IdLost),
        Err(WriteError::NotFound | WriteError::NotOurs | WriteError::IdLost) => {
            let forgotten = lost(task, writer.now());
            write_entry(writer, &forgotten).await?;
            Ok(Attempted::AccountForgotten(forgotten))
        }
        Err(WriteError::NoAnswer(error)) => Ok(Attempted::Silent(error)),
        Err(WriteError::Abort(abort)) => Err(abort),
    }
}

/// The entry of somebody whose account turned out not to be theirs. The next run looks for one; where it was so before, that
/// waits longer each time.
fn lost(task: Task<'_>, now: Timestamp) -> EmployeeEntry {
    let forgotten = EmployeeEntry {
        locked: task.entry.locked,
        failure: task.entry.failure,
        handed_over_to: task.entry.handed_over_to,
        ..EmployeeEntry::new(task.entry.source_id)
    };
    let Some(fingerprint) = task.change.fingerprint.filter(|_| !task.noted) else {
        return forgotten;
    };
    let reason = LOST_AGAIN.to_owned();
    let mut noted = with_failure(forgotten, FailureKind::NoAnswer, fingerprint, reason, now);
    if let Some(failure) = noted.failure.as_mut().filter(|_| !task.was_silent) {
        failure.retry_at = now;
    }
    noted
}

/// Writes `entry` with the refusal and the pause before the same is tried again.
async fn refused(
    writer: &impl Writer,
    task: &Task<'_>,
    entry: EmployeeEntry,
    refusal: &Refusal,
) -> Result<EmployeeEntry, StateError> {
    let entry = match task.change.fails_as(&entry).filter(|_| !task.noted) {
        Some(fingerprint) => {
            let (reason, now) = (refusal.to_string(), writer.now());
            let is_silent = refusal.problem == Problem::NoAnswer;
            let kind = if is_silent {
                FailureKind::NoAnswer
            } else {
                FailureKind::Refused
            };
            let mut noted = with_failure(entry, kind, fingerprint, reason, now);
            // What fails once may be a broken connection: the next run tries it again.
            let is_first = is_silent && !task.was_silent;
            if let Some(failure) = noted.failure.as_mut().filter(|_| is_first) {
                failure.retry_at = now;
            }
            noted
        }
        None => entry,
    };
    if entry != task.entry || !task.is_stored {
        write_entry(writer, &entry).await?;
    }
    Ok(entry)
}

/// Notes the accounts that have turned out to be the only ones without an answer.
async fn note_personal(
    writer: &impl Writer,
    people: &mut [Work<'_>],
    blame: &mut Blame,
) -> Result<(), StateError> {
    for index in blame.take_personal() {
        if let Some(work) = people.get_mut(index) {
            work.note_silence(writer, Pause::Growing).await?;
        }
    }
    Ok(())
}

/// Notes the last accounts without an answer. Where nothing shows whether others would have got one, the next run tries
/// them once more before they are paused.
async fn note_silent(
    writer: &impl Writer,
    people: &mut [Work<'_>],
    blame: &mut Blame,
    judgement: &Judgement,
) -> Result<(), ApplyAbort> {
    note_personal(writer, people, blame).await?;
    for index in &judgement.undecided {
        if let Some(work) = people.get_mut(*index) {
            let pause = match (work.was_silent(), judgement.answered) {
                (false, _) => Pause::None,
                (true, true) => Pause::Growing,
                (true, false) => Pause::Short,
            };
            // Where reteach answers nobody, nothing is noted of anybody.
            if pause != Pause::None || judgement.answered || !judgement.vendor {
                work.note_silence(writer, pause).await?;
            }
        }
    }
    Ok(())
}

/// What the report says where reteach answers for nobody.
fn vendor_abort(people: &[Work<'_>], judgement: &Judgement) -> Option<ApplyAbort> {
    let errors: Vec<_> = people
        .iter()
        .filter_map(|work| work.silence.as_ref())
        .collect();
    let is_forbidden = |error: &&&ReteachError| matches!(error, ReteachError::Forbidden(_));
    let error = match errors.iter().find(|error| !is_forbidden(error)) {
        Some(error) if judgement.vendor => error,
        None if judgement.vendor || !judgement.answered => errors.first()?,
        _ => return None,
    };
    Some(ApplyAbort::Reteach((*error).clone()))
}
