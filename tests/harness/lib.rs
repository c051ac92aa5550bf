//! What the end-to-end tests and benchmarks stand on: a local world with one company, ready to tick, and the rules that
//! hold in every run.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a harness stops the test at the first thing that is wrong"
)]

pub mod alarms;
mod build;
mod certificate_faults;
mod certificates;
mod checks;
mod credentials;
mod endings;
pub mod faults;
pub mod fleet;
mod forwarder;
mod history;
pub mod locks;
mod marks;
mod operator;
pub mod pool;
pub mod process;
mod runs;
mod settled;
mod state_file;
mod stored;
mod tap;
pub mod units;
pub mod virtual_time;

use std::time::Duration;

use employee_sync::EmployeeSync;
use employee_sync::report::Report;
use jiff::{SignedDuration, Timestamp};
use local::{Options, Threads};
use shared::domain::clock::ManualClock;
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome, Ran};
use shared::state::Store;
use shared::tenant::Via;
use simulators::aws::Sts;
use simulators::{FaultEngine, Kombo, Personio, Reteach, Tape};

pub use build::{by_hand, date, numbered, people, person};
pub use certificate_faults::UploadAt;
pub use certificate_sync::report::Report as CertificateReport;
pub use certificates::{CERTIFICATE_TICK, LedgerItem, completed, named};
pub use credentials::Credentials;
pub use endings::{Ending, apart, difference};
pub use local::{CallOrder, Company, Fixture, ignore_progress};
pub use marks::{Lines, MARK, Witness, marked, marked_company};
pub use runs::{RunSummary, time_limit};
pub use stored::{Items, kept};
pub use tap::Tap;

pub const ROUTES: [Via; 3] = [Via::Direct, Via::KomboPassthrough, Via::Kombo];

/// What the employee function has for a run (`template.yaml`).
pub const EMPLOYEE_TIMEOUT: Duration = Duration::from_secs(240);

/// What the certificate function has for one.
pub const CERTIFICATE_TIMEOUT: Duration = Duration::from_secs(900);

/// A schedule fires this often.
pub const TICK: SignedDuration = SignedDuration::from_mins(5);

/// The people that a company begins with.
pub trait People: IntoIterator<Item = simulators::Person> {}

impl<T: IntoIterator<Item = simulators::Person>> People for T {}

/// A world with one company, `acme`.
#[derive(Debug)]
pub struct Harness {
    /// The stack, the clock, the function.
    pub world: Fixture,
    pub company: Company,
    /// The company's academy.
    pub reteach: Reteach,
    pub personio: Personio,
    /// What the vendors received, in worlds that keep to one thread.
    pub tape: Tape,
}

impl Harness {
    /// A company of `people` on a Monday morning, 2026-05-11 08:00 UTC, before its first run. `more` is added to its
    /// tenant file.
    pub async fn new(via: Via, more: &str, people: impl People) -> Self {
        Self::at("2026-05-11T08:00:00Z", via, more, people).await
    }

    /// The same at another moment.
    pub async fn at(start: &str, via: Via, more: &str, people: impl People) -> Self {
        Self::with(None, start, via, more, people).await
    }

    /// The same at another moment, where calls go in turn: two such worlds with the same seed go the same way on a runtime of one
    /// thread. Timeouts of AWS are those of production, and each run has a session for its tenant alone.
    pub async fn in_turn(
        seed: u64,
        start: &str,
        via: Via,
        more: &str,
        people: impl People,
    ) -> Self {
        let (order, clock) = (
            CallOrder::Sequential(seed),
            ManualClock::new(start.parse().unwrap()),
        );
        Self::on_one_thread(order, clock, via, more, people).await
    }

    /// The same as [`new`](Self::new), with an engine for faults of any call.
    pub async fn with_faults(via: Via, more: &str, people: impl People) -> Self {
        Self::with(
            Some(FaultEngine::default()),
            "2026-05-11T08:00:00Z",
            via,
            more,
            people,
        )
        .await
    }

    /// The same as [`new`](Self::new), with a topic and a sender of mails for notices.
    pub async fn with_notices(
        via: Via,
        more: &str,
        people: impl People,
    ) -> (Self, simulators::Aws) {
        let start = "2026-05-11T08:00:00Z".parse().unwrap();
        let (world, aws) = Fixture::start_with_notices(start).await.unwrap();
        (Self::found(world, via, more, people).await, aws)
    }

