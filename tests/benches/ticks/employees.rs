//! The employee job, tick by tick.

use harness::{Harness, TICK};
use jiff::SignedDuration;
use shared::runtime::Outcome;

use crate::count::{Count, What, count};

/// One of each kind of run.
pub(crate) async fn count_all(harness: &Harness, people: u64) -> Vec<Count> {
    let first = count(harness, What::First, harness.now()).await;
    let unchanged = count(harness, What::Unchanged, harness.tick()).await;
    harness.world.restart().unwrap();
    let cold = count(harness, What::UnchangedCold, harness.tick()).await;
    let hourly = count(
        harness,
        What::UnchangedHourly,
        harness.after(SignedDuration::from_hours(1) - TICK * 2),
    );
    let hourly = hourly.await;
    change(harness, 1);
    let one = count(harness, What::OneChanged, harness.tick()).await;
    change(harness, people / 100);
    let percent = count(harness, What::OnePercentChanged, harness.tick()).await;
    vec![first, unchanged, cold, hourly, one, percent]
}

/// Those with nothing to do, of a company in step.
pub(crate) async fn unchanged(harness: &Harness) -> Vec<Count> {
    harness.settle().await;
    let cold = count(harness, What::UnchangedCold, harness.tick()).await;
    vec![cold, count(harness, What::Unchanged, harness.tick()).await]
}

/// A day after the first run.
pub(crate) async fn reconcile(harness: &Harness) -> Count {
    let run = async {
        let report = harness.after(SignedDuration::from_hours(24)).await;
        assert_eq!(report.outcome, Outcome::Done, "it is not the daily one");
        report
    };
    count(harness, What::Reconcile, run).await
}

/// So many people get another position.
fn change(harness: &Harness, people: u64) {
    let moment = harness.moment();
    for id in 1..=people {
        harness.change(id, |person| {
            person.position = Some(format!("Leitung seit {moment}"))
        });
    }
}
