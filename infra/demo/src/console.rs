//! The console over AWS in this process: after the scenario, and next to `cargo local`.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shared::domain::clock::Clock;
use shared::http::RateLimiter;
use tenants::args::{Global, Web};
use tenants::{Console, Environment, Failure, Interactivity};

/// Listens for a browser, and knows these variables alone. `pace` replaces the vendors' limits.
pub async fn open(
    variables: HashMap<String, String>,
    clock: Arc<dyn Clock>,
    pace: Option<RateLimiter>,
) -> Result<Console, Failure> {
    let environment = Environment {
        variables: Arc::new(move |name| variables.get(name).cloned()),
        clock,
        pace,
        input: Mutex::new(Box::new(io::empty())),
        errors: Mutex::new(Box::new(io::stderr())),
        interactivity: Interactivity::NonInteractive,
        poll_interval: Duration::from_secs(1),
    };
    let global = Global {
        stack: None,
        region: None,
        json: false,
    };
    let args = Web {
        read_only: false,
        port: 0,
    };
    Console::start(global, args, &environment).await
}
