//! Endpoints that vendors retire: each is reported once a day. Pure.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::http::Retirement;

/// So many are kept, to keep the lease below one write unit.
const MAX_KEPT: usize = 5;
/// An endpoint of which no answer spoke for so many days is forgotten.
const FORGOTTEN_AFTER: i32 = 7;

/// What a run learnt from its answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Retirements {
    /// What this run reports: not reported today.
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
        let mut new = Vec::new();
        for text in seen.into_iter().map(ToString::to_string) {
            let is_full = known.len() >= MAX_KEPT && !known.contains_key(&text);
            if is_full || known.get(&text) == Some(&today) {
                continue;
            }
            known.insert(text.clone(), today);
            new.push(text);
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
        assert_eq!((all.new.len(), all.known.len()), (5, 5));
        let again = Retirements::of(&seen, &all.known, date(2026, 5, 11));
        assert_eq!(again.new, [""; 0], "no report on every tick");
    }
}
