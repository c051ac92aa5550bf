//! The socket before a pipeline, and the handle that keeps it open.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http::header::{CONTENT_LENGTH, HeaderValue};
use tokio::sync::watch;

use super::exchange::{Outcome, Reply, Request};
use super::fault_engine::FaultEngine;
use super::gzip;
use super::line::{self, Door, Hangup, Lines};
use super::pipeline::{Pipeline, Vendor};
use crate::Clock;

/// No vendor takes a larger request: a document of 30 MB in base64, and its frame.
const LARGEST_BODY: usize = 48 * 1024 * 1024;

/// A running simulator. It stops when the last clone is dropped.
pub(crate) struct Running<V> {
    pub(crate) pipeline: Arc<Pipeline<V>>,
    pub(crate) address: SocketAddr,
    door: Door,
    _open: Arc<Open>,
}

impl<V> Clone for Running<V> {
    fn clone(&self) -> Self {
        Self {
            pipeline: Arc::clone(&self.pipeline),
            address: self.address,
            door: self.door.clone(),
            _open: Arc::clone(&self._open),
        }
    }
}

impl<V: Vendor> Running<V> {
    /// Every request is a call of the runs of this engine. Only the first engine counts.
    pub(crate) fn join(&self, engine: &FaultEngine) {
        if self.pipeline.engine.set(engine.clone()).is_ok() {
            engine.watch(self.pipeline.vendor.name(), self.door.clone());
        }
    }
}

struct Site<V> {
    pipeline: Arc<Pipeline<V>>,
    door: Door,
}

impl<V> Clone for Site<V> {
    fn clone(&self) -> Self {
        Self {
            pipeline: Arc::clone(&self.pipeline),
            door: self.door.clone(),
        }
    }
}

