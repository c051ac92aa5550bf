//! One endpoint for all services, for `AWS_ENDPOINT_URL`.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode};
use reqwest::Client;
use serde_json::json;
use tokio::net::TcpListener;

/// DynamoDB accepts 16 MB, the other services less.
const MAX_BODY: usize = 20 * 1024 * 1024;

#[derive(Clone, Debug)]
pub(super) struct Gateway {
    pub(super) dynamodb: String,
    pub(super) secrets_manager: String,
    pub(super) others: String,
    pub(super) client: Client,
}

impl Gateway {
    pub(super) async fn serve(self, listener: TcpListener) {
        let router = Router::new().fallback(handle).with_state(Arc::new(self));
        // It returns only if the listener fails, and then there is nobody to events.
        let _ = axum::serve(listener, router).await;
    }

    fn service(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<&str> {
        if let Some(target) = headers.get("x-amz-target") {
            let target = target.to_str().unwrap_or_default();
            return match target.split(['.', '_']).next() {
                Some("DynamoDB") => Some(&self.dynamodb),
                Some("secretsmanager") => Some(&self.secrets_manager),
                _ => None,
            };
        }
        let is_form = path == "/" && method == Method::POST;
        let is_rest = [
            "/schedules",
            "/2015-03-31/functions/",
            "/2016-08-19/account-settings",
            "/v2/email/",
        ]
        .iter()
        .any(|prefix| path.starts_with(prefix));
        (is_form || is_rest).then_some(&self.others)
    }
}

async fn handle(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(service) = gateway.service(&parts.method, parts.uri.path(), &parts.headers) else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "UnknownOperationException",
            "cargo local has DynamoDB, Secrets Manager, EventBridge Scheduler's schedules, Lambda's Invoke and GetAccountSettings, SNS's Publish, \
             SES's SendEmail and CloudFormation's DescribeStacks",
        );
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLargeException",
            "The request is too large.",
        );
    };
    let mut headers = parts.headers;
    for name in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        headers.remove(name);
    }
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let call = gateway
        .client
        .request(parts.method, format!("{service}{target}"))
        .headers(headers)
        .body(body);
    match call.send().await {
        Ok(reply) => forwarded(reply).await,
        Err(_) => unavailable(),
    }
}

async fn forwarded(mut reply: reqwest::Response) -> Response {
    let status = reply.status();
    let mut headers = std::mem::take(reply.headers_mut());
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        headers.remove(name);
    }
    match reply.bytes().await {
        Ok(body) => (status, headers, Body::from(body)).into_response(),
        Err(_) => unavailable(),
    }
}

fn unavailable() -> Response {
    refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "ServiceUnavailable",
        "The service behind the endpoint gave no answer.",
    )
}

fn refusal(status: StatusCode, code: &'static str, text: &str) -> Response {
    (
        status,
        [("x-amzn-errortype", code)],
        Json(json!({"__type": code, "message": text})),
    )
        .into_response()
}
