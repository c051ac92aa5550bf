//! One company's way from before the run that is tried until nothing moves any more.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use harness::locks::Locks;
use harness::still::{pass, settled};
use harness::{CERTIFICATE_TIMEOUT, EMPLOYEE_TIMEOUT, Ending, Harness};
use shared::domain::clock::{Clock as _, ManualClock};
use shared::http::{Counts, Deadline};
use shared::runtime::{Mode, Outcome, Report};
use shared::state::JobKind;
use shared::tenant::Via;
use simulators::{CallId, Moment, Rule, Strikes};

use crate::changes::{older_mapping, rotate};

use crate::scene::Scene;
use crate::table::{Blow, Event};

/// A scene on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) scene: Scene,
    pub(crate) via: Via,
}

/// What is done to the run that is tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Twist {
    /// One call of it.
    pub(crate) struck: Option<(CallId, Blow)>,
    /// All of it.
    pub(crate) whole: Option<Whole>,
    /// A product, or a vendor, that is broken from here on.
    pub(crate) broken: Option<Rule>,
}

/// What is done to a run as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// Its time is over when it begins.
    NoTime,
    /// It is delivered twice at once.
    Twice,
    /// It is delivered hours late, and the next one at the same moment.
    LateTwoAtOnce,
    /// The machine's clock is off by as many seconds.
    Skewed(i64),
    /// The one before was by a version of the program that mapped people otherwise.
    NewVersion,
    /// This server cannot be reached when it begins, and for a minute.
    Away(&'static str),
    /// Its process is killed when it has been polled as often as this.
    Killed(usize),
    /// Nothing, and then the operator changes the mapping.
    ThenNewMapping,
    /// Nothing, and then others change what is listed.
    ThenShift,
}

/// What a run told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) outcome: Outcome,
    message: String,
    findings: Vec<String>,
    /// The plan that a brake holds.
    held: Option<String>,
    calls: Counts,
    dynamodb: [u64; 2],
}

/// A way to its end.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) ending: Ending,
    /// The same once more, after the comparison with reteach that ends the first.
    pub(crate) compared: Ending,
    /// What was told by the run that is tried and by those that went on meanwhile.
    pub(crate) told: Vec<Told>,
    /// By the runs after it.
    pub(crate) later: Vec<Told>,
    pub(crate) calls: Vec<CallId>,
    /// How often the run that is tried was polled, where it is one that simply goes, or is killed.
    pub(crate) polls: usize,
    pub(crate) was_struck: bool,
    /// What must never be.
    pub(crate) never: Vec<String>,
}

/// Another mapping.
const NEW_MAPPING: &str = "[employees]\ndepartment = true\n";
/// Longer than any lease.
const FROZEN: Duration = Duration::from_secs(400);
/// Longer than any call is repeated.
const AWAY: Duration = Duration::from_secs(60);
/// Runs until nothing moves any more.
const MOST_ROUNDS: u32 = 24;

struct Stage {
    lane: Lane,
    harness: Harness,
    never: Vec<String>,
    locks: Locks,
    polls: usize,
}

/// Polls `work` as often as `most`, at most. Returns what it came to, `None` if it was dropped before its end, and how often it was
/// polled: only when it has asked for it, not whenever its neighbours move.
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

