//! Sending a request: pace, attempt, decide, wait.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::Retryable as _;
use bytes::{Bytes, BytesMut};
use tokio::time::timeout;

use super::error::{Effect, Error, TransportError};
use super::reply::{Interpreted, Origin, Reply};
use super::retry::{self, Decision, Judged, Retry};
#[cfg(test)]
use super::testing::Answers;
use super::{
    BaseUrl, Calls, Deadline, Elapsed, NotPublic, Payload, RateLimiter, Request, Sleeper, Turn,
};
use crate::domain::clock::Clock;

/// The largest reply that is read, in bytes, unpacked. A page of 250 people has some hundred kilobytes; the function has
/// 128 MB for this and all that is made of it.
pub const MAX_REPLY_BYTES: usize = 8 * 1024 * 1024;

/// Answers with 429 at an adaptive pace after which a call is given up. The pauses between them are longer
/// than four minutes together.
const MAX_LIMITED: u32 = 5;

/// What every client is built from; cheap to copy.
#[derive(Clone, Debug)]
pub struct Context {
    parts: Arc<Parts>,
    pub(super) calls: Calls,
    pub(super) deadline: Deadline,
}

/// What is the same for the life of a process.
#[derive(Clone, Debug)]
struct Parts {
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    waits: Sleeper,
    simulators: bool,
    /// Given in place of any vendor's.
    #[cfg(test)]
    answers: Option<Answers>,
}

enum AttemptError {
    TransportError(TransportError),
    TooLarge,
    OutOfTime,
}

impl Context {
    /// Calls over `client`, counted in `calls`, without a deadline. No API is on this machine.
    #[must_use]
    pub fn new(client: reqwest::Client, clock: Arc<dyn Clock>, calls: Calls) -> Self {
        let parts = Arc::new(Parts {
            client,
            clock,
            waits: Sleeper::Real,
            simulators: false,
            #[cfg(test)]
            answers: None,
        });
        Self {
            parts,
            calls,
            deadline: Deadline::never(),
        }
    }

    #[must_use]
    pub fn until(mut self, deadline: Deadline) -> Self {
        self.deadline = deadline;
        self
    }

    /// The same, but waiting for another attempt as `waits` says.
    #[must_use]
    pub fn with_waits(self, waits: Sleeper) -> Self {
        let parts = Arc::new(Parts {
            waits,
            ..Parts::clone(&self.parts)
        });
        Self { parts, ..self }
    }

    /// The same, but an API may be on this machine, where simulators are: for operators, demo and tests. To a function on Lambda
    /// this machine is the runtime API, and no tenant's file may name that.
    #[must_use]
    pub fn with_simulators(self) -> Self {
        let parts = Arc::new(Parts {
            simulators: true,
            ..Parts::clone(&self.parts)
        });
        Self { parts, ..self }
    }

    /// The same, but nothing is sent: `answers` are given.
    #[cfg(test)]
    pub(super) fn answered_by(self, answers: Answers) -> Self {
        let parts = Arc::new(Parts {
            answers: Some(answers),
            ..Parts::clone(&self.parts)
        });
        Self { parts, ..self }
    }

    /// Whether the API at `base` may be called.
    #[must_use]
    pub fn may_call(&self, base: &BaseUrl) -> bool {
        self.has_simulators() || !base.is_loopback()
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        &self.parts.client
    }

    pub(super) fn has_simulators(&self) -> bool {
        self.parts.simulators
    }

    #[must_use]
    pub fn counted_in(mut self, calls: Calls) -> Self {
        self.calls = calls;
        self
    }

