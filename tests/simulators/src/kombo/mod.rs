//! Kombo's unified HRIS API and its passthrough, before Personio simulators.
//!
//! One simulator is one Kombo environment with any number of integrations, each attached to a Personio account whose people
//! it mirrors. True to Kombo's OpenAPI document of May 2026; where it and Kombo's pages are silent, these are assumptions:
//! - HTTP statuses: `PLATFORM.AUTHENTICATION_INVALID` 401, `PLATFORM.INTEGRATION_NOT_FOUND` 404, `PLATFORM.INPUT_INVALID` 400,
//!   `INTEGRATION.SETUP_*` and `QA_FAILED` 409 (as published), the other `INTEGRATION.*` 403, `REMOTE.*` 503;
//! - an `INVALID` integration answers reads and passthrough with `INTEGRATION.AUTHENTICATION_INVALID`, an `INACTIVE` one with
//!   `INTEGRATION.INACTIVE`;
//! - a sync that Personio refuses makes the integration `INVALID`; a later one that works makes it `ACTIVE` again;
//! - statuses map as onboarding `PENDING`, active `ACTIVE`, leave `LEAVE`, inactive `INACTIVE`; genders as `MALE`, `FEMALE`,
//!   `NON_BINARY`;
//! - 35 weekly hours and more are `FULL_TIME`, fewer `PART_TIME`;
//! - a cursor is only good with the filters it was made with;
//! - the rate limit is 300 requests in 60 seconds for the environment;
//! - 30 calls of an integration that go on to Personio (uploads, passthrough) may be under way at once;
//! - an employee or category id that the mirror does not have is `PLATFORM.INPUT_INVALID`; what Personio refuses is
//!   `REMOTE.INPUT_INVALID` (404, 413, 422), `REMOTE.RATE_LIMIT_EXCEEDED` (429), `INTEGRATION.PERMISSION_MISSING` (403),
//!   `INTEGRATION.AUTHENTICATION_INVALID` (401), `REMOTE.SERVICE_UNAVAILABLE` (502 to 504, and no answer at all, whether or not
//!   the document is there), else `REMOTE.UNKNOWN_HTTP_ERROR`;
//! - a document's `name` becomes its title and its file name at Personio;
//! - the token of a finished connection flow is the integration's id, turned round;
//! - categories are not synced while the credential has no right to documents.

mod api;
mod categories;
mod connect;
mod documents;
mod employees;
mod errors;
mod files;
mod integrations;
mod mirror;
mod model;
mod paging;
mod passthrough;
mod places;
mod quirks;
mod remote;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::value::RawValue;

use crate::engine::limiter::Pacing;
use crate::engine::route::endpoints;
use crate::engine::server::{self, Running, common_handle, vendor_handle};
use crate::{Clock, Personio};

use api::Environment;
use connect::Customer;
pub use integrations::Condition;
use integrations::Integration;
pub use quirks::Quirk;
use state::{Restored, State};

endpoints! {
    /// The endpoints, for [`Kombo::calls`].
    Endpoint {
        CheckApiKey: GET "/v1/check-api-key",
        CreateLink: POST "/v1/connect/create-link",
        IntegrationByToken: GET "/v1/connect/integration-by-token/{token}",
        Integration: GET "/v1/integrations/{integration_id}",
        Employees: GET "/v1/hris/employees",
        DocumentCategories: GET "/v1/hris/employee-document-categories",
        AddDocument: POST "/v1/hris/employees/{employee_id}/documents",
        Passthrough: POST "/v1/passthrough/{tool}/{api}",
        /// The page of [`Kombo::connect_here`].
        ConnectPage: GET "/connect/{token}",
    }
}

/// A running Kombo environment. Clones share it; it stops with the last one.
#[derive(Clone)]
pub struct Kombo {
    running: Running<Environment>,
}

common_handle!(Kombo, Endpoint, "/v1");
vendor_handle!(Kombo);

impl Kombo {
    /// Starts an environment without integrations or API keys on `address`.
    pub async fn start_on(address: SocketAddr, clock: Clock) -> io::Result<Self> {
        let client = remote::client().map_err(io::Error::other)?;
        let environment = Environment {
            state: Mutex::new(State::new()),
            clock: Arc::clone(&clock),
            client,
        };
        Ok(Self {
            running: server::start(environment, clock, address).await?,
        })
    }

    /// Puts a [`snapshot`](Self::snapshot) in the place of all it holds; every integration is one of `personio`.
    ///
    /// # Errors
    /// When it is no snapshot of an environment; nothing is changed then.
    pub fn restore(&self, snapshot: &RawValue, personio: &Personio) -> serde_json::Result<()> {
        let restored: Restored = serde_json::from_str(snapshot.get())?;
        self.state(|state| state.restore(restored, personio));
        Ok(())
    }

    /// Lets links lead to a page of this simulator, not to Kombo's; opening one connects `personio` with this
    /// credential. Such an integration mirrors automatically, and carries Personio's own employment type in the custom field of
    /// this name, where there is one.
    pub fn connect_here(
        &self,
        personio: &Personio,
        credential: (&str, &str),
        employment_type_field: Option<&str>,
    ) {
        let base_url = format!("http://{}", self.running.address);
        let customer = Customer {
            personio: personio.clone(),
            credential: (credential.0.to_owned(), credential.1.to_owned()),
            employment_type_field: employment_type_field.map(str::to_owned),
            base_url,
        };
        self.state(|state| state.customer = Some(customer));
    }

