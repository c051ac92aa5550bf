//! Which table, secrets, schedules and functions: the outputs of a deployed stack, or the environment.

mod outputs;

use shared::state::JobKind;

pub(crate) use outputs::{of_environment, of_stack};

/// Everything of a deployment that the command line works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deployment {
    /// The stack's name; `None` where the environment names the parts.
    pub(crate) stack: Option<String>,
    /// DynamoDB's table.
    pub(crate) table: String,
    /// What the secrets' names begin with.
    pub(crate) secret_prefix: String,
    /// The functions.
    pub(crate) functions: Functions,
    /// What schedules are made of; `None` where there is no scheduler (on a local stack).
    pub(crate) scheduler: Option<Scheduler>,
}

/// The functions' ARNs, as far as they are deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Functions {
    /// People.
    pub(crate) employees: Option<String>,
    /// Certificates.
    pub(crate) certificates: Option<String>,
}

impl Functions {
    pub(crate) fn of(&self, job: JobKind) -> Option<&str> {
        match job {
            JobKind::Employees => self.employees.as_deref(),
            JobKind::Certificates => self.certificates.as_deref(),
        }
    }
}

/// What schedules are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheduler {
    /// The group that they are in.
    pub(crate) group: String,
    /// The role that fires them.
    pub(crate) role: String,
    /// Where what could not be delivered goes.
    pub(crate) queue: String,
    /// What they fire.
    pub(crate) employees: String,
    /// What they fire.
    pub(crate) certificates: String,
}

impl Scheduler {
    pub(crate) fn function(&self, job: JobKind) -> &str {
        match job {
            JobKind::Employees => &self.employees,
            JobKind::Certificates => &self.certificates,
        }
    }
}
