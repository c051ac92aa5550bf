//! Personio's API credentials.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Client id and secret of a custom integration (Settings, Integrations, API credentials).
#[derive(Clone, Deserialize)]
pub struct Credentials {
    client_id: SecretString,
    client_secret: SecretString,
}

/// The body of `POST /v1/auth`: in the body, never in the URL.
#[derive(Serialize)]
pub(super) struct Login<'a> {
    client_id: &'a str,
    client_secret: &'a str,
}

impl Credentials {
    /// Takes the pair as Personio shows it.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into().into(),
            client_secret: client_secret.into().into(),
        }
    }

    pub(super) fn login(&self) -> Login<'_> {
        Login {
            client_id: self.client_id.expose_secret(),
            client_secret: self.client_secret.expose_secret(),
        }
    }

    /// The body of `POST /v2/auth/token`.
    pub(super) fn token_form(&self) -> [(&'static str, &str); 3] {
        [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.expose_secret()),
            ("client_secret", self.client_secret.expose_secret()),
        ]
    }
}

crate::debug_only!(Credentials);
