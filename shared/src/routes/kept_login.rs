//! The academy's login, kept for all processes of a tenant.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::id::TenantId;
use crate::reteach::{KeptLogin, LoginStore, LoginStoreError};
use crate::secrets::{LoginKey, ReteachSecret};
use crate::state::Store;

/// How a kept refresh token begins; the rest is the token.
const REFRESH: &str = "refresh:";
/// The client code is used again.
const CODE: &str = "code";

/// The login of one tenant's academy in the state, encrypted with a key of its credentials.
#[derive(Debug)]
pub(super) struct LoginInState {
    store: Store,
    tenant: TenantId,
    key: LoginKey,
}

impl LoginInState {
    /// `None` if the credentials make no key.
    pub(super) fn new(store: Store, tenant: TenantId, secret: &ReteachSecret) -> Option<Arc<Self>> {
        let key = LoginKey::new(secret)?;
        Some(Arc::new(Self { store, tenant, key }))
    }
}

impl LoginStore for LoginInState {
    fn load(&self) -> BoxFuture<'_, Result<Option<KeptLogin>, LoginStoreError>> {
        async {
            let sealed = self.store.login(&self.tenant, self.key.name()).await;
            let sealed = sealed.map_err(|error| LoginStoreError(error.to_string()))?;
            let login = sealed.and_then(|text| self.key.open(&self.tenant, &text));
            Ok(login.and_then(|login| read(&login)))
        }
        .boxed()
    }

    fn save<'a>(&'a self, login: &'a KeptLogin) -> BoxFuture<'a, Result<(), LoginStoreError>> {
        async move {
            let mut nonce = [0; 12];
            let sealed = SystemRandom::new()
                .fill(&mut nonce)
                .ok()
                .and_then(|()| self.key.seal(&self.tenant, nonce, &written(login)));
            let sealed =
                sealed.ok_or_else(|| LoginStoreError("it cannot be encrypted".to_owned()))?;
            let stored = self
                .store
                .put_login(&self.tenant, self.key.name(), sealed)
                .await;
            stored.map_err(|error| LoginStoreError(error.to_string()))
        }
        .boxed()
    }
}

fn written(login: &KeptLogin) -> SecretString {
    match login {
        KeptLogin::Code => CODE.into(),
        KeptLogin::Refresh(token) => format!("{REFRESH}{}", token.expose_secret()).into(),
    }
}

fn read(login: &SecretString) -> Option<KeptLogin> {
    match login.expose_secret() {
        CODE => Some(KeptLogin::Code),
        text => {
            let token = text.strip_prefix(REFRESH)?;
            Some(KeptLogin::Refresh(token.into()))
        }
    }
}
