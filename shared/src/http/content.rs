//! A body that passes through: read once, while it is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use reqwest::header::{self, HeaderValue};
use reqwest::multipart::{Form, Part};

/// What a stream of bytes can end with instead of its end.
pub type ContentError = Box<dyn std::error::Error + Send + Sync>;

/// Bytes from somewhere else, and how many there will be if that is known.
pub struct Content {
    /// The bytes, piece by piece.
    pub stream: BoxStream<'static, Result<Bytes, ContentError>>,
    /// Their number, where it is known beforehand.
    pub length: Option<u64>,
}

/// A request's body with a [`Content`] in it.
pub struct Payload {
    kind: Kind,
    complete: Complete,
}

enum Kind {
    Form(Form),
    Json {
        body: reqwest::Body,
        length: Option<u64>,
    },
}

/// Whether all of a content went out: until then, nobody can have received the whole request.
#[derive(Clone, Default)]
pub(super) struct Complete(Arc<AtomicBool>);

impl Complete {
    pub(super) fn is(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Content {
    /// The same bytes; `complete` once they have ended well.
    fn watched(self, complete: Complete) -> BoxStream<'static, Result<Bytes, ContentError>> {
        let step = |state: Option<(BoxStream<'static, _>, Complete)>| async move {
            let (mut stream, complete) = state?;
            match stream.next().await {
                Some(Ok(piece)) => Some((Ok(piece), Some((stream, complete)))),
                // Nothing follows an error: what was promised to come after the bytes must not be sent.
                Some(Err(error)) => Some((Err(error), None)),
                None => {
                    complete.0.store(true, Ordering::SeqCst);
                    None
                }
            }
        };
        Box::pin(stream::unfold(Some((self.stream, complete)), step))
    }
}

impl Payload {
    /// `multipart/form-data` as browsers send it: `fields`, then `content` as the file `file_name` in `field`.
    /// The file name goes out as UTF-8 in `filename=`; `filename*=` is not understood everywhere.
    #[must_use]
    pub fn pdf_form(
        fields: Vec<(&'static str, String)>,
        field: &'static str,
        file_name: &str,
        content: Content,
    ) -> Self {
        let complete = Complete::default();
        let length = content.length;
        let body = reqwest::Body::wrap_stream(content.watched(complete.clone()));
        let part = match length {
            Some(length) => Part::stream_with_length(body, length),
            None => Part::stream(body),
        };
        let mut headers = header::HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/pdf"),
        );
        let part = part.file_name(file_name.to_owned()).headers(headers);
        let form = fields
            .into_iter()
            .fold(Form::new(), |form, (name, value)| form.text(name, value));
        Self {
            kind: Kind::Form(form.part(field, part)),
            complete,
        }
    }

    /// JSON text with `content` as base64 between `before` and `after`, encoded while it is sent.
    #[must_use]
    pub fn base64_within(before: String, content: Content, after: String) -> Self {
        let complete = Complete::default();
        let around = before.len() as u64 + after.len() as u64;
        let length = content.length.map(|length| around + length.div_ceil(3) * 4);
        let whole = stream::once(async { Ok(Bytes::from(before)) })
            .chain(base64(content.watched(complete.clone())))
            .chain(stream::once(async { Ok(Bytes::from(after)) }));
        Self {
            kind: Kind::Json {
                body: reqwest::Body::wrap_stream(whole),
                length,
            },
            complete,
        }
    }

    pub(super) fn complete(&self) -> Complete {
        self.complete.clone()
    }

    pub(super) fn put_into(self, sending: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match self.kind {
            Kind::Form(form) => sending.multipart(form),
            Kind::Json { body, length } => {
                let sending = sending
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(body);
                match length {
                    Some(length) => sending.header(header::CONTENT_LENGTH, length),
                    None => sending,
                }
            }
        }
    }
}

/// Encodes as it goes; at most two bytes wait for the next piece.
pub(super) fn base64(
    pieces: BoxStream<'static, Result<Bytes, ContentError>>,
) -> impl futures::Stream<Item = Result<Bytes, ContentError>> + Send {
    let end = stream::once(async { None });
    let mut rest = Vec::new();
    pieces.map(Some).chain(end).map(move |piece| {
        let all = match piece {
            Some(piece) => {
                rest.extend_from_slice(&piece?);
                rest.len() - rest.len() % 3
            }
            None => rest.len(),
        };
        let tail = rest.split_off(all);
        let whole = std::mem::replace(&mut rest, tail);
        Ok(Bytes::from(STANDARD.encode(whole)))
    })
}

crate::debug_only!(Content, length);

crate::debug_only!(Payload);
