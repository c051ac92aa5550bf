//! One call of a run, told from all others wherever it arrives: to strike it, or to hold it while something else happens.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::watch;

use super::exchange::Request;
use super::fault::Behaviour;
use super::lock;
use super::scissors::Moment;

/// A call of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId {
    /// Its name as a step, such as `reteach PUT /customer/{customerIdentifier}`.
    pub name: String,
    /// Which of that name it is, counted from 1 in the order of arrival.
    pub nth: usize,
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.nth)
    }
}

/// What befalls a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stroke {
    /// A fault.
    Behave(Behaviour),
    /// It waits on this side of its effect until [`Strikes::let_go`].
    Hold(Moment),
}

/// A fault for every call whose body, or step's name, holds all of some texts: how another product, or another vendor, would
/// behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The step's name.
    pub name: &'static str,
    /// Texts that the body holds.
    pub body: &'static [&'static str],
    /// The fault.
    pub behaviour: Behaviour,
}

/// What is done when a call of the server with this name begins to hang.
type OnHang = Arc<dyn Fn(&str) + Send + Sync>;

/// The strikes of one world, at whichever of its servers. Clones are the same.
#[derive(Clone)]
pub struct Strikes {
    state: Arc<Mutex<State>>,
    hold: Arc<watch::Sender<Hold>>,
    on_hang: Arc<OnceLock<OnHang>>,
}

impl fmt::Debug for Strikes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Strikes")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct State {
    /// `None` while nothing is counted.
    seen: Option<BTreeMap<String, usize>>,
    calls: Vec<CallId>,
    planned: Option<(CallId, Stroke)>,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Open,
    Held,
}

impl Default for Strikes {
    fn default() -> Self {
        Self {
            state: Arc::default(),
            hold: Arc::new(watch::Sender::new(Hold::Open)),
            on_hang: Arc::default(),
        }
    }
}

impl Strikes {
    /// Counts calls from now on, and strikes one of them if `planned` says so.
    pub fn begin(&self, planned: Option<(CallId, Stroke)>) {
        let mut state = lock(&self.state);
        state.seen = Some(BTreeMap::new());
        state.calls.clear();
        state.planned = planned;
    }

    /// Counts no further. Returns the calls in their order, and whether what was planned came about.
    pub fn end(&self) -> (Vec<CallId>, bool) {
        let mut state = lock(&self.state);
        state.seen = None;
        (
            std::mem::take(&mut state.calls),
            state.planned.take().is_none(),
        )
    }

    /// Adds a rule, which holds from now on, counted or not.
    pub fn rule(&self, rule: Rule) {
        lock(&self.state).rules.push(rule);
    }

    /// Does this whenever a call of a server, which is told by its name in the steps, begins to hang. The first one stays.
    pub fn on_hang(&self, on_hang: impl Fn(&str) + Send + Sync + 'static) {
        // Whoever is second is not heard, as said.
        let _ = self.on_hang.set(Arc::new(on_hang));
    }

    pub(crate) fn hangs(&self, server: &str) {
        if let Some(on_hang) = self.on_hang.get() {
            on_hang(server);
        }
    }

    /// Comes back when a call is held.
    pub async fn held(&self) {
        // It does not fail: the sender is ours.
        let _ = self
            .hold
            .subscribe()
            .wait_for(|hold| *hold == Hold::Held)
            .await;
    }

    /// Lets a held call go on.
    pub fn let_go(&self) {
        self.hold.send_replace(Hold::Open);
    }

    /// Sleeper until the call is let go.
    pub(crate) async fn wait(&self) {
        self.hold.send_replace(Hold::Held);
        let _ = self
            .hold
            .subscribe()
            .wait_for(|hold| *hold == Hold::Open)
            .await;
    }

    /// What befalls a call that arrives now. What is planned goes before the rules.
    pub(crate) fn arrived(&self, name: String, request: &Request) -> Option<Stroke> {
        let mut state = lock(&self.state);
        let holds = |text: &&str| holds_text(&request.body, text.as_bytes());
        let rule = state
            .rules
            .iter()
            .find(|rule| rule.name == name && rule.body.iter().all(holds));
        let ruled = rule.map(|rule| Stroke::Behave(rule.behaviour.clone()));
        let Some(seen) = &mut state.seen else {
            return ruled;
        };
        let count = seen.entry(name.clone()).or_insert(0);
        *count += 1;
        let call = CallId { name, nth: *count };
        let is_planned = state
            .planned
            .as_ref()
            .is_some_and(|(planned, _)| *planned == call);
        state.calls.push(call);
        if is_planned {
            state.planned.take().map(|(_, stroke)| stroke)
        } else {
            ruled
        }
    }
}

fn holds_text(body: &[u8], text: &[u8]) -> bool {
    body.windows(text.len().max(1)).any(|window| window == text)
}
