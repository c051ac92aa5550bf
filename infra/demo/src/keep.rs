//! The console over the demo's companies, after the scenario.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shared::http::RateLimiter;
use tenants::args::{Global, Web};
use tenants::{Console, Environment, Interactivity};

use crate::demo::{Demo, DemoError};

/// Prints the console's address and serves it until Ctrl-C. Time stands still in the demo, and the vendors set no limits.
pub(crate) async fn serve(demo: &Demo, out: &mut (dyn Write + Send)) -> Result<(), DemoError> {
    let variables: HashMap<String, String> = demo.fixture.stack.environment().into_iter().collect();
    let environment = Environment {
        variables: Arc::new(move |name| variables.get(name).cloned()),
        clock: Arc::new(demo.fixture.clock.clone()),
        pace: Some(RateLimiter::new(&[])),
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
    let console = Console::start(global, args, &environment)
        .await
        .map_err(|failure| DemoError::Console(failure.text))?;
    writeln!(
        out,
        "The companies are at\n\n  {}\n\nCtrl-C ends it.",
        console.address()
    )?;
    out.flush()?;
    let ended = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    console.run(ended).await?;
    Ok(())
}
