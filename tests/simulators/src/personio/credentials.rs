//! API credentials and their tokens.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::engine::digest;

/// A token's life: 24 hours, during which every log-in returns the same one.
pub(super) const TOKEN_SECONDS: i64 = 86_400;

/// The version of the API that a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

/// The account's credentials, by client id.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Credentials {
    known: HashMap<String, Credential>,
}

#[derive(Serialize, Deserialize)]
struct Credential {
    secret: String,
    token: Option<Token>,
    token_v2: Option<Token>,
    issued: u64,
}

type Token = (String, Timestamp);

impl Credentials {
    pub(super) fn add(&mut self, client_id: &str, secret: &str) {
        let issued = self.known.get(client_id).map_or(0, |old| old.issued);
        let credential = Credential {
            secret: secret.to_owned(),
            token: None,
            token_v2: None,
            issued,
        };
        self.known.insert(client_id.to_owned(), credential);
    }

    pub(super) fn remove(&mut self, client_id: &str) {
        self.known.remove(client_id);
    }

    pub(super) fn revoke_tokens(&mut self) {
        for credential in self.known.values_mut() {
            (credential.token, credential.token_v2) = (None, None);
        }
    }

    pub(super) fn are_good(&self, client_id: &str, secret: &str) -> bool {
        self.known
            .get(client_id)
            .is_some_and(|credential| credential.secret == secret)
    }

    /// The credential's token of these 24 hours; `None` if the credential is not good.
    pub(super) fn token(
        &mut self,
        client_id: &str,
        secret: &str,
        now: Timestamp,
    ) -> Option<String> {
        let credential = self
            .known
            .get_mut(client_id)
            .filter(|found| found.secret == secret)?;
        Some(credential.token_for(client_id, Version::V1, now).0)
    }

    /// The same for v2, with the seconds it has left.
    pub(super) fn token_v2(
        &mut self,
        client_id: &str,
        secret: &str,
        now: Timestamp,
    ) -> Option<(String, i64)> {
        let credential = self
            .known
            .get_mut(client_id)
            .filter(|found| found.secret == secret)?;
        let (token, ends) = credential.token_for(client_id, Version::V2, now);
        Some((token, ends.as_second() - now.as_second()))
    }

    pub(super) fn know_token(&self, token: &str, version: Version, now: Timestamp) -> bool {
        let good = |found: &Option<Token>| {
            found
                .as_ref()
                .is_some_and(|(known, ends)| known == token && now < *ends)
        };
        self.known.values().any(|credential| {
            good(match version {
                Version::V1 => &credential.token,
                Version::V2 => &credential.token_v2,
            })
        })
    }
}

impl Credential {
    fn token_for(&mut self, client_id: &str, version: Version, now: Timestamp) -> Token {
        let place = match version {
            Version::V1 => &mut self.token,
            Version::V2 => &mut self.token_v2,
        };
        if let Some(token) = place.as_ref().filter(|(_, ends)| now < *ends) {
            return token.clone();
        }
        self.issued += 1;
        let token = digest::token(
            "papi-",
            &[client_id, &self.secret, &self.issued.to_string()],
        );
        let ends = now
            .saturating_add(SignedDuration::from_secs(TOKEN_SECONDS))
            .unwrap_or(Timestamp::MAX);
        place.insert((token, ends)).clone()
    }
}
