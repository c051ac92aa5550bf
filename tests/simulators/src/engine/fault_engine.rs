//! The faults of one world. Every call of a run, at whichever server it arrives, can be counted, fail, be held while something
//! else happens, or be the last one of the run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::watch;

use super::fault::{Behaviour, CallInfo, Fault, FaultList, Moment};
use super::line::Door;
use super::lock;

/// A call of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId {
    /// Server, method and path template, such as `reteach PUT /customer/{customerIdentifier}`, or service and operation.
    pub name: String,
    /// Counts the calls of this name from 1, in the order of arrival.
    pub nth: usize,
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.nth)
    }
}

/// How a run went that a fault was planned for.
#[derive(Debug)]
pub struct Interrupted<T> {
    /// The call that the fault struck; `None` if the run ended before it.
    pub at: Option<CallId>,
    /// The result of the run; `None` if it was killed.
    pub ran: Option<T>,
}

type OnHang = Box<dyn Fn(&str) + Send + Sync>;

/// The faults of one world. Clones share them.
///
/// Servers take part after [`Reteach::join`](crate::Reteach::join) and the like. A call that one simulator makes to another (Kombo
/// to Personio) is a call of its own within the one that led to it.
#[derive(Clone)]
pub struct FaultEngine(Arc<Shared>);

struct Shared {
    state: watch::Sender<State>,
    doors: Mutex<Vec<(&'static str, Door)>>,
    on_hang: OnceLock<OnHang>,
}

#[derive(Debug, Default)]
struct State {
    faults: FaultList,
    /// Goes before `faults`, for one run.
    planned: Option<Fault>,
    struck: Option<CallId>,
    /// Calls by name; `None` while nothing is counted.
    counts: Option<BTreeMap<String, usize>>,
    /// Counts the runs: a call that outlives its run must not strike the next one.
    run: u64,
    calls: Vec<CallId>,
    phase: Phase,
    /// Calls that have been admitted and have not taken effect yet.
    under_way: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// A call waits for [`FaultEngine::release`].
    Held,
    /// The run is killed; the call that it was killed at waits.
    Killed,
    /// The connections of the killed run are being closed.
    Buried,
}

/// A call on its way.
#[derive(Default)]
pub(crate) struct Admission {
    pub(crate) fault: Option<Behaviour>,
    run: u64,
    under_way: Option<UnderWay>,
}

impl Default for FaultEngine {
    fn default() -> Self {
        Self(Arc::new(Shared {
            state: watch::Sender::new(State::default()),
            doors: Mutex::default(),
            on_hang: OnceLock::new(),
        }))
    }
}

impl fmt::Debug for FaultEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.state.borrow().fmt(f)
    }
}

impl FaultEngine {
    /// Sets a fault behind those already set, at whichever server it strikes.
    pub fn add(&self, fault: Fault) {
        self.0.state.send_modify(|state| state.faults.add(fault));
    }

    /// Ends every fault that was added.
    pub fn clear_faults(&self) {
        self.0.state.send_modify(|state| state.faults.clear());
    }

    /// Counts calls from now on. The planned fault strikes one of them.
    pub fn begin(&self, planned: Option<Fault>) {
        self.0.state.send_modify(|state| {
            state.counts = Some(BTreeMap::new());
            state.run += 1;
            state.calls.clear();
            state.struck = None;
            state.planned = planned;
        });
    }

    /// Counts no further. Returns the calls in their order and the one that the planned fault struck.
    pub fn end(&self) -> (Vec<CallId>, Option<CallId>) {
        let mut ended = (Vec::new(), None);
        self.0.state.send_modify(|state| {
            state.counts = None;
            state.planned = None;
            ended = (std::mem::take(&mut state.calls), state.struck.take());
        });
        ended
    }

    /// Polls `run` to its end, or until `fault` kills it ([`Behaviour::Kill`]). A killed run is dropped at once; when this returns,
    /// everything that was under way has come to its end, and the connections of the run are closed.
    ///
    /// The memory of the run's process is the caller's to replace.
    pub async fn interrupt<F: Future>(&self, fault: Fault, run: F) -> Interrupted<F::Output> {
        self.begin(Some(fault));
        let ran = tokio::select! {
            biased;
            () = self.until(|state| state.phase == Phase::Killed) => None,
            ran = run => Some(ran),
        };
        if ran.is_none() {
            self.bury().await;
        }
        let (_, at) = self.end();
        Interrupted { at, ran }
    }

    async fn bury(&self) {
        self.enter(Phase::Buried);
        let doors = lock(&self.0.doors).clone();
        for (_, door) in doors {
            door.shut().await;
        }
        self.until(|state| state.under_way == 0).await;
        self.enter(Phase::Open);
    }

    /// Waits until a call is held ([`Behaviour::Hold`]).
    pub async fn held(&self) {
        self.until(|state| state.phase == Phase::Held).await;
    }

