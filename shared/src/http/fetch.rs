//! Getting a file from an address that a vendor named: its answer with the body still to be read.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use url::Url;

use super::context::fault;
use super::reply::Verdict;
use super::retry::{self, Decision};
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
    /// [`Error`]; a name that leads to a machine beside us is [`TransportError::NotPublic`].
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
        let mut ceilings = retry::schedule();
        loop {
            pace.ready(self.deadline).await.map_err(|_| late())?;
            self.calls.count(fetch.call.vendor);
            let left = self.deadline.remaining().unwrap_or(Duration::MAX);
            let attempt = timeout(fetch.timeout.min(left), fetch.request(client)?.send()).await;
            let (settled, decision, asked) = match attempt {
                Ok(Ok(response)) => {
                    let status = response.status();
                    let decision =
                        retry::after_answer(status, Verdict::ByStatus, Idempotency::Read);
                    let asked = retry::asked(status, response.headers(), self.clock().now());
                    (Ok(response), decision, asked)
                }
                Ok(Err(error)) => fetch.unreachable(fault(&error)),
                Err(_) if left <= fetch.timeout => return Err(late()),
                Err(_) => fetch.unreachable(TransportError::TimedOut),
            };
            let wait = ceilings
                .next()
                .and_then(|ceiling| retry::wait(asked, ceiling, self.waits().jitter()));
            let (Decision::Again, Some(wait)) = (decision, wait) else {
                return settled;
            };
            self.waits()
                .wait(wait, self.deadline)
                .await
                .map_err(|_| late())?;
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
            .header(ACCEPT, HeaderValue::from_static("application/pdf"));
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

    fn unreachable(
        &self,
        fault: TransportError,
    ) -> (Result<reqwest::Response, Error>, Decision, Option<Duration>) {
        let error = Error::Unreachable {
            call: self.call.clone(),
            fault,
            effect: Effect::None,
        };
        (
            Err(error),
            retry::after_transport_error(fault, Idempotency::Read),
            None,
        )
    }
}

/// What a body that breaks off while it is read is called.
#[must_use]
pub fn body_fault(error: &reqwest::Error) -> TransportError {
    fault(error)
}
