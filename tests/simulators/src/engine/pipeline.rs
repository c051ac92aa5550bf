//! The way of every request, from a socket or from a passthrough: log, latency, fault, the vendor's own answer, log.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONNECTION, HeaderName, LOCATION, RETRY_AFTER};
use http::{Method, StatusCode};
use tokio::sync::watch;

use super::exchange::{Outcome, Reply, Request};
use super::fault::{Behaviour, Body, CallInfo, FaultList, RetryAfter};
use super::fault_engine::{Admission, FaultEngine};
use super::log::{Arrival, Log};
use super::route::{self, Route};
use super::streamed::Streamed;
use super::tape::{self, Recorded, Tape};
use super::{corrupt, lock};
use crate::Clock;

/// Where a vendor's list replies keep their parts, as JSON pointers.
#[derive(Debug)]
pub(crate) struct ListShape {
    /// One for each shape of a list; the first that is there counts.
    pub(crate) rows: &'static [&'static str],
    /// The announced total first, then whatever follows from it.
    pub(crate) totals: &'static [&'static str],
    /// What is null, or no longer there, on the last page.
    pub(crate) next: &'static [&'static str],
}

/// One API behind the shared machinery.
pub(crate) trait Vendor: Send + Sync + 'static {
    /// The vendor's endpoints, by name.
    type Endpoint: Copy + PartialEq + Send + Sync + 'static;

    const NAME: &'static str;
    const ROUTES: &'static [Route<Self::Endpoint>];
    /// Empty where the vendor has no lists.
    const LIST: ListShape = ListShape {
        rows: &[],
        totals: &[],
        next: &[],
    };

    /// The answer to a call of a known endpoint; `path` holds the values of the template's placeholders.
    fn answer(
        &self,
        endpoint: Self::Endpoint,
        path: &[String],
        request: &Request,
    ) -> impl Future<Output = Outcome> + Send;

    /// The vendor's own error body for a status: 404 for what it does not have, others for faults.
    fn error(&self, status: StatusCode, request: &Request) -> Reply;

    /// Its name in the calls of a run.
    fn name(&self) -> &'static str {
        Self::NAME
    }

    /// The name of a call of a run.
    fn call_name(&self, template: Option<&'static str>, request: &Request) -> String {
        format!(
            "{} {} {}",
            self.name(),
            request.method,
            template.unwrap_or("?")
        )
    }

    /// Whether the log keeps the bodies of this endpoint.
    fn keeps_body(_: Self::Endpoint) -> bool {
        false
    }
}

/// A vendor with its log, faults and latency.
pub(crate) struct Pipeline<V> {
    pub(crate) vendor: V,
    pub(crate) clock: Clock,
    pub(crate) log: Mutex<Log>,
    pub(crate) faults: Mutex<FaultList>,
    latency_ms: AtomicU64,
    gzip: AtomicBool,
    closing: watch::Receiver<bool>,
    /// Counts what may have changed the state.
    pub(crate) activity: watch::Sender<u64>,
    pub(crate) engine: OnceLock<FaultEngine>,
    /// Where requests are recorded, and for whom.
    pub(crate) tape: OnceLock<(Tape, Arc<str>)>,
}

impl<V: Vendor> Pipeline<V> {
    pub(crate) fn new(vendor: V, clock: Clock, closing: watch::Receiver<bool>) -> Self {
        Self {
            vendor,
            clock,
            log: Mutex::default(),
            faults: Mutex::default(),
            latency_ms: AtomicU64::new(0),
            gzip: AtomicBool::new(false),
            closing,
            activity: watch::Sender::new(0),
            engine: OnceLock::new(),
            tape: OnceLock::new(),
        }
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        let milliseconds = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.latency_ms.store(milliseconds, Ordering::Relaxed);
    }

    pub(crate) fn set_gzip(&self, gzip: bool) {
        self.gzip.store(gzip, Ordering::Relaxed);
    }

    /// Whether answers are compressed for clients that accept it.
    pub(crate) fn packs(&self) -> bool {
        self.gzip.load(Ordering::Relaxed)
    }

    /// Says that the state may have changed.
    pub(crate) fn stir(&self) {
        self.activity.send_modify(|count| *count += 1);
    }

