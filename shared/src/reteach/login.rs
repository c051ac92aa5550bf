//! Logging in: once with the client code, afterwards with refresh tokens, as "Rest API Access and Authentication" says.
//! How a refresh is called is not documented: this is OAuth's way. Where the academy refuses it, the code is used again.

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::SignedDuration;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use thiserror::Error;

use super::Client;
use super::credentials::LoginBody;
use super::error::{Error, check};
use super::limits::{TIMEOUT, TOKEN_LIFE};
use super::total::total;
use crate::http::{Effect, Grant, Idempotency, Request};
use crate::locked::locked;

/// Another process needs less time to store a token that it has just renewed. Our own bound.
const RENEWAL: Duration = Duration::from_secs(2);

/// What the next login is made with.
#[derive(Clone, Debug)]
pub enum KeptLogin {
    /// The client code: the academy takes it again, or hands out no refresh tokens.
    Code,
    Refresh(SecretString),
}

/// Keeps an academy's login for other processes: its client code may be good for one login only.
pub trait LoginStore: fmt::Debug + Send + Sync {
    fn load(&self) -> BoxFuture<'_, Result<Option<KeptLogin>, LoginStoreError>>;

    /// Saves `login` in place of the one before.
    fn save<'a>(&'a self, login: &'a KeptLogin) -> BoxFuture<'a, Result<(), LoginStoreError>>;
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the login of reteach cannot be read or stored: {0}")]
pub struct LoginStoreError(pub String);

/// The login's answer. Only `access_token` has been seen; a refresh token is documented, its name is not.
#[derive(Deserialize)]
struct LoginAnswer {
    access_token: SecretString,
    #[serde(default)]
    refresh_token: Option<serde_json::Value>,
    /// The other members of this API are written like this.
    #[serde(default, rename = "refreshToken")]
    refresh_token_in_camel_case: Option<serde_json::Value>,
    #[serde(default, deserialize_with = "total")]
    expires_in: Option<u64>,
}

/// What an answer to a log-in had besides the access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginMembers {
    pub expires_in: bool,
    pub refresh_token: bool,
    is_by_code: bool,
}

struct Issued {
    grant: Grant,
    refresh: Option<SecretString>,
}

#[derive(Clone, Debug)]
pub(super) struct OwnLogin {
    login: KeptLogin,
    is_saved: bool,
}

impl Client {
    /// An access token, from the kept login if there is one.
    pub(super) async fn login(&self) -> Result<Grant, Error> {
        if let Some(kept) = self.kept().await? {
            return self.log_in_again(kept).await;
        }
        match self.trade(&self.credentials.login()).await {
            Ok(Issued { grant, refresh }) => {
                self.keep(refresh.map_or(KeptLogin::Code, KeptLogin::Refresh))
                    .await;
                Ok(grant)
            }
            // The code may be good once, and another process may have used it a moment ago.
            Err(refused @ Error::Credential(_)) => match self.kept_meanwhile().await? {
                Some(kept) => self.log_in_again(kept).await,
                None => Err(refused),
            },
            Err(error) => Err(error),
        }
    }

    /// Logs in as the next process will, and says whether the client code was needed for it.
    ///
    /// # Errors
    /// [`Error::Credential`] if the academy takes neither a refresh token nor the client code again. A second use of a code
    /// that is good once may have ended all tokens then. Else see [`enum@Error`].
    pub async fn log_in_as_next(&self) -> Result<bool, Error> {
        self.login().await?;
        let members = self.login_members();
        Ok(members.is_some_and(|members| members.is_by_code))
    }

    /// An access token, after an earlier login.
    async fn log_in_again(&self, kept: KeptLogin) -> Result<Grant, Error> {
        match kept {
            KeptLogin::Refresh(token) => self.renewed(token).await,
            KeptLogin::Code => match self.trade(&self.credentials.login()).await {
                Ok(issued) => Ok(issued.grant),
                Err(Error::Credential(problem)) => Err(Error::Credential(format!(
                    "{problem}: the client code has worked before, so it was revoked or is good for one login only"
                ))),
                Err(error) => Err(error),
            },
        }
    }

