//! Tenants side by side in one process: none reads or changes anything of another's, and nothing of one is in another's
//! traffic.

use harness::{Company, Harness, ROUTES, Tap, World, completed, marked, marked_company, people, unwatched};
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::id::{RunId, TenantId};
use shared::job::{Mode, Outcome};
use shared::secrets::SecretError;
use shared::state::{Job, StateError};
use shared::tenant::Via;
use simulators::aws::{AssumeRole, Sts};
use simulators::{Behaviour, Body, Fault};

const PEOPLE: u64 = 5;

/// Two tenants on a stack that gives each run the rights of its tenant alone.
async fn apart(via: Via) -> (World, Sts, [Company; 2]) {
    let now = "2026-05-11T08:00:00Z".parse().unwrap();
    let (world, sts) = World::start_with_sessions(now).await.unwrap();
    let mut companies = Vec::new();
    for name in ["acme", "acme-west"] {
        let company = world.company(name, via, "").await.unwrap();
        company.personio.put_all(people(PEOPLE));
        company.personio.add_category("Bildungszertifikate");
        companies.push(company);
    }
    (world, sts, companies.try_into().unwrap())
}

async fn both_jobs(world: &World, company: &Company) -> [Outcome; 2] {
    let employees = world.tick(company).await;
    company.reteach.add_participations([completed("c-1", 1, "Brandschutz", "2026-05-10T12:00:00Z")]);
    let certificates = world.run_certificates(company, Mode::Scheduled, Deadline::never(), &unwatched).await;
    [employees.outcome, certificates.report.outcome]
}

#[tokio::test]
async fn both_jobs_do_with_the_rights_of_one_tenant() {
    for via in ROUTES {
        let (world, sts, companies) = apart(via).await;
        for company in &companies {
            assert_eq!(both_jobs(&world, company).await, [Outcome::Done; 2], "{via:?}");
            assert_eq!(company.personio.documents().len(), 1, "{via:?}");
        }
        // One session for each tenant and function, and none of them names the other tenant.
        assert_eq!(sts.calls(AssumeRole), 4);
        for session in sts.sessions().into_values() {
            let (tenant, policy) = (&session["RoleSessionName"], &session["Policy"]);
            assert!(policy.contains(&format!("[\"TENANT#{tenant}\"]")), "{policy}");
            assert!(policy.contains(&format!("/{tenant}-??????\"")), "{policy}");
        }
    }
}

#[tokio::test]
async fn what_a_session_asked_again_is_in_the_report() {
    let (world, _sts, [acme, _]) = apart(Via::Direct).await;
    for proxy in world.stack.proxies().unwrap() {
        proxy.fail(Fault::new(Behaviour::Status(503, Body::Vendor)));
    }
    let report = world.tick(&acme).await;
    assert_eq!((report.outcome, report.dynamodb.retries), (Outcome::Done, 2), "{report:#?}");
    assert_eq!(world.tick(&acme).await.dynamodb.retries, 0);
}

#[tokio::test]
async fn what_another_tenant_has_is_out_of_reach() {
    let (world, _sts, [acme, other]) = apart(Via::Direct).await;
    for company in [&acme, &other] {
        both_jobs(&world, company).await;
    }
    let aws = world.stack.sessions().unwrap().unwrap().of(&acme.tenant).await.unwrap();
    let (store, secrets) = world.stack.for_function().unwrap();
    let (store, secrets) = (store.over(&aws), secrets.over(&aws));
    assert!(store.tenant(&acme.tenant).await.unwrap().is_some());
    assert!(secrets.get(&acme.tenant).await.is_ok());
    let denied = |error: StateError| assert!(matches!(error, StateError::Denied { .. }), "{error}");
    denied(store.tenant(&other.tenant).await.unwrap_err());
    denied(store.all_certificates(&other.tenant).await.unwrap_err());
    denied(store.list_tenants().await.unwrap_err());
    denied(store.put_tenant(&other.tenant, "").await.unwrap_err());
    let now = shared::clock::Clock::now(&world.clock);
    let owner = RunId::new("intruder");
    let taken =
        store.acquire(&other.tenant, Job::Employees, &owner, now, SignedDuration::from_secs(60)).await;
    denied(taken.unwrap_err());
    let error = secrets.get(&other.tenant).await.unwrap_err();
    assert!(matches!(error, SecretError::Denied { .. }), "{error}");
    // And the process itself, without a session, has no rights to any of it.
    let (store, _) = world.stack.for_function().unwrap();
    denied(store.tenant(&acme.tenant).await.unwrap_err());
}

