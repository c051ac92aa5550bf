//! The command line of `cargo local`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use reqwest::Url;

use crate::region::LAMBDA_URL;
use crate::vendors::{Act, List, Tenant};

/// The most people a company may have: everything is written to disk after each change.
const MOST_PEOPLE: i64 = 5_000;

/// AWS and simulated vendors on this machine, kept between starts
///
/// Starts a region of AWS in one process, behind one endpoint: DynamoDB, Secrets Manager, EventBridge Scheduler, Lambda and the
/// outputs of the stack `reteach-personio`. Schedules fire. The functions run in `cargo lambda watch` where it listens, else in
/// this process. What would have fired while it did not run is not made up for.
///
/// Starts a company for each route to Personio (local-direct, local-passthrough, local-kombo) with simulators of its Personio,
/// its academy in reteach, and Kombo where the route goes through it, all on loopback. What happens to them is kept in a folder:
/// started again, they have the same ports, people, accounts and documents. For each company a tenant file and credentials are
/// written there, for `cargo tenants add`. Runs until Ctrl-C or SIGTERM, with the machine's time and the vendors' own limits.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version, max_term_width = 100, after_long_help = AFTER_LONG)]
pub struct Args {
    /// What to do with what already runs; without it, everything is started
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where everything is kept
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = ".local",
        env = "LOCAL_STATE"
    )]
    pub state: PathBuf,
    /// Print JSON for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Start the vendors alone
    #[arg(long, conflicts_with_all = ["port", "lambda_url"])]
    pub vendors_only: bool,
    /// The port of AWS on 127.0.0.1, from now on [default: that of the last time, 8410 at first]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Where `cargo lambda watch` listens, if it does
    #[arg(long, value_name = "URL", default_value = LAMBDA_URL)]
    pub lambda_url: Url,
    /// People in each company that is not there yet, 1 to 5000
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=MOST_PEOPLE))]
    pub people: u32,
}

/// What can be done while everything runs.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Do what HR or an author of courses does; it is on disk when the command returns
    Act {
        /// Whose
        #[arg(long, value_enum, global = true, default_value = "local-direct")]
        tenant: Tenant,
        /// What
        #[command(subcommand)]
        act: Act,
    },
    /// Show what the vendors hold
    Show {
        /// What
        #[arg(value_enum)]
        list: List,
        /// Whose
        #[arg(long, value_enum, default_value = "local-direct")]
        tenant: Tenant,
    },
}

const AFTER_LONG: &str = r#"Exit status:
  0  done
  1  it could not be done, such as for somebody who is not there
  2  the command line, the folder or a port cannot be used

Examples:
  cargo local
      Starts everything, or goes on with what is in .local; leave it running.
  . .local/environment && cargo tenants add --file .local/local-direct.toml --credentials .local/local-direct.json
      In a second terminal: onboards one of the companies. The first tick comes within five minutes.
  . .local/environment && cargo lambda watch
      In a third: from then on the functions run there, and are built anew when their source changes.
  cargo lambda invoke employee-sync --data-ascii '{"tenant_id":"local-direct"}'
      Calls what runs there; with --invoke-address 127.0.0.1 --invoke-port 8410 the call goes through
      `cargo local`.
  cargo local act hire Erika Muster --email erika@muster.example --position Pflegekraft
  cargo local act change 1001 --position Teamleitung
  cargo local act leave 1001 --on 2026-12-31
  cargo local act certificate 1001 "Erste Hilfe"
      HR and an author of courses at work in local-direct; --tenant names another company.
  cargo local show accounts --tenant local-kombo
  cargo local show documents --json
      What reteach and Personio hold.

Kombo: `cargo tenants connect local-kombo …` prints a link; opening it (in a browser or with curl)
connects the company and shows the connection's id."#;
