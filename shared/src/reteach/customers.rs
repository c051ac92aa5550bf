//! One account: find, create, update.

use reqwest::Method;
use serde::de::IgnoredAny;

use super::customer::Customer;
use super::input::CustomerInput;
use super::limits::{FEW, TIMEOUT};
use super::listing::UnreadableAccount;
use super::{Client, Error};
use crate::domain::id::{CustomerId, ExternalId};
use crate::http::{Effect, Idempotency, Reply, Request};

impl Client {
    /// The account with this external id: `GET /customer?externalId=…`.
    ///
    /// What comes back is compared: an academy on an older API may ignore the filter, and is then asked for
    /// `GET /customer/{id}`.
    pub async fn find_by_external_id(&self, id: &ExternalId) -> Result<Option<Customer>, Error> {
        let page = match self.page(1, FEW, Some(id)).await {
            // reteach's document has it for a list that is empty. An unfiltered one is not believed to be.
            Err(Error::NotFound { .. }) => return Ok(None),
            page => page?,
        };
        let is_asked_for = |customer: &Customer| customer.external_id.as_ref() == Some(id);
        let is_filtered = page.customers.iter().all(is_asked_for);
        if let Some(customer) = page.customers.into_iter().find(is_asked_for) {
            return Ok(Some(customer));
        }
        let is_it = |row: &&UnreadableAccount| row.external_id.as_ref() == Some(id);
        if let Some(row) = page.unreadable.iter().find(is_it) {
            let problem = format!(
                "reteach GET /customer?externalId: the account does not fit the vendor's document at {}",
                row.field
            );
            return Err(Error::Unreadable {
                problem,
                effect: Effect::None,
            });
        }
        if is_filtered {
            return Ok(None);
        }
        Ok(self.find(id.as_str()).await?.filter(is_asked_for))
    }

    /// The account with this mail address, in any case and whatever outer spaces it has there: `GET /customer/{email}`.
    ///
    /// The same path finds ids, user names and external ids, so the address of what comes back is compared.
    pub async fn find_by_email(&self, email: &str) -> Result<Option<Customer>, Error> {
        let folded = email.to_lowercase();
        let matches = |found: &Customer| {
            let held = found.email.as_deref();
            held.is_some_and(|held| held.trim().to_lowercase() == folded.trim())
        };
        let found = self.find_address(email).await?.filter(matches);
        if found.is_some() || folded == email {
            return Ok(found);
        }
        // An academy that keeps addresses in lower case may compare them letter by letter.
        Ok(self.find_address(&folded).await?.filter(matches))
    }

    /// HR systems hold texts such as `none` as an address. One that the academy takes for no identifier is nobody's. An
    /// academy that refuses an address takes none as an identifier, and does not say whose it is.
    async fn find_address(&self, email: &str) -> Result<Option<Customer>, Error> {
        match self.find(email).await {
            Err(Error::Rejected { .. }) if !email.contains('@') => Ok(None),
            found => found,
        }
    }

    /// The account with this id: `GET /customer/{id}`.
    pub async fn get(&self, id: &CustomerId) -> Result<Customer, Error> {
        let customer = self.identified(id.as_str()).await?;
        if customer.id == *id {
            return Ok(customer);
        }
        let call = self
            .target(Method::GET, "/customer/{id}", &[id.as_str()])?
            .call()
            .clone();
        Err(Error::NotFound { call })
    }

    /// Finds or creates an account: `POST /customer`.
    ///
    /// Returns the account as it now is. Compare it with `input`: reteach does not say by what it finds, so this
    /// may be somebody else's account.
    ///
    /// # Errors
    /// See [`Error`]. Sent again only where it certainly was not carried out; after an unknown
    /// [`effect`](Error::effect) look for the external id before creating again.
    pub async fn create(&self, input: &CustomerInput) -> Result<Customer, Error> {
        let target = self.target(Method::POST, "/customer", &[])?;
        let request = Request::new(target, Idempotency::OnlyIfNotSent, TIMEOUT).json(input)?;
        let reply = self.call(request).await?;
        if let (true, Some(id)) = (shows_no_account(&reply), input.external_id.value())
            && let Ok(Some(created)) = self.find_by_external_id(id).await
        {
            return Ok(created);
        }
        Ok(reply.json()?)
    }

    /// Updates the account with reteach's own id: `PUT /customer/{id}`.
    pub async fn update(&self, id: &CustomerId, input: &CustomerInput) -> Result<Customer, Error> {
        self.put(id.as_str(), input).await
    }

    /// Updates the account with this external id: `PUT /customer/{id}`. reteach finds none if somebody has given the
    /// account to another system or person.
    ///
    /// # Errors
    /// [`Error::NotFound`] if no account has it, or if the academy takes no external ids here; else see [`Error`].
    pub async fn update_by_external_id(
        &self,
        id: &ExternalId,
        input: &CustomerInput,
    ) -> Result<Customer, Error> {
        self.put(id.as_str(), input).await
    }

    async fn put(&self, identifier: &str, input: &CustomerInput) -> Result<Customer, Error> {
        let target = self.target(Method::PUT, "/customer/{id}", &[identifier])?;
        let request = Request::new(target, Idempotency::Idempotent, TIMEOUT).json(input)?;
        let reply = self.call(request).await?;
        if shows_no_account(&reply) {
            // An academy that answers with a status alone shows with a read what it has taken.
            let read = self.identified(identifier).await;
            if read.is_ok() || reply.is_empty() {
                return read;
            }
        }
        Ok(reply.json()?)
    }

    /// Whatever account reteach finds by id, mail address, user name or external id: `GET /customer/{id}`.
    pub async fn find(&self, identifier: &str) -> Result<Option<Customer>, Error> {
        match self.identified(identifier).await {
            Ok(customer) => Ok(Some(customer)),
            // Status 0: an identifier that cannot stand in a path is nobody's.
            Err(Error::NotFound { .. } | Error::Rejected { status: 0, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whatever account reteach finds by id, mail address, user name or external id.
    async fn identified(&self, identifier: &str) -> Result<Customer, Error> {
        let target = self.target(Method::GET, "/customer/{id}", &[identifier])?;
        Ok(self.read(target).await?.json()?)
    }
}

/// Whether a success has nothing but a status, or JSON that is no account, such as `{"accepted": true}`. The page of a gateway
/// is no JSON: nothing was written.
fn shows_no_account(reply: &Reply) -> bool {
    let is_json = || reply.fitting::<IgnoredAny>().is_some();
    reply.is_empty() || (reply.fitting::<Customer>().is_none() && is_json())
}
