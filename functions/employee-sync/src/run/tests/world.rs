//! A company that is synced tick by tick, by the product's own run over an academy and a state in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use shared::access::AccessWindow;
use shared::domain::employee::{Employee, Field, Status};
use shared::domain::id::{CustomerId, SourceId};
use shared::fingerprint::FingerprintKey;
use shared::mapping::DesiredAccount;
use shared::reteach::Customer;
use shared::runtime::{Finding, FindingKind, JobResult, Mode, Outcome, Progress, RunError};
use shared::state::{Brake, Choice, Decision};
use shared::tenant::TenantConfig;

use crate::EmployeeSync;
use crate::brake::Limits;
use crate::checkpoint::PORTION;
use crate::io::memory::{Academy, InMemory, TOOL};
use crate::plan::builders::{config, employee, key, now};
use crate::run::Rules;
use crate::run::pipeline::drive;
use crate::source::{Completeness, People, Person, UnreadableAttributes};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// In good order.
    Well,
    /// After this many changes it is out of time.
    OutOfTime(usize),
    /// After this many changes the process dies: nothing more is written.
    Dies(usize),
}

/// Everything that lasts from tick to tick.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) employees: BTreeMap<SourceId, Employee>,
    pub(super) academy: Academy,
    pub(super) now: Timestamp,
    pub(super) key: FingerprintKey,
    pub(super) mode: Mode,
    pub(super) config: TenantConfig,
    /// People for whom one run plans.
    pub(super) portion: usize,
    /// Whether the HR system flags whom it deletes. It has flagged nobody.
    pub(super) flags_deleted: bool,
    /// The HR system, as external ids name it.
    pub(super) tool: &'static str,
    /// Of each reading.
    pub(super) completeness: Completeness,
    /// Minutes from a run's beginning to its writes.
    pub(super) reads_for: i64,
}

/// What a tick did to accounts, as the academy shows it, and what the brakes would have allowed.
#[derive(Debug, Default)]
pub(super) struct Tick {
    pub(super) harmed: BTreeMap<Brake, u32>,
    pub(super) limits: Option<Limits>,
    pub(super) changes: u64,
    pub(super) findings: Vec<Finding>,
}

impl Tick {
    pub(super) fn found(&self, kind: FindingKind) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.kind == kind)
            .count()
    }
}

impl World {
    /// A company of `size`, in step.
    pub(super) fn new(size: usize, rules: &str) -> Self {
        let mut world = Self::before(size, rules);
        world.tick(End::Well);
        world.after(5);
        world
    }

    /// The same before its first run.
    pub(super) fn before(size: usize, rules: &str) -> Self {
        let employees =
            (0..size).map(|id| (SourceId::new(id.to_string()), employee(&id.to_string())));
        Self {
            employees: employees.collect(),
            academy: Academy::default(),
            now: now(),
            key: key(),
            mode: Mode::Scheduled,
            config: config(rules),
            portion: PORTION,
            flags_deleted: false,
            tool: TOOL,
            completeness: Completeness::Complete,
            reads_for: 0,
        }
    }

    /// One run that is killed after so many changes; the ledger has not heard of one of them.
    pub(super) fn killed_after(&mut self, changes: usize) {
        let known: BTreeSet<SourceId> = self.academy.ledger.keys().cloned().collect();
        self.tick(End::Dies(changes));
        let unheard_of = self
            .academy
            .ledger
            .keys()
            .find(|id| !known.contains(*id))
            .cloned();
        self.academy.ledger.remove(&unheard_of.unwrap());
    }

    pub(super) fn after(&mut self, minutes: i64) -> &mut Self {
        self.now += SignedDuration::from_mins(minutes);
        self
    }

    pub(super) fn edit(&mut self, id: usize, edit: impl FnOnce(&mut Employee)) {
        if let Some(employee) = self.employees.get_mut(&SourceId::new(id.to_string())) {
            edit(employee);
        }
    }

    pub(super) fn hire(&mut self, person: Employee) {
        self.employees.insert(person.source_id.clone(), person);
    }

