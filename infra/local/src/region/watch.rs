//! `cargo lambda watch`, where it listens.

use std::time::Duration;

use reqwest::{Client, Url};
use serde_json::{Value, json};
use simulators::aws::Answer;
use tokio::net::TcpStream;

use super::event::Host;

/// A program on this machine accepts connections immediately.
const CONNECT: Duration = Duration::from_secs(1);
/// Lambda's longest run, and a minute for the build before the first one.
const TIMEOUT: Duration = Duration::from_secs(16 * 60);

#[derive(Clone, Debug)]
pub(super) struct Watch {
    url: Url,
    client: Client,
}

impl Watch {
    pub(super) fn new(url: Url) -> reqwest::Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self { url, client })
    }

    fn name(&self) -> String {
        self.url.as_str().trim_end_matches('/').to_owned()
    }

    pub(super) async fn host(&self) -> Host {
        let address = (
            self.url.host_str().unwrap_or_default(),
            self.url.port_or_known_default().unwrap_or(80),
        );
        let connected = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await;
        if matches!(connected, Ok(Ok(_))) {
            Host::CargoLambdaWatch { url: self.name() }
        } else {
            Host::InProcess {
                no_watch_at: self.name(),
            }
        }
    }

    /// Invokes the function there. A connection error becomes the function's error: it may have run.
    pub(super) async fn invoke(&self, function: &str, event: &Value) -> Answer {
        let url = format!(
            "{}/2015-03-31/functions/{function}/invocations",
            self.name()
        );
        let lost = |error: reqwest::Error| {
            let text = format!("cargo lambda watch gave no answer: {}", error.without_url());
            Answer::Error(json!({"errorType": "NoAnswer", "errorMessage": text}))
        };
        let reply = match self.client.post(url).json(event).send().await {
            Ok(reply) => reply,
            Err(error) => return lost(error),
        };
        let failed =
            reply.headers().contains_key("x-amz-function-error") || !reply.status().is_success();
        let status = reply.status();
        let body = match reply.bytes().await {
            Ok(body) => body,
            Err(error) => return lost(error),
        };
        match (serde_json::from_slice::<Value>(&body), failed) {
            (Ok(reply), false) => Answer::Reply(reply),
            (Ok(error), true) if error.get("errorType").is_some() => Answer::Error(error),
            _ => {
                let text = format!(
                    "cargo lambda watch answered {status} without a reply of {function}; it shows why"
                );
                Answer::Error(json!({"errorType": "NoReply", "errorMessage": text}))
            }
        }
    }
}
