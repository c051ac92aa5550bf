//! What a Kombo environment holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::connect::Customer;
use super::errors::{Code, Refusal};
use super::integrations::{Integration, Record};
use super::places::Places;
use crate::Personio;
use crate::engine::exchange::Request;
use crate::engine::limiter::{Limiter, Pacing, tick};
use crate::engine::watch::Watch;

const WINDOW: Duration = Duration::from_secs(60);

/// One environment. Limits are not in its JSON.
#[derive(Serialize)]
pub(super) struct State {
    #[serde(skip)]
    pub(super) quirks: Vec<super::quirks::Quirk>,
    /// Whether the quirks have changed a list of employees.
    #[serde(skip)]
    pub(super) watch: Watch,
    pub(super) api_keys: BTreeSet<String>,
    pub(super) integrations: BTreeMap<String, Integration>,
    pub(super) links: Vec<Value>,
    /// Who opens the links, where that happens here.
    #[serde(skip)]
    pub(super) customer: Option<Customer>,
    #[serde(skip)]
    pub(super) pacing: Pacing,
    #[serde(skip)]
    allowed: usize,
    #[serde(skip)]
    limiter: Limiter,
    #[serde(skip)]
    started: Instant,
}

/// The same from JSON, before each integration has its Personio account.
#[derive(Deserialize)]
pub(super) struct Restored {
    api_keys: BTreeSet<String>,
    integrations: BTreeMap<String, Record>,
    links: Vec<Value>,
}

/// What the rate limit says to one request.
pub(super) struct Limits {
    pub(super) admitted: bool,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            quirks: Vec::new(),
            watch: Watch::default(),
            api_keys: BTreeSet::new(),
            integrations: BTreeMap::new(),
            links: Vec::new(),
            customer: None,
            pacing: Pacing::default(),
            allowed: 300,
            limiter: Limiter::new(300, WINDOW),
            started: Instant::now(),
        }
    }

    pub(super) fn restore(&mut self, restored: Restored, personio: &Personio) {
        let attach = |(id, record)| {
            (
                id,
                Integration {
                    personio: personio.clone(),
                    personio_at: None,
                    record,
                },
            )
        };
        self.integrations = restored.integrations.into_iter().map(attach).collect();
        (self.api_keys, self.links) = (restored.api_keys, restored.links);
    }

    pub(super) fn set_limit(&mut self, requests: usize) {
        self.allowed = requests;
        self.limiter = Limiter::new(requests, WINDOW);
    }

    /// Counts a request against the limit; `None` where there is none.
    pub(super) fn take_place(&mut self, now: Timestamp) -> Option<Limits> {
        let tick = tick(self.pacing, self.started, now)?;
        let admitted = self.limiter.admit(tick);
        let headers = vec![
            ("ratelimit-limit", self.allowed.to_string()),
            (
                "ratelimit-remaining",
                self.limiter.remaining(tick).to_string(),
            ),
            (
                "ratelimit-reset",
                self.limiter.reset_seconds(tick).to_string(),
            ),
        ];
        Some(Limits { admitted, headers })
    }

    pub(super) fn check_key(&self, request: &Request) -> Result<(), Refusal> {
        let good = request
            .bearer()
            .is_some_and(|key| self.api_keys.contains(key));
        if good {
            Ok(())
        } else {
            Err(Refusal::new(Code::AuthenticationInvalid))
        }
    }

    /// The places of the integration that is addressed, where there is one.
    pub(super) fn places(&mut self, request: &Request) -> Option<Places> {
        self.addressed(request)
            .ok()
            .map(|integration| integration.record.places.clone())
    }

    /// The integration that `X-Integration-Id` names.
    pub(super) fn addressed(&mut self, request: &Request) -> Result<&mut Integration, Refusal> {
        let id = request
            .header("x-integration-id")
            .ok_or_else(|| Refusal::input("The header X-Integration-Id is required."))?;
        self.integrations
            .get_mut(id)
            .ok_or_else(|| Refusal::new(Code::IntegrationNotFound))
    }
}

/// `GET /check-api-key`
pub(super) fn checked_key() -> Value {
    let data = json!({"environment_id": "2Uev1YUTqLFdvMPD3Jtrg2FX", "customer_id": "2Uev1YUTqLFdvMPD3Jtrg2FX"});
    json!({"status": "success", "data": data})
}
