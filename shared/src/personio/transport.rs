//! The two ways to Personio's API.

use std::collections::HashMap;

use reqwest::Method;
use url::form_urlencoded;

use super::direct::Direct;
use super::limits::{DOCUMENTS, EMPLOYEES, LISTS};
use super::upload::{self, UPLOAD};
use crate::document::{Document, PdfBody, UploadError};
use crate::http::{Call, Deadline, Idempotency, RateLimiter, Reply, Vendor};
use crate::kombo::{self, FileForm, IntegrationId, Passthrough, PersonioApi};
use crate::source::SourceError;

/// Sent with every call, as Personio asks of customers' own integrations ("Include our headers in your requests").
pub(super) const APP_ID: (&str, &str) = ("x-personio-app-id", "RETEACH_PERSONIO");

/// One person's record.
pub(super) const EMPLOYEE: &str = "/v1/company/employees/{id}";

/// What is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Endpoint {
    Employees,
    Attributes,
    DocumentCategories,
}

impl Endpoint {
    /// The path below Personio's host.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Employees => "/v1/company/employees",
            Self::Attributes => "/v1/company/employees/attributes",
            Self::DocumentCategories => "/v1/company/document-categories",
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
    employees: RateLimiter,
    documents: RateLimiter,
    lists: RateLimiter,
}

impl Forwarded {
    /// The Personio account behind `integration`.
    #[must_use]
    pub fn new(kombo: kombo::Client, integration: IntegrationId) -> Self {
        let (employees, documents, lists) = (
            RateLimiter::new(EMPLOYEES),
            RateLimiter::new(DOCUMENTS),
            RateLimiter::new(LISTS),
        );
        Self {
            kombo,
            integration,
            employees,
            documents,
            lists,
        }
    }

    async fn get(&self, endpoint: Endpoint, query: &[(&str, &str)]) -> Result<Reply, SourceError> {
        let path = endpoint.forwarded_path();
        self.read(
            PersonioApi::Personnel,
            path,
            endpoint.path(),
            query,
            &self.employees,
        )
        .await
    }

    async fn get_one(&self, id: &str) -> Result<Reply, SourceError> {
        let forwarded = format!("/company/employees/{id}");
        self.read(
            PersonioApi::Personnel,
            &forwarded,
            EMPLOYEE,
            &[],
            &self.employees,
        )
        .await
    }

    async fn get_v2(
        &self,
        path: &'static str,
        query: &[(&str, &str)],
    ) -> Result<Reply, SourceError> {
        let forwarded = path.trim_start_matches("/v2");
        self.read(
            PersonioApi::PersonnelV2,
            forwarded,
            path,
            query,
            &self.lists,
        )
        .await
    }

    async fn read(
        &self,
        api: PersonioApi,
        forwarded: &str,
        path: &'static str,
        query: &[(&str, &str)],
        pace: &RateLimiter,
    ) -> Result<Reply, SourceError> {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        let forwarded = if query.is_empty() {
            forwarded.to_owned()
        } else {
            format!("{forwarded}?{query}")
        };
        let headers = HashMap::from([APP_ID]);
        let call = Passthrough {
            api,
            method: Method::GET,
            path: &forwarded,
            headers,
            form: None,
        };
        let reply = self
            .kombo
            .personio(&self.integration, &call, Idempotency::Read, pace)
            .await?;
        Ok(named(reply, Method::GET, path))
    }

    async fn upload(&self, document: &Document, body: PdfBody) -> Result<Reply, UploadError> {
        let fields = upload::fields(document);
        let form = FileForm {
            fields: &fields,
            field: "file",
            file_name: &document.file_name,
        };
        let call = Passthrough {
            api: PersonioApi::Personnel,
            method: Method::POST,
            path: UPLOAD.trim_start_matches("/v1"),
            headers: HashMap::from([APP_ID]),
            form: Some(form.parts()),
        };
        let call = self.kombo.upload_to_personio(&self.integration, &call)?;
        let reply = self.kombo.send_file(call, body, &self.documents).await?;
        Ok(named(reply, Method::POST, UPLOAD))
    }
}

/// It is Personio's answer: say so in errors.
fn named(reply: Reply, method: Method, path: &'static str) -> Reply {
    Reply {
        call: Call {
            vendor: Vendor::Personio,
            method,
            path,
        },
        ..reply
    }
}

impl Transport {
    /// Reads `endpoint` and returns Personio's answer, whatever its status.
    pub(super) async fn get(
        &self,
        endpoint: Endpoint,
        query: &[(&str, &str)],
    ) -> Result<Reply, SourceError> {
        match self {
            Self::Direct(direct) => direct.get(endpoint, query).await,
            Self::Kombo(forwarded) => forwarded.get(endpoint, query).await,
        }
    }

    /// Reads the record of one person, whose id is a number, and returns Personio's answer, whatever its status.
    pub(super) async fn get_one(&self, id: &str) -> Result<Reply, SourceError> {
        match self {
            Self::Direct(direct) => direct.get_one(id).await,
            Self::Kombo(forwarded) => forwarded.get_one(id).await,
        }
    }

    /// Reads `path` of the v2 API and returns Personio's answer, whatever its status.
    pub(super) async fn get_v2(
        &self,
        path: &'static str,
        query: &[(&str, &str)],
    ) -> Result<Reply, SourceError> {
        match self {
            Self::Direct(direct) => direct.get_v2(path, query).await,
            Self::Kombo(forwarded) => forwarded.get_v2(path, query).await,
        }
    }

    /// Sends `document`, once, and returns Personio's answer, whatever its status.
    pub(super) async fn upload(
        &self,
        document: &Document,
        body: PdfBody,
    ) -> Result<Reply, UploadError> {
        match self {
            Self::Direct(direct) => direct.upload(document, body).await,
            Self::Kombo(forwarded) => forwarded.upload(document, body).await,
        }
    }

    pub(super) fn until(self, deadline: Deadline) -> Self {
        match self {
            Self::Direct(direct) => Self::Direct(direct.until(deadline)),
            Self::Kombo(forwarded) => Self::Kombo(Forwarded {
                kombo: forwarded.kombo.until(deadline),
                ..forwarded
            }),
        }
    }

    pub(super) fn with_pace(self, pace: RateLimiter) -> Self {
        match self {
            Self::Direct(direct) => Self::Direct(direct.with_pace(pace)),
            Self::Kombo(forwarded) => {
                let (employees, documents, lists) = (pace.clone(), pace.clone(), pace);
                Self::Kombo(Forwarded {
                    employees,
                    documents,
                    lists,
                    ..forwarded
                })
            }
        }
    }
}
