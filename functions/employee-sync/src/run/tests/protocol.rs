//! A model of held plans: stateright visits every short history of a small company, its operator and runs that end anyhow.
//!
//! The runs are the product's own, over an academy and a state in memory.
#![expect(clippy::print_stdout, reason = "what was explored")]

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};
use shared::domain::employee::{Field, Status};
use shared::domain::id::SourceId;
use shared::mapping::DesiredAccount;
use shared::state::{Brake, BrakeWindow, Choice, Decision, HeldPart, HeldPlan, PartKey};
use stateright::{Checker as _, HasDiscoveries, Model, Property};

use super::world::{End, World, window};
use crate::io::memory::TOOL;
use crate::plan::builders::employee;

const LIMITED: &str = "no more than the limit without consent";
const CARRIED_OUT: &str = "what was approved is applied";
const LEFT: &str = "what was dismissed is left";

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// People of the company, and how many of them a brake lets through.
const PEOPLE: usize = 6;
const RULES: &str = "[brake]\nat_least = 2\n";

/// What may happen, and how often.
#[derive(Clone, Copy, Debug)]
struct Approvals {
    edits: u8,
    decisions: u8,
    /// Days that pass.
    days: u8,
    /// Runs that die or are out of time.
    faults: u8,
    runs: u8,
    broken: Option<Broken>,
}

/// A product that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    CountsNothing,
    ForgetsWhatItAnnounced,
    ApprovesWholeKinds,
    KeepsConsentForGood,
    KeepsConsentOfGoneChanges,
    ForgetsConsent,
    AppliesWhatWasDismissed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// Of two people, as many as a brake lets through, or of twice as many.
    Edit(Edit, usize),
    Decide(Decided),
    Day,
    Run(End),
}

/// What HR does to several people at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Deactivates,
    Blanks,
    Renames,
    /// Takes everything back.
    Reverts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decided {
    All,
    /// What is held for the first of them.
    First,
    Dismissed,
}

/// A person's change, by what the account shows afterwards.
type Change = (SourceId, Brake, String);

/// What the operator said of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Said {
    is_approved: bool,
    at: Timestamp,
    /// Only a run that ended well is known to have seen that the change is gone.
    may_be_over: bool,
}

#[derive(Clone, Debug)]
struct State {
    world: World,
    said: BTreeMap<Change, Said>,
    /// Changes of the last day that nobody agreed to.
    alone: Vec<(Timestamp, Brake)>,
    left: Approvals,
    broken_promise: Option<&'static str>,
}

impl State {
    fn print(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let World { academy, .. } = &self.world;
        (self.world.now, &self.said, &self.alone, self.broken_promise).hash(&mut hasher);
        format!("{:?}", self.left).hash(&mut hasher);
        for employee in self.world.employees.values() {
            let desired = DesiredAccount::of(employee, TOOL, &self.world.config);
            format!("{:?}", desired.fingerprint(&self.world.key)).hash(&mut hasher);
        }
        for customer in academy.customers.values() {
            let shown = (&customer.email, &customer.position, window(customer));
            format!("{shown:?}").hash(&mut hasher);
        }
        let stored = (
            &academy.ledger,
            &academy.state,
            &academy.shards,
            &academy.held,
        );
        format!("{stored:?}").hash(&mut hasher);
        hasher.finish()
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.print().hash(state);
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.print() == other.print()
    }
}

fn new_mail(id: &str) -> String {
    format!("{id}@neu.example")
}

impl Edit {
    fn apply(self, world: &mut World, people: usize) {
        for id in 0..people {
            world.edit(id, |it| match self {
                Self::Deactivates => it.status = Field::Value(Status::Inactive),
                Self::Blanks => it.position = Field::Null,
                Self::Renames => it.email = Field::Value(new_mail(&id.to_string())),
                Self::Reverts => *it = employee(&id.to_string()),
            });
        }
    }
}

/// What an account of a person shows of the changes that the brakes count.
fn shown(world: &World, (person, brake, value): &Change) -> bool {
    let account = world.academy.account_of(person).unwrap();
    let is_locked = window(account).is_locked_at(world.now);
    match brake {
        Brake::UnexplainedLock => is_locked,
        Brake::Unlock => !is_locked,
        Brake::Blank => account.position.is_none(),
        _ => account.email.as_deref() == Some(value),
    }
}

/// Whether HR shows what the change leads to.
fn wanted(world: &World, (person, brake, value): &Change) -> bool {
    let employee = &world.employees[person];
    let is_inactive = employee.status == Field::Value(Status::Inactive);
    match brake {
        Brake::UnexplainedLock => is_inactive,
        Brake::Unlock => !is_inactive,
        Brake::Blank => employee.position == Field::Null,
        _ => employee.email.value() == Some(value),
    }
}

