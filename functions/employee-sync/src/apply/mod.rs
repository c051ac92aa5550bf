//! The executor: each change goes to reteach and then into the ledger, a few at a time, in the order and for as long as
//! [`blame`] says. What is not reached is left for the next run.

mod academy;
mod blame;
mod order;
mod reply;
mod write;

use std::collections::{BTreeSet, HashMap, HashSet};

use futures::stream::FuturesUnordered;
use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::fingerprint::Fingerprint;
use shared::reteach::Error as ReteachError;
use shared::state::{EmployeeEntry, Failure, FailureKind, HeldPlan, StateError};
use shared::tenant::TenantConfig;

use self::academy::Academy;
pub(crate) use self::academy::Learned;
pub(crate) use self::blame::Trouble;
use self::blame::{Blame, Form, Judgement, Outline, Reply, Sent, Step, StepPart};
use self::write::{Person, Written};
use crate::io::{ApplyAbort, Refusal, WriteError, Writer};
use crate::plan::{Account, Action, Candidate, Change, Plan, SourceState};

/// Changes in flight at once: 50 calls a second with replies that take 300 ms. The pace decides how many of them are sent.
pub(crate) const CONCURRENCY: usize = 16;

/// The pause before an account without an answer is tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pause {
    None,
    /// Nothing shows whether reteach answers at all.
    Short,
    Growing,
}

const SHORT_PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// reteach and the ledger hold it.
    Done,
    /// reteach refused it, or does not answer for this account alone; noted on the person.
    Refused(Failure),
    /// The same, for the values alone: the account is there, with the lock or unlock. Without a failure, the values were
    /// not sent, because the academy refuses a field of theirs; they are left for the next run.
    WindowAlone(Option<Failure>),
    /// The account carries another external id, or none, or was deleted: the next run looks for one again.
    AccountLost,
    /// Not reached, or not known to have taken effect: the next run looks again.
    Open,
}

impl Applied {
    /// Whether the change of the access window took effect.
    #[must_use]
    pub(crate) fn wrote_window(&self) -> bool {
        matches!(self, Self::Done | Self::WindowAlone(_))
    }
}

/// The outcome of applying a plan.
#[derive(Debug, Default)]
pub(crate) struct ApplyOutcome {
    /// What became of each change, by person.
    pub(crate) applied: HashMap<SourceId, Applied>,
    /// Why it stopped early, if it did.
    pub(crate) abort: Option<ApplyAbort>,
    /// What the academy refuses of everybody.
    pub(crate) troubles: BTreeSet<Trouble>,
    /// What the academy has shown of itself.
    pub(crate) learned: Learned,
    /// Whether some accounts gave no answer and no account gave one: nothing shows whose failure it is.
    pub(crate) is_undecided: bool,
    /// Whether an account of somebody gone has lost its external id.
    pub(crate) asks_for_list: bool,
}

/// Writes the ledger entries that need no change in reteach, applies the plan's changes, and calls `progress` after each.
pub(crate) async fn apply(
    writer: &impl Writer,
    plan: &Plan,
    candidates: &[Candidate],
    config: &TenantConfig,
    learned: Learned,
    progress: &(dyn Fn() + Sync),
) -> ApplyOutcome {
    if let Err(error) = write_entries(writer, &plan.bookkeeping).await {
        return ApplyOutcome {
            abort: Some(ApplyAbort::State(error)),
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
    let academy = Academy::new(config, learned);
    let mut abort = drive(writer, &mut people, &mut blame, &academy, progress).await;
    let judgement = blame.finish();
    if let Err(end) = note_silent(writer, &mut people, &mut blame, &judgement).await {
        abort.get_or_insert(end);
    }
    let vendor = vendor_abort(&people, &judgement);
    let is_untouched = |work: &&Work<'_>| work.applied.is_none() && work.silence.is_none();
    people.iter().filter(is_untouched).for_each(|_| progress());
    let is_kept = |work: &Work<'_>| {
        work.applied == Some(Applied::AccountLost) && work.entry.customer_id.is_some()
    };
    ApplyOutcome {
        asks_for_list: people.iter().any(is_kept),
        applied: people.into_iter().filter_map(Work::into_applied).collect(),
        abort: abort.or(vendor),
        is_undecided: !judgement.answered && !judgement.undecided.is_empty(),
        troubles: judgement.troubles.into_iter().collect(),
        learned: academy.learned(),
    }
}

/// A person's change, and how far it is.
struct Work<'a> {
    change: &'a Change,
    window: Option<Change>,
    candidate: Option<&'a Candidate>,
    entry: EmployeeEntry,
    applied: Option<Applied>,
    /// Why reteach gave no usable answer.
    silence: Option<ReteachError>,
}

