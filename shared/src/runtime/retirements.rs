//! Endpoints that vendors retire: each is reported once a day. Pure.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::http::Retirement;

/// How the note of those begins that are not kept by name.
const MORE: &str = "more calls are announced to end or to have changed: ";

/// The most that are kept: the lease stays below one write unit.
const MAX_KEPT: usize = 5;
/// An endpoint of which no answer spoke for so many days is forgotten.
const FORGOTTEN_AFTER: i32 = 7;

/// What a run learnt from its answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Retirements {
    pub(super) new: Vec<String>,
    /// All that are known, with the day of the last report.
    pub(super) known: BTreeMap<String, Date>,
}

impl Retirements {
    pub(super) fn of<'a>(
        seen: impl IntoIterator<Item = &'a Retirement>,
        earlier: &BTreeMap<String, Date>,
        today: Date,
    ) -> Self {
        let oldest = today.saturating_sub(FORGOTTEN_AFTER.days());
        let mut known = earlier.clone();
        known.retain(|_, day| *day >= oldest);
        let earlier_more = known.keys().find(|text| text.starts_with(MORE)).cloned();
        let mut new = Vec::new();
        let mut more = 0;
        let mut note = |known: &mut BTreeMap<String, Date>, text: String| {
            if known.insert(text.clone(), today) != Some(today) {
                new.push(text);
            }
        };
        for text in seen.into_iter().map(ToString::to_string) {
            let named = known.keys().filter(|text| !text.starts_with(MORE)).count();
            if named >= MAX_KEPT && !known.contains_key(&text) {
                more += 1;
            } else {
                note(&mut known, text);
            }
        }
        if more > 0 {
            // Runs that make fewer of these calls say nothing new.
            let number = |text: &String| text.strip_prefix(MORE)?.parse().ok();
            let counted: usize = earlier_more.as_ref().and_then(number).unwrap_or_default();
            let text = format!("{MORE}{}", more.max(counted));
            if let Some(smaller) = earlier_more.filter(|earlier| *earlier != text) {
                known.remove(&smaller);
            }
            note(&mut known, text);
        }
        Self { new, known }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use reqwest::header::HeaderMap;
    use reqwest::{Method, header::HeaderValue};

    use super::*;
    use crate::http::{Call, Vendor};

    fn deprecated(path: &'static str) -> Retirement {
        let call = Call {
            vendor: Vendor::Kombo,
            method: Method::GET,
            path,
        };
        let mut headers = HeaderMap::new();
        headers.insert("deprecation", HeaderValue::from_static("true"));
        Retirement::all_of(&call, &headers).remove(0)
    }

    #[test]
    fn an_endpoint_is_reported_once_a_day_and_forgotten_a_week_after() {
        let seen = [deprecated("/hris/employees")];
        let first = Retirements::of(&seen, &BTreeMap::new(), date(2026, 5, 11));
        assert_eq!(first.new, ["Kombo GET /hris/employees is deprecated"]);
        let again = Retirements::of(&seen, &first.known, date(2026, 5, 11));
        assert_eq!((again.new.len(), &again.known), (0, &first.known));
        let tomorrow = Retirements::of(&seen, &first.known, date(2026, 5, 12));
        assert_eq!(tomorrow.new, first.new);
        let quiet = Retirements::of([], &first.known, date(2026, 5, 18));
        assert_eq!(quiet.known, first.known);
        let gone = Retirements::of([], &first.known, date(2026, 5, 19));
        assert_eq!(gone, Retirements::default());
    }

    #[test]
    fn a_vendor_that_retires_everything_does_not_fill_the_lease() {
        let paths = ["/a", "/b", "/c", "/d", "/e", "/f", "/g"];
        let seen = paths.map(deprecated);
        let all = Retirements::of(&seen, &BTreeMap::new(), date(2026, 5, 11));
        assert_eq!((all.new.len(), all.known.len()), (6, 6));
        let more = |number: usize| Some(format!("{MORE}{number}"));
        assert_eq!(all.new.last().cloned(), more(2));
        let again = Retirements::of(&seen, &all.known, date(2026, 5, 11));
        assert_eq!(again.new, [""; 0], "no report on every tick");
        let fewer = Retirements::of(&seen[..6], &all.known, date(2026, 5, 11));
        assert_eq!(
            fewer, again,
            "a run that makes fewer calls says nothing new"
        );
        let tomorrow = Retirements::of(&seen, &all.known, date(2026, 5, 12));
        let both = (tomorrow.new.len(), tomorrow.new.last().cloned());
        assert_eq!(both, (6, more(2)));
        let grown: Vec<_> = seen.into_iter().chain([deprecated("/h")]).collect();
        let grown = Retirements::of(&grown, &all.known, date(2026, 5, 11));
        assert_eq!((grown.new.last().cloned(), grown.known.len()), (more(3), 6));
    }
}
