//! Compares the known differences with those found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use crate::document::Vendor;
use crate::violation::Violation;

const LIST: &str = include_str!("known_differences.toml");

/// Applies to every place in every one of the calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    vendor: Vendor,
    calls: Vec<String>,
    at: Vec<String>,
    /// Why the document is not followed.
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    difference: Vec<Entry>,
}

/// Position of a violation: vendor, call (`GET /customer`) and path to the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) vendor: Vendor,
    pub(crate) call: String,
    pub(crate) at: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.vendor, self.call, self.at)
    }
}

pub(crate) struct KnownDifferences(BTreeSet<Place>);

impl KnownDifferences {
    pub(crate) fn read() -> Self {
        Self::parse(LIST)
    }

    fn parse(text: &str) -> Self {
        let file: File = toml::from_str(text).unwrap();
        let mut places = BTreeSet::new();
        for Entry {
            vendor,
            calls,
            at,
            reason,
        } in &file.difference
        {
            assert!(!reason.trim().is_empty(), "no reason for {calls:?} {at:?}");
            for (call, at) in calls
                .iter()
                .flat_map(|call| at.iter().map(move |at| (call, at)))
            {
                let place = Place {
                    vendor: *vendor,
                    call: call.clone(),
                    at: at.clone(),
                };
                assert!(!places.contains(&place), "listed twice: {place}");
                places.insert(place);
            }
        }
        Self(places)
    }

    /// Violations not listed, and entries that no longer occur: one line each.
    pub(crate) fn compare(&self, found: &BTreeMap<Place, Violation>) -> Vec<String> {
        let new = found.iter().filter(|(place, _)| !self.0.contains(place));
        let stale = self.0.iter().filter(|place| !found.contains_key(place));
        let new = new.map(|(place, violation)| format!("new: {place}: {}", violation.message));
        new.chain(stale.map(|place| format!("no longer there: {place}")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"
        [[difference]]
        vendor = "reteach"
        calls = ["GET /customer"]
        at = ["response.body.results.*.position", "response.body.results.*.location"]
        reason = "newer than the document"
    "#;

    fn found(at: &[&str]) -> BTreeMap<Place, Violation> {
        let place = |at: &str| Place {
            vendor: Vendor::Reteach,
            call: "GET /customer".into(),
            at: at.into(),
        };
        at.iter()
            .map(|at| (place(at), Violation::new(*at, "is not in the document")))
            .collect()
    }

    #[test]
    fn listed_violations_are_known_and_others_are_new() {
        let known = KnownDifferences::parse(TWO);
        let [position, location] = [
            "response.body.results.*.position",
            "response.body.results.*.location",
        ];
        assert!(known.compare(&found(&[position, location])).is_empty());
        assert_eq!(
            known.compare(&found(&[position, location, "request.query.pages"])),
            ["new: reteach GET /customer request.query.pages: is not in the document"]
        );
    }

    #[test]
    fn an_entry_that_no_longer_occurs_is_reported() {
        let left =
            KnownDifferences::parse(TWO).compare(&found(&["response.body.results.*.position"]));
        assert_eq!(
            left,
            ["no longer there: reteach GET /customer response.body.results.*.location"]
        );
    }

    #[test]
    fn the_list_parses() {
        assert!(!KnownDifferences::read().0.is_empty());
    }
}
