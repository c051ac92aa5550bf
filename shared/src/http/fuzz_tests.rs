//! Vendors, and name servers, that mean harm: where a call may lead, and how much of an answer is taken. Time is paused.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use super::testing::{Canned, Server};
use super::*;
use crate::fuzz_tests::{assert_silent, target};

const TIMEOUT: Duration = Duration::from_secs(30);

fn request(server: &Server, repeat: Idempotency, timeout: Duration) -> Request {
    let target = Target::new(Vendor::Kombo, &server.base, Method::POST, "/thing", &[]).unwrap();
    Request::new(target, repeat, timeout)
}

async fn send(server: &Server, repeat: Idempotency, timeout: Duration) -> Result<Reply, Error> {
    server
        .context()
        .send(&request(server, repeat, timeout), &RateLimiter::new(&[]))
        .await
}

fn ok() -> Canned {
    Canned::Json(200, json!({"fine": true}))
}

struct LeadsTo(&'static [&'static str]);

impl Resolve for LeadsTo {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Vec<_> = self
            .0
            .iter()
            .map(|it| SocketAddr::new(it.parse().unwrap(), 0))
            .collect();
        Box::pin(async { Ok(Box::new(addresses.into_iter()) as Addrs) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_leads_to_an_internal_address_is_not_called() {
    for leads_to in [
        &["127.0.0.1"][..],
        &["169.254.169.254"],
        &["10.0.0.1"],
        &["::1"],
        &["fd00:ec2::254"],
        &["::ffff:169.254.169.254"],
        &["8.8.8.8", "192.168.0.1"],
    ] {
        let server = Server::start(|_, _| ok()).await;
        let context = Context::new(
            client_with(LeadsTo(leads_to)).unwrap(),
            server.context().clock().clone(),
            server.calls.clone(),
        );
        // The server's own port: a call that went out would arrive.
        let port = server.base.as_url().port().unwrap();
        let base: BaseUrl = format!("https://api.personio.example:{port}")
            .parse()
            .unwrap();
        let target = Target::new(Vendor::Personio, &base, Method::POST, "/v1/auth", &[]).unwrap();
        let request = Request::new(target, Idempotency::Read, TIMEOUT);
        let error = context
            .send(&request, &RateLimiter::new(&[]))
            .await
            .unwrap_err();
        let Error::Unreachable { fault, effect, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(
            (*fault, *effect),
            (TransportError::NotPublic, Effect::None),
            "{leads_to:?}"
        );
        assert_eq!(server.calls.counts().personio, 1, "it is not tried again");
        assert!(server.seen().is_empty(), "{leads_to:?}");
        assert!(!error.to_string().contains("example"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_simulator_on_this_machine_is_called_by_its_name() {
    let server = Server::start(|_, _| ok()).await;
    let port = server.base.as_url().port().unwrap();
    for (names, arrives) in [
        (LeadsTo(&["127.0.0.1"]), true),
        (LeadsTo(&["8.8.8.8"]), false),
    ] {
        let context = server.context();
        let context = Context::new(
            client_with(names).unwrap(),
            context.clock().clone(),
            Calls::default(),
        );
        let base: BaseUrl = format!("http://localhost:{port}").parse().unwrap();
        let target = Target::new(Vendor::Personio, &base, Method::GET, "/x", &[]).unwrap();
        let request = Request::new(target, Idempotency::Read, TIMEOUT);
        let is_ok = context.send(&request, &RateLimiter::new(&[])).await.is_ok();
        assert_eq!(is_ok, arrives);
    }
}

#[tokio::test(start_paused = true)]
async fn a_zip_bomb_is_cut_off() {
    for (unpacked, fits) in [
        (MAX_REPLY_BYTES, true),
        (MAX_REPLY_BYTES + 1, false),
        (8 * MAX_REPLY_BYTES, false),
    ] {
        let server = Server::start(move |_, _| {
            let body = Response::builder()
                .header("content-encoding", "gzip")
                .body(Body::from(bomb(unpacked)));
            Canned::Custom(body.unwrap())
        })
        .await;
        let reply = send(&server, Idempotency::Read, TIMEOUT).await;
        assert_eq!(reply.is_ok(), fits, "{unpacked}");
        let too_large = matches!(
            reply,
            Err(Error::TooLarge {
                limit: MAX_REPLY_BYTES,
                ..
            })
        );
        assert_eq!(too_large, !fits, "{unpacked}");
        assert_eq!(server.seen().len(), 1, "it is not asked for again");
    }
}

/// `unpacked` zeros, a thousandth of that in gzip.
fn bomb(unpacked: usize) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let piece = vec![0; 1 << 16];
    let mut left = unpacked;
    while left > 0 {
        let length = left.min(piece.len());
        packed.write_all(&piece[..length]).unwrap();
        left -= length;
    }
    packed.finish().unwrap()
}

/// A byte a second, for ever.
fn drip() -> Body {
    let drop = |()| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
    };
    Body::from_stream(stream::unfold((), drop))
}

#[tokio::test(start_paused = true)]
async fn a_drip_ends_with_the_attempt_s_time() {
    let server = Server::start(|_, _| Canned::Custom(Response::new(drip()))).await;
    let start = Instant::now();
    let error = send(&server, Idempotency::OnlyIfNotSent, Duration::from_secs(7))
        .await
        .unwrap_err();
    let Error::Unreachable { fault, effect, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((fault, effect), (TransportError::TimedOut, Effect::Unknown));
    assert_eq!((start.elapsed().as_secs(), server.seen().len()), (7, 1));
}

#[tokio::test(start_paused = true)]
async fn a_drip_ends_with_the_run_s_time() {
    let server = Server::start(|_, _| Canned::Custom(Response::new(drip()))).await;
    let context = server
        .context()
        .until(Deadline::after(Duration::from_secs(5)));
    let error = context
        .send(
            &request(&server, Idempotency::Read, TIMEOUT),
            &RateLimiter::new(&[]),
        )
        .await
        .unwrap_err();
    assert!(matches!(error, Error::OutOfTime { .. }), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn redirects_to_internal_addresses_are_not_followed() {
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:9001/",
        "file:///etc/passwd",
    ] {
        for status in [301, 302, 303, 307, 308] {
            let server =
                Server::start(move |_, _| Canned::With(status, "location", to, json!({}))).await;
            assert_eq!(
                send(&server, Idempotency::OnlyIfNotSent, TIMEOUT)
                    .await
                    .unwrap()
                    .status
                    .as_u16(),
                status
            );
            assert_eq!(server.seen().len(), 1, "{status} {to}");
        }
    }
}

/// Headers that say how long to wait, how much is allowed and what ends.
const HEADERS: [&str; 6] = [
    "retry-after",
    "ratelimit-reset",
    "x-ratelimit-limit",
    "deprecation",
    "sunset",
    "warning",
];

target!(headers_of_limits, |choices| {
    let mut headers = HeaderMap::new();
    for _ in 0..1 + choices.below(3) {
        let name = *choices.pick(&HEADERS);
        let value = match choices.byte() % 2 {
            0 => choices.text().into_bytes(),
            _ => choices.some().to_vec(),
        };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.append(name, value);
        }
    }
    let limited = StatusCode::TOO_MANY_REQUESTS;
    let status = *choices.pick(&[limited, StatusCode::SERVICE_UNAVAILABLE]);
    let now = "2026-03-14T09:00:00Z".parse().unwrap();
    let asked = retry::asked(status, &headers, now);
    assert!(asked.is_none_or(|asked| asked <= retry::LONGEST_PAUSE));
    assert!(asked.is_some() || status != limited);
    let ceiling = Duration::from_secs(4);
    if let Some(wait) = retry::wait(asked, ceiling, 0.5) {
        assert!(wait >= asked.unwrap_or_default());
        assert!(wait <= retry::LONGEST_WAIT + ceiling);
    }
    let (calls, vendor) = (Calls::default(), Vendor::Reteach);
    let (method, path) = (Method::GET, "/customer/{id}");
    let call = Call {
        vendor,
        method,
        path,
    };
    calls.note(&call, status, &headers);
    for retirement in calls.take_retirements().into_keys() {
        assert_silent(&retirement, "retirement");
        assert!(retirement.to_string().len() < 100, "{retirement}");
    }
});
