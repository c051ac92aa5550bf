//! A company that is kept in step tick by tick, put together from the parts of a run as `attempt` does it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use shared::access::AccessWindow;
use shared::domain::employee::{Employee, Field, Status};
use shared::domain::id::SourceId;
use shared::fingerprint::{Shard, ShardCount, ShardDigest, ShardNumber};
use shared::mapping::{DesiredAccount, MAPPING_VERSION};
use shared::reteach::Customer;
use shared::state::{Brake, Decision, HeldPlan, SyncState};
use shared::tenant::TenantConfig;

use crate::brake::hold;
use crate::brake::{Limits, check_limits};
use crate::checkpoint::{self, Selection, Sharding, classify, next_shard};
use crate::lint;
use crate::plan::builders::{config, employee, key, now};
use crate::plan::{Account, Context, Plan};
use crate::run::academy::{Academy, Asking, TOOL};
use crate::run::summary::Summary;
use crate::run::{commit, load};
use crate::source::People;
use crate::source::Person;

/// The digest of a configuration that never changes.
const RULES: &str = "rules";

/// How a run ends.
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
pub(super) struct World {
    pub(super) employees: BTreeMap<SourceId, Employee>,
    pub(super) academy: Academy,
    pub(super) root: Option<SyncState>,
    pub(super) shards: BTreeMap<ShardNumber, Shard>,
    pub(super) held: Option<HeldPlan>,
    pub(super) now: Timestamp,
    config: TenantConfig,
}

/// What a tick did to accounts, as the academy shows it, and what the brakes would have allowed.
#[derive(Debug, Default)]
pub(super) struct Tick {
    pub(super) harmed: BTreeMap<Brake, u32>,
    pub(super) limits: Option<Limits>,
    /// Changes of the plan that was applied.
    pub(super) changes: usize,
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
            root: None,
            shards: BTreeMap::new(),
            held: None,
            now: now(),
            config: config(rules),
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

    /// These people are inactive, without an end date.
    pub(super) fn deactivate(&mut self, ids: std::ops::Range<usize>) {
        for id in ids {
            self.edit(id, |it| it.status = Field::Value(Status::Inactive));
        }
    }

    pub(super) fn locked(&self) -> usize {
        self.academy
            .customers
            .values()
            .filter(|it| window(it).is_locked_at(self.now))
            .count()
    }

    pub(super) fn counted(&self, brake: Brake) -> u32 {
        self.root
            .as_ref()
            .map_or(0, |root| root.brakes.count(brake, self.now))
    }

    pub(super) fn hash(&self) -> Option<&str> {
        self.held.as_ref().map(|held| held.hash.as_str())
    }

    pub(super) fn decide(&mut self, decision: fn(Timestamp) -> Decision) {
        let decision = decision(self.now);
        self.held.as_mut().unwrap().decision = Some(decision);
    }

    fn people(&self) -> People {
        let person = |(id, employee): (&SourceId, &Employee)| {
            let fingerprint = DesiredAccount::of(employee, TOOL, &self.config).fingerprint(&key());
            (
                id.clone(),
                Person::Employee(Box::new(employee.clone()), fingerprint),
            )
        };
        People::complete(self.employees.iter().map(person))
    }

