mod args;
mod changes;
mod check;
mod print;
mod scenario;

use certificate_sync::report::Report as CertificateReport;
use employee_sync::report::Report as EmployeeReport;
use serde_json::json;

fn first_sync() -> EmployeeReport {
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

/// A run of the employee job with nothing to do.
fn unchanged() -> EmployeeReport {
    serde_json::from_value(json!({
        "tenant_id": "demo-direct", "job": "employee-sync", "run_id": "run-1", "mode": "scheduled",
        "started_at": "2026-05-11T08:00:00Z", "duration_ms": 0, "outcome": "unchanged",
        "counts": {"people": 200, "unchanged": 200},
        "calls": {"personio": 2, "kombo": 0, "reteach": 0},
        "dynamodb": {"read": 1.5, "write": 2.0, "calls": 4}
    }))
    .unwrap()
}

/// A run of the certificate job with nothing to do but to wait for three PDFs.
fn waiting_for_pdfs() -> CertificateReport {
    serde_json::from_value(json!({
        "tenant_id": "demo-direct", "job": "certificate-sync", "run_id": "run-2", "mode": "scheduled",
        "started_at": "2026-05-11T08:35:00Z", "duration_ms": 0, "outcome": "unchanged",
        "counts": {"seen": 3, "readings": 1, "waiting_for_pdf": 3},
        "calls": {"personio": 0, "kombo": 0, "reteach": 4},
        "dynamodb": {"read": 3.5, "write": 3.0, "calls": 7}
    }))
    .unwrap()
}