    /// What was sent, and what the answers announced.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The wall clock, for the life of tokens.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.parts.clock
    }

    /// Waits for `time` as between two attempts, or says at once that there is not that much time left.
    pub async fn wait(&self, time: Duration) -> Result<(), Elapsed> {
        if !self.parts.waits.fits(time, self.deadline) {
            return Err(Elapsed);
        }
        self.parts.waits.clone().sleep(time).await;
        Ok(())
    }

    /// Sends `request` until there is an answer that another attempt would not change, and returns it whatever its
    /// status.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::TooLarge`] or [`Error::OutOfTime`], each saying whether the call may have
    /// taken effect.
    pub async fn send(&self, request: &Request, pace: &RateLimiter) -> Result<Reply, Error> {
        let effect = EffectSoFar::default();
        let late = || error(request, AttemptError::OutOfTime, effect.get());
        let attempt = || async {
            let mut limited = 0;
            loop {
                let Ok(turn) = pace.ready(self.deadline).await else {
                    return Ok(Err(late()));
                };
                let attempt = self.attempt(request, None).await;
                let judged = self.judge(request, attempt, &effect);
                if !learn(pace, turn, &judged) {
                    return judged.result();
                }
                limited += 1;
                if limited == MAX_LIMITED {
                    return Ok(judged.settled);
                }
            }
        };
        self.repeat(attempt, Some(pace), late).await
    }

    /// Makes `attempt` until it has a result that another one would not change. A vendor's wish to wait goes to `pace`
    /// as well. What would end after the deadline is `late`.
    pub(super) async fn repeat<T, A: Future<Output = Result<Result<T, Error>, Retry<T>>>>(
        &self,
        attempt: impl FnMut() -> A,
        pace: Option<&RateLimiter>,
        late: impl Fn() -> Error,
    ) -> Result<T, Error> {
        let (waits, deadline) = (self.parts.waits.clone(), self.deadline);
        let sleeper = waits.clone();
        let is_late = AtomicBool::new(false);
        let repeated = attempt
            .retry(retry::schedule())
            .sleep(move |wait| sleeper.clone().sleep(wait))
            .adjust(|retry, ceiling| {
                let wait = retry::wait(retry.asked, ceiling?, waits.jitter())?;
                if let (Some(pace), Some(asked), true) = (pace, retry.asked, waits.hold_others()) {
                    pace.pause_for(asked);
                }
                is_late.store(!waits.fits(wait, deadline), Ordering::Relaxed);
                Some(wait).filter(|_| !is_late.load(Ordering::Relaxed))
            })
            .notify(|_, wait| tracing::debug!(?wait, "trying again"))
            .await;
        match repeated {
            Ok(settled) => settled,
            Err(_) if is_late.load(Ordering::Relaxed) => Err(late()),
            Err(retry) => retry.settled,
        }
    }

    /// Sends `request` with `payload` as its body, once: it cannot be read a second time. The caller has waited for its
    /// turn in `pace`; a vendor's wish to wait goes there.
    ///
    /// # Errors
    /// As for [`send`](Self::send). What broke off before the payload's content was out had no effect: nobody can
    /// have received the whole request.
    pub async fn send_once(
        &self,
        request: &Request,
        payload: Payload,
        pace: &RateLimiter,
    ) -> Result<Reply, Error> {
        let effect = EffectSoFar::default();
        let complete = payload.complete();
        let attempt = self.attempt(request, Some(payload)).await;
        let judged = self.judge(request, attempt, &effect);
        if let Some(asked) = judged.asked.filter(|_| self.parts.waits.hold_others()) {
            pace.pause_for(asked);
        }
        judged.settled.map_err(|error| {
            if complete.is() {
                error
            } else {
                error.without_effect()
            }
        })
    }

    fn judge(
        &self,
        request: &Request,
        attempt: Result<Reply, AttemptError>,
        effect: &EffectSoFar,
    ) -> Judged<Reply> {
        let idempotency = request.repeat;
        match attempt {
            Ok(reply) => {
                self.calls.note(&reply.call, reply.status, &reply.headers);
                let Interpreted { mut reply, retry } = (request.interpret)(reply);
                if reply.origin == Origin::Remote {
                    self.calls.note(&reply.call, reply.status, &reply.headers);
                }
                reply.effect =
                    effect.with(retry::effect_of_answer(reply.status, retry, idempotency));
                reply.asked = retry::said(reply.status, &reply.headers, self.clock().now());
                Judged {
                    decision: retry::after_answer(reply.status, retry, idempotency),
                    asked: retry::asked(reply.status, &reply.headers, self.clock().now()),
                    settled: Ok(reply),
                }
            }
            Err(failed) => {
                let (seen, decision) = match failed {
                    AttemptError::TransportError(fault) => (
                        retry::effect_of_transport_error(fault, idempotency),
                        retry::after_transport_error(fault, idempotency),
                    ),
                    AttemptError::TooLarge | AttemptError::OutOfTime => (
                        retry::effect_of_transport_error(TransportError::TimedOut, idempotency),
                        Decision::Stop,
                    ),
                };
                Judged {
                    settled: Err(error(request, failed, effect.with(seen))),
                    decision,
                    asked: None,
                }
            }
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        payload: Option<Payload>,
    ) -> Result<Reply, AttemptError> {
        let left = self.deadline.remaining().unwrap_or(Duration::MAX);
        self.calls.count(request.call().vendor);
        match timeout(request.timeout.min(left), self.exchange(request, payload)).await {
            Ok(exchanged) => exchanged,
            Err(_) if left <= request.timeout => Err(AttemptError::OutOfTime),
            Err(_) => Err(AttemptError::TransportError(TransportError::TimedOut)),
        }
    }

    async fn exchange(
        &self,
        request: &Request,
        payload: Option<Payload>,
    ) -> Result<Reply, AttemptError> {
        let call = request.call().clone();
        let response = self
            .response(request, payload)
            .await
            .map_err(|error| AttemptError::TransportError(fault(&error)))?;
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(%call, status = status.as_u16(), "answered");
        let body = read(response).await?;
        Ok(Reply {
            call,
            status,
            headers,
            body,
            effect: Effect::None,
            origin: Origin::Called,
            asked: None,
            within: &[],
        })
    }

    /// The answer, with its body still to be read.
    async fn response(
        &self,
        request: &Request,
        payload: Option<Payload>,
    ) -> reqwest::Result<reqwest::Response> {
        #[cfg(test)]
        if let Some(answers) = &self.parts.answers {
            return Ok(answers.give());
        }
        let mut sending = self
            .parts
            .client
            .request(request.call().method.clone(), request.url().clone())
            .headers(request.headers.clone());
        if let Some(body) = &request.body {
            sending = sending.body(body.clone());
        }
        if let Some(payload) = payload {
            sending = payload.put_into(sending);
        }
        sending.send().await
    }
}

