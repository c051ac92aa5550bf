//! One round of ticks: events at their time, for the next free environment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use shared::http::RateLimiter;
use shared::state::JobKind;

use super::Fleet;
use super::environment::{Environments, Invocation, TickResult};

/// One tick of one company.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    pub company: usize,
    pub job: JobKind,
    /// When it is due, from the beginning of the round.
    pub at: Duration,
    /// How long its run may take.
    pub deadline: Duration,
}

/// What a round's events meet.
#[derive(Clone, Debug)]
pub struct RoundOptions {
    /// Environments of each function, all of them new.
    pub environments: usize,
    /// The pace in the place of the vendors' own.
    pub pace: Option<RateLimiter>,
}

/// Companies whose first runs the same environments take: here each has servers of its own, and connections to them stay open
/// for a while.
const AT_FIRST: usize = 200;

/// Names runs: no two are the same.
static RUNS: AtomicUsize = AtomicUsize::new(0);

impl Fleet {
    /// Fires `events`, which are in order, and waits until each is answered. Blocks the thread: the simulators must have
    /// others.
    #[must_use]
    pub fn round(&self, events: &[Event], terms: &RoundOptions) -> Vec<TickResult> {
        let (results, ticks) = mpsc::channel();
        let (number, pace) = (terms.environments, terms.pace.as_ref());
        let has = |job| {
            if events.iter().any(|event| event.job == job) {
                number
            } else {
                0
            }
        };
        let employees = Environments::start(
            has(JobKind::Employees),
            || EmployeeSync,
            &self.stack,
            pace,
            &results,
        );
        let work = || CertificateSync::new().unwrap();
        let certificates = Environments::start(
            has(JobKind::Certificates),
            work,
            &self.stack,
            pace,
            &results,
        );
        drop(results);
        let began = Instant::now();
        for event in events {
            let due = began + event.at;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let invocation = Invocation {
                company: event.company,
                tenant: self.company(event.company).tenant.clone(),
                number: RUNS.fetch_add(1, Ordering::Relaxed),
                due,
                deadline: event.deadline,
            };
            match event.job {
                JobKind::Employees => employees.invoke(invocation),
                JobKind::Certificates => certificates.invoke(invocation),
            }
        }
        drop((employees, certificates));
        let ticks: Vec<_> = ticks.into_iter().collect();
        assert_eq!(ticks.len(), events.len(), "each event is answered");
        ticks
    }

    /// Every company's first runs, as fast as the machine goes: everybody is brought over, and then every certificate.
    #[must_use]
    pub fn first_runs(&self, environments: usize) -> Vec<TickResult> {
        let terms = RoundOptions {
            environments,
            pace: Some(RateLimiter::new(&[])),
        };
        let deadline = Duration::from_secs(900);
        let companies: Vec<_> = (0..self.companies.len()).collect();
        let mut ticks = Vec::new();
        for some in companies.chunks(AT_FIRST) {
            for job in [JobKind::Employees, JobKind::Certificates] {
                let event = |company: &usize| Event {
                    company: *company,
                    job,
                    at: Duration::ZERO,
                    deadline,
                };
                ticks.extend(self.round(&some.iter().map(event).collect::<Vec<_>>(), &terms));
            }
        }
        ticks
    }
}
