//! The two ways to Personio's v1 API.

use std::collections::HashMap;

use reqwest::Method;
use url::form_urlencoded;

use super::direct::Direct;
use super::limits::EMPLOYEES;
use crate::http::{Call, Deadline, Pace, Repeat, Reply, Vendor};
use crate::kombo::{self, IntegrationId, Passthrough};
use crate::source::SourceError;

/// Sent with every call, as Personio asks of customers' own integrations ("Include our headers in your requests").
pub(super) const APP_ID: (&str, &str) = ("x-personio-app-id", "RETEACH_PERSONIO");

/// What is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Endpoint {
    Employees,
    Attributes,
}

impl Endpoint {
    /// The path below Personio's host.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Employees => "/v1/company/employees",
            Self::Attributes => "/v1/company/employees/attributes",
        }
    }

    /// The path below the base that Kombo adds, which ends in `/v1`.
    fn forwarded_path(self) -> &'static str {
        self.path().trim_start_matches("/v1")
    }
}

/// How calls get to Personio.
#[derive(Clone, Debug)]
pub enum Transport {
    /// With a credential of ours.
    Direct(Direct),
    /// Through Kombo's passthrough, with the credential that Kombo holds.
    Kombo(Forwarded),
}

/// Personio behind one Kombo integration; copies share the pace.
#[derive(Clone, Debug)]
pub struct Forwarded {
    kombo: kombo::Client,
    integration: IntegrationId,
    employees: Pace,
}

impl Forwarded {
    /// The Personio account behind `integration`.
    #[must_use]
    pub fn new(kombo: kombo::Client, integration: IntegrationId) -> Self {
        Self { kombo, integration, employees: Pace::new(EMPLOYEES) }
    }

    async fn get(&self, endpoint: Endpoint, query: &[(&str, &str)]) -> Result<Reply, SourceError> {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let path = endpoint.forwarded_path();
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let call = Passthrough { method: Method::GET, path: &path, headers: HashMap::from([APP_ID]) };
        let reply = self.kombo.personio(&self.integration, &call, Repeat::Read, &self.employees).await?;
        // It is Personio's answer: say so in errors.
        let call = Call { vendor: Vendor::Personio, method: Method::GET, path: endpoint.path() };
        Ok(Reply { call, ..reply })
    }
}

impl Transport {
    /// Reads `endpoint` and returns Personio's answer, whatever its status.
    pub(super) async fn get(&self, endpoint: Endpoint, query: &[(&str, &str)]) -> Result<Reply, SourceError> {
        match self {
            Self::Direct(direct) => direct.get(endpoint, query).await,
            Self::Kombo(forwarded) => forwarded.get(endpoint, query).await,
        }
    }

    pub(super) fn until(self, deadline: Deadline) -> Self {
        match self {
            Self::Direct(direct) => Self::Direct(direct.until(deadline)),
            Self::Kombo(forwarded) => {
                Self::Kombo(Forwarded { kombo: forwarded.kombo.until(deadline), ..forwarded })
            }
        }
    }

    pub(super) fn with_pace(self, employees: Pace) -> Self {
        match self {
            Self::Direct(direct) => Self::Direct(direct.with_pace(employees)),
            Self::Kombo(forwarded) => Self::Kombo(Forwarded { employees, ..forwarded }),
        }
    }
}
