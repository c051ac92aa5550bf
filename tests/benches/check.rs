//! A figure with its target.

use serde::Serialize;

use crate::figure::{Figure, Table};

/// What was measured, what is wanted, and whether the command fails without it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    what: String,
    measured: Figure,
    note: Option<String>,
    target: Option<String>,
    status: Status,
    is_judged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Met,
    Missed,
    NoTarget,
    NotMeasured,
    Failed,
}

impl Check {
    pub(crate) fn new(what: impl Into<String>, measured: impl Into<Figure>) -> Self {
        let measured = measured.into();
        let status = match measured {
            Figure::NotMeasured => Status::NotMeasured,
            _ => Status::NoTarget,
        };
        Self {
            what: what.into(),
            measured,
            note: None,
            target: None,
            status,
            is_judged: false,
        }
    }

    pub(crate) fn not_measured(what: impl Into<String>, reason: &str) -> Self {
        Self::new(what, Figure::NotMeasured).note(reason)
    }

    /// A benchmark that ended before it had its figures.
    pub(crate) fn failed(what: impl Into<String>, reason: &str) -> Self {
        Self {
            status: Status::Failed,
            ..Self::new(what, format!("failed: {reason}"))
        }
    }

    /// Judged: met if there are no violations.
    pub(crate) fn none(what: impl Into<String>, violations: &[String]) -> Self {
        let measured = match violations {
            [] => "all".to_owned(),
            [first] => format!("violated: {first}"),
            [first, others @ ..] => format!("violated: {first}, and {} more", others.len()),
        };
        Self::new(what, measured)
            .target("all", violations.is_empty())
            .judged()
    }

    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self {
            note: Some(note.into()),
            ..self
        }
    }

    pub(crate) fn at_most(self, most: impl Into<Figure>) -> Self {
        self.bounded("at most", &most.into(), |measured, most| measured <= most)
    }

    pub(crate) fn at_least(self, least: impl Into<Figure>) -> Self {
        self.bounded("at least", &least.into(), |measured, least| {
            measured >= least
        })
    }

    fn bounded(self, words: &str, bound: &Figure, holds: fn(f64, f64) -> bool) -> Self {
        let is_met = self
            .measured
            .number()
            .zip(bound.number())
            .is_some_and(|(measured, bound)| holds(measured, bound));
        self.target(format!("{words} {bound}"), is_met)
    }

    /// What was not measured neither meets nor misses a target.
    pub(crate) fn target(self, target: impl Into<String>, is_met: bool) -> Self {
        let status = match (self.status, is_met) {
            (Status::NotMeasured | Status::Failed, _) => self.status,
            (_, true) => Status::Met,
            (_, false) => Status::Missed,
        };
        Self {
            target: Some(target.into()),
            status,
            ..self
        }
    }

    /// The same on every machine: a missed target fails the command.
    pub(crate) fn judged(self) -> Self {
        Self {
            is_judged: true,
            ..self
        }
    }

    /// Whether the command fails for it; with `judge_all`, times and shares of a processor count as well.
    pub(crate) fn is_failure(&self, judge_all: bool) -> bool {
        match self.status {
            Status::Failed => true,
            Status::Missed => self.is_judged || judge_all,
            Status::Met | Status::NoTarget | Status::NotMeasured => false,
        }
    }

    fn measured(&self) -> Figure {
        match (&self.measured, &self.note) {
            (Figure::NotMeasured, Some(reason)) => format!("not measured: {reason}").into(),
            (measured, Some(note)) => format!("{measured} ({note})").into(),
            (measured, None) => measured.to_string().into(),
        }
    }

    fn result(&self) -> Figure {
        let result = match self.status {
            Status::Met => "met",
            Status::Missed if self.is_judged => "**missed**",
            Status::Missed => "missed",
            Status::NoTarget | Status::NotMeasured => "",
            Status::Failed => "**failed**",
        };
        result.into()
    }
}

pub(crate) fn table(checks: &[Check]) -> Table {
    Table::of(
        "",
        checks,
        &[
            ("what", |check| check.what.as_str().into()),
            ("measured", |check| check.measured()),
            ("target", |check| {
                check.target.as_deref().unwrap_or_default().into()
            }),
            ("result", |check| check.result()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn checks_show_figures_targets_and_results() {
        let checks = [
            Check::new("processor", ms(98)).at_most(ms(100)),
            Check::new("memory", Figure::Memory(25 << 20))
                .at_most(Figure::Memory(24 << 20))
                .judged(),
            Check::new("ratio", Figure::ratio(ms(12), ms(10)))
                .note("12 ms")
                .at_most(Figure::Times(1.1)),
            Check::new("share", Figure::Percent(98.44)).at_least(Figure::Percent(90.0)),
            Check::new("people", 12_345_678_u64),
            Check::not_measured("dlt", "Python 3.11.2 does not have it").at_most(ms(1)),
            Check::none("limits", &[]),
            Check::none("accounts", &["one".to_owned(), "two".to_owned()]),
            Check::failed("cold", "no space left"),
        ];
        insta::assert_snapshot!(table(&checks), @r#"
        | what      | measured                                     | target             | result     |
        |-----------|----------------------------------------------|--------------------|------------|
        | processor | 98.0 ms                                      | at most 100 ms     | met        |
        | memory    | 25.0 MiB                                     | at most 24.0 MiB   | **missed** |
        | ratio     | 1.20 times (12 ms)                           | at most 1.10 times | missed     |
        | share     | 98.4 %                                       | at least 90.0 %    | met        |
        | people    | 12,345,678                                   |                    |            |
        | dlt       | not measured: Python 3.11.2 does not have it | at most 1.00 ms    |            |
        | limits    | all                                          | all                | met        |
        | accounts  | violated: one, and 1 more                    | all                | **missed** |
        | cold      | failed: no space left                        |                    | **failed** |
        "#);
    }

    #[test]
    fn a_missed_time_fails_the_command_only_when_everything_is_judged() {
        let slow = Check::new("processor", ms(101)).at_most(ms(100));
        assert!(!slow.is_failure(false) && slow.is_failure(true));
        assert!(slow.judged().is_failure(false));
        let unknown = Check::not_measured("processor", "no /proc").at_most(ms(1));
        assert!(!unknown.judged().is_failure(true));
        assert!(Check::failed("processor", "it hangs").is_failure(false));
    }
}
