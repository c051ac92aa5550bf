//! A panic with everything that the jobs hold in memory shows no personal data.

use std::fmt;
use std::process::Command;
use std::sync::Arc;

use harness::{MARK, ROUTES, Witness, ignore_progress, marked_company};
use shared::document::DocumentSink as _;
use shared::http::{Calls, Context, Deadline, RateLimiter};
use shared::routes::Connections;
use shared::runtime::Mode;
use shared::source::read_all;
use shared::tenant::{TenantConfig, Via};

/// Route of the panicking process; set in the child process.
const ROUTE: &str = "PANICS_ON_ROUTE";

/// Runs the steps of both jobs and panics with all their values.
async fn panics(via: Via) {
    let seen = Witness::new(marked_company(via).await);
    let (world, company) = (&seen.harness.world, &seen.harness.company);
    // Plans with content: everybody is new; then one person has another name and a certificate.
    let first = world
        .run(company, Mode::DryRun, Deadline::never(), &ignore_progress)
        .await;
    assert!(world.tick(company).await.outcome.is_good());
    seen.harness
        .change(3, |person| person.last_name = "Zwetschge, neu".to_owned());
    company.personio.add_category("Bildungszertifikate");
    super::issue(&seen, 1..4);
    let changed = world
        .run(company, Mode::DryRun, Deadline::never(), &ignore_progress)
        .await;
    let filings = world
        .run_certificates(company, Mode::DryRun, Deadline::never(), &ignore_progress)
        .await;
    assert!(first.plan.is_some() && changed.plan.is_some() && filings.plan.is_some());

    let secret = world.stack.secrets().get(&company.tenant).await.unwrap();
    let config = TenantConfig::parse(&company.tenant_file("")).unwrap();
    let clock = Arc::new(world.clock.clone());
    let context =
        Context::new(shared::http::client().unwrap(), clock, Calls::default()).with_simulators();
    let connections: Connections = Connections::new(&config, &secret, &context).unwrap();
    let sink: Connections = Connections::new(&config, &secret, &context).unwrap();
    let (connections, sink) = (
        connections.with_pace(&RateLimiter::new(&[])),
        sink.with_pace(&RateLimiter::new(&[])),
    );
    let people = read_all(&connections.hr, 0).await.unwrap();
    let accounts = connections.reteach.list_all(Vec::new).await.unwrap();
    let certificates = connections
        .reteach
        .participations(&shared::reteach::Filter::default(), 1, 250)
        .await
        .unwrap();
    let folders = sink.hr.categories().await.unwrap();
    assert!(people.0.len() > 10 && accounts.accounts.len() > 10);
    assert!(!certificates.participations.is_empty() && !folders.is_empty());
    let held: [(&str, &dyn fmt::Debug); 11] = [
        ("the first plan", &first.plan),
        ("a plan of changes", &changed.plan),
        ("a plan of certificates", &filings.plan),
        ("the secret", &secret),
        ("a source", &connections),
        ("a sink", &sink),
        ("people", &people),
        ("accounts", &accounts),
        ("participations", &certificates),
        ("folders", &folders),
        ("the world", world),
    ];
    panic!("{held:#?}");
}

#[test]
fn a_panic_message_shows_no_personal_data() {
    let on_runtime = |via| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(Box::pin(panics(via)));
    };
    if let Ok(route) = std::env::var(ROUTE) {
        return on_runtime(
            ROUTES
                .into_iter()
                .find(|via| local::route(*via) == route)
                .unwrap(),
        );
    }
    for via in ROUTES {
        let name = "privacy_all_commands::panics::a_panic_message_shows_no_personal_data";
        let mut process = Command::new(std::env::current_exe().unwrap());
        process
            .args([name, "--exact", "--nocapture"])
            .env(ROUTE, local::route(via));
        let output = process.env("RUST_BACKTRACE", "full").output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).to_lowercase();
        assert!(
            !output.status.success() && said.contains("panicked at"),
            "{via:?}: {said}"
        );
        for shown in ["the first plan", "the secret", "folders", "the world"] {
            assert!(
                said.contains(shown),
                "{via:?}: it panicked before it held {shown}: {said}"
            );
        }
        let found: Vec<_> = said.lines().filter(|line| line.contains(MARK)).collect();
        assert!(found.is_empty(), "{via:?}: {found:#?}");
    }
}
