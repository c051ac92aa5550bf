//! The command line.

use std::time::Duration;

use clap::Parser;
use harness::fleet::Hostility;
use shared::domain::id::TenantId;
use shared::state::JobKind;

/// Runs both jobs for very many tenants, again and again, every other time with hostile ones among them
///
/// Prints how long the others' runs took, and how fast each credential was used. Ends with 1 if a tenant starved, an account
/// or a document is not as it should be, a limit was broken, an honest tenant was answered 429, or a hostile tenant did not end
/// in time, kept its lease or did not recover. Times are judged only with --judge.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --workspace --bench load --", max_term_width = 100)]
pub(crate) struct Args {
    /// How many tenants
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    tenants: usize,
    /// How many people each
    #[arg(long, value_name = "N", default_value_t = 100)]
    people: u64,
    /// How many tenants are hostile [default: one in a hundred, and at least three]
    #[arg(long, value_name = "N")]
    hostile: Option<usize>,
    /// How many environments each function has
    #[arg(long, value_name = "N", default_value_t = 64)]
    environments: usize,
    /// How many times a round without hostile tenants is followed by one with them
    #[arg(long, value_name = "N", default_value_t = 3)]
    pairs: usize,
    /// Within this time every tenant has its tick of either job, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    window: u64,
    /// How long each vendor takes to answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 200)]
    latency: u64,
    /// 100 tenants of 20 people, one pair, nothing that takes minutes: for every change
    #[arg(long, conflicts_with_all = ["tenants", "people", "pairs", "window"])]
    quick: bool,
    /// End with 1 as well if the others' 99th percentile is more than 5 % higher beside hostile tenants than without, where the
    /// rounds without agree among themselves. For a machine with nothing else to do, and not for the quick set: of its hundred
    /// runs two decide the 99th percentile
    #[arg(long, conflicts_with = "quick")]
    pub(crate) judge: bool,
    /// Be the function, for this tenant
    #[arg(long, hide = true, value_parser = TenantId::parse)]
    pub(crate) function: Option<TenantId>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) tenants: usize,
    pub(crate) people: u64,
    pub(crate) hostile: usize,
    pub(crate) environments: usize,
    pub(crate) pairs: usize,
    pub(crate) window: Duration,
    /// How long a hostile tenant's run of employees may take,
    pub(crate) employees: Duration,
    /// and one of certificates, which begins no upload in its last 45 seconds.
    pub(crate) certificates: Duration,
    pub(crate) latency: Duration,
    /// People of a tenant that has too many, in the rounds.
    pub(crate) flood: u64,
    pub(crate) beside: Beside,
}

/// How much of what is tried in an environment of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beside {
    /// After the first runs, which other processes make, at a pace of their own: no minute has calls of both.
    pub(crate) pause: Duration,
    pub(crate) flood: u64,
    pub(crate) deadline: Duration,
    /// To be filed in one run.
    pub(crate) certificates: usize,
    /// Runs one after another in which every token is refused.
    pub(crate) logins: usize,
    /// Companies' sizes at which memory is measured.
    pub(crate) memory: &'static [u64],
}

impl Args {
    pub(crate) fn size(&self) -> Size {
        let (tenants, people, pairs, window) = if self.quick {
            (100, 20, 1, 5)
        } else {
            (self.tenants, self.people, self.pairs, self.window)
        };
        let [employees, certificates] =
            if self.quick { [8, 8] } else { [30, 50] }.map(Duration::from_secs);
        let beside = if self.quick {
            Beside {
                pause: Duration::ZERO,
                flood: 5_000,
                deadline: Duration::from_secs(12),
                certificates: 12,
                logins: 6,
                memory: &[5_000],
            }
        } else {
            Beside {
                pause: Duration::from_secs(60),
                flood: 50_000,
                deadline: Duration::from_secs(125),
                certificates: 90,
                logins: 40,
                memory: &[10_000, 50_000, 100_000],
            }
        };
        Size {
            tenants,
            people,
            hostile: self
                .hostile
                .unwrap_or_else(|| (tenants / 100).max(Hostility::ALL.len())),
            environments: self.environments,
            pairs,
            window: Duration::from_secs(window),
            employees,
            certificates,
            latency: Duration::from_millis(self.latency),
            flood: 100_000,
            beside,
        }
    }
}

impl Size {
    /// How long a run may take: as long as on Lambda, if nobody is hostile.
    pub(crate) fn deadline(&self, job: JobKind, is_hostile: bool) -> Duration {
        match (job, is_hostile) {
            (JobKind::Employees, true) => self.employees,
            (JobKind::Certificates, true) => self.certificates,
            (JobKind::Employees, false) => Duration::from_secs(240),
            (JobKind::Certificates, false) => Duration::from_secs(900),
        }
    }

    /// What kind of burden the tenant with this number is in a hostile round, if any: the first ones are.
    pub(crate) fn hostility(&self, company: usize) -> Option<Hostility> {
        let mut kinds = Hostility::ALL.into_iter().cycle();
        (company < self.hostile)
            .then(|| kinds.nth(company))
            .flatten()
    }
}
