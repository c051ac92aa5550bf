//! Sending, against a server on loopback; time is paused, so that waits cost nothing and can be measured.

use std::io;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use super::testing::{Canned, Server};
use super::*;

const TIMEOUT: Duration = Duration::from_secs(30);

fn request(server: &Server, method: Method, repeat: Idempotency) -> Request {
    let target = Target::new(Vendor::Kombo, &server.base, method, "/thing/{id}", &["7"]).unwrap();
    Request::new(target, repeat, TIMEOUT)
}

async fn send(server: &Server, repeat: Idempotency) -> Result<Reply, Error> {
    let method = match repeat {
        Idempotency::Read => Method::GET,
        _ => Method::POST,
    };
    let request = request(server, method, repeat);
    send_in(server.context(), &request).await
}

async fn send_in(context: Context, request: &Request) -> Result<Reply, Error> {
    context.send(request, &RateLimiter::new(&[])).await
}

fn ok() -> Canned {
    Canned::Json(200, json!({"fine": true}))
}

#[tokio::test(start_paused = true)]
async fn names_itself_and_asks_for_json() {
    let server = Server::start(|_, _| ok()).await;
    let reply = send(&server, Idempotency::Read).await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.effect), (200, Effect::None));
    let seen = server.seen();
    assert_eq!(seen[0].uri, "/thing/7");
    let agent = concat!("reteach-personio/", env!("CARGO_PKG_VERSION"));
    let headers = ["user-agent", "accept", "accept-encoding"];
    let expected = [agent, "application/json", "gzip"].map(Some);
    assert_eq!(headers.map(|name| seen[0].header(name)), expected);
}

