//! The command line of `cargo local`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use reqwest::Url;

use crate::region::LAMBDA_URL;
use crate::vendors::{Action, List, LocalTenant};

/// Every change writes the whole company to disk.
const MAX_PEOPLE: i64 = 5_000;

/// Runs AWS and simulated vendors on this machine, and keeps their state between starts
///
/// Starts one region of AWS in this process, behind one endpoint: DynamoDB, Secrets Manager, EventBridge Scheduler, Lambda and
/// the outputs of the stack `reteach-personio`. Schedules fire. Functions run in `cargo lambda watch` if it listens, otherwise in
/// this process. Schedules that would have fired while nothing was running are skipped.
///
/// Starts a company for each route to Personio (local-direct, local-passthrough, local-kombo) with simulators of its Personio,
/// its academy in reteach, and Kombo on the routes through it, all on loopback. A folder keeps their state: after a restart they
/// have the same ports, people, accounts and documents. It also has a tenant file and credentials of each company, for
/// `cargo tenants add`. Runs until Ctrl-C or SIGTERM, with real time and the vendors' own limits.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version, max_term_width = 100, after_long_help = AFTER_LONG)]
pub struct Args {
    /// A command for the running vendors; without one, everything is started
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The folder with the state
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
    /// Start the vendors without AWS
    #[arg(long, conflicts_with_all = ["port", "lambda_url"])]
    pub vendors_only: bool,
    /// The port of AWS on 127.0.0.1, kept for later starts [default: the last one, 8410 at first]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// The address of `cargo lambda watch`
    #[arg(long, value_name = "URL", default_value = LAMBDA_URL)]
    pub lambda_url: Url,
    /// People in each new company, 1 to 5000
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=MAX_PEOPLE))]
    pub people: u32,
}

/// Commands for the running vendors.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Act as HR or as an author of courses; the result is on disk when the command returns
    Act {
        /// Tenant to change
        #[arg(long, value_enum, global = true, default_value = "local-direct")]
        tenant: LocalTenant,
        #[command(subcommand)]
        action: Action,
    },
    /// List what the vendors hold
    Show {
        /// List to print
        #[arg(value_enum)]
        list: List,
        /// Tenant to inspect
        #[arg(long, value_enum, default_value = "local-direct")]
        tenant: LocalTenant,
    },
}

const AFTER_LONG: &str = r#"Exit status:
  0  success
  1  the command failed, for example because the employee does not exist
  2  the command line, the folder or a port cannot be used

Examples:
  cargo local
      Starts everything with the state in .local, and prints the console's address; leave it running.
  . .local/environment
  cargo tenants add --file .local/local-direct.toml --credentials .local/local-direct.json
      In a second terminal: onboards one of the companies. The first run starts within 6 minutes.
  . .local/environment && cargo lambda watch
      In a third: from now on the functions run there and are rebuilt when their source changes.
  cargo lambda invoke employee-sync --data-ascii '{"tenant_id":"local-direct"}'
      Invokes the function there. With --invoke-address 127.0.0.1 --invoke-port 8410 the call goes
      through `cargo local`.
  cargo local act hire Erika Muster --email erika@muster.example --position Pflegekraft
  cargo local act change 1001 --position Teamleitung
  cargo local act leave 1001 --on 2026-12-31
  cargo local act certificate 1001 "Erste Hilfe"
      Acts as HR and as an author of courses in local-direct; --tenant names another company.
  cargo local show accounts --tenant local-kombo
  cargo local show documents --json
      Lists reteach's accounts and Personio's documents.

Kombo: `cargo tenants connect local-kombo …` prints a link; opening it (in a browser or with curl)
connects the company and shows the connection's id."#;
