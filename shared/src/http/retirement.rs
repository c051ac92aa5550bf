//! Vendors announce the end of an endpoint in the headers of its answers.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use reqwest::header::HeaderMap;

use super::Call;

/// A vendor's announcement that an endpoint ends or has changed. Of the header's text only a date or a code is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retirement {
    /// The call by its template: `reteach GET /customer/{id}`.
    call: String,
    header: Header,
    day: Option<Date>,
    code: Option<u16>,
}

/// A `Warning` of the origin itself.
const MISCELLANEOUS: u16 = 299;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Header {
    Deprecation,
    Sunset,
    Warning,
}

impl Header {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Deprecation, "deprecation"),
        (Self::Sunset, "sunset"),
        (Self::Warning, "warning"),
    ];
}

impl Retirement {
    /// The announcements in the headers of an answer to `call`.
    pub(crate) fn all_of(call: &Call, headers: &HeaderMap) -> Vec<Self> {
        let of = |(header, name): (Header, &str)| {
            let text = headers.get(name)?.to_str().unwrap_or_default().trim();
            // A server may say that the endpoint is not deprecated.
            if ["false", "?0"].contains(&text) {
                return None;
            }
            let code = text.split(' ').next().and_then(|code| code.parse().ok());
            // The other codes come from caches and proxies (RFC 7234, section 5.5).
            if header == Header::Warning && code.is_some_and(|code| code < MISCELLANEOUS) {
                return None;
            }
            Some(Self {
                call: call.to_string(),
                header,
                day: day(text),
                code: code.filter(|_| header == Header::Warning),
            })
        };
        Header::ALL.into_iter().filter_map(of).collect()
    }
}

/// The day of an HTTP date, or of seconds since 1970 (`@1767225600`, RFC 9745).
fn day(text: &str) -> Option<Date> {
    let seconds = text.strip_prefix('@').and_then(|text| text.parse().ok());
    let moment = match seconds {
        Some(seconds) => Timestamp::from_second(seconds).ok()?,
        None => Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()?,
    };
    Some(TimeZone::UTC.to_datetime(moment).date())
}

impl fmt::Display for Retirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            call,
            header,
            day,
            code,
        } = self;
        match (header, day, code) {
            (Header::Deprecation, Some(day), _) => write!(f, "{call} is deprecated ({day})"),
            (Header::Deprecation, None, _) => write!(f, "{call} is deprecated"),
            (Header::Sunset, Some(day), _) => write!(f, "{call} ends on {day}"),
            (Header::Sunset, None, _) => write!(f, "{call} will end"),
            (Header::Warning, _, Some(code)) => write!(f, "{call} answers with warning {code}"),
            (Header::Warning, _, None) => write!(f, "{call} answers with a warning"),
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use reqwest::header::HeaderName;

    use super::*;
    use crate::http::Vendor;

    #[test]
    fn keeps_of_an_announcement_the_endpoint_and_a_day_or_code_alone() {
        let call = Call {
            vendor: Vendor::Reteach,
            method: Method::GET,
            path: "/customer/{id}",
        };
        for (name, value, text) in [
            ("deprecation", "true", "is deprecated"),
            ("deprecation", "@1767225600", "is deprecated (2026-01-01)"),
            ("deprecation", "Erika Muster", "is deprecated"),
            (
                "sunset",
                "Sat, 31 Oct 2026 23:59:59 GMT",
                "ends on 2026-10-31",
            ),
            ("sunset", "soon", "will end"),
            ("sunset", "@99999999999999999999", "will end"),
            (
                "warning",
                "299 - \"erika@example.com\"",
                "answers with warning 299",
            ),
            ("warning", "70000 x", "answers with a warning"),
            ("warning", "\u{fc}", "answers with a warning"),
        ] {
            let headers = HeaderMap::from_iter([(
                HeaderName::from_static(name),
                reqwest::header::HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            )]);
            let found = Retirement::all_of(&call, &headers);
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            let expected = [format!("reteach GET /customer/{{id}} {text}")];
            assert_eq!(found, expected, "{value}");
        }
        for (name, value) in [
            ("deprecation", "false"),
            ("deprecation", "?0"),
            ("warning", "110 - \"Response is Stale\""),
            ("warning", "214 cache \"Transformation Applied\""),
        ] {
            let not =
                HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]);
            assert_eq!(Retirement::all_of(&call, &not), [], "{value}");
        }
        assert_eq!(Retirement::all_of(&call, &HeaderMap::new()), []);
    }
}
