//! How the operator's other terminal talks to the running vendors: over a port of its own on loopback.

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

use super::act::{Act, Done};
use super::company::{Resident, listen_error};
use super::error::VendorsError;
use super::show::List;
use super::{Tenant, ports};
use crate::file::StateFile;

/// Something to be done.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Order {
    /// In which company.
    pub tenant: Tenant,
    /// What.
    pub act: Act,
}

/// Something to be shown.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Question {
    /// Of which company.
    pub tenant: Tenant,
    /// What.
    pub list: List,
}

/// Where the port is kept.
#[derive(Deserialize, Serialize)]
struct Kept {
    port: u16,
}

/// What is sent back.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Answer<T> {
    Done(T),
    Refused(String),
}

fn file(dir: &Path) -> StateFile {
    StateFile::new(
        &dir.join("control.state.json"),
        "the control's port, which is chosen anew",
    )
}

/// The port, before anybody is behind it.
pub(super) struct Door {
    listener: TcpListener,
    port: u16,
}

/// Where the running vendors take orders.
pub(super) struct Control {
    pub(super) url: String,
}

impl Door {
    pub(super) async fn open(dir: &Path) -> Result<Self, VendorsError> {
        let kept: Option<Kept> = file(dir).read()?;
        if let Some(Kept { port }) = kept {
            return Self::listen(port).await;
        }
        let door = ports::chosen(async || Self::listen(ports::free()?).await).await?;
        file(dir).write(&Kept { port: door.port })?;
        Ok(door)
    }

    async fn listen(port: u16) -> Result<Self, VendorsError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener =
            listener.map_err(|error| listen_error("the control".to_owned(), port, error))?;
        Ok(Self { listener, port })
    }

    pub(super) fn serve(self, residents: Arc<[Resident]>, tasks: &mut JoinSet<()>) -> Control {
        let router = Router::new()
            .route("/act", post(perform))
            .route("/show", post(list))
            .with_state(residents);
        let Self { listener, port } = self;
        tasks.spawn(async move {
            // The listener is ours and stays valid: serving ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Control { url: url(port) }
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// What was done is on disk when the answer is sent.
async fn perform(
    State(residents): State<Arc<[Resident]>>,
    Json(order): Json<Order>,
) -> (StatusCode, Json<Answer<Done>>) {
    answer(&residents, order.tenant, |resident| {
        let done = order.act.perform(&resident.company, Timestamp::now())?;
        resident
            .save()
            .map_err(|error| format!("{}, but it is not on disk: {error}", done.text))?;
        Ok(done)
    })
}

async fn list(
    State(residents): State<Arc<[Resident]>>,
    Json(question): Json<Question>,
) -> (StatusCode, Json<Answer<Vec<Value>>>) {
    answer(&residents, question.tenant, |resident| {
        question
            .list
            .rows(&resident.company, Timestamp::now())
            .map_err(|error| error.to_string())
    })
}

fn answer<T>(
    residents: &[Resident],
    tenant: Tenant,
    act: impl FnOnce(&Resident) -> Result<T, String>,
) -> (StatusCode, Json<Answer<T>>) {
    let found = residents.iter().find(|resident| resident.tenant == tenant);
    match found
        .ok_or_else(|| format!("there is no {tenant}"))
        .and_then(act)
    {
        Ok(done) => (StatusCode::OK, Json(Answer::Done(done))),
        Err(refusal) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Json(Answer::Refused(refusal)),
        ),
    }
}

/// Has the vendors that run with the state in `dir` carry out an order.
///
/// # Errors
/// [`VendorsError::NotRunning`] where none run, [`VendorsError::Refused`] where it cannot be done.
pub async fn act(dir: &Path, order: &Order) -> Result<Done, VendorsError> {
    ask(dir, "act", order).await
}

/// Asks the vendors that run with the state in `dir` what they hold.
///
/// # Errors
/// [`VendorsError::NotRunning`] where none run, [`VendorsError::Refused`] where it cannot be shown.
pub async fn show(dir: &Path, question: &Question) -> Result<Vec<Value>, VendorsError> {
    ask(dir, "show", question).await
}

async fn ask<T: DeserializeOwned>(
    dir: &Path,
    what: &str,
    body: &impl Serialize,
) -> Result<T, VendorsError> {
    let not_running = || VendorsError::NotRunning {
        dir: dir.to_owned(),
    };
    let kept: Kept = file(dir).read()?.ok_or_else(not_running)?;
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .map_err(|_| not_running())?;
    let url = format!("{}/{what}", url(kept.port));
    let reply = client
        .post(url)
        .json(body)
        .send()
        .await
        .map_err(|_| not_running())?;
    match reply.json().await {
        Ok(Answer::Done(done)) => Ok(done),
        Ok(Answer::Refused(text)) => Err(VendorsError::Refused(text)),
        Err(_) => Err(VendorsError::Refused(
            "another program answers on the port of the control".to_owned(),
        )),
    }
}
