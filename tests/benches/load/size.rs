//! How much of everything.

use std::time::Duration;

use harness::fleet::Hostility;
use shared::state::JobKind;

use crate::options::LoadOptions;

#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) tenants: usize,
    pub(super) people: u64,
    pub(super) hostile: usize,
    pub(super) environments: usize,
    /// Rounds without hostile tenants that are followed by one with them.
    pub(super) pairs: usize,
    pub(super) window: Duration,
    /// The deadline of a hostile tenant's run of employees,
    pub(super) employees: Duration,
    /// and of one of certificates, which begins no upload in its last 45 seconds.
    pub(super) certificates: Duration,
    pub(super) latency: Duration,
    /// Additional people of a tenant that floods, in the rounds.
    pub(super) flood: u64,
    pub(super) single: SingleSize,
}

/// What single tenants try, each in an environment of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct SingleSize {
    /// After the first runs, which are made by other processes at another pace: no minute has calls of both.
    pub(super) pause: Duration,
    pub(super) flood: u64,
    pub(super) deadline: Duration,
    /// To be filed in one run.
    pub(super) certificates: usize,
    /// Consecutive runs in which every token is refused.
    pub(super) logins: usize,
    /// Companies whose memory is measured: people, and accounts in their academy that are not theirs.
    pub(super) memory: &'static [(u64, u64)],
}

const FULL: SingleSize = SingleSize {
    pause: Duration::from_secs(60),
    flood: 50_000,
    deadline: Duration::from_secs(125),
    certificates: 90,
    logins: 40,
    memory: &[(10_000, 0), (50_000, 0), (1_000, 300_000)],
};

const QUICK: SingleSize = SingleSize {
    pause: Duration::ZERO,
    flood: 20_000,
    deadline: Duration::from_secs(12),
    certificates: 12,
    logins: 6,
    memory: &[(50_000, 0), (1_000, 300_000)],
};

impl Size {
    pub(super) fn new(options: &LoadOptions, is_quick: bool) -> Self {
        let (tenants, people, pairs, window) = if is_quick {
            (100, 20, 1, 5)
        } else {
            (1_000, 100, 3, 20)
        };
        let [employees, certificates] = if is_quick { [8, 8] } else { [30, 50] };
        let tenants = options.tenants.unwrap_or(tenants);
        let hostile = (tenants / 100).max(Hostility::ALL.len());
        Self {
            tenants,
            people: options.people.unwrap_or(people),
            hostile: options.hostile.unwrap_or(hostile),
            environments: options.environments,
            pairs: options.pairs.unwrap_or(pairs),
            window: Duration::from_secs(options.window.unwrap_or(window)),
            employees: Duration::from_secs(employees),
            certificates: Duration::from_secs(certificates),
            latency: Duration::from_millis(options.latency),
            flood: 100_000,
            single: if is_quick { QUICK } else { FULL },
        }
    }

    /// As long as on Lambda, unless the tenant is hostile.
    pub(super) fn deadline(&self, job: JobKind, is_hostile: bool) -> Duration {
        match (job, is_hostile) {
            (JobKind::Employees, true) => self.employees,
            (JobKind::Certificates, true) => self.certificates,
            (JobKind::Employees, false) => harness::EMPLOYEE_TIMEOUT,
            (JobKind::Certificates, false) => harness::CERTIFICATE_TIMEOUT,
        }
    }

    /// How the tenant with this number is hostile, if it is: the first ones are.
    pub(super) fn hostility(&self, company: usize) -> Option<Hostility> {
        let mut kinds = Hostility::ALL.into_iter().cycle();
        (company < self.hostile)
            .then(|| kinds.nth(company))
            .flatten()
    }
}
