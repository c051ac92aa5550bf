//! reteach's REST API for customers (its word for participants), their tags, and their participations in courses.
//!
//! One simulator is one academy. True to reteach's OpenAPI document of April 2023 with the later fields `position`, `location` and
//! `team`. The document is silent about much; these are assumptions:
//! - `POST /customer` finds by `externalId`, then `email`, then `userName`, and returns what it found unchanged with 201;
//! - `PUT` is partial: absent keys stay, null clears; unknown keys are refused with 422;
//! - `email` (in any case), `userName` and `externalId` are unique; a second one is a conflict, 409;
//! - text fields take 255 characters, and the refusal repeats the value;
//! - a path's identifier is tried as id, email, user name and external id, in this order;
//! - a locked account (`setActiveAt` ahead, or `setInactiveAt` reached) has the status `INACTIVE`;
//! - creating sends no invitation; the client code can be used again; refresh is `grant_type: refresh_token`;
//! - taking off a tag that the account does not have is answered 404;
//! - customers are listed in the order of their registration;
//! - participations are listed by the time they were made, newest first, so that a new one shifts the pages;
//! - `hasCertificate` is true of a certificate whose PDF is not there yet; `completedAtSince` includes the moment itself and
//!   leaves out what has no `completedAt`;
//! - what a record lacks (account, course, certificate) is null in some records and absent in others;
//! - `certificate.url` is a signed URL on another host: made each time it is shown, good for 15 minutes ([`Downloads`]);
//! - a certificate that is issued again has a new id, and the old one is gone;
//! - each [`Quirk`] changes one of these assumptions for one academy;
//! - `GET /certificates`, whose fields nobody knows, is not simulated.

mod api;
mod customer;
mod customers;
mod downloads;
mod errors;
mod input;
mod oauth;
mod participation;
mod participations;
mod quirks;
mod spelling;
mod state;
mod store;
mod tags;
#[cfg(test)]
mod tests;
mod view;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::value::RawValue;

use crate::Clock;
use crate::engine::limiter::Pacing;
use crate::engine::route::endpoints;
use crate::engine::server::{self, Running, common_handle, vendor_handle};

use api::Academy;
pub use customer::{Account, Customer, Source};
pub use downloads::{Delivery, Downloads, Endpoint as DownloadEndpoint};
pub use participation::{Certificate, Change, Participation, ParticipationStatus, Publication};
pub use participations::Filters;
pub use quirks::{OddRow, Quirk};
pub use spelling::Spelling;
use state::State;

endpoints! {
    /// The endpoints, for [`Reteach::calls`].
    Endpoint {
        Authorize: POST "/oauth/authorize",
        Me: GET "/me",
        ListCustomers: GET "/customer",
        FindOrCreateCustomer: POST "/customer",
        GetCustomer: GET "/customer/{customerIdentifier}",
        UpdateCustomer: PUT "/customer/{customerIdentifier}",
        /// No job of ours may call it.
        DeleteCustomer: DELETE "/customer/{customerIdentifier}",
        /// No job of ours may call it.
        SendInvitation: POST "/customer/{customerIdentifier}/send-invitation",
        ListParticipations: GET "/participation",
        GetParticipation: GET "/participation/{participationId}",
        /// An address of a PDF on the API's own host, for which the token is needed. Named by `certificate.url` after [`Downloads::set_url_base`] with [`Reteach::base_url`].
        DownloadCertificate: GET "/certificates/{file}",
        CreateTag: POST "/tags",
        AssignTags: PUT "/customer/{customerIdentifier}/multiple-tags",
        RemoveTag: DELETE "/customer/{customerIdentifier}/tags/{tagIdOrName}",
    }
}

/// A running academy. Clones share it; it stops with the last one.
#[derive(Clone)]
pub struct Reteach {
    running: Running<Academy>,
    downloads: Downloads,
}

common_handle!(Reteach, Endpoint);
vendor_handle!(Reteach);