    /// These people are inactive, without an end date.
    pub(super) fn deactivate(&mut self, ids: std::ops::Range<usize>) {
        for id in ids {
            self.edit(id, |it| it.status = Field::Value(Status::Inactive));
        }
    }

    pub(super) fn customer(&mut self, id: &CustomerId) -> &mut Customer {
        self.academy.customers.get_mut(id).unwrap()
    }

    pub(super) fn locked(&self) -> usize {
        self.academy
            .customers
            .values()
            .filter(|it| window(it).is_locked_at(self.now))
            .count()
    }

    pub(super) fn counted(&self, brake: Brake) -> u32 {
        self.academy
            .state
            .as_ref()
            .map_or(0, |state| state.brakes.count(brake, self.now))
    }

    pub(super) fn hash(&self) -> Option<&str> {
        self.academy.held.as_ref().map(|held| held.hash.as_str())
    }

    pub(super) fn decide(&mut self, decision: fn(Timestamp) -> Decision) {
        self.decide_about(&Choice::default(), decision(self.now));
    }

    pub(super) fn decide_about(&mut self, choice: &Choice, decision: Decision) {
        let held = self.academy.held.as_ref().unwrap();
        self.academy.held = Some(held.decide(choice, decision).unwrap());
    }

    pub(super) fn is_locked(&self, id: usize) -> bool {
        let account = self.academy.account_of(&SourceId::new(id.to_string()));
        account.is_some_and(|account| window(account).is_locked_at(self.now))
    }

    pub(super) fn people(&self) -> People {
        let person = |(id, employee): (&SourceId, &Employee)| {
            let fingerprint =
                DesiredAccount::of(employee, self.tool, &self.config).fingerprint(&self.key);
            (
                id.clone(),
                Person::Employee(Box::new(employee.clone()), fingerprint),
            )
        };
        let mut unreadable = UnreadableAttributes::of(&self.config);
        self.employees
            .values()
            .for_each(|it| unreadable.observe(it));
        People {
            completeness: self.completeness,
            marked: self.flags_deleted.then(BTreeSet::new),
            unreadable: unreadable.names(),
            ..People::complete(self.employees.iter().map(person))
        }
    }

    /// One run, now, and what it did to accounts.
    pub(super) fn tick(&mut self, end: End) -> Tick {
        self.try_tick(end).unwrap()
    }

    /// So many runs, each some minutes after the one before.
    pub(super) fn ticks(&mut self, number: usize, minutes: i64) {
        for _ in 0..number {
            self.after(minutes).tick(End::Well);
        }
    }

    /// So many runs, each with some minutes after it.
    pub(super) fn ticks_and_pauses(&mut self, number: usize, minutes: i64) {
        for _ in 0..number {
            self.tick(End::Well);
            self.after(minutes);
        }
    }

    /// One run that may fail before its first change.
    pub(super) fn try_tick(&mut self, end: End) -> Result<Tick, RunError> {
        let before = self.academy.clone();
        let result = self.try_sync(end)?;
        let open = before
            .customers
            .values()
            .filter(|customer| !window(customer).is_locked_at(self.now));
        // A run that died has not counted what it locked: until the next reconcile those accounts count as open.
        let counted = before.state.as_ref().map_or(0, |state| state.open_accounts);
        let limits = Limits::of(
            self.config.brake,
            counted.max(u32::try_from(open.count()).unwrap()),
        );
        let counts = result.counts;
        Ok(Tick {
            harmed: self.harmed(&before),
            limits: (result.outcome != Outcome::Unchanged).then_some(limits),
            changes: counts.created
                + counts.adopted
                + counts.handed_over
                + counts.updated
                + counts.locked
                + counts.unlocked,
            findings: result.findings,
        })
    }

    pub(super) fn sync(&mut self, end: End) -> JobResult<EmployeeSync> {
        self.try_sync(end).unwrap()
    }

    /// What a run would do now.
    pub(super) fn dry_run(&self) -> JobResult<EmployeeSync> {
        self.try_dry_run().unwrap()
    }

