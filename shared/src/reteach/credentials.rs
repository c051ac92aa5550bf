//! reteach's API credentials.

use std::fmt;

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
pub(super) struct Login<'a> {
    grant_type: &'static str,
    code: &'a str,
    client_secret: &'a str,
    client_id: &'a str,
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

    pub(super) fn login(&self) -> Login<'_> {
        Login {
            grant_type: "authorization_code",
            code: self.client_code.expose_secret(),
            client_secret: self.client_secret.expose_secret(),
            client_id: self.client_id.expose_secret(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}
