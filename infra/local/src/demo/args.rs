//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use shared::tenant::Via;

use super::play::Options;
use super::present;

/// The most people a company of the demo may have.
const MOST_PEOPLE: i64 = 50_000;

/// Shows the Personio–reteach sync at work: on this machine alone, or as a real tenant's plan
///
/// Without --tenant: starts DynamoDB, Secrets Manager and simulators of Personio, Kombo and reteach on this machine, sets
/// up a company for each route to Personio, and runs both functions' own code through a story: a first sync, an unchanged
/// tick, the certificates of years filed in Personio, a day of changes, new certificates, a lost reply that makes no
/// duplicate, a mistake that a brake holds, its approval. After each scene the reports are shown, and reteach's accounts
/// and Personio's documents are compared with what an independent calculation says they should be. Nothing leaves this
/// machine, and no account of yours is needed.
///
/// The simulators set no rate limits here, so that nobody waits. With real accounts both jobs keep the vendors' pace:
/// Personio takes 60 documents a minute, for example.
///
/// With --tenant and --credentials: shows what the first sync of a real tenant would do, and how many certificates would be
/// filed after it. Nothing is written, neither to reteach nor to Personio nor anywhere else, unless --apply is given.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo demo", bin_name = "cargo demo", version, max_term_width = 100, after_help = AFTER, after_long_help = AFTER_LONG)]
pub struct Args {
    /// People in each company, 1 to 50000
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=MOST_PEOPLE))]
    pub people: u32,
    /// Only this route; may be given several times
    ///
    /// direct: Personio's own API. kombo-passthrough: the same calls through Kombo, which holds the credentials.
    /// kombo: Kombo's unified model, a mirror. All three by default.
    #[arg(long, value_enum, value_name = "ROUTE")]
    pub route: Vec<Route>,
    /// Print one JSON document with all reports, and nothing else
    #[arg(long)]
    pub json: bool,
    /// A real tenant's file (TOML); its plan is shown, nothing is written
    #[arg(long, value_name = "FILE", requires = "credentials", conflicts_with_all = ["people", "route"])]
    pub tenant: Option<PathBuf>,
    /// The tenant's credentials (JSON), or - for standard input
    #[arg(long, value_name = "FILE", requires = "tenant")]
    pub credentials: Option<PathBuf>,
    /// Show old and new values too, not only the fields' names, and which certificates are whose: personal data
    #[arg(long, requires = "tenant")]
    pub details: bool,
    /// Carry out what both jobs would do, after asking for the tenant's name
    ///
    /// What was done is recorded in the file of --state. Certificates that are filed cannot be taken back through any API, and
    /// without the record they would be filed again: a deployed stack, which has a record of its own, does so. To try the
    /// employee job alone, give the tenant file `[certificates] enabled = false`.
    #[arg(long, requires = "tenant")]
    pub apply: bool,
    /// Where --apply records what was done [default: beside the tenant file, with the ending .state]
    ///
    /// A file that is there is used by plans as well.
    #[arg(long, value_name = "FILE", requires = "tenant")]
    pub state: Option<PathBuf>,
    /// Do not ask before --apply
    #[arg(long, requires = "apply")]
    pub yes: bool,
}

const AFTER: &str = "`cargo demo --help` says more, with examples.";

const AFTER_LONG: &str = r#"Exit status:
  0  all is as it should be
  1  a check failed, a run failed, or a plan is held
  2  the command line or a file cannot be used

Environment:
  RUST_LOG  shows the log on standard error, such as RUST_LOG=info or RUST_LOG=shared=debug

Examples:
  cargo demo
      The whole story with three companies of 200 people.
  cargo demo --people 10000
      The same with 10,000 people each: the unchanged tick costs the same. Above 2,000 people
      there is one certificate for every ten.
  cargo demo --people 30 --route direct --json | jq .play.scenes[].parts[].report.counts
      The reports for a program.
  cargo demo --tenant acme.toml --credentials secret.json
      What the first sync of a real tenant would do, with people by their id, and how many
      certificates would be filed after it.
  pass show acme | cargo demo --tenant acme.toml --credentials - --details
      The same with old and new values and the ids of certificates, and credentials that never
      touch the disk.
  cargo demo --tenant acme.toml --credentials secret.json --apply
      Does both, after asking.

A tenant file has at least:
  tenant_id = "acme"
  time_zone = "Europe/Berlin"
  [personio]
  via = "direct"

Credentials, only the parts that the route needs:
  {"personio": {"client_id": "…", "client_secret": "…"}, "kombo": {"api_key": "…"},
   "reteach": {"client_id": "…", "client_secret": "…", "client_code": "…"}}"#;

/// A route, as the command line spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Route {
    /// Personio's own API
    Direct,
    /// The same calls through Kombo
    KomboPassthrough,
    /// Kombo's unified model
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

/// What the command line asks for.
#[derive(Clone, Debug)]
pub(super) enum Mode {
    /// The story.
    Play(Options),
    /// A real tenant.
    Real(Request),
}

/// A real tenant's run.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) tenant: PathBuf,
    pub(super) credentials: PathBuf,
    pub(super) details: bool,
    pub(super) apply: Apply,
    /// Where the state is kept.
    pub(super) state: PathBuf,
}

/// Whether the plan is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apply {
    No,
    AfterAsking,
    Unasked,
}

impl Args {
    pub(super) fn mode(self) -> Mode {
        if let (Some(tenant), Some(credentials)) = (self.tenant, self.credentials) {
            let apply = match (self.apply, self.yes) {
                (false, _) => Apply::No,
                (true, false) => Apply::AfterAsking,
                (true, true) => Apply::Unasked,
            };
            let state = self.state.unwrap_or_else(|| tenant.with_extension("state"));
            return Mode::Real(Request {
                tenant,
                credentials,
                details: self.details,
                apply,
                state,
            });
        }
        let all = [Route::Direct, Route::KomboPassthrough, Route::Kombo];
        let routes = all
            .into_iter()
            .filter(|route| self.route.is_empty() || self.route.contains(route));
        let people = usize::try_from(self.people).unwrap_or(usize::MAX);
        Mode::Play(Options {
            people,
            routes: routes.map(Via::from).collect(),
            ends_at: present(),
        })
    }
}
