//! API credentials and their tokens.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::engine::digest;

/// A token's life: 24 hours, during which every log-in returns the same one.
pub(super) const TOKEN_SECONDS: i64 = 86_400;

/// The account's credentials, by client id.
#[derive(Default)]
pub(super) struct Credentials(HashMap<String, Credential>);

struct Credential {
    secret: String,
    token: Option<(String, Timestamp)>,
    issued: u64,
}

impl Credentials {
    pub(super) fn add(&mut self, client_id: &str, secret: &str) {
        let issued = self.0.get(client_id).map_or(0, |old| old.issued);
        let credential = Credential { secret: secret.to_owned(), token: None, issued };
        self.0.insert(client_id.to_owned(), credential);
    }

    pub(super) fn remove(&mut self, client_id: &str) {
        self.0.remove(client_id);
    }

    pub(super) fn revoke_tokens(&mut self) {
        self.0.values_mut().for_each(|credential| credential.token = None);
    }

    pub(super) fn are_good(&self, client_id: &str, secret: &str) -> bool {
        self.0.get(client_id).is_some_and(|credential| credential.secret == secret)
    }

    /// The credential's token of these 24 hours; `None` if the credential is not good.
    pub(super) fn token(&mut self, client_id: &str, secret: &str, now: Timestamp) -> Option<String> {
        let credential = self.0.get_mut(client_id).filter(|found| found.secret == secret)?;
        if let Some((token, ends)) = &credential.token
            && now < *ends
        {
            return Some(token.clone());
        }
        credential.issued += 1;
        let token = digest::token("papi-", &[client_id, secret, &credential.issued.to_string()]);
        let ends = now.saturating_add(SignedDuration::from_secs(TOKEN_SECONDS)).unwrap_or(Timestamp::MAX);
        credential.token = Some((token.clone(), ends));
        Some(token)
    }

    pub(super) fn know_token(&self, token: &str, now: Timestamp) -> bool {
        self.0
            .values()
            .filter_map(|credential| credential.token.as_ref())
            .any(|(known, ends)| known == token && now < *ends)
    }
}
