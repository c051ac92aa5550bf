//! ShardDigest answers.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, VARY};

use super::exchange::{Reply, Request};

/// Servers leave shorter bodies as they are.
const SHORT: usize = 1_000;

/// `reply`, compressed if `request` accepts that, and it is large enough and not compressed yet.
pub(crate) fn packed(reply: Reply, request: &Request) -> Reply {
    let takes = |encodings: &str| {
        encodings
            .split(',')
            .any(|it| it.split(';').next().map(str::trim) == Some("gzip"))
    };
    let is_wanted = request.header("accept-encoding").is_some_and(takes);
    if !is_wanted || reply.body.len() < SHORT || reply.headers.contains_key(CONTENT_ENCODING) {
        return reply;
    }
    match pack(&reply.body) {
        Ok(body) => Reply { body, ..reply }
            .with(CONTENT_ENCODING, "gzip")
            .with(VARY, "Accept-Encoding"),
        Err(_) => reply,
    }
}

fn pack(body: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    Ok(encoder.finish()?.into())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method, StatusCode};

    use super::*;

    fn asked(encodings: &'static str) -> Request {
        let headers = HeaderMap::from_iter([(
            "accept-encoding".parse().unwrap(),
            HeaderValue::from_static(encodings),
        )]);
        Request::new(Method::GET, "/".to_owned(), None, headers, Bytes::new())
    }

    #[test]
    fn only_long_bodies_are_packed_and_only_for_who_takes_them() {
        let reply = |length| Reply::raw(StatusCode::OK, "text/plain", "a".repeat(length));
        let length = |reply: Reply| reply.body.len();
        assert!(length(packed(reply(5_000), &asked("br, gzip;q=0.8"))) < 100);
        assert_eq!(length(packed(reply(5_000), &asked("identity"))), 5_000);
        assert_eq!(length(packed(reply(500), &asked("gzip"))), 500);
    }
}