/// What a run changed, as far as the brakes count it.
fn changed(before: &World, after: &World) -> BTreeSet<Change> {
    let mut all = BTreeSet::new();
    for (person, employee) in &after.employees {
        let mail = employee.email.value().cloned().unwrap_or_default();
        for brake in [Brake::UnexplainedLock, Brake::Unlock, Brake::Blank] {
            all.insert((person.clone(), brake, String::new()));
        }
        all.insert((person.clone(), Brake::MailChange, mail));
    }
    all.retain(|change| !shown(before, change) && shown(after, change));
    all
}

impl State {
    fn act(&mut self, action: Action) {
        match action {
            Action::Edit(edit, people) => {
                self.left.edits -= 1;
                edit.apply(&mut self.world, people);
            }
            Action::Day => {
                self.left.days -= 1;
                self.world.after(24 * 60);
            }
            Action::Decide(decided) => {
                self.left.decisions -= 1;
                self.decide(decided);
            }
            Action::Run(end) => {
                self.left.runs -= 1;
                self.left.faults -= u8::from(end != End::Well);
                self.run(end);
                self.world.after(5);
            }
        }
    }

    fn decide(&mut self, decided: Decided) {
        let World { academy, now, .. } = &self.world;
        let (held, at) = (academy.held.clone().unwrap(), *now);
        let first = held.parts.iter().find_map(|(_, part)| part.person.clone());
        let choice = match decided {
            Decided::All | Decided::Dismissed => Choice::default(),
            Decided::First => Choice {
                people: first.into_iter().collect(),
                ..Choice::default()
            },
        };
        let is_approved = decided != Decided::Dismissed;
        let decision = if is_approved {
            Decision::Approved { at }
        } else {
            Decision::Dismissed { at }
        };
        let mut chosen = held.chosen(&choice).unwrap();
        for (key, part) in held.parts.iter().filter(|(key, _)| chosen.contains(key)) {
            let change = self.meant(*key, part);
            let said = Said {
                is_approved,
                at,
                may_be_over: false,
            };
            self.said.insert(change, said);
        }
        if self.left.broken == Some(Broken::ApprovesWholeKinds) {
            let kinds: BTreeSet<Brake> = chosen.iter().map(|key| key.brake).collect();
            let parts = held.parts.iter().map(|(key, _)| *key);
            chosen = parts.filter(|key| kinds.contains(&key.brake)).collect();
        }
        self.world.academy.held = Some(held.decided(&chosen, decision));
    }

    /// The change that a held part stands for: each mail address has one other.
    fn meant(&self, key: PartKey, part: &HeldPart) -> Change {
        let person = part.person.clone().unwrap();
        let mail = || {
            let new = new_mail(person.as_str());
            let account = self.world.academy.account_of(&person).unwrap();
            if account.email.as_ref() == Some(&new) {
                employee(person.as_str()).email.value().cloned().unwrap()
            } else {
                new
            }
        };
        let value = if key.brake == Brake::MailChange {
            mail()
        } else {
            String::new()
        };
        (person, key.brake, value)
    }

    fn run(&mut self, end: End) {
        self.break_before();
        let before = self.world.clone();
        let limits = self.world.tick(end).limits;
        self.break_after(&before);
        let now = before.now;
        let holds = |said: &Said| !said.is_approved || now < said.at + A_DAY;
        self.said.retain(|_, said| holds(said));
        for change in changed(&before, &self.world) {
            match self.said.get(&change) {
                Some(said) if said.is_approved => {}
                Some(said) if !said.may_be_over => self.broken_promise = Some(LEFT),
                Some(_) | None => self.alone.push((now, change.1)),
            }
        }
        self.alone.retain(|(at, _)| now < *at + A_DAY);
        for brake in Brake::ALL {
            let people = self.alone.iter().filter(|(_, it)| *it == brake).count();
            let limit = limits.map(|limits| limits.get(brake));
            if limit.is_some_and(|limit| people > limit as usize) {
                self.broken_promise = Some(LIMITED);
            }
        }
        for (change, said) in &mut self.said {
            let is_over = shown(&self.world, change) || !wanted(&self.world, change);
            said.may_be_over |= is_over;
            if end == End::Well && said.is_approved && !said.may_be_over {
                self.broken_promise = Some(CARRIED_OUT);
            }
        }
        if end == End::Well {
            let world = &self.world;
            self.said
                .retain(|change, _| !shown(world, change) && wanted(world, change));
        }
    }

    /// The decisions, each changed or taken back.
    fn redecide(&mut self, change: impl Fn(Decision) -> Option<Decision>) {
        if let Some(held) = &mut self.world.academy.held {
            let parts = held.parts.iter().map(|(key, part)| {
                let decision = part.decision.and_then(&change);
                let person = part.person.clone();
                (*key, HeldPart { person, decision })
            });
            held.parts = parts.collect();
        }
    }

    fn break_before(&mut self) {
        let at = self.world.now;
        match (self.left.broken, &mut self.world.academy.state) {
            (Some(Broken::ForgetsWhatItAnnounced), Some(state)) => state.pending.clear(),
            (Some(Broken::KeepsConsentForGood), _) => self.redecide(|decision| {
                Some(match decision {
                    Decision::Approved { .. } => Decision::Approved { at },
                    Decision::Dismissed { .. } => decision,
                })
            }),
            (Some(Broken::AppliesWhatWasDismissed), _) => {
                self.redecide(|_| Some(Decision::Approved { at }));
            }
            _ => {}
        }
    }