    /// How many logged calls were for `endpoint`.
    pub(crate) fn calls(&self, endpoint: V::Endpoint) -> usize {
        let is_endpoint = |method: &Method, template: Option<&str>| {
            V::ROUTES.iter().any(|route| {
                route.endpoint == endpoint
                    && route.method == *method
                    && Some(route.template) == template
            })
        };
        lock(&self.log)
            .entries()
            .iter()
            .filter(|entry| is_endpoint(&entry.method, entry.template))
            .count()
    }

    pub(crate) fn routes(&self) -> Vec<(Method, &'static str)> {
        V::ROUTES
            .iter()
            .map(|route| (route.method.clone(), route.template))
            .collect()
    }

    /// Ends when the simulator shuts down.
    pub(crate) async fn closed(&self) {
        // The error says that the handle is gone: the same as closing.
        let _ = self.closing.clone().wait_for(|closing| *closing).await;
    }

    /// Takes a request the whole way.
    pub(crate) async fn handle(&self, mut request: Request) -> Outcome {
        let found = route::find(V::ROUTES, &request);
        let template = found.as_ref().map(|(route, _)| route.template);
        let keep_body = found
            .as_ref()
            .is_some_and(|(route, _)| V::keeps_body(route.endpoint));
        let name = self.vendor.call_name(template, &request);
        let call = CallInfo {
            name: &name,
            request: &request,
            template,
            is_template: |path| V::ROUTES.iter().any(|route| route.template == path),
        };
        let admission = match self.engine.get() {
            Some(engine) => engine.admit(&call).await,
            None => Some(Admission::default()),
        };
        let Some(admission) = admission else {
            return Outcome::Cut;
        };
        let fault = admission.fault.clone();
        let fault = fault.or_else(|| lock(&self.faults).strike(&call));
        let arrival = Arrival {
            at: (self.clock)(),
            template,
            keep_body,
        };
        let sequence = lock(&self.log).arrived(&request, arrival);
        let recorded = self.recorded(&request, arrival, sequence).await;
        pause(Duration::from_millis(
            self.latency_ms.load(Ordering::Relaxed),
        ))
        .await;
        let outcome = match fault {
            Some(fault) => self.struck(fault, found, &mut request).await,
            None => self.answered(found, &request).await,
        };
        self.stir();
        if let Some(status) = outcome.status() {
            lock(&self.log).answered(sequence, status.as_u16());
        }
        if let Some((tape, place)) = recorded {
            tape.answered(place, &outcome);
        }
        match self.engine.get() {
            Some(engine) if !engine.leave(admission).await => Outcome::Cut,
            _ => outcome,
        }
    }

    /// Records the request, if this server is recorded: the tape and the place on it.
    async fn recorded(
        &self,
        request: &Request,
        arrival: Arrival,
        sequence: u64,
    ) -> Option<(&Tape, usize)> {
        let (tape, owner) = self.tape.get()?;
        let body = tape::body(request).await;
        let place = tape.arrived(Recorded {
            owner: Arc::clone(owner),
            server: V::NAME,
            call: arrival.received(request, sequence, body),
            secrets: tape::secrets(request),
            reply: Bytes::new(),
        });
        Some((tape, place))
    }

    async fn answered(&self, found: Found<V>, request: &Request) -> Outcome {
        match found {
            Some((route, path)) => self.vendor.answer(route.endpoint, &path, request).await,
            None => Outcome::Answered(self.vendor.error(StatusCode::NOT_FOUND, request)),
        }
    }

    async fn struck(&self, fault: Behaviour, found: Found<V>, request: &mut Request) -> Outcome {
        match fault {
            Behaviour::Status(status, body) => {
                Outcome::Answered(self.refusal(status, body, request))
            }
            Behaviour::TooManyRequests(after) => {
                let reply = self.vendor.error(StatusCode::TOO_MANY_REQUESTS, request);
                Outcome::Answered(with_retry_after(reply, after))
            }
            Behaviour::Redirect(location) => {
                let reply =
                    Reply::raw(StatusCode::FOUND, "text/plain", "").with(LOCATION, &location);
                Outcome::Answered(reply)
            }
            Behaviour::Close => Outcome::Cut,
            Behaviour::Hang => self.hang().await,
            Behaviour::HangReply => {
                self.answered(found, request).await;
                self.hang().await
            }
            Behaviour::LateStatus(status, body) => {
                self.answered(found, request).await;
                Outcome::Answered(self.refusal(status, body, request))
            }
            Behaviour::LateEffect(time) => {
                request.effect_after = time;
                self.answered(found, request).await;
                Outcome::Cut
            }
            Behaviour::Unprocessed => Outcome::Answered(corrupt::unprocessed(request)),
            Behaviour::Pretend => {
                let get = Request {
                    method: Method::GET,
                    body: Bytes::new(),
                    ..request.clone()
                };
                match self.answered(route::find(V::ROUTES, &get), &get).await {
                    Outcome::Answered(reply) => {
                        Outcome::Answered(corrupt::overlaid(reply, &request.body))
                    }
                    other => other,
                }
            }
            Behaviour::RepeatRows(rows) => {
                request.rows_back = rows;
                self.answered(found, request).await
            }
            other => after_effect(other, self.answered(found, request).await, &V::LIST).await,
        }
    }

