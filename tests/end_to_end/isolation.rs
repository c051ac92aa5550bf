//! Tenants in one process neither read nor change each other's data, and do not appear in each other's traffic.

mod traffic;

use harness::{Company, Fixture, Harness, ROUTES, completed, ignore_progress, people};
use jiff::SignedDuration;
use shared::domain::id::{RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use shared::secrets::{SecretError, TenantSecret};
use shared::state::{JobKind, StateError};
use shared::tenant::Via;
use simulators::aws::{AssumeRole, Sts};
use simulators::{Behaviour, Body, Fault};

const PEOPLE: u64 = 5;

/// Two tenants on a stack whose runs have the rights of their tenant alone.
async fn apart(via: Via) -> (Fixture, Sts, [Company; 2]) {
    let now = "2026-05-11T08:00:00Z".parse().unwrap();
    let (world, sts) = Fixture::start_with_sessions(now).await.unwrap();
    let mut companies = Vec::new();
    for name in ["acme", "acme-west"] {
        let company = world.company(name, via, "").await.unwrap();
        company.personio.put_all(people(PEOPLE));
        company.personio.add_category("Bildungszertifikate");
        companies.push(company);
    }
    (world, sts, companies.try_into().unwrap())
}

async fn both_jobs(world: &Fixture, company: &Company) -> [Outcome; 2] {
    let employees = world.tick(company).await;
    company.reteach.add_participations([completed(
        "c-1",
        1,
        "Brandschutz",
        "2026-05-10T12:00:00Z",
    )]);
    let certificates = world
        .run_certificates(
            company,
            Mode::Scheduled,
            Deadline::never(),
            &ignore_progress,
        )
        .await;
    [employees.outcome, certificates.report.outcome]
}

/// The companies' key of Kombo is the stack's.
async fn share_the_key(world: &Fixture, companies: &[Company]) {
    let client = world.stack.aws().secrets_manager();
    let create = client.create_secret().name("reteach-personio/_kombo");
    let create = create.secret_string(r#"{"kombo":{"api_key":"kombo-key"}}"#);
    create.send().await.unwrap();
    for company in companies {
        let secret = TenantSecret {
            personio: None,
            kombo: None,
            ..company.secret()
        };
        let secrets = world.stack.secrets();
        secrets.put(&company.tenant, &secret).await.unwrap();
    }
}

#[tokio::test]
async fn both_jobs_work_with_the_rights_of_one_tenant() {
    for via in ROUTES {
        let (world, sts, companies) = apart(via).await;
        if via != Via::Direct {
            share_the_key(&world, &companies).await;
        }
        for company in &companies {
            assert_eq!(
                both_jobs(&world, company).await,
                [Outcome::Done; 2],
                "{via:?}"
            );
            assert_eq!(company.personio.documents().len(), 1, "{via:?}");
        }
        // One session for each tenant and function, and none names the other tenant.
        assert_eq!(sts.calls(AssumeRole), 4);
        for session in sts.sessions().into_values() {
            let (tenant, policy) = (&session["RoleSessionName"], &session["Policy"]);
            assert!(
                policy.contains(&format!("[\"TENANT#{tenant}\"]")),
                "{policy}"
            );
            assert!(policy.contains(&format!("/{tenant}-??????\"")), "{policy}");
        }
    }
}

#[tokio::test]
async fn retries_under_a_session_are_reported() {
    let (world, _sts, [acme, _]) = apart(Via::Direct).await;
    for proxy in world.stack.proxies().unwrap() {
        proxy.fail(Fault::new(Behaviour::Status(503, Body::Vendor)));
    }
    let report = world.tick(&acme).await;
    assert_run!(report, Outcome::Done);
    assert_eq!(report.dynamodb.retries, 2);
    assert_eq!(world.tick(&acme).await.dynamodb.retries, 0);
}

#[tokio::test]
async fn a_session_cannot_reach_another_tenant() {
    let (world, _sts, [acme, other]) = apart(Via::Direct).await;
    for company in [&acme, &other] {
        both_jobs(&world, company).await;
    }
    let aws = world
        .stack
        .sessions()
        .unwrap()
        .unwrap()
        .of(&acme.tenant)
        .await
        .unwrap();
    let (store, secrets) = world.stack.for_function().unwrap();
    let (store, secrets) = (store.over(&aws), secrets.over(&aws));
    assert!(store.tenant(&acme.tenant).await.unwrap().is_some());
    assert!(secrets.get(&acme.tenant).await.is_ok());
    let denied = |error: StateError| assert!(matches!(error, StateError::Denied { .. }), "{error}");
    denied(store.tenant(&other.tenant).await.unwrap_err());
    denied(store.all_certificates(&other.tenant).await.unwrap_err());
    denied(store.list_tenants().await.unwrap_err());
    denied(store.put_tenant(&other.tenant, "").await.unwrap_err());
    let now = shared::domain::clock::Clock::now(&world.clock);
    let owner = RunId::new("intruder");
    let taken = store
        .acquire(
            &other.tenant,
            JobKind::Employees,
            &owner,
            now,
            SignedDuration::from_secs(60),
        )
        .await;
    denied(taken.unwrap_err());
    let error = secrets.get(&other.tenant).await.unwrap_err();
    assert!(matches!(error, SecretError::Denied { .. }), "{error}");
    // Without a session the process has no rights at all.
    let (store, _) = world.stack.for_function().unwrap();
    denied(store.tenant(&acme.tenant).await.unwrap_err());
}

#[tokio::test]
async fn without_a_session_nothing_runs_and_the_report_says_why() {
    let (world, sts, [acme, _]) = apart(Via::Direct).await;
    sts.fail(Fault::new(Behaviour::Status(403, Body::Vendor)));
    let report = world.tick(&acme).await;
    assert_eq!(report.outcome, Outcome::StateUnavailable);
    assert!(
        report
            .message
            .contains("the tenants' role may not be assumed (AccessDenied)"),
        "{}",
        report.message
    );
    assert!(acme.personio.requests().is_empty() && acme.reteach.requests().is_empty());
    assert_eq!(report.dynamodb.calls, 0);
    // The next tick is the retry.
    assert_eq!(world.tick(&acme).await.outcome, Outcome::Done);
}

/// Another company in the same processes, with its own people and credentials.
async fn neighbour(harness: &Harness, via: Via) -> Company {
    let company = harness.world.company("globex", via, "").await.unwrap();
    company.personio.put_all(people(PEOPLE));
    company.personio.add_category("Bildungszertifikate");
    company
}

#[tokio::test]
async fn a_configuration_of_another_tenant_is_rejected() {
    let harness = Harness::new(Via::Direct, "", people(PEOPLE)).await;
    let globex = neighbour(&harness, Via::Direct).await;
    // The file of one tenant under the name of the other.
    harness
        .store()
        .put_tenant(&globex.tenant, &harness.company.tenant_file(""))
        .await
        .unwrap();
    let report = harness.world.tick(&globex).await;
    assert_eq!(report.outcome, Outcome::BadConfiguration);
    assert!(
        harness.personio.requests().is_empty(),
        "nothing was asked with either's credentials"
    );
    let acme: &TenantId = &harness.company.tenant;
    let store = harness.store();
    let reports = store.reports::<serde_json::Value>(acme, 10).await.unwrap();
    assert!(reports.is_empty(), "{reports:?}");
}
