//! Everybody's way through Prism: a front before each simulator, which clients take for the vendor, Prism behind it, and a back
//! that hands on to the simulator.

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

/// By which the back knows a call again.
const CALL: HeaderName = HeaderName::from_static("x-contract-call");
/// Where Prism says what breaks its document.
const VIOLATIONS: HeaderName = HeaderName::from_static("sl-violations");
/// Said for each connection anew.
const HOP: [HeaderName; 4] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

const LARGEST: usize = 10 * 1024 * 1024;

/// A call and its answer, as Prism saw them.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) vendor: Vendor,
    pub(crate) method: Method,
    /// The path as the simulator got it.
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) violations: Vec<Violation>,
}

/// All that is open, and what has passed.
pub(crate) struct Gate {
    prisms: Vec<Prism>,
    client: reqwest::Client,
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    last: u64,
    /// What is under way: where it goes, and what Prism has cut off its path.
    under_way: HashMap<String, (SocketAddr, &'static str)>,
    exchanges: Vec<Exchange>,
}

struct Front {
    gate: Arc<Gate>,
    vendor: Vendor,
    simulator: SocketAddr,
}

impl Gate {
    /// One Prism per document, all before the same back.
    pub(crate) async fn open(program: &Path, specs: &Path) -> Arc<Self> {
        let (listener, address) = listen().await;
        let upstream = format!("http://{address}");
        let start = |document| Prism::start(program, specs, document, &upstream);
        let prisms = futures::future::join_all(Document::ALL.map(start)).await;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let client = client.tls_built_in_root_certs(false).build().unwrap();
        let gate = Arc::new(Self {
            prisms,
            client,
            calls: Mutex::default(),
        });
        serve(
            listener,
            Router::new().fallback(back).with_state(Arc::clone(&gate)),
        );
        gate
    }

    /// A front before `simulator`; its address stands for the simulator's.
    pub(crate) async fn before(
        self: &Arc<Self>,
        vendor: Vendor,
        simulator: SocketAddr,
    ) -> SocketAddr {
        let (listener, address) = listen().await;
        let state = Arc::new(Front {
            gate: Arc::clone(self),
            vendor,
            simulator,
        });
        serve(listener, Router::new().fallback(front).with_state(state));
        address
    }

    /// All that has passed, in the order of the answers.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.calls.lock().unwrap().exchanges.clone()
    }

    fn prism(&self, document: Document) -> &Prism {
        self.prisms
            .iter()
            .find(|prism| prism.document == document)
            .unwrap()
    }

    fn number(&self, simulator: SocketAddr, base_path: &'static str) -> String {
        let mut calls = self.calls.lock().unwrap();
        calls.last += 1;
        let number = calls.last.to_string();
        calls
            .under_way
            .insert(number.clone(), (simulator, base_path));
        number
    }

    fn note(&self, number: &str, mut exchange: Exchange) {
        let mut calls = self.calls.lock().unwrap();
        if calls.under_way.remove(number).is_some() {
            exchange
                .violations
                .push(Violation::new("request", "Prism did not let it through"));
        }
        calls.exchanges.push(exchange);
    }
}

async fn front(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let document = Document::of(front.vendor, &path);
    let number = front.gate.number(front.simulator, document.base_path());
    let target = parts.uri.path_and_query().unwrap().as_str();
    let target = target.strip_prefix(document.base_path()).unwrap_or(target);
    let prism = front.gate.prism(document);
    let url = format!("{}{target}", prism.url);
    let body = to_bytes(body, LARGEST).await.unwrap();
    let unknown = unknown(prism, &parts, &body);
    let mut headers = between_connections(parts.headers);
    headers.insert(CALL, number.parse().unwrap());
    let call = front
        .gate
        .client
        .request(parts.method.clone(), url)
        .headers(headers);
    let mut answer = call.body(body).send().await.unwrap();
    let mut headers = std::mem::take(answer.headers_mut());
    let (vendor, method, status) = (front.vendor, parts.method, answer.status().as_u16());
    let violations = [
        unknown,
        violation::parse(headers.remove(VIOLATIONS), status),
    ]
    .concat();
    front.gate.note(
        &number,
        Exchange {
            vendor,
            method,
            path,
            status,
            violations,
        },
    );
    handed_on(answer, headers).await
}

/// What Prism does not look for.
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

async fn back(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut headers = between_connections(parts.headers);
    let number = headers.remove(CALL).unwrap();
    let (simulator, base_path) = gate
        .calls
        .lock()
        .unwrap()
        .under_way
        .remove(number.to_str().unwrap())
        .unwrap();
    let url = format!(
        "http://{simulator}{base_path}{}",
        parts.uri.path_and_query().unwrap()
    );
    let call = gate.client.request(parts.method, url).headers(headers);
    let mut answer = call
        .body(to_bytes(body, LARGEST).await.unwrap())
        .send()
        .await
        .unwrap();
    let headers = std::mem::take(answer.headers_mut());
    handed_on(answer, headers).await
}

async fn handed_on(answer: reqwest::Response, headers: HeaderMap) -> Response {
    let mut response = Response::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = between_connections(headers);
    *response.body_mut() = Body::from(answer.bytes().await.unwrap());
    response
}

fn between_connections(mut headers: HeaderMap) -> HeaderMap {
    for name in HOP {
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
