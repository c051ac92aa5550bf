//! Scissors that end a run at any of its steps: every request that it makes to one of a world's servers is a step.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use super::line::Door;
use super::lock;
use super::strikes::Strikes;

/// On which side of a request's effect a run is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The head of the request has arrived. It never takes effect.
    Before,
    /// It has taken effect, once, and no byte of the reply has left: of a streamed one neither.
    After,
}

/// What a cut is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The run ends as a killed process does: it never hears of the reply, and whatever it still asks has no effect.
    Kill,
    /// The connection closes without a reply, and the run goes on.
    CloseConnection,
}

/// Where a run is cut, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The step, counted from 0 in the order of arrival at any server. What a run asks at the same time may arrive in any
    /// order.
    pub step: usize,
    /// On which side of its effect.
    pub moment: Moment,
    /// How.
    pub cut: Cut,
}

/// How a run went that was to be cut.
#[derive(Debug)]
pub struct CutRun<T> {
    /// The step that was cut, such as `reteach PUT /customer/{customerIdentifier}`; `None` if the run ended before it.
    pub cut: Option<String>,
    /// What the run came to; `None` if it was killed.
    pub ran: Option<T>,
}

/// Scissors for the runs of one world. Clones are the same pair.
///
/// Servers pass their requests through it: [`Reteach::cut_by`](crate::Reteach::cut_by) and the like. A call that one
/// simulator makes to another (Kombo's to Personio) is a step of its own within the step that led to it; closing its connection
/// leaves it to the simulator what to answer.
#[derive(Debug, Clone)]
pub struct Scissors {
    state: Arc<watch::Sender<State>>,
    doors: Arc<Mutex<Vec<(&'static str, Door)>>>,
    strikes: Strikes,
}

impl Default for Scissors {
    fn default() -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::default())),
            doors: Arc::default(),
            strikes: Strikes::default(),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// Tells a run's steps from those of the next.
    run: u64,
    steps: Vec<String>,
    cut: Option<usize>,
    /// Steps between their two moments.
    under_way: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing is counted.
    #[default]
    Idle,
    /// A run is under way, and perhaps still to be cut.
    Counting(Option<Point>),
    /// The run is killed; the request that it was killed at is held.
    Killed,
    /// Nobody hears the reply any more: the held request is let go.
    Buried,
}

/// What becomes of a step at one of its moments.
enum Verdict {
    Through,
    Hold,
    Close,
}

impl Scissors {
    /// Polls `run` to its end, or to the cut at `point`. A killed run is dropped at once; when this returns, everything that was
    /// under way has come to its end, and what is left of the run's connections is closed.
    ///
    /// Whatever the run's process keeps in memory is the caller's to replace.
    pub async fn cut_at<F: Future>(&self, point: Point, run: F) -> CutRun<F::Output> {
        self.state.send_modify(|state| {
            state.phase = Phase::Counting(Some(point));
            state.run += 1;
            state.steps.clear();
            state.cut = None;
        });
        let ran = tokio::select! {
            biased;
            () = self.until(|state| state.phase == Phase::Killed) => None,
            ran = run => Some(ran),
        };
        if ran.is_none() {
            self.bury().await;
        }
        self.state.send_modify(|state| state.phase = Phase::Idle);
        let state = self.state.borrow();
        CutRun {
            cut: state.cut.and_then(|step| state.steps.get(step).cloned()),
            ran,
        }
    }

    /// What strikes single calls at the same servers.
    #[must_use]
    pub fn strikes(&self) -> &Strikes {
        &self.strikes
    }

    /// The steps of the last run, in their order.
    #[must_use]
    pub fn steps(&self) -> Vec<String> {
        self.state.borrow().steps.clone()
    }

    /// Sends a server away, by its name in the steps: every connection to it ends, and whoever connects is refused for this
    /// long.
    pub fn send_away(&self, name: &str, time: Duration) {
        let doors = lock(&self.doors).clone();
        doors
            .iter()
            .filter(|(known, _)| *known == name)
            .for_each(|(_, door)| door.leave(time, None));
    }

    pub(crate) fn watch(&self, name: &'static str, door: Door) {
        lock(&self.doors).push((name, door));
    }

    /// Carries out `effect` as a step, or, outside of a run that is to be cut, just so. `None`: the connection closes without a
    /// reply.
    pub(crate) async fn step<T>(&self, name: String, effect: impl Future<Output = T>) -> Option<T> {
        let Some(step) = self.arrived(name) else {
            return Some(effect.await);
        };
        self.pass(step, Moment::Before).await?;
        let under_way = UnderWay(Arc::clone(&self.state));
        let done = effect.await;
        drop(under_way);
        self.pass(step, Moment::After).await?;
        Some(done)
    }

    /// For what goes on although the connection that it began with is closed: nothing is over until this is dropped.
    pub(crate) fn under_way(&self) -> UnderWay {
        self.state.send_modify(|state| state.under_way += 1);
        UnderWay(Arc::clone(&self.state))
    }

    /// The run and the number of a step; `None` when nothing is counted.
    fn arrived(&self, name: String) -> Option<(u64, usize)> {
        let mut step = None;
        self.state.send_if_modified(|state| {
            if state.phase != Phase::Idle {
                step = Some((state.run, state.steps.len()));
                state.steps.push(name);
            }
            false
        });
        step
    }

    async fn pass(&self, (run, step): (u64, usize), moment: Moment) -> Option<()> {
        let mut verdict = Verdict::Through;
        self.state.send_if_modified(|state| {
            let phase = state.phase;
            verdict = state.judge(run, step, moment);
            if matches!((moment, &verdict), (Moment::Before, Verdict::Through)) {
                state.under_way += 1;
            }
            state.phase != phase
        });
        match verdict {
            Verdict::Through => Some(()),
            Verdict::Close => None,
            Verdict::Hold => {
                self.until(|state| state.phase != Phase::Killed).await;
                None
            }
        }
    }

    async fn bury(&self) {
        self.state.send_modify(|state| state.phase = Phase::Buried);
        let doors = lock(&self.doors).clone();
        for (_, door) in doors {
            door.shut().await;
        }
        self.until(|state| state.under_way == 0).await;
    }

    async fn until(&self, condition: impl FnMut(&State) -> bool) {
        // It does not fail: the sender is ours.
        let _ = self.state.subscribe().wait_for(condition).await;
    }
}

impl State {
    fn judge(&mut self, run: u64, step: usize, moment: Moment) -> Verdict {
        match self.phase {
            _ if self.run != run => Verdict::Close,
            Phase::Counting(Some(point)) if (point.step, point.moment) == (step, moment) => {
                self.cut = Some(step);
                match point.cut {
                    Cut::Kill => {
                        self.phase = Phase::Killed;
                        Verdict::Hold
                    }
                    Cut::CloseConnection => {
                        self.phase = Phase::Counting(None);
                        Verdict::Close
                    }
                }
            }
            Phase::Idle | Phase::Counting(_) => Verdict::Through,
            Phase::Killed | Phase::Buried => Verdict::Close,
        }
    }
}

/// Counts a step as under way for as long as it lives.
pub(crate) struct UnderWay(Arc<watch::Sender<State>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|state| state.under_way -= 1);
    }
}
