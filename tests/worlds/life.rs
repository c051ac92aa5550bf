//! One company's life: a history played against the simulators with the real functions and the model.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness::{Harness, ROUTES, by_hand};
use jiff::{SignedDuration, Timestamp};
use judge::Terms;
use oracle::CertificateIssuer;
use shared::state::{JobKind, PartKey};
use shared::tenant::Via;
use simulators::Person;
use simulators::reteach::Customer;

use crate::backup::Backup;
use crate::broken::Broken;
use crate::choices::Choices;
use crate::cutover::TableCopy;
use crate::event::{Event, Pass};
use crate::model::Model;
use crate::operator::Secrets;
use crate::trace::Trace;
use crate::vendor_faults;

/// When worlds begin: a plain week, before both changes of daylight saving, before New Year's Eve, before a leap day.
const STARTS: [&str; 5] = [
    "2026-05-11T08:00:00Z",
    "2026-03-27T22:40:00Z",
    "2026-10-23T20:10:00Z",
    "2026-12-30T05:00:00Z",
    "2028-02-27T12:00:00Z",
];

/// What a seed decides besides the history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Of jitter, and of the people.
    pub(crate) seed: u64,
    /// The way to Personio.
    pub(crate) via: Via,
    start: &'static str,
    people: usize,
    /// What is wrong with the product on purpose.
    broken: Option<Broken>,
}

impl Setting {
    /// The same with a broken product.
    pub(crate) fn broken(self, broken: Broken) -> Self {
        Self {
            broken: Some(broken),
            ..self
        }
    }

    /// The setting of a seed; the rest is drawn.
    pub(crate) fn of(seed: u64, random: &mut Choices<'_>) -> Self {
        Self {
            seed,
            via: ROUTES[random.usize(..ROUTES.len())],
            start: STARTS[random.usize(..STARTS.len())],
            // The identity of the source is compared from 20 people on.
            people: random.usize(8..=16) + if seed.is_multiple_of(4) { 16 } else { 0 },
            broken: None,
        }
    }
}

/// What a life came to.
#[derive(Debug)]
pub(crate) struct Lived {
    pub(crate) trace: Trace,
    pub(crate) runs: usize,
    /// Those of them that their time ended before all was done.
    pub(crate) cut_short: usize,
    /// Calls that hung.
    pub(crate) hung: usize,
    pub(crate) time: SignedDuration,
    /// What the judge of all traffic has seen.
    pub(crate) sights: BTreeMap<&'static str, usize>,
    /// How often each action of HR, admins and operators has changed something.
    pub(crate) effects: BTreeMap<String, usize>,
}

pub(crate) struct Life {
    pub(crate) harness: Harness,
    pub(crate) model: Model,
    /// What the world says to the judge of all traffic.
    pub(crate) terms: Terms,
    pub(crate) trace: Trace,
    pub(crate) registry: CertificateIssuer,
    pub(crate) runs: usize,
    pub(crate) cut_short: usize,
    hung: Arc<AtomicUsize>,
    /// Everything that was not as it should be.
    pub(crate) wrong: Vec<String>,
    pub(crate) next_person: u64,
    pub(crate) deleted: Vec<Person>,
    pub(crate) backup: Option<Backup>,
    pub(crate) table: Option<TableCopy>,
    pub(crate) mistaken: Vec<Person>,
    pub(crate) folder: Option<(&'static str, u64)>,
    pub(crate) secrets: Secrets,
    pub(crate) broken: Option<Broken>,
    /// Our people, while another company's are read.
    pub(crate) own_people: Option<Vec<Person>>,
    /// Whether a run has read everybody and done all.
    pub(crate) was_good: bool,
    /// What the operator approved, and when, until it is applied or no longer planned.
    pub(crate) consent: BTreeMap<PartKey, Timestamp>,
    /// The people at the last approval. For a broken product.
    pub(crate) people_approved: Vec<Person>,
    /// By person: the account they had first. For a broken product.
    pub(crate) first_accounts: BTreeMap<u64, String>,
    effects: BTreeMap<String, usize>,
}

impl Life {
    /// Plays `history`, then waits until all is quiet. `Err`: what was not as it should be.
    pub(crate) async fn live(setting: Setting, history: &[Event]) -> Result<Lived, String> {
        let mut life = Self::begin(setting).await;
        let start = life.now();
        for event in history.iter().chain(&[Event::Quiesce]) {
            life.happens(*event).await;
            if !life.wrong.is_empty() {
                life.judge();
                return Err(format!(
                    "{event:?}, {}: {}",
                    life.now(),
                    life.wrong.join("; ")
                ));
            }
        }
        life.judge();
        if !life.wrong.is_empty() {
            return Err(life.wrong.join("; "));
        }
        let time = life.now().duration_since(start);
        let sights = judge::sights(&life.harness.tape.calls());
        let Self {
            trace,
            runs,
            cut_short,
            hung,
            effects,
            ..
        } = life;
        Ok(Lived {
            trace,
            runs,
            cut_short,
            hung: hung.load(Ordering::Relaxed),
            time,
            sights,
            effects,
        })
    }

    /// What all traffic so far says of itself.
    fn judge(&mut self) {
        let violations = self.harness.violations(&self.terms).into_iter();
        self.wrong
            .extend(violations.map(|violation| format!("traffic: {violation}")));
    }

