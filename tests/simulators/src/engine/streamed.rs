//! Answers whose bodies are made while they are sent: files of many megabytes, which nobody should hold in memory.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use http::{HeaderMap, StatusCode};

/// A body's parts, in their order.
type Parts = Box<dyn Iterator<Item = Bytes> + Send>;

/// An answer and what its body is made from.
pub(crate) struct Streamed {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    parts: Parts,
    size: u64,
    /// What `Content-Length` says; without it the body comes in chunks.
    announced: Option<u64>,
    /// The connection closes after this many bytes.
    cut_at: Option<u64>,
    /// Sleeper this long before each part.
    pause: Duration,
}

impl Streamed {
    /// 200 with `parts`, `size` bytes in all, announced truly.
    pub(crate) fn new(headers: HeaderMap, parts: Parts, size: u64) -> Self {
        Self {
            status: StatusCode::OK,
            headers,
            parts,
            size,
            announced: Some(size),
            cut_at: None,
            pause: Duration::ZERO,
        }
    }

    pub(crate) fn announcing(self, length: Option<u64>) -> Self {
        // What is announced and never comes is a connection that closes, after everything before is out.
        let short = length.is_some_and(|length| length > self.size);
        Self {
            announced: length,
            cut_at: short.then_some(self.size).or(self.cut_at),
            ..self
        }
    }

    pub(crate) fn cut_in_the_middle(self) -> Self {
        Self {
            cut_at: Some(self.size / 2),
            ..self
        }
    }

    /// The connection closes after it.
    pub(crate) fn the_last(mut self) -> Self {
        self.headers
            .insert(CONNECTION, HeaderValue::from_static("close"));
        self
    }

    /// Parts of at most `bytes`, `pause` apart.
    pub(crate) fn dripping(self, bytes: usize, pause: Duration) -> Self {
        let bytes = bytes.max(1);
        let split = move |mut part: Bytes| {
            std::iter::from_fn(move || {
                (!part.is_empty()).then(|| part.split_to(bytes.min(part.len())))
            })
        };
        Self {
            parts: Box::new(self.parts.flat_map(split)),
            pause,
            ..self
        }
    }

    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.headers_mut().clone_from(&self.headers);
        if let Some(length) = self.announced {
            response
                .headers_mut()
                .insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let left = self.cut_at;
        let body = stream::unfold((self.parts, left, self.pause), next);
        *response.body_mut() = Body::from_stream(body);
        response
    }
}

type Rest = (Parts, Option<u64>, Duration);

/// The next part, cut short where the connection is to close; then the failure that closes it.
async fn next((mut parts, left, pause): Rest) -> Option<(io::Result<Bytes>, Rest)> {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    if left == Some(0) {
        // Lets the server flush what it has before the connection goes.
        tokio::task::yield_now().await;
        let nothing: Parts = Box::new(std::iter::empty());
        return Some((
            Err(io::ErrorKind::ConnectionAborted.into()),
            (nothing, None, Duration::ZERO),
        ));
    }
    let mut part = parts.next()?;
    let left = left.map(|left| {
        part.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left.saturating_sub(part.len() as u64)
    });
    Some((Ok(part), (parts, left, pause)))
}

impl std::fmt::Debug for Streamed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streamed")
            .field("status", &self.status)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
