//! `cargo local`: see `cargo local --help`.

use std::future::pending;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use local::args::Args;
use local::command::{self, OpenedConsole};
use shared::domain::clock::SystemClock;

#[tokio::main]
async fn main() -> ExitCode {
    command::run(Args::parse(), console, &mut io::stdout()).await
}

/// The console over AWS with these variables, until the process ends.
fn console(variables: Vec<(&'static str, String)>) -> OpenedConsole {
    Box::pin(async move {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let console = demo::open(variables, Arc::new(SystemClock), None)
            .await
            .map_err(|failure| failure.text)?;
        let address = console.address();
        tokio::spawn(console.run(pending()));
        Ok(address)
    })
}
