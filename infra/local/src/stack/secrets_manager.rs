//! Secrets Manager, by winterbaume, behind HTTP, perhaps kept in a file.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use winterbaume_core::auth::extract_region_from_uri;
use winterbaume_core::{MockRequest, MockService as _, StatefulService as _, default_account_id};
use winterbaume_secretsmanager::{SecretsManagerService, SecretsmanagerStateView};

use crate::state_file::{FileError, StateFile};

/// What is lost with a file that cannot be read, and what brings it back.
const LOST: &str = "all tenants' credentials; `tenants add` with a tenant's files stores them anew";

/// A Secrets Manager.
pub(crate) struct SecretsManager {
    service: SecretsManagerService,
    /// One change at a time, so that the file is never older than an answer.
    file: Option<Mutex<StateFile>>,
}

impl SecretsManager {
    /// With what the file at `path` has kept; without a path in memory.
    pub(crate) async fn open(path: Option<&Path>) -> Result<Arc<Self>, FileError> {
        let service = SecretsManagerService::new();
        let Some(path) = path else {
            return Ok(Arc::new(Self {
                service,
                file: None,
            }));
        };
        let file = StateFile::new(path, LOST);
        if let Some(view) = file.read::<SecretsmanagerStateView>()? {
            service
                .restore(default_account_id(), &region(), view)
                .await
                .map_err(|error| file.damaged(&error.to_string()))?;
        }
        Ok(Arc::new(Self {
            service,
            file: Some(Mutex::new(file)),
        }))
    }

    /// Answers whoever connects.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let router = Router::new().fallback(handle).with_state(self);
        // It returns only if the listener fails, and then there is nobody to tell.
        let _ = axum::serve(listener, router).await;
    }

    async fn answer(&self, request: MockRequest) -> Response {
        let target = request
            .headers
            .get("x-amz-target")
            .and_then(|target| target.to_str().ok());
        let operation = target
            .and_then(|target| target.rsplit('.').next())
            .unwrap_or_default();
        let only_reads = ["Get", "BatchGet", "List", "Describe"]
            .iter()
            .any(|it| operation.starts_with(it));
        let Some(file) = self.file.as_ref().filter(|_| !only_reads) else {
            return response(self.service.handle(request).await);
        };
        let file = file.lock().await;
        let reply = self.service.handle(request).await;
        let view = self.service.snapshot(default_account_id(), &region()).await;
        match file.write(&view) {
            Ok(()) => response(reply),
            Err(error) => {
                let body = serde_json::json!({"__type": "InternalServiceError", "message": error.to_string()});
                (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response()
            }
        }
    }
}

/// Where the service puts what comes without a host in its address.
fn region() -> String {
    extract_region_from_uri("/")
}

async fn handle(
    State(service): State<Arc<SecretsManager>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    service
        .answer(MockRequest {
            method: method.to_string(),
            uri: uri.to_string(),
            headers,
            body,
        })
        .await
}

fn response(reply: winterbaume_core::MockResponse) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, reply.headers, Body::from(reply.body)).into_response()
}
