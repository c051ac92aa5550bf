//! Where Kombo sends what goes on to Personio.

use http::HeaderMap;
use reqwest::Client;
use reqwest::redirect::Policy;

use crate::engine::exchange::{Outcome, Reply, Request};
use crate::{Origin, Personio};

/// A Personio account as an integration reaches it.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) personio: Personio,
    /// What stands for `https://api.personio.de`; `None`: the account itself, without a socket.
    pub(super) address: Option<String>,
}

impl Remote {
    pub(super) async fn ask(&self, request: Request, origin: Origin, client: &Client) -> Outcome {
        match &self.address {
            None => self.personio.forward(request, origin).await,
            Some(address) => sent(address, request, client)
                .await
                .map_or(Outcome::Cut, Outcome::Answered),
        }
    }
}

/// What leads to a Personio account at another address, always on this machine.
pub(super) fn client() -> reqwest::Result<Client> {
    Client::builder()
        .no_proxy()
        .tls_built_in_root_certs(false)
        .redirect(Policy::none())
        .build()
}

async fn sent(address: &str, request: Request, client: &Client) -> reqwest::Result<Reply> {
    let Request {
        method,
        path,
        query,
        headers,
        body,
        ..
    } = request;
    let mut call = client
        .request(method, format!("{address}{path}"))
        .headers(headers);
    if !query.is_empty() {
        call = call.query(&query);
    }
    let mut answer = call.body(body).send().await?;
    let (status, sent) = (answer.status(), std::mem::take(answer.headers_mut()));
    // How the body was sent is nothing of the answer's own.
    let framing = ["connection", "content-length", "transfer-encoding"];
    let headers: HeaderMap = sent
        .iter()
        .filter(|(name, _)| !framing.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(Reply {
        status,
        headers,
        body: answer.bytes().await?,
    })
}