    /// An access token for a refresh token; where that fails, for the client code.
    async fn renewed(&self, token: SecretString) -> Result<Grant, Error> {
        let mut token = token;
        let mut result = self.refreshed(&token).await;
        // A refresh token may be good once, and another process may have used it a moment ago.
        if matches!(result, Err(Error::Credential(_)))
            && let Some(KeptLogin::Refresh(newer)) = self.kept_meanwhile().await?
            && newer.expose_secret() != token.expose_secret()
        {
            token = newer;
            result = self.refreshed(&token).await;
        }
        let failure = match result {
            Err(error @ (Error::Limited(_) | Error::OutOfTime { .. })) => return Err(error),
            Err(error) => error,
            Ok(grant) => return Ok(grant),
        };
        let issued = self.trade(&self.credentials.login()).await;
        match (issued, failure) {
            (Ok(Issued { grant, .. }), Error::Credential(_)) => {
                self.keep_code_in_place_of(&token).await;
                Ok(grant)
            }
            // The academy may refresh the next time.
            (Ok(Issued { grant, refresh }), _) => {
                if let Some(next) = refresh {
                    self.keep(KeptLogin::Refresh(next)).await;
                }
                Ok(grant)
            }
            (Err(Error::Credential(_)), Error::Credential(problem)) => {
                Err(Error::Credential(format!(
                    "{problem}: neither the last refresh token nor the client code is taken, so they were revoked or the code is good for one login only"
                )))
            }
            (Err(Error::Credential(_)), failure) => Err(failure),
            (Err(error), _) => Err(error),
        }
    }

    async fn refreshed(&self, token: &SecretString) -> Result<Grant, Error> {
        let Issued { grant, refresh } = self.trade(&self.credentials.refresh(token)).await?;
        if let Some(next) = refresh.filter(|it| it.expose_secret() != token.expose_secret()) {
            self.keep(KeptLogin::Refresh(next)).await;
        }
        Ok(grant)
    }

    /// The login that any process kept last.
    async fn kept(&self) -> Result<Option<KeptLogin>, Error> {
        let own = locked(&self.last_login).clone();
        if let Some(OwnLogin {
            login: login @ KeptLogin::Refresh(_),
            is_saved: false,
        }) = own
        {
            // The stored login is older: it may be used up.
            self.keep(login.clone()).await;
            return Ok(Some(login));
        }
        let own = own.map(|own| own.login);
        let Some(store) = &self.logins_kept else {
            return Ok(own);
        };
        match (store.load().await, own) {
            (Ok(stored), own) => Ok(stored.or(own)),
            (Err(_), Some(own)) => Ok(Some(own)),
            // The code may be good once: it is not used while another login may be there.
            (Err(error), None) => Err(Error::Unavailable {
                problem: error.to_string(),
                effect: Effect::None,
            }),
        }
    }

    /// The kept login, once another process has had the time to store its own. `None` without a store.
    async fn kept_meanwhile(&self) -> Result<Option<KeptLogin>, Error> {
        if self.logins_kept.is_none() {
            return Ok(None);
        }
        let _ = self.context.wait(RENEWAL).await;
        self.kept().await
    }

    async fn keep(&self, login: KeptLogin) {
        let saved = match &self.logins_kept {
            Some(store) => store.save(&login).await,
            None => Ok(()),
        };
        if let Err(error) = &saved {
            tracing::warn!(%error, "the next login of this academy may need new credentials");
        }
        let is_saved = saved.is_ok();
        *locked(&self.last_login) = Some(OwnLogin { login, is_saved });
    }

    /// Keeps the client code, unless another process has stored a newer login than `refused`.
    async fn keep_code_in_place_of(&self, refused: &SecretString) {
        if let Ok(Some(KeptLogin::Refresh(last))) = self.kept().await
            && last.expose_secret() == refused.expose_secret()
        {
            self.keep(KeptLogin::Code).await;
        }
    }

    /// What the last answer to a log-in of this process had.
    #[must_use]
    pub fn login_members(&self) -> Option<LoginMembers> {
        *locked(&self.login_members)
    }

    async fn trade(&self, body: &LoginBody<'_>) -> Result<Issued, Error> {
        let target = self.target(Method::POST, "/oauth/authorize", &[])?;
        let request = Request::new(target, Idempotency::Read, TIMEOUT).json(body)?;
        // The academy counts logins among its calls.
        let reply = check(self.context.send(&request, &self.calls).await?, &request)
            .map_err(about_credentials)?;
        let LoginAnswer {
            access_token,
            refresh_token,
            refresh_token_in_camel_case,
            expires_in,
        } = reply.json()?;
        let lives = expires_in
            .and_then(|seconds| i64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0);
        let refresh = refresh_token
            .or(refresh_token_in_camel_case)
            .and_then(|value| value.as_str().map(SecretString::from));
        *locked(&self.login_members) = Some(LoginMembers {
            expires_in: lives.is_some(),
            refresh_token: refresh.is_some(),
            is_by_code: body.has_code(),
        });
        Ok(Issued {
            grant: Grant {
                token: access_token,
                lives: lives.map_or(TOKEN_LIFE, SignedDuration::from_secs),
            },
            refresh: refresh.filter(|token| !token.expose_secret().is_empty()),
        })
    }
}

/// A login carries nothing but the credentials: whatever is rejected about it is them.
fn about_credentials(error: Error) -> Error {
    match error {
        Error::Rejected { .. } | Error::NotFound { .. } | Error::Conflict { .. } => {
            Error::Credential(error.to_string())
        }
        Error::Forbidden(problem) => Error::Credential(problem),
        other => other,
    }
}
