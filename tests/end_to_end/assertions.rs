//! Assertions about runs. Each shows the whole report when it fails.

use employee_sync::report::Report;
use harness::Harness;
use shared::runtime::{Finding, FindingKind, Outcome};

/// Asserts the outcome and some counts of a run, after a label for the message if there is one.
macro_rules! assert_run {
    ($label:literal, $report:expr, $outcome:expr $(, $count:ident = $expected:expr)* $(,)?) => {{
        let report = &$report;
        assert_eq!(
            (report.outcome, $(report.counts.$count,)*),
            ($outcome, $($expected,)*),
            "{}: {report:#?}",
            format_args!($label)
        );
    }};
    ($report:expr, $outcome:expr $(, $count:ident = $expected:expr)* $(,)?) => {
        assert_run!("run", $report, $outcome $(, $count = $expected)*)
    };
}

/// Asserts some counts of a run, after a label for the message if there is one.
macro_rules! assert_counts {
    ($label:literal, $report:expr $(, $count:ident = $expected:expr)+ $(,)?) => {{
        let report = &$report;
        assert_run!($label, *report, report.outcome $(, $count = $expected)+)
    }};
    ($report:expr $(, $count:ident = $expected:expr)+ $(,)?) => {
        assert_counts!("run", $report $(, $count = $expected)+)
    };
}

/// Asserts that a text has these parts.
macro_rules! assert_says {
    ($text:expr $(, $part:expr)+ $(,)?) => {{
        let text: &str = &$text;
        $(assert!(text.contains($part), "{text}");)+
    }};
}

/// The first finding of this kind.
pub(crate) fn finding(report: &Report, kind: FindingKind) -> &Finding {
    let found = report.findings.iter().find(|finding| finding.kind == kind);
    found.unwrap_or_else(|| panic!("{kind:?}: {report:#?}"))
}

/// The next tick finds nothing to do and does not call the academy.
pub(crate) async fn assert_idle(harness: &Harness) {
    harness.forget_requests();
    let report = harness.tick().await;
    assert_run!(report, Outcome::Unchanged);
    assert_eq!(
        harness.asked().len(),
        0,
        "{:?}: {report:#?}",
        harness.company.via
    );
}
