//! Employees: the first run, changes, accounts of others, and the operator's commands.

use harness::{by_hand, date, person};
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use simulators::people::{EmploymentType, Status};
use simulators::reteach::Quirk;
use simulators::{Person, reteach};

use super::Fixture;

pub(super) async fn run_employees(fixture: &Fixture) {
    first_run(fixture).await;
    changes(fixture).await;
    accounts_of_others(fixture).await;
    operator_commands(fixture).await;
}

async fn first_run(fixture: &Fixture) {
    let (harness, reteach) = (&fixture.harness, &fixture.harness.reteach);
    reteach.insert(by_hand("person-1@muster.example"));
    fixture.tenants(&["plan", "acme", "--details"]).await;
    let report = harness.now().await;
    assert_eq!(report.outcome, Outcome::Done, "{report:#?}");
    assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
}

async fn changes(fixture: &Fixture) {
    let harness = &fixture.harness;
    harness.change(2, |person| person.position = Some("Leiterin".into()));
    harness.change(3, |person| person.termination_date = date("2026-05-09"));
    harness.change(4, |person| person.status = Status::Inactive);
    harness.change(5, |person| {
        person.employment_type = Some(EmploymentType::External)
    });
    harness.change(6, |person| (person.gender, person.office) = (None, None));
    harness.change(7, |person| person.email = Some("neu@muster.example".into()));
    harness.change(8, |person| person.email = None);
    harness.personio.remove(9);
    let status = Status::Onboarding;
    harness.personio.put(Person {
        status,
        hire_date: date("2026-06-01"),
        ..person(20)
    });
    assert_eq!(harness.tick().await.outcome, Outcome::Done);
    harness.change(3, |person| person.termination_date = None);
    harness.change(4, |person| person.status = Status::Active);
    // The person 9 is missing for the second time.
    assert_eq!(harness.tick().await.outcome, Outcome::Done);
    harness.personio.put(person(9));
    assert_eq!(harness.tick().await.outcome, Outcome::Done);
}

/// Unknown people are looked up one by one; accounts of others conflict with a create and an update.
async fn accounts_of_others(fixture: &Fixture) {
    let (harness, reteach) = (&fixture.harness, &fixture.harness.reteach);
    let other = |email: &str| reteach::Customer {
        external_id: Some(format!("other:{email}")),
        ..by_hand(email)
    };
    reteach.insert(by_hand("person-21@muster.example"));
    reteach.insert(other("person-22@muster.example"));
    harness
        .personio
        .put_all([person(21), person(22), person(23)]);
    for id in ["21", "22", "23"] {
        fixture.tenants(&["explain", "acme", id]).await;
    }
    harness.tick().await;
    reteach.insert(other("vergeben@muster.example"));
    harness.change(2, |person| {
        person.email = Some("vergeben@muster.example".into())
    });
    harness.tick().await;
    reteach.set_quirks([Quirk::ConflictsAre422]);
    harness.change(6, |person| {
        person.email = Some("vergeben@muster.example".into())
    });
    harness.tick().await;
    // An admin deletes an account before we update it.
    reteach.remove("personio:10");
    harness.change(10, |person| person.position = Some("Leiterin".into()));
    harness.tick().await;
    for id in [2, 6] {
        harness.change(id, |person| {
            person.email = Some(format!("person-{id}@muster.example"))
        });
    }
    harness.personio.remove(22);
    harness.run(Mode::Reconcile, Deadline::never()).await;
}

async fn operator_commands(fixture: &Fixture) {
    for args in [
        &["check", "acme"][..],
        &["explain", "acme", "2", "--details"],
        &["explain", "acme", "999"],
        &["sync", "acme", "--here"],
        &["sync", "acme", "--here", "--mode", "dry-run"],
        &["status", "acme"],
    ] {
        fixture.tenants(args).await;
    }
}