#[tokio::test]
async fn without_a_session_nothing_is_done_and_the_report_says_why() {
    let (world, sts, [acme, _]) = apart(Via::Direct).await;
    sts.fail(Fault::new(Behaviour::Status(403, Body::Vendor)));
    let report = world.tick(&acme).await;
    assert_eq!(report.outcome, Outcome::StateUnavailable);
    assert!(
        report.message.contains("the tenants' role may not be assumed (AccessDenied)"),
        "{}",
        report.message
    );
    assert!(acme.personio.requests().is_empty() && acme.reteach.requests().is_empty());
    assert_eq!(report.dynamodb.calls, 0);
    // The next tick is the retry.
    assert_eq!(world.tick(&acme).await.outcome, Outcome::Done);
}

/// The vendors of a company, with what is sent to each of them.
struct Tapped {
    company: Company,
    taps: Vec<Tap>,
}

impl Tapped {
    async fn new(world: &World, company: Company, more: &str) -> Self {
        let mut file = company.tenant_file(more);
        let mut taps = Vec::new();
        let kombo = company.kombo.as_ref().map(|kombo| kombo.base_url());
        let vendors = [Some(company.personio.base_url()), Some(company.reteach.base_url()), kombo];
        for url in vendors.into_iter().flatten() {
            let origin: String = url.split_inclusive('/').take(3).collect();
            let tap = Tap::before(&origin).await;
            file = file.replace(origin.trim_end_matches('/'), tap.url());
            taps.push(tap);
        }
        world.stack.store().put_tenant(&company.tenant, &file).await.unwrap();
        Self { company, taps }
    }

    fn sent(&self) -> String {
        self.taps.iter().map(Tap::sent).collect()
    }

    /// The bearer tokens among it.
    fn tokens(&self) -> Vec<String> {
        let sent = self.sent();
        let bearer = |line: &str| line.strip_prefix("authorization: Bearer ").map(str::to_owned);
        let mut tokens: Vec<String> = sent.lines().filter_map(bearer).collect();
        tokens.sort();
        tokens.dedup();
        tokens
    }
}

/// Another company in the same processes, with people and credentials of its own.
async fn neighbour(harness: &Harness, via: Via) -> Company {
    let company = harness.world.company("globex", via, "").await.unwrap();
    company.personio.put_all(people(PEOPLE));
    company.personio.add_category("Bildungszertifikate");
    company
}

#[tokio::test]
async fn nothing_of_one_tenant_is_in_another_s_traffic() {
    for via in ROUTES {
        let harness = marked_company(via).await;
        harness.company.personio.add_category("Bildungszertifikate");
        let world = &harness.world;
        let globex = Tapped::new(world, neighbour(&harness, via).await, "").await;
        let acme = Tapped::new(world, harness.company.clone(), "").await;
        for round in 0..3 {
            both_jobs(world, &acme.company).await;
            both_jobs(world, &globex.company).await;
            acme.company.personio.put_all([marked(30 + round)]);
            globex.company.personio.put_all([harness::person(30 + round)]);
            // Both at once, as far as one process goes.
            tokio::join!(world.tick(&acme.company), world.tick(&globex.company));
            world.clock.advance(SignedDuration::from_mins(20));
        }
        let (of_acme, of_globex) = (acme.sent().to_lowercase(), globex.sent().to_lowercase());
        assert!(of_acme.contains(harness::MARK) && of_acme.contains("brandschutz"), "the tap sees it all");
        assert!(of_globex.contains("groß-1") && of_globex.contains("brandschutz"), "the tap sees it all");
        assert!(!of_globex.contains(harness::MARK), "{via:?}: acme's in globex's traffic");
        assert!(!of_globex.contains("acme"), "{via:?}: acme's in globex's traffic");
        assert!(
            !of_acme.contains("groß-") && !of_acme.contains("globex"),
            "{via:?}: globex's in acme's traffic"
        );
        let (tokens, others) = (acme.tokens(), globex.tokens());
        assert!(!tokens.is_empty() && !others.is_empty(), "{via:?}");
        for token in &tokens {
            assert!(!others.contains(token), "{via:?}: a token of acme's in globex's traffic");
        }
    }
}

#[tokio::test]
async fn a_configuration_that_names_another_tenant_is_not_run() {
    let harness = Harness::new(Via::Direct, "", people(PEOPLE)).await;
    let globex = neighbour(&harness, Via::Direct).await;
    // The file of one under the name of the other: whichever way it got there.
    harness.world.stack.store().put_tenant(&globex.tenant, &harness.company.tenant_file("")).await.unwrap();
    let report = harness.world.tick(&globex).await;
    assert_eq!(report.outcome, Outcome::BadConfiguration);
    assert!(harness.company.personio.requests().is_empty(), "nothing was asked with either's credentials");
    let acme: &TenantId = &harness.company.tenant;
    assert_eq!(
        harness.world.stack.store().reports::<serde_json::Value>(acme, 10).await.unwrap(),
        Vec::<serde_json::Value>::new()
    );
}
