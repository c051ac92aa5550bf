//! Everything around the runs: deliveries, deaths, the vendor, the operator, a restore, and what must hold in each state.
//!
//! Runs act in no time. Time passes only while every run has ended or is frozen, and being frozen is a fault. So the
//! number of faults bounds how unfair a history can be, and after the last of them everything has to end.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::document::{FiledDocument, Verification};
use shared::domain::id::CertificateId;
use shared::state::{
    CertificateCheckpoint, CertificateStart, CertificateState, OnUnverifiable, Restored,
};
use stateright::{Model, Property};

use crate::run::{Answer, Ended, Run, Step, entry};
use crate::table::{Entry, Start, Table};
use crate::vendor::File;

/// The schedule of the job, in minutes.
const TICK: i64 = 30;

/// What may happen, and how often. Times are in minutes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    pub(crate) certificates: usize,
    /// Deaths, freezes, lists with too few rows, and uploads that do not just succeed.
    pub(crate) faults: u8,
    /// Deliveries besides the schedule's.
    pub(crate) deliveries: u8,
    /// Retries and dismissals.
    pub(crate) decisions: u8,
    pub(crate) restores: u8,
    /// An upload may take effect so long after it was sent.
    pub(crate) delay: i64,
    /// A list may show a document so long after it was filed.
    pub(crate) lag: i64,
    /// Whether the route lists documents.
    pub(crate) lists: bool,
    /// Whether the tenant has filed certificates before.
    pub(crate) is_known: bool,
    /// The smallest step of time.
    pub(crate) minute: i64,
    /// Faults, deliveries and restores begin before.
    pub(crate) troubled_until: i64,
    /// By then everything has ended.
    pub(crate) horizon: i64,
    pub(crate) broken: Option<Broken>,
}

/// A product that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The vendor is slower than it may be.
    Nothing,
    SendsAgainAtOnce,
    TrustsOneList,
    WritesNoIntent,
    IgnoresFence,
    SendsWithoutLease,
    TakesEveryLease,
    ForgetsWhatIsDue,
    RestoresUnmarked,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: i64,
    next_tick: i64,
    pub(crate) table: Table,
    snapshot: Option<(i64, Arc<Table>)>,
    runs: Vec<Run>,
    pub(crate) files: Vec<File>,
    faults: u8,
    deliveries: u8,
    decisions: u8,
    restores: u8,
    /// A list came without some of its rows. No history has two of them.
    was_short: bool,
    /// An upload was sent while another of the same certificate was under way.
    is_overlapped: bool,
    /// A run wrote what a newer one had written, or sent something while another had the lease.
    is_stale: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// The schedule fires.
    Tick,
    /// EventBridge delivers an event twice, or somebody starts a run.
    Deliver,
    /// The run takes its next step.
    Go(usize),
    /// The run's list comes without some of its rows.
    GoShort(usize),
    /// The run's upload, if it does not just succeed.
    Upload(usize, Fate),
    Die(usize),
    Freeze(usize),
    Wake(usize),
    /// An upload takes effect.
    Land(usize, usize),
    /// Lists show a document.
    Show(usize, usize),
    Retry(usize),
    Dismiss(usize),
    /// The moment to which the table is restored later.
    Snapshot,
    Restore,
    Wait,
}

/// What becomes of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    Filed,
    /// Filed, and lists show it late.
    FiledUnseen,
    /// Filed, and the answer is lost.
    AnswerLost,
    /// The answer is lost, and it takes effect late.
    Late,
    /// The answer is lost, and nothing is filed.
    Vanished,
    Refused,
}

const TROUBLED: [Fate; 5] = [
    Fate::FiledUnseen,
    Fate::AnswerLost,
    Fate::Late,
    Fate::Vanished,
    Fate::Refused,
];

pub(crate) fn at(minute: i64) -> Timestamp {
    let start: Timestamp = Timestamp::constant(1_778_486_400, 0);
    start + SignedDuration::from_mins(minute)
}

pub(crate) fn id(place: usize) -> CertificateId {
    CertificateId::new(format!("c-{place}"))
}

pub(crate) fn place_of(id: &CertificateId) -> usize {
    id.as_str().trim_start_matches("c-").parse().unwrap()
}

impl World {
    fn is_settled(&self) -> bool {
        self.table.entries.iter().all(|item| {
            matches!(
                item.as_ref().map(|item| &item.entry.state),
                Some(
                    CertificateState::Uploaded { .. }
                        | CertificateState::Parked { .. }
                        | CertificateState::Dismissed { .. }
                )
            )
        })
    }