    /// The same by a clock that others move too, in a world that keeps to the thread it is made on: everything in it happens in
    /// one order. AWS is as patient as in production, and each run has a session for its tenant alone.
    pub async fn in_order(clock: ManualClock, via: Via, more: &str, people: impl People) -> Self {
        Self::on_one_thread(CallOrder::Concurrent, clock, via, more, people).await
    }

    async fn on_one_thread(
        order: CallOrder,
        clock: ManualClock,
        via: Via,
        more: &str,
        people: impl People,
    ) -> Self {
        let time = clock.clone();
        let sts = Sts::start(std::sync::Arc::new(move || {
            shared::domain::clock::Clock::now(&time)
        }))
        .await
        .unwrap();
        let options = Options {
            faults: Some(FaultEngine::default()),
            sts: Some(sts),
            threads: Threads::Shared,
            ..Options::default()
        };
        let world = Fixture::start_by(order, clock, options).await.unwrap();
        let harness = Self::found(world, via, more, people).await;
        harness.company.record(&harness.tape);
        harness
    }

    async fn with(
        faults: Option<FaultEngine>,
        start: &str,
        via: Via,
        more: &str,
        people: impl People,
    ) -> Self {
        let world = Fixture::start_with(start.parse().unwrap(), faults)
            .await
            .unwrap();
        Self::found(world, via, more, people).await
    }

    async fn found(world: Fixture, via: Via, more: &str, people: impl People) -> Self {
        let company = world.company("acme", via, more).await.unwrap();
        company.personio.put_all(people);
        Self {
            reteach: company.reteach.clone(),
            personio: company.personio.clone(),
            world,
            company,
            tape: Tape::default(),
        }
    }

    /// The same after its first run, which has brought everybody over; the simulators' logs are empty again.
    pub async fn synced(via: Via, more: &str, people: impl People) -> Self {
        let harness = Self::new(via, more, people).await;
        harness.first_run().await;
        harness
    }

    /// Runs for the first time, as often as the company's size takes, and empties the simulators' logs.
    pub async fn first_run(&self) -> Report {
        let mut report = self.now().await;
        while report.outcome == Outcome::Partly && report.counts.left > 0 {
            report = self.now().await;
        }
        assert!(report.outcome.is_good(), "{report:#?}");
        self.forget_requests();
        report
    }

    /// Five minutes later: one run.
    pub async fn tick(&self) -> Report {
        self.after(TICK).await
    }

    /// One run after this time.
    pub async fn after(&self, time: SignedDuration) -> Report {
        self.world.clock.advance(time);
        self.now().await
    }

    /// One run at this moment.
    pub async fn at_moment(&self, moment: &str) -> Report {
        self.set_clock(moment);
        self.now().await
    }

    pub async fn now(&self) -> Report {
        self.run(Mode::Scheduled, Deadline::never()).await.report
    }

    /// One run in any mode, with the checks that hold for all.
    pub async fn run(&self, mode: Mode, deadline: Deadline) -> Ran<EmployeeSync> {
        let ran = self
            .world
            .run(&self.company, mode, deadline, &ignore_progress)
            .await;
        self.check_the_never_rules();
        ran
    }

    /// The company's Kombo, on the routes through it.
    #[must_use]
    pub fn kombo(&self) -> &Kombo {
        self.company.kombo.as_ref().unwrap()
    }

    #[must_use]
    pub fn store(&self) -> Store {
        self.world.stack.store()
    }

    pub fn advance(&self, time: SignedDuration) {
        self.world.clock.advance(time);
    }

    #[must_use]
    pub fn moment(&self) -> Timestamp {
        shared::domain::clock::Clock::now(&self.world.clock)
    }

    pub fn set_clock(&self, moment: &str) {
        self.world.clock.set(moment.parse().unwrap());
    }

    pub fn change(&self, id: u64, change: impl FnOnce(&mut simulators::Person)) {
        assert!(
            self.company.personio.change(id, change),
            "nobody has the id {id}"
        );
    }

    /// The operator writes another tenant file.
    pub async fn configure(&self, more: &str) {
        let file = self.company.tenant_file(more);
        self.store_file(&file).await;
    }
}
