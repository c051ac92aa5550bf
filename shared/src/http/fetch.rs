//! Getting a file from an address that a vendor named: its answer with the body still to be read.

use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use url::Url;

use super::context::fault;
use super::reply::RetryHint;
use super::retry::{self, Judged};
use super::{Call, Context, Deadline, Effect, Error, Idempotency, RateLimiter, TransportError};

/// One file to get: a read, repeated where that helps.
#[derive(Clone)]
pub struct Fetch<'a> {
    /// What it is called in errors: never its address, which may be signed.
    pub call: Call,
    /// Where it is. Whether it may be fetched from there is the caller's to decide.
    pub url: &'a Url,
    /// The token, if the address is the token's own API.
    pub bearer: Option<&'a SecretString>,
    /// For each attempt, until the headers are here.
    pub timeout: Duration,
}

impl Context {
    /// Gets the answer for `fetch` over `client`, whatever its status; redirects are not followed.
    ///
    /// # Errors
    /// [`Error`]; a name without a public address is [`TransportError::NotPublic`].
    pub async fn fetch(
        &self,
        client: &reqwest::Client,
        fetch: &Fetch<'_>,
        pace: &RateLimiter,
    ) -> Result<reqwest::Response, Error> {
        let late = || Error::OutOfTime {
            call: fetch.call.clone(),
            effect: Effect::None,
        };
        let attempt = || async {
            if pace.ready(self.deadline).await.is_err() {
                return Ok(Err(late()));
            }
            self.calls.count(fetch.call.vendor);
            let request = match fetch.request(client) {
                Ok(request) => request,
                Err(error) => return Ok(Err(error)),
            };
            let left = self.deadline.remaining().unwrap_or(Duration::MAX);
            match timeout(fetch.timeout.min(left), request.send()).await {
                Ok(Ok(response)) => {
                    self.calls
                        .note(&fetch.call, response.status(), response.headers());
                    self.judge_response(response).result()
                }
                Ok(Err(error)) => fetch.unreachable(fault(&error)).result(),
                Err(_) if left <= fetch.timeout => Ok(Err(late())),
                Err(_) => fetch.unreachable(TransportError::TimedOut).result(),
            }
        };
        self.repeat(attempt, None, late).await
    }

    fn judge_response(&self, response: reqwest::Response) -> Judged<reqwest::Response> {
        let status = response.status();
        Judged {
            decision: retry::after_answer(status, RetryHint::ByStatus, Idempotency::Read),
            asked: retry::asked(status, response.headers(), self.clock().now()),
            settled: Ok(response),
        }
    }

    /// The moment at which this context's work must have stopped.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }
}

impl Fetch<'_> {
    fn request(&self, client: &reqwest::Client) -> Result<reqwest::RequestBuilder, Error> {
        let request = client
            .get(self.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/pdf"))
            // An encoded file would come without its length.
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let Some(token) = self.bearer else {
            return Ok(request);
        };
        let problem = "the token has characters that a header may not have";
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| Error::Invalid {
                call: self.call.clone(),
                problem,
            })?;
        value.set_sensitive(true);
        Ok(request.header(reqwest::header::AUTHORIZATION, value))
    }

    fn unreachable(&self, fault: TransportError) -> Judged<reqwest::Response> {
        Judged {
            settled: Err(Error::Unreachable {
                call: self.call.clone(),
                fault,
                effect: Effect::None,
            }),
            decision: retry::after_transport_error(fault, Idempotency::Read),
            asked: None,
        }
    }
}

/// What a body that breaks off while it is read is called.
#[must_use]
pub fn body_fault(error: &reqwest::Error) -> TransportError {
    fault(error)
}