    fn state(&self, place: usize) -> Option<&CertificateState> {
        self.table.entries[place]
            .as_ref()
            .map(|item| &item.entry.state)
    }

    fn due(&self) -> Option<i64> {
        self.files.iter().filter_map(File::due).min()
    }

    /// Nothing can happen any more that matters.
    fn is_over(&self, protocol: &Protocol) -> bool {
        let may_be_retried = self.decisions > 0
            && self.now < protocol.troubled_until
            && (0..self.files.len())
                .any(|place| matches!(self.state(place), Some(CertificateState::Parked { .. })));
        let is_quiet = self.is_settled() && self.runs.is_empty() && self.due().is_none();
        self.now >= protocol.horizon
            || is_quiet
                && !may_be_retried
                && (self.restores == 0 || self.now >= protocol.troubled_until)
    }

    /// By how much time may pass.
    fn pause(&self, protocol: &Protocol) -> Option<i64> {
        let is_busy = self.runs.iter().any(|run| !run.is_frozen);
        let due = self.due();
        if is_busy || self.now == self.next_tick || due.is_some_and(|due| due <= self.now) {
            return None;
        }
        let may_begin =
            self.deliveries + self.decisions > 0 && !self.is_settled() || self.restores > 0;
        let is_close = !self.runs.is_empty()
            || due.is_some()
            || may_begin && self.now < protocol.troubled_until;
        let step = if is_close { protocol.minute } else { TICK };
        let ends = self.runs.iter().map(|run| run.ends);
        let limits = ends.chain(due).chain([self.next_tick, self.now + step]);
        limits.min().map(|until| until - self.now)
    }

    fn put(&mut self, run: &Run, place: usize, protocol: &Protocol) -> (usize, u64, bool) {
        let is_fenced = protocol.broken != Some(Broken::IgnoresFence);
        self.is_stale |= !is_fenced
            && self.table.entries[place]
                .as_ref()
                .is_some_and(|item| item.fence > run.token);
        (place, run.token, is_fenced)
    }

    /// The next step of a run; `is_short`: its list lacks rows.
    fn step(
        &mut self,
        run: &mut Run,
        fate: Fate,
        is_short: bool,
        protocol: &Protocol,
    ) -> Result<(), Ended> {
        let (now, broken) = (at(self.now), protocol.broken);
        let is_fenced = broken != Some(Broken::IgnoresFence);
        match run.step.clone() {
            Step::Load => run.load(&self.table, broken),
            Step::Next => run.next(),
            Step::Check { place, is_second } => {
                let filed = self.list(place, is_short, protocol);
                let found = Verification::of(filed.as_deref(), &id(place));
                run.checked(
                    place,
                    found,
                    now,
                    is_second || broken == Some(Broken::TrustsOneList),
                );
            }
            Step::Look { file, is_second } => {
                let filed = self.list(file.place, is_short, protocol);
                run.looked(
                    file,
                    filed.as_deref(),
                    now,
                    is_second || broken == Some(Broken::TrustsOneList),
                );
            }
            Step::Guard(file) => run.guarded(file, &mut self.table, now)?,
            Step::Intend(file, intent, until) if broken == Some(Broken::WritesNoIntent) => {
                run.step = Step::Send(file, intent, until);
            }
            Step::Intend(file, intent, until) => {
                let key = self.put(run, file.place, protocol);
                let planned = entry(file.place, CertificateState::Intended(intent));
                let put = self.table.put_entry(key, planned, file.read())?;
                run.intended((file, intent, until), put, now);
            }
            Step::Send(file, intent, until) => {
                let is_held = now < until || broken == Some(Broken::SendsWithoutLease);
                let answer = match is_held {
                    true => self.send(run, file.place, fate, protocol),
                    false => Answer::OutOfTime,
                };
                run.step = Step::Answered(file, intent, answer);
            }
            Step::Answered(file, intent, answer) => run.answered(file, intent, answer, now, broken),
            Step::Settle(settling) => {
                run.guard(&mut self.table, now)?;
                run.step = Step::Write(settling);
            }
            Step::Write(settling) => {
                self.put(run, settling.place, protocol);
                run.write(settling, &mut self.table, is_fenced)?;
            }
            Step::Commit => {
                run.commit(now, broken);
                if matches!(run.step, Step::WriteCheckpoint(_)) {
                    run.guard(&mut self.table, now)?;
                }
            }
            Step::WriteCheckpoint(start) => {
                self.is_stale |= !is_fenced && self.table.start.fence > run.token;
                self.table
                    .put_start(run.token, is_fenced, CertificateStart::clone(&start))?;
                run.step = Step::Release;
            }
            Step::Release => {
                self.table.renew(run.token, Timestamp::UNIX_EPOCH);
                return Err(Ended);
            }
        }
        Ok(())
    }

