//! Personio's v1 API for employees (`POST /v1/auth`, `GET /v1/company/employees`, `…/employees/{id}`, `…/employees/attributes`)
//! and documents (`GET /v1/company/document-categories`, `POST /v1/company/documents`), and as much of v2 as lists documents
//! and moves them (`POST /v2/auth/token`, `GET /v2/document-management/documents`, `PATCH …/documents/{document_id}`).
//!
//! One simulator is one company account. True to Personio's v1 documents and its changelog; where these are silent, the
//! behaviour is an assumption and says so:
//! - wrong credentials are answered 403 `Wrong credentials`;
//! - a token that has expired or was revoked is answered 401 on every endpoint;
//! - `limit` above 100 and other wrong parameters are answered 422;
//! - a missing employees right is answered 403, a missing attribute never;
//! - 429 carries no `Retry-After`;
//! - the order of employees follows no field, but stays the same, so that a new employee may shift the pages;
//! - a rotated secret ends the tokens made with the old one;
//! - a v1 token is good for v1 alone, a v2 token for v2;
//! - categories can be read with either right to documents; a missing right is answered 403, and a missing right to read on v2
//!   with 401 where [`Personio::refuse_reading_documents_with`] says so;
//! - an upload is checked in this order: token, right, rate, form (every field at once), employee, category;
//! - a file above 30 MB is answered 422; an empty file is taken;
//! - documents may be uploaded for everybody with a profile, inactive or not; nothing is recognised as a duplicate;
//! - the v2 list calls the title `name`, knows no unknown employees (their list is empty), and its dates are days in UTC;
//! - a change of a document takes its category alone, and answers 204; an unknown document or category is answered 404;
//! - the v2 list has no rate limit, and a lag only where [`Personio::set_document_lag`] sets one.

mod api;
mod attributes;
mod auth;
mod credentials;
mod documents;
mod employees;
mod errors;
mod limits;
mod problem;
mod quirks;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use serde_json::value::RawValue;

use crate::engine::exchange::{Outcome, Request};
use crate::engine::limiter::Pacing;
use crate::engine::route::endpoints;
use crate::engine::server::{self, Running, common_handle, vendor_handle};
use crate::people::{self, Person};
use crate::{Clock, Origin};

use api::Account;
pub use attributes::DEFAULT_GRANTS;
pub use documents::{Category, Document};
pub use quirks::Quirk;
pub(crate) use state::Mirrorable;
use state::State;

endpoints! {
    /// The endpoints, for [`Personio::calls`].
    Endpoint {
        Auth: POST "/v1/auth",
        Employees: GET "/v1/company/employees",
        Attributes: GET "/v1/company/employees/attributes",
        DocumentCategories: GET "/v1/company/document-categories",
        UploadDocument: POST "/v1/company/documents",
        TokenV2: POST "/v2/auth/token",
        Documents: GET "/v2/document-management/documents",
        Document: PATCH "/v2/document-management/documents/{document_id}",
        Employee: GET "/v1/company/employees/{id}",
    }
}

/// A running Personio account. Clones share it; it stops with the last one.
#[derive(Clone)]
pub struct Personio {
    running: Running<Account>,
}

common_handle!(Personio, Endpoint);
vendor_handle!(Personio);

impl Personio {
    /// Starts an empty account on `address`.
    pub async fn start_on(address: SocketAddr, clock: Clock) -> io::Result<Self> {
        let account = Account {
            state: Mutex::new(State::new()),
            clock: Arc::clone(&clock),
        };
        Ok(Self {
            running: server::start(account, clock, address).await?,
        })
    }

    /// Puts a [`snapshot`](Self::snapshot) in the place of all it holds.
    ///
    /// # Errors
    /// When it is no snapshot of an account; nothing is changed then.
    pub fn restore(&self, snapshot: &RawValue) -> serde_json::Result<()> {
        let restored = serde_json::from_str(snapshot.get())?;
        self.state(|state| *state = restored);
        Ok(())
    }

    #[must_use]
    pub fn people(&self) -> Vec<Person> {
        self.state(|state| state.people())
    }

    /// The employee with this id.
    #[must_use]
    pub fn person(&self, id: u64) -> Option<Person> {
        self.state(|state| state.person(id))
    }

    /// Adds an employee, or replaces the one with the same id.
    pub fn put(&self, person: Person) {
        let now = self.now();
        self.state(|state| state.put(person, now));
    }

    pub fn put_all(&self, people: impl IntoIterator<Item = Person>) {
        let now = self.now();
        self.state(|state| {
            people.into_iter().for_each(|person| state.put(person, now));
            // Here and not in the next request, which shares its thread with other simulators.
            state.order();
        });
    }