/// Tells `pace` how the call of `turn` went. Returns whether it only came too early.
fn learn(pace: &RateLimiter, turn: Turn, judged: &Judged<Reply>) -> bool {
    let asked = judged.asked.unwrap_or_default();
    let is_short = asked <= retry::LONGEST_WAIT;
    let reply = judged.settled.as_ref().ok().filter(|_| is_short);
    reply.is_some_and(|reply| pace.learn(turn, reply.status, asked))
}

/// Reads the body piece by piece, so that an endless one is cut off.
async fn read(mut response: reqwest::Response) -> Result<Bytes, AttemptError> {
    let mut body = BytesMut::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(|error| AttemptError::TransportError(fault(&error)))?
    {
        if body.len() + piece.len() > MAX_REPLY_BYTES {
            return Err(AttemptError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

pub(super) fn fault(error: &reqwest::Error) -> TransportError {
    let mut source = std::error::Error::source(error);
    let mut kind = None;
    while let Some(cause) = source {
        if cause.is::<NotPublic>() {
            return TransportError::NotPublic;
        }
        kind = cause
            .downcast_ref::<io::Error>()
            .map(io::Error::kind)
            .or(kind);
        source = cause.source();
    }
    match error {
        _ if error.is_connect() || error.is_builder() => TransportError::NotSent(kind),
        _ if error.is_timeout() => TransportError::TimedOut,
        _ => TransportError::Broken(kind),
    }
}

fn error(request: &Request, miss: AttemptError, effect: Effect) -> Error {
    let call = request.call().clone();
    match miss {
        AttemptError::TransportError(fault) => Error::Unreachable {
            call,
            fault,
            effect,
        },
        AttemptError::TooLarge => Error::TooLarge {
            call,
            limit: MAX_REPLY_BYTES,
            effect,
        },
        AttemptError::OutOfTime => Error::OutOfTime { call, effect },
    }
}

/// Whether any attempt so far may have taken effect.
#[derive(Debug, Default)]
struct EffectSoFar(AtomicBool);

impl EffectSoFar {
    fn get(&self) -> Effect {
        if self.0.load(Ordering::Relaxed) {
            Effect::Unknown
        } else {
            Effect::None
        }
    }

    fn with(&self, effect: Effect) -> Effect {
        self.0
            .fetch_or(effect == Effect::Unknown, Ordering::Relaxed);
        self.get()
    }
}
