//! Forms with a file: read as Personio reads them, written as Kombo sends them.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart};
use bytes::{BufMut, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use ring::digest::{Context, SHA256};

use super::exchange::Request;

/// How many of a file's first bytes are kept.
const HEAD: usize = 16;
const BOUNDARY: &str = "kombo-7MA4YWxkTrZu0gW";

/// One field of a form, apart from a file's content.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: Value,
}

#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    File(File),
}

/// What is kept of a file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) size: u64,
    /// In hexadecimal digits.
    pub(crate) sha256: String,
    pub(crate) head: Vec<u8>,
}

/// The form's fields; a body that is no form, or comes without its boundary, has none.
pub(crate) async fn fields(request: &Request) -> Vec<Field> {
    let mut http = http::Request::new(Body::from(request.body.clone()));
    if let Some(kind) = request.headers.get(CONTENT_TYPE) {
        http.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    DefaultBodyLimit::disable().apply(&mut http);
    let Ok(mut form) = Multipart::from_request(http, &()).await else {
        return Vec::new();
    };
    let mut fields = Vec::new();
    while let Ok(Some(mut field)) = form.next_field().await {
        let name = field.name().unwrap_or_default().to_owned();
        let value = match field.file_name().map(str::to_owned) {
            None => field.text().await.map(Value::Text),
            Some(file_name) => {
                let mut file = Hashing::new();
                while let Ok(Some(part)) = field.chunk().await {
                    file.take(&part);
                }
                Ok(Value::File(file.finish(file_name)))
            }
        };
        let Ok(value) = value else { return Vec::new() };
        fields.push(Field { name, value });
    }
    fields
}

/// Hashes a file as it comes by.
pub(crate) struct Hashing {
    context: Context,
    size: u64,
    head: Vec<u8>,
}

impl Hashing {
    pub(crate) fn new() -> Self {
        Self {
            context: Context::new(&SHA256),
            size: 0,
            head: Vec::new(),
        }
    }

    pub(crate) fn take(&mut self, part: &[u8]) {
        self.context.update(part);
        self.size += part.len() as u64;
        self.head.extend(part.iter().take(HEAD - self.head.len()));
    }

    pub(crate) fn finish(self, name: String) -> File {
        let digest = self.context.finish();
        let sha256 = digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        File {
            name,
            size: self.size,
            sha256,
            head: self.head,
        }
    }
}

/// A field to be sent.
pub(crate) enum Part {
    Text {
        name: String,
        value: String,
    },
    File {
        name: String,
        file_name: String,
        content_type: String,
        content: Bytes,
    },
}

/// The form's `Content-Type` and body.
pub(crate) fn encoded(parts: &[Part]) -> (String, Bytes) {
    let mut body = BytesMut::new();
    for part in parts {
        let (name, file, content) = match part {
            Part::Text { name, value } => (name, String::new(), value.as_bytes()),
            Part::File {
                name,
                file_name,
                content_type,
                content,
            } => {
                let file_name = quoted(file_name);
                (
                    name,
                    format!("; filename=\"{file_name}\"\r\nContent-Type: {content_type}"),
                    content.as_ref(),
                )
            }
        };
        let name = quoted(name);
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n"
        );
        body.reserve(head.len() + content.len() + 2);
        body.put(head.as_bytes());
        body.put(content);
        body.put(&b"\r\n"[..]);
    }
    body.put(format!("--{BOUNDARY}--\r\n").as_bytes());
    (
        format!("multipart/form-data; boundary={BOUNDARY}"),
        body.freeze(),
    )
}

/// As browsers write names in a form: what would end the name or the line is escaped.
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}
