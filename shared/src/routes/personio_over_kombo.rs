//! Personio's own API, called through Kombo's passthrough with the credential that Kombo holds.

use std::collections::HashMap;

use reqwest::Method;
use url::form_urlencoded;

use crate::document::{Document, FilingError, PdfBody};
use crate::http::{self, Call, Deadline, Elapsed, RateLimiter, Reply, Vendor};
use crate::kombo::{self, FileForm, IntegrationId, Passthrough};
use crate::personio::{self, Api, Get, Limits, Patch, Transport};
use crate::source::SourceError;

/// Personio behind one Kombo integration; copies share the pace.
#[derive(Clone, Debug)]
pub struct PersonioOverKombo {
    kombo: kombo::Client,
    integration: IntegrationId,
    limits: Limits,
}

impl PersonioOverKombo {
    /// The Personio account behind `integration`.
    #[must_use]
    pub fn new(kombo: kombo::Client, integration: IntegrationId) -> Self {
        Self {
            kombo,
            integration,
            limits: Limits::new(),
        }
    }

    /// Looks at the integration. Its people are read live, so the age of Kombo's copy does not matter.
    pub async fn check_connection(&self) -> Result<(), SourceError> {
        let integration = self.kombo.integration(&self.integration).await?;
        integration
            .lapse()
            .map_or(Ok(()), |lapse| Err(SourceError::Lapsed(lapse)))
    }
}

/// Kombo's path for an API of Personio's. It adds `https://api.personio.de/v1` or `…/v2`.
fn passthrough(api: Api) -> &'static str {
    match api {
        Api::V1 => "/passthrough/personio/personnel",
        Api::V2 => "/passthrough/personio/personnelv2",
    }
}

/// The path below the base that Kombo adds.
fn below_base(api: Api, path: &str) -> &str {
    path.strip_prefix(api.prefix()).unwrap_or(path)
}

impl Transport for PersonioOverKombo {
    async fn get(&self, get: Get<'_>) -> Result<Reply, SourceError> {
        let call = call(Method::GET, get.path);
        let Some(mut path) = http::fill(below_base(get.api, get.path), get.segments) else {
            let problem = "an id is empty or no id at all";
            return Err(http::Error::Invalid { call, problem }.into());
        };
        if !get.query.is_empty() {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(get.query)
                .finish();
            path = format!("{path}?{query}");
        }
        let forwarded = Passthrough {
            api: passthrough(get.api),
            method: Method::GET,
            path: &path,
            headers: HashMap::from([personio::APP_ID]),
            data: None,
            form: None,
        };
        let reply = self
            .kombo
            .forward(&self.integration, &forwarded, self.limits.reads(get.api))
            .await?;
        Ok(Reply { call, ..reply })
    }

    async fn patch(&self, patch: Patch<'_>) -> Result<Reply, SourceError> {
        let Patch {
            path,
            segments,
            body,
        } = patch;
        let call = call(Method::PATCH, path);
        let Some(path) = http::fill(below_base(Api::V2, path), segments) else {
            let problem = "an id is empty or no id at all";
            return Err(http::Error::Invalid { call, problem }.into());
        };
        let forwarded = Passthrough {
            api: passthrough(Api::V2),
            method: Method::PATCH,
            path: &path,
            headers: HashMap::from([personio::APP_ID]),
            data: Some(body),
            form: None,
        };
        let reply = self
            .kombo
            .forward(&self.integration, &forwarded, self.limits.reads(Api::V2))
            .await?;
        Ok(Reply { call, ..reply })
    }

    async fn turn(&self, until: Deadline) -> Result<(), Elapsed> {
        self.limits.documents.ready(until).await.map(drop)
    }

    async fn upload(&self, document: &Document, body: PdfBody) -> Result<Reply, FilingError> {
        let fields = personio::fields(document);
        let form = FileForm {
            fields: &fields,
            field: "file",
            file_name: &document.file_name,
        };
        let forwarded = Passthrough {
            api: passthrough(Api::V1),
            method: Method::POST,
            path: below_base(Api::V1, personio::UPLOAD),
            headers: HashMap::from([personio::APP_ID]),
            data: None,
            form: Some(form.parts()),
        };
        let reply = self
            .kombo
            .forward_file(&self.integration, &forwarded, body, &self.limits.documents)
            .await?;
        let call = call(Method::POST, personio::UPLOAD);
        Ok(Reply { call, ..reply })
    }

    fn until(mut self, deadline: Deadline) -> Self {
        self.kombo = self.kombo.until(deadline);
        self
    }

    fn with_pace(mut self, pace: RateLimiter) -> Self {
        self.limits = Limits::all(&pace);
        self
    }
}

/// Errors name Personio: the answer is its own.
fn call(method: Method, path: &'static str) -> Call {
    Call {
        vendor: Vendor::Personio,
        method,
        path,
    }
}
