//! Values as text, the same in every command.

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::TenantId;
use shared::runtime::Outcome;
use shared::state::{HeldPlan, HeldSource};
use shared::tenant::Via;
pub(crate) use terminal::counts::{counted, number};

pub(crate) const NO_TENANTS: &str = "There are no tenants yet: `tenants add` makes one.\n";

pub(crate) fn route(via: Via) -> &'static str {
    match via {
        Via::Direct => "direct",
        Via::KomboPassthrough => "kombo-passthrough",
        Via::Kombo => "kombo",
    }
}

/// The command that stores other credentials of a tenant.
pub(crate) fn store_credentials(tenant: &TenantId) -> String {
    format!("`tenants add --file {tenant}.toml --credentials FILE`")
}

/// The command that says more about a run that ended like this.
pub(crate) fn next_look(outcome: Outcome, tenant: &TenantId) -> Option<String> {
    matches!(outcome, Outcome::AccessDenied | Outcome::NotConnected)
        .then(|| format!("`tenants check {tenant}` names what is missing and what to do"))
}

/// With a capital at the beginning.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

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

/// A held plan: what it would do, its hash and since when. Once somebody has decided about a part of it: what still waits.
pub(crate) fn held_plan(held: &HeldPlan) -> String {
    let undecided = held.undecided();
    let (approved, dismissed) = (held.approved(), held.dismissed());
    let counts = if approved + dismissed > 0 && !undecided.is_empty() {
        &undecided
    } else {
        &held.counts
    };
    let counts = counts.iter();
    let counts = counts.map(|(brake, number)| brake.counted(*number));
    let decided = [(approved, "approved"), (dismissed, "dismissed")];
    let decided = decided
        .into_iter()
        .filter(|(number, _)| *number > 0 && !undecided.is_empty())
        .map(|(number, what)| format!("{number} {what}"));
    let counts = counts.chain(decided).collect::<Vec<_>>().join(", ");
    let patterns: Vec<String> = held.patterns.iter().map(ToString::to_string).collect();
    let patterns = match patterns.join("; ") {
        none if none.is_empty() => none,
        patterns => format!(": {patterns}"),
    };
    format!(
        "{counts} (plan {}, held since {}){patterns}",
        held.hash,
        moment(held.since)
    )
}

/// A rejected reading: how far it differs, its hash and since when.
pub(crate) fn held_source(source: &HeldSource) -> String {
    let HeldSource {
        hash,
        since,
        known,
        found,
        new,
        ..
    } = source;
    format!(
        "a reading with {found} of {known} known people and {new} others ({hash}, rejected since {})",
        moment(*since)
    )
}

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
