//! The first run finds or creates every account without single lookups.

use employee_sync::report::Counts;
use harness::{Harness, ROUTES, by_hand, date, people, person};
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{Finding, FindingKind, Mode, Outcome};
use shared::tenant::Via;
use simulators::people::{EmploymentType, Gender, Status};
use simulators::reteach::{Customer, Source};
use simulators::{Person, kombo, personio, reteach};

use crate::assertions::assert_idle;

/// The account without the academy's own fields.
fn written(account: Customer) -> Customer {
    Customer {
        id: String::new(),
        registered_at: None,
        ..account
    }
}

#[tokio::test]
async fn values_are_created_unchanged() {
    let somebody = Person {
        email: Some("Jürgen.Ängel+hr@Muster.Example".to_owned()),
        gender: Some(Gender::Diverse),
        position: Some(" Leiterin  Außendienst „Süd“ ".to_owned()),
        subcompany: Some("Muster & Söhne GmbH & Co. KG".to_owned()),
        department: Some("Geheim".to_owned()),
        office: Some("Genève\u{a0}".to_owned()),
        employment_type: Some(EmploymentType::External),
        hire_date: date("2026-03-29"),
        termination_date: date("2026-10-25"),
        ..Person::new(41, " Nguyễn Minh", "D'Angelo-Groß ")
    };
    let expected = Customer {
        email: somebody.email.clone(),
        first_name: Some(" Nguyễn Minh".to_owned()),
        last_name: Some("D'Angelo-Groß ".to_owned()),
        position: somebody.position.clone(),
        company: somebody.subcompany.clone(),
        location: somebody.office.clone(),
        gender: Some("DIVERSE".to_owned()),
        external_id: Some("personio:41".to_owned()),
        set_active_at: Some("2026-03-28T23:00:00Z".parse().unwrap()),
        set_inactive_at: Some("2026-10-25T23:00:00Z".parse().unwrap()),
        source: Source::RestApi,
        tags: vec!["Anstellungsart: extern".to_owned()],
        ..Customer::default()
    };
    for via in ROUTES {
        let harness = Harness::new(via, "", [somebody.clone()]).await;
        let report = harness.tick().await;
        assert_eq!(written(harness.account(41)), expected, "{via:?}");
        assert_eq!(report.outcome, Outcome::Done);
        assert_eq!(
            report.counts,
            Counts {
                people: 1,
                readings: 1,
                created: 1,
                ..Counts::default()
            }
        );
    }
}

#[tokio::test]
async fn people_without_mail_or_other_fields_are_created() {
    // The simulators send an empty text as "" for even ids and as null for odd ones; Kombo omits it for every third.
    for via in ROUTES {
        let bare = |id| Person {
            email: None,
            employment_type: None,
            hire_date: None,
            ..Person::new(id, "Kim", "Ng")
        };
        let harness = Harness::new(via, "", (1..=6).map(bare)).await;
        let report = harness.tick().await;
        assert_run!("{via:?}", report, Outcome::Done, created = 6);
        for id in 1..=6 {
            let expected = Customer {
                user_name: Some(format!("personio-{id}")),
                first_name: Some("Kim".to_owned()),
                last_name: Some("Ng".to_owned()),
                external_id: Some(format!("personio:{id}")),
                source: Source::RestApi,
                ..Customer::default()
            };
            assert_eq!(written(harness.account(id)), expected, "{via:?}");
        }
        harness.forget_requests();
        assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
    }
}

#[tokio::test]
async fn an_unreadable_mail_address_counts_as_missing() {
    let harness = Harness::new(Via::Direct, "", people(3)).await;
    harness.personio.revoke(&["email"]);
    harness.first_run().await;
    let account = harness.account(2);
    let both = (account.email, account.user_name.as_deref());
    assert_eq!(both, (None, Some("personio-2")));
}

#[tokio::test]
async fn what_kombo_does_not_sync_takes_nothing_from_anybody() {
    let options = "[employees]\ndepartment = true\n[scope]\ninclude_companies = [\"Muster GmbH\"]\n\
                   include_departments = [\"Entwicklung\"]\n";
    for (field, name) in [
        ("work_email", "email"),
        ("termination_date", "termination_date"),
        ("legal_entity", "subcompany"),
        ("groups", "department"),
    ] {
        let mut company = people(4);
        company[1].termination_date = date("2026-12-31");
        let harness = Harness::synced(Via::Kombo, options, company).await;
        let before = harness.reteach.customers();
        assert!(before.iter().any(|it| it.set_inactive_at.is_some()));
        harness
            .kombo()
            .set_quirks([kombo::Quirk::DoesNotSync(field)]);
        let report = harness.run(Mode::Reconcile, Deadline::never()).await.report;
        assert_eq!(harness.reteach.customers(), before, "{field}");
        let named = |it: &Finding| it.kind == FindingKind::Unreadable && it.text.contains(name);
        assert!(report.findings.iter().any(named), "{field}: {report:#?}");
    }
}

