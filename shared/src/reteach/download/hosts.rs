//! Which hosts a certificate may come from.

use url::{Host, Url};

use super::Forbidden;
use crate::http::{BaseUrl, is_loopback, is_public};

/// The academy's API host and the tenant's `download_hosts`.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    api: BaseUrl,
    patterns: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It is reteach's API: the token is its own.
    WithToken,
    Bare,
}

impl Hosts {
    pub(super) fn new(api: &BaseUrl, patterns: &[String]) -> Self {
        let patterns = patterns
            .iter()
            .map(|pattern| pattern.to_ascii_lowercase())
            .collect();
        Self {
            api: api.clone(),
            patterns,
        }
    }

    pub(super) fn check(&self, url: &Url) -> Result<Access, Forbidden> {
        let Some(host) = url.host() else {
            return Err(Forbidden::Url);
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Forbidden::Url);
        }
        // A simulator's academy on loopback may name loopback; a real one never does.
        let local = is_loopback(url);
        if !(url.scheme() == "https" || url.scheme() == "http" && local && self.api.is_loopback()) {
            return Err(Forbidden::Scheme);
        }
        let name = host.to_string();
        if url.origin() == self.api.as_url().origin() {
            return Ok(Access::WithToken);
        }
        if !self.patterns.iter().any(|pattern| matches(pattern, &name)) {
            return Err(Forbidden::Host(name));
        }
        let public = match host {
            Host::Ipv4(address) => is_public(address.into()),
            Host::Ipv6(address) => is_public(address.into()),
            Host::Domain(_) => !local,
        };
        if public || local && self.api.is_loopback() {
            Ok(Access::Bare)
        } else {
            Err(Forbidden::NotPublic(name))
        }
    }
}

/// `*.reteach.io` is any name below `reteach.io`, not that itself.
fn matches(pattern: &str, name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    match pattern.strip_prefix("*.") {
        Some(parent) => name
            .strip_suffix(parent)
            .and_then(|below| below.strip_suffix('.'))
            .is_some_and(|below| !below.is_empty()),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_only_allowed_hosts_over_https() {
        let hosts = |base: &str, patterns: &[&str]| {
            let patterns: Vec<_> = patterns
                .iter()
                .map(|pattern| (*pattern).to_owned())
                .collect();
            Hosts::new(&base.parse::<BaseUrl>().unwrap(), &patterns)
        };
        let real = hosts(
            "https://api.reteach.io",
            &[
                "*.reteach.io",
                "Files.Example.com",
                "localhost",
                "127.0.0.1",
                "10.0.0.1",
                "8.8.8.8",
                "[::1]",
            ],
        );
        let host = |name: &str| Err(Forbidden::Host(name.to_owned()));
        let beside = |name: &str| Err(Forbidden::NotPublic(name.to_owned()));
        for (url, expected) in [
            (
                "https://api.reteach.io/certificates/1",
                Ok(Access::WithToken),
            ),
            ("https://API.reteach.io:443/x", Ok(Access::WithToken)),
            ("https://api.reteach.io:8443/x", Ok(Access::Bare)),
            ("https://files.reteach.io/x?sig=1", Ok(Access::Bare)),
            ("https://a.b.reteach.io/x", Ok(Access::Bare)),
            ("https://files.reteach.io./x", Ok(Access::Bare)),
            ("https://files.example.com/x", Ok(Access::Bare)),
            ("https://8.8.8.8/x", Ok(Access::Bare)),
            ("https://reteach.io/x", host("reteach.io")),
            ("https://evilreteach.io/x", host("evilreteach.io")),
            ("https://.reteach.io/x", host(".reteach.io")),
            ("https://reteach.io.evil.com/x", host("reteach.io.evil.com")),
            (
                "https://api.reteach.io.evil.com/x",
                host("api.reteach.io.evil.com"),
            ),
            ("https://x.files.example.com/x", host("x.files.example.com")),
            ("https://169.254.169.254/latest", host("169.254.169.254")),
            ("https://0x7f.1/x", beside("127.0.0.1")),
            ("https://10.0.0.1/x", beside("10.0.0.1")),
            ("https://localhost/x", beside("localhost")),
            ("https://[::1]/x", beside("[::1]")),
            ("http://api.reteach.io/x", Err(Forbidden::Scheme)),
            ("http://localhost/x", Err(Forbidden::Scheme)),
            ("http://127.0.0.1/x", Err(Forbidden::Scheme)),
            ("ftp://files.reteach.io/x", Err(Forbidden::Scheme)),
            ("file:///etc/passwd", Err(Forbidden::Url)),
            ("data:application/pdf,%25PDF-", Err(Forbidden::Url)),
            ("https://user@files.reteach.io/x", Err(Forbidden::Url)),
            ("https://files.reteach.io@evil.com/x", Err(Forbidden::Url)),
        ] {
            assert_eq!(real.check(&Url::parse(url).unwrap()), expected, "{url}");
        }
        let local = hosts(
            "http://127.0.0.1:8080",
            &["127.0.0.1", "localhost", "10.0.0.1"],
        );
        for (url, expected) in [
            ("http://127.0.0.1:8080/x", Ok(Access::WithToken)),
            ("http://127.0.0.1:9090/x", Ok(Access::Bare)),
            ("http://localhost:9090/x", Ok(Access::Bare)),
            ("https://10.0.0.1/x", beside("10.0.0.1")),
            ("http://10.0.0.1/x", Err(Forbidden::Scheme)),
        ] {
            assert_eq!(local.check(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}

#[cfg(test)]
mod fuzz_tests {
    use super::*;
    use crate::fuzz_tests::target;

    const HOSTS: [&str; 5] = [
        "169.254.169.254",
        "[::ffff:a9fe:a9fe]",
        "0251.0376.0251.0376",
        "files.reteach.io\u{3002}evil.example",
        // A letter of another plane, which a name may not have.
        "A\u{11650}",
    ];

    target!(download_addresses, |choices| {
        let scheme = *choices.pick(&["https", "HTTPS", "http", "file", "gopher", "jar:https"]);
        let user = *choices.pick(&["", "", "files.reteach.io@", "a:b@"]);
        let some = String::from_utf8_lossy(choices.some()).into_owned();
        let host = match choices.byte() % 4 {
            0 => (*choices.pick(&HOSTS)).to_owned(),
            1 => format!("files.reteach.io{some}"),
            2 => format!("{some}.reteach.io"),
            _ => some,
        };
        let port = *choices.pick(&["", ":443", ":9001"]);
        let api = "https://api.reteach.io".parse().unwrap();
        let hosts = Hosts::new(&api, &["*.reteach.io".to_owned()]);
        let Ok(url) = Url::parse(&format!("{scheme}://{user}{host}{port}/x")) else {
            return;
        };
        if hosts.check(&url).is_ok() {
            let name = url.host_str().unwrap_or_default().trim_end_matches('.');
            let is_allowed = url.scheme() == "https" && name.ends_with(".reteach.io");
            assert!(is_allowed, "{url}");
            let has_user = !url.username().is_empty() || url.password().is_some();
            assert!(!has_user, "{url}");
        }
    });
}
