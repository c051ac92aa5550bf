//! The parts of a deployment, from the outputs of its stack or from the environment.

mod outputs;

use shared::state::JobKind;

pub(crate) use outputs::{of_environment, of_stack};

/// The parts of a deployment that the command line uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deployment {
    pub(crate) table: String,
    pub(crate) secret_prefix: String,
    pub(crate) functions: Functions,
    /// `None` for a local stack, which has no scheduler.
    pub(crate) scheduler: Option<Scheduler>,
    pub(crate) notices: Notices,
    /// The ARN of the topic that alarms go to.
    pub(crate) alarms: Option<String>,
    /// The version that the stack was built from.
    pub(crate) release: Option<String>,
}

/// The stack's channels for notices, as far as its parameters name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notices {
    pub(crate) topic: Option<String>,
    pub(crate) sender: Option<String>,
}

/// The functions' ARNs, as far as they are deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Functions {
    pub(crate) employees: Option<String>,
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheduler {
    pub(crate) group: String,
    pub(crate) role: String,
    pub(crate) queue: String,
    pub(crate) employees: String,
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