    /// The ids of all integrations.
    #[must_use]
    pub fn integrations(&self) -> Vec<String> {
        self.state(|state| state.integrations.keys().cloned().collect())
    }

    pub fn add_api_key(&self, key: &str) {
        self.state(|state| state.api_keys.insert(key.to_owned()));
    }

    pub fn revoke_api_key(&self, key: &str) {
        self.state(|state| state.api_keys.remove(key));
    }

    /// Attaches a Personio account as the integration `id` (such as `personio:CBNMt7dSNCzBdnRTx87dev4E`), with the Personio
    /// credential that the customer entered in Kombo Connect, and syncs it for the first time.
    pub fn attach(&self, id: &str, personio: &Personio, client_id: &str, client_secret: &str) {
        let integration = Integration::new(id, personio.clone(), client_id, client_secret);
        self.state(|state| state.integrations.insert(id.to_owned(), integration));
        self.mirror(id);
    }

    /// The id of ours that the link carried by which an integration was connected; none at the start, as for one that was made in
    /// Kombo's dashboard.
    pub fn set_origin(&self, id: &str, origin: Option<&str>) {
        self.integration(id, |integration| {
            integration.record.origin = origin.map(str::to_owned)
        });
    }

    /// The links that were made, each as the request's body.
    #[must_use]
    pub fn links(&self) -> Vec<serde_json::Value> {
        self.state(|state| state.links.clone())
    }

    pub fn detach(&self, id: &str) {
        self.state(|state| state.integrations.remove(id));
    }

    /// The customer reconnects with another Personio credential.
    pub fn reconnect(&self, id: &str, client_id: &str, client_secret: &str) {
        self.integration(id, |integration| {
            integration.record.credential = (client_id.to_owned(), client_secret.to_owned());
        });
        self.mirror(id);
    }

    /// A full sync: reads everybody from Personio. Only this notices deletions.
    pub fn mirror(&self, id: &str) {
        let now = self.now();
        self.integration(id, |integration| integration.sync(now));
    }

    /// Syncs before every read (`true`), as if Kombo's webhooks were instant; at the start only [`mirror`](Self::mirror) does.
    pub fn mirror_automatically(&self, id: &str, automatically: bool) {
        self.integration(id, |integration| {
            integration.record.mirrors_automatically = automatically
        });
    }

    /// What goes on to Personio (passthrough, uploads) is sent to `address`, which stands for `https://api.personio.de` and leads
    /// to the account; at the start the account is asked without a socket. [`Origin`](crate::Origin) and
    /// [`Behaviour::LateEffect`](crate::Behaviour::LateEffect) do not travel that way.
    pub fn reach_personio_at(&self, id: &str, address: &str) {
        self.integration(id, |integration| {
            integration.personio_at = Some(address.to_owned())
        });
    }

    /// Puts an integration into a condition; [`Condition::Active`] at the start.
    pub fn set_condition(&self, id: &str, condition: Condition) {
        self.integration(id, |integration| integration.record.condition = condition);
    }

    /// Whether an integration goes on serving its people once it is invalid or inactive. Kombo's document does not say that it
    /// stops.
    pub fn serve_lapsed(&self, id: &str, serves: bool) {
        self.integration(id, |integration| integration.record.serves_lapsed = serves);
    }

    /// Since when the mirrored data is stale.
    pub fn expire_data(&self, id: &str, at: Option<jiff::Timestamp>) {
        self.integration(id, |integration| integration.record.data_expired_at = at);
    }

    /// The condition an integration is in.
    #[must_use]
    pub fn condition(&self, id: &str) -> Option<Condition> {
        self.state(|state| {
            state
                .integrations
                .get(id)
                .map(|integration| integration.record.condition)
        })
    }

    /// Opens the passthrough for an integration (the default) or closes it: Kombo opens it per customer and use case.
    pub fn allow_passthrough(&self, id: &str, allowed: bool) {
        self.integration(id, |integration| {
            integration.record.passes_through = allowed
        });
    }

    /// Switches `Manage documents` of the scope config on (the default) or off.
    pub fn allow_documents(&self, id: &str, allowed: bool) {
        self.integration(id, |integration| {
            integration.record.manages_documents = allowed
        });
    }

    /// How many calls of an integration that go on to Personio may be under way at once; 30 at the start.
    pub fn limit_concurrency(&self, id: &str, calls: usize) {
        self.integration(id, |integration| integration.record.places.limit = calls);
    }

    /// Carries Personio's own employment type in the custom field of this name, as `Intern` or `Extern`; none at the start.
    pub fn set_employment_type_field(&self, id: &str, field: Option<&str>) {
        self.integration(id, |integration| {
            integration.record.employment_type_field = field.map(str::to_owned);
            integration.record.mirror.forget_shown();
        });
    }

    /// Gives the environment these quirks, and takes those away that it had.
    pub fn set_quirks(&self, quirks: impl IntoIterator<Item = Quirk>) {
        self.state(|state| state.quirks = quirks.into_iter().collect());
    }

    /// By which clock the rate limit runs.
    pub fn set_pacing(&self, pacing: Pacing) {
        self.state(|state| state.pacing = pacing);
    }

    /// Requests allowed in 60 seconds; 300 at the start.
    pub fn limit_per_minute(&self, requests: usize) {
        self.state(|state| state.set_limit(requests));
    }

    fn integration(&self, id: &str, access: impl FnOnce(&mut Integration)) {
        self.state(|state| state.integrations.get_mut(id).map(access));
    }
}
