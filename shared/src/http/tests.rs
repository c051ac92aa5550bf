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
    let method = if repeat == Idempotency::Read {
        Method::GET
    } else {
        Method::POST
    };
    server
        .context()
        .send(&request(server, method, repeat), &RateLimiter::new(&[]))
        .await
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
    assert_eq!(
        seen[0].header("user-agent"),
        Some(concat!("reteach-personio/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    assert_eq!(seen[0].header("accept-encoding"), Some("gzip"));
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
        let answer = move |number, _: &_| {
            if number == 0 {
                Canned::Text(first, "<html>")
            } else {
                ok()
            }
        };
        let server = Server::start(answer).await;
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
        assert!(
            send(&server, Idempotency::Read)
                .await
                .unwrap()
                .status
                .is_success()
        );
        let waited = start.elapsed();
        // Timers are rounded up to the next millisecond.
        let most = Duration::from_secs(most) + Duration::from_millis(10);
        assert!(
            waited >= Duration::from_secs(least) && waited <= most,
            "{name}: {value}: {waited:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn leaves_a_very_long_wait_to_the_next_run() {
    let server = Server::start(|_, _| Canned::With(429, "retry-after", "3600", json!({}))).await;
    let start = Instant::now();
    assert_eq!(
        send(&server, Idempotency::Read)
            .await
            .unwrap()
            .status
            .as_u16(),
        429
    );
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_write_is_an_unknown_effect() {
    type Case = (fn() -> Canned, fn(TransportError) -> bool);
    let hang: Case = (|| Canned::Hang, |fault| fault == TransportError::TimedOut);
    let half: Case = (
        || Canned::Half,
        |fault| matches!(fault, TransportError::Broken(_)),
    );
    for (canned, is_expected) in [hang, half] {
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
            assert_eq!(
                (server.seen().len(), effect),
                (attempts, expected),
                "{repeat:?} {fault}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_effect_outlives_a_later_refusal() {
    let answer = |number, _: &_| {
        if number == 0 {
            Canned::Hang
        } else {
            Canned::Text(404, "")
        }
    };
    let server = Server::start(answer).await;
    let reply = send(&server, Idempotency::Idempotent).await.unwrap();
    assert_eq!(
        (reply.status.as_u16(), reply.effect),
        (404, Effect::Unknown)
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_safe_to_repeat() {
    let server = Server::start(|_, _| ok()).await;
    // Bound but not listening any more: nobody else gets the port meanwhile.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let base: BaseUrl = format!("http://{}", closed.local_addr().unwrap())
        .parse()
        .unwrap();
    let target = Target::new(Vendor::Reteach, &base, Method::POST, "/customer", &[]).unwrap();
    let request = Request::new(target, Idempotency::OnlyIfNotSent, TIMEOUT);
    let error = server
        .context()
        .send(&request, &RateLimiter::new(&[]))
        .await
        .unwrap_err();
    assert_eq!(error.effect(), Effect::None);
    let Error::Unreachable { fault, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        *fault,
        TransportError::NotSent(Some(io::ErrorKind::ConnectionRefused))
    );
    assert_eq!(
        error.to_string(),
        "reteach POST /customer: no connection (connection refused)"
    );
    assert_eq!(
        server.calls.counts(),
        Counts {
            reteach: 4,
            ..Counts::default()
        }
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_past_the_deadline() {
    type Case = (fn() -> Canned, u64, usize);
    let during_an_attempt: Case = (|| Canned::Hang, 10, 10);
    let before_a_wait: Case = (|| Canned::With(503, "retry-after", "20", json!({})), 10, 0);
    for (canned, deadline, stops_at) in [during_an_attempt, before_a_wait] {
        let server = Server::start(move |_, _| canned()).await;
        let context = server
            .context()
            .until(Deadline::after(Duration::from_secs(deadline)));
        let start = Instant::now();
        let request = request(&server, Method::PUT, Idempotency::Idempotent);
        let error = context
            .send(&request, &RateLimiter::new(&[]))
            .await
            .unwrap_err();
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
    let context = server.context().until(Deadline::after(Duration::ZERO));
    let error = context
        .send(
            &request(&server, Method::POST, Idempotency::OnlyIfNotSent),
            &RateLimiter::new(&[]),
        )
        .await;
    let Err(Error::OutOfTime { effect, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((effect, server.calls.counts().kombo), (Effect::None, 0));
}

#[tokio::test(start_paused = true)]
async fn an_endless_answer_is_cut_off() {
    let server = Server::start(|_, _| Canned::Long(MAX_REPLY_BYTES + 1)).await;
    let error = send(&server, Idempotency::Read).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::TooLarge {
                limit: MAX_REPLY_BYTES,
                effect: Effect::None,
                ..
            }
        ),
        "{error}"
    );
    let server = Server::start(|_, _| Canned::Long(MAX_REPLY_BYTES)).await;
    assert_eq!(
        send(&server, Idempotency::Read).await.unwrap().body.len(),
        MAX_REPLY_BYTES
    );
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let server =
        Server::start(|_, _| Canned::With(302, "location", "http://127.0.0.1:9/", json!({}))).await;
    assert_eq!(
        send(&server, Idempotency::Read)
            .await
            .unwrap()
            .status
            .as_u16(),
        302
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_answer_names_the_place_and_not_the_value() {
    for (body, expected) in [
        (
            r#"{"data":[{"n":1},{"n":"Erika"}]}"#,
            "data[1].n (another type or a missing field)",
        ),
        (
            r#"{"data":[{"m":1}]}"#,
            "data[0] (another type or a missing field)",
        ),
        (r#"{"data":[{"n":1"#, "(it ends too early)"),
        ("<html>Erika</html>", ". (not JSON)"),
        ("", ". (it ends too early)"),
    ] {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Page {
            data: Vec<Item>,
        }
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Item {
            n: u8,
        }
        let server = Server::start(move |_, _| Canned::Text(200, body)).await;
        let error = send(&server, Idempotency::OnlyIfNotSent)
            .await
            .unwrap()
            .json::<Page>()
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.ends_with(expected) && !text.contains("Erika"),
            "{text}"
        );
        assert_eq!(error.effect(), Effect::Unknown);
    }
}