    /// Lets a held call go on.
    pub fn release(&self) {
        self.enter(Phase::Open);
    }

    /// Calls this whenever a call begins to hang, with the name of the server. Only the first one counts.
    pub fn on_hang(&self, on_hang: impl Fn(&str) + Send + Sync + 'static) {
        let _ = self.0.on_hang.set(Box::new(on_hang));
    }

    /// Takes the server of this name off the network for this long: its connections end, and new ones are refused.
    pub fn take_offline(&self, name: &str, time: Duration) {
        let doors = lock(&self.0.doors).clone();
        doors
            .iter()
            .filter(|(known, _)| *known == name)
            .for_each(|(_, door)| door.leave(time, None));
    }

    pub(crate) fn watch(&self, name: &'static str, door: Door) {
        lock(&self.0.doors).push((name, door));
    }

    pub(crate) fn hangs(&self, server: &str) {
        if let Some(on_hang) = self.0.on_hang.get() {
            on_hang(server);
        }
    }

    /// For work that goes on although its connection is closed: a killed run is not over until this is dropped.
    pub(crate) fn under_way(&self) -> UnderWay {
        self.0.state.send_modify(|state| state.under_way += 1);
        UnderWay(self.clone())
    }

    /// Counts a call that arrives and finds its fault. `None`: it never takes effect, and its connection closes.
    pub(crate) async fn admit(&self, call: &CallInfo<'_>) -> Option<Admission> {
        let (mut admitted, mut run) = (None, 0);
        self.0.state.send_if_modified(|state| {
            if matches!(state.phase, Phase::Killed | Phase::Buried) {
                return false;
            }
            let fault = state.strike(call);
            run = state.run;
            state.phase = match &fault {
                Some(Behaviour::Hold(Moment::Before)) => Phase::Held,
                Some(Behaviour::Kill(Moment::Before)) => Phase::Killed,
                _ => {
                    state.under_way += 1;
                    admitted = Some((fault, true));
                    return false;
                }
            };
            admitted = Some((fault, false));
            true
        });
        let (fault, is_under_way) = admitted?;
        if !is_under_way && !self.waits(&fault).await {
            return None;
        }
        let under_way = if is_under_way {
            UnderWay(self.clone())
        } else {
            self.under_way()
        };
        Some(Admission {
            fault,
            run,
            under_way: Some(under_way),
        })
    }

    /// The call has taken effect. `false`: its reply never leaves, and its connection closes.
    pub(crate) async fn leave(&self, admission: Admission) -> bool {
        let Admission {
            fault,
            run,
            under_way,
        } = admission;
        drop(under_way);
        let strikes = match &fault {
            Some(Behaviour::Hold(Moment::After)) => self.strikes_run(run, Phase::Held),
            Some(Behaviour::Kill(Moment::After)) => self.strikes_run(run, Phase::Killed),
            _ => false,
        };
        if strikes {
            return self.waits(&fault).await;
        }
        matches!(self.0.state.borrow().phase, Phase::Open | Phase::Held)
    }

    /// Enters `phase` if the run with this number is still under way: nobody would leave it for a run that has ended.
    fn strikes_run(&self, run: u64, phase: Phase) -> bool {
        self.0.state.send_if_modified(|state| {
            let is_under_way = state.counts.is_some() && state.run == run;
            let strikes = is_under_way && state.phase == Phase::Open;
            if strikes {
                state.phase = phase;
            }
            strikes
        })
    }

    /// Waits for the release of a held call, or for the end of a killed run. Whether the call goes on.
    async fn waits(&self, fault: &Option<Behaviour>) -> bool {
        let is_held = matches!(fault, Some(Behaviour::Hold(_)));
        let phase = if is_held { Phase::Held } else { Phase::Killed };
        self.until(|state| state.phase != phase).await;
        is_held
    }

    fn enter(&self, phase: Phase) {
        self.0.state.send_modify(|state| state.phase = phase);
    }

    async fn until(&self, condition: impl FnMut(&State) -> bool) {
        // It does not fail: the sender is ours.
        let _ = self.0.state.subscribe().wait_for(condition).await;
    }
}

impl State {
    fn strike(&mut self, call: &CallInfo<'_>) -> Option<Behaviour> {
        let planned = self.planned.as_mut().and_then(|fault| fault.strike(call));
        if let Some(counts) = &mut self.counts {
            let nth = counts.entry(call.name.to_owned()).or_insert(0);
            *nth += 1;
            let id = CallId {
                name: call.name.to_owned(),
                nth: *nth,
            };
            if planned.is_some() {
                self.struck = Some(id.clone());
            }
            self.calls.push(id);
        }
        planned.or_else(|| self.faults.strike(call))
    }
}

/// Counts a call as under way for as long as it lives.
pub(crate) struct UnderWay(FaultEngine);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.state.send_modify(|state| state.under_way -= 1);
    }
}
