//! Both jobs, tick by tick: one of each kind of run.

use std::ops::Range;

use harness::{Harness, TICK, completed};
use jiff::SignedDuration;
use shared::runtime::{Mode, Outcome};
use simulators::reteach::{Certificate, Participation};

use super::counted::{RunCount, RunKind, count, count_to_the_end};

pub(super) async fn count_all(harness: &Harness, people: u64) -> Vec<RunCount> {
    let mut counts = employees(harness, people).await;
    counts.extend(certificates(harness, people).await);
    counts.push(reconcile(harness).await);
    counts
}

/// Those with nothing to do, of a company in step.
pub(super) async fn count_unchanged(harness: &Harness) -> Vec<RunCount> {
    harness.settle().await;
    vec![
        count(harness, RunKind::UnchangedCold, harness.tick()).await,
        count(harness, RunKind::Unchanged, harness.tick()).await,
    ]
}

async fn employees(harness: &Harness, people: u64) -> Vec<RunCount> {
    let first = count_to_the_end(harness, RunKind::First, harness.now()).await;
    let unchanged = count(harness, RunKind::Unchanged, harness.tick()).await;
    harness.world.restart().unwrap();
    let cold = count(harness, RunKind::UnchangedCold, harness.tick()).await;
    let an_hour_later = harness.after(SignedDuration::from_hours(1) - TICK * 2);
    let hourly = count(harness, RunKind::UnchangedHourly, an_hour_later).await;
    change(harness, 1);
    let one = count(harness, RunKind::OneChanged, harness.tick()).await;
    change(harness, people / 100);
    let percent = count(harness, RunKind::OnePercentChanged, harness.tick()).await;
    vec![first, unchanged, cold, hourly, one, percent]
}

async fn certificates(harness: &Harness, people: u64) -> Vec<RunCount> {
    let tick = || harness.certificates_tick();
    // It scans everything and leaves a report, so the next report is due after the second tick from here.
    harness.certificates_now().await;
    harness.world.restart().unwrap();
    let cold = count(harness, RunKind::NoCertificatesCold, tick()).await;
    let hourly = count(harness, RunKind::NoCertificatesHourly, tick()).await;
    // Before reteach's token ends.
    let soon = harness.certificates_after(SignedDuration::from_mins(10));
    let none = count(harness, RunKind::NoCertificates, soon).await;
    issue(harness, 0..1, people);
    let one = count(harness, RunKind::OneCertificate, tick()).await;
    issue(harness, 1..11, people);
    let ten = count(harness, RunKind::TenCertificates, tick()).await;
    issue(harness, 11..people, people);
    let first = count(harness, RunKind::FirstCertificates, tick()).await;
    let scan = harness.certificates_in(Mode::FullScan);
    let scan = count(harness, RunKind::FullScan, scan).await;
    vec![none, cold, hourly, one, ten, first, scan]
}

/// A day after the first run.
async fn reconcile(harness: &Harness) -> RunCount {
    let run = async {
        let report = harness.after(SignedDuration::from_hours(24)).await;
        let is_daily = matches!(report.outcome, Outcome::Done | Outcome::Partly);
        assert!(is_daily, "it is not the daily one: {report:#?}");
        report
    };
    count_to_the_end(harness, RunKind::Reconcile, run).await
}

/// This many people get another position.
fn change(harness: &Harness, people: u64) {
    let position = format!("Leitung seit {}", harness.moment());
    for id in 1..=people {
        harness.change(id, |person| person.position = Some(position.clone()));
    }
}

fn issue(harness: &Harness, numbers: Range<u64>, people: u64) {
    let at = harness.moment().to_string();
    let course = "Datenschutz für alle, die mit Kundendaten arbeiten";
    harness.issue(numbers.map(|number| {
        let id = format!("9f0c2c53-3f6e-4b0f-9f6c-{number:012}");
        Participation {
            certificate: Some(Certificate::new(&id, 1_000)),
            ..completed("", 1 + number % people, course, &at)
        }
    }));
}
