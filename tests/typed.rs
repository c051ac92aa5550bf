//! What an operator types, in a world of the harness.

use std::collections::HashMap;
use std::io::{self, Cursor};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use harness::Harness;
use serde_json::Value;
use shared::http::RateLimiter;
use simulators::aws::OPERATOR;
use tenants::{Cli, Environment, Exit, Interactivity};

/// How a command ends, and what it prints as JSON.
pub(crate) async fn typed(harness: &Harness, args: &[&str]) -> (Exit, Value) {
    let of_stack = harness.world.stack.environment().into_iter();
    let own = ("AWS_ACCESS_KEY_ID".to_owned(), OPERATOR.to_owned());
    let variables: HashMap<_, _> = of_stack.chain([own]).collect();
    let environment = Environment {
        variables: Arc::new(move |name| variables.get(name).cloned()),
        clock: Arc::new(harness.world.clock.clone()),
        pace: Some(RateLimiter::new(&[])),
        input: Mutex::new(Box::new(Cursor::new(""))),
        errors: Mutex::new(Box::new(io::sink())),
        interactivity: Interactivity::NonInteractive,
        poll_interval: Duration::from_millis(1),
    };
    let mut out = Vec::new();
    let args = ["tenants"].iter().chain(args).chain(&["--json"]);
    let cli = Cli::try_parse_from(args).unwrap();
    let exit = Box::pin(tenants::run(cli, &environment, &mut out)).await;
    (exit, serde_json::from_slice(&out).unwrap_or_default())
}
