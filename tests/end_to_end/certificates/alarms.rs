//! The template's alarms about certificates, by the metric lines of real runs.

use std::collections::BTreeMap;

use certificate_sync::report::{FAILING_PERCENT, Report};
use harness::{CERTIFICATE_TICK, ROUTES};
use serde_json::Value;
use shared::runtime::Outcome;
use shared::tenant::Via;
use simulators::reteach::Delivery;

use super::deadlines::{company, run_of};
use super::fixture::{certified, deliver, id};

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// An alarm of the job: its name, its metric, and the value from which on it is raised.
struct Alarm {
    name: &'static str,
    metric: &'static str,
    threshold: f64,
}

fn alarms() -> Vec<Alarm> {
    let resources = TEMPLATE.split("\n\n").filter(|text| {
        text.contains("Type: AWS::CloudWatch::Alarm") && text.contains("Value: certificate-sync }")
    });
    let field = |text: &'static str, name: &str| {
        let (_, rest) = text.split_once(&format!("{name}: ")).unwrap();
        rest.lines().next().unwrap().trim()
    };
    let alarms = resources.map(|text| Alarm {
        name: field(text, "AlarmName").rsplit('}').next().unwrap(),
        metric: field(text, "MetricName"),
        threshold: field(text, "Threshold").parse().unwrap(),
    });
    alarms.collect()
}

/// The alarms that the run's own metric line raises. Those without a datum stay as they were.
fn raised(report: &Report) -> Vec<&'static str> {
    let mut line = Vec::new();
    shared::runtime::emit(report, &mut line);
    let values: BTreeMap<String, Value> = serde_json::from_slice(&line).unwrap();
    let alarms = alarms().into_iter().filter(|alarm| {
        let value = values.get(alarm.metric).and_then(Value::as_f64);
        value.is_some_and(|value| value >= alarm.threshold)
    });
    alarms.map(|alarm| alarm.name).collect()
}

#[test]
fn the_template_has_the_share_from_which_on_failures_are_no_progress() {
    let found = alarms();
    assert_eq!(found.len(), 4);
    let alarm = found
        .iter()
        .find(|alarm| alarm.name == "-certificates-failing");
    assert_eq!(alarm.unwrap().threshold, FAILING_PERCENT as f64);
}

#[tokio::test]
async fn failures_over_a_share_raise_an_alarm_that_ends_by_itself() {
    for via in ROUTES {
        let harness = certified(via, 10).await;
        for number in 1..=6 {
            // Each refused for another reason, or the run stops: one cause is the tenant's.
            let delivery = match number % 2 {
                0 => Delivery::NotAPdf,
                _ => Delivery::Empty,
            };
            deliver(&harness, &id(number), delivery);
        }
        let report = harness.certificates_now().await;
        assert_counts!("{via:?}", report, uploaded = 4, failed = 6);
        assert_eq!(raised(&report), ["-certificates-failing"], "{via:?}");
        for number in 1..=6 {
            deliver(&harness, &id(number), Delivery::Pdf { size: 20_000 });
        }
        let report = harness.certificates_tick().await;
        assert_counts!("{via:?}", report, uploaded = 6, failed = 0);
        assert!(raised(&report).is_empty(), "{via:?}");
    }
}

#[tokio::test]
async fn a_long_backfill_with_broken_pdfs_raises_no_alarm() {
    let harness = company(Via::Direct, 5, 120).await;
    for number in 1..=3 {
        deliver(&harness, &format!("c-{number}"), Delivery::Empty);
    }
    // More than two hours.
    for tick in 0..6 {
        let report = run_of(&harness, 15).await;
        assert_eq!(report.outcome, Outcome::Partly, "{tick}: {report:#?}");
        assert_eq!(report.minutes_since_good_run, Some(0), "{tick}");
        assert!(raised(&report).is_empty(), "{tick}: {report:#?}");
        harness.advance(CERTIFICATE_TICK);
    }
}
