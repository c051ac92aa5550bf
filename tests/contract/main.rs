//! Checks our calls, and the simulators' answers, against the vendors' OpenAPI documents.
//! Prism (`@stoplight/prism-cli`) proxies every call and reports each violation. `.ci/contract` runs this test: `CONTRACT_PRISM`
//! is the program, `CONTRACT_SPECS` the folder of prepared documents.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod document;
mod known_differences;
mod parameters;
mod prism;
mod proxy;
mod scenario;
mod summary;
mod violation;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use harness::ROUTES;

use crate::document::Vendor;
use crate::known_differences::KnownDifferences;
use crate::proxy::PrismProxy;
use crate::scenario::Fixture;
use crate::summary::Summary;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prism and the vendors' documents: .ci/contract has both"]
async fn calls_and_answers_follow_the_vendors_documents() {
    let proxy = PrismProxy::open(&path("CONTRACT_PRISM"), &path("CONTRACT_SPECS")).await;
    let fixtures = futures::future::join_all(ROUTES.map(|via| scenario::run(&proxy, via))).await;
    let summary = Summary::new(routes(&fixtures), proxy.exchanges());
    let problems = [
        summary.gaps(),
        KnownDifferences::read().compare(&summary.found),
    ]
    .concat();
    writeln!(std::io::stdout(), "{}", summary.table()).unwrap();
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

fn path(name: &str) -> PathBuf {
    std::env::var_os(name)
        .unwrap_or_else(|| panic!("{name} is not set"))
        .into()
}

fn routes(fixtures: &[Fixture]) -> BTreeMap<Vendor, Vec<(http::Method, &'static str)>> {
    let mut routes = BTreeMap::new();
    for fixture in fixtures {
        let company = &fixture.harness.company;
        routes.insert(Vendor::Personio, company.personio.routes());
        routes.insert(Vendor::Reteach, company.reteach.routes());
        if let Some(kombo) = &company.kombo {
            routes.insert(Vendor::Kombo, kombo.routes());
        }
    }
    routes
}
