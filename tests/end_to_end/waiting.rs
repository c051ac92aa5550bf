//! For how long a tenant has had no good run: what the alarm for the fleet goes by.

use harness::{Harness, people};
use jiff::SignedDuration;
use shared::runtime::{Mode, Outcome};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};

fn breaks(harness: &Harness) {
    harness.company.reteach.fail(
        Fault::new(Behaviour::Status(403, Body::Vendor))
            .path("/customer")
            .always(),
    );
}

#[tokio::test]
async fn minutes_count_from_the_last_good_run() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    assert_eq!(harness.tick().await.minutes_since_good_run, Some(0));
    harness.company.personio.put(harness::person(9));
    breaks(&harness);
    for minutes in [5, 10, 15] {
        let report = harness.tick().await;
        assert_eq!(
            (report.outcome, report.minutes_since_good_run),
            (Outcome::AccessDenied, Some(minutes))
        );
    }
    harness.clear_faults();
    let report = harness.tick().await;
    assert_eq!(
        (report.outcome, report.minutes_since_good_run),
        (Outcome::Done, Some(0))
    );
}

#[tokio::test]
async fn minutes_count_from_the_first_run_without_a_good_one() {
    let harness = Harness::new(Via::Direct, "", people(3)).await;
    breaks(&harness);
    for minutes in [0, 40, 80] {
        let report = harness.now().await;
        assert_eq!(
            (report.outcome, report.minutes_since_good_run),
            (Outcome::AccessDenied, Some(minutes))
        );
        harness.world.clock.advance(SignedDuration::from_mins(40));
    }
}

#[tokio::test]
async fn a_dry_run_reports_no_minutes_since_a_good_run() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    let ran = harness
        .run(Mode::DryRun, shared::http::Deadline::never())
        .await;
    assert_eq!(
        (ran.report.outcome, ran.report.minutes_since_good_run),
        (Outcome::Planned, None)
    );
}
