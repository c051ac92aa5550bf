//! A company with its certificates, and the function let loose on it.

use certificate_sync::report::Counts;
use harness::process::{self, Apart, Told};
use harness::{Harness, completed, people};
use jiff::{SignedDuration, Timestamp};
use shared::runtime::Outcome;
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation};

use crate::cases::{Case, Run};
use crate::figures::Measured;
use crate::transfer;

pub(crate) const PEOPLE: u64 = 100;

/// Sets everything up for `case`, has the function run, and makes sure that each certificate is where it belongs.
pub(crate) async fn play(case: Case) -> Measured {
    let began = Timestamp::now();
    let harness = Harness::at(&began.to_string(), case.via, "", people(PEOPLE)).await;
    harness.first_run().await;
    let certificates = (0..case.certificates).map(|number| participation(case, number, began));
    harness.company.reteach.add_participations(certificates);
    let mut told = run(&harness, Run::Filing).await;
    check(&harness, case, &told);
    if case.run == Run::FullScan {
        told = run(&harness, case.run).await;
        let (outcome, settled) = (told.report.outcome, told.report.counts.settled);
        assert_eq!(
            (outcome, settled),
            (Outcome::Unchanged, case.certificates),
            "{case}"
        );
    }
    // After everything is checked: what is moved once more is filed a second time.
    let is_compared = case.via == Via::Direct && case.run == Run::Filing;
    let transfer = if is_compared {
        Some(transfer::measure(&harness, case).await)
    } else {
        None
    };
    Measured {
        case,
        told,
        transfer,
    }
}

fn participation(case: Case, number: u64, began: Timestamp) -> Participation {
    let at = (began - SignedDuration::from_mins(i64::try_from(number).unwrap())).to_string();
    Participation {
        certificate: Some(Certificate::new(&id(number), case.size)),
        ..completed(
            "",
            1 + number % PEOPLE,
            "Datenschutz für alle, die mit Kundendaten arbeiten",
            &at,
        )
    }
}

/// As long as reteach's own.
pub(crate) fn id(number: u64) -> String {
    format!("9f0c2c53-3f6e-4b0f-9f6c-{number:012}")
}

async fn run(harness: &Harness, run: Run) -> Told<Counts> {
    let arguments: &[&str] = if run == Run::FullScan {
        &["--full-scan"]
    } else {
        &[]
    };
    let Apart { mut runs, .. } =
        process::apart(&harness.world.stack, &harness.company.tenant, arguments).await;
    runs.pop().unwrap()
}

fn check(harness: &Harness, case: Case, told: &Told<Counts>) {
    let (report, company) = (&told.report, &harness.company);
    let is_done = report.outcome == Outcome::Done && report.counts.uploaded == case.certificates;
    assert!(is_done, "{case}: {report:#?}");
    harness.check_the_never_rules_of_certificates();
    let documents = company.personio.documents();
    assert_eq!(documents.len() as u64, case.certificates, "{case}");
    assert!(
        documents.iter().all(|document| document.size == case.size),
        "{case}"
    );
    for number in [0, case.certificates / 2, case.certificates - 1] {
        let filed = harness
            .document_of(&id(number))
            .map(|document| document.sha256);
        assert_eq!(
            filed,
            company.reteach.pdf_sha256(&id(number)),
            "{case}: certificate {number}"
        );
    }
}
