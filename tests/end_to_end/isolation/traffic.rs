//! Traffic of two tenants in one process: to vendors, file stores, DynamoDB and Secrets Manager.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use certificate_sync::CertificateSync;
use employee_sync::EmployeeSync;
use harness::{Company, Fixture, ROUTES, Tap, completed, marked, marked_company};
use jiff::SignedDuration;
use shared::aws::{self, Aws};
use shared::domain::clock::Clock;
use shared::domain::id::{RunId, TenantId};
use shared::http::{self, Calls, Context, Deadline, RateLimiter};
use shared::runtime::{App, Event, Job, Mode, Request};
use shared::secrets::Secrets;
use shared::state::Store;

use super::neighbour;

/// A company with a tap before each vendor and, last, before its file store.
struct Tapped {
    company: Company,
    taps: Vec<Tap>,
}

impl Tapped {
    async fn new(world: &Fixture, company: Company, more: &str) -> Self {
        let mut file = company.tenant_file(more);
        let mut taps = Vec::new();
        let kombo = company.kombo.as_ref().map(|kombo| kombo.base_url());
        let vendors = [
            Some(company.personio.base_url()),
            Some(company.reteach.base_url()),
            kombo,
        ];
        for url in vendors.into_iter().flatten() {
            let origin: String = url.split_inclusive('/').take(3).collect();
            let tap = Tap::before(&origin).await;
            file = file.replace(origin.trim_end_matches('/'), tap.url());
            taps.push(tap);
        }
        let files = company.reteach.downloads();
        let tap = Tap::before(&files.base_url()).await;
        files.set_url_base(tap.url());
        taps.push(tap);
        world
            .stack
            .store()
            .put_tenant(&company.tenant, &file)
            .await
            .unwrap();
        Self { company, taps }
    }

    fn files(&self) -> String {
        self.taps.last().map(Tap::sent).unwrap_or_default()
    }

    fn sent(&self) -> String {
        self.taps.iter().map(Tap::sent).collect()
    }

    /// Bearer tokens in the traffic.
    fn tokens(&self) -> Vec<String> {
        let sent = self.sent();
        let bearer = |line: &str| {
            line.strip_prefix("authorization: Bearer ")
                .map(str::to_owned)
        };
        let mut tokens: Vec<String> = sent.lines().filter_map(bearer).collect();
        tokens.sort();
        tokens.dedup();
        tokens
    }
}

/// Both functions in one process, with taps before DynamoDB and Secrets Manager.
struct TappedAws {
    employees: App<EmployeeSync>,
    certificates: App<CertificateSync>,
    taps: [Tap; 2],
    runs: AtomicU64,
}

impl TappedAws {
    async fn new(world: &Fixture) -> Self {
        let mut variables: HashMap<String, String> =
            world.stack.environment().into_iter().collect();
        let mut taps = Vec::new();
        for service in ["DYNAMODB", "SECRETS_MANAGER"] {
            let url = variables
                .get_mut(&format!("AWS_ENDPOINT_URL_{service}"))
                .unwrap();
            taps.push(Tap::before(url).await);
            *url = taps.last().unwrap().url().to_owned();
        }
        let read = |name: &str| variables.get(name).cloned();
        let aws = Aws::new(aws::sdk_config(read, aws::http_client().unwrap()).unwrap());
        let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
        let store = Store::new(&aws, &read("TABLE_NAME").unwrap());
        let secrets = Secrets::new(&aws, &read("SECRET_PREFIX").unwrap(), Arc::clone(&clock));
        let context =
            Context::new(http::client().unwrap(), clock, Calls::default()).with_simulators();
        let pace = RateLimiter::new(&[]);
        let employees = App::new(
            EmployeeSync,
            store.clone(),
            secrets.clone(),
            context.clone(),
        );
        let certificates = App::new(CertificateSync::new().unwrap(), store, secrets, context);
        Self {
            employees: employees.with_pace(pace.clone()),
            certificates: certificates.with_pace(pace),
            taps: taps.try_into().unwrap(),
            runs: AtomicU64::new(0),
        }
    }

    async fn run<W: Job>(&self, app: &App<W>, tenant: &TenantId) {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let event = Event {
            tenant_id: tenant.clone(),
            mode: Mode::Scheduled,
        };
        let run_id = RunId::new(format!("run-{number}"));
        let report = app
            .run(
                &Request {
                    event,
                    run_id,
                    deadline: Deadline::never(),
                },
                &|_| {},
            )
            .await
            .report;
        assert!(report.outcome.is_good(), "{report:?}");
    }

