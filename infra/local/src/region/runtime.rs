//! Runs the stack's functions: in `cargo lambda watch` if it listens, otherwise in this process.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::domain::clock::Clock;
use shared::domain::id::{RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{App, Event, Job, Request};
use shared::state::JobKind;
use simulators::aws::{self, Answer, Call};
use tokio::sync::{mpsc, watch};

use super::dead_letters::{DeadLetter, DeadLetters, Queue};
use super::event::{Host, Invocation, InvocationResult, RegionEvent, Trigger};
use super::names;
use super::watch::Watch;
use crate::functions::Functions;

pub(super) struct Runtime {
    pub(super) functions: Functions,
    pub(super) watch: Watch,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) dead_letters: DeadLetters,
    pub(super) events: mpsc::UnboundedSender<RegionEvent>,
    /// Where the last invocation ran.
    pub(super) host: Mutex<Option<Host>>,
    pub(super) runs: AtomicU64,
    pub(super) in_flight: watch::Sender<usize>,
}

impl aws::Runtime for Handle {
    fn invoke(&self, function: String, event: Value, call: Call) -> BoxFuture<'static, Answer> {
        let runtime = Arc::clone(&self.0);
        let trigger = match call {
            Call::RequestResponse => Trigger::Call,
            Call::Event => Trigger::Event,
        };
        Box::pin(async move { runtime.invoke(&function, event, trigger).await })
    }
}

/// The runtime, for the simulated Lambda.
pub(super) struct Handle(pub(super) Arc<Runtime>);

impl Runtime {
    /// Runs a function on `event`, and tells how it result.
    pub(super) async fn invoke(&self, function: &str, event: Value, trigger: Trigger) -> Answer {
        let _under_way = InFlight::new(&self.in_flight);
        let (at, began) = (self.clock.now(), Instant::now());
        let job = names::job(function);
        let (answer, queue) = match job {
            Some(job) => (self.answer(job, &event).await, Queue::Execution),
            None => (no_function(function), Queue::Delivery),
        };
        let function = job.map_or_else(|| function.to_owned(), |job| job.function().to_owned());
        let tenant = event
            .get("tenant_id")
            .and_then(Value::as_str)
            .and_then(|id| TenantId::parse(id).ok());
        let result = match &answer {
            Answer::Reply(reply) => InvocationResult::reply(reply),
            Answer::Error(error) => {
                let is_dead = trigger != Trigger::Call;
                if is_dead {
                    let (function, error) = (function.clone(), error.clone());
                    self.keep(DeadLetter {
                        at,
                        queue,
                        function,
                        event,
                        error,
                    });
                }
                InvocationResult::error(error, is_dead)
            }
        };
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.emit(RegionEvent::Invocation(Box::new(Invocation {
            at,
            tenant,
            function,
            trigger,
            duration_ms,
            result,
        })));
        answer
    }

    async fn answer(&self, job: JobKind, event: &Value) -> Answer {
        match self.current_host().await {
            Host::CargoLambdaWatch { .. } => self.watch.invoke(job.function(), event).await,
            Host::InProcess { .. } => match job {
                JobKind::Employees => self.run_here(&self.functions.employees, event).await,
                JobKind::Certificates => self.run_here(&self.functions.certificates, event).await,
            },
        }
    }

    /// Where functions run now. Reports a change as a [`RegionEvent`].
    pub(super) async fn current_host(&self) -> Host {
        let host = self.watch.host().await;
        let mut last = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(&host) {
            self.emit(RegionEvent::FunctionHost { host: host.clone() });
            *last = Some(host.clone());
        }
        host
    }

    /// An invalid event, a panic and a timeout are errors, as with Lambda's runtime.
    async fn run_here<W: Job>(&self, app: &App<W>, event: &Value) -> Answer {
        let event = match Event::parse(event.clone(), W::JOB) {
            Ok(event) => event,
            Err(error) => return failed("InvalidEvent", &error.to_string()),
        };
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let run_id = format!("local-{}-{number}", self.clock.now().as_millisecond());
        let time = timeout(W::JOB);
        let request = Request {
            event,
            run_id: RunId::new(run_id.as_str()),
            deadline: Deadline::after(time),
        };
        let run = AssertUnwindSafe(app.run(&request, &|_| {})).catch_unwind();
        match tokio::time::timeout(time, run).await {
            Ok(Ok(ran)) => match serde_json::to_value(&ran.report) {
                Ok(report) => Answer::Reply(report),
                Err(error) => failed("Runtime.MarshalError", &error.to_string()),
            },
            Ok(Err(_)) => failed(
                "Runtime.ExitError",
                &format!("RequestId: {run_id} Error: the function panicked"),
            ),
            Err(_) => {
                let text = format!(
                    "RequestId: {run_id} Error: Task timed out after {} seconds",
                    time.as_secs()
                );
                failed("Sandbox.Timedout", &text)
            }
        }
    }

    fn keep(&self, letter: DeadLetter) {
        if let Err(error) = self.dead_letters.add(letter) {
            self.emit(RegionEvent::StateNotWritten {
                problem: error.to_string(),
            });
        }
    }

    fn emit(&self, event: RegionEvent) {
        let _ = self.events.send(event);
    }
}

/// As in `template.yaml`.
fn timeout(job: JobKind) -> Duration {
    Duration::from_secs(match job {
        JobKind::Employees => 240,
        JobKind::Certificates => 900,
    })
}

fn failed(kind: &str, text: &str) -> Answer {
    Answer::Error(json!({"errorType": kind, "errorMessage": text}))
}

/// EventBridge Scheduler's error for a missing target.
fn no_function(function: &str) -> Answer {
    failed(
        "ResourceNotFoundException",
        &format!("there is no function {function}"),
    )
}

/// Counts an invocation until it ends in any way.
struct InFlight<'a>(&'a watch::Sender<usize>);

impl<'a> InFlight<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
