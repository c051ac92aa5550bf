//! `cargo local`: see `cargo local --help`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use local::region::serve::{self, Start};
use local::region::{LAMBDA_URL, Options, Region, RegionError, Told};
use reqwest::Url;
use tokio::sync::mpsc::unbounded_channel;

/// AWS on this machine, and it stays: everything that the functions and `tenants` need
///
/// One process and one endpoint for DynamoDB, Secrets Manager, EventBridge Scheduler, Lambda and the outputs of the stack
/// `reteach-personio`. Schedules fire. The functions run in `cargo lambda watch` where it listens, else in this process.
/// Everything is kept in a folder, so that it goes on from there the next time; what would have fired meanwhile is not
/// made up for. To start over, delete the folder.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version, max_term_width = 100, after_long_help = AFTER)]
struct Args {
    /// Where everything is kept; made if it is not there. The credentials in it are readable by you alone
    #[arg(long, value_name = "DIR", default_value = ".local")]
    state: PathBuf,
    /// The endpoint's port on 127.0.0.1, from now on [default: that of the last time, 8410 at first]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Where `cargo lambda watch` listens, if it does
    #[arg(long, value_name = "URL", default_value = LAMBDA_URL)]
    lambda_url: Url,
    /// Print one JSON document per line: the environment first, then each invocation
    #[arg(long)]
    json: bool,
}

const AFTER: &str = r#"Exit status:
  0  it was interrupted
  2  the command line, the folder or a port cannot be used

Examples:
  cargo local
      In the first terminal; leave it running.
  . .local/environment && cargo tenants add --file acme.toml --credentials acme.json
      In a second terminal. The first tick comes within five minutes.
  . .local/environment && cargo lambda watch
      In a third: from then on the functions run there, and are built anew when their source changes.
  cargo lambda invoke employee-sync --data-ascii '{"tenant_id":"acme"}'
      Calls what runs in `cargo lambda watch`; with --invoke-port 8410 it goes through `cargo local`."#;

/// The command line, the folder or a port cannot be used.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    if std::env::var_os("RUST_LOG").is_some() {
        shared::telemetry::init_to(io::stderr);
    }
    match Box::pin(run(&args)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(USAGE)
        }
    }
}

#[expect(clippy::print_stderr, reason = "this is where a command says what went wrong")]
fn complain(error: &RegionError) {
    eprintln!("error: {error}");
}

async fn run(args: &Args) -> Result<(), RegionError> {
    let (tell, mut told) = unbounded_channel();
    let options = Options { port: args.port, ..Options::new(args.state.clone(), args.lambda_url.clone()) };
    let region = Box::pin(Region::start(options, tell)).await?;
    let start = Start::new(&region, &args.state);
    say(&if args.json { json(&start) } else { start.to_string() });
    let show = |told: &Told| say(&if args.json { json(told) } else { told.to_string() });
    serve::run(&region, &mut told, show, ended()).await;
    if region.under_way() > 0 {
        if !args.json {
            say("Waiting for what is under way; Ctrl-C again does not.");
        }
        serve::finish(&region, &mut told, show, ended()).await;
    }
    Ok(())
}

fn json(document: &impl serde::Serialize) -> String {
    // Values that were built here have string keys and finite numbers.
    serde_json::to_string(document).unwrap_or_default()
}

/// A closed pipe is no reason to stop.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Ctrl-C, or SIGTERM where there is one.
async fn ended() {
    #[cfg(unix)]
    if let Ok(mut term) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    // Without signals it ends as everything else does.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn it_is_kept_beside_the_workspace_and_looks_for_cargo_lambda_where_it_listens() {
        let args = Args::try_parse_from(["local"]).unwrap();
        assert_eq!((args.state, args.port), (PathBuf::from(".local"), None));
        assert_eq!(args.lambda_url.as_str(), "http://127.0.0.1:9000/");
        for wrong in ["--port 0", "--port 70000", "--lambda-url nowhere"] {
            let line = std::iter::once("local").chain(wrong.split(' '));
            assert!(Args::try_parse_from(line).is_err(), "{wrong}");
        }
    }
}
