//! The scope of a tenant.

use employee_sync::report::Counts;
use harness::{Harness, ROUTES, by_hand, numbered, people, person};
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Outcome};
use shared::tenant::Via;
use simulators::Person;
use simulators::people::{EmploymentType, Status};

use crate::assertions::assert_idle;

fn company(id: u64, company: Option<&str>) -> Person {
    Person {
        subcompany: company.map(str::to_owned),
        ..person(id)
    }
}

#[tokio::test]
async fn only_people_in_scope_get_an_account() {
    let everybody = || {
        [
            person(1),
            company(2, Some("Muster Suisse SA")),
            company(3, None),
            Person {
                department: Some("Vertrieb".into()),
                ..person(4)
            },
            Person {
                office: Some("Köln".into()),
                ..person(5)
            },
            Person {
                employment_type: Some(EmploymentType::External),
                ..person(6)
            },
            Person {
                status: Status::Leave,
                ..person(7)
            },
            company(8, Some("muster gmbh")),
        ]
    };
    let cases: [(&str, &[u64]); 9] = [
        ("include_companies = [\"Muster GmbH\"]", &[1, 4, 5, 6, 7]),
        ("exclude_companies = [\"Muster GmbH\"]", &[2, 3, 8]),
        ("include_departments = [\"Vertrieb\", \"Einkauf\"]", &[4]),
        (
            "exclude_departments = [\"Vertrieb\"]",
            &[1, 2, 3, 5, 6, 7, 8],
        ),
        ("include_locations = [\"Köln\"]", &[5]),
        (
            "exclude_employment_types = [\"external\"]",
            &[1, 2, 3, 4, 5, 7, 8],
        ),
        ("include_statuses = [\"active\"]", &[1, 2, 3, 4, 5, 6, 8]),
        (
            "include_companies = [\"Muster GmbH\"]\nexclude_locations = [\"Köln\"]\nexclude_statuses = [\"leave\"]",
            &[1, 4, 6],
        ),
        (
            "include_companies = [\"Muster GmbH\", \"Muster Suisse SA\"]\nexclude_companies = [\"Muster GmbH\"]",
            &[2],
        ),
    ];
    for ((scope, expected), via) in cases.into_iter().zip(ROUTES.into_iter().cycle()) {
        let harness = Harness::new(via, &format!("[scope]\n{scope}\n"), everybody()).await;
        let report = harness.tick().await;
        let created: Vec<u64> = (1..=8).filter(|id| harness.find(*id).is_some()).collect();
        assert_eq!(created, expected, "{via:?} {scope}");
        let (all, inside) = (8, expected.len() as u64);
        let counts = Counts {
            people: all,
            readings: 1,
            created: inside,
            out_of_scope: all - inside,
            ..Counts::default()
        };
        assert_run!("{via:?} {scope}", report, Outcome::Done);
        assert_eq!(report.counts, counts, "{via:?} {scope}");
        assert_idle(&harness).await;
    }
}

#[tokio::test]
async fn leaving_the_scope_locks_and_coming_back_unlocks() {
    let scope = "[scope]\ninclude_companies = [\"Muster GmbH\"]\n";
    let harness = Harness::synced(Via::Direct, scope, people(4)).await;
    harness.change(2, |person| {
        (person.subcompany, person.position) =
            (Some("Muster Suisse SA".into()), Some("Chefin".into()))
    });
    let report = harness.tick().await;
    let account = harness.account(2);
    assert_counts!(report, locked = 1);
    assert!(harness.is_locked(2));
    // Only the access window is still synced: other changes out of scope are ignored.
    let both = (account.company.as_deref(), account.position.as_deref());
    assert_eq!(both, (Some("Muster GmbH"), Some("Ingenieurin")));
    assert_eq!(
        account.set_inactive_at,
        Some("2026-05-11T08:05:00Z".parse().unwrap())
    );
    harness.forget_requests();
    harness.change(2, |person| person.last_name = "Anders".into());
    harness.tick().await;
    harness.after(SignedDuration::from_hours(25)).await;
    assert_eq!((harness.writes().len(), harness.account(2)), (0, account));

    harness.change(2, |person| person.subcompany = Some("Muster GmbH".into()));
    let report = harness.tick().await;
    let account = harness.account(2);
    assert_counts!(report, unlocked = 1);
    assert!(!harness.is_locked(2));
    let both = (account.last_name.as_deref(), account.position.as_deref());
    assert_eq!(both, (Some("Anders"), Some("Chefin")));
}

#[tokio::test]
async fn foreign_accounts_are_not_touched() {
    let scope = "[scope]\ninclude_companies = [\"Muster GmbH\"]\n";
    let harness = Harness::new(
        Via::Direct,
        scope,
        [person(1), company(2, Some("Muster Suisse SA"))],
    )
    .await;
    // Accounts of a person out of scope, of nobody in Personio, and of another system.
    let academy = &harness.reteach;
    academy.insert(by_hand("person-2@muster.example"));
    academy.insert(by_hand("guest@elsewhere.example"));
    academy.insert(numbered("sap:1", "sap@muster.example"));
    let before = academy.customers();
    harness.first_run().await;
    harness.personio.remove(2);
    for _ in 0..3 {
        harness.tick().await;
    }
    harness.after(SignedDuration::from_hours(25)).await;
    assert_eq!(academy.customers()[..3], before[..]);
    assert_eq!(academy.customers().len(), 4);
}

#[tokio::test]
async fn a_scope_over_an_unreadable_field_creates_and_locks_nobody() {
    let harness = Harness::synced(
        Via::Direct,
        "[scope]\ninclude_departments = [\"Entwicklung\"]\n",
        people(3),
    )
    .await;
    harness.personio.revoke(&["department"]);
    harness.personio.put(person(4));
    harness.change(2, |person| person.office = Some("Wien".into()));
    let report = harness.tick().await;
    assert_eq!((harness.locked(1..=3), harness.find(4)), (0, None));
    assert_eq!(
        harness.account(2).location.as_deref(),
        Some("Wien"),
        "those with an account stay in step"
    );
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.kind == FindingKind::ScopeUndecided)
        .unwrap();
    assert_eq!(finding.person.as_deref(), Some("4"));
    assert!(finding.text.contains("department"), "{}", finding.text);
    harness.personio.grant(&["department"]);
    harness.tick().await;
    assert!(harness.find(4).is_some());
}
