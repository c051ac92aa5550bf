//! What several simulators received, in one order.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::exchange::{Outcome, Request};
use super::log::Received;
use super::{lock, multipart};

/// Everything that the servers recorded on it received, in the order of arrival. Unlike their logs it is never emptied.
#[derive(Debug, Default, Clone)]
pub struct Tape(Arc<Mutex<Reel>>);

#[derive(Debug, Default)]
struct Reel {
    calls: Vec<Recorded>,
    /// Many replies are the same: each is kept once.
    replies: HashSet<Bytes>,
}

/// One request, with more than the log of its server has.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// To whom the server belongs, as given when the recording began.
    pub owner: Arc<str>,
    /// The kind of server, such as `Personio`.
    pub server: &'static str,
    /// The body is there for forms too: their texts, and the name of each file.
    pub call: Received,
    /// Fingerprints of the secrets in it: of a log-in, and the token or key of any other call.
    pub secrets: Vec<u64>,
    /// The body of the reply as it was sent in whole; empty if there was none.
    pub reply: Bytes,
}

impl Tape {
    /// What was recorded so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Recorded> {
        lock(&self.0).calls.clone()
    }

    /// How many calls were recorded so far.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.0).calls.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Records an arrival and returns its place.
    pub(crate) fn arrived(&self, call: Recorded) -> usize {
        let calls = &mut lock(&self.0).calls;
        calls.push(call);
        calls.len() - 1
    }

    pub(crate) fn answered(&self, place: usize, outcome: &Outcome) {
        let mut reel = lock(&self.0);
        let body = match outcome {
            Outcome::Answered(reply) | Outcome::Last(reply, _) => reply.body.clone(),
            Outcome::Streamed(_) | Outcome::Cut | Outcome::CutMidBody(_) => Bytes::new(),
        };
        let body = reel.replies.get(&body).cloned().unwrap_or(body);
        reel.replies.insert(body.clone());
        if let Some(recorded) = reel.calls.get_mut(place) {
            recorded.reply = body;
            recorded.call.status = outcome.status().map(|status| status.as_u16());
        }
    }
}

/// The body as JSON: a form's texts, and the names of its files.
pub(super) async fn body(request: &Request) -> Option<Value> {
    if !request.is("multipart/form-data") {
        return request.json();
    }
    let fields = multipart::fields(request).await.into_iter();
    let shown = fields.map(|field| match field.value {
        multipart::Value::Text(text) => (field.name, json!(text)),
        multipart::Value::File(file) => (field.name, json!(file.name)),
    });
    Some(Value::Object(shown.collect::<Map<_, _>>()))
}

/// Fingerprints of what nobody else may see: equal for equal secrets within this process.
pub(super) fn secrets(request: &Request) -> Vec<u64> {
    let fields: Vec<(String, String)> = match request.json() {
        Some(Value::Object(members)) => members
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect(),
        _ if request.is("application/x-www-form-urlencoded") => {
            request.form().into_iter().collect()
        }
        _ => Vec::new(),
    };
    let is_secret = |name: &str| ["client_secret", "code", "refresh_token"].contains(&name);
    let in_body = fields.iter().filter(|(name, _)| is_secret(name));
    let in_body = in_body.map(|(_, value)| value.as_str());
    in_body
        .chain(request.bearer())
        .map(|secret| {
            let mut hasher = DefaultHasher::new();
            secret.hash(&mut hasher);
            hasher.finish()
        })
        .collect()
}
