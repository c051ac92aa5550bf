//! Commands of another terminal to the running vendors, over a port on loopback.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::action::{Action, ActionResult};
use super::error::VendorsError;
use super::show::List;
use super::simulated_tenant::{SimulatedTenant, listen_error};
use super::{LocalTenant, ports};
use crate::state_file::StateFile;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ActionRequest {
    pub tenant: LocalTenant,
    pub action: Action,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct ListRequest {
    pub tenant: LocalTenant,
    pub list: List,
}

#[derive(Deserialize, Serialize)]
struct SavedState {
    port: u16,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ControlReply<T> {
    Done(T),
    Refused(String),
}

fn file(dir: &Path) -> StateFile {
    StateFile::new(
        &dir.join("control.state.json"),
        "the control port; another one is chosen",
    )
}

/// The open port before the vendors answer on it.
pub(super) struct ControlListener {
    listener: TcpListener,
    port: u16,
}

pub(super) struct Control {
    pub(super) url: String,
}

impl ControlListener {
    pub(super) async fn open(dir: &Path) -> Result<Self, VendorsError> {
        let saved: Option<SavedState> = file(dir).read()?;
        if let Some(SavedState { port }) = saved {
            return Self::listen(port).await;
        }
        let listener = ports::chosen(async || Self::listen(ports::free()?).await).await?;
        file(dir).write(&SavedState {
            port: listener.port,
        })?;
        Ok(listener)
    }

    async fn listen(port: u16) -> Result<Self, VendorsError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener =
            listener.map_err(|error| listen_error("the control port".to_owned(), port, error))?;
        Ok(Self { listener, port })
    }

    pub(super) fn serve(self, tenants: Arc<[SimulatedTenant]>, tasks: &mut JoinSet<()>) -> Control {
        let router = Router::new()
            .route("/act", post(perform))
            .route("/show", post(list))
            .with_state(tenants);
        let Self { listener, port } = self;
        tasks.spawn(async move {
            // Serving ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Control { url: url(port) }
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// The result is on disk before the reply is sent.
async fn perform(
    State(tenants): State<Arc<[SimulatedTenant]>>,
    Json(request): Json<ActionRequest>,
) -> (StatusCode, Json<ControlReply<ActionResult>>) {
    answer(&tenants, request.tenant, |tenant| {
        let done = request.action.perform(&tenant.company, Timestamp::now())?;
        tenant.save().map_err(|error| {
            format!("{}, but the state could not be written: {error}", done.text)
        })?;
        Ok(done)
    })
}

async fn list(
    State(tenants): State<Arc<[SimulatedTenant]>>,
    Json(request): Json<ListRequest>,
) -> (StatusCode, Json<ControlReply<Vec<Value>>>) {
    answer(&tenants, request.tenant, |tenant| {
        request
            .list
            .rows(tenant, Timestamp::now())
            .map_err(|error| error.to_string())
    })
}

fn answer<T>(
    tenants: &[SimulatedTenant],
    name: LocalTenant,
    act: impl FnOnce(&SimulatedTenant) -> Result<T, String>,
) -> (StatusCode, Json<ControlReply<T>>) {
    let found = tenants.iter().find(|tenant| tenant.name == name);
    match found
        .ok_or_else(|| format!("there is no {name}"))
        .and_then(act)
    {
        Ok(done) => (StatusCode::OK, Json(ControlReply::Done(done))),
        Err(refusal) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Json(ControlReply::Refused(refusal)),
        ),
    }
}

/// Sends an action to the vendors that run with the state in `dir`.
pub async fn act(dir: &Path, request: &ActionRequest) -> Result<ActionResult, VendorsError> {
    ask(dir, "act", request).await
}

/// Asks the vendors that run with the state in `dir` for a list.
pub async fn show(dir: &Path, request: &ListRequest) -> Result<Vec<Value>, VendorsError> {
    ask(dir, "show", request).await
}

async fn ask<T: DeserializeOwned>(
    dir: &Path,
    what: &str,
    body: &impl Serialize,
) -> Result<T, VendorsError> {
    let not_running = || VendorsError::NotRunning {
        dir: dir.to_owned(),
    };
    let saved: SavedState = file(dir).read()?.ok_or_else(not_running)?;
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .map_err(|_| not_running())?;
    let url = format!("{}/{what}", url(saved.port));
    let reply = client
        .post(url)
        .json(body)
        .send()
        .await
        .map_err(|_| not_running())?;
    match reply.json().await {
        Ok(ControlReply::Done(done)) => Ok(done),
        Ok(ControlReply::Refused(text)) => Err(VendorsError::Refused(text)),
        Err(_) => Err(VendorsError::Refused(
            "another program answers on the control port".to_owned(),
        )),
    }
}
