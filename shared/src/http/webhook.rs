//! A webhook: one POST to an address that a tenant named, which is a secret.

use std::time::Duration;

use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::base_url::{is_loopback, safe_url};
use super::context::fault;
use super::{Context, InvalidBaseUrl, TransportError};

/// The address of a webhook: https on the public internet, or anything on this machine. Never shown.
#[derive(Clone)]
pub struct WebhookUrl(SecretString);

crate::debug_only!(WebhookUrl);

impl WebhookUrl {
    pub fn parse(text: &SecretString) -> Result<Self, InvalidBaseUrl> {
        safe_url(text.expose_secret()).map(|_| Self(text.clone()))
    }

    fn url(&self) -> Option<Url> {
        Url::parse(self.0.expose_secret()).ok()
    }
}

impl Context {
    /// POSTs `body` once and returns the status. Follows no redirect and calls public addresses only.
    ///
    /// # Errors
    /// [`TransportError`]; none of its values holds the address.
    pub async fn post_once(
        &self,
        to: &WebhookUrl,
        body: &Value,
        limit: Duration,
    ) -> Result<StatusCode, TransportError> {
        let url = to.url().ok_or(TransportError::NotPublic)?;
        if is_loopback(&url) && !self.has_simulators() {
            return Err(TransportError::NotPublic);
        }
        let call = self.client().post(url).json(body).timeout(limit);
        let answer = call.send().await.map_err(|error| fault(&error))?;
        Ok(answer.status())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::testing::{Canned, Server};

    #[test]
    fn an_address_is_https_on_the_public_internet_and_never_shown() {
        for (given, expected) in [
            ("https://hooks.slack.com/services/T0/B0/x", None),
            ("https://x.webhook.office.com/y?sig=z", None),
            ("http://127.0.0.1:8080/hook", None),
            ("http://hooks.slack.com/x", Some(InvalidBaseUrl::NotHttps)),
            ("https://10.0.0.1/x", Some(InvalidBaseUrl::NotPublic)),
            ("https://169.254.169.254/x", Some(InvalidBaseUrl::NotPublic)),
            (
                "https://user@hooks.slack.com/x",
                Some(InvalidBaseUrl::HasUser),
            ),
            ("hooks.slack.com", Some(InvalidBaseUrl::NotAUrl)),
        ] {
            let parsed = WebhookUrl::parse(&given.into());
            assert_eq!(parsed.as_ref().err().copied(), expected, "{given}");
            let shown = parsed.map(|url| format!("{url:?}"));
            assert!(shown.is_err() || shown == Ok("WebhookUrl(…)".to_owned()));
        }
    }

    #[tokio::test]
    async fn this_machine_is_called_only_where_simulators_are_and_no_redirect_is_followed() {
        let moved = || Canned::With(302, "location", "/other", json!({}));
        let server = Server::start(move |_, _| moved()).await;
        let url = format!("{}/hook", server.base);
        let hook = WebhookUrl::parse(&url.into()).unwrap();
        let (body, limit) = (json!({"text": "x"}), Duration::from_secs(5));
        let real = server.context();
        let sent = real.post_once(&hook, &body, limit).await;
        assert_eq!(sent, Err(TransportError::NotPublic));
        assert!(server.seen().is_empty());
        let simulated = real.with_simulators();
        let sent = simulated.post_once(&hook, &body, limit).await;
        assert_eq!(sent, Ok(StatusCode::FOUND));
        let seen = server.seen();
        assert_eq!((seen.len(), seen[0].line()), (1, ("POST", "/hook")));
        assert_eq!(seen[0].body, body);
    }
}