/// Plays `lane` with `twist`.
pub(crate) async fn play(clock: ManualClock, lane: Lane, twist: Twist) -> Result<Played, String> {
    let harness = lane.scene.set(clock.clone(), lane.via).await;
    let mut stage = Stage {
        lane,
        harness,
        never: Vec::new(),
        locks: Locks::default(),
        polls: 0,
    };
    stage.look();
    let start = clock.now();
    let strikes = stage.strikes();
    if let Some(rule) = twist.broken {
        strikes.rule(rule);
    }
    strikes.begin(
        twist
            .struck
            .as_ref()
            .map(|(call, blow)| (call.clone(), blow.stroke())),
    );
    let told = match (&twist.struck, twist.whole) {
        (Some((_, Blow::Meanwhile(moment, event))), _) => stage.meanwhile(*moment, *event).await,
        (_, Some(whole)) => stage.whole(whole).await,
        _ => stage.killed(usize::MAX).await,
    };
    let (calls, was_struck) = strikes.end();
    stage.look();
    lane.scene.later(&stage.harness);
    let later = stage.quiet().await?;
    // A clock that was ahead is caught up with.
    pass(&stage.harness.world.clock, Duration::from_secs(15 * 60)).await;
    let ending = stage.harness.ending(start).await;
    let is_repaired = ending.iter().any(|line| line.starts_with("repaired"));
    let compared = if is_repaired {
        stage.harness.ending(start).await
    } else {
        ending.clone()
    };
    stage.look();
    let Stage { never, polls, .. } = stage;
    Ok(Played {
        ending,
        compared,
        told,
        later,
        calls,
        polls,
        was_struck,
        never,
    })
}

impl Stage {
    fn strikes(&self) -> Strikes {
        self.harness
            .world
            .stack
            .scissors()
            .unwrap()
            .strikes()
            .clone()
    }

    fn time(&self) -> Deadline {
        Deadline::after(match self.lane.scene.job() {
            JobKind::Employees => EMPLOYEE_TIMEOUT,
            JobKind::Certificates => CERTIFICATE_TIMEOUT,
        })
    }

    async fn run(&self, job: JobKind, deadline: Deadline) -> Told {
        match job {
            JobKind::Employees => told(self.harness.run(Mode::Scheduled, deadline).await.report),
            JobKind::Certificates => told(
                self.harness
                    .certificates(Mode::Scheduled, deadline)
                    .await
                    .report,
            ),
        }
    }

    /// Nobody is locked who should not be, or open for a while who was locked and is to be, and no document is there twice.
    fn look(&mut self) {
        let now = self.harness.moment();
        let allowed: Vec<_> = self
            .lane
            .scene
            .may_be_locked()
            .iter()
            .map(|id| format!("personio:{id}"))
            .collect();
        for account in self.harness.company.reteach.customers() {
            let is_locked = account.set_active_at.is_some_and(|at| at > now)
                || account.set_inactive_at.is_some_and(|at| at <= now);
            let is_allowed = account
                .external_id
                .as_ref()
                .is_some_and(|id| allowed.contains(id));
            if is_locked && !is_allowed {
                self.never
                    .push(format!("locked: {:?}", account.external_id));
            }
            if self.locks.see(account.id, is_locked) {
                self.never
                    .push(format!("open for a while: {:?}", account.external_id));
            }
        }
        self.harness.check_the_never_rules_of_certificates();
    }

    async fn meanwhile(&mut self, moment: Moment, event: Event) -> Vec<Told> {
        let (strikes, job) = (self.strikes(), self.lane.scene.job());
        let mut all = Vec::new();
        let mut run = pin!(self.run(job, self.time()));
        tokio::select! {
            biased;
            told = &mut run => return vec![told],
            () = strikes.held() => {}
        }
        match event {
            Event::Freeze => {
                pass(&self.harness.world.clock, FROZEN).await;
                self.harness.world.restart().unwrap();
                all.push(self.run(job, self.time()).await);
            }
            Event::SecondDelivery => {
                self.harness.world.restart().unwrap();
                all.push(self.run(job, self.time()).await);
            }
            Event::Rotation => rotate(&self.harness).await,
            Event::NewMapping => self.harness.configure(NEW_MAPPING).await,
            Event::Shift => self.lane.scene.shift(&self.harness),
        }
        strikes.let_go();
        if moment == Moment::After {
            // What has waited for a process that was frozen is there when it goes on.
            settled().await;
        }
        all.insert(0, run.await);
        all
    }

    /// A run whose process is killed when it has been polled as often as this, if it has not ended by then. What it has sent
    /// arrives; a new process takes over.
    async fn killed(&mut self, polls: usize) -> Vec<Told> {
        let (told, polls) = polled(self.run(self.lane.scene.job(), self.time()), polls).await;
        self.polls = polls;
        if told.is_none() {
            self.harness.world.restart().unwrap();
            settled().await;
        }
        told.into_iter().collect()
    }

