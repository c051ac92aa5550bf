//! Files in the bodies of requests, in base64. A `data_url`, from which Kombo fetches, is not simulated: ours sends the bytes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::errors::Refusal;

/// A file object: `name`, `content_type` and `data`.
pub(super) struct FileObject {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) content: Bytes,
}

impl FileObject {
    pub(super) fn of(value: &Value) -> Result<Self, Refusal> {
        let object = value
            .as_object()
            .ok_or_else(|| Refusal::input("A file must be an object."))?;
        let keys = ["name", "content_type", "data"];
        if let Some(unknown) = object.keys().find(|key| !keys.contains(&key.as_str())) {
            return Err(Refusal::input(format!(
                "The key {unknown} of a file is not simulated or does not exist."
            )));
        }
        let name = text(object, "name")?.filter(|name| has_extension(name));
        let name =
            name.ok_or_else(|| Refusal::input("name must be a file name with an extension."))?;
        let content_type = text(object, "content_type")?.filter(|kind| is_content_type(kind));
        let content_type = content_type.ok_or_else(|| {
            Refusal::input(r"content_type is required and must match ^[\w.-]+\/[\w.-]+$.")
        })?;
        let data = text(object, "data")?.and_then(|data| BASE64_STANDARD.decode(data).ok());
        let content = data.ok_or_else(|| Refusal::input("data is required and must be base64."))?;
        Ok(Self {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            content: content.into(),
        })
    }
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
