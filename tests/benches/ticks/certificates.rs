//! The certificate job, tick by tick.

use harness::{Harness, completed};
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::Mode;
use simulators::reteach::{Certificate, Participation};

use crate::count::{Count, What, count};

/// One of each kind of run.
pub(crate) async fn count_all(harness: &Harness, people: u64) -> Vec<Count> {
    // It scans everything and leaves a report; so the next is due after the second tick from here.
    harness.certificates_now().await;
    harness.world.restart().unwrap();
    let cold = count(
        harness,
        What::NoCertificatesCold,
        harness.certificates_tick(),
    )
    .await;
    let hourly = count(
        harness,
        What::NoCertificatesHourly,
        harness.certificates_tick(),
    )
    .await;
    // Before reteach's token ends.
    let soon = harness.certificates_after(SignedDuration::from_mins(10));
    let none = count(harness, What::NoCertificates, soon).await;
    issue(harness, 0..1, people);
    let one = count(harness, What::OneCertificate, harness.certificates_tick()).await;
    issue(harness, 1..11, people);
    let ten = count(harness, What::TenCertificates, harness.certificates_tick()).await;
    issue(harness, 11..people, people);
    let first = count(
        harness,
        What::FirstCertificates,
        harness.certificates_tick(),
    )
    .await;
    let scan = async {
        harness
            .certificates(Mode::FullScan, Deadline::never())
            .await
            .report
    };
    let scan = count(harness, What::FullScan, scan).await;
    vec![none, cold, hourly, one, ten, first, scan]
}

fn issue(harness: &Harness, numbers: std::ops::Range<u64>, people: u64) {
    let at = harness.moment().to_string();
    harness.issue(numbers.map(|number| {
        let id = format!("9f0c2c53-3f6e-4b0f-9f6c-{number:012}");
        Participation {
            certificate: Some(Certificate::new(&id, 1_000)),
            ..completed(
                "",
                1 + number % people,
                "Datenschutz für alle, die mit Kundendaten arbeiten",
                &at,
            )
        }
    }));
}
