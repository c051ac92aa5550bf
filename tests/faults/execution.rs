//! One company, from just before the struck run until nothing changes any more.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use harness::faults::{Effect, Incident};
use harness::locks::Locks;
use harness::virtual_time::{pass, settled};
use harness::{Credentials, Ending, Harness, RunSummary, ignore_progress, time_limit};
use shared::domain::clock::{Clock as _, ManualClock};
use shared::http::Deadline;
use shared::runtime::Outcome;
use shared::state::{JobKind, LastRun};
use shared::tenant::Via;
use simulators::{CallId, Fault, Moment};

use crate::command::moved;
use crate::scene::Scene;
use crate::skew;

/// A scene on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scenario {
    pub(crate) scene: Scene,
    pub(crate) via: Via,
}

/// What is done to the struck run.
#[derive(Clone, Debug, Default)]
pub(crate) enum Injection {
    #[default]
    Nothing,
    /// An effect at one of its calls.
    Call(CallId, Effect),
    /// Something that happens to the run as a whole.
    Run(RunFault),
}

/// A fault of a run as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunFault {
    /// Its time is over when it begins.
    NoTime,
    /// It is delivered twice at once.
    Twice,
    /// It is delivered hours late, together with the next one.
    LateTwoAtOnce,
    /// The machine's clock is off by this many seconds.
    Skewed(i64),
    /// The run before was by a version of the program with another mapping.
    NewVersion,
    /// This server refuses connections when the run begins, and for a minute.
    Offline(&'static str),
    /// Its process is killed after this many polls.
    Killed(usize),
    /// No fault; the operator changes the mapping after the run.
    ThenNewMapping,
    /// No fault; others change the lists after the run.
    ThenShift,
}

/// Everything observed until nothing changes any more.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub(crate) ending: Ending,
    /// The ending once more, after the comparison with reteach that ends the first.
    pub(crate) compared: Ending,
    /// Reports of the struck run and of those during it.
    pub(crate) reports: Vec<RunSummary>,
    /// Reports of the runs after it.
    pub(crate) later: Vec<RunSummary>,
    pub(crate) calls: Vec<CallId>,
    /// Polls of the struck run.
    pub(crate) polls: usize,
    pub(crate) was_struck: bool,
    /// Violations of what must always hold.
    pub(crate) never: Vec<String>,
}

const NEW_MAPPING: &str = "[employees]\ndepartment = true\n";
/// Longer than any lease.
const FROZEN: Duration = Duration::from_secs(400);
/// Longer than any call is repeated.
const OFFLINE: Duration = Duration::from_secs(60);
const MAX_ROUNDS: u32 = 32;
const HALF_A_DAY: Duration = Duration::from_hours(12);

struct Running {
    scenario: Scenario,
    harness: Harness,
    never: Vec<String>,
    locks: Locks,
    polls: usize,
}

/// Polls `work` at most `most` times. Returns its result, `None` if it was dropped before its end, and the number of polls: those
/// that it asked for, not those that its neighbours asked for.
async fn polled<T>(work: impl Future<Output = T>, most: usize) -> (Option<T>, usize) {
    let mut polls = 0;
    let mut work = Box::pin(work);
    let mut alone: FuturesUnordered<_> = std::iter::once(std::future::poll_fn(|context| {
        if polls == most {
            return Poll::Ready(None);
        }
        polls += 1;
        work.as_mut().poll(context).map(Some)
    }))
    .collect();
    let done = alone.next().await.flatten();
    drop(alone);
    (done, polls)
}

/// Executes `scenario` with `injection`. `broken` is a product or a vendor that is broken from the struck run on.
pub(crate) async fn execute(
    clock: ManualClock,
    scenario: Scenario,
    injection: Injection,
    broken: Option<Fault>,
) -> Result<Execution, String> {
    let scene = scenario.scene;
    let harness = scene.set(clock.clone(), scenario.via).await;
    let mut running = Running {
        scenario,
        harness,
        never: Vec::new(),
        locks: Locks::default(),
        polls: 0,
    };
    running.look();
    let start = clock.now();
    let engine = running.harness.fault_engine().clone();
    if let Some(fault) = broken {
        engine.add(fault);
    }
    engine.begin(match &injection {
        Injection::Call(call, effect) => Some(effect.fault().at(call)),
        Injection::Nothing | Injection::Run(_) => None,
    });
    let reports = match &injection {
        Injection::Call(_, Effect::Meanwhile(moment, incident)) => {
            running.meanwhile(*moment, *incident).await
        }
        Injection::Run(fault) => running.run_with(*fault).await,
        _ => running.killed(usize::MAX).await,
    };
    let (calls, struck) = engine.end();
    let was_struck = struck.is_some() || !matches!(injection, Injection::Call(..));
    running.look();
    scene.later(&running.harness);
    let later = running.quiesce().await?;
    // A clock that was ahead is caught up with.
    pass(&running.harness.world.clock, Duration::from_secs(15 * 60)).await;
    let ending = running.harness.ending(start).await;
    let is_repaired = ending.iter().any(|line| line.starts_with("repaired"));
    let compared = match is_repaired {
        true => running.harness.ending(start).await,
        false => ending.clone(),
    };
    running.look();
    running.never.extend(scene.problems(&running.harness).await);
    let terms = judge::Terms::default();
    running.never.extend(running.harness.violations(&terms));
    let Running { never, polls, .. } = running;
    Ok(Execution {
        ending,
        compared,
        reports,
        later,
        calls,
        polls,
        was_struck,
        never,
    })
}