    fn break_after(&mut self, before: &World) {
        match (self.left.broken, &mut self.world.academy.state) {
            (Some(Broken::CountsNothing), Some(state)) => state.brakes = BrakeWindow::default(),
            (Some(Broken::KeepsConsentOfGoneChanges), _) => {
                let held = before.academy.held.clone();
                let has_consent = |held: &HeldPlan| held.approved() > 0;
                if let Some(held) = held.filter(has_consent) {
                    self.world.academy.held = Some(held);
                }
            }
            (Some(Broken::ForgetsConsent), _) => self.redecide(|decision| {
                matches!(decision, Decision::Dismissed { .. }).then_some(decision)
            }),
            _ => {}
        }
    }
}

impl Model for Approvals {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            world: World::new(PEOPLE, RULES),
            said: BTreeMap::new(),
            alone: Vec::new(),
            left: *self,
            broken_promise: None,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let left = state.left;
        if left.runs == 0 {
            return;
        }
        if left.edits > 0 {
            for edit in [
                Edit::Deactivates,
                Edit::Blanks,
                Edit::Renames,
                Edit::Reverts,
            ] {
                actions.extend([Action::Edit(edit, 2), Action::Edit(edit, 4)]);
            }
        }
        let held = state.world.academy.held.as_ref();
        if left.decisions > 0 && held.is_some_and(|held| !held.undecided().is_empty()) {
            let all = [Decided::All, Decided::First, Decided::Dismissed];
            actions.extend(all.map(Action::Decide));
        }
        if left.days > 0 {
            actions.push(Action::Day);
        }
        actions.push(Action::Run(End::Well));
        if left.faults > 0 {
            let ends = [End::OutOfTime(1), End::Dies(1), End::Dies(2)];
            actions.extend(ends.map(Action::Run));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = last.clone();
        next.act(action);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(LIMITED, |_, state: &State| {
                state.broken_promise != Some(LIMITED)
            }),
            Property::always(CARRIED_OUT, |_, state: &State| {
                state.broken_promise != Some(CARRIED_OUT)
            }),
            Property::always(LEFT, |_, state: &State| state.broken_promise != Some(LEFT)),
        ]
    }
}

/// Visits all states. Returns the promises that are broken.
fn explore(approvals: Approvals) -> Vec<&'static str> {
    let began = std::time::Instant::now();
    let checker = approvals.checker().threads(2);
    let checker = checker.finish_when(HasDiscoveries::AnyFailures).spawn_bfs();
    let checker = checker.join();
    let found = checker.discoveries();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!(
        "{:?}: {states} states to a depth of {depth} in {:?}",
        approvals.broken,
        began.elapsed()
    );
    let paths = found.values().map(|path| path.clone().into_actions());
    paths.for_each(|actions| println!("    {actions:?}"));
    found.into_keys().collect()
}

const NOTHING: Approvals = Approvals {
    edits: 0,
    decisions: 0,
    days: 0,
    faults: 0,
    runs: 0,
    broken: None,
};

#[test]
fn every_short_history_keeps_limits_and_consent() {
    let is_whole = std::env::var_os("PROVE").is_some_and(|prove| prove == "all");
    let found = explore(Approvals {
        edits: 2,
        decisions: 1,
        days: u8::from(is_whole),
        faults: 1,
        runs: if is_whole { 3 } else { 2 },
        ..NOTHING
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_broken_product_is_found() {
    let decided = Approvals {
        edits: 1,
        decisions: 1,
        runs: 2,
        ..NOTHING
    };
    let counted = Approvals {
        edits: 2,
        runs: 2,
        ..NOTHING
    };
    let interrupted = |approvals| Approvals {
        faults: 1,
        ..approvals
    };
    let lapsed = Approvals { days: 1, ..decided };
    let reverted = Approvals {
        edits: 3,
        runs: 3,
        ..decided
    };
    for (broken, approvals, promise) in [
        (Broken::CountsNothing, counted, LIMITED),
        (
            Broken::ForgetsWhatItAnnounced,
            interrupted(counted),
            LIMITED,
        ),
        (Broken::ApprovesWholeKinds, decided, LIMITED),
        (Broken::KeepsConsentForGood, lapsed, LIMITED),
        (Broken::KeepsConsentOfGoneChanges, reverted, LIMITED),
        (
            Broken::ForgetsConsent,
            interrupted(Approvals { runs: 3, ..decided }),
            CARRIED_OUT,
        ),
        (Broken::AppliesWhatWasDismissed, decided, LEFT),
    ] {
        let found = explore(Approvals {
            broken: Some(broken),
            ..approvals
        });
        assert!(found.contains(&promise), "{broken:?}: {found:?}");
    }
}
