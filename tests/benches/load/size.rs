//! How much of everything.

use std::time::Duration;

use harness::fleet::Hostility;
use shared::state::JobKind;

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
    pub(super) fn new(is_quick: bool) -> Self {
        if is_quick {
            return Self {
                tenants: 100,
                people: 20,
                hostile: 3,
                pairs: 1,
                window: Duration::from_secs(5),
                employees: Duration::from_secs(8),
                certificates: Duration::from_secs(8),
                single: QUICK,
                ..Self::new(false)
            };
        }
        Self {
            tenants: 1_000,
            people: 100,
            hostile: 10,
            environments: 64,
            pairs: 3,
            window: Duration::from_secs(20),
            employees: Duration::from_secs(30),
            certificates: Duration::from_secs(50),
            latency: Duration::from_millis(200),
            flood: 100_000,
            single: FULL,
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
