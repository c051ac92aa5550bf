//! A line of the table: what was measured, beside what is wanted.

use comfy_table::Table;
use harness::output::table;
use serde::Serialize;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    what: String,
    measured: String,
    target: Option<String>,
    verdict: Verdict,
    /// Whether it is a count, the same on every machine: missing its target is a failure.
    is_judged: bool,
}

/// How a figure stands to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Met,
    Missed,
    /// There is no target.
    Told,
    NotMeasured,
    Failed,
}

impl Row {
    /// A figure without a target.
    pub(crate) fn told(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            measured: measured.into(),
            target: None,
            verdict: Verdict::Told,
            is_judged: false,
        }
    }

    /// What there is no figure for.
    pub(crate) fn not_measured(what: impl Into<String>, why: &str) -> Self {
        Self {
            verdict: Verdict::NotMeasured,
            ..Self::told(what, format!("not measured: {why}"))
        }
    }

    /// A benchmark that did not get to its figures.
    pub(crate) fn failed(what: impl Into<String>, why: &str) -> Self {
        Self {
            verdict: Verdict::Failed,
            ..Self::told(what, format!("failed: {why}"))
        }
    }

    /// The same with a target.
    pub(crate) fn beside(self, target: impl Into<String>, is_met: bool) -> Self {
        let verdict = if is_met {
            Verdict::Met
        } else {
            Verdict::Missed
        };
        Self {
            target: Some(target.into()),
            verdict,
            ..self
        }
    }

    /// The same, of a count.
    pub(crate) fn judged(self) -> Self {
        Self {
            is_judged: true,
            ..self
        }
    }

    /// Whether the command fails for it.
    pub(crate) fn is_failure(&self) -> bool {
        self.verdict == Verdict::Failed || (self.is_judged && self.verdict == Verdict::Missed)
    }

    fn cells(&self) -> Vec<String> {
        let verdict = match self.verdict {
            Verdict::Met => "met",
            Verdict::Missed if self.is_judged => "**missed**",
            Verdict::Missed => "missed",
            Verdict::Told | Verdict::NotMeasured => "",
            Verdict::Failed => "**failed**",
        };
        let target = self.target.clone().unwrap_or_default();
        vec![
            self.what.clone(),
            self.measured.clone(),
            target,
            verdict.to_owned(),
        ]
    }
}

/// All of them, as Markdown.
pub(crate) fn shown(rows: &[Row]) -> Table {
    table(
        &["what", "measured", "target", "met"],
        rows.iter().map(Row::cells),
        4,
    )
}

/// `12345678` as `12,345,678`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut all = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            all.push(',');
        }
        all.push(digit);
    }
    all
}

/// Bytes in MiB.
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Milliseconds, with more digits where there are few of them.
pub(crate) fn milliseconds(time: std::time::Duration) -> String {
    let all = time.as_secs_f64() * 1e3;
    match all {
        ..10.0 => format!("{all:.2} ms"),
        ..100.0 => format!("{all:.1} ms"),
        _ => format!("{} ms", thousands(all.round() as u64)),
    }
}
