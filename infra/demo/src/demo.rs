//! Runs the scenario.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use local::{Company, Fixture, FixtureError, TenantFixture, route};
use shared::domain::clock::Clock as _;
use shared::http::Deadline;
use shared::runtime::{Mode, Progress, ProgressFn};
use shared::state::{Choice, Decision, JobKind, StateError};
use shared::tenant::Via;
use terminal::{Bar, Bars};
use thiserror::Error;
use tokio::task::JoinError;

use crate::changes::Change;
use crate::check::{self, Observed};
use crate::report::{DemoReport, JobReport, StepReport, TenantReport};
use crate::scenario::Expect;
use crate::scenario::{self, Preparation, STEPS, Step};

#[derive(Clone, Debug)]
pub struct Options {
    /// In each company.
    pub people: usize,
    /// A company for each of these routes.
    pub routes: Vec<Via>,
    /// The companies' time at the last step, if none is skipped.
    pub ends_at: Timestamp,
}

/// Why the demo did not get to its end. Failed checks are part of the [`DemoReport`] instead.
#[derive(Debug, Error)]
pub enum DemoError {
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("a run panicked")]
    Panic(#[from] JoinError),
    #[error(transparent)]
    Output(#[from] std::io::Error),
    #[error("the console: {0}")]
    Console(String),
}

pub(crate) trait Observer {
    /// `changes` has each company's route with what happened there.
    fn step_begins(&mut self, step: &Step, changes: &[(&'static str, &[Change])]);
    fn step_ended(&mut self, report: &StepReport);
}

pub(crate) struct Silent;

impl Observer for Silent {
    fn step_begins(&mut self, _: &Step, _: &[(&'static str, &[Change])]) {}
    fn step_ended(&mut self, _: &StepReport) {}
}

pub type Run<'a> = Pin<Box<dyn Future<Output = JobReport> + Send + 'a>>;

/// What runs the jobs: the fixture in this process, or programs.
pub trait JobRunner: Send + Sync {
    /// Runs `job` for `company` in the step with this number, counted from 0.
    fn run_job<'a>(
        &'a self,
        step: usize,
        job: JobKind,
        company: &'a Company,
        watch: ProgressFn<'a>,
    ) -> Run<'a>;
}

impl JobRunner for Fixture {
    fn run_job<'a>(
        &'a self,
        _: usize,
        job: JobKind,
        company: &'a Company,
        watch: ProgressFn<'a>,
    ) -> Run<'a> {
        Box::pin(async move {
            let (mode, deadline) = (Mode::Scheduled, Deadline::never());
            match job {
                JobKind::Employees => {
                    let ran = self.run(company, mode, deadline, watch).await;
                    JobReport::Employees(ran.report)
                }
                JobKind::Certificates => {
                    let ran = self.run_certificates(company, mode, deadline, watch);
                    JobReport::Certificates(ran.await.report)
                }
            }
        })
    }
}

#[derive(Debug)]
pub struct Demo {
    pub fixture: Arc<Fixture>,
    pub tenants: Vec<TenantFixture>,
    people: usize,
}

impl Demo {
    /// Sets up the companies `demo-<route>`.
    pub async fn start(options: &Options) -> Result<Self, FixtureError> {
        let fixture = Fixture::start(options.ends_at - scenario::duration()).await?;
        let mut tenants = Vec::new();
        for (seed, via) in (1..).zip(&options.routes) {
            let name = format!("demo-{}", route(*via));
            let company = fixture.company(&name, *via, "").await?;
            let now = fixture.clock.now();
            tenants.push(TenantFixture::new(company, options.people, seed, now));
        }
        Ok(Self {
            fixture: Arc::new(fixture),
            tenants,
            people: options.people,
        })
    }

    pub(crate) async fn run(
        &mut self,
        observer: &mut dyn Observer,
    ) -> Result<DemoReport, DemoError> {
        let runner = self.fixture.clone();
        self.run_steps(runner, observer).await
    }

    /// Runs the scenario without output. Its clock stands still during each run.
    pub async fn run_jobs_with(
        &mut self,
        runner: Arc<dyn JobRunner>,
    ) -> Result<DemoReport, DemoError> {
        self.run_steps(runner, &mut Silent).await
    }

    async fn run_steps(
        &mut self,
        runner: Arc<dyn JobRunner>,
        observer: &mut dyn Observer,
    ) -> Result<DemoReport, DemoError> {
        let mut steps: Vec<StepReport> = Vec::new();
        let mut was_skipped = false;
        for step in &STEPS {
            self.fixture.clock.advance(step.after);
            was_skipped = match self.prepare(step, was_skipped) {
                None => {
                    self.fixture.clock.advance(-step.after);
                    true
                }
                Some(preparations) => {
                    if step.approves {
                        self.approve(steps.last()).await?;
                    }
                    let numbered = (steps.len(), step);
                    let report = self.run_step(&runner, numbered, preparations, observer);
                    steps.push(report.await?);
                    false
                }
            };
        }
        let problems: Vec<String> = steps.iter().flat_map(problems).collect();
        let filed = self.tenants.iter().map(|tenant| tenant.documents.filed());
        Ok(DemoReport {
            people: self.people,
            certificates: filed.sum(),
            steps,
            ok: problems.is_empty(),
            problems,
        })
    }

    /// `None` if the step is skipped.
    fn prepare(&mut self, step: &Step, was_skipped: bool) -> Option<Vec<Preparation>> {
        if step.continues && was_skipped {
            return None;
        }
        let now = self.fixture.clock.now();
        self.tenants
            .iter_mut()
            .map(|tenant| (step.prepare)(tenant, now))
            .collect()
    }

    /// Runs the job in all companies at the same time.
    async fn run_step(
        &mut self,
        runner: &Arc<dyn JobRunner>,
        (number, step): (usize, &Step),
        preparations: Vec<Preparation>,
        observer: &mut dyn Observer,
    ) -> Result<StepReport, DemoError> {
        let now = self.fixture.clock.now();
        let routes = self.tenants.iter().map(|tenant| route(tenant.company.via));
        let changes = preparations
            .iter()
            .map(|preparation| preparation.changes.as_slice());
        observer.step_begins(step, &routes.zip(changes).collect::<Vec<_>>());
        let bars = Bars::default();
        let mut runs = Vec::new();
        for (tenant, preparation) in self.tenants.iter_mut().zip(&preparations) {
            for change in &preparation.changes {
                change.apply(tenant);
            }
            let uploads = match (step.job, step.expect) {
                (JobKind::Employees, _) => {
                    let people = tenant.company.personio.people();
                    tenant
                        .accounts
                        .complete_run(&people, &preparation.held, now);
                    0
                }
                (JobKind::Certificates, Expect::Waiting) => 0,
                (JobKind::Certificates, _) => tenant.documents.complete_run(),
            };
            runs.push(tokio::spawn(run_tenant(
                Arc::clone(runner),
                tenant.clone(),
                bars.bar(route(tenant.company.via), step.job),
                (number, step.job, step.expect),
                uploads,
            )));
        }
        let mut tenants = Vec::new();
        for (run, Preparation { changes, .. }) in runs.into_iter().zip(preparations) {
            tenants.push(TenantReport {
                changes,
                ..run.await?
            });
        }
        let report = StepReport {
            title: step.title,
            about: step.about,
            job: step.job,
            expect: step.expect,
            at: now,
            tenants,
        };
        observer.step_ended(&report);
        Ok(report)
    }

    /// Approves the plans that the last step's runs hold.
    async fn approve(&self, last: Option<&StepReport>) -> Result<(), StateError> {
        let store = self.fixture.stack.store();
        let reports = last.into_iter().flat_map(|step| &step.tenants);
        for (tenant, report) in self.tenants.iter().zip(reports) {
            if let Some(held) = report.report.common().held {
                let at = self.fixture.clock.now();
                let decision = Decision::Approved { at };
                store
                    .decide(
                        &tenant.company.tenant,
                        &held.hash,
                        &Choice::default(),
                        decision,
                        None,
                    )
                    .await?;
            }
        }
        Ok(())
    }
}

async fn run_tenant(
    runner: Arc<dyn JobRunner>,
    tenant: TenantFixture,
    bar: Bar,
    (step, job, expect): (usize, JobKind, Expect),
    uploads: usize,
) -> TenantReport {
    let company = &tenant.company;
    company.forget_calls();
    let started = Instant::now();
    let watch = |progress: Progress| bar.show(progress);
    let report = runner.run_job(step, job, company, &watch).await;
    let took = started.elapsed();
    let problems = check::problems(expect, &report, &Observed::of(company), uploads, &tenant);
    company.forget_calls();
    TenantReport {
        route: route(company.via),
        changes: Vec::new(),
        planned: bar.end(),
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        report,
        problems,
    }
}

fn problems(step: &StepReport) -> impl Iterator<Item = String> {
    let title = step.title;
    step.tenants.iter().flat_map(move |tenant| {
        let problems = tenant.problems.iter();
        problems.map(move |problem| format!("{title}, {}: {problem}", tenant.route))
    })
}
