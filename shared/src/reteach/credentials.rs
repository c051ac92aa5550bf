//! reteach's API credentials.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Client id, secret and code of one academy (Settings, Integrations, "API-Zugangsdaten").
#[derive(Clone, Deserialize)]
pub struct Credentials {
    client_id: SecretString,
    client_secret: SecretString,
    client_code: SecretString,
}

/// The body of `POST /oauth/authorize`.
#[derive(Serialize)]
pub(super) struct LoginBody<'a> {
    grant_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    client_secret: &'a str,
    client_id: &'a str,
}

impl LoginBody<'_> {
    pub(super) fn has_code(&self) -> bool {
        self.code.is_some()
    }
}

impl Credentials {
    /// Takes the three as reteach shows them.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        client_code: impl Into<String>,
    ) -> Self {
        Self {
            client_id: client_id.into().into(),
            client_secret: client_secret.into().into(),
            client_code: client_code.into().into(),
        }
    }

    pub(super) fn login(&self) -> LoginBody<'_> {
        LoginBody {
            grant_type: "authorization_code",
            code: Some(self.client_code.expose_secret()),
            ..self.body()
        }
    }

    /// A login with the refresh token of an earlier one.
    pub(super) fn refresh<'a>(&'a self, token: &'a SecretString) -> LoginBody<'a> {
        LoginBody {
            grant_type: "refresh_token",
            refresh_token: Some(token.expose_secret()),
            ..self.body()
        }
    }

    fn body(&self) -> LoginBody<'_> {
        LoginBody {
            grant_type: "",
            code: None,
            refresh_token: None,
            client_secret: self.client_secret.expose_secret(),
            client_id: self.client_id.expose_secret(),
        }
    }
}

crate::debug_only!(Credentials);
