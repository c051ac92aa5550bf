//! A signed URL is a credential: it alone gives access to the file.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// A URL that is never shown. It may be no URL at all: that is found out when it is used.
#[derive(Clone)]
pub struct SignedUrl(SecretString);

impl SignedUrl {
    /// Takes a URL as a vendor gave it.
    pub fn new(url: impl Into<String>) -> Self {
        Self(SecretString::from(url.into()))
    }

    /// The URL, if it is one; an absolute path is of `base`.
    pub(crate) fn resolve(&self, base: &Url) -> Option<Url> {
        let text = self.0.expose_secret();
        if text.starts_with('/') {
            base.join(text).ok()
        } else {
            Url::parse(text).ok()
        }
    }
}

impl PartialEq for SignedUrl {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for SignedUrl {}

crate::debug_only!(SignedUrl);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_url_or_an_absolute_path_and_never_shown() {
        let base = Url::parse("https://api.example.com/v1/x").unwrap();
        for (given, resolved) in [
            ("https://a.example/c?s=1", Some("https://a.example/c?s=1")),
            ("/c?s=1", Some("https://api.example.com/c?s=1")),
            ("c?s=1", None),
            ("", None),
        ] {
            let url = SignedUrl::new(given);
            let found = url.resolve(&base);
            assert_eq!(found.as_ref().map(Url::as_str), resolved, "{given}");
            assert_eq!(format!("{url:?}"), "SignedUrl(…)");
        }
    }

    #[test]
    fn equals_the_same_url_alone() {
        let url = SignedUrl::new("https://a.example/c?s=1");
        assert_eq!(url, SignedUrl::new("https://a.example/c?s=1"));
        assert_ne!(url, SignedUrl::new("https://a.example/c?s=2"));
    }
}
