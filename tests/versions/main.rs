//! Two versions of the programs over one table: upgrades, and the way back.
//!
//! `PREVIOUS` names a folder with the earlier version's `employee-sync`, `certificate-sync` and `tenants`, `CLOCK` the library that
//! has programs go by the companies' clock (`.ci/clock.c`). `.ci/versions` builds both and runs this.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod programs;

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use demo::{Demo, Options};
use harness::{ROUTES, TICK};
use jiff::Timestamp;
use judge::{Terms, judge, sights};
use local::{Company, TenantFixture};
use serde_json::{Value, json};
use shared::domain::clock::Clock as _;
use shared::state::JobKind;
use simulators::people::Status;
use simulators::{Person, Tape};

use programs::{Alternating, Programs};

/// So many in each company that no step of the scenario is skipped.
const PEOPLE: usize = 30;
/// The companies' time at the last step.
const EVENING: &str = "2026-05-12T14:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn each_version_goes_on_where_the_other_has_stopped() {
    let Some(previous) = env::var_os("PREVIOUS").map(PathBuf::from) else {
        eprintln!("PREVIOUS is not set: there is no other version to run");
        return;
    };
    // Cargo has put this version's programs next to the folder of this test.
    let test = env::current_exe().unwrap();
    let current = test.ancestors().nth(2).unwrap();
    // Both start with an empty table and fill it.
    let upgrade = Box::pin(alternate(&previous, current));
    let downgrade = Box::pin(alternate(current, &previous));
    tokio::join!(upgrade, downgrade);
}

/// The demo's scenario, where `first` and `second` take turns, step by step: each finds settled tenants, missing people, an
/// upload of unknown outcome, a refused field and an approved plan as the other has left them. Then the plans of both.
async fn alternate(first: &Path, second: &Path) {
    let ends_at: Timestamp = EVENING.parse().unwrap();
    let options = Options {
        people: PEOPLE,
        routes: ROUTES.to_vec(),
        ends_at,
    };
    let mut demo = Demo::start(&options).await.unwrap();
    let tapes: Vec<Tape> = demo.tenants.iter().map(recorded).collect();
    let programs = Programs::new(Arc::clone(&demo.fixture));
    let runner = Alternating {
        programs: programs.clone(),
        first: first.to_owned(),
        second: second.to_owned(),
    };
    let report = demo.run_jobs_with(Arc::new(runner)).await.unwrap();
    let begins = first.display();
    assert_eq!(report.problems, Vec::<String>::new(), "{begins} begins");
    for (tenant, tape) in demo.tenants.iter().zip(&tapes) {
        let broken = violations(tenant, tape, ends_at);
        assert_eq!(broken, Vec::<String>::new(), "{begins} begins");
    }
    plans_agree(&programs, &mut demo, [first, second]).await;
    newer_state_is_left_alone(&programs, &demo, [first, second]).await;
}

fn ids(demo: &Demo) -> Vec<String> {
    let companies = demo.tenants.iter().map(|tenant| &tenant.company);
    companies
        .map(|company| company.tenant.to_string())
        .collect()
}

fn recorded(tenant: &TenantFixture) -> Tape {
    let tape = Tape::default();
    tenant.company.record(&tape);
    tape
}

/// The promises that the tenant's traffic has broken. The scenario approves a plan one tick before its end.
fn violations(tenant: &TenantFixture, tape: &Tape, ends_at: Timestamp) -> Vec<String> {
    let terms = Terms {
        approvals: vec![ends_at - TICK],
        ..Terms::default()
    };
    let (calls, company) = (tape.calls(), &tenant.company);
    assert!(sights(&calls).contains_key("uploads"), "nothing was filed");
    let documents = BTreeMap::from([(company.tenant.to_string(), company.personio.documents())]);
    let violations = judge(&calls, &documents, &terms);
    violations.iter().map(ToString::to_string).collect()
}

/// Both versions plan the same, with nothing to do and after a day of changes. What really differs is shown.
async fn plans_agree(programs: &Programs, demo: &mut Demo, versions: [&Path; 2]) {
    let ids = ids(demo);
    let equal: Value = ids.iter().map(|id| (id.as_str(), json!([]))).collect();
    let [first, second] = versions;
    let both_ways = [(first, second), (second, first)];
    for (writer, reader) in both_ways {
        assert_eq!(programs.save(writer).await["changes"], 0);
        assert_eq!(programs.compare(reader).await, (0, equal.clone()));
    }
    let now = demo.fixture.clock.now();
    let tenants = demo.tenants.iter_mut();
    let renamed: Vec<u64> = tenants.map(|tenant| change(tenant, now)).collect();
    for (writer, reader) in both_ways {
        let saved = programs.save(writer).await;
        // A brake may hold the lock: many people were locked today.
        assert!(saved["changes"].as_u64() >= Some(6), "{saved:#}");
        assert_eq!(programs.compare(reader).await, (0, equal.clone()));
    }
    for (tenant, person) in demo.tenants.iter().zip(&renamed) {
        let personio = &tenant.company.personio;
        let promote = |person: &mut Person| person.position = Some("Vorstand".to_owned());
        assert!(personio.change(*person, promote));
    }
    let (status, differences) = programs.compare(first).await;
    assert_eq!(status, 1, "{differences:#}");
    for (id, person) in ids.iter().zip(&renamed) {
        let found = differences[id].as_array().unwrap();
        let [only] = found.as_slice() else {
            panic!("{differences:#}")
        };
        let shown = json!([only["what"], only["part"], only["id"]]);
        assert_eq!(shown, json!(["changed", "change", person.to_string()]));
    }
}

/// Somebody is renamed, somebody leaves, somebody is hired, and a course is completed. Returns the one who is renamed.
fn change(tenant: &mut TenantFixture, now: Timestamp) -> u64 {
    let mut at_work = tenant.people_with_account();
    at_work.retain(|person| person.status == Status::Active && person.termination_date.is_none());
    let [renamed, leaver, ..] = at_work.as_slice() else {
        panic!("fewer than two people are at work")
    };
    let personio = &tenant.company.personio;
    let rename = |person: &mut Person| person.last_name = "Neumann".to_owned();
    assert!(personio.change(renamed.id, rename));
    let leave = |person: &mut Person| person.status = Status::Inactive;
    assert!(personio.change(leaver.id, leave));
    personio.put(Person::new(9_001, "Käthe", "Groß"));
    let issued = tenant.issuer.issue_recent(renamed.id, now);
    tenant.issue(&issued);
    renamed.id
}

/// State that a still newer version has marked is for neither of them.
async fn newer_state_is_left_alone(programs: &Programs, demo: &Demo, versions: [&Path; 2]) {
    let companies = demo.tenants.iter().map(|tenant| &tenant.company);
    companies.clone().for_each(Company::forget_calls);
    programs.mark_newer(&ids(demo)).await;
    for folder in versions {
        for company in companies.clone() {
            for job in [JobKind::Employees, JobKind::Certificates] {
                let report = programs.run(folder, job, &company.tenant).await;
                assert_eq!(report["outcome"], "newer-state", "{report:#}");
            }
        }
        let (status, printed) = programs.tenants(folder, &["list"]).await;
        let error = printed["error"].as_str().unwrap_or_default();
        assert!(error.contains("use the newer release"), "{printed:#}");
        assert_eq!(status, 1, "{printed:#}");
    }
    for company in companies {
        let asked = company.personio.requests().len() + company.reteach.requests().len();
        assert_eq!(asked, 0, "{}", company.tenant);
    }
}
