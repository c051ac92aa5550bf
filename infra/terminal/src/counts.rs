//! Counts in words.

use certificate_sync::report::Counts as Certificates;
use employee_sync::report::Counts as Employees;
use serde_json::Value;
use shared::runtime::Report;
use shared::state::JobKind;

/// All counts of a report that are not zero, for either job.
#[must_use]
pub fn counted(report: &Report<Value>) -> String {
    let findings = report.findings_total;
    let counts = report.counts.clone();
    let (read, done) = if report.job == JobKind::Employees.function() {
        // Every count has a default; unknown counts of another version are ignored.
        let counts: Employees = serde_json::from_value(counts).unwrap_or_default();
        (
            number(counts.people, "person", "people"),
            employees(&counts, findings),
        )
    } else {
        let counts: Certificates = serde_json::from_value(counts).unwrap_or_default();
        let read = number(counts.seen, "certificate", "certificates");
        (read, certificates(&counts, findings))
    };
    if done.is_empty() {
        read
    } else {
        format!("{read}; {done}")
    }
}

/// `1 person`, `2 people`.
#[must_use]
pub fn number(number: u64, one: &str, many: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {many}")
    }
}

/// Everything that is not zero.
#[must_use]
pub fn employees(counts: &Employees, findings: u64) -> String {
    // Destructured in full, so that a new count is shown too.
    let Employees {
        people: _,
        readings: _,
        created,
        adopted,
        handed_over,
        updated,
        locked,
        unlocked,
        unchanged,
        out_of_scope,
        missing_once,
        orphaned,
        conflicts,
        refused,
        waiting,
        held,
        left,
    } = *counts;
    let parts = [
        (created, "created"),
        (adopted, "adopted"),
        (handed_over, "handed over"),
        (updated, "updated"),
        (locked, "locked"),
        (unlocked, "unlocked"),
        (held, "held"),
        (refused, "refused"),
        (waiting, "waiting for a retry"),
        (left, "left for the next run"),
        (out_of_scope, "out of scope"),
        (missing_once, "missing once"),
        (orphaned, "orphaned"),
        (conflicts, "in conflict"),
        (unchanged, "unchanged"),
        (findings, one_or_many(findings, "finding", "findings")),
    ];
    listed(&parts)
}

#[must_use]
pub fn certificates(counts: &Certificates, findings: u64) -> String {
    // Destructured in full, so that a new count is shown too.
    let Certificates {
        seen: _,
        readings: _,
        unchanged,
        uploaded,
        verified,
        settled,
        adopted,
        people_looked_at,
        people_left,
        held,
        before_since,
        host_not_allowed,
        unlisted,
        person_deleted,
        waiting_for_pdf,
        failed,
        outcome_unknown,
        parked,
        reissued,
        remaining,
        not_from_hr,
        without_customer,
        rejected,
    } = *counts;
    let parts = [
        (uploaded, "filed"),
        (verified + adopted, "found filed"),
        (failed, "failed"),
        (outcome_unknown, "in doubt"),
        (parked, "parked"),
        (reissued, "issued again"),
        (remaining, "left for the next run"),
        (
            people_looked_at,
            one_or_many(people_looked_at, "person looked at", "people looked at"),
        ),
        (
            people_left,
            one_or_many(people_left, "person to look at", "people to look at"),
        ),
        (held, "held"),
        (before_since, "before the day to begin with"),
        (host_not_allowed, "on hosts that are not allowed"),
        (unlisted, "of people whose documents cannot be listed"),
        (person_deleted, "of people deleted in Personio"),
        (waiting_for_pdf, "waiting for PDF"),
        (not_from_hr, "not from Personio"),
        (without_customer, "of nobody"),
        (rejected, "rejected"),
        (settled, "filed before"),
        (unchanged, "unchanged"),
        (findings, one_or_many(findings, "finding", "findings")),
    ];
    listed(&parts)
}

fn one_or_many<'a>(number: u64, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}

fn listed(parts: &[(u64, &str)]) -> String {
    let shown = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"));
    shown.collect::<Vec<_>>().join(", ")
}
