//! The vendors' own OpenAPI documents against what we say to the vendors, and against what our simulators answer in their place.
//! Prism (`@stoplight/prism-cli`) stands between both sides and names what breaks a document. `.ci/contract` runs it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod document;
mod gate;
mod known;
mod parameters;
mod prism;
mod scenario;
mod summary;
mod violation;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use harness::ROUTES;

use crate::document::Vendor;
use crate::gate::Gate;
use crate::known::Known;
use crate::scenario::Stage;
use crate::summary::Summary;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Prism and the vendors' documents: .ci/contract has both"]
async fn calls_and_answers_follow_the_vendors_documents() {
    let gate = Gate::open(&path("CONTRACT_PRISM"), &path("CONTRACT_SPECS")).await;
    let stages = futures::future::join_all(ROUTES.map(|via| scenario::play(&gate, via))).await;
    let summary = Summary::new(routes(&stages), gate.exchanges());
    let amiss = [summary.gaps(), Known::read().compare(&summary.found)].concat();
    writeln!(std::io::stdout(), "{}", summary.table()).unwrap();
    assert!(
        amiss.is_empty(),
        "{} things amiss:\n{}",
        amiss.len(),
        amiss.join("\n")
    );
}

fn path(name: &str) -> PathBuf {
    std::env::var_os(name)
        .unwrap_or_else(|| panic!("{name} is not set"))
        .into()
}

fn routes(stages: &[Stage]) -> BTreeMap<Vendor, Vec<(http::Method, &'static str)>> {
    let mut routes = BTreeMap::new();
    for stage in stages {
        let company = &stage.harness.company;
        routes.insert(Vendor::Personio, company.personio.routes());
        routes.insert(Vendor::Reteach, company.reteach.routes());
        if let Some(kombo) = &company.kombo {
            routes.insert(Vendor::Kombo, kombo.routes());
        }
    }
    routes
}