    async fn whole(&mut self, whole: Whole) -> Vec<Told> {
        let (world, job) = (&self.harness.world, self.lane.scene.job());
        match whole {
            Whole::Killed(polls) => self.killed(polls).await,
            Whole::NoTime => vec![self.run(job, Deadline::after(Duration::ZERO)).await],
            Whole::Twice => {
                let one = self.run(job, self.time());
                world.restart().unwrap();
                let (one, other) = tokio::join!(one, self.run(job, self.time()));
                vec![one, other]
            }
            Whole::LateTwoAtOnce => {
                pass(&world.clock, Duration::from_secs(3 * 60 * 60)).await;
                vec![
                    self.run(job, self.time()).await,
                    self.run(job, self.time()).await,
                ]
            }
            Whole::Skewed(seconds) => {
                world
                    .restart_by(crate::skew::skewed(&world.clock, seconds))
                    .unwrap();
                let told = self.run(job, self.time()).await;
                world.restart().unwrap();
                vec![told]
            }
            Whole::Away(server) => {
                world.restart().unwrap();
                world.stack.scissors().unwrap().send_away(server, AWAY);
                // The port is given up by a task of its own.
                settled().await;
                vec![self.run(job, self.time()).await]
            }
            Whole::NewVersion => {
                older_mapping(&self.harness).await;
                vec![self.run(job, self.time()).await]
            }
            Whole::ThenShift => {
                let told = self.run(job, self.time()).await;
                self.lane.scene.shift(&self.harness);
                vec![told]
            }
            Whole::ThenNewMapping => {
                let told = self.run(job, self.time()).await;
                self.harness.configure(NEW_MAPPING).await;
                vec![told]
            }
        }
    }

    /// Ticks until nothing moves any more; where something waits for longer, so do the ticks.
    async fn quiet(&mut self) -> Result<Vec<Told>, String> {
        let mut all = Vec::new();
        for round in 0..MOST_ROUNDS {
            self.harness.forget_requests();
            let tick = match self.lane.scene.job() {
                JobKind::Employees => 5 * 60,
                JobKind::Certificates => 30 * 60,
            };
            pass(
                &self.harness.world.clock,
                Duration::from_secs(tick << (round / 6)),
            )
            .await;
            let people = self.run(JobKind::Employees, self.time()).await;
            let is_done = match self.lane.scene.ends_held() {
                true => people.outcome == Outcome::Done && people.held.is_some(),
                false => people.outcome == Outcome::Unchanged,
            };
            let mut is_quiet = is_done && self.harness.asked().is_empty();
            all.push(people);
            if self.lane.scene.job() == JobKind::Certificates {
                let files = self.run(JobKind::Certificates, self.time()).await;
                is_quiet &= files.outcome == Outcome::Unchanged;
                all.push(files);
            }
            self.look();
            if is_quiet && !self.waits().await {
                return Ok(all);
            }
        }
        let last = all.split_off(all.len() - 2);
        Err(format!("no end after {MOST_ROUNDS} rounds: {last:?}"))
    }

    async fn waits(&self) -> bool {
        let (store, tenant) = (
            self.harness.world.stack.store(),
            &self.harness.company.tenant,
        );
        let root = store.sync_state(tenant).await.unwrap();
        let files = store
            .certificate_start(tenant)
            .await
            .unwrap()
            .root
            .unwrap_or_default();
        let expected = self.lane.scene.waiting();
        root.is_none_or(|root| root.waiting > expected)
            || !files.open.is_empty()
            || files.remaining > 0
    }
}

fn told<C>(report: Report<C>) -> Told {
    let findings = report.findings.iter();
    Told {
        outcome: report.outcome,
        message: report.message,
        held: report.held.map(|held| held.hash),
        findings: findings
            .map(|it| {
                format!(
                    "{:?} {:?} {:?} {}",
                    it.kind, it.person, it.certificate, it.text
                )
            })
            .collect(),
        calls: report.calls,
        dynamodb: [report.dynamodb.calls, report.dynamodb.retries],
    }
}