    /// The same, where it may fail.
    pub(super) fn try_dry_run(&self) -> Result<JobResult<EmployeeSync>, RunError> {
        let (people, state) = (self.people(), self.academy.state.clone());
        let configuration = self.configuration();
        let rules = Rules {
            mode: Mode::DryRun,
            ..self.rules(&configuration)
        };
        let memory = InMemory::new(self.academy.clone(), 0, self.now);
        let run = drive(rules, &people, state, &memory, None::<&InMemory>, &|_| {});
        run.now_or_never().unwrap()
    }

    fn configuration(&self) -> String {
        let employees = format!("{} {:?}", self.tool, self.config.employees);
        format!("{:x}", self.key.digest("configuration", &employees))
    }

    fn rules<'a>(&'a self, configuration: &'a str) -> Rules<'a> {
        Rules {
            config: &self.config,
            key: &self.key,
            configuration,
            tool: self.tool,
            mode: self.mode,
            now: self.now,
            portion: self.portion,
            locks_alone: false,
        }
    }

    fn try_sync(&mut self, end: End) -> Result<JobResult<EmployeeSync>, RunError> {
        let (people, before) = (self.people(), self.academy.clone());
        let configuration = self.configuration();
        let rules = self.rules(&configuration);
        let (changes, dies) = match end {
            End::Well => (usize::MAX, false),
            End::OutOfTime(changes) => (changes, false),
            End::Dies(changes) => (changes, true),
        };
        let writes_at = self.now + SignedDuration::from_mins(self.reads_for);
        let memory = InMemory::new(before.clone(), changes, writes_at);
        let state = before.state.clone();
        let begun = AtomicUsize::new(0);
        let emit = |progress| match progress {
            Progress::Applied if begun.fetch_add(1, Ordering::Relaxed) < changes => {
                memory.remember();
            }
            _ => {}
        };
        let run = drive(rules, &people, state, &memory, Some(&memory), &emit);
        let result = run.now_or_never().unwrap();
        self.academy = if dies {
            memory.into_academy_after_changes()
        } else {
            memory.into_academy()
        };
        result
    }

    /// What the accounts themselves show: who lost or regained access, and whose values are gone or others.
    fn harmed(&self, before: &Academy) -> BTreeMap<Brake, u32> {
        let mut harmed = BTreeMap::new();
        let created = self.academy.customers.len() - before.customers.len();
        if created > 0
            && before
                .state
                .as_ref()
                .is_some_and(|state| state.has_completed)
        {
            harmed.insert(Brake::Create, u32::try_from(created).unwrap());
        }
        for (id, before) in &before.customers {
            let after = &self.academy.customers[id];
            let (was, is) = (window(before), window(after));
            let was_locked = was.is_locked_at(self.now);
            let ends_sooner = is
                .inactive_at
                .is_some_and(|end| was.inactive_at.is_none_or(|old| end < old));
            let loses = !was_locked && (is.is_locked_at(self.now) || ends_sooner);
            let gains = was_locked && !is.is_locked_at(self.now);
            let external_id = before.external_id.as_ref();
            let Some(source_id) = external_id.and_then(|it| it.source_id(TOOL)) else {
                continue;
            };
            let zone = &self.config.time_zone;
            let shuts = is.inactive_at.map(|at| zone.to_datetime(at).date());
            let ended = self
                .employees
                .get(&source_id)
                .and_then(|it| it.end_date.value()?.tomorrow().ok())
                .is_some_and(|day| Some(day) == shuts);
            let brakes: BTreeSet<Brake> = [
                (loses && !ended, Brake::UnexplainedLock),
                (loses && ended, Brake::ExplainedLock),
                (gains, Brake::Unlock),
                (
                    before.position.is_some() && after.position.is_none(),
                    Brake::Blank,
                ),
                (before.email != after.email, Brake::MailChange),
            ]
            .into_iter()
            .filter_map(|(holds, brake)| holds.then_some(brake))
            .collect();
            for brake in brakes {
                *harmed.entry(brake).or_default() += 1;
            }
        }
        harmed
    }
}

pub(super) fn window(customer: &Customer) -> AccessWindow {
    AccessWindow {
        active_at: customer.set_active_at,
        inactive_at: customer.set_inactive_at,
    }
}
