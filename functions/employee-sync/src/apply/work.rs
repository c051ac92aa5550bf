//! One person's change on its way: what is tried, what came of it, and what the ledger is to note.

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::reteach::Error as ReteachError;
use shared::state::{EmployeeEntry, Failure, FailureKind, StateError};

use super::blame::{Form, Outline, Reply, Sent, Step, StepPart};
use super::input::{self, Person};
use super::ledger::{as_seen, with_failure, write_entry};
use crate::io::{Refusal, Writer};
use crate::plan::{Account, Candidate, Change, SourceState};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// reteach and the ledger hold it.
    Done,
    /// reteach refused it, or does not answer for this account alone; noted on the person.
    Refused(Failure),
    /// The same, for the values alone: the account is there, with the lock or unlock. Without a failure, the values were
    /// not sent, because the academy refuses a field of theirs; they are left for the next run.
    WindowAlone(Option<Failure>),
    /// The account carries another external id, or none, or was deleted: the next run looks for one again. With a failure, it
    /// was so in the last try, too, and the next one has to wait.
    AccountLost(Option<Failure>),
    /// Not reached, or not known to have taken effect: the next run looks again.
    Open,
}

impl Applied {
    /// Whether it was refused as before, when others were accepted with the field.
    #[must_use]
    pub(crate) fn is_personal(&self) -> bool {
        match self {
            Self::Refused(failure) | Self::WindowAlone(Some(failure)) => failure.is_personal,
            Self::Done | Self::WindowAlone(None) | Self::AccountLost(_) | Self::Open => false,
        }
    }

    /// Whether the change of the access window took effect.
    #[must_use]
    pub(crate) fn wrote_window(&self) -> bool {
        matches!(self, Self::Done | Self::WindowAlone(_))
    }
}

/// The pause before an account without an answer is tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    None,
    /// Nothing shows whether reteach answers at all.
    Short,
    Growing,
}

pub(crate) const SHORT_PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// A person's change, and how far it is.
pub(super) struct Work<'a> {
    pub(super) change: &'a Change,
    pub(super) window: Option<Change>,
    pub(super) candidate: Option<&'a Candidate>,
    pub(super) entry: EmployeeEntry,
    /// Whether the ledger has `entry`.
    pub(super) is_stored: bool,
    pub(super) applied: Option<Applied>,
    /// Why reteach gave no usable answer.
    pub(super) silence: Option<ReteachError>,
}

impl<'a> Work<'a> {
    pub(super) fn new(change: &'a Change, candidate: Option<&'a Candidate>) -> Self {
        let entry = candidate.and_then(|candidate| as_seen(candidate, Some(change)));
        let stored = candidate.and_then(|candidate| candidate.entry.as_ref());
        Self {
            change,
            window: input::window_alone(change),
            candidate,
            is_stored: entry.as_ref() == stored,
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
            shares_its_id: self.candidate.is_some_and(Candidate::shares_its_id),
            is_second: self.candidate.is_some_and(Candidate::is_second_account),
        }
    }

