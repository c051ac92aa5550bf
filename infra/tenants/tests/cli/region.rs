//! The command line over a local region, as over AWS: nothing but `--stack` and an endpoint.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use local::Region;
use local::region::{Options, STACK};
use serde_json::json;
use shared::http::RateLimiter;
use shared::tenant::Via;
use tenants::Exit;
use tokio::sync::mpsc::unbounded_channel;

use crate::support::{Desk, Done};

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

/// A command in the region's environment.
async fn run(desk: &Desk, region: &Region, args: &[&str]) -> Done {
    let variables = region
        .environment()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let variables: HashMap<String, String> = variables.collect();
    let stack = ["--stack", STACK, "--json"];
    let args: Vec<&str> = args.iter().copied().chain(stack).collect();
    desk.run_in(variables, &args).await
}

/// Lets five minutes pass.
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
    let (file, credentials) = desk.files(&company, "");
    let done = run(
        &desk,
        &region,
        &["add", "--file", &file, "--credentials", &credentials],
    )
    .await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert!(company.reteach.customers().is_empty());

    // A schedule begins within its period and ten seconds.
    pass(&desk, &region).await;
    pass(&desk, &region).await;
    assert_eq!(company.reteach.customers().len(), 3);
    let status = run(&desk, &region, &["status", "acme"]).await;
    assert_eq!(status.exit, Exit::Done, "{}", status.out);
    assert_eq!(
        status.json()["health"]["problems"],
        json!([]),
        "{}",
        status.out
    );
    let runs = run(&desk, &region, &["runs", "acme"]).await.json();
    let outcomes = runs
        .as_array()
        .unwrap()
        .iter()
        .filter(|run| run["job"] == "employee-sync");
    assert!(
        outcomes.clone().any(|run| run["outcome"] == "done"),
        "{runs}"
    );

    let called = run(&desk, &region, &["sync", "acme", "--mode", "reconcile"]).await;
    assert_eq!(
        (called.exit, &called.json()["mode"]),
        (Exit::Done, &json!("reconcile")),
        "{}",
        called.out
    );

    assert_eq!(
        run(&desk, &region, &["pause", "acme"]).await.exit,
        Exit::Done
    );
    company.forget_calls();
    pass(&desk, &region).await;
    assert!(company.personio.requests().is_empty(), "nothing fires");
    assert_eq!(
        run(&desk, &region, &["resume", "acme"]).await.exit,
        Exit::Done
    );
    pass(&desk, &region).await;
    pass(&desk, &region).await;
    assert!(!company.personio.requests().is_empty(), "it fires again");

    assert_eq!(
        run(&desk, &region, &["remove", "acme", "--yes"]).await.exit,
        Exit::Done
    );
    assert!(region.schedules().is_empty());
    company.forget_calls();
    pass(&desk, &region).await;
    assert!(company.personio.requests().is_empty());
    assert_eq!(run(&desk, &region, &["list"]).await.json(), json!([]));
    assert_eq!(region.dead_letters(), []);
    assert_eq!(company.reteach.customers().len(), 3, "the accounts stay");
}

#[tokio::test]
async fn another_stack_s_name_is_not_there() {
    let desk = Desk::new().await;
    let region = region(&desk).await;
    let variables = region
        .environment()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let done = desk
        .run_in(variables, &["list", "--stack", "other", "--json"])
        .await;
    assert_eq!(done.exit, Exit::Usage);
    assert!(
        done.error().contains("there is no stack other"),
        "{}",
        done.error()
    );
}