#[tokio::test]
async fn a_first_run_without_mail_addresses_is_held_where_the_academy_has_accounts_of_others() {
    let harness = Harness::new(Via::Direct, "", people(3)).await;
    harness.personio.revoke(&["email"]);
    harness.reteach.insert(by_hand("person-2@muster.example"));
    let held = harness.tick().await.held.unwrap();
    assert!(held.text.contains("Grant the attribute"), "{}", held.text);
    assert_eq!(harness.reteach.customers().len(), 1);
    // Whatever else happens: nothing is concluded from the fact that one run was held.
    harness.after(SignedDuration::from_hours(25)).await;
    assert_eq!(harness.reteach.customers().len(), 1);
    harness.approve(&harness.held().await.unwrap().hash).await;
    harness.tick().await;
    assert_eq!(harness.reteach.customers().len(), 4);
}

#[tokio::test]
async fn a_first_run_takes_as_many_calls_as_people_and_pages() {
    for via in ROUTES {
        let harness = Harness::new(via, "", people(120)).await;
        for number in 0..260 {
            harness
                .reteach
                .insert(by_hand(&format!("{number}@elsewhere.example")));
        }
        let report = harness.tick().await;
        let count = |name: &str, calls: usize| (name.to_owned(), calls);
        let expected = [
            count("GET /customer", 2),
            count("POST /customer", 120),
            count("PUT /customer/{customerIdentifier}/multiple-tags", 120),
        ];
        assert_eq!(harness.summary(), expected, "{via:?}");
        assert_eq!(harness.pages_read(), if via == Via::Kombo { 1 } else { 2 });
        assert_eq!(
            report.calls.reteach,
            harness.reteach.requests().len() as u64
        );
        let (personio, kombo) = (report.calls.personio, report.calls.kombo);
        match &harness.company.kombo {
            None => assert_eq!(personio, harness.personio.requests().len() as u64),
            Some(simulator) => {
                assert_eq!((personio, kombo), (0, simulator.requests().len() as u64))
            }
        }
    }
}

#[tokio::test]
async fn a_first_run_without_tags_takes_one_call_per_person() {
    let harness = Harness::new(
        Via::Direct,
        "[employees]\nemployment_type = \"off\"\n",
        people(30),
    )
    .await;
    harness.tick().await;
    assert_eq!(harness.asked().len(), 1 + 30);
    assert_eq!(harness.personio.calls(personio::Endpoint::Auth), 1);
    assert_eq!(harness.reteach.calls(reteach::Endpoint::Authorize), 1);
}

#[tokio::test]
async fn adoption_by_mail_keeps_fields_that_are_not_ours() {
    let harness = Harness::new(Via::Direct, "", people(3)).await;
    let before = Customer {
        tags: vec![
            "Führungskraft".into(),
            "Anstellungsart: extern".into(),
            "Anstellungsart".into(),
            "Position: Chefin".into(),
        ],
        ..by_hand("PERSON-2@Muster.Example")
    };
    let id = harness.reteach.insert(before.clone());
    let report = harness.tick().await;
    assert_counts!(report, created = 2, adopted = 1);
    let account = harness.account(2);
    assert_eq!(account.id, id);
    let expected = Customer {
        first_name: Some("Käthe".into()),
        last_name: Some("Groß-2".into()),
        position: Some("Ingenieurin".into()),
        company: Some("Muster GmbH".into()),
        location: Some("München".into()),
        gender: Some("FEMALE".into()),
        external_id: Some("personio:2".into()),
        set_active_at: Some("2019-12-31T23:00:00Z".parse().unwrap()),
        tags: vec![
            "Führungskraft".into(),
            "Anstellungsart".into(),
            "Position: Chefin".into(),
            "Anstellungsart: intern".into(),
        ],
        ..before
    };
    assert_eq!(written(account), expected);
    assert_idle(&harness).await;
}

#[tokio::test]
async fn without_a_ledger_accounts_are_found_by_external_id() {
    let harness = Harness::synced(Via::Direct, "", people(5)).await;
    // The mail address may have changed.
    harness.reteach.edit("personio:4", |account| {
        account.email = Some("renamed@muster.example".into())
    });
    harness.change(4, |person| {
        person.email = Some("renamed@muster.example".into())
    });
    let before = harness.reteach.customers();
    harness.lose_the_ledger("").await;
    let report = harness.tick().await;
    assert_eq!(harness.summary(), [("GET /customer".to_owned(), 1)]);
    assert_run!(report, Outcome::Done, unchanged = 5);
    assert_eq!(harness.reteach.customers(), before);
    assert_idle(&harness).await;
    harness.change(4, |person| person.position = Some("Chefin".into()));
    harness.tick().await;
    assert_eq!(harness.account(4).position.as_deref(), Some("Chefin"));
}

#[tokio::test]
async fn people_who_left_or_have_not_begun_are_created_locked_without_a_brake() {
    let everybody = (1..=30).map(|id| match id {
        1..=10 => Person {
            status: Status::Inactive,
            termination_date: date("2026-04-30"),
            ..person(id)
        },
        11..=20 => Person {
            status: Status::Onboarding,
            hire_date: date("2026-06-01"),
            ..person(id)
        },
        _ => Person {
            status: Status::Inactive,
            ..person(id)
        },
    });
    let harness = Harness::new(Via::Direct, "", everybody).await;
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, created = 30, locked = 0);
    assert_eq!((harness.locked(1..=30), report.held), (30, None));
}
