mod acts;
mod args;
mod check;
mod printed;
mod real;
mod story;

use certificate_sync::report::Report as CertificateReport;
use employee_sync::report::Report;
use serde_json::json;

use super::*;

/// A report of 200 people, as of a first sync.
pub(super) fn report() -> Report {
    serde_json::from_value(json!({
        "tenant_id": "demo-direct", "job": "employee-sync", "run_id": "run-1", "mode": "scheduled",
        "started_at": "2026-05-11T08:00:00Z", "duration_ms": 0, "outcome": "done",
        "counts": {"people": 200, "readings": 1, "created": 198, "adopted": 1, "conflicts": 1},
        "findings": [{"person": "1011", "kind": "conflict", "text": "conflict: the mail address belongs to another account"}],
        "findings_total": 1,
        "calls": {"personio": 3, "kombo": 0, "reteach": 400},
        "dynamodb": {"read": 3.5, "write": 213.0, "calls": 210}
    }))
    .unwrap()
}

/// A report of a run that had nothing to do.
pub(super) fn quiet() -> Report {
    let mut report = report();
    report.outcome = shared::runtime::Outcome::Unchanged;
    report.counts = employee_sync::report::Counts {
        people: 200,
        unchanged: 200,
        ..Default::default()
    };
    report.findings.clear();
    report.findings_total = 0;
    report.calls = shared::http::Counts {
        personio: 2,
        kombo: 0,
        reteach: 0,
    };
    report.dynamodb = shared::state::Units {
        read: 1.5,
        write: 2.0,
        calls: 4,
        retries: 0,
    };
    report
}

/// A report of a certificate run that had nothing to do, with three PDFs awaited.
pub(super) fn certificates() -> CertificateReport {
    serde_json::from_value(json!({
        "tenant_id": "demo-direct", "job": "certificate-sync", "run_id": "run-2", "mode": "scheduled",
        "started_at": "2026-05-11T08:35:00Z", "duration_ms": 0, "outcome": "unchanged",
        "counts": {"seen": 3, "readings": 1, "waiting_for_pdf": 3},
        "calls": {"personio": 0, "kombo": 0, "reteach": 4},
        "dynamodb": {"read": 3.5, "write": 3.0, "calls": 7}
    }))
    .unwrap()
}