impl<'a> Work<'a> {
    fn new(change: &'a Change, candidate: Option<&'a Candidate>) -> Self {
        let entry = candidate.and_then(|candidate| candidate.entry.clone());
        Self {
            change,
            window: write::window_alone(change),
            candidate,
            entry: entry.unwrap_or_else(|| EmployeeEntry::new(change.source_id.clone())),
            applied: None,
            silence: None,
        }
    }

    fn person(&self) -> Person<'a> {
        let record = self.candidate.and_then(|it| match &it.source {
            SourceState::Present { record, .. } => Some(record.as_ref()),
            SourceState::Rejected { .. } | SourceState::Gone { .. } => None,
        });
        let account = self.candidate.and_then(|it| match &it.account {
            Account::Fetched(account, _) | Account::Conflicting(account, _) => {
                Some(account.as_ref())
            }
            _ => None,
        });
        Person {
            planned: self.change,
            record,
            account,
        }
    }

    fn task(&self, part: StepPart) -> Task<'a> {
        let change = match (part, &self.window) {
            (StepPart::Window, Some(window)) => window,
            _ => self.change,
        };
        Task {
            change: change.clone(),
            person: self.person(),
            entry: self.entry.clone(),
            noted: self.applied.is_some(),
        }
    }

    fn outline(&self, now: Timestamp) -> Outline {
        let sent = |name: &str, form| Sent {
            name: name.to_owned(),
            form,
        };
        let values = self.change.values.iter().map(|value| match value.after {
            Some(_) => sent(value.attribute.name(), Form::Value),
            None => sent(value.attribute.name(), Form::Null),
        });
        let input = write::input(self.change);
        let bounds = [
            ("setActiveAt", &input.set_active_at),
            ("setInactiveAt", &input.set_inactive_at),
        ];
        let window = bounds
            .into_iter()
            .filter(|(_, bound)| !bound.is_absent())
            .map(|(name, bound)| match bound.value() {
                Some(at) if *at <= now => sent(name, Form::Past),
                Some(_) => sent(name, Form::Value),
                None => sent(name, Form::Null),
            });
        let identity = (!input.external_id.is_absent()).then(|| sent("externalId", Form::Value));
        Outline {
            values: values.collect(),
            window: window.chain(identity).collect(),
            separable: self.window.is_some(),
            updates: self.change.action.account().is_some(),
            was_silent: self.was_silent(),
        }
    }

    /// Takes the result of `step`.
    fn take(&mut self, step: Step, attempted: Attempted, now: Timestamp) -> Reply {
        let earlier = match &self.applied {
            Some(Applied::Refused(failure)) => Some(failure.clone()),
            _ => None,
        };
        let is_all = step.part == StepPart::Whole || self.change.values.is_empty();
        match attempted {
            Attempted::Done(entry) => {
                self.entry = entry;
                self.applied = Some(if is_all {
                    Applied::Done
                } else {
                    Applied::WindowAlone(earlier)
                });
                Reply::Accepted
            }
            Attempted::Refused {
                refusal,
                entry,
                wrote_window,
            } => {
                self.entry = entry;
                let noted = || self.failure(FailureKind::Refused, refusal.to_string(), now);
                let applied = match earlier.or_else(noted) {
                    Some(failure) if wrote_window => Applied::WindowAlone(Some(failure)),
                    Some(failure) => Applied::Refused(failure),
                    None => Applied::Open,
                };
                self.applied = Some(applied);
                Reply::Refused(refusal)
            }
            Attempted::AccountLost(entry) => {
                self.entry = entry;
                self.applied = Some(Applied::AccountLost);
                Reply::AccountLost
            }
            Attempted::Silent(error) => {
                self.silence = Some(error);
                Reply::Silent
            }
        }
    }

    /// The failure for the report: the ledger keeps none of somebody who is gone, and tries them in every run.
    fn failure(&self, kind: FailureKind, reason: String, now: Timestamp) -> Option<Failure> {
        if self.change.fingerprint.is_some() {
            return self.entry.failure.clone();
        }
        Some(Failure {
            kind,
            reason,
            fingerprint: self.entry.fingerprint?,
            attempts: 1,
            retry_at: now,
        })
    }

    /// Notes that reteach gives no answer for this account alone.
    async fn note_silence(&mut self, writer: &impl Writer, pause: Pause) -> Result<(), StateError> {
        let (Some(error), None) = (&self.silence, &self.applied) else {
            return Ok(());
        };
        let (kind, reason, now) = (FailureKind::NoAnswer, error.to_string(), writer.now());
        if let Some(fingerprint) = self.change.fingerprint {
            let entry = self.entry.clone();
            let mut noted = with_failure(entry, kind, fingerprint, reason.clone(), now);
            if let Some(failure) = noted.failure.as_mut() {
                failure.retry_at = match pause {
                    // What fails once may be a broken connection: the next run tries it again.
                    Pause::Growing if self.was_silent() => failure.retry_at,
                    Pause::Growing | Pause::None => now,
                    Pause::Short => failure.retry_at.min(now + SHORT_PAUSE),
                };
            }
            write_entry(writer, &noted).await?;
            self.entry = noted;
        }
        self.applied = self
            .failure(kind, reason, now)
            .filter(|_| pause != Pause::None)
            .map(Applied::Refused)
            .or(Some(Applied::Open));
        Ok(())
    }

    /// Whether the same record got no answer in an earlier run either.
    fn was_silent(&self) -> bool {
        self.entry.failure.as_ref().is_some_and(|failure| {
            failure.kind == FailureKind::NoAnswer
                && Some(failure.fingerprint) == self.change.fingerprint
        })
    }

    fn into_applied(self) -> Option<(SourceId, Applied)> {
        Some((self.change.source_id.clone(), self.applied?))
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

/// What is needed to take a step.
struct Task<'a> {
    change: Change,
    person: Person<'a>,
    entry: EmployeeEntry,
    /// Whether a failure of this run is in the ledger already.
    noted: bool,
}

