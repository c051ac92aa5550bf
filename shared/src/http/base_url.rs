//! Where a vendor's API lives.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::{Host, Url};

use super::is_public;

/// The address that all paths of one API are appended to: https on the public internet, or anything on this machine.
///
/// Has no user, no query and no fragment; a trailing slash makes no difference.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl(Url);

/// A base address that may not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidBaseUrl {
    #[error("is not a URL; write it like https://api.example.com")]
    NotAUrl,
    /// Credentials and personal data would cross the network in the clear.
    #[error("must begin with https:// (http:// only for loopback addresses such as 127.0.0.1)")]
    NotHttps,
    /// A private network, or a cloud's metadata service.
    #[error("must not name a private, link-local or other special address")]
    NotPublic,
    /// Credentials have a place of their own.
    #[error("must not contain a user name or password")]
    HasUser,
    /// Paths are appended, so nothing may follow.
    #[error("must not contain a query ('?') or a fragment ('#')")]
    HasQuery,
}

impl BaseUrl {
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Whether it is on this machine: a simulator, never production.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether `url` names a public address, or a name: where that leads is looked at when it is resolved.
fn may_be_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        Some(Host::Domain(_)) => true,
        None => false,
    }
}

/// The URL, if it is https on the public internet or on this machine, and has no user.
pub(super) fn safe_url(text: &str) -> Result<Url, InvalidBaseUrl> {
    let url = Url::parse(text).map_err(|_| InvalidBaseUrl::NotAUrl)?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(InvalidBaseUrl::NotHttps),
    }
    if !may_be_public(&url) && !is_loopback(&url) {
        return Err(InvalidBaseUrl::NotPublic);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidBaseUrl::HasUser);
    }
    Ok(url)
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        let mut url = safe_url(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidBaseUrl::HasQuery);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = InvalidBaseUrl;

    fn try_from(text: String) -> Result<Self, InvalidBaseUrl> {
        text.parse()
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_https_anywhere_and_http_on_loopback() {
        for (given, shown) in [
            ("https://api.personio.de", "https://api.personio.de"),
            ("https://api.kombo.dev/v1/", "https://api.kombo.dev/v1"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.9.9.9/x", "http://127.9.9.9/x"),
            ("http://[::1]:80/", "http://[::1]"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(
                given.parse::<BaseUrl>().map(|url| url.to_string()),
                Ok(shown.to_owned()),
                "{given}"
            );
        }
    }

    #[test]
    fn refuses_what_is_unsafe_or_unclear() {
        for (given, error) in [
            ("api.personio.de", InvalidBaseUrl::NotAUrl),
            ("", InvalidBaseUrl::NotAUrl),
            ("http://api.personio.de", InvalidBaseUrl::NotHttps),
            ("http://127.0.0.1.example.com", InvalidBaseUrl::NotHttps),
            ("http://localhost.example.com", InvalidBaseUrl::NotHttps),
            ("http://10.0.0.1", InvalidBaseUrl::NotHttps),
            ("ftp://127.0.0.1", InvalidBaseUrl::NotHttps),
            ("https://169.254.169.254/latest", InvalidBaseUrl::NotPublic),
            ("https://１６９.254.169.254", InvalidBaseUrl::NotPublic),
            ("https://0xa9fea9fe", InvalidBaseUrl::NotPublic),
            ("https://2852039166", InvalidBaseUrl::NotPublic),
            ("https://10.0.0.1", InvalidBaseUrl::NotPublic),
            ("https://0.0.0.0", InvalidBaseUrl::NotPublic),
            ("https://[fd00:ec2::254]", InvalidBaseUrl::NotPublic),
            (
                "https://[::ffff:169.254.169.254]",
                InvalidBaseUrl::NotPublic,
            ),
            ("https://user@api.personio.de", InvalidBaseUrl::HasUser),
            ("https://:secret@api.personio.de", InvalidBaseUrl::HasUser),
            ("https://api.personio.de/?a=b", InvalidBaseUrl::HasQuery),
            ("https://api.personio.de/#x", InvalidBaseUrl::HasQuery),
        ] {
            assert_eq!(given.parse::<BaseUrl>(), Err(error), "{given}");
        }
    }

    #[test]
    fn is_a_string_in_configuration() {
        let url: BaseUrl = serde_json::from_str(r#""https://api.kombo.dev/v1""#).unwrap();
        let expected = r#""https://api.kombo.dev/v1""#;
        assert_eq!(serde_json::to_string(&url).unwrap(), expected);
        let error = serde_json::from_str::<BaseUrl>(r#""http://example.com""#).unwrap_err();
        assert!(
            error.to_string().contains("must begin with https://"),
            "{error}"
        );
    }

    #[test]
    fn says_whether_it_is_on_this_machine_and_is_shown_alike_everywhere() {
        for (given, is_loopback) in [
            ("https://api.kombo.dev/v1/", false),
            ("http://127.0.0.1:8080", true),
            ("https://localhost/", true),
            ("http://[::1]:3000/x/", true),
        ] {
            let url: BaseUrl = given.parse().unwrap();
            assert_eq!(url.is_loopback(), is_loopback, "{given}");
            assert_eq!(format!("{url:?}"), given.trim_end_matches('/'));
        }
    }
}
