//! What the academy holds and was asked, and what no run may ever do.

use shared::tenant::Via;
use simulators::reteach::Customer;
use simulators::{Received, personio};

use crate::Harness;

impl Harness {
    /// The account of the person with this id.
    #[must_use]
    pub fn account(&self, id: u64) -> Customer {
        self.find(id)
            .unwrap_or_else(|| panic!("there is no account personio:{id}"))
    }

    /// The account of the person with this id, if there is one.
    #[must_use]
    pub fn find(&self, id: u64) -> Option<Customer> {
        self.reteach.customer(&format!("personio:{id}"))
    }

    /// Whether somebody's account is locked now, as the academy shows it.
    #[must_use]
    pub fn is_locked(&self, id: u64) -> bool {
        let status = self.reteach.status(&format!("personio:{id}"));
        status.unwrap_or_else(|| panic!("there is no account personio:{id}")) == "INACTIVE"
    }

    /// How many of these are locked now.
    #[must_use]
    pub fn locked(&self, ids: impl IntoIterator<Item = u64>) -> usize {
        ids.into_iter().filter(|id| self.is_locked(*id)).count()
    }

    /// Everything that reteach was asked, log-ins apart.
    #[must_use]
    pub fn asked(&self) -> Vec<Received> {
        let requests = self.reteach.requests().into_iter();
        requests
            .filter(|request| request.template != Some("/oauth/authorize"))
            .collect()
    }

    #[must_use]
    pub fn writes(&self) -> Vec<Received> {
        self.asked()
            .into_iter()
            .filter(|request| request.method.as_str() != "GET")
            .collect()
    }

    /// What reteach was asked, in short: `PUT /customer/{customerIdentifier}`, with how often.
    #[must_use]
    pub fn summary(&self) -> Vec<(String, usize)> {
        let mut counts = std::collections::BTreeMap::new();
        for request in self.asked() {
            let name = format!("{} {}", request.method, request.template.unwrap_or("?"));
            *counts.entry(name).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    /// Pages of people that were read.
    #[must_use]
    pub fn pages_read(&self) -> usize {
        match (&self.company.kombo, self.company.via) {
            (Some(kombo), Via::Kombo) => kombo.calls(simulators::kombo::Endpoint::Employees),
            _ => self.personio.calls(personio::Endpoint::Employees),
        }
    }

    pub fn forget_requests(&self) {
        self.reteach.reset_log();
        self.personio.reset_log();
        if let Some(kombo) = &self.company.kombo {
            kombo.reset_log();
        }
    }

    /// Sets a fault where people are read: at Personio, or at Kombo's mirror.
    pub fn fail_reading(
        &self,
        behaviour: simulators::Behaviour,
        adjust: impl Fn(simulators::Fault) -> simulators::Fault,
    ) {
        let fault = simulators::Fault::new(behaviour);
        match (&self.company.kombo, self.company.via) {
            (Some(kombo), Via::Kombo) => kombo.fail(adjust(fault.path("/v1/hris/employees"))),
            _ => self
                .personio
                .fail(adjust(fault.path("/v1/company/employees"))),
        }
    }

    /// The next three readings each announce another number of people.
    pub fn let_totals_disagree(&self) {
        for by in 1..=3 {
            self.fail_reading(simulators::Behaviour::TotalOff(by), |fault| {
                fault.query("offset", "0").times(1)
            });
        }
    }

    /// Ends the faults of every vendor and of AWS.
    pub fn clear_faults(&self) {
        let stack = &self.world.stack;
        stack
            .faults()
            .into_iter()
            .for_each(simulators::FaultEngine::clear_faults);
        stack
            .proxies()
            .into_iter()
            .flatten()
            .for_each(simulators::Proxy::clear_faults);
        stack
            .sts()
            .into_iter()
            .for_each(simulators::aws::Sts::clear_faults);
        self.reteach.clear_faults();
        self.reteach.downloads().clear_faults();
        self.personio.clear_faults();
        if let Some(kombo) = &self.company.kombo {
            kombo.clear_faults();
        }
    }

    /// Nobody is invited, no account is deleted, no tag of anybody else's is replaced.
    pub fn check_the_never_rules(&self) {
        for request in self.reteach.requests() {
            let template = request
                .template
                .unwrap_or("a path that reteach does not have");
            let is_allowed = match (request.method.as_str(), template) {
                ("POST", "/oauth/authorize" | "/customer" | "/tags") | ("GET", _) => true,
                ("PUT", "/customer/{customerIdentifier}") => true,
                ("PUT", "/customer/{customerIdentifier}/multiple-tags") => request
                    .body
                    .as_ref()
                    .is_some_and(|body| body.get("mode") == Some(&"ADD".into())),
                ("DELETE", "/customer/{customerIdentifier}/tags/{tagIdOrName}") => true,
                _ => false,
            };
            assert!(
                is_allowed,
                "never: {} {template} {:?}",
                request.method, request.body
            );
        }
    }
}
