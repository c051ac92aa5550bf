//! One log line and one line of metrics for each run (docs/logging.md).

use std::io;

use super::{Counts, Outcome, Report};
use crate::telemetry::{Metric, Metrics, Unit};

/// Writes a run's log line to the log, and its metrics, in the namespace `stack`, to `metrics`.
pub fn emit<C: Counts>(report: &Report<C>, stack: &str, metrics: &mut impl io::Write) {
    log(report);
    if let Err(error) = write_metrics(report, stack, metrics) {
        tracing::warn!(%error, "the metrics were not written");
    }
}

fn log<C: Counts>(report: &Report<C>) {
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                tenant = %report.tenant_id,
                run = %report.run_id,
                job = report.job,
                mode = %report.mode,
                outcome = %report.outcome,
                reason = report.message,
                duration_ms = report.duration_ms,
                counts = ?report.counts,
                held = report.held.as_ref().map(|held| held.hash.as_str()),
                findings = report.findings_total,
                calls = ?report.calls,
                read_units = report.dynamodb.read,
                write_units = report.dynamodb.write,
                "run"
            )
        };
    }
    for finding in &report.findings {
        let certificate = finding.certificate.as_ref().map(|id| id.as_str());
        let person = finding.person.as_deref();
        tracing::info!(
            tenant = %report.tenant_id, run = %report.run_id, person, certificate, kind = %finding.kind, "finding"
        );
    }
    let outcome = report.outcome;
    if outcome.needs_action() {
        line!(error);
    } else if outcome.is_failure() || outcome == Outcome::Partly {
        line!(warn);
    } else {
        line!(info);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of people and calls are far below 2^52"
)]
fn write_metrics<C: Counts>(
    report: &Report<C>,
    stack: &str,
    writer: &mut impl io::Write,
) -> io::Result<()> {
    let count = |name, value: u64| Metric {
        name,
        unit: Unit::Count,
        value: value as f64,
    };
    let duration = Metric {
        name: "Duration",
        unit: Unit::Milliseconds,
        value: report.duration_ms as f64,
    };
    let ended = [
        duration,
        count("GoodRuns", u64::from(report.outcome.is_good())),
        count("FailedRuns", u64::from(report.outcome.is_failure())),
        count("NeedsAction", u64::from(report.outcome.needs_action())),
        count(
            "HeldPlans",
            u64::from(report.held.as_ref().is_some_and(|held| !held.dismissed)),
        ),
    ];
    let waited = report.minutes_since_good_run;
    let waited = waited.map(|minutes| Metric {
        name: "MinutesSinceGoodRun",
        unit: Unit::None,
        value: minutes as f64,
    });
    let used = [
        count("PersonioCalls", report.calls.personio),
        count("KomboCalls", report.calls.kombo),
        count("ReteachCalls", report.calls.reteach),
        count("RetiredAnswers", report.retired_answers),
        count("Late", u64::from(report.is_late)),
        count("NoticesSent", report.notices.sent),
        count("NoticesFailed", report.notices.failed),
        Metric {
            name: "ReadUnits",
            unit: Unit::Count,
            value: report.dynamodb.read,
        },
        Metric {
            name: "WriteUnits",
            unit: Unit::Count,
            value: report.dynamodb.write,
        },
    ];
    let done = report
        .counts
        .metrics()
        .into_iter()
        .map(|(name, value)| count(name, value));
    // No line says the same as a zero, and a log is billed by its bytes.
    let happened = done.chain(used).filter(|metric| metric.value != 0.0);
    let values: Vec<Metric> = ended.into_iter().chain(waited).chain(happened).collect();
    let at = report.started_at + jiff::SignedDuration::from_millis(report.duration_ms);
    Metrics {
        namespace: stack,
        job: &report.job,
        tenant: &report.tenant_id,
        run: &report.run_id,
        at,
        values: &values,
    }
    .write(writer)
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::telemetry::Lines;

    #[derive(Clone, Copy, Debug, Default, Serialize, serde::Deserialize)]
    struct Two {}

    impl Counts for Two {
        fn with_earlier(self, _: Self) -> Self {
            self
        }

        fn metrics(&self) -> Vec<(&'static str, u64)> {
            vec![("Created", 2), ("Updated", 0), ("Parked", 0)]
        }
    }

    pub(in crate::runtime) fn report<C: DeserializeOwned>(more: Value) -> Report<C> {
        let mut report = json!({
            "tenant_id": "acme", "job": "employee-sync", "run_id": "run-1", "mode": "scheduled",
            "started_at": "2026-03-31T08:05:00Z", "duration_ms": 250, "outcome": "done", "counts": {},
            "calls": {"personio": 3, "kombo": 0, "reteach": 1}, "dynamodb": {"read": 1.5, "write": 2.0, "calls": 4}
        });
        report
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        serde_json::from_value(report).unwrap()
    }

    fn metrics(report: &Report<Two>) -> BTreeMap<String, f64> {
        let mut text = Vec::new();
        write_metrics(report, "reteach-personio", &mut text).unwrap();
        let line: BTreeMap<String, Value> = serde_json::from_slice(&text).unwrap();
        line.into_iter()
            .filter_map(|(name, value)| Some((name, value.as_f64()?)))
            .collect()
    }

    #[test]
    fn says_how_a_run_went_in_numbers() {
        let numbers = metrics(&report(
            json!({"minutes_since_good_run": 35, "outcome": "source-unavailable"}),
        ));
        insta::assert_compact_debug_snapshot!(numbers, @r#"{"Created": 2.0, "Duration": 250.0, "FailedRuns": 1.0, "GoodRuns": 0.0, "HeldPlans": 0.0, "MinutesSinceGoodRun": 35.0, "NeedsAction": 0.0, "PersonioCalls": 3.0, "ReadUnits": 1.5, "ReteachCalls": 1.0, "WriteUnits": 2.0}"#);
    }

    #[test]
    fn a_run_without_a_lease_says_nothing_about_the_last_good_one() {
        assert!(
            !metrics(&report(json!({"outcome": "paused"}))).contains_key("MinutesSinceGoodRun")
        );
    }

    #[test]
    fn counts_a_held_plan_until_somebody_decides() {
        let held = |dismissed| {
            let note = json!({"hash": "1f", "since": "2026-03-31T08:00:00Z", "counts": {}, "dismissed": dismissed, "text": ""});
            metrics(&report(json!({"held": note})))
                .get("HeldPlans")
                .copied()
        };
        assert_eq!([held(false), held(true)], [Some(1.0), Some(0.0)]);
    }

    #[test]
    fn tells_what_ends_by_itself_from_what_does_not() {
        for (outcome, [failed, needs_action], level) in [
            ("unchanged", [0.0, 0.0], "INFO"),
            ("waiting", [0.0, 0.0], "INFO"),
            ("busy", [0.0, 0.0], "INFO"),
            ("partly", [0.0, 0.0], "WARN"),
            ("source-unavailable", [1.0, 0.0], "WARN"),
            ("not-connected", [1.0, 0.0], "WARN"),
            ("state-unavailable", [1.0, 0.0], "WARN"),
            ("unknown-tenant", [1.0, 1.0], "ERROR"),
            ("access-denied", [1.0, 1.0], "ERROR"),
            ("no-category", [1.0, 1.0], "ERROR"),
            ("plan-refused", [1.0, 1.0], "ERROR"),
            ("newer-state", [1.0, 1.0], "ERROR"),
        ] {
            let report = report(json!({"outcome": outcome}));
            let numbers = metrics(&report);
            assert_eq!(
                [numbers["FailedRuns"], numbers["NeedsAction"]],
                [failed, needs_action],
                "{outcome}"
            );
            assert_eq!(logged(&report)["level"], level, "{outcome}");
        }
    }

    /// The one line of a report without findings.
    fn logged(report: &Report<Two>) -> Value {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || log(report));
        let text = lines.text();
        let number = text.matches("\"message\":").count();
        assert_eq!(number, 1, "a member twice is no JSON: {text}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_log_line_gives_the_outcome_and_its_reason() {
        let line = logged(&report(
            json!({"outcome": "access-denied", "message": "a right is missing"}),
        ));
        assert_eq!(
            (&line["message"], &line["reason"], &line["tenant"]),
            (&json!("run"), &json!("a right is missing"), &json!("acme"))
        );
        // As the pages and `tenants runs` name them, so that a search finds them.
        let ended = (&line["outcome"], &line["mode"]);
        assert_eq!(ended, (&json!("access-denied"), &json!("scheduled")));
    }
}