struct Open(watch::Sender<bool>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

/// Serves `vendor` on `address` (port 0: any free one) from the current Tokio runtime.
pub(crate) async fn start<V: Vendor>(
    vendor: V,
    clock: Clock,
    address: SocketAddr,
) -> io::Result<Running<V>> {
    let listener = line::listen(address)?;
    let address = listener.local_addr()?;
    let lines = Lines::new(listener)?;
    let door = lines.door();
    let (sender, closing) = watch::channel(false);
    let pipeline = Arc::new(Pipeline::new(vendor, clock, closing));
    let service = Router::new()
        .fallback(serve::<V>)
        .with_state(Site {
            pipeline: Arc::clone(&pipeline),
            door: door.clone(),
        })
        .into_make_service_with_connect_info::<Hangup>();
    let closing = Arc::clone(&pipeline);
    let until_closed = async move { closing.closed().await };
    tokio::spawn(async move {
        // The listener is ours and stays valid: serving ends only by closing.
        let _ = axum::serve(lines, service)
            .with_graceful_shutdown(until_closed)
            .await;
    });
    Ok(Running {
        pipeline,
        address,
        door,
        _open: Arc::new(Open(sender)),
    })
}

async fn serve<V: Vendor>(
    State(site): State<Site<V>>,
    ConnectInfo(hangup): ConnectInfo<Hangup>,
    request: HttpRequest,
) -> Response {
    let pipeline = &site.pipeline;
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let head = Request::new(
        parts.method,
        path,
        parts.uri.query(),
        parts.headers,
        Bytes::new(),
    );
    let effect = async {
        match to_bytes(body, LARGEST_BODY).await {
            Ok(_) if hangup.is_over() => Outcome::Cut,
            Ok(body) => {
                pipeline
                    .handle(Request {
                        body,
                        ..head.clone()
                    })
                    .await
            }
            Err(_) => Outcome::Cut,
        }
    };
    let outcome = tokio::select! {
        biased;
        // It may have arrived before its connection was ended, and be read only now.
        () = std::future::ready(()), if hangup.is_over() => Outcome::Cut,
        outcome = effect => outcome,
        // Whatever still waits, here or at another simulator behind this one, is let go.
        () = pipeline.closed() => Outcome::Cut,
    };
    match outcome {
        Outcome::Answered(reply) if pipeline.packs() => response(gzip::packed(reply, &head)),
        Outcome::Answered(reply) => response(reply),
        Outcome::Streamed(streamed) => streamed.into_response(),
        Outcome::CutMidBody(reply) => broken_off(reply),
        Outcome::Last(reply, time) => {
            site.door.leave(time, Some(&hangup));
            response(reply)
        }
        Outcome::Cut => {
            hangup.now();
            Response::default()
        }
    }
}

fn response(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// Announces the whole body, sends its first half and fails: the server then closes the connection.
fn broken_off(reply: Reply) -> Response {
    let length = HeaderValue::from(reply.body.len());
    let half = reply.body.slice(..reply.body.len() / 2);
    let halves = stream::unfold(Some(half), |half| async {
        if half.is_none() {
            // Lets the server flush the first half before the connection goes.
            tokio::task::yield_now().await;
        }
        let failure = || Err(io::Error::from(io::ErrorKind::ConnectionAborted));
        Some((half.map_or_else(failure, Ok::<Bytes, io::Error>), None))
    });
    let mut response = response(Reply {
        body: Bytes::new(),
        ..reply
    });
    *response.body_mut() = Body::from_stream(halves);
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

/// The handle's methods that are the same for every simulator.
macro_rules! common_handle {
    ($handle:ident, $endpoint:ty) => {
        common_handle!($handle, $endpoint, "");
    };
    ($handle:ident, $endpoint:ty, $path:literal) => {
        impl $handle {
            /// What stands for the service's own address.
            #[must_use]
            pub fn base_url(&self) -> String {
                format!(concat!("http://{}", $path), self.running.address)
            }

            /// The address it listens on, always loopback.
            #[must_use]
            pub fn address(&self) -> std::net::SocketAddr {
                self.running.address
            }

            /// Sets a fault, behind those already set.
            pub fn fail(&self, fault: $crate::Fault) {
                $crate::engine::lock(&self.running.pipeline.faults).add(fault);
            }

            pub fn clear_faults(&self) {
                $crate::engine::lock(&self.running.pipeline.faults).clear();
            }

            /// Delays every answer by this long; zero at the start.
            pub fn set_latency(&self, latency: std::time::Duration) {
                self.running.pipeline.set_latency(latency);
            }

            /// Compresses answers for clients that accept it; off at the start.
            pub fn set_gzip(&self, gzip: bool) {
                self.running.pipeline.set_gzip(gzip);
            }

            /// What was received since the start or the last [`reset_log`](Self::reset_log), in order of arrival.
            #[must_use]
            pub fn requests(&self) -> Vec<$crate::Received> {
                $crate::engine::lock(&self.running.pipeline.log)
                    .entries()
                    .to_vec()
            }

            /// How many calls of one endpoint the log holds, whatever was answered.
            #[must_use]
            pub fn calls(&self, endpoint: $endpoint) -> usize {
                self.running.pipeline.calls(endpoint)
            }

            /// Every call there is, as method and path template, in the order in which templates are tried.
            #[must_use]
            pub fn routes(&self) -> Vec<(http::Method, &'static str)> {
                self.running.pipeline.routes()
            }

            /// Makes every request a call of the runs of this engine. Only the first engine counts.
            pub fn join(&self, engine: &$crate::FaultEngine) {
                self.running.join(engine);
            }

            /// Records every request on `tape`, as received by a server of `owner`. Only the first tape counts.
            pub fn record(&self, tape: &$crate::Tape, owner: &str) {
                let _ = self.running.pipeline.tape.set((tape.clone(), owner.into()));
            }

            /// Moves whenever the state may have changed, for a copy on disk.
            #[must_use]
            pub fn activity(&self) -> tokio::sync::watch::Receiver<u64> {
                self.running.pipeline.activity.subscribe()
            }

            pub fn reset_log(&self) {
                $crate::engine::lock(&self.running.pipeline.log).reset();
            }
        }

        impl std::fmt::Debug for $handle {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($handle))
                    .field("address", &self.running.address)
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use common_handle;

/// The handle's methods that are the same for every vendor with a `State`.
macro_rules! vendor_handle {
    ($handle:ident) => {
        impl $handle {
            /// Starts an empty one on a free port.
            pub async fn start(clock: $crate::Clock) -> std::io::Result<Self> {
                let address = (std::net::Ipv4Addr::LOCALHOST, 0).into();
                Self::start_on(address, clock).await
            }

            /// All it holds, as JSON: what [`restore`](Self::restore) takes. Faults, latency, limits and the log are not in it.
            pub fn snapshot(&self) -> serde_json::Result<Box<serde_json::value::RawValue>> {
                let state = $crate::engine::lock(&self.running.pipeline.vendor.state);
                serde_json::value::to_raw_value(&*state)
            }

            /// From now on it is noted whether the quirks change a reply, or what is stored. Slow, with many accounts.
            pub fn watch_quirks(&self) {
                self.state(|state| state.watch.begin());
            }

            /// Whether the quirks have changed something since [`watch_quirks`](Self::watch_quirks).
            #[must_use]
            pub fn quirks_differ(&self) -> bool {
                self.state(|state| state.watch.differs())
            }

            fn now(&self) -> jiff::Timestamp {
                (self.running.pipeline.clock)()
            }

            fn state<T>(&self, access: impl FnOnce(&mut State) -> T) -> T {
                let result = access(&mut $crate::engine::lock(
                    &self.running.pipeline.vendor.state,
                ));
                self.running.pipeline.stir();
                result
            }
        }
    };
}
pub(crate) use vendor_handle;