impl Running {
    fn job(&self) -> JobKind {
        self.scenario.scene.job()
    }

    async fn run(&self, job: JobKind) -> RunSummary {
        self.run_within(job, time_limit(self.job())).await
    }

    async fn run_within(&self, job: JobKind, time: Duration) -> RunSummary {
        if (self.scenario.scene, job) == (Scene::Move, JobKind::Certificates) {
            return moved(&self.harness).await;
        }
        let deadline = Deadline::after(time);
        let job = (job, self.scenario.scene.mode(job));
        self.harness.run_job(job, deadline, &ignore_progress).await
    }

    /// Records accounts that are wrongly locked, or that were open for a while between two locks.
    fn look(&mut self) {
        let now = self.harness.moment();
        let may_be_locked = self.scenario.scene.may_be_locked().iter();
        let allowed: Vec<_> = may_be_locked.map(|id| format!("personio:{id}")).collect();
        for account in self.harness.reteach.customers() {
            let is_locked = account.set_active_at.is_some_and(|at| at > now)
                || account.set_inactive_at.is_some_and(|at| at <= now);
            let id = account.external_id;
            let is_allowed = id.as_ref().is_some_and(|id| allowed.contains(id));
            if is_locked && !is_allowed {
                self.never.push(format!("locked: {id:?}"));
            }
            if self.locks.see(account.id, is_locked) {
                self.never.push(format!("open for a while: {id:?}"));
            }
        }
        self.harness.check_the_never_rules();
    }

    async fn meanwhile(&mut self, moment: Moment, incident: Incident) -> Vec<RunSummary> {
        let (harness, job) = (&self.harness, self.job());
        let engine = harness.fault_engine();
        let mut reports = Vec::new();
        let mut run = pin!(self.run(job));
        tokio::select! {
            biased;
            report = &mut run => return vec![report],
            () = engine.held() => {}
        }
        match incident {
            Incident::Freeze => {
                pass(&harness.world.clock, FROZEN).await;
                harness.world.restart().unwrap();
                reports.push(self.run(job).await);
            }
            Incident::SecondDelivery => {
                harness.world.restart().unwrap();
                reports.push(self.run(job).await);
            }
            Incident::Rotation => rotate(harness).await,
            Incident::NewMapping => harness.configure(NEW_MAPPING).await,
            Incident::Shift => self.scenario.scene.shift(harness),
        }
        engine.release();
        if moment == Moment::After {
            // What has waited for a frozen process is there when the process goes on.
            settled().await;
        }
        reports.insert(0, run.await);
        reports
    }

    /// A run whose process is killed after this many polls, if it has not ended by then. Its sent requests arrive; a new process
    /// takes over.
    async fn killed(&mut self, polls: usize) -> Vec<RunSummary> {
        let (report, polls) = polled(self.run(self.job()), polls).await;
        self.polls = polls;
        if report.is_none() {
            self.harness.world.restart().unwrap();
            settled().await;
        }
        report.into_iter().collect()
    }

