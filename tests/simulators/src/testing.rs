//! What the tests of the simulators share: a clock to move, and a client that shows everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::multipart::Form;
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::{Clock, FaultEngine, Reteach};

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn at(moment: &str) -> Self {
        let moment: Timestamp = moment.parse().unwrap();
        Self(Arc::new(AtomicI64::new(moment.as_second())))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let seconds = Arc::clone(&self.0);
        Arc::new(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap())
    }
}

/// An academy with a credential, and a token for it.
pub(crate) async fn academy(engine: Option<&FaultEngine>) -> (Reteach, String) {
    let clock = ManualClock::at("2026-03-16T10:00:00Z");
    let reteach = Reteach::start(clock.clock()).await.unwrap();
    reteach.add_credentials("id", "secret", "code");
    if let Some(engine) = engine {
        reteach.join(engine);
    }
    let body = json!({"grant_type": "authorization_code", "code": "code", "client_id": "id", "client_secret": "secret"});
    let url = format!("{}/oauth/authorize", reteach.base_url());
    let token = Call::new("POST", &url).json(&body).send().await;
    let token = token.at("/access_token");
    (reteach, token.as_str().unwrap().to_owned())
}

/// A request to be sent, and what came back.
pub(crate) struct Call(reqwest::RequestBuilder);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// Null where the body is no JSON.
    pub(crate) body: Value,
}

impl Call {
    pub(crate) fn new(method: &str, url: &str) -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self(client.request(method.parse::<Method>().unwrap(), url))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    pub(crate) fn form(self, body: &[(&str, &str)]) -> Self {
        Self(self.0.form(body))
    }

    pub(crate) fn multipart(self, form: Form) -> Self {
        Self(self.0.multipart(form))
    }

    pub(crate) fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    pub(crate) async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.0.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer {
            status,
            headers,
            text,
            body,
        })
    }

    pub(crate) async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The names of the members at a JSON pointer, in order.
    pub(crate) fn keys(&self, pointer: &str) -> Vec<String> {
        let members = self.at(pointer).as_object().cloned();
        members
            .unwrap_or_default()
            .into_iter()
            .map(|(key, _)| key)
            .collect()
    }

    /// The rows at a JSON pointer, none where there is no list.
    pub(crate) fn rows(&self, pointer: &str) -> Vec<Value> {
        self.at(pointer).as_array().cloned().unwrap_or_default()
    }

    /// The value at a JSON pointer, null where there is none.
    pub(crate) fn at(&self, pointer: &str) -> Value {
        self.body.pointer(pointer).cloned().unwrap_or_default()
    }
}