/// What came of a step, as far as the ledger holds it.
enum Attempted {
    Done(EmployeeEntry),
    Refused {
        refusal: Refusal,
        entry: EmployeeEntry,
        wrote_window: bool,
    },
    AccountLost(EmployeeEntry),
    Silent(ReteachError),
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
    let Action::Handover { former, .. } = &change.action else {
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
        Err(WriteError::IdLost) if task.person.record.is_none() => {
            Ok(Attempted::AccountLost(task.entry))
        }
        Err(WriteError::NotFound | WriteError::NotOurs | WriteError::IdLost) => {
            let forgotten = EmployeeEntry {
                locked: task.entry.locked,
                failure: task.entry.failure,
                handed_over_to: task.entry.handed_over_to,
                ..EmployeeEntry::new(task.entry.source_id)
            };
            write_entry(writer, &forgotten).await?;
            Ok(Attempted::AccountLost(forgotten))
        }
        Err(WriteError::NoAnswer(error)) => Ok(Attempted::Silent(error)),
        Err(WriteError::Abort(abort)) => Err(abort),
    }
}

/// Writes `entry` with the refusal and the pause before the same record is tried again. Nobody who is gone has a record.
async fn refused(
    writer: &impl Writer,
    task: &Task<'_>,
    entry: EmployeeEntry,
    refusal: &Refusal,
) -> Result<EmployeeEntry, StateError> {
    let entry = match task.change.fingerprint.filter(|_| !task.noted) {
        Some(fingerprint) => {
            let reason = refusal.to_string();
            with_failure(
                entry,
                FailureKind::Refused,
                fingerprint,
                reason,
                writer.now(),
            )
        }
        None => entry,
    };
    if entry != task.entry {
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

/// Writes ledger entries, a few at a time.
///
/// # Errors
/// [`StateError`] at the first one that fails; the rest is found again by the next run.
pub(crate) async fn write_entries(
    writer: &impl Writer,
    entries: &[EmployeeEntry],
) -> Result<(), StateError> {
    let mut writes = Vec::with_capacity(entries.len());
    for entry in entries {
        writes.push(write_entry(writer, entry));
    }
    let results: Vec<_> = stream::iter(writes)
        .buffer_unordered(writer.concurrency())
        .collect()
        .await;
    results.into_iter().collect()
}

/// Writes notes while there is time for them, and returns those that were written.
///
/// # Errors
/// [`StateError`] at the first one that fails.
pub(crate) async fn write_notes(
    writer: &impl Writer,
    notes: Vec<EmployeeEntry>,
) -> Result<Vec<EmployeeEntry>, StateError> {
    let mut written = Vec::with_capacity(notes.len());
    let mut notes = notes.into_iter().peekable();
    while notes.peek().is_some() && !writer.is_out_of_time() {
        let next: Vec<_> = notes.by_ref().take(writer.concurrency().max(1)).collect();
        write_entries(writer, &next).await?;
        written.extend(next);
    }
    Ok(written)
}

/// The ledger entries of people all of whose changes are held, with what the academy was seen to hold. Later runs trust the ledger:
/// by the old entries there would be nothing to change, and nothing to decide about.
pub(crate) fn seen_entries(
    plan: &Plan,
    candidates: &[Candidate],
    held_before: Option<&HeldPlan>,
) -> Vec<EmployeeEntry> {
    let by_id: HashMap<_, _> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate))
        .collect();
    let changed: HashSet<_> = plan.changes.iter().map(|it| &it.source_id).collect();
    let held = plan.held.iter();
    held.filter(|change| !changed.contains(&change.source_id))
        .filter_map(|change| {
            let candidate = by_id.get(&change.source_id)?;
            let entry = candidate.entry.as_ref()?;
            match (&candidate.source, &candidate.account) {
                (SourceState::Gone { .. }, _) => None,
                // The candidate's entry has forgotten the account already.
                (_, Account::Missing) => {
                    let is_new = !held_before.is_some_and(|held| held.holds(&change.source_id));
                    is_new.then(|| entry.clone())
                }
                (_, Account::Fetched(account, _))
                    if entry.customer_id.as_ref() == Some(&account.id) =>
                {
                    let mut seen = entry.clone();
                    seen.window = account.window;
                    for value in &change.values {
                        seen.digests.remove(value.attribute.name());
                    }
                    (seen != *entry).then_some(seen)
                }
                _ => None,
            }
        })
        .collect()
}

