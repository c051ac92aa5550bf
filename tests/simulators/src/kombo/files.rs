//! Files in the bodies of requests: base64, or a URL from which Kombo fetches them at once.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use reqwest::Client;
use reqwest::redirect::{Attempt, Policy};
use serde_json::{Map, Value};
use url::Url;

use super::errors::Refusal;

/// Far above what Personio takes: Kombo's own limit is not known.
const LARGEST: usize = 64 * 1024 * 1024;

/// A file object: `name`, `content_type`, and exactly one of `data` and `data_url`.
pub(super) struct FileObject {
    pub(super) name: String,
    content_type: Option<String>,
    source: Source,
}

enum Source {
    Data(Bytes),
    Url(Url),
}

/// A file that is there.
pub(super) struct Fetched {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) content: Bytes,
}

impl FileObject {
    pub(super) fn of(value: &Value) -> Result<Self, Refusal> {
        let object = value
            .as_object()
            .ok_or_else(|| Refusal::input("A file must be an object."))?;
        let keys = ["name", "content_type", "data", "data_url"];
        if let Some(unknown) = object.keys().find(|key| !keys.contains(&key.as_str())) {
            return Err(Refusal::input(format!(
                "The key {unknown} of a file does not exist."
            )));
        }
        let name = text(object, "name")?.filter(|name| has_extension(name));
        let name =
            name.ok_or_else(|| Refusal::input("name must be a file name with an extension."))?;
        let content_type = text(object, "content_type")?;
        if content_type.is_some_and(|kind| !is_content_type(kind)) {
            return Err(Refusal::input(
                r"content_type must match ^[\w.-]+\/[\w.-]+$.",
            ));
        }
        let source = match (text(object, "data")?, text(object, "data_url")?) {
            (Some(data), None) if content_type.is_some() => {
                let data = BASE64_STANDARD.decode(data);
                Source::Data(
                    data.map_err(|_| Refusal::input("data must be base64."))?
                        .into(),
                )
            }
            (Some(_), None) => return Err(Refusal::input("content_type is required with data.")),
            (None, Some(url)) => Source::Url(
                url.parse()
                    .map_err(|_| Refusal::input("data_url must be a URL."))?,
            ),
            _ => {
                return Err(Refusal::input(
                    "Exactly one of data and data_url must be given.",
                ));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            content_type: content_type.map(str::to_owned),
            source,
        })
    }

    /// The file, fetched where need be. Without a `content_type` the URL's own counts.
    pub(super) async fn fetched(self, client: &Client) -> Result<Fetched, Refusal> {
        let Self {
            name,
            content_type,
            source,
        } = self;
        let (content, own) = match source {
            Source::Data(content) => (content, None),
            Source::Url(url) => fetch(client, url).await.map_err(|reason| {
                Refusal::input(format!("The file at data_url cannot be had: {reason}."))
            })?,
        };
        let content_type = content_type.or(own).ok_or_else(|| {
            Refusal::input("content_type is required where the answer of data_url has none.")
        })?;
        Ok(Fetched {
            name,
            content_type,
            content,
        })
    }
}

/// A client that stays on this machine: nothing simulated is anywhere else.
pub(super) fn client() -> reqwest::Result<Client> {
    let stay = |attempt: Attempt<'_>| {
        if is_here(attempt.url()) && attempt.previous().len() < 10 {
            attempt.follow()
        } else {
            attempt.stop()
        }
    };
    Client::builder()
        .no_proxy()
        .tls_built_in_root_certs(false)
        .redirect(Policy::custom(stay))
        .build()
}

fn is_here(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

async fn fetch(client: &Client, url: Url) -> Result<(Bytes, Option<String>), String> {
    if !is_here(&url) {
        return Err("the simulator fetches from loopback over http alone".to_owned());
    }
    let mut answer = client
        .get(url)
        .send()
        .await
        .map_err(|_| "no answer".to_owned())?;
    if !answer.status().is_success() {
        return Err(format!("the answer was {}", answer.status().as_u16()));
    }
    let header = answer
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    let content_type = header
        .and_then(|text| text.split(';').next())
        .map(|text| text.trim().to_owned());
    let mut content = BytesMut::new();
    while let Some(part) = answer
        .chunk()
        .await
        .map_err(|_| "the answer broke off".to_owned())?
    {
        content.extend_from_slice(&part);
        if content.len() > LARGEST {
            return Err("the file is too large".to_owned());
        }
    }
    Ok((content.freeze(), content_type))
}

fn text<'o>(object: &'o Map<String, Value>, key: &str) -> Result<Option<&'o str>, Refusal> {
    match object.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::input(format!("{key} must be a string."))),
    }
}

fn has_extension(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(stem, extension)| !stem.is_empty() && !extension.is_empty())
}

fn is_content_type(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| word(kind) && word(subtype))
}
