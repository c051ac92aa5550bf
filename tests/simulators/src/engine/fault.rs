//! A fault: which call it strikes, which one of them, on which side of its effect, and what happens.

use std::time::Duration;

use http::Method;
use jiff::{SignedDuration, Timestamp};

use super::exchange::Request;
use super::fault_engine::CallId;

/// A side of the effect of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The call has arrived, and has no effect yet.
    Before,
    /// It has taken effect, and no byte of the reply has left.
    After,
}

/// What a struck call does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers with this status and body; nothing takes effect.
    Status(u16, Body),
    /// 429 with the vendor's error body.
    TooManyRequests(RetryAfter),
    /// Never answers, until the simulator shuts down.
    Hang,
    /// Closes the connection before a byte of an answer; nothing takes effect.
    Close,
    /// Takes effect, then closes the connection before a byte of the answer.
    LoseReply,
    /// Takes effect, and never answers, until the simulator shuts down.
    HangReply,
    /// Takes effect, then answers with this status and body, as a gateway that has lost patience.
    LateStatus(u16, Body),
    /// Closes the connection before a byte of the answer. An upload of a document takes effect only this much later, by the
    /// simulator's clock; any other call at once.
    LateEffect(SignedDuration),
    /// Takes effect, announces the whole body and closes the connection in the middle of it.
    CloseMidBody,
    /// Takes effect, and answers after this long.
    Slow(Duration),
    /// Takes effect; 200 with the first half of the JSON body, correctly framed.
    TruncateJson,
    /// Leaves out this many rows at the end of a list, totals unchanged.
    DropRows(usize),
    /// Leaves out this many rows at the beginning of a list, totals unchanged: as if rows before it had gone since the previous
    /// page.
    SkipRows(usize),
    /// The first rows of a list, as many as this, come once more at its end, totals unchanged.
    DoubleRows(usize),
    /// An empty list, totals 0: what peers have taken for "everybody left".
    EmptyList,
    /// The announced total is off by this.
    TotalOff(i64),
    NoTotal,
    /// The list begins this many rows early, as if rows had been inserted before it since the previous page: the page repeats
    /// rows of the one before.
    RepeatRows(usize),
    /// Answers 302 with this location.
    Redirect(String),
    /// Answers with this header as well.
    Announce(&'static str, &'static str),
    /// Answers, and closes the connection after the last byte.
    CloseAfterReply,
    /// Answers; then the server is gone for this long: every connection ends, and new connections are refused.
    GoAway(Duration),
    /// Of a batch for DynamoDB: nothing takes effect, and all of it comes back as not processed.
    Unprocessed,
    /// Takes no effect, and answers as to a `GET` of the same address with what was to be written: as if all were done.
    Pretend,
    /// Waits until [`FaultEngine::release`](crate::FaultEngine::release). Needs an engine.
    Hold(Moment),
    /// The run ends as a killed process does ([`FaultEngine::interrupt`](crate::FaultEngine::interrupt)): it never hears of the
    /// reply, and its other calls have no further effect. Needs an engine.
    Kill(Moment),
}

/// The body of [`Behaviour::Status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// The vendor's own error shape for this status.
    Vendor,
    Html,
    Empty,
    /// The vendor's error shape, broken off in the middle.
    TruncatedJson,
    /// This text, as JSON: an error code or a shape of the test's own.
    Json(&'static str),
}

/// The `Retry-After` header of [`Behaviour::TooManyRequests`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    None,
    Seconds(u32),
    At(Timestamp),
}

/// A behaviour, and the calls it strikes: by default the next call of any kind.
///
/// Of several faults that match a call, the first one set strikes; each counts only the calls that no earlier one has taken.
#[derive(Debug, Clone)]
pub struct Fault {
    method: Option<Method>,
    path: Option<String>,
    query: Option<(&'static str, &'static str)>,
    name: Option<Name>,
    body: &'static [&'static str],
    /// Matching calls to let through first.
    skip: usize,
    /// Matching calls to strike; `None` for all.
    strikes: Option<usize>,
    behaviour: Behaviour,
}

