//! The template's alarms about certificates, by the metric lines of real runs.

use certificate_sync::report::FAILING_PERCENT;
use harness::CERTIFICATE_TICK;
use harness::alarms::CloudWatch;
use jiff::SignedDuration;
use shared::runtime::Outcome;
use shared::tenant::Via;
use simulators::reteach::Delivery;

use super::deadlines::{company, run_of};
use super::fixture::{certified, deliver, id};

#[test]
fn the_template_has_the_share_from_which_on_failures_are_no_progress() {
    let threshold = CloudWatch::of_the_template().threshold("certificates-failing");
    assert_eq!(threshold, FAILING_PERCENT as f64);
}

#[tokio::test]
async fn failures_over_a_share_raise_an_alarm_that_ends_by_itself() {
    let harness = certified(Via::Direct, 10).await;
    for number in 1..=6 {
        // Each refused for another reason, or the run stops: one cause is the tenant's.
        let delivery = match number % 2 {
            0 => Delivery::NotAPdf,
            _ => Delivery::Empty,
        };
        deliver(&harness, &id(number), delivery);
    }
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 4, failed = 6);
    let mut watch = CloudWatch::of_the_template();
    watch.take(&report);
    // It stays on until the next run.
    for _ in 0..30 {
        let raised = watch.raised(harness.moment());
        assert_eq!(raised, ["certificates-failing"]);
        harness.advance(SignedDuration::from_mins(1));
    }
    for number in 1..=6 {
        deliver(&harness, &id(number), Delivery::Pdf { size: 20_000 });
    }
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 6, failed = 0);
    watch.take(&report);
    watch.take(&harness.certificates_tick().await);
    assert!(watch.raised(harness.moment()).is_empty());
}

#[tokio::test]
async fn a_long_backfill_with_broken_pdfs_raises_no_alarm() {
    let harness = company(Via::Direct, 5, 120).await;
    for number in 1..=3 {
        deliver(&harness, &format!("c-{number}"), Delivery::Empty);
    }
    let mut watch = CloudWatch::of_the_template();
    // More than two hours.
    for tick in 0..6 {
        let report = run_of(&harness, 15).await;
        assert_eq!(report.outcome, Outcome::Partly, "{tick}: {report:#?}");
        assert_eq!(report.minutes_since_good_run, Some(0), "{tick}");
        watch.take(&report);
        let raised = watch.raised(harness.moment());
        assert!(raised.is_empty(), "{tick}: {raised:?} {report:#?}");
        harness.advance(CERTIFICATE_TICK);
    }
}
