//! Environments: what Lambda runs a function in. Each takes one event at a time and keeps what it has warm from one to the
//! next.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use local::Stack;
use shared::domain::clock::SystemClock;
use shared::domain::id::{RunId, TenantId};
use shared::http::{self, Calls, Context, Deadline, RateLimiter};
use shared::runtime::{App, Job, Mode, Outcome, Request, emit};
use shared::state::{JobKind, Units};

/// One event on its way to whichever environment is free.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) company: usize,
    pub(super) tenant: TenantId,
    pub(super) number: usize,
    pub(super) due: Instant,
    pub(super) deadline: Duration,
}

/// What became of an event.
#[derive(Clone, Debug)]
pub struct TickResult {
    pub company: usize,
    pub job: JobKind,
    /// From the moment at which the event was due until an environment took it.
    pub queued: Duration,
    /// From then until the answer.
    pub took: Duration,
    /// Processor time of it, as far as the system tells: on the environment's thread, all of the handler's work is there.
    pub processor: Duration,
    /// For how long that thread could have gone on and had no processor.
    pub starved: Duration,
    pub ended: Timestamp,
    pub outcome: Outcome,
    pub message: String,
    pub calls: u64,
    /// Of DynamoDB.
    pub units: Units,
}

/// A function's environments. They end when this is dropped.
#[derive(Debug)]
pub struct Environments {
    events: Option<Sender<Invocation>>,
    threads: Vec<JoinHandle<()>>,
}

impl Environments {
    /// This number of new ones for the function that `work` makes; each run is passed to `results`. At `pace` where one is given, else at
    /// the vendors' own.
    pub(super) fn start<W: Job>(
        number: usize,
        work: impl Fn() -> W,
        stack: &Stack,
        pace: Option<&RateLimiter>,
        results: &Sender<TickResult>,
    ) -> Self {
        let (events, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let environment = |_| {
            let (app, queue, results) = (
                app(work(), stack, pace),
                Arc::clone(&queue),
                results.clone(),
            );
            thread::spawn(move || live(&app, &queue, &results))
        };
        Self {
            events: Some(events),
            threads: (0..number).map(environment).collect(),
        }
    }

    pub(super) fn invoke(&self, invocation: Invocation) {
        self.events.as_ref().unwrap().send(invocation).unwrap();
    }
}

impl Drop for Environments {
    fn drop(&mut self) {
        self.events = None;
        for thread in self.threads.drain(..) {
            // What it panicked with was printed, and the caller that waits for its event misses it.
            let _ = thread.join();
        }
    }
}

/// What the function's process builds when it starts.
fn app<W: Job>(work: W, stack: &Stack, pace: Option<&RateLimiter>) -> App<W> {
    let (store, secrets) = stack.for_function().unwrap();
    let context = Context::new(
        http::client().unwrap(),
        Arc::new(SystemClock),
        Calls::default(),
    )
    .with_simulators();
    let app = App::new(work, store, secrets, context);
    pace.cloned().into_iter().fold(app, App::with_pace)
}

fn live<W: Job>(app: &App<W>, queue: &Mutex<Receiver<Invocation>>, results: &Sender<TickResult>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    loop {
        let next = queue.lock().unwrap().recv();
        let Ok(invocation) = next else { return };
        if results
            .send(runtime.block_on(run(app, invocation)))
            .is_err()
        {
            return;
        }
    }
}

/// What the function does with an event: runs, and writes its log.
async fn run<W: Job>(app: &App<W>, invocation: Invocation) -> TickResult {
    let Invocation {
        company,
        tenant,
        number,
        due,
        deadline,
    } = invocation;
    let (began, before) = (Instant::now(), thread_time());
    let event = shared::runtime::Event {
        tenant_id: tenant,
        mode: Mode::Scheduled,
    };
    let run_id = RunId::new(format!("{}-{number:08}", W::JOB.function()));
    let request = Request {
        event,
        run_id,
        deadline: Deadline::after(deadline),
    };
    let report = app.run(&request, &|_| {}).await.report;
    emit(&report, "reteach-personio", &mut io::sink());
    let after = thread_time();
    TickResult {
        company,
        job: W::JOB,
        queued: began.saturating_duration_since(due),
        took: began.elapsed(),
        processor: after[0].saturating_sub(before[0]),
        starved: after[1].saturating_sub(before[1]),
        ended: Timestamp::now(),
        outcome: report.outcome,
        message: report.message,
        calls: report.calls.personio + report.calls.kombo + report.calls.reteach,
        units: report.dynamodb,
    }
}

/// For how long this thread has had a processor, and for how long it has waited for one. Nothing where there is no `/proc`.
fn thread_time() -> [Duration; 2] {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let mut fields = stat
        .split_whitespace()
        .map(|field| field.parse().map_or(Duration::ZERO, Duration::from_nanos));
    [
        fields.next().unwrap_or_default(),
        fields.next().unwrap_or_default(),
    ]
}
