//! The command line.

use clap::{Parser, ValueEnum};
use jiff::Timestamp;
use shared::tenant::Via;

use crate::demo::Options;

const MAX_PEOPLE: i64 = 50_000;

/// Shows the Personio–reteach sync at work, on this machine alone
///
/// Starts DynamoDB, Secrets Manager and simulators of Personio, Kombo and reteach on this machine, sets up a company for
/// each route to Personio, and runs both functions' own code through a scenario: a first sync, an unchanged tick, the
/// certificates of years filed in Personio, a day of changes, new certificates, a lost reply that makes no duplicate, a
/// rehire, a field that the academy refuses, a mistake that a brake holds, and its approval. After each step it shows the
/// reports, and compares reteach's accounts and Personio's documents with an independent calculation. Nothing leaves this
/// machine, and you need no account anywhere.
///
/// The simulators set no rate limits here, so the demo is fast. With real accounts both jobs keep the vendors' limits:
/// Personio takes 60 documents a minute, for example.
///
/// To see what a sync would do for a real tenant, use `cargo tenants plan`.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo demo", bin_name = "cargo demo", version, max_term_width = 100, after_help = AFTER, after_long_help = AFTER_LONG)]
pub struct Args {
    /// People in each company, 1 to 50000
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=MAX_PEOPLE))]
    pub people: u32,
    /// Only this route; can be repeated, all three by default
    #[arg(long, value_enum, value_name = "ROUTE")]
    pub route: Vec<Route>,
    /// Print one JSON document with all reports, and nothing else
    #[arg(long)]
    pub json: bool,
    /// Keep the companies after the scenario, and open the console over them until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    pub keep: bool,
}

const AFTER: &str = "`cargo demo --help` says more, with examples.";

const AFTER_LONG: &str = r#"Exit status:
  0  every check succeeded
  1  a check or a run failed
  2  the command line cannot be used

Environment:
  RUST_LOG  shows the log on standard error, such as RUST_LOG=info or RUST_LOG=shared=debug

Examples:
  cargo demo
      The whole scenario with three companies of 200 people.
  cargo demo --people 10000
      The same with 10,000 people each: the unchanged tick costs the same. Above 2,000 people
      there is one certificate for every ten.
  cargo demo --people 30 --route direct --json | jq '.steps[].tenants[].report.counts'
      The reports for a program.
  cargo demo --keep
      The scenario, and then the console: pages about the three companies in a browser."#;

/// A route as the command line spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Route {
    /// Personio's own API
    Direct,
    /// The same calls through Kombo, which holds the credentials
    KomboPassthrough,
    /// Kombo's unified model, a mirror
    Kombo,
}

impl From<Route> for Via {
    fn from(route: Route) -> Self {
        match route {
            Route::Direct => Self::Direct,
            Route::KomboPassthrough => Self::KomboPassthrough,
            Route::Kombo => Self::Kombo,
        }
    }
}

impl Args {
    pub(crate) fn options(&self) -> Options {
        let is_wanted = |route: &&Route| self.route.is_empty() || self.route.contains(route);
        let routes = Route::value_variants().iter().filter(is_wanted);
        Options {
            people: usize::try_from(self.people).unwrap_or(usize::MAX),
            routes: routes.map(|route| Via::from(*route)).collect(),
            // The scenario ends at the machine's present.
            ends_at: Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default(),
        }
    }
}
