//! The routes to the HR system: from a tenant's configuration and secret to the clients of its route.

mod hr;
mod kept_login;
mod kombo_unified;
mod personio_over_kombo;

pub use hr::Hr;
pub use kombo_unified::KomboUnified;
pub use personio_over_kombo::PersonioOverKombo;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use self::kept_login::LoginInState;
use crate::fingerprint::{FingerprintKey, FingerprintKeyError};
use crate::http::{BaseUrl, Context, Deadline, RateLimiter};
use crate::kombo;
use crate::personio;
use crate::reteach;
use crate::secrets::{KomboSecret, PersonioSecret, ReteachSecret, TenantSecret};
use crate::state::Store;
use crate::tenant::{TenantConfig, Via};

/// The clients of one tenant, and its key. Copies share tokens and pace.
#[derive(Clone, Debug)]
pub struct Connections {
    /// The source of employees, and the place for their documents.
    pub hr: Hr,
    /// The academy: accounts go there, certificates come from it.
    pub reteach: reteach::Client,
    pub key: FingerprintKey,
}

/// What a tenant's route needs and does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConnectError {
    #[error("the tenant's secret has no {0}; store it with `tenants add`")]
    MissingSecret(&'static str),
    #[error("the tenant's secret: {0}; `tenants add` makes one")]
    FingerprintKey(#[from] FingerprintKeyError),
    /// The company has not clicked through Kombo Connect yet.
    #[error(
        "kombo.integration_id is not set: the company has not connected its HR system yet, use `tenants connect`"
    )]
    NotConnected,
    /// A simulator's address, where there are none.
    #[error(
        "{0} names this machine, where a function has no vendor: give the vendor's address, or leave it out"
    )]
    OnThisMachine(&'static str),
}

impl Connections {
    /// The clients for `config` with the credentials in `secret`.
    pub fn new(
        config: &TenantConfig,
        secret: &TenantSecret,
        context: &Context,
    ) -> Result<Self, ConnectError> {
        reachable(config, context)?;
        let key = secret
            .fingerprint_key
            .as_ref()
            .ok_or(ConnectError::MissingSecret("fingerprint_key"))?;
        let hr = hr(config, secret, context)?;
        Ok(Self {
            hr,
            reteach: academy(config, secret, context)?,
            key: FingerprintKey::parse(key)?,
        })
    }

    /// The same clients, but nothing goes past `deadline`.
    #[must_use]
    pub fn until(self, deadline: Deadline) -> Self {
        Self {
            hr: self.hr.until(deadline),
            reteach: self.reteach.until(deadline),
            key: self.key,
        }
    }

    /// The same clients; the academy's login is kept in `store`.
    #[must_use]
    pub fn keeping_login(
        self,
        config: &TenantConfig,
        secret: &TenantSecret,
        store: &Store,
    ) -> Self {
        Self {
            reteach: keeping_login(self.reteach, config, secret, store),
            ..self
        }
    }

    /// The same clients at another pace: for simulators without limits.
    #[must_use]
    pub fn with_pace(self, pace: &RateLimiter) -> Self {
        Self {
            hr: self.hr.with_pace(pace.clone()),
            reteach: self.reteach.with_pace(pace.clone()),
            key: self.key,
        }
    }
}

/// The academy's client alone: the HR system may not be connected yet.
pub fn academy(
    config: &TenantConfig,
    secret: &TenantSecret,
    context: &Context,
) -> Result<reteach::Client, ConnectError> {
    reachable(config, context)?;
    let academy = secret
        .reteach
        .as_ref()
        .ok_or(ConnectError::MissingSecret("reteach"))?;
    Ok(reteach::Client::new(
        config.reteach.base_url.clone(),
        reteach_credentials(academy),
        context.clone(),
        config.reteach.max_calls_per_second,
    ))
}

/// The academy's client, which keeps its login in `store`: the client code may be good for one login only.
#[must_use]
pub fn keeping_login(
    client: reteach::Client,
    config: &TenantConfig,
    secret: &TenantSecret,
    store: &Store,
) -> reteach::Client {
    let tenant = config.tenant_id.clone();
    let secret = secret.reteach.as_ref();
    match secret.and_then(|secret| LoginInState::new(store.clone(), tenant, secret)) {
        Some(login) => client.keeping_logins(login),
        None => client,
    }
}

/// The one place where addresses on this machine are refused to whom they are not simulators.
fn reachable(config: &TenantConfig, context: &Context) -> Result<(), ConnectError> {
    let kombo = config
        .kombo
        .as_ref()
        .map(|kombo| ("kombo.base_url", &kombo.base_url));
    let others = [
        ("personio.base_url", &config.personio.base_url),
        ("reteach.base_url", &config.reteach.base_url),
    ];
    let refused = |(_, base): &(&str, &BaseUrl)| !context.may_call(base);
    let found = others.into_iter().chain(kombo).find(refused);
    found.map_or(Ok(()), |(field, _)| Err(ConnectError::OnThisMachine(field)))
}

fn hr(config: &TenantConfig, secret: &TenantSecret, context: &Context) -> Result<Hr, ConnectError> {
    if config.personio.via == Via::Direct {
        return personio(config, secret, context).map(Hr::Personio);
    }
    let kombo = config.kombo.as_ref().ok_or(ConnectError::NotConnected)?;
    let integration = kombo
        .integration_id
        .clone()
        .ok_or(ConnectError::NotConnected)?;
    let KomboSecret { api_key, .. } = secret
        .kombo
        .as_ref()
        .ok_or(ConnectError::MissingSecret("kombo"))?;
    let key = kombo::ApiKey::new(text(api_key));
    let client = kombo::Client::new(kombo.base_url.clone(), key, context.clone());
    Ok(match config.personio.via {
        Via::Direct | Via::KomboPassthrough => {
            let transport = PersonioOverKombo::new(client, integration);
            Hr::PersonioOverKombo(personio::Client::new(transport))
        }
        Via::Kombo => {
            let field = kombo.employment_type_field.clone();
            let zone = config.time_zone.clone();
            Hr::Kombo(KomboUnified::new(client, integration, field, zone))
        }
    })
}

fn personio(
    config: &TenantConfig,
    secret: &TenantSecret,
    context: &Context,
) -> Result<personio::Client, ConnectError> {
    let PersonioSecret {
        client_id,
        client_secret,
    } = secret
        .personio
        .as_ref()
        .ok_or(ConnectError::MissingSecret("personio"))?;
    let credentials = personio::Credentials::new(text(client_id), text(client_secret));
    let base = config.personio.base_url.clone();
    let direct = personio::Direct::new(base, credentials, context.clone());
    Ok(personio::Client::new(direct))
}

fn reteach_credentials(secret: &ReteachSecret) -> reteach::Credentials {
    let ReteachSecret {
        client_id,
        client_secret,
        client_code,
    } = secret;
    reteach::Credentials::new(text(client_id), text(client_secret), text(client_code))
}

fn text(secret: &SecretString) -> &str {
    secret.expose_secret()
}

#[cfg(test)]
mod tests;
