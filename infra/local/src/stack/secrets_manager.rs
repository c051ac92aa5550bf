//! Secrets Manager, emulated by winterbaume, behind HTTP. A file can keep its state.

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

/// Lost with a damaged file, and how to restore it.
const LOST: &str =
    "all tenants' credentials; `tenants add` with a tenant's files stores them again";

pub(crate) struct SecretsManager {
    service: SecretsManagerService,
    /// Locked during a change, so that the file is on disk before the answer.
    file: Option<Mutex<StateFile>>,
}

impl SecretsManager {
    /// With the state in the file at `path`; without a path in memory.
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

    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let router = Router::new().fallback(handle).with_state(self);
        // It returns only if the listener fails; clients then see a refused connection.
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
            .any(|prefix| operation.starts_with(prefix));
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

/// The region of requests without a host in their address.
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
