//! Sending a request whose JSON ends in a file.

use serde::Serialize;

use super::client::Client;
use crate::document::{FilingError, PdfBody};
use crate::http::{Error, Payload, RateLimiter, Reply, Request};

/// Where the file's bytes go.
const GAP: &str = "\"data\":\"";

impl Client {
    /// Sends `request` with `json` as its body, in which a [`File`](super::File) is the last value and `file` its content. It is
    /// sent at most once, and the answer returned whatever its status.
    ///
    /// The bytes are encoded while they are sent: memory does not grow with the file.
    pub(super) async fn send_file(
        &self,
        request: &Request,
        json: &impl Serialize,
        file: PdfBody,
        pace: &RateLimiter,
    ) -> Result<Reply, FilingError> {
        let mut before = serde_json::to_string(json).map_err(|_| Error::Invalid {
            call: request.call().clone(),
            problem: "its body cannot be written as JSON",
        })?;
        let gap = before.rfind(GAP).map_or(before.len(), |at| at + GAP.len());
        let after = before.split_off(gap);
        let (content, watch) = file.into_content();
        let payload = Payload::base64_within(before, content, after);
        let sent = self.context.send_once(request, payload, pace).await;
        sent.map_err(|error| {
            watch
                .failure()
                .map_or_else(|| error.into(), FilingError::from)
        })
    }
}
