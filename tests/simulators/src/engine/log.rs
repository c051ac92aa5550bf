//! What a simulator received.

use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use super::exchange::Request;

/// Which way a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Over the simulator's own socket.
    Direct,
    /// Through the passthrough of a Kombo simulator.
    KomboPassthrough,
    /// From an action of a Kombo simulator: its unified upload of documents.
    KomboAction,
}

/// One request, as the simulator saw it.
#[derive(Debug, Clone)]
pub struct Received {
    /// Counts up over the simulator's life, also across [`reset_log`](crate::Personio::reset_log).
    pub sequence: u64,
    /// The simulator's time of arrival.
    pub at: Timestamp,
    pub origin: Origin,
    pub method: Method,
    pub path: String,
    /// The vendor's path template, such as `/customer/{customerIdentifier}`; `None` for a path that the vendor does not have.
    pub template: Option<&'static str>,
    /// The query, decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// The body where the vendor's writes are JSON (reteach, Kombo's passthrough and uploads) and short; never of a log-in.
    pub body: Option<Value>,
    /// The status sent back; `None` while it is under way, and where the connection was closed instead.
    pub status: Option<u16>,
}

/// Bodies longer than this carry a file: a log of thousands would not fit in memory.
const LONGEST_KEPT: usize = 64 * 1024;

/// The log and its counter.
#[derive(Debug, Default)]
pub(crate) struct Log {
    next: u64,
    entries: Vec<Received>,
}

impl Log {
    /// Notes an arrival and returns its sequence number.
    pub(crate) fn arrived(&mut self, request: &Request, arrival: Arrival) -> u64 {
        let sequence = self.next;
        self.next += 1;
        let body = (arrival.keep_body && request.body.len() <= LONGEST_KEPT)
            .then(|| request.json())
            .flatten();
        self.entries.push(arrival.received(request, sequence, body));
        sequence
    }

    /// Notes the status of an answer. An entry that was reset away in between stays away.
    pub(crate) fn answered(&mut self, sequence: u64, status: u16) {
        if let Some(entry) = self
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.sequence == sequence)
        {
            entry.status = Some(status);
        }
    }

    pub(crate) fn entries(&self) -> &[Received] {
        &self.entries
    }

    pub(crate) fn reset(&mut self) {
        self.entries.clear();
    }
}

/// What is logged besides the request itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) at: Timestamp,
    pub(crate) template: Option<&'static str>,
    pub(crate) keep_body: bool,
}

impl Arrival {
    pub(crate) fn received(
        self,
        request: &Request,
        sequence: u64,
        body: Option<Value>,
    ) -> Received {
        Received {
            sequence,
            at: self.at,
            origin: request.origin,
            method: request.method.clone(),
            path: request.path.clone(),
            template: self.template,
            query: request.query.clone(),
            body,
            status: None,
        }
    }
}
