//! The console over the demo's companies, after the scenario.

use std::io::Write;
use std::sync::Arc;

use shared::http::RateLimiter;

use crate::console;
use crate::demo::{Demo, DemoError};

/// Prints the console's address and serves it until Ctrl-C. Time stands still in the demo, and the vendors set no limits.
pub(crate) async fn serve(demo: &Demo, out: &mut (dyn Write + Send)) -> Result<(), DemoError> {
    let variables = demo.fixture.stack.environment().into_iter().collect();
    let clock = Arc::new(demo.fixture.clock.clone());
    let console = console::open(variables, clock, Some(RateLimiter::new(&[])))
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