    fn list(
        &self,
        place: usize,
        is_short: bool,
        protocol: &Protocol,
    ) -> Option<Vec<FiledDocument>> {
        let listed = self.files[place].listed(place);
        protocol
            .lists
            .then(|| if is_short { Vec::new() } else { listed })
    }

    fn send(&mut self, run: &Run, place: usize, fate: Fate, protocol: &Protocol) -> Answer {
        self.is_overlapped |= !self.files[place].in_flight.is_empty();
        self.is_stale |= self.table.token != run.token;
        let file = &mut self.files[place];
        match fate {
            Fate::Filed => Answer::Filed(file.file(None)),
            Fate::FiledUnseen => Answer::Filed(file.file(Some(self.now + protocol.lag))),
            Fate::AnswerLost => {
                file.file(None);
                Answer::Lost
            }
            Fate::Late => {
                file.in_flight.push(self.now + protocol.delay);
                Answer::Lost
            }
            Fate::Vanished => Answer::Lost,
            Fate::Refused => Answer::Refused,
        }
    }

    /// What the operator makes of an entry. Where no list shows it, they have looked for the document themselves.
    fn decided(&self, action: Action, protocol: &Protocol) -> Option<(usize, Entry)> {
        let (place, is_retry) = match action {
            Action::Retry(place) => (place, true),
            Action::Dismiss(place) => (place, false),
            _ => return None,
        };
        let item = self.table.entries[place].as_deref()?;
        let file = &self.files[place];
        let may_send = !protocol.lists && file.documents.is_empty() && file.in_flight.is_empty();
        let otherwise = if may_send {
            OnUnverifiable::Send
        } else {
            OnUnverifiable::Park
        };
        let decided = match is_retry {
            true => item.entry.retried(otherwise, at(self.now)),
            false => item.entry.dismissed(at(self.now), None),
        };
        let entry = decided.filter(|decided| *decided != item.entry)?;
        Some((
            place,
            Entry {
                fence: item.fence,
                entry,
            },
        ))
    }

