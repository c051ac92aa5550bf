//! A company on the morning of a run, with everything that may have happened to it before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _};
use shared::access::AccessWindow;
use shared::domain::employee::Employee;
use shared::domain::id::{ExternalId, SourceId};
use shared::mapping::DesiredAccount;
use shared::reteach::Customer;
use shared::source::Leaving;
use shared::tenant::TenantConfig;

use crate::apply::{Applied, ApplyOutcome};
use crate::brake::classify::{NewAccounts, risky_changes};
use crate::io::memory::{Academy, Asking, TOOL, tag};
use crate::lint;
use crate::plan::arbitrary::{Company, Drift, PERSONAL};
use crate::plan::builders::{key, now};
use crate::plan::{Candidate, Context, Plan, RiskyChange, SkipReason};
use crate::source::People;
use crate::source::Person;

/// The people of one reading.
pub(super) fn read<'a>(
    employees: impl IntoIterator<Item = &'a Employee>,
    config: &TenantConfig,
) -> People {
    let person = |employee: &Employee| (employee.source_id.clone(), fitting(employee, config));
    People::complete(employees.into_iter().map(person))
}

fn fitting(employee: &Employee, config: &TenantConfig) -> Person {
    let fingerprint = DesiredAccount::of(employee, TOOL, config).fingerprint(&key());
    Person::Employee(Box::new(employee.clone()), fingerprint)
}

/// The same person with a record of which only the end can be read.
fn rejected(employee: &Employee) -> Person {
    Person::Rejected {
        fingerprint: key().fingerprint([]),
        field: "hire_date".to_owned(),
        problem: "is no date".to_owned(),
        leaving: leaving(employee),
    }
}

fn leaving(employee: &Employee) -> Leaving {
    Leaving {
        status: employee.status.clone(),
        hire_date: shared::domain::employee::Field::Absent,
        end_date: employee.end_date,
    }
}

/// A run over everybody, from what is known to what became of it.
pub(super) struct Run {
    pub(super) candidates: Vec<Candidate>,
    pub(super) plan: Plan,
    pub(super) outcome: ApplyOutcome,
    pub(super) risky_changes: Vec<RiskyChange>,
}

pub(super) fn run(
    academy: &mut Academy,
    (people, gone): (&People, &BTreeSet<SourceId>),
    asking: Asking,
    config: &TenantConfig,
    now: Timestamp,
) -> Run {
    let look = people.snapshot.ids().cloned().collect();
    let candidates = academy.candidates(people, (&look, gone), asking, config);
    let plan = Plan::build(
        &candidates,
        Context {
            now,
            config,
            key: &key(),
            locks_alone: false,
        },
    );
    lint::examine(&plan, &candidates, TOOL, now)
        .unwrap_or_else(|violations| panic!("{violations:?}\n{plan:#?}"));
    let risky_changes = risky_changes(&plan, &candidates, config, now, NewAccounts::Counted);
    let outcome = academy.apply(&plan, &candidates, now);
    Run {
        candidates,
        plan,
        outcome,
        risky_changes,
    }
}

/// A company on the morning of a run.
pub(super) struct Morning {
    pub(super) academy: Academy,
    pub(super) people: People,
    /// As far as their records can be read.
    pub(super) employees: BTreeMap<SourceId, Employee>,
    pub(super) gone: BTreeSet<SourceId>,
    pub(super) config: TenantConfig,
}

pub(super) fn morning(company: &Company) -> Morning {
    let Company {
        stories,
        accounts,
        folds_mail,
        tenants: [old, new],
    } = company;
    let mut academy = Academy::default();
    academy.folds_mail = *folds_mail;
    for (number, foreign) in accounts {
        let id = academy.make(Some(format!("p{number}{PERSONAL}@muster.example")));
        let customer = academy.customers.get_mut(&id).unwrap();
        customer.external_id = foreign.then(|| ExternalId::new("hibob:1"));
        customer.tags = vec![tag("Chor"), tag("Anstellungsart: Praktikum")];
    }
    let first = read(stories.iter().filter_map(|it| it.before.as_ref()), old);
    run(
        &mut academy,
        (&first, &BTreeSet::new()),
        Asking::Everybody,
        old,
        now() - 72.hours(),
    );
    for (number, story) in (1..).zip(stories) {
        drift(
            &mut academy,
            &SourceId::new(number.to_string()),
            story.drift,
        );
    }
    let there = stories.iter().filter_map(|it| {
        let after = it.after.as_ref()?;
        let person = if it.is_rejected {
            rejected(after)
        } else {
            fitting(after, new)
        };
        Some((after.source_id.clone(), person))
    });
    let people = People::complete(there);
    let left = first
        .snapshot
        .ids()
        .filter(|id| !people.snapshot.contains(id));
    let after = stories.iter().filter_map(|it| {
        let after = it.after.clone()?;
        let id = after.source_id.clone();
        Some(if it.is_rejected {
            leaving(&after).employee(id)
        } else {
            after
        })
    });
    Morning {
        gone: left.cloned().collect(),
        employees: after.map(|it| (it.source_id.clone(), it)).collect(),
        academy,
        people,
        config: new.clone(),
    }
}

fn drift(academy: &mut Academy, id: &SourceId, drift: Drift) {
    if drift == Drift::Forget {
        academy.ledger.remove(id);
    }
    let Some(account) = academy.account_of(id).map(|it| it.id.clone()) else {
        return;
    };
    if drift == Drift::Delete {
        academy.customers.remove(&account);
    }
    let Some(account) = academy.customers.get_mut(&account) else {
        return;
    };
    match drift {
        Drift::None | Drift::Delete | Drift::Forget => {}
        Drift::ClearExternalId => account.external_id = None,
        Drift::Unlock => (account.set_active_at, account.set_inactive_at) = (None, None),
        Drift::Lock => account.set_inactive_at = Some(now() - 20.hours()),
        Drift::Rename => account.last_name = Some(format!("C{PERSONAL}")),
        Drift::Tag => {
            account
                .tags
                .extend([tag("Singt"), tag("Position: alt§"), tag("Standort: alt§")])
        }
    }
}

impl Morning {
    pub(super) fn run(&mut self, asking: Asking, now: Timestamp) -> Run {
        let run = run(
            &mut self.academy,
            (&self.people, &self.gone),
            asking,
            &self.config,
            now,
        );
        // Who is gone, and locked, is not looked at again.
        let locked = run
            .plan
            .skipped
            .iter()
            .filter(|(_, skip)| *skip == SkipReason::GoneAlready)
            .map(|(id, _)| id);
        let done = run
            .outcome
            .applied
            .iter()
            .filter(|(_, it)| **it == Applied::Done)
            .map(|(id, _)| id);
        for id in locked.chain(done) {
            self.gone.remove(id);
        }
        run
    }

    /// Who was written, or found as they should be, with their account.
    pub(super) fn in_step<'a>(
        &'a self,
        run: &'a Run,
    ) -> impl Iterator<Item = (&'a Employee, &'a Customer)> {
        let kept = run.plan.bookkeeping.iter().map(|entry| &entry.source_id);
        let done = run
            .outcome
            .applied
            .iter()
            .filter(|(_, it)| **it == Applied::Done)
            .map(|(id, _)| id);
        let ids = run.plan.unchanged.iter().chain(kept).chain(done);
        ids.filter_map(|id| Some((self.employees.get(id)?, self.academy.account_of(id)?)))
    }
}

pub(super) fn window(customer: &Customer) -> AccessWindow {
    AccessWindow {
        active_at: customer.set_active_at,
        inactive_at: customer.set_inactive_at,
    }
}