#[tokio::test(start_paused = true)]
async fn tries_again_as_often_as_is_safe() {
    use Idempotency::{Idempotent, OnlyIfNotSent, Read};
    for (repeat, first, attempts, last, effect) in [
        (Read, 503, 2, 200, Effect::None),
        (Idempotent, 502, 2, 200, Effect::Unknown),
        (OnlyIfNotSent, 429, 2, 200, Effect::Unknown),
        (OnlyIfNotSent, 500, 1, 500, Effect::Unknown),
        (OnlyIfNotSent, 503, 1, 503, Effect::Unknown),
        (Idempotent, 422, 1, 422, Effect::None),
        (Read, 404, 1, 404, Effect::None),
    ] {
        let server = Server::start(move |number, _| match number {
            0 => Canned::Text(first, "<html>"),
            _ => ok(),
        })
        .await;
        let reply = send(&server, repeat).await.unwrap();
        let got = (server.seen().len(), reply.status.as_u16(), reply.effect);
        assert_eq!(got, (attempts, last, effect), "{repeat:?} {first}");
        assert_eq!(server.calls.counts().kombo, attempts as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn gives_up_after_three_retries() {
    let server = Server::start(|_, _| Canned::Text(503, "")).await;
    let reply = send(&server, Idempotency::Read).await.unwrap();
    assert_eq!((reply.status.as_u16(), server.seen().len()), (503, 4));
}

#[tokio::test(start_paused = true)]
async fn waits_as_long_as_the_vendor_asks() {
    for (status, name, value, least, most) in [
        (503, "retry-after", "7", 7, 8),
        (429, "retry-after", "Sat, 14 Mar 2026 09:00:20 GMT", 20, 21),
        (429, "ratelimit-reset", "57", 57, 58),
        (429, "x-nothing", "-", 1, 2),
    ] {
        let answer = move |number, _: &_| match number {
            0 => Canned::With(status, name, value, json!({})),
            _ => ok(),
        };
        let server = Server::start(answer).await;
        let start = Instant::now();
        let reply = send(&server, Idempotency::Read).await.unwrap();
        assert!(reply.status.is_success());
        let waited = start.elapsed();
        // Timers are rounded up to the next millisecond.
        let most = Duration::from_secs(most) + Duration::from_millis(10);
        let expected = Duration::from_secs(least)..=most;
        assert!(expected.contains(&waited), "{name}: {value}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn leaves_a_very_long_wait_to_the_next_run() {
    let server = Server::start(|_, _| Canned::With(429, "retry-after", "3600", json!({}))).await;
    let start = Instant::now();
    let reply = send(&server, Idempotency::Read).await.unwrap();
    assert_eq!(reply.status.as_u16(), 429);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_write_is_an_unknown_effect() {
    type Case = (fn() -> Canned, fn(TransportError) -> bool);
    let is_broken = |fault| matches!(fault, TransportError::Broken(_));
    let cases: [Case; 2] = [
        (|| Canned::Hang, |fault| fault == TransportError::TimedOut),
        (|| Canned::Half, is_broken),
    ];
    for (canned, is_expected) in cases {
        for (repeat, attempts, expected) in [
            (Idempotency::Read, 4, Effect::None),
            (Idempotency::Idempotent, 4, Effect::Unknown),
            (Idempotency::OnlyIfNotSent, 1, Effect::Unknown),
        ] {
            let server = Server::start(move |_, _| canned()).await;
            let error = send(&server, repeat).await.unwrap_err();
            let Error::Unreachable { fault, effect, .. } = error else {
                panic!("{error}")
            };
            assert!(is_expected(fault), "{fault:?}");
            let sent = (server.seen().len(), effect);
            assert_eq!(sent, (attempts, expected), "{repeat:?} {fault}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_effect_outlives_a_later_refusal() {
    let server = Server::start(|number, _| match number {
        0 => Canned::Hang,
        _ => Canned::Text(404, ""),
    })
    .await;
    let reply = send(&server, Idempotency::Idempotent).await.unwrap();
    let (status, effect) = (reply.status.as_u16(), reply.effect);
    assert_eq!((status, effect), (404, Effect::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_safe_to_repeat() {
    let server = Server::start(|_, _| ok()).await;
    // Bound but not listening any more: nobody else gets the port meanwhile.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let base = format!("http://{}", closed.local_addr().unwrap());
    let base: BaseUrl = base.parse().unwrap();
    let target = Target::new(Vendor::Reteach, &base, Method::POST, "/customer", &[]).unwrap();
    let request = Request::new(target, Idempotency::OnlyIfNotSent, TIMEOUT);
    let error = send_in(server.context(), &request).await.unwrap_err();
    assert_eq!(error.effect(), Effect::None);
    let Error::Unreachable { fault, .. } = &error else {
        panic!("{error}")
    };
    let refused = Some(io::ErrorKind::ConnectionRefused);
    assert_eq!(*fault, TransportError::NotSent(refused));
    let text = "reteach POST /customer: no connection (connection refused)";
    assert_eq!(error.to_string(), text);
    let Counts {
        personio,
        kombo,
        reteach,
        ..
    } = server.calls.counts();
    assert_eq!((personio, kombo, reteach), (0, 0, 4));
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_past_the_deadline() {
    type Case = (fn() -> Canned, u64, usize);
    let wait = || Canned::With(503, "retry-after", "20", json!({}));
    let during_an_attempt: Case = (|| Canned::Hang, 10, 10);
    let before_a_wait: Case = (wait, 10, 0);
    for (canned, deadline, stops_at) in [during_an_attempt, before_a_wait] {
        let server = Server::start(move |_, _| canned()).await;
        let context = server.context_for(Duration::from_secs(deadline));
        let start = Instant::now();
        let request = request(&server, Method::PUT, Idempotency::Idempotent);
        let error = send_in(context, &request).await.unwrap_err();
        let Error::OutOfTime { effect, .. } = error else {
            panic!("{error}")
        };
        assert_eq!((effect, server.seen().len()), (Effect::Unknown, 1));
        assert_eq!(start.elapsed().as_secs(), stops_at as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_nothing_is_sent() {
    let server = Server::start(|_, _| ok()).await;
    let request = request(&server, Method::POST, Idempotency::OnlyIfNotSent);
    let error = send_in(server.context_for(Duration::ZERO), &request).await;
    let Err(Error::OutOfTime { effect, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((effect, server.calls.counts().kombo), (Effect::None, 0));
}

#[tokio::test(start_paused = true)]
async fn an_endless_answer_is_cut_off() {
    let server = Server::start(|_, _| Canned::Long(MAX_REPLY_BYTES + 1)).await;
    let error = send(&server, Idempotency::Read).await.unwrap_err();
    let Error::TooLarge { limit, effect, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((limit, effect), (MAX_REPLY_BYTES, Effect::None));
    let server = Server::start(|_, _| Canned::Long(MAX_REPLY_BYTES)).await;
    let reply = send(&server, Idempotency::Read).await.unwrap();
    assert_eq!(reply.body.len(), MAX_REPLY_BYTES);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let moved = || Canned::With(302, "location", "http://127.0.0.1:9/", json!({}));
    let server = Server::start(move |_, _| moved()).await;
    let reply = send(&server, Idempotency::Read).await.unwrap();
    assert_eq!(reply.status.as_u16(), 302);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_answer_names_the_place_and_not_the_value() {
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Item {
        n: u8,
    }
    type Page = std::collections::BTreeMap<String, Vec<Item>>;
    let wrong_type = "data[1].n (another type or a missing field)";
    let missing = "data[0] (another type or a missing field)";
    for (body, expected) in [
        (r#"{"data":[{"n":1},{"n":"Erika"}]}"#, wrong_type),
        (r#"{"data":[{"m":1}]}"#, missing),
        (r#"{"data":[{"n":1"#, "(it ends too early)"),
        ("<html>Erika</html>", ". (not JSON)"),
        ("", ". (it ends too early)"),
    ] {
        let server = Server::start(move |_, _| Canned::Text(200, body)).await;
        let reply = send(&server, Idempotency::OnlyIfNotSent).await.unwrap();
        let error = reply.json::<Page>().unwrap_err();
        let text = error.to_string();
        assert!(text.ends_with(expected), "{text}");
        assert!(!text.contains("Erika"), "{text}");
        assert_eq!(error.effect(), Effect::Unknown);
    }
}
