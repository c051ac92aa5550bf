//! Bodies that pass through: as they go over the wire, and what is left open when they break off.

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use proptest::prelude::*;
use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use super::testing::{Canned, Server};
use super::*;

fn content(pieces: &[&'static [u8]], length: Option<u64>) -> Content {
    let pieces = pieces.iter().map(|piece| Ok(Bytes::from_static(piece)));
    let stream = stream::iter(pieces.collect::<Vec<_>>()).boxed();
    Content { stream, length }
}

/// A content of which `pieces` come, and then nothing any more.
fn stuck(pieces: &[&'static [u8]]) -> Content {
    let Content { stream, length } = content(pieces, Some(1_000));
    let stream = stream.chain(stream::pending()).boxed();
    Content { stream, length }
}

fn broken() -> Content {
    let Content { stream, length } = content(&[b"%PDF-"], Some(1_000));
    let error = Err(ContentError::from(io::Error::other("broken")));
    let stream = stream.chain(stream::iter([error])).boxed();
    Content { stream, length }
}

fn form(content: Content) -> Payload {
    let fields = vec![
        ("title", "Ü\r\n\"x\"".to_owned()),
        ("employee_id", "4711".to_owned()),
    ];
    Payload::pdf_form(fields, "file", "Übung \u{1F525}.pdf", content)
}

async fn send(server: &Server, payload: Payload) -> Result<Reply, Error> {
    send_in(server, server.context(), payload, &RateLimiter::new(&[])).await
}

async fn send_in(
    server: &Server,
    context: Context,
    payload: Payload,
    pace: &RateLimiter,
) -> Result<Reply, Error> {
    let vendor = Vendor::Personio;
    let target = Target::new(vendor, &server.base, Method::POST, "/documents", &[]).unwrap();
    let request = Request::new(target, Idempotency::OnlyIfNotSent, Duration::from_secs(30));
    context.send_once(&request, payload, pace).await
}

#[tokio::test]
async fn a_form_goes_out_as_browsers_send_it() {
    for (length, has_length) in [(Some(9), true), (None, false)] {
        let server = Server::start(|_, _| Canned::Json(201, json!({}))).await;
        let form = form(content(&[b"%PDF-", b"1.7\n"], length));
        let reply = send(&server, form).await.unwrap();
        assert_eq!(reply.status.as_u16(), 201);
        let seen = server.seen().remove(0);
        let kind = seen.header("content-type").unwrap();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=");
        let boundary = boundary.unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nÜ\r\n\"x\"\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"employee_id\"\r\n\r\n4711\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Übung \u{1F525}.pdf\"\r\n\
             content-type: application/pdf\r\n\r\n%PDF-1.7\n\r\n--{boundary}--\r\n"
        );
        assert_eq!(std::str::from_utf8(&seen.raw).unwrap(), expected);
        assert_eq!(seen.header("content-length").is_some(), has_length);
        assert_eq!(seen.header("transfer-encoding").is_some(), !has_length);
    }
}

#[tokio::test]
async fn bytes_are_encoded_within_json_while_they_are_sent() {
    for length in [Some(9), None] {
        let server = Server::start(|_, _| Canned::Json(200, json!({}))).await;
        let content = content(&[b"%", b"PDF-1", b"", b".7\n"], length);
        let payload =
            Payload::base64_within(r#"{"a":""#.to_owned(), content, r#"","b":1}"#.to_owned());
        send(&server, payload).await.unwrap();
        let seen = server.seen().remove(0);
        let body = json!({"a": STANDARD.encode("%PDF-1.7\n"), "b": 1});
        assert_eq!(seen.body, body);
        assert_eq!(seen.header("content-type"), Some("application/json"));
        let sent = seen.raw.len().to_string();
        assert_eq!(seen.header("content-length"), length.map(|_| sent.as_str()));
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_went_out_completely_may_have_taken_effect() {
    type MakeCanned = fn() -> Canned;
    type MakeContent = fn() -> Content;
    type Case = (&'static str, MakeCanned, MakeContent, Effect);
    let (hang, half): (MakeCanned, MakeCanned) = (|| Canned::Hang, || Canned::Half);
    let whole: MakeContent = || content(&[b"%PDF-"], Some(5));
    let stuck: MakeContent = || stuck(&[b"%PDF-"]);
    let empty: MakeContent = || content(&[], Some(0));
    let cases: [Case; 5] = [
        ("the answer never comes", hang, whole, Effect::Unknown),
        ("the answer breaks off", half, whole, Effect::Unknown),
        ("the content never ends", hang, stuck, Effect::None),
        ("the content breaks off", hang, broken, Effect::None),
        ("the content is empty", hang, empty, Effect::Unknown),
    ];
    for (name, canned, content, effect) in cases {
        for in_form in [true, false] {
            let server = Server::start(move |_, _| canned()).await;
            let payload = match in_form {
                true => form(content()),
                false => Payload::base64_within("[\"".to_owned(), content(), "\"]".to_owned()),
            };
            let error = send(&server, payload).await.unwrap_err();
            assert_eq!(error.effect(), effect, "{name}: {error}");
            let arrived = usize::from(effect == Effect::Unknown);
            let sent = (server.seen().len(), server.calls.counts().personio);
            assert_eq!(sent, (arrived, 1), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_says_what_may_have_taken_effect() {
    for (status, effect) in [
        (201, Effect::Unknown),
        (404, Effect::None),
        (429, Effect::None),
        (503, Effect::Unknown),
    ] {
        let server = Server::start(move |_, _| Canned::Text(status, "")).await;
        let form = form(content(&[b"%PDF-"], Some(5)));
        let reply = send(&server, form).await.unwrap();
        assert_eq!((reply.status.as_u16(), reply.effect), (status, effect));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_uploads_hold_the_pace_and_are_not_sent_again() {
    let server = Server::start(|_, _| Canned::With(429, "retry-after", "7", json!({}))).await;
    let (pace, form) = (RateLimiter::new(&[]), form(content(&[b"%PDF-"], Some(5))));
    let sent = send_in(&server, server.context(), form, &pace).await;
    assert!(sent.is_ok() && server.seen().len() == 1);
    let start = Instant::now();
    pace.ready(Deadline::never()).await.unwrap();
    let (waited, least) = (start.elapsed(), Duration::from_millis(6_950));
    assert!(waited >= least, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn an_absurd_wait_after_an_upload_neither_panics_nor_is_waited_for() {
    let absurd = "9999999999999999999";
    let server =
        Server::start(move |_, _| Canned::With(429, "retry-after", absurd, json!({}))).await;
    let (pace, form) = (RateLimiter::new(&[]), form(content(&[b"%PDF-"], Some(5))));
    let start = Instant::now();
    let context = server.context_for(Duration::from_secs(900));
    let reply = send_in(&server, context.clone(), form, &pace)
        .await
        .unwrap();
    let hour = Duration::from_secs(3_600);
    assert_eq!((reply.status.as_u16(), reply.asked), (429, Some(hour)));
    // The next upload of this run does not wait for its turn either.
    assert_eq!(pace.ready(context.deadline()).await, Err(Elapsed));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_an_upload() {
    for (content, effect) in [
        (content(&[b"%PDF-"], Some(5)), Effect::Unknown),
        (stuck(&[b"%PDF-"]), Effect::None),
    ] {
        let server = Server::start(|_, _| Canned::Hang).await;
        let context = server.context_for(Duration::from_secs(10));
        let sent = send_in(&server, context, form(content), &RateLimiter::new(&[])).await;
        let Err(Error::OutOfTime { effect: seen, .. }) = sent else {
            panic!("{sent:?}")
        };
        assert_eq!(seen, effect);
    }
}

proptest! {
    #[test]
    fn base64_in_pieces_is_base64_of_the_whole(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..9)) {
        let whole: Vec<u8> = pieces.concat();
        let pieces: Vec<_> = pieces.into_iter().map(|piece| Ok(Bytes::from(piece))).collect();
        let encoded = super::content::base64(stream::iter(pieces).boxed()).map(|piece| piece.unwrap().to_vec());
        let encoded: Vec<Vec<u8>> = encoded.collect::<Vec<_>>().now_or_never().unwrap();
        prop_assert_eq!(encoded.concat(), STANDARD.encode(whole).into_bytes());
    }
}
