//! reqwest as the SDK's HTTP client. Bodies are in memory on both sides: nothing the SDK sends or receives here is
//! larger than a few hundred kilobytes.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::retries;

/// A [`reqwest::Client`] behind the SDK's interface. All users of the client share its connections.
#[derive(Debug, Clone)]
pub struct ReqwestClient(reqwest::Client);

impl ReqwestClient {
    /// Uses this client. It should neither follow redirects nor use a proxy: the SDK signs for one host.
    #[must_use]
    pub fn new(client: reqwest::Client) -> Self {
        Self(client)
    }
}

impl HttpClient for ReqwestClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = Connector {
            client: self.0.clone(),
            timeout: settings.read_timeout(),
        };
        SharedHttpConnector::new(connector)
    }
}

#[derive(Debug)]
struct Connector {
    client: reqwest::Client,
    timeout: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        let timeout = self.timeout;
        HttpConnectorFuture::new(async move {
            let mut request = outgoing(request)?;
            retries::note(request.headers());
            *request.timeout_mut() = timeout;
            let response = client.execute(request).await.map_err(classify)?;
            incoming(response).await
        })
    }
}

fn outgoing(request: HttpRequest) -> Result<reqwest::Request, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().map(Bytes::copy_from_slice);
    let body =
        body.ok_or_else(|| ConnectorError::user("a streaming body is not supported".into()))?;
    http::Request::from_parts(parts, body)
        .try_into()
        .map_err(classify)
}

async fn incoming(response: reqwest::Response) -> Result<HttpResponse, ConnectorError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut incoming =
        http::Response::new(SdkBody::from(response.bytes().await.map_err(classify)?));
    *incoming.status_mut() = status;
    *incoming.headers_mut() = headers;
    HttpResponse::try_from(incoming).map_err(|error| ConnectorError::other(error.into(), None))
}

/// The SDK repeats what is [`timeout`](ConnectorError::timeout) or [`io`](ConnectorError::io), and nothing else.
fn classify(error: reqwest::Error) -> ConnectorError {
    // The URL is the endpoint: it says nothing, and the SDK logs it elsewhere.
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_connect() {
        ConnectorError::io(error.into()).never_connected()
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else if error.is_request() || error.is_body() || error.is_decode() {
        ConnectorError::io(error.into())
    } else {
        ConnectorError::other(error.into(), None)
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use http::{HeaderMap, StatusCode};
    use tokio::net::TcpListener;

    use super::*;
    use crate::aws::http_client;

    async fn call(url: &str, body: SdkBody) -> Result<HttpResponse, ConnectorError> {
        let connector = Connector {
            client: http_client().unwrap(),
            timeout: Some(Duration::from_secs(5)),
        };
        let mut request = HttpRequest::new(body);
        request.set_method("POST").unwrap();
        request.set_uri(url).unwrap();
        request
            .headers_mut()
            .insert("x-amz-target", "DynamoDB.GetItem");
        connector.call(request).await
    }

    async fn listen() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        (listener, url)
    }

    async fn serve(router: Router) -> String {
        let (listener, url) = listen().await;
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    #[tokio::test]
    async fn carries_status_headers_and_bodies_both_ways() {
        let echo = |headers: HeaderMap, body: String| async move {
            let target = headers["x-amz-target"].to_str().unwrap().to_owned();
            (
                StatusCode::IM_A_TEAPOT,
                [("x-amzn-requestid", "r-1")],
                format!("{target} {body}"),
            )
        };
        let url = serve(Router::new().fallback(echo)).await;
        let reply = call(&url, "hello".into()).await.unwrap();
        assert_eq!(reply.status().as_u16(), 418);
        assert_eq!(reply.headers().get("x-amzn-requestid"), Some("r-1"));
        assert_eq!(reply.body().bytes(), Some(&b"DynamoDB.GetItem hello"[..]));
    }

    #[tokio::test]
    async fn a_refused_connection_is_an_io_error() {
        // Bound but not listening: nobody else gets the port meanwhile.
        let closed = tokio::net::TcpSocket::new_v4().unwrap();
        closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}/", closed.local_addr().unwrap());
        let error = call(&url, SdkBody::empty()).await.unwrap_err();
        assert!(error.is_io(), "{error:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_answer_is_a_timeout() {
        let (_listener, url) = listen().await;
        let error = call(&url, SdkBody::empty()).await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
    }

    #[tokio::test]
    async fn a_reply_that_breaks_off_is_an_io_error() {
        let broken = || async {
            let parts = [Ok("{"), Err(std::io::Error::other("gone"))];
            Body::from_stream(futures::stream::iter(parts))
        };
        let url = serve(Router::new().fallback(broken)).await;
        let error = call(&url, SdkBody::empty()).await.unwrap_err();
        assert!(error.is_io(), "{error:?}");
    }

    #[tokio::test]
    async fn what_cannot_be_sent_is_the_caller_s_error() {
        let error = call("http://127.0.0.1/", SdkBody::taken())
            .await
            .unwrap_err();
        assert!(error.is_user(), "{error:?}");
        let error = call("nowhere", SdkBody::empty()).await.unwrap_err();
        assert!(error.is_user(), "{error:?}");
    }
}
