//! The id of a connection between one customer's HR system and Kombo.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// `{tool}:{id}`, such as `personio:CBNMt7dSNCzBdnRTx87dev4E`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IntegrationId {
    text: String,
    colon: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be <tool>:<id> as Kombo shows it, such as personio:CBNMt7dSNCzBdnRTx87dev4E")]
pub struct InvalidIntegrationId;

impl IntegrationId {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The HR system behind the connection: `personio`.
    pub fn tool(&self) -> &str {
        self.text.get(..self.colon).unwrap_or_default()
    }
}

impl FromStr for IntegrationId {
    type Err = InvalidIntegrationId;

    fn from_str(text: &str) -> Result<Self, InvalidIntegrationId> {
        let (tool, id) = text.split_once(':').ok_or(InvalidIntegrationId)?;
        let fits = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !fits(tool) || !fits(id) {
            return Err(InvalidIntegrationId);
        }
        Ok(Self {
            colon: tool.len(),
            text: text.to_owned(),
        })
    }
}

impl TryFrom<String> for IntegrationId {
    type Error = InvalidIntegrationId;

    fn try_from(text: String) -> Result<Self, InvalidIntegrationId> {
        text.parse()
    }
}

impl From<IntegrationId> for String {
    fn from(id: IntegrationId) -> Self {
        id.text
    }
}

impl fmt::Display for IntegrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
