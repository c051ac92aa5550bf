//! A run's report in words.

use shared::http;
use shared::runtime::{Finding, FindingKind, HeldNote, Report};

use crate::text::wrapped;

/// More findings of a run are only counted.
const MAX_FINDINGS: usize = 12;

/// The number of calls to each vendor, one line each.
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

/// The findings and the held plan, without planned changes, which have a list of their own.
#[must_use]
pub fn findings(findings: &[Finding], held: Option<&HeldNote>) -> Vec<String> {
    let is_shown = |kind| !matches!(kind, FindingKind::Held | FindingKind::Change);
    let shown: Vec<_> = findings
        .iter()
        .filter(|finding| is_shown(finding.kind))
        .collect();
    let line = |finding: &&Finding| match (&finding.person, &finding.certificate) {
        (Some(person), Some(certificate)) => {
            format!("{person}, certificate {certificate}: {}", finding.text)
        }
        (None, Some(certificate)) => format!("certificate {certificate}: {}", finding.text),
        (Some(person), None) => format!("{person}: {}", finding.text),
        (None, None) => finding.text.clone(),
    };
    let mut lines: Vec<String> = shown.iter().take(MAX_FINDINGS).map(line).collect();
    if shown.len() > MAX_FINDINGS {
        lines.push(format!("and {} more findings", shown.len() - MAX_FINDINGS));
    }
    lines.extend(held.map(|held| held.text.clone()));
    lines
}

/// A report as a paragraph with the result and the `counts`, followed by a list of findings.
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
    let line = format!("{tenant}: {outcome}. {counts}. Calls: {calls}. {seconds}.{rest:03} s");
    let mut text = wrapped(&line, "", "  ") + "\n";
    if !report.message.is_empty() {
        text.push_str(&wrapped(&report.message, "", ""));
        text.push('\n');
    }
    // The message may be one of the findings.
    let told = |finding: &&Finding| finding.text != report.message;
    let others: Vec<Finding> = report.findings.iter().filter(told).cloned().collect();
    for finding in findings(&others, report.held.as_ref()) {
        text.push_str(&wrapped(&finding, "  ", "    "));
        text.push('\n');
    }
    text
}