    /// Changes an employee; returns whether there is one with this id.
    pub fn change(&self, id: u64, change: impl FnOnce(&mut Person)) -> bool {
        let now = self.now();
        self.state(|state| state.change(id, now, change))
    }

    /// Deletes an employee's profile: the id vanishes from the lists. Returns whether there was one.
    pub fn remove(&self, id: u64) -> bool {
        self.state(|state| state.remove(id))
    }

    /// The company moves to a new account: everybody gets the id that `new` gives, and takes their documents along.
    pub fn renumber(&self, new: impl Fn(u64) -> u64) {
        self.state(|state| state.renumber(new));
    }

    /// Moves everybody's status to where the clock's day in [`people::zone`] puts it; see [`Person::settle`].
    /// Returns how many changed.
    pub fn settle(&self) -> usize {
        let now = self.now();
        let today = people::today(now);
        self.state(|state| state.settle(today, now))
    }

    /// Gives the account these quirks, and takes those away that it had.
    pub fn set_quirks(&self, quirks: impl IntoIterator<Item = Quirk>) {
        self.state(|state| state.quirks = quirks.into_iter().collect());
    }

    /// Lets the API show `value` for one attribute of one person, whatever HR entered: `"not a date"`, a number for a name.
    pub fn set_raw(&self, id: u64, attribute: &str, value: Value) {
        self.state(|state| state.set_raw(id, attribute, Some(value)));
    }

    pub fn clear_raw(&self, id: u64, attribute: &str) {
        self.state(|state| state.set_raw(id, attribute, None));
    }

    /// Adds an API credential. All credentials of an account read the same attributes here.
    pub fn add_credentials(&self, client_id: &str, client_secret: &str) {
        self.state(|state| {
            state.credentials.add(client_id, client_secret);
            state.revision += 1;
        });
    }

    /// Gives a credential a new secret; tokens made with the old one end.
    pub fn rotate_secret(&self, client_id: &str, client_secret: &str) {
        self.add_credentials(client_id, client_secret);
    }

    /// Deletes a credential with its tokens.
    pub fn remove_credentials(&self, client_id: &str) {
        self.state(|state| {
            state.credentials.remove(client_id);
            state.revision += 1;
        });
    }

    /// Ends every token; the credentials stay good.
    pub fn revoke_tokens(&self) {
        self.state(|state| state.credentials.revoke_tokens());
    }

    /// Makes attributes readable. At the start [`DEFAULT_GRANTS`] are.
    pub fn grant(&self, attributes: &[&str]) {
        self.state(|state| state.grant(attributes));
    }

    /// Makes attributes unreadable: they are silently absent from then on. The id always stays.
    pub fn revoke(&self, attributes: &[&str]) {
        self.state(|state| state.revoke(attributes));
    }

    /// Takes the right to read employees away (`false`) or gives it back.
    pub fn allow_reading(&self, allowed: bool) {
        self.state(|state| {
            state.may_read = allowed;
            state.revision += 1;
        });
    }

    /// By which clock the rate limits run.
    pub fn set_pacing(&self, pacing: Pacing) {
        self.state(|state| state.limits.pacing = pacing);
    }

    /// Takes a request that Kombo forwards, with its faults, limits and log.
    pub(crate) async fn forward(&self, request: Request, origin: Origin) -> Outcome {
        let request = Request { origin, ..request };
        self.running.pipeline.handle(request).await
    }

    /// Logs in to v2 on Kombo's behalf; `None` if the credential is not good.
    pub(crate) fn token_v2_for(&self, client_id: &str, client_secret: &str) -> Option<String> {
        let now = self.now();
        self.state(|state| state.credentials.token_v2(client_id, client_secret, now))
            .map(|(token, _)| token)
    }

    /// Logs in on Kombo's behalf; `None` if the credential is not good. Not a call of ours, so not in the log.
    pub(crate) fn token_for(&self, client_id: &str, client_secret: &str) -> Option<String> {
        let now = self.now();
        self.state(|state| state.credentials.token(client_id, client_secret, now))
    }

    /// What a sync of Kombo's reads with this credential.
    pub(crate) fn mirrorable(&self, client_id: &str, client_secret: &str) -> Mirrorable {
        self.state(|state| state.mirrorable(client_id, client_secret))
    }

    /// Moves whenever something that a sync reads has changed.
    pub(crate) fn revision(&self) -> u64 {
        self.state(|state| state.revision)
    }
}
