//! The command line over a local region, as over AWS: nothing but `--stack` and an endpoint.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use local::Region;
use local::region::{Options, STACK};
use serde_json::{Value, json};
use shared::http::RateLimiter;
use shared::tenant::Via;
use tenants::Exit;
use tokio::sync::mpsc::unbounded_channel;

use crate::support::Desk;

/// Nobody listens there.
const NO_WATCH: &str = "http://127.0.0.1:1";

async fn region(desk: &Desk) -> Region {
    let folder = PathBuf::from(desk.file("region", "")).with_extension("state");
    let options = Options {
        port: Some(0),
        clock: Arc::new(desk.clock().clone()),
        pace: Some(RateLimiter::new(&[])),
        ..Options::new(folder, NO_WATCH.parse().unwrap())
    };
    Box::pin(Region::start(options, unbounded_channel().0))
        .await
        .unwrap()
}

fn variables(region: &Region) -> HashMap<String, String> {
    let variables = region.environment().into_iter();
    variables
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The document of a command in the region's environment, which has to succeed.
async fn done(desk: &Desk, region: &Region, line: &str) -> Value {
    let line = format!("{line} --stack {STACK} --json");
    let done = desk.run_in(variables(region), &line).await;
    assert_eq!(done.exit, Exit::Done, "{line}: {}", done.out);
    done.json()
}

async fn pass(desk: &Desk, region: &Region) {
    for _ in 0..300 {
        desk.clock().advance(SignedDuration::from_secs(1));
        region.fire().await;
    }
}

#[tokio::test]
async fn a_tenant_s_life_in_a_local_region() {
    let desk = Desk::new().await;
    let region = region(&desk).await;
    let company = desk.company(Via::Direct).await;
    done(&desk, &region, &desk.add(&company, "")).await;
    assert!(company.reteach.customers().is_empty());

    // A schedule begins within its period and ten seconds.
    pass(&desk, &region).await;
    pass(&desk, &region).await;
    assert_eq!(company.reteach.customers().len(), 3);
    let status = done(&desk, &region, "status acme").await;
    assert_eq!(status["health"]["problems"], json!([]), "{status:#}");
    let runs = done(&desk, &region, "runs acme").await;
    let is_done = |run: &Value| run["job"] == "employee-sync" && run["outcome"] == "done";
    assert!(runs.as_array().unwrap().iter().any(is_done), "{runs:#}");
    let called = done(&desk, &region, "sync acme --mode reconcile").await;
    assert_eq!(called["mode"], "reconcile", "{called:#}");

    done(&desk, &region, "pause acme").await;
    company.forget_calls();
    pass(&desk, &region).await;
    assert!(company.personio.requests().is_empty(), "nothing fires");
    done(&desk, &region, "resume acme").await;
    pass(&desk, &region).await;
    pass(&desk, &region).await;
    assert!(!company.personio.requests().is_empty(), "it fires again");

    done(&desk, &region, "remove acme --yes").await;
    assert!(region.schedules().is_empty());
    company.forget_calls();
    pass(&desk, &region).await;
    assert!(company.personio.requests().is_empty());
    assert_eq!(done(&desk, &region, "list").await, json!([]));
    assert_eq!(region.dead_letters(), []);
    assert_eq!(company.reteach.customers().len(), 3, "the accounts stay");

    let other = "list --stack other";
    let hints = ["there is no stack other"];
    desk.fails_in(variables(&region), other, Exit::Usage, &hints)
        .await;
}
