//! Small things put into words, the same everywhere.

use certificate_sync::report::Counts as Certificates;
use employee_sync::report::Counts as Employees;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::job::Report;
use shared::state::Job;
use shared::tenant::Via;

/// The route, as tenant files spell it.
pub(crate) fn route(via: Via) -> &'static str {
    match via {
        Via::Direct => "direct",
        Via::KomboPassthrough => "kombo-passthrough",
        Via::Kombo => "kombo",
    }
}

/// `number` of `one`, or of `many`.
pub(crate) fn number(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// How long ago `then` is.
pub(crate) fn ago(then: Timestamp, now: Timestamp) -> String {
    let past = now.duration_since(then);
    if past < SignedDuration::from_secs(60) {
        return "just now".to_owned();
    }
    let (minutes, hours, days) = (past.as_secs() / 60, past.as_hours(), past.as_hours() / 24);
    let text = |value: i64, unit: &str| {
        let plural = if value == 1 { "" } else { "s" };
        format!("{value} {unit}{plural} ago")
    };
    match (days, hours) {
        (0, 0) => text(minutes, "minute"),
        (0, hours) => text(hours, "hour"),
        (days, _) => text(days, "day"),
    }
}

/// A moment, to the second.
pub(crate) fn moment(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// The outcome as reports spell it: `access-denied`.
pub(crate) fn outcome<C>(report: &Report<C>) -> String {
    let name = serde_json::to_value(report.outcome).ok();
    name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// How many of what, of either job: everything that is not zero.
pub(crate) fn counted(report: &Report<Value>) -> String {
    let findings = report.findings_total;
    let counts = report.counts.clone();
    let (read, done) = if report.job == Job::Employees.function() {
        // Every count has a default: what another version counts is left out.
        let counts: Employees = serde_json::from_value(counts).unwrap_or_default();
        (number(counts.people, "person", "people"), terminal::counts::employees(&counts, findings))
    } else {
        let counts: Certificates = serde_json::from_value(counts).unwrap_or_default();
        let read = number(counts.seen, "certificate", "certificates");
        (read, terminal::counts::certificates(&counts, findings))
    };
    if done.is_empty() { read } else { format!("{read}; {done}") }
}

/// Paragraphs, each wrapped, with a line's end.
pub(crate) fn paragraph(text: &str) -> String {
    format!("{}\n", terminal::wrapped(text, "", ""))
}

/// Lines as they are, each wrapped under its own beginning.
pub(crate) fn lines(text: &str) -> String {
    let wrapped = |line: &str| {
        let (indent, _) = line.split_at(line.len() - line.trim_start().len());
        format!("{}\n", terminal::wrapped(line, indent, indent))
    };
    text.lines().map(wrapped).collect()
}

/// A point of a list.
pub(crate) fn point(text: &str) -> String {
    format!("{}\n", terminal::wrapped(text, "  - ", "    "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_long_ago_something_is() {
        let now: Timestamp = "2026-05-10T12:00:00Z".parse().unwrap();
        for (seconds, text) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (7_200, "2 hours ago"),
            (86_400, "1 day ago"),
            (30 * 86_400, "30 days ago"),
        ] {
            assert_eq!(ago(now - SignedDuration::from_secs(seconds), now), text);
        }
    }
}
