//! A run's report in words.

use employee_sync::report::Counts;
use shared::job::{Finding, FindingKind, Report};

use crate::text::wrapped;

/// Findings shown of each run.
const MOST: usize = 12;

/// Everything that is not zero.
#[must_use]
pub fn done(counts: &Counts, findings: u64) -> String {
    // Taken apart in full: a new count is shown as well.
    let Counts {
        people: _,
        readings: _,
        created,
        adopted,
        updated,
        locked,
        unlocked,
        unchanged,
        out_of_scope,
        missing_once,
        conflicts,
        refused,
        waiting,
        held,
        left,
    } = *counts;
    let parts = [
        (created, "created"),
        (adopted, "adopted"),
        (updated, "updated"),
        (locked, "locked"),
        (unlocked, "unlocked"),
        (held, "held"),
        (refused, "refused"),
        (waiting, "waiting for a retry"),
        (left, "left for the next run"),
        (out_of_scope, "out of scope"),
        (missing_once, "missing once"),
        (conflicts, "in conflict"),
        (unchanged, "unchanged"),
        (findings, if findings == 1 { "finding" } else { "findings" }),
    ];
    let shown =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}"));
    shown.collect::<Vec<_>>().join(", ")
}

/// The calls to each vendor that there were, a line each.
#[must_use]
pub fn calls<C>(report: &Report<C>) -> String {
    let calls = report.calls;
    let all = [("Personio", calls.personio), ("Kombo", calls.kombo), ("reteach", calls.reteach)];
    all.iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{number} {name}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Findings, and what is held. Planned changes are not in it: they have a list of their own.
#[must_use]
pub fn findings<C>(report: &Report<C>) -> Vec<String> {
    let is_told = |kind| !matches!(kind, FindingKind::Held | FindingKind::Change);
    let told: Vec<_> = report.findings.iter().filter(|it| is_told(it.kind)).collect();
    let line = |finding: &&Finding| match (&finding.person, &finding.certificate) {
        (_, Some(certificate)) => format!("certificate {certificate}: {}", finding.text),
        (Some(person), None) => format!("{person}: {}", finding.text),
        (None, None) => finding.text.clone(),
    };
    let mut lines: Vec<String> = told.iter().take(MOST).map(line).collect();
    if told.len() > MOST {
        lines.push(format!("and {} more findings", told.len() - MOST));
    }
    lines.extend(report.held.as_ref().map(|held| held.text.clone()));
    lines
}

/// A report as a paragraph with a list: what the run came to (`counts` says how many of what), and what there is to
/// look at.
#[must_use]
pub fn summary<C>(report: &Report<C>, counts: &str) -> String {
    let calls = calls(report).replace('\n', ", ");
    let calls = if calls.is_empty() { "none".to_owned() } else { calls };
    let took = report.duration_ms;
    let (tenant, outcome) = (&report.tenant_id, report.outcome);
    let (seconds, rest) = (took / 1000, took % 1000);
    let mut text = format!("{tenant}: {outcome:?}. {counts}. Calls: {calls}. {seconds}.{rest:03} s\n");
    if !report.message.is_empty() {
        text.push_str(&wrapped(&report.message, "", ""));
        text.push('\n');
    }
    for finding in findings(report) {
        text.push_str(&wrapped(&finding, "  ", "    "));
        text.push('\n');
    }
    text
}
