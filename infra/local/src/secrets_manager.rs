//! Secrets Manager, by winterbaume, behind HTTP.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use tokio::net::TcpListener;
use winterbaume_core::{MockRequest, MockService as _};
use winterbaume_secretsmanager::SecretsManagerService;

/// Serves an empty Secrets Manager.
pub(crate) async fn serve(listener: TcpListener) {
    let service = Arc::new(SecretsManagerService::new());
    let router = Router::new().fallback(handle).with_state(service);
    // It returns only if the listener fails, and then there is nobody to tell.
    let _ = axum::serve(listener, router).await;
}

async fn handle(
    State(service): State<Arc<SecretsManagerService>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = MockRequest { method: method.to_string(), uri: uri.to_string(), headers, body };
    let reply = service.handle(request).await;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, reply.headers, Body::from(reply.body)).into_response()
}
