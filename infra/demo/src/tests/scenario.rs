use shared::tenant::Via;
use simulators::personio::Document;
use simulators::reteach::Customer;
use simulators::{Behaviour, Fault, Origin};

use jiff::Timestamp;
use local::Company;

use crate::demo::{Demo, Options, Silent};
use crate::report::DemoReport;
use crate::scenario::STEPS;

const EVENING: &str = "2026-05-12T14:00:00Z";

async fn demo(people: usize, routes: &[Via], ends_at: &str) -> Demo {
    let options = Options {
        people,
        routes: routes.to_vec(),
        ends_at: ends_at.parse().unwrap(),
    };
    Demo::start(&options).await.unwrap()
}

fn ended_at(report: &DemoReport) -> Timestamp {
    report.steps.last().unwrap().at
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_succeeds_on_every_route() {
    let routes = [Via::Direct, Via::KomboPassthrough, Via::Kombo];
    let mut demo = demo(30, &routes, EVENING).await;
    let report = demo.run(&mut Silent).await.unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    let titles = report.steps.iter().map(|step| step.title);
    assert!(titles.eq(STEPS.iter().map(|step| step.title)));
    assert_eq!(ended_at(&report), EVENING.parse().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_may_be_tiny_and_the_scenario_may_cross_clock_changes() {
    for (people, ends_at) in [
        (1, "2026-05-11T22:00:00Z"),
        (2, "2026-05-11T22:31:00Z"),
        (5, "2026-03-29T01:30:00Z"),
        (20, "2026-10-25T00:10:00Z"),
        (42, "2026-12-31T23:59:00Z"),
    ] {
        let mut demo = demo(people, &[Via::Direct], ends_at).await;
        let report = demo.run(&mut Silent).await.unwrap();
        assert!(report.ok, "{people} {ends_at}: {:?}", report.problems);
        assert!(ended_at(&report) <= ends_at.parse().unwrap());
    }
}

/// The result of the demo after `corrupt` changed the company.
async fn corrupted(corrupt: impl FnOnce(&Company)) -> DemoReport {
    let mut demo = demo(10, &[Via::Direct], EVENING).await;
    corrupt(&demo.tenants[0].company);
    let report = demo.run(&mut Silent).await.unwrap();
    assert!(!report.ok);
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn unexpected_accounts_documents_and_uploads_fail_the_demo() {
    let account = corrupted(|company| {
        company.reteach.insert(Customer {
            note: Some("unseen".into()),
            ..Customer::default()
        });
    });
    let document = corrupted(|company| {
        company.personio.add_document(Document {
            id: 0,
            employee_id: 1_001,
            category_id: 2,
            category: None,
            title: "unseen".into(),
            date: None,
            comment: None,
            file_name: "unseen.pdf".into(),
            size: 9,
            sha256: String::new(),
            head: b"%PDF-".to_vec(),
            created_at: Timestamp::UNIX_EPOCH,
            origin: Origin::Direct,
        });
    });
    for report in [account.await, document.await] {
        let (problems, steps) = (&report.problems, report.steps.len());
        assert_eq!(problems.len(), steps, "one after each step: {problems:?}");
    }
    let repeated_upload = corrupted(|company| {
        let fault = Fault::new(Behaviour::Close).path("/v1/company/documents");
        company.personio.fail(fault.times(2));
    });
    let problems = repeated_upload.await.problems;
    let is_upload = |problem: &String| problem.contains("documents were sent to Personio");
    assert!(problems.iter().any(is_upload), "{problems:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_company_has_certificates_for_a_tenth_of_its_people() {
    let demo = demo(2_010, &[Via::Direct], EVENING).await;
    let issued = demo.tenants[0].company.reteach.participations().len();
    // Two belong to accounts that are not from Personio, three wait for their PDF.
    assert_eq!(issued, 201 + 2 + 3);
}
