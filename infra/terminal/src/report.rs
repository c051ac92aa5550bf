//! A run's report in words.

use shared::http;
use shared::runtime::{Finding, FindingKind, HeldNote, Report};

use crate::text::wrapped;

/// Findings shown of each run.
const MOST: usize = 12;

/// The outcome as reports spell it: `access-denied`.
#[must_use]
pub fn outcome<C>(report: &Report<C>) -> String {
    let name = serde_json::to_value(report.outcome).ok();
    name.and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The calls to each vendor that there were, a line each.
#[must_use]
pub fn calls(calls: http::Counts) -> String {
    let all = [
        ("Personio", calls.personio),
        ("Kombo", calls.kombo),
        ("reteach", calls.reteach),
    ];
    all.iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{number} {name}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Findings, and what is held. Planned changes are not in it: they have a list of their own.
#[must_use]
pub fn findings(findings: &[Finding], held: Option<&HeldNote>) -> Vec<String> {
    let is_told = |kind| !matches!(kind, FindingKind::Held | FindingKind::Change);
    let told: Vec<_> = findings.iter().filter(|it| is_told(it.kind)).collect();
    let line = |finding: &&Finding| match (&finding.person, &finding.certificate) {
        (Some(person), Some(certificate)) => {
            format!("{person}, certificate {certificate}: {}", finding.text)
        }
        (None, Some(certificate)) => format!("certificate {certificate}: {}", finding.text),
        (Some(person), None) => format!("{person}: {}", finding.text),
        (None, None) => finding.text.clone(),
    };
    let mut lines: Vec<String> = told.iter().take(MOST).map(line).collect();
    if told.len() > MOST {
        lines.push(format!("and {} more findings", told.len() - MOST));
    }
    lines.extend(held.map(|held| held.text.clone()));
    lines
}

/// A report as a paragraph with a list: what the run came to (`counts` says how many of what), and what there is to
/// look at.
#[must_use]
pub fn summary<C>(report: &Report<C>, counts: &str) -> String {
    let calls = calls(report.calls).replace('\n', ", ");
    let calls = if calls.is_empty() {
        "none".to_owned()
    } else {
        calls
    };
    let took = report.duration_ms;
    let (tenant, outcome) = (&report.tenant_id, report.outcome);
    let (seconds, rest) = (took / 1000, took % 1000);
    let mut text =
        format!("{tenant}: {outcome:?}. {counts}. Calls: {calls}. {seconds}.{rest:03} s\n");
    if !report.message.is_empty() {
        text.push_str(&wrapped(&report.message, "", ""));
        text.push('\n');
    }
    for finding in findings(&report.findings, report.held.as_ref()) {
        text.push_str(&wrapped(&finding, "  ", "    "));
        text.push('\n');
    }
    text
}