#[derive(Debug, Clone)]
enum Name {
    Is(String),
    Begins(&'static str),
}

impl Fault {
    /// `behaviour` on the next call.
    #[must_use]
    pub fn new(behaviour: Behaviour) -> Self {
        Self {
            method: None,
            path: None,
            query: None,
            name: None,
            body: &[],
            skip: 0,
            strikes: Some(1),
            behaviour,
        }
    }

    /// Only calls with this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only calls of the endpoint with this path template (`/customer`, `/customer/{customerIdentifier}`); a `path` that is no
    /// template of the vendor's is a prefix (`/customer/`, `/v1/`).
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Only calls with this in their query (`offset`, `100`): one of several pages that are asked for at once.
    #[must_use]
    pub fn query(mut self, key: &'static str, value: &'static str) -> Self {
        self.query = Some((key, value));
        self
    }

    /// Only calls of this name ([`CallId::name`]).
    #[must_use]
    pub fn call(mut self, name: impl Into<String>) -> Self {
        self.name = Some(Name::Is(name.into()));
        self
    }

    /// Only calls whose name begins like this (`reteach `, `DynamoDB Batch`).
    #[must_use]
    pub fn calls(mut self, begins: &'static str) -> Self {
        self.name = Some(Name::Begins(begins));
        self
    }

    /// Only this call of a run.
    #[must_use]
    pub fn at(self, call: &CallId) -> Self {
        self.call(&call.name).nth(call.nth)
    }

    /// Only calls whose body contains all of these texts.
    #[must_use]
    pub fn body(mut self, texts: &'static [&'static str]) -> Self {
        self.body = texts;
        self
    }

    /// Only the `nth` matching call from now on, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: usize) -> Self {
        self.skip = nth.saturating_sub(1);
        self.strikes = Some(1);
        self
    }

    /// The next `k` matching calls (after those that [`nth`](Self::nth) lets through).
    #[must_use]
    pub fn times(mut self, k: usize) -> Self {
        self.strikes = Some(k);
        self
    }

    /// Every matching call until the faults are cleared.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.strikes = None;
        self
    }

    fn matches(&self, call: &CallInfo<'_>) -> bool {
        let request = call.request;
        let method = self.method.as_ref();
        let path = self.path.as_deref().is_none_or(|path| {
            if (call.is_template)(path) {
                call.template == Some(path)
            } else {
                request.path.starts_with(path)
            }
        });
        let query = self
            .query
            .is_none_or(|(key, value)| request.query.iter().any(|(k, v)| k == key && v == value));
        let name = self.name.as_ref().is_none_or(|name| match name {
            Name::Is(name) => name == call.name,
            Name::Begins(begins) => call.name.starts_with(begins),
        });
        let body = self.body.iter().all(|text| {
            let mut windows = request.body.windows(text.len());
            windows.any(|window| window == text.as_bytes())
        });
        method.is_none_or(|method| *method == request.method) && path && query && name && body
    }

    /// What happens to this call.
    pub(crate) fn strike(&mut self, call: &CallInfo<'_>) -> Option<Behaviour> {
        if self.strikes == Some(0) || !self.matches(call) {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.strikes = self.strikes.map(|left| left - 1);
        Some(self.behaviour.clone())
    }
}

/// A call that a fault may strike.
pub(crate) struct CallInfo<'c> {
    /// See [`CallId::name`].
    pub(crate) name: &'c str,
    pub(crate) request: &'c Request,
    /// The template of the call's endpoint.
    pub(crate) template: Option<&'c str>,
    /// Whether a path is a template of any endpoint.
    pub(crate) is_template: fn(&str) -> bool,
}

#[derive(Debug, Default)]
pub(crate) struct FaultList(Vec<Fault>);

impl FaultList {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn strike(&mut self, call: &CallInfo<'_>) -> Option<Behaviour> {
        self.0.iter_mut().find_map(|fault| fault.strike(call))
    }
}