    /// `tenants restore`: all runs have ended, and the tenant is marked before it runs again.
    fn restore(&mut self, protocol: &Protocol) -> Option<()> {
        let (to, table) = self.snapshot.take()?;
        let (to, now) = (at(to), at(self.now));
        self.runs.clear();
        self.table = Table {
            until: Timestamp::UNIX_EPOCH,
            ..Table::clone(&table)
        };
        let restored = Restored {
            to,
            at: now,
            assume_empty: false,
        };
        if protocol.broken != Some(Broken::RestoresUnmarked) {
            self.table
                .ask(|start| (start.restored, start.scan_asked_at) = (Some(restored), Some(now)));
        }
        self.restores -= 1;
        Some(())
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let mut table = Table::new(self.certificates);
        if self.is_known {
            let checkpoint = CertificateCheckpoint {
                first_listed_at: Some(at(-1000)),
                listed_all_at: Some(at(-TICK)),
                ..CertificateCheckpoint::default()
            };
            let start = CertificateStart {
                checkpoint: Some(checkpoint),
                ..CertificateStart::default()
            };
            table.start = Arc::new(Start { fence: 0, start });
        }
        vec![World {
            now: 0,
            next_tick: 0,
            table,
            snapshot: None,
            runs: Vec::new(),
            files: vec![File::default(); self.certificates],
            faults: self.faults,
            deliveries: self.deliveries,
            decisions: self.decisions,
            restores: self.restores,
            was_short: false,
            is_overlapped: false,
            is_stale: false,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.is_over(self) {
            return;
        }
        let is_troubled = world.now < self.troubled_until;
        let may_fail = is_troubled && world.faults > 0;
        if world.now == world.next_tick {
            actions.push(Action::Tick);
        }
        if is_troubled && world.deliveries > 0 {
            actions.push(Action::Deliver);
        }
        for (number, run) in world.runs.iter().enumerate() {
            if run.is_frozen {
                actions.push(Action::Wake(number));
                continue;
            }
            actions.push(Action::Go(number));
            if may_fail {
                actions.extend([Action::Die(number), Action::Freeze(number)]);
                match run.step {
                    Step::Check { .. } | Step::Look { .. } if !world.was_short => {
                        actions.push(Action::GoShort(number))
                    }
                    Step::Send(..) => {
                        actions.extend(TROUBLED.map(|fate| Action::Upload(number, fate)))
                    }
                    _ => {}
                }
            }
        }
        for (place, file) in world.files.iter().enumerate() {
            actions.extend((0..file.in_flight.len()).map(|number| Action::Land(place, number)));
            let hidden = (0..file.documents.len())
                .filter(|number| file.documents[*number].hidden_until.is_some());
            actions.extend(hidden.map(|number| Action::Show(place, number)));
            if is_troubled && world.decisions > 0 {
                actions.extend([Action::Retry(place), Action::Dismiss(place)]);
            }
        }
        if world.restores > 0 && is_troubled {
            actions.push(match world.snapshot {
                None => Action::Snapshot,
                Some(_) => Action::Restore,
            });
        }
        actions.push(Action::Wait);
    }

    fn next_state(&self, before: &World, action: Action) -> Option<World> {
        let mut world = before.clone();
        match action {
            Action::Tick | Action::Deliver => {
                match action {
                    Action::Tick => world.next_tick += TICK,
                    _ => world.deliveries -= 1,
                }
                let is_free = world.table.is_free(at(world.now))
                    || self.broken == Some(Broken::TakesEveryLease);
                // Else its outcome is `busy`.
                if is_free {
                    let run = Run::begin(&mut world.table, world.now);
                    world.runs.push(run);
                }
            }
            Action::Go(number) | Action::GoShort(number) | Action::Upload(number, _) => {
                let fate = match action {
                    Action::Upload(_, fate) => fate,
                    _ => Fate::Filed,
                };
                world.faults -= u8::from(!matches!(action, Action::Go(_)));
                let mut run = world.runs[number].clone();
                let is_short = matches!(action, Action::GoShort(_));
                world.was_short |= is_short;
                match world.step(&mut run, fate, is_short, self) {
                    Ok(()) => world.runs[number] = run,
                    Err(Ended) => drop(world.runs.remove(number)),
                }
            }
            Action::Die(number) => {
                world.faults -= 1;
                world.runs.remove(number);
            }
            Action::Freeze(number) => {
                world.faults -= 1;
                world.runs[number].is_frozen = true;
            }
            Action::Wake(number) => world.runs[number].is_frozen = false,
            Action::Land(place, number) => {
                let hidden_until = (self.lag > 0).then_some(world.now + self.lag);
                let file = &mut world.files[place];
                file.in_flight.remove(number);
                file.file(hidden_until);
            }
            Action::Show(place, number) => world.files[place].documents[number].hidden_until = None,
            Action::Retry(_) | Action::Dismiss(_) => {
                let (place, decided) = world.decided(action, self)?;
                let asked_at = at(world.now);
                world.table.entries[place] = Some(Arc::new(decided));
                world
                    .table
                    .ask(|start| start.scan_asked_at = Some(asked_at));
                world.decisions -= 1;
            }
            Action::Snapshot => world.snapshot = Some((world.now, Arc::new(world.table.clone()))),
            Action::Restore if world.table.is_free(at(world.now)) => world.restore(self)?,
            Action::Restore => return None,
            Action::Wait => {
                world.now += world.pause(self)?;
                let now = world.now;
                world.runs.retain(|run| run.ends > now);
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ONE_IN_FLIGHT, |_, world: &World| !world.is_overlapped),
            Property::always(ONE_DOCUMENT, |_, world: &World| {
                world.files.iter().all(|file| file.documents.len() <= 1)
            }),
            Property::always(ENDS, |protocol: &Self, world: &World| {
                world.now < protocol.horizon || world.is_settled()
            }),
            Property::always(FILED_IS_FILED, |_, world: &World| {
                let states =
                    (0..world.files.len()).filter_map(|place| Some((place, world.state(place)?)));
                let mut filed =
                    states.filter(|(_, state)| matches!(state, CertificateState::Uploaded { .. }));
                filed.all(|(place, _)| !world.files[place].documents.is_empty())
            }),
            Property::always(STALE, |_, world: &World| !world.is_stale),
        ]
    }
}

pub(crate) const ONE_IN_FLIGHT: &str = "never two uploads of one certificate in flight";
pub(crate) const ONE_DOCUMENT: &str = "at most one document per certificate";
pub(crate) const ENDS: &str = "every certificate ends as filed, parked or dismissed";
pub(crate) const FILED_IS_FILED: &str = "what the ledger calls filed is filed";
pub(crate) const STALE: &str = "a stale run writes nothing";