    async fn begin(setting: Setting) -> Self {
        let Setting {
            seed,
            via,
            start,
            people,
            broken,
        } = setting;
        let today = start
            .parse::<Timestamp>()
            .unwrap()
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .date();
        let people = simulators::people::demo(people, seed, today);
        let next_person = people.iter().map(|it| it.id).max().unwrap_or(0) + 1;
        let more = broken.map_or("", Broken::configuration);
        let harness = Harness::in_turn(seed, start, via, more, people).await;
        let hung = vendor_faults::pass_timeouts(&harness);
        if let Some(fault) = broken.and_then(Broken::fault) {
            harness.fault_engine().add(fault);
        }
        let model = Model::new(via);
        let registry = CertificateIssuer::new(seed, model.zone.clone());
        let mut life = Self {
            harness,
            model,
            terms: Terms::default(),
            trace: Trace::default(),
            registry,
            runs: 0,
            cut_short: 0,
            hung,
            wrong: Vec::new(),
            next_person,
            deleted: Vec::new(),
            backup: None,
            table: None,
            mistaken: Vec::new(),
            folder: None,
            secrets: Secrets::default(),
            broken,
            own_people: None,
            was_good: false,
            consent: BTreeMap::new(),
            people_approved: Vec::new(),
            first_accounts: BTreeMap::new(),
            effects: BTreeMap::new(),
        };
        life.furnish();
        life.trace.note(setting);
        life
    }

    /// Accounts that were there before us: two to be adopted, one of another system, one of a guest.
    fn furnish(&mut self) {
        let with_mail: Vec<_> = self
            .people()
            .into_iter()
            .filter(|it| it.email.is_some())
            .collect();
        for person in with_mail.iter().take(2) {
            let account = self.insert(by_hand(&person.email.as_ref().unwrap().to_uppercase()));
            self.model.expected.add_adoptable(person.id, account);
        }
        let other = Customer {
            external_id: Some("sap:4711".to_owned()),
            ..by_hand("sap@muster.example")
        };
        for account in [other, by_hand("gast@kunde.example")] {
            let account = self.insert(account);
            self.model.expected.add_foreign(account);
        }
        let (people, now) = (self.people(), self.now());
        self.model.look_at(&people, now);
    }

    /// Adds an account by hand and returns it.
    pub(crate) fn insert(&self, customer: Customer) -> Customer {
        let reteach = &self.harness.company.reteach;
        let id = reteach.insert(customer);
        reteach.customer(&id).unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.harness.moment()
    }

    pub(crate) fn people(&self) -> Vec<Person> {
        self.harness.company.personio.people()
    }

    async fn happens(&mut self, event: Event) {
        self.trace.note(event);
        let before = event.is_action().then(|| self.traces_of(event));
        match event {
            Event::Pass(pass) => self.pass(pass).await,
            Event::Run(job, way) => self.run_oddly(job, way).await,
            Event::Quiesce => self.quiesce().await,
            Event::Fault(fault) => {
                vendor_faults::inject(&self.harness, fault, self.model.looks_before_filing());
            }
            Event::Cleared => {
                self.clear_faults();
                self.operator_learns().await;
            }
            Event::TableCopied => self.copy_table().await,
            Event::TableRestored => self.restore_table().await,
            Event::Configured(config) => self.configure(config).await,
            Event::Approved => {
                self.clear_faults();
                self.operator_approves().await;
            }
            Event::Migrated { killed_at } => self.migrate(killed_at).await,
            Event::Swapped(ticks) => self.swap_company(ticks).await,
            Event::SecretRotated { whose, is_known } => {
                self.rotate(whose);
                if is_known {
                    self.operator_learns().await;
                }
            }
            action => self.hr_action(action),
        }
        if let Some(before) = before {
            let has_effect = before != self.traces_of(event);
            *self.effects.entry(event.name()).or_default() += usize::from(has_effect);
        }
        let (people, now) = (self.people(), self.now());
        self.model.look_at(&people, now);
    }

    /// What an action may change.
    fn traces_of(&self, action: Event) -> String {
        let papers: Vec<_> = self.model.papers.iter().map(|it| it.has_pdf).collect();
        let customers = self.harness.company.reteach.customers();
        let operator = (self.secrets, self.model.config, self.consent.len());
        // Another company's people are gone again in the end.
        let runs = matches!(action, Event::Swapped(_)).then_some(self.runs);
        let kept = (self.folder, self.table.is_some(), runs);
        format!("{:?}", (self.people(), customers, papers, operator, kept))
    }

    /// Ends every vendor's faults; those of a broken product stay.
    pub(crate) fn clear_faults(&self) {
        self.harness.clear_faults();
        if let Some(fault) = self.broken.and_then(Broken::fault) {
            self.harness.fault_engine().add(fault);
        }
    }

    async fn pass(&mut self, pass: Pass) {
        let both = &[JobKind::Employees, JobKind::Certificates];
        match pass {
            Pass::Tick => self.after(5, &[JobKind::Employees]).await,
            Pass::HalfHour => self.after(30, both).await,
            Pass::Night => self.after(8 * 60, both).await,
            Pass::Days(days) => {
                for _ in 0..days {
                    self.after(24 * 60, both).await;
                }
            }
            Pass::Silence(hours) => self.after(i64::from(hours) * 60, &[]).await,
        }
    }

    /// This number of minutes later, these jobs run.
    pub(crate) async fn after(&mut self, minutes: i64, jobs: &[JobKind]) {
        self.harness
            .world
            .clock
            .advance(SignedDuration::from_mins(minutes));
        self.harness.company.personio.settle();
        let (people, now) = (self.people(), self.now());
        self.model.look_at(&people, now);
        for job in jobs {
            self.run(*job).await;
        }
    }
}