    pub(super) fn task(&self, part: StepPart) -> Task<'a> {
        let change = match (part, &self.window) {
            (StepPart::Window, Some(window)) => window,
            _ => self.change,
        };
        Task {
            change: change.clone(),
            person: self.person(),
            entry: self.entry.clone(),
            is_stored: self.is_stored,
            noted: self.applied.is_some(),
            was_silent: self.was_silent(),
        }
    }

    pub(super) fn outline(&self, now: Timestamp) -> Outline {
        let sent = |name: &str, form| Sent {
            name: name.to_owned(),
            form,
        };
        let values = self.change.values.iter().map(|value| match value.after {
            Some(_) => sent(value.attribute.name(), Form::Value),
            None => sent(value.attribute.name(), Form::Null),
        });
        let input = input::input(self.change);
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
            refused_alone: self
                .failure_of_record()
                .filter(|failure| failure.is_personal)
                .map(|failure| failure.reason.clone()),
        }
    }

    pub(super) fn take(&mut self, step: Step, attempted: Attempted, now: Timestamp) -> Reply {
        let earlier = match &self.applied {
            Some(Applied::Refused(failure)) => Some(failure.clone()),
            _ => None,
        };
        let is_all = step.part == StepPart::Whole || self.change.values.is_empty();
        match attempted {
            Attempted::Done(entry) => {
                self.store(entry);
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
                self.store(entry);
                let applied = match earlier.or_else(|| self.failure()) {
                    Some(failure) if wrote_window => Applied::WindowAlone(Some(failure)),
                    Some(failure) => Applied::Refused(failure),
                    None => Applied::Open,
                };
                self.applied = Some(applied);
                Reply::Refused(refusal)
            }
            Attempted::AccountForgotten(entry) => {
                self.store(entry);
                let failure = self.entry.failure.clone();
                let waits =
                    |failure: &Failure| self.is_of_record(failure) && failure.retry_at > now;
                self.applied = Some(Applied::AccountLost(failure.filter(waits)));
                Reply::AccountLost
            }
            Attempted::IdLost => {
                self.applied = Some(Applied::AccountLost(None));
                Reply::AccountLost
            }
            Attempted::Silent(error) => {
                self.silence = Some(error);
                Reply::Silent
            }
        }
    }

    fn store(&mut self, entry: EmployeeEntry) {
        self.entry = entry;
        self.is_stored = true;
    }

    /// The failure as it was noted. There is none of an account that nobody has a history with.
    fn failure(&self) -> Option<Failure> {
        self.entry.failure.clone()
    }

    /// Notes that reteach gives no answer for this account alone.
    pub(super) async fn note_silence(
        &mut self,
        writer: &impl Writer,
        pause: Pause,
    ) -> Result<(), StateError> {
        let (Some(error), None) = (&self.silence, &self.applied) else {
            return Ok(());
        };
        let (kind, reason, now) = (FailureKind::NoAnswer, error.to_string(), writer.now());
        if let Some(fingerprint) = self.change.fails_as(&self.entry) {
            let entry = self.entry.clone();
            let mut noted = with_failure(entry, kind, fingerprint, reason, now);
            if let Some(failure) = noted.failure.as_mut() {
                failure.retry_at = match pause {
                    // What fails once may be a broken connection: the next run tries it again.
                    Pause::Growing if self.was_silent() => failure.retry_at,
                    Pause::Growing | Pause::None => now,
                    Pause::Short => failure.retry_at.min(now + SHORT_PAUSE),
                };
            }
            write_entry(writer, &noted).await?;
            self.store(noted);
        }
        self.applied = self
            .failure()
            .filter(|_| pause != Pause::None)
            .map(Applied::Refused)
            .or(Some(Applied::Open));
        Ok(())
    }

    /// Whether the same record got no usable answer in an earlier run either.
    pub(super) fn was_silent(&self) -> bool {
        let failure = self.entry.failure.as_ref();
        failure.is_some_and(|it| it.kind == FailureKind::NoAnswer && self.is_of_record(it))
    }

    /// The entry with the note that others were accepted with the field that was refused here, unless that is noted.
    pub(super) fn refused_alone(&self) -> Option<EmployeeEntry> {
        let failure = self.failure_of_record()?;
        let is_new = failure.kind == FailureKind::Refused && !failure.is_personal;
        is_new.then(|| EmployeeEntry {
            failure: Some(Failure {
                is_personal: true,
                ..failure.clone()
            }),
            ..self.entry.clone()
        })
    }

    fn failure_of_record(&self) -> Option<&Failure> {
        let failure = self.entry.failure.as_ref();
        failure.filter(|failure| self.is_of_record(failure))
    }

    fn is_of_record(&self, failure: &Failure) -> bool {
        Some(failure.fingerprint) == self.change.fails_as(&self.entry)
    }

    pub(super) fn into_applied(self) -> Option<(SourceId, Applied)> {
        Some((self.change.source_id.clone(), self.applied?))
    }
}

pub(super) struct Task<'a> {
    pub(super) change: Change,
    pub(super) person: Person<'a>,
    pub(super) entry: EmployeeEntry,
    /// Whether the ledger has `entry`.
    pub(super) is_stored: bool,
    /// Whether a failure of this run is in the ledger already.
    pub(super) noted: bool,
    /// Whether the same record got no usable answer in an earlier run either.
    pub(super) was_silent: bool,
}

/// What came of a step, as far as the ledger holds it.
pub(super) enum Attempted {
    Done(EmployeeEntry),
    Refused {
        refusal: Refusal,
        entry: EmployeeEntry,
        wrote_window: bool,
    },
    /// The ledger knows no account any more.
    AccountForgotten(EmployeeEntry),
    /// The account of somebody gone has no external id any more. The ledger still knows it.
    IdLost,
    Silent(ReteachError),
}
