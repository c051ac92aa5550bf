//! Minutes since the last good run, which the fleet's alarm uses.

use harness::{Harness, people};
use jiff::SignedDuration;
use shared::runtime::{Mode, Outcome};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};

fn breaks(harness: &Harness) {
    harness.reteach.fail(
        Fault::new(Behaviour::Status(403, Body::Vendor))
            .path("/customer")
            .always(),
    );
}

#[tokio::test]
async fn minutes_count_from_the_last_good_run() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    assert_eq!(harness.tick().await.minutes_since_good_run, Some(0));
    harness.personio.put(harness::person(9));
    breaks(&harness);
    for minutes in [5, 10, 15] {
        let report = harness.tick().await;
        assert_run!(report, Outcome::AccessDenied);
        assert_eq!(report.minutes_since_good_run, Some(minutes));
    }
    harness.clear_faults();
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done);
    assert_eq!(report.minutes_since_good_run, Some(0));
}

#[tokio::test]
async fn minutes_count_from_the_first_run_without_a_good_one() {
    let harness = Harness::new(Via::Direct, "", people(3)).await;
    breaks(&harness);
    for minutes in [0, 40, 80] {
        let report = harness.now().await;
        assert_run!(report, Outcome::AccessDenied);
        assert_eq!(report.minutes_since_good_run, Some(minutes));
        harness.advance(SignedDuration::from_mins(40));
    }
}

#[tokio::test]
async fn a_dry_run_reports_no_minutes_since_a_good_run() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    let ran = harness
        .run(Mode::DryRun, shared::http::Deadline::never())
        .await;
    let ended = (ran.report.outcome, ran.report.minutes_since_good_run);
    assert_eq!(ended, (Outcome::Planned, None));
}
