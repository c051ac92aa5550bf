//! A company with one certificate per person, and checks of what was filed.

use std::sync::atomic::{AtomicBool, Ordering};

use certificate_sync::report::Report;
use harness::{Harness, completed, people};
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{Finding, FindingKind, Mode, Progress};
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::reteach::Delivery;
use simulators::{Behaviour, Fault};

/// Personio's upload endpoint.
pub(super) const UPLOAD: &str = "/v1/company/documents";
/// Routes on which Personio itself answers.
pub(super) const PERSONIO: [Via; 2] = [Via::Direct, Via::KomboPassthrough];
/// Pauses in minutes after the first four failures; the run after the last one parks.
pub(super) const PAUSES: [i64; 4] = [30, 60, 120, 240];

/// A company of `employees` with a folder and one certificate each: `c-001` belongs to employee 1, and so on.
/// Higher numbers are newer and are filed earlier.
pub(super) async fn certified(via: Via, employees: u64) -> Harness {
    let harness = Harness::synced(via, "", people(employees)).await;
    harness.company.personio.add_category("Bildungszertifikate");
    for number in 1..=employees {
        let at = harness.moment() - SignedDuration::from_hours(24)
            + SignedDuration::from_mins(number as i64);
        let course = format!("Kurs {number}");
        let participation = completed(&id(number), number, &course, &at.to_string());
        harness.company.reteach.add_participation(participation);
    }
    harness.forget_requests();
    harness
}

pub(super) fn id(number: u64) -> String {
    format!("c-{number:03}")
}

pub(super) fn deliver(harness: &Harness, id: &str, delivery: Delivery) {
    assert!(harness.company.reteach.set_delivery(id, delivery), "{id}");
}

/// The one finding of this kind about the certificate `id`.
pub(super) fn finding<'a>(report: &'a Report, kind: FindingKind, id: &str) -> &'a Finding {
    let about = |finding: &&Finding| {
        finding.kind == kind
            && finding
                .certificate
                .as_ref()
                .is_some_and(|certificate| certificate.as_str() == id)
    };
    let found: Vec<_> = report.findings.iter().filter(about).collect();
    let [one] = found.as_slice() else {
        panic!("{kind:?} {id}: {report:#?}")
    };
    one
}

/// A run during which `meanwhile` happens after the first filing.
pub(super) async fn with_meanwhile(
    harness: &Harness,
    meanwhile: impl Fn(&Harness) + Sync,
) -> Report {
    let done = AtomicBool::new(false);
    let watch = |progress| {
        if progress == Progress::Applied && !done.swap(true, Ordering::SeqCst) {
            meanwhile(harness);
        }
    };
    run_watched(harness, &watch).await
}

pub(super) async fn run_watched(harness: &Harness, watch: &(dyn Fn(Progress) + Sync)) -> Report {
    let (world, company) = (&harness.world, &harness.company);
    let ran = world
        .run_certificates(company, Mode::Scheduled, Deadline::never(), watch)
        .await;
    harness.check_the_never_rules_of_certificates();
    ran.report
}

/// After four more ticks `certificates` are filed, each once, with the academy's own bytes.
pub(super) async fn all_are_filed_in_the_end(harness: &Harness, certificates: u64) {
    for _ in 0..4 {
        harness.certificates_tick().await;
    }
    all_are_filed(harness, certificates).await;
}

pub(super) async fn all_are_filed(harness: &Harness, certificates: u64) {
    let documents = harness.company.personio.documents();
    assert_eq!(documents.len() as u64, certificates, "{documents:#?}");
    for number in 1..=certificates {
        let id = id(number);
        let document = harness
            .document_of(&id)
            .unwrap_or_else(|| panic!("{id} is not filed"));
        assert_eq!(document.employee_id, number);
        assert_eq!(
            Some(document.sha256),
            harness.company.reteach.pdf_sha256(&id)
        );
    }
    let ledger = harness.certificate_ledger().await;
    let is_filed = |state: &CertificateState| matches!(state, CertificateState::Uploaded { .. });
    assert!(
        ledger.values().all(|entry| is_filed(&entry.state)),
        "{ledger:#?}"
    );
    assert_eq!(ledger.len() as u64, certificates);
}

/// No certificate has a failure counted.
pub(super) async fn nothing_is_held_against_any(harness: &Harness) {
    for (id, entry) in harness.certificate_ledger().await {
        match entry.state {
            CertificateState::Uploaded { .. } => {}
            CertificateState::Failed(setback) => {
                assert_eq!(setback.failures, 0, "{id}: {setback:?}")
            }
            other => panic!("{id}: {other:?}"),
        }
    }
}

/// Sets a fault of Personio's upload endpoint.
pub(super) fn fail_uploads(harness: &Harness, fault: Fault) {
    harness.company.personio.fail(fault.path(UPLOAD));
}

/// Sets a permanent fault of the academy's list of certificates.
pub(super) fn fail_participations(harness: &Harness, behaviour: Behaviour) {
    harness
        .company
        .reteach
        .fail(Fault::new(behaviour).path("/participation").always());
}
