//! A table in memory, behind a server that loses calls and replies.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use reqwest::StatusCode;
use reqwest::header::HOST;
use tokio::net::TcpListener;

use super::{PARTITION_KEY, SORT_KEY, Store};
use crate::aws::{Aws, http_client, sdk_config};

const TABLE: &str = "table";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is carried out, and its reply is lost.
    LostReply,
    LostCall,
}

/// What becomes of the next calls; `None` is answered as usual.
type Faults = Arc<Mutex<VecDeque<Option<Fault>>>>;

/// DynamoDB with an empty table of its own.
pub(crate) struct Emulator {
    pub(crate) store: Store,
    faults: Faults,
}

impl Emulator {
    pub(crate) async fn start() -> Self {
        let database = dynoxide::Database::memory().unwrap();
        let direct = serve(|listener| dynoxide::server::serve_on(listener, database)).await;
        let (http, faults) = (http_client().unwrap(), Faults::default());
        let losing = Arc::clone(&faults);
        let handler = move |request: Request| {
            forward(http.clone(), direct.clone(), Arc::clone(&losing), request)
        };
        let app = Router::new().fallback(handler);
        let url = serve(|listener| answer(listener, app)).await;
        let aws = aws_at(url);
        create_table(&aws).await;
        Self {
            store: Store::new(&aws, TABLE),
            faults,
        }
    }

    /// Loses the next calls like this. Three in a row are one call with all attempts of the SDK.
    pub(crate) fn lose(&self, faults: &[Fault]) {
        let mut next = self.faults.lock().unwrap();
        next.extend(faults.iter().copied().map(Some));
    }

    /// Loses the call after so many others.
    pub(crate) fn lose_after(&self, calls: usize, fault: Fault) {
        let mut next = self.faults.lock().unwrap();
        next.extend(std::iter::repeat_n(None, calls));
        next.push_back(Some(fault));
    }
}

pub(crate) fn unreachable_store() -> Store {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    Store::new(&aws_at(url), TABLE)
}

pub(crate) fn aws_at(url: String) -> Aws {
    let variables = HashMap::from([
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKID".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_ENDPOINT_URL", url),
    ]);
    let http = http_client().unwrap();
    let config = sdk_config(|name| variables.get(name).cloned(), http);
    Aws::new(config.unwrap())
}

/// Runs `serve` with a listener on a free port, and returns its address.
async fn serve<F>(serve: impl FnOnce(TcpListener) -> F) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener));
    url
}

async fn answer(listener: TcpListener, app: Router) {
    axum::serve(listener, app).await.unwrap();
}

async fn forward(http: reqwest::Client, to: String, faults: Faults, request: Request) -> Response {
    let fault = faults.lock().unwrap().pop_front().flatten();
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    if fault == Some(Fault::LostCall) {
        return lost();
    }
    parts.headers.remove(HOST);
    let call = http.post(to).headers(parts.headers).body(body);
    let reply = call.send().await.unwrap();
    let (status, body) = (reply.status(), reply.bytes().await.unwrap());
    if fault == Some(Fault::LostReply) {
        return lost();
    }
    let mut reply = Response::new(Body::from(body));
    *reply.status_mut() = status;
    reply
}

fn lost() -> Response {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    reply
}

async fn create_table(aws: &Aws) {
    let mut call = aws.dynamodb().create_table().table_name(TABLE);
    for (name, key_type) in [(PARTITION_KEY, KeyType::Hash), (SORT_KEY, KeyType::Range)] {
        let key = KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(key_type);
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S);
        call = call
            .key_schema(key.build().unwrap())
            .attribute_definitions(attribute.build().unwrap());
    }
    let created = call.billing_mode(BillingMode::PayPerRequest).send();
    created.await.unwrap();
}