    async fn run_with(&mut self, fault: RunFault) -> Vec<RunSummary> {
        let (world, job) = (&self.harness.world, self.job());
        match fault {
            RunFault::Killed(polls) => self.killed(polls).await,
            RunFault::NoTime => vec![self.run_within(job, Duration::ZERO).await],
            RunFault::Twice => {
                let first = self.run(job);
                world.restart().unwrap();
                let (first, second) = tokio::join!(first, self.run(job));
                vec![first, second]
            }
            RunFault::LateTwoAtOnce => {
                pass(&world.clock, Duration::from_secs(3 * 60 * 60)).await;
                vec![self.run(job).await, self.run(job).await]
            }
            RunFault::Skewed(seconds) => {
                let clock = skew::skewed(&world.clock, seconds);
                world.restart_by(clock).unwrap();
                let report = self.run(job).await;
                world.restart().unwrap();
                vec![report]
            }
            RunFault::Offline(server) => {
                world.restart().unwrap();
                self.harness.fault_engine().take_offline(server, OFFLINE);
                // The port is given up by a task of its own.
                settled().await;
                vec![self.run(job).await]
            }
            RunFault::NewVersion => {
                use_older_mapping(&self.harness).await;
                vec![self.run(job).await]
            }
            RunFault::ThenShift => {
                let report = self.run(job).await;
                self.scenario.scene.shift(&self.harness);
                vec![report]
            }
            RunFault::ThenNewMapping => {
                let report = self.run(job).await;
                self.harness.configure(NEW_MAPPING).await;
                vec![report]
            }
        }
    }

    /// Ticks until nothing changes any more, at growing intervals.
    async fn quiesce(&mut self) -> Result<Vec<RunSummary>, String> {
        let mut reports = Vec::new();
        let job = self.job();
        // What cannot be looked up is parked after a week. Less than a day apart, not each run compares everybody.
        let (minutes, alike) = match job {
            JobKind::Employees => (5, 6),
            JobKind::Certificates => (30, 3),
        };
        for round in 0..MAX_ROUNDS {
            self.harness.forget_requests();
            let tick = Duration::from_secs((minutes * 60) << (round / alike)).min(HALF_A_DAY);
            pass(&self.harness.world.clock, tick).await;
            let people = self.run(JobKind::Employees).await;
            let is_done = match self.scenario.scene.ends_held() {
                true => people.outcome == Outcome::Done && people.held.is_some(),
                false => people.outcome == Outcome::Unchanged,
            };
            let mut is_quiet = is_done && self.harness.asked().is_empty();
            reports.push(people);
            if job == JobKind::Certificates {
                let certificates = self.run(JobKind::Certificates).await;
                is_quiet &= certificates.outcome == Outcome::Unchanged;
                reports.push(certificates);
            }
            self.look();
            if is_quiet && !self.waits().await {
                return Ok(reports);
            }
        }
        let last = reports.split_off(reports.len() - 2);
        Err(format!("no end after {MAX_ROUNDS} rounds: {last:?}"))
    }

    async fn waits(&self) -> bool {
        let store = self.harness.store();
        let tenant = &self.harness.company.tenant;
        let root = store.sync_state(tenant).await.unwrap();
        let start = store.certificate_start(tenant).await.unwrap();
        let certificates = start.checkpoint.unwrap_or_default();
        let expected = self.scenario.scene.waiting();
        // Of people with held changes too, whose shards wait for nothing.
        let entries = store.all_employees(tenant, None).await.unwrap();
        let now = self.harness.world.clock.now();
        let failures = entries.values().filter_map(|it| it.failure.as_ref());
        let refused = failures.filter(|it| it.retry_at > now).count();
        root.is_none_or(|root| root.waiting > expected)
            || refused > usize::try_from(expected).unwrap()
            || certificates.unsettled() != shared::state::Unsettled::default()
    }
}

/// Replaces every credential, at the vendors and in the secret.
async fn rotate(harness: &Harness) {
    let company = &harness.company;
    company
        .reteach
        .add_credentials("reteach-2", "reteach-secret-2", "reteach-code-2");
    company.reteach.remove_credentials("reteach-client");
    company.reteach.revoke_tokens();
    match &company.kombo {
        Some(kombo) => {
            kombo.add_api_key("kombo-key-2");
            kombo.revoke_api_key("kombo-key");
        }
        None => {
            company
                .personio
                .rotate_secret("papi-client", "papi-secret-2");
            company.personio.revoke_tokens();
        }
    }
    let credentials = Credentials {
        personio: ["papi-client", "papi-secret-2"],
        kombo: "kombo-key-2",
        reteach: ["reteach-2", "reteach-secret-2", "reteach-code-2"],
    };
    harness.store_credentials(&credentials).await;
}

/// The state was left by a version of the program with another mapping.
async fn use_older_mapping(harness: &Harness) {
    let (store, tenant) = (harness.store(), &harness.company.tenant);
    let lease = harness.take_lease("older").await;
    let mut root = store.sync_state(tenant).await.unwrap().unwrap();
    root.mapping_version -= 1;
    store
        .put_sync_state(tenant, lease.token, &root)
        .await
        .unwrap();
    store.release(&lease, LastRun::default()).await.unwrap();
}
