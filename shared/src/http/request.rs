//! A call as a value: where to, what with, and whether it may be repeated.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::IgnoredAny;
use url::{Url, form_urlencoded};

use super::reply::Interpreted;
use super::{BaseUrl, Call, Error, Reply, RetryHint, Vendor};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// Only reads, whatever its method is: it can be repeated, and never has an effect.
    Read,
    /// Writes, but twice is the same as once (`PUT` of full values): it can be repeated.
    Idempotent,
    /// Twice may mean two of them: repeated only if it certainly was not carried out.
    OnlyIfNotSent,
}

/// The address of a call, with every value encoded.
#[derive(Clone)]
pub struct Target {
    call: Call,
    url: Url,
}

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Target {
    /// Fills `{…}` in `path` with `segments`, one after the other, and appends it to `base`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a segment that is empty, `.` or `..`: the call would go to another endpoint
    /// (`DELETE /customer/7/tags/..` deletes the customer).
    pub fn new(
        vendor: Vendor,
        base: &BaseUrl,
        method: Method,
        path: &'static str,
        segments: &[&str],
    ) -> Result<Self, Error> {
        let call = Call {
            vendor,
            method,
            path,
        };
        let Some(filled) = fill(path, segments) else {
            return Err(Error::Invalid {
                call,
                problem: "an id is empty or no id at all",
            });
        };
        let mut url = base.as_url().clone();
        url.set_path(&(base.as_url().path().trim_end_matches('/').to_owned() + &filled));
        Ok(Self { call, url })
    }

    /// Appends query parameters; a key may occur several times.
    #[must_use]
    pub fn query<'a>(mut self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.url.query_pairs_mut().extend_pairs(pairs);
        self
    }

    pub fn call(&self) -> &Call {
        &self.call
    }
}

/// `path` with each `{…}` filled from `segments`, in order. `None` where one is missing, empty, `.` or `..`.
pub(crate) fn fill(path: &str, segments: &[&str]) -> Option<String> {
    let mut values = segments.iter();
    let mut filled = String::new();
    for part in path.split('/').skip(1) {
        filled.push('/');
        if part.starts_with('{') {
            let value = values
                .next()
                .filter(|value| !matches!(**value, "" | "." | ".."))?;
            filled.extend(utf8_percent_encode(value, SEGMENT));
        } else {
            filled.push_str(part);
        }
    }
    Some(filled)
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.call, f)
    }
}

/// One call, ready to be sent as often as [`Idempotency`] allows.
#[derive(Clone)]
pub struct Request {
    pub(super) target: Target,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    pub(super) repeat: Idempotency,
    pub(super) timeout: Duration,
    pub(super) interpret: fn(Reply) -> Interpreted,
}

impl Request {
    /// A call without a body; `timeout` is for each attempt, from connecting to the last byte of the answer.
    #[must_use]
    pub fn new(target: Target, repeat: Idempotency, timeout: Duration) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let interpret = |reply| Interpreted {
            reply,
            retry: RetryHint::ByStatus,
        };
        Self {
            target,
            headers,
            body: None,
            repeat,
            timeout,
            interpret,
        }
    }

    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let problem = "its body cannot be written as JSON";
        let json = serde_json::to_string(body).map_err(|_| Error::Invalid {
            call: self.target.call.clone(),
            problem,
        })?;
        self.body = Some(json.into());
        self.headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        Ok(self)
    }

    /// Sends `fields` as a form (`application/x-www-form-urlencoded`).
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.body = Some(body.into());
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.headers.insert(header::CONTENT_TYPE, form);
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let problem = "a header value has characters that a header may not have";
        let value = HeaderValue::from_str(value).map_err(|_| Error::Invalid {
            call: self.target.call.clone(),
            problem,
        })?;
        self.headers.insert(HeaderName::from_static(name), value);
        Ok(self)
    }

    pub fn bearer(mut self, token: &SecretString) -> Result<Self, Error> {
        let problem = "the token has characters that a header may not have";
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| Error::Invalid {
                call: self.target.call.clone(),
                problem,
            })?;
        value.set_sensitive(true);
        self.headers.insert(header::AUTHORIZATION, value);
        Ok(self)
    }

    /// Whether the body is a JSON object with this member.
    pub(crate) fn sends(&self, member: &str) -> bool {
        let body = self.body.as_deref().unwrap_or_default();
        serde_json::from_slice::<HashMap<&str, IgnoredAny>>(body)
            .is_ok_and(|members| members.contains_key(member))
    }

    /// Looks at each answer before it is decided whether to try again: for vendors whose status line is not the
    /// whole truth.
    #[must_use]
    pub fn interpret(mut self, interpret: fn(Reply) -> Interpreted) -> Self {
        self.interpret = interpret;
        self
    }

    pub fn call(&self) -> &Call {
        &self.target.call
    }

    pub(super) fn url(&self) -> &Url {
        &self.target.url
    }
}

crate::debug_only!(Request, target, repeat, timeout);

#[cfg(test)]
mod tests {
    use super::*;

    fn target(base: &str, path: &'static str, segments: &[&str]) -> Result<Target, Error> {
        Target::new(
            Vendor::Reteach,
            &base.parse().unwrap(),
            Method::DELETE,
            path,
            segments,
        )
    }

    #[test]
    fn encodes_every_segment() {
        let tag = target(
            "https://x.de/v1/",
            "/customer/{id}/tags/{tag}",
            &["a/b?c#d%e", "é@+ :"],
        )
        .unwrap();
        assert_eq!(
            tag.url.as_str(),
            "https://x.de/v1/customer/a%2Fb%3Fc%23d%25e/tags/%C3%A9%40%2B%20%3A"
        );
        assert_eq!(
            format!("{tag:?}"),
            "reteach DELETE /customer/{id}/tags/{tag}"
        );
    }

    #[test]
    fn refuses_segments_that_lead_elsewhere() {
        for bad in ["", ".", ".."] {
            let error =
                target("https://x.de", "/customer/{id}/tags/{tag}", &["7", bad]).unwrap_err();
            assert!(matches!(error, Error::Invalid { .. }), "{bad}");
        }
        let encoded_dots = target("https://x.de", "/customer/{id}", &["%2e%2e"]).unwrap();
        assert_eq!(encoded_dots.url.path(), "/customer/%252e%252e");
    }

    #[test]
    fn repeats_query_keys() {
        let query = [
            ("attributes[]", "id"),
            ("attributes[]", "email"),
            ("x", "a&b=c+d"),
        ];
        let target = target("https://x.de", "/e", &[]).unwrap().query(query);
        let expected = "attributes%5B%5D=id&attributes%5B%5D=email&x=a%26b%3Dc%2Bd";
        assert_eq!(target.url.query(), Some(expected));
    }

    #[test]
    fn shows_neither_token_nor_body_nor_url() {
        let target = target("https://x.de", "/customer/{id}", &["erika@example.com"]).unwrap();
        let request = Request::new(target, Idempotency::Read, Duration::from_secs(1));
        let request = request
            .bearer(&"secret-token".into())
            .unwrap()
            .json(&"Erika")
            .unwrap();
        let shown = format!("{request:?}");
        for hidden in ["secret-token", "Erika", "erika", "x.de"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
