//! A company with one certificate per person, and checks of what was filed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use certificate_sync::report::Report;
use harness::{Harness, completed, people};
use jiff::SignedDuration;
use shared::domain::id::CertificateId;
use shared::http::Deadline;
use shared::runtime::{Finding, FindingKind, Mode, Progress};
use shared::state::{CertificateCheckpoint, CertificateEntry, CertificateState};
use shared::tenant::Via;
use simulators::personio::Document;
use simulators::reteach::Delivery;
use simulators::{Behaviour, Fault, Origin};

pub(super) const UPLOAD: &str = "/v1/company/documents";
pub(super) const LISTS: &str = "/v2/document-management/documents";
/// Routes on which Personio itself answers.
pub(super) const PERSONIO: [Via; 2] = [Via::Direct, Via::KomboPassthrough];
/// Pauses in minutes after the first four failures; the run after the last one parks.
pub(super) const PAUSES: [i64; 4] = [30, 60, 120, 240];

/// A company of `employees` with a folder and one certificate each: `c-001` belongs to employee 1, and so on.
/// Higher numbers are newer and are filed earlier.
pub(super) async fn certified(via: Via, employees: u64) -> Harness {
    let harness = Harness::synced(via, "", people(employees)).await;
    harness.personio.add_category("Bildungszertifikate");
    for number in 1..=employees {
        let at = harness.moment() - SignedDuration::from_hours(24)
            + SignedDuration::from_mins(number as i64);
        let course = format!("Kurs {number}");
        let participation = completed(&id(number), number, &course, &at.to_string());
        harness.issue([participation]);
    }
    harness.forget_requests();
    harness
}

pub(super) fn id(number: u64) -> String {
    format!("c-{number:03}")
}

pub(super) fn deliver(harness: &Harness, id: &str, delivery: Delivery) {
    assert!(harness.reteach.set_delivery(id, delivery), "{id}");
}

/// After one of [`PAUSES`] the certificate failed again; after the last one it is parked.
pub(super) fn assert_failed_or_parked(report: &Report, pause: usize) {
    let parked = u64::from(pause + 1 == PAUSES.len());
    assert_counts!(report, failed = 1 - parked, parked = parked);
}

/// The one finding of this kind about the certificate `id`.
pub(super) fn finding<'a>(report: &'a Report, kind: FindingKind, id: &str) -> &'a Finding {
    let certificate = Some(CertificateId::new(id));
    let about = |finding: &&Finding| finding.kind == kind && finding.certificate == certificate;
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
    let (mode, deadline) = (Mode::Scheduled, Deadline::never());
    harness
        .certificates_watched(mode, deadline, watch)
        .await
        .report
}

/// The document of this certificate, which has the academy's own bytes.
pub(super) fn filed(harness: &Harness, id: &str) -> Document {
    let document = harness.document_of(id);
    let document = document.unwrap_or_else(|| panic!("{id} is not filed"));
    let own = harness.reteach.pdf_sha256(id);
    assert_eq!(Some(&document.sha256), own.as_ref(), "{id}");
    document
}

/// After four more ticks `certificates` are filed, each once, with the academy's own bytes.
pub(super) async fn all_are_filed_in_the_end(harness: &Harness, certificates: u64) {
    for _ in 0..4 {
        harness.certificates_tick().await;
    }
    all_are_filed(harness, certificates).await;
}

/// How many documents there are.
pub(super) fn documents(harness: &Harness) -> usize {
    harness.personio.documents().len()
}

/// What the last run left behind.
pub(super) async fn checkpoint(harness: &Harness) -> CertificateCheckpoint {
    let tenant = &harness.company.tenant;
    let start = harness.store().certificate_start(tenant).await;
    start.unwrap().checkpoint.unwrap_or_default()
}

pub(super) async fn all_are_filed(harness: &Harness, certificates: u64) {
    let documents = harness.personio.documents();
    assert_eq!(documents.len() as u64, certificates, "{documents:#?}");
    for number in 1..=certificates {
        let id = id(number);
        assert_eq!(filed(harness, &id).employee_id, number);
    }
    let ledger = harness.certificate_ledger().await;
    let is_filed =
        |entry: &CertificateEntry| matches!(entry.state, CertificateState::Uploaded { .. });
    let filed = ledger.values().filter(|entry| is_filed(entry)).count();
    let both = (filed, ledger.len() as u64);
    assert_eq!(both, (ledger.len(), certificates), "{ledger:#?}");
}

/// No certificate has a failure counted.
pub(super) async fn nothing_is_held_against_any(harness: &Harness) {
    for (id, entry) in harness.certificate_ledger().await {
        match entry.state {
            CertificateState::Uploaded { .. } => {}
            CertificateState::Failed(retry) => assert_eq!(retry.failures, 0, "{id}: {retry:?}"),
            other => panic!("{id}: {other:?}"),
        }
    }
}

/// Sets a permanent fault of the academy's list of certificates.
pub(super) fn fail_participations(harness: &Harness, behaviour: Behaviour) {
    harness
        .reteach
        .fail(Fault::new(behaviour).path("/participation").always());
}

/// Each document of another integration has a content of its own.
static FILED: AtomicU64 = AtomicU64::new(0);

/// A document of another integration: title and day, no certificate id.
pub(super) fn file_for(harness: &Harness, person: u64, course: &str, day: &str) {
    let (category_id, name) = {
        let categories = harness.personio.categories();
        let last = categories.last().unwrap();
        (last.id, last.name.clone())
    };
    harness.personio.add_document(Document {
        id: 0,
        employee_id: person,
        category_id,
        category: Some(name),
        title: course.to_owned(),
        date: Some(day.parse().unwrap()),
        comment: None,
        file_name: format!("{course}.pdf"),
        size: 1_000,
        sha256: FILED.fetch_add(1, Ordering::Relaxed).to_string(),
        head: b"%PDF-1.7".to_vec(),
        created_at: harness.moment() - SignedDuration::from_hours(24),
        origin: Origin::Direct,
    });
}

/// Whether all certificates were listed since the logs were last emptied.
pub(super) fn listed_everything(harness: &Harness) -> bool {
    harness.asked().iter().any(|request| {
        let has = |name: &str| request.query.iter().any(|(key, _)| key == name);
        request.template == Some("/participation")
            && !has("customerCertificateId")
            && !has("completedAtSince")
    })
}
