//! A company with its certificates, and the function that files them.

use certificate_sync::report::Counts;
use harness::process::{self, MeasuredRun};
use harness::{Harness, completed, people};
use jiff::{SignedDuration, Timestamp};
use shared::runtime::Outcome;
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation};

use crate::options::FunctionRun;

use super::Filed;
use super::cases::Case;
use super::transfer;

pub(super) const PEOPLE: u64 = 100;

/// Runs the function, and makes sure that each certificate is where it belongs.
pub(super) async fn file(case: Case) -> Filed {
    let began = Timestamp::now();
    let harness = Harness::at(&began.to_string(), case.via, "", people(PEOPLE)).await;
    harness.first_run().await;
    let certificates =
        (0..case.certificates).map(|number| participation(case, PEOPLE, number, began));
    harness.issue(certificates);
    let measured = run(&harness).await;
    check(&harness, case, &measured);
    // After all checks: what is transferred once more is filed a second time.
    let transfer = if case.via == Via::Direct {
        Some(transfer::measure(&harness, case).await)
    } else {
        None
    };
    Filed {
        case,
        measured,
        transfer,
    }
}

/// The certificate `number` of the case, which one of `people` has.
pub(super) fn participation(
    case: Case,
    people: u64,
    number: u64,
    began: Timestamp,
) -> Participation {
    let at = (began - SignedDuration::from_mins(i64::try_from(number).unwrap())).to_string();
    let course = "Datenschutz für alle, die mit Kundendaten arbeiten";
    Participation {
        certificate: Some(Certificate::new(&id(number), case.size)),
        ..completed("", 1 + number % people, course, &at)
    }
}

/// As long as reteach's own.
pub(super) fn id(number: u64) -> String {
    format!("9f0c2c53-3f6e-4b0f-9f6c-{number:012}")
}

async fn run(harness: &Harness) -> MeasuredRun<Counts> {
    let (stack, tenant) = (&harness.world.stack, &harness.company.tenant);
    let arguments = FunctionRun::FileCertificates.arguments();
    process::apart(stack, tenant, &arguments).await.remove(0)
}

fn check(harness: &Harness, case: Case, measured: &MeasuredRun<Counts>) {
    let (report, company) = (&measured.report, &harness.company);
    let is_done = report.outcome == Outcome::Done && report.counts.uploaded == case.certificates;
    assert!(is_done, "{case}: {report:#?}");
    harness.check_the_never_rules_of_certificates();
    let documents = company.personio.documents();
    assert_eq!(documents.len() as u64, case.certificates, "{case}");
    let has_its_size = documents.iter().all(|document| document.size == case.size);
    assert!(has_its_size, "{case}");
    for number in [0, case.certificates / 2, case.certificates - 1] {
        let document = harness.document_of(&id(number));
        let filed = document.map(|document| document.sha256);
        assert_eq!(
            filed,
            company.reteach.pdf_sha256(&id(number)),
            "{case}: certificate {number}"
        );
    }
}