impl Reteach {
    /// Starts an empty academy on `address`, and its download server on another free port.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start_on(address: SocketAddr, clock: Clock) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State::new()));
        let files = SocketAddr::new(address.ip(), 0);
        let downloads = Downloads::start(Arc::clone(&state), Arc::clone(&clock), files).await?;
        let academy = Academy {
            state,
            clock: Arc::clone(&clock),
        };
        Ok(Self {
            running: server::start(academy, clock, address).await?,
            downloads,
        })
    }

    /// Puts a [`snapshot`](Self::snapshot) in the place of all it holds. Certificates' URLs name this academy's downloads.
    ///
    /// # Errors
    /// When it is no snapshot of an academy; nothing is changed then.
    pub fn restore(&self, snapshot: &RawValue) -> serde_json::Result<()> {
        let restored: State = serde_json::from_str(snapshot.get())?;
        self.state(|state| *state = restored);
        self.downloads.set_url_base(&self.downloads.base_url());
        Ok(())
    }

    /// Makes it another academy: all have the same id at the start.
    pub fn set_id(&self, id: &str) {
        self.state(|state| id.clone_into(&mut state.id));
    }

    /// The academy's id, as `GET /me` shows it.
    #[must_use]
    pub fn id(&self) -> String {
        self.state(|state| state.id.clone())
    }

    pub fn add_credentials(&self, client_id: &str, client_secret: &str, client_code: &str) {
        self.state(|state| state.tokens.add(client_id, client_secret, client_code));
    }

    /// Deletes a credential; its tokens stay good until they expire.
    pub fn remove_credentials(&self, client_id: &str) {
        self.state(|state| state.tokens.remove(client_id));
    }

    /// Ends every token, access and refresh.
    pub fn revoke_tokens(&self) {
        self.state(|state| state.tokens.revoke());
    }

    /// Every account, in the order of registration.
    #[must_use]
    pub fn customers(&self) -> Vec<Customer> {
        self.state(|state| state.customers.all().to_vec())
    }

    /// The account with this id, email, user name or external id.
    #[must_use]
    pub fn customer(&self, identifier: &str) -> Option<Customer> {
        self.state(|state| state.customers.find(identifier).cloned())
    }

    /// What `GET /customer/…` shows as the status now: `ADDED`, `INVITED`, `ACTIVE` or `INACTIVE`.
    #[must_use]
    pub fn status(&self, identifier: &str) -> Option<&'static str> {
        let now = self.now();
        self.state(|state| {
            let customer = state.customers.find(identifier)?;
            Some(state.shown_status(customer, now))
        })
    }

    /// Adds an account made by hand or by another system, unchecked; an empty id is filled in. Returns the id.
    pub fn insert(&self, customer: Customer) -> String {
        let now = self.now();
        self.state(|state| state.insert(customer, now))
    }

    /// Adds an account as an admin would who is faster: just before another one is written with its mail address.
    pub fn insert_first(&self, customer: Customer) {
        self.state(|state| state.invited.push(customer));
    }

    /// Changes an account as an admin would, unchecked; returns whether there is one.
    pub fn edit(&self, identifier: &str, change: impl FnOnce(&mut Customer)) -> bool {
        self.state(|state| state.edit(identifier, change))
    }

    /// Deletes an account as an admin would, or makes one no more; not counted as a call.
    pub fn remove(&self, identifier: &str) -> bool {
        self.state(|state| {
            state.invited.retain(|it| it.id != identifier);
            state.customers.remove(identifier).is_some()
        })
    }

    /// The names of all tags, in the order they were made.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        self.state(|state| state.tags.iter().map(|tag| tag.name.clone()).collect())
    }

    /// Gives the academy these quirks, and takes those away that it had.
    pub fn set_quirks(&self, quirks: impl IntoIterator<Item = Quirk>) {
        self.state(|state| state.quirks.0 = quirks.into_iter().collect());
    }

    /// At most this many requests within that time (reteach documents no limit); none at the start. Over it: 429.
    pub fn limit(&self, limit: Option<(usize, Duration)>) {
        self.state(|state| state.set_limit(limit));
    }

    /// By which clock [`limit`](Self::limit) runs.
    pub fn set_pacing(&self, pacing: Pacing) {
        self.state(|state| state.pacing = pacing);
    }
}