    /// One run, now.
    pub(super) fn tick(&mut self, end: End) -> Tick {
        let (people, key, now) = (self.people(), key(), self.now);
        let stored = self.root.as_ref().map_or(0, |root| root.shards.len());
        let sharding = Sharding::new(&people, ShardCount::of_table(stored), &key);
        let selection = checkpoint::select(self.root.as_ref(), &sharding, RULES, false, now);
        let mut summary = Summary::new(&people);
        if selection == Selection::Nobody {
            return Tick::default();
        }

        let everybody = matches!(selection, Selection::Everybody(_));
        let count = load::count(stored, people.snapshot.len(), everybody);
        let sharding = Sharding::new(&people, count, &key);
        let wanted: Vec<ShardNumber> = match &selection {
            Selection::Shards(numbers) => numbers.iter().copied().collect(),
            _ => load::numbers(stored).collect(),
        };
        let load = |number| {
            (
                number,
                self.shards.get(&number).cloned().unwrap_or_default(),
            )
        };
        let loaded = wanted.into_iter().map(load).collect();
        let (mut shards, obsolete) = load::spread(loaded, stored, &sharding, everybody);
        let found = classify(&sharding, &shards, people.completeness, everybody, now);
        let asking = if everybody {
            Asking::Everybody
        } else {
            Asking::Unknown
        };
        let candidates =
            self.academy
                .candidates(&people, (&found.due, &found.gone), asking, &self.config);
        let seen = candidates
            .iter()
            .filter(|it| matches!(&it.account, Account::Fetched(it, _) if it.is_open_at(now)));
        let open_accounts = match &self.root {
            Some(root) if !everybody => root.open_accounts,
            _ => u32::try_from(seen.count()).unwrap(),
        };

        let plan = Plan::build(
            &candidates,
            Context {
                now,
                config: &self.config,
                key: &key,
            },
        );
        let risky_changes = lint::examine(&plan, &candidates, TOOL, &self.config, now).unwrap();
        let digests = plan.digests(&risky_changes, &key);
        let mut root = self.root.clone().unwrap_or_else(commit::first_root);
        commit::recover_pending(&mut root, &digests, now);
        let limits = Limits::of(self.config.brake, open_accounts);
        let judgement = check_limits(risky_changes, limits, &root.brakes, now);
        let decided = hold::decide(plan, judgement, self.held.as_ref(), &key, now);
        let hold::Decided { plan, passed, held } = decided;
        summary.planned(&people, &plan, held.as_ref());
        let counted = plan.digests(&passed, &key);
        let announced = checkpoint::prepare(&plan, &sharding, &mut shards, &mut root);
        for number in &announced {
            self.shards.insert(*number, shards[number].clone());
        }
        if !announced.is_empty() || !counted.is_empty() {
            root.pending = counted;
            self.root = Some(root.clone());
        }

        let before = self.academy.clone();
        let most = match end {
            End::Well => usize::MAX,
            End::OutOfTime(most) | End::Dies(most) => most,
        };
        let outcome = self.academy.apply(&plan, &candidates, most, now);
        let tick = Tick {
            harmed: self.harmed(&before),
            limits: Some(limits),
            changes: plan.changes.len(),
        };
        if matches!(end, End::Dies(_)) {
            return tick;
        }

        let became = summary.applied(&plan, &outcome, &candidates, now);
        root.open_accounts =
            commit::open_accounts(&root, &selection, &candidates, &plan, &outcome, now);
        commit::count_brakes(&mut root, &passed, &outcome, now);
        root.pending = plan.digests(&commit::in_doubt(&passed, &outcome), &key);
        root.shards.resize(count.get(), ShardDigest::default());
        for (number, old) in &shards {
            let next = next_shard(*number, old, &sharding, people.completeness, &became);
            root.shards[usize::from(number.0)] = next.digest();
            self.shards.insert(*number, next);
        }
        for number in obsolete {
            self.shards.remove(&number);
        }
        if everybody && outcome.stop.is_none() {
            root.mapping_version = MAPPING_VERSION;
            root.configuration = RULES.to_owned();
            root.reconciled_at = now;
        }
        self.root = Some(root);
        match held {
            Some(holding) => self.held = Some(holding.stored),
            None if outcome.stop.is_none() => self.held = None,
            None => {}
        }
        tick
    }

    /// What the accounts themselves show: who lost or regained access, and whose values are gone or others.
    fn harmed(&self, before: &Academy) -> BTreeMap<Brake, u32> {
        let mut harmed = BTreeMap::new();
        for (id, before) in &before.customers {
            let after = &self.academy.customers[id];
            let locked = (
                window(before).is_locked_at(self.now),
                window(after).is_locked_at(self.now),
            );
            let source_id = before
                .external_id
                .as_ref()
                .and_then(|it| it.source_id(TOOL))
                .unwrap();
            let ended = self
                .employees
                .get(&source_id)
                .is_some_and(|it| it.end_date.value().is_some());
            let brakes: BTreeSet<Brake> = [
                (locked == (false, true) && !ended, Brake::UnexplainedLock),
                (locked == (false, true) && ended, Brake::ExplainedLock),
                (locked == (true, false), Brake::Unlock),
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

fn window(customer: &Customer) -> AccessWindow {
    AccessWindow {
        active_at: customer.set_active_at,
        inactive_at: customer.set_inactive_at,
    }
}