    /// Runs both jobs for `tenant` alone: every request to AWS concerns it.
    async fn alone(&self, tenant: &TenantId, other: &TenantId) {
        self.run(&self.employees, tenant).await;
        self.run(&self.certificates, tenant).await;
        for (service, requests) in self.requests() {
            for request in &requests {
                assert!(request.contains(tenant.as_str()), "{service}: {request}");
                assert!(
                    !request.contains(other.as_str()),
                    "{other}'s in {tenant}'s at {service}: {request}"
                );
            }
        }
    }

    /// Runs the employee job for both at once: no request to AWS concerns both.
    async fn together(&self, one: &TenantId, other: &TenantId) {
        tokio::join!(
            self.run(&self.employees, one),
            self.run(&self.employees, other)
        );
        let requests = self.requests();
        let [(service, requests), _] = &requests;
        let about = |tenant: &TenantId| {
            requests
                .iter()
                .filter(|request| request.contains(tenant.as_str()))
                .count()
        };
        assert!(
            about(one) > 2 && about(other) > 2,
            "{service}: the tap sees both"
        );
        assert_eq!(
            about(one) + about(other),
            requests.len(),
            "{service}: each is about one of them"
        );
    }

    fn requests(&self) -> [(&'static str, Vec<String>); 2] {
        let [dynamodb, secrets] = &self.taps;
        [
            ("DynamoDB", dynamodb.requests()),
            ("Secrets Manager", secrets.requests()),
        ]
    }
}

#[tokio::test]
async fn no_tenant_appears_in_another_tenants_traffic() {
    for via in ROUTES {
        let harness = marked_company(via).await;
        harness.personio.add_category("Bildungszertifikate");
        let world = &harness.world;
        let globex = Tapped::new(world, neighbour(&harness, via).await, "").await;
        let acme = Tapped::new(world, harness.company.clone(), "").await;
        let functions = TappedAws::new(world).await;
        let (a, g) = (&acme.company.tenant, &globex.company.tenant);
        for round in 0..3 {
            for company in [&acme.company, &globex.company] {
                let id = format!("{}-{round}", company.tenant);
                let course = completed(&id, 1, "Brandschutz", &harness.moment().to_string());
                // Before the first run there are no accounts.
                if round > 0 {
                    company.reteach.add_participations([course]);
                }
            }
            functions.alone(a, g).await;
            functions.alone(g, a).await;
            acme.company.personio.put_all([marked(30 + round)]);
            globex
                .company
                .personio
                .put_all([harness::person(30 + round)]);
            functions.together(a, g).await;
            world.clock.advance(SignedDuration::from_mins(40));
        }
        for (mine, other) in [(&acme, &globex), (&globex, &acme)] {
            let (files, name) = (mine.files().to_lowercase(), other.company.tenant.as_str());
            assert!(
                files.contains(&format!("/certificates/{}-1.pdf", mine.company.tenant)),
                "{via:?}: {files}"
            );
            assert!(
                !files.contains(name) && !files.contains("authorization"),
                "{via:?}: {files}"
            );
        }
        let (of_acme, of_globex) = (acme.sent().to_lowercase(), globex.sent().to_lowercase());
        assert!(
            of_acme.contains(harness::MARK) && of_acme.contains("brandschutz"),
            "the tap sees it all"
        );
        assert!(
            of_globex.contains("groß-1") && of_globex.contains("brandschutz"),
            "the tap sees it all"
        );
        assert!(
            !of_globex.contains(harness::MARK),
            "{via:?}: acme's in globex's traffic"
        );
        assert!(
            !of_globex.contains("acme"),
            "{via:?}: acme's in globex's traffic"
        );
        assert!(
            !of_acme.contains("groß-") && !of_acme.contains("globex"),
            "{via:?}: globex's in acme's traffic"
        );
        let (tokens, others) = (acme.tokens(), globex.tokens());
        assert!(!tokens.is_empty() && !others.is_empty(), "{via:?}");
        for token in &tokens {
            assert!(
                !others.contains(token),
                "{via:?}: a token of acme's in globex's traffic"
            );
        }
    }
}
