//! Everything that a function sends to a vendor or to AWS: headers, tokens, bodies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::forwarder::Forwarder;

/// Records what is sent to a simulator. It ends when this is dropped.
#[derive(Debug)]
pub struct Tap {
    url: String,
    sent: Arc<Mutex<BTreeMap<usize, Vec<u8>>>>,
    _forwarder: Forwarder,
}

impl Tap {
    /// A tap before the server at `target` (`http://127.0.0.1:8080`).
    pub async fn before(target: &str) -> Self {
        let address = target
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .parse()
            .unwrap();
        let sent = Arc::<Mutex<BTreeMap<usize, Vec<u8>>>>::default();
        let kept = Arc::clone(&sent);
        let keep = move |connection, bytes: &[u8]| {
            let mut kept = kept.lock().unwrap();
            kept.entry(connection).or_default().extend(bytes);
        };
        let forwarder = Forwarder::start(address, async |client| Some(client), keep).await;
        Self {
            url: format!("http://{}", forwarder.address),
            sent,
            _forwarder: forwarder,
        }
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that was sent so far, as text.
    #[must_use]
    pub fn sent(&self) -> String {
        let sent = self.sent.lock().unwrap();
        let texts = sent.values().map(|bytes| String::from_utf8_lossy(bytes));
        texts.collect()
    }

    /// Everything that was sent since the last time, request by request; nothing may be under way.
    pub fn requests(&self) -> Vec<String> {
        let sent = std::mem::take(&mut *self.sent.lock().unwrap());
        let texts = sent.values().map(|bytes| String::from_utf8_lossy(bytes));
        let requests = texts.flat_map(|text| {
            let parts = text.split("POST / HTTP/1.1").map(str::to_owned);
            parts.collect::<Vec<_>>()
        });
        requests.filter(|request| !request.is_empty()).collect()
    }
}
