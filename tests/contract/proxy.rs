//! Proxies every call through Prism. An inbound listener in front of each simulator stands in for the vendor; Prism forwards to
//! one outbound listener, which calls the simulator.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};
use tokio::net::TcpListener;

use crate::document::{Document, Vendor};
use crate::parameters::Form;
use crate::prism::Prism;
use crate::violation::{self, Violation};

/// Number by which the outbound listener recognises a call.
const CALL: HeaderName = HeaderName::from_static("x-contract-call");
const VIOLATIONS: HeaderName = HeaderName::from_static("sl-violations");
/// Headers of one connection, which are not forwarded.
const HOP_HEADERS: [HeaderName; 4] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// A call and its answer as Prism judged them.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) vendor: Vendor,
    pub(crate) method: Method,
    /// Path as the simulator received it.
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) violations: Vec<Violation>,
}

/// The Prism processes and all recorded calls.
pub(crate) struct PrismProxy {
    prisms: Vec<Prism>,
    client: reqwest::Client,
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    last: u64,
    /// Calls in flight by number: the simulator, and the base path that Prism stripped.
    pending: HashMap<String, (SocketAddr, &'static str)>,
    exchanges: Vec<Exchange>,
}

struct Listener {
    proxy: Arc<PrismProxy>,
    vendor: Vendor,
    simulator: SocketAddr,
}

impl PrismProxy {
    /// Starts one Prism per document, all in front of the same outbound listener.
    pub(crate) async fn open(program: &Path, specs: &Path) -> Arc<Self> {
        let (listener, address) = listen().await;
        let upstream = format!("http://{address}");
        let start = |document| Prism::start(program, specs, document, &upstream);
        let prisms = futures::future::join_all(Document::ALL.map(start)).await;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let client = client.tls_built_in_root_certs(false).build().unwrap();
        let proxy = Arc::new(Self {
            prisms,
            client,
            calls: Mutex::default(),
        });
        serve(
            listener,
            Router::new()
                .fallback(outbound)
                .with_state(Arc::clone(&proxy)),
        );
        proxy
    }

    /// Starts an inbound listener for `simulator` and returns its address, which replaces the simulator's.
    pub(crate) async fn intercept(
        self: &Arc<Self>,
        vendor: Vendor,
        simulator: SocketAddr,
    ) -> SocketAddr {
        let (listener, address) = listen().await;
        let state = Arc::new(Listener {
            proxy: Arc::clone(self),
            vendor,
            simulator,
        });
        serve(listener, Router::new().fallback(inbound).with_state(state));
        address
    }

    /// Recorded calls in the order of their answers.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.calls.lock().unwrap().exchanges.clone()
    }

    fn prism(&self, document: Document) -> &Prism {
        self.prisms
            .iter()
            .find(|prism| prism.document == document)
            .unwrap()
    }

    fn register(&self, simulator: SocketAddr, base_path: &'static str) -> String {
        let mut calls = self.calls.lock().unwrap();
        calls.last += 1;
        let number = calls.last.to_string();
        calls.pending.insert(number.clone(), (simulator, base_path));
        number
    }

    fn record(&self, number: &str, mut exchange: Exchange) {
        let mut calls = self.calls.lock().unwrap();
        if calls.pending.remove(number).is_some() {
            exchange
                .violations
                .push(Violation::new("request", "Prism did not let it through"));
        }
        calls.exchanges.push(exchange);
    }
}

async fn inbound(State(inbound): State<Arc<Listener>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let document = Document::of(inbound.vendor, &path);
    let number = inbound
        .proxy
        .register(inbound.simulator, document.base_path());
    let target = parts.uri.path_and_query().unwrap().as_str();
    let target = target.strip_prefix(document.base_path()).unwrap_or(target);
    let prism = inbound.proxy.prism(document);
    let url = format!("{}{target}", prism.url);
    let body = to_bytes(body, MAX_BODY_BYTES).await.unwrap();
    let unknown = unknown(prism, &parts, &body);
    let mut headers = without_hop_headers(parts.headers);
    headers.insert(CALL, number.parse().unwrap());
    let call = inbound
        .proxy
        .client
        .request(parts.method.clone(), url)
        .headers(headers);
    let mut answer = call.body(body).send().await.unwrap();
    let mut headers = std::mem::take(answer.headers_mut());
    let (vendor, method, status) = (inbound.vendor, parts.method, answer.status().as_u16());
    let violations = [
        unknown,
        violation::parse(headers.remove(VIOLATIONS), status),
    ]
    .concat();
    inbound.proxy.record(
        &number,
        Exchange {
            vendor,
            method,
            path,
            status,
            violations,
        },
    );
    forward(answer, headers).await
}

/// Parameters and fields that the document does not have: Prism ignores them.
fn unknown(prism: &Prism, parts: &Parts, body: &[u8]) -> Vec<Violation> {
    let path = parts.uri.path();
    let path = path
        .strip_prefix(prism.document.base_path())
        .unwrap_or(path);
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .map_or("", |value| value.to_str().unwrap());
    let query =
        prism
            .parameters
            .unknown(&parts.method, path, parts.uri.query().unwrap_or_default());
    let fields = prism
        .parameters
        .unknown_fields(&parts.method, path, &Form { content_type, body });
    [query, fields].concat()
}

async fn outbound(State(proxy): State<Arc<PrismProxy>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut headers = without_hop_headers(parts.headers);
    let number = headers.remove(CALL).unwrap();
    let (simulator, base_path) = proxy
        .calls
        .lock()
        .unwrap()
        .pending
        .remove(number.to_str().unwrap())
        .unwrap();
    let url = format!(
        "http://{simulator}{base_path}{}",
        parts.uri.path_and_query().unwrap()
    );
    let call = proxy.client.request(parts.method, url).headers(headers);
    let mut answer = call
        .body(to_bytes(body, MAX_BODY_BYTES).await.unwrap())
        .send()
        .await
        .unwrap();
    let headers = std::mem::take(answer.headers_mut());
    forward(answer, headers).await
}

async fn forward(answer: reqwest::Response, headers: HeaderMap) -> Response {
    let mut response = Response::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = without_hop_headers(headers);
    *response.body_mut() = Body::from(answer.bytes().await.unwrap());
    response
}

fn without_hop_headers(mut headers: HeaderMap) -> HeaderMap {
    for name in HOP_HEADERS {
        headers.remove(name);
    }
    headers
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn serve(listener: TcpListener, router: Router) {
    tokio::spawn(async move { axum::serve(listener, router).await });
}