/// The ledger entries of people whose mail address belongs to another account, with the pause before the next look.
pub(crate) fn conflict_entries(
    plan: &Plan,
    candidates: &[Candidate],
    now: Timestamp,
) -> Vec<EmployeeEntry> {
    let by_id: HashMap<_, _> = candidates
        .iter()
        .map(|candidate| (&candidate.source_id, candidate))
        .collect();
    let conflicts = plan.skipped.iter().filter(|(_, skip)| skip.is_conflict());
    conflicts
        .filter_map(|(id, _)| {
            let candidate = by_id.get(id)?;
            let SourceState::Present { fingerprint, .. } = candidate.source else {
                return None;
            };
            let reason = "the mail address belongs to another account".to_owned();
            Some(with_failure(
                candidate.entry_or_new(),
                FailureKind::Conflict,
                fingerprint,
                reason,
                now,
            ))
        })
        .collect()
}

async fn write_entry(writer: &impl Writer, entry: &EmployeeEntry) -> Result<(), StateError> {
    writer.check_lease().await?;
    writer.put_entry(entry).await
}

fn with_failure(
    entry: EmployeeEntry,
    kind: FailureKind,
    fingerprint: Fingerprint,
    reason: String,
    now: Timestamp,
) -> EmployeeEntry {
    let earlier = entry.failure.as_ref();
    EmployeeEntry {
        failure: Some(Failure {
            kind,
            ..failure(earlier, fingerprint, reason, now)
        }),
        ..entry
    }
}

/// The refusal of a record, after `earlier` ones: 15 minutes until the next try, then twice as long each time, at most
/// a day.
fn failure(
    earlier: Option<&Failure>,
    fingerprint: Fingerprint,
    reason: String,
    now: Timestamp,
) -> Failure {
    let attempts = earlier
        .filter(|failure| failure.fingerprint == fingerprint)
        .map_or(0, |failure| failure.attempts)
        .saturating_add(1);
    let minutes = 15_i64.saturating_mul(1 << attempts.saturating_sub(1).min(10));
    let pause = SignedDuration::from_mins(minutes.min(24 * 60));
    Failure {
        kind: FailureKind::default(),
        reason,
        fingerprint,
        attempts,
        retry_at: now + pause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::builders::{key, now};

    #[test]
    fn the_pause_before_the_same_record_is_tried_again_grows_to_a_day() {
        let fingerprint = key().fingerprint([]);
        let mut earlier = None;
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let next = failure(earlier.as_ref(), fingerprint, String::new(), now());
            pauses.push(next.retry_at.duration_since(now()).as_mins());
            earlier = Some(next);
        }
        assert_eq!(pauses, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        let other = key().fingerprint([shared::fingerprint::Part::Null]);
        assert_eq!(
            failure(earlier.as_ref(), other, String::new(), now()).attempts,
            1
        );
    }
}