    /// Never comes back: the server ends it when the simulator shuts down.
    async fn hang<T>(&self) -> T {
        if let Some(engine) = self.engine.get() {
            engine.hangs(self.vendor.name());
        }
        std::future::pending().await
    }

    fn refusal(&self, status: u16, body: Body, request: &Request) -> Reply {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match body {
            Body::Vendor => self.vendor.error(status, request),
            Body::Html => corrupt::html(status),
            Body::Empty => Reply::raw(status, "text/plain", ""),
            Body::Json(text) => Reply::raw(status, "application/json", text),
            Body::TruncatedJson => corrupt::first_half(self.vendor.error(status, request)),
        }
    }
}

type Found<V> = Option<(&'static Route<<V as Vendor>::Endpoint>, Vec<String>)>;

/// The faults that come after the vendor has done what it was asked.
async fn after_effect(fault: Behaviour, outcome: Outcome, shape: &ListShape) -> Outcome {
    let reply = match outcome {
        Outcome::Answered(reply) => reply,
        Outcome::Streamed(streamed) => return after_start(fault, streamed).await,
        Outcome::Cut | Outcome::CutMidBody(_) | Outcome::Last(..) => return outcome,
    };
    match fault {
        Behaviour::LoseReply => Outcome::Cut,
        Behaviour::CloseMidBody => Outcome::CutMidBody(reply),
        Behaviour::CloseAfterReply => Outcome::Answered(reply.with(CONNECTION, "close")),
        Behaviour::Announce(name, value) => {
            Outcome::Answered(reply.with(HeaderName::from_static(name), value))
        }
        Behaviour::GoAway(time) => Outcome::Last(reply.with(CONNECTION, "close"), time),
        Behaviour::Slow(time) => {
            pause(time).await;
            Outcome::Answered(reply)
        }
        Behaviour::TruncateJson => Outcome::Answered(corrupt::first_half(reply)),
        Behaviour::DropRows(count) => Outcome::Answered(corrupt::drop_rows(reply, shape, count)),
        Behaviour::SkipRows(count) => Outcome::Answered(corrupt::skip_rows(reply, shape, count)),
        Behaviour::DoubleRows(count) => {
            Outcome::Answered(corrupt::double_rows(reply, shape, count))
        }
        Behaviour::EmptyList => Outcome::Answered(corrupt::empty(reply, shape)),
        Behaviour::TotalOff(by) => Outcome::Answered(corrupt::total_off(reply, shape, by)),
        Behaviour::NoTotal => Outcome::Answered(corrupt::no_total(reply, shape)),
        _ => Outcome::Answered(reply),
    }
}

/// The same for an answer whose body is still to be made: no list, so the other faults leave it alone.
async fn after_start(fault: Behaviour, streamed: Streamed) -> Outcome {
    match fault {
        Behaviour::LoseReply => Outcome::Cut,
        Behaviour::CloseMidBody => Outcome::Streamed(streamed.cut_in_the_middle()),
        Behaviour::CloseAfterReply => Outcome::Streamed(streamed.the_last()),
        Behaviour::Slow(time) => {
            pause(time).await;
            Outcome::Streamed(streamed)
        }
        _ => Outcome::Streamed(streamed),
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn with_retry_after(reply: Reply, after: RetryAfter) -> Reply {
    match after {
        RetryAfter::None => reply,
        RetryAfter::Seconds(seconds) => reply.with(RETRY_AFTER, &seconds.to_string()),
        RetryAfter::At(moment) => match SystemTime::try_from(moment) {
            Ok(moment) => reply.with(RETRY_AFTER, &httpdate::fmt_http_date(moment)),
            Err(_) => reply,
        },
    }
}
