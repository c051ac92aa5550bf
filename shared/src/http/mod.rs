//! stub

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Base url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl(String);
impl TryFrom<String> for BaseUrl {
    type Error = String;
    fn try_from(s: String) -> Result<Self, String> {
        Ok(Self(s))
    }
}
impl From<BaseUrl> for String {
    fn from(b: BaseUrl) -> String {
        b.0
    }
}
impl FromStr for BaseUrl {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        Ok(Self(s.into()))
    }
}
