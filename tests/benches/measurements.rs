//! Everything that a benchmark found out.

use std::fmt::Write as _;
use std::thread;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::check::{self, Check};
use crate::figure::Table;

/// Tables of figures, and figures with targets.
#[derive(Debug, Default)]
pub(crate) struct Measurements {
    pub(crate) tables: Vec<Table>,
    pub(crate) checks: Vec<Check>,
}

impl Measurements {
    pub(crate) fn of_checks(checks: Vec<Check>) -> Self {
        Self {
            tables: Vec::new(),
            checks,
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.checks.extend(other.checks);
    }

    pub(crate) fn has_failed(&self, judge_all: bool) -> bool {
        self.checks.iter().any(|check| check.is_failure(judge_all))
    }

    /// Markdown.
    pub(crate) fn text(&self, is_quick: bool) -> String {
        let (cores, architecture, date) = machine();
        let quick = if is_quick { ", the quick set" } else { "" };
        let mut text = format!("{date}, {cores} cores ({architecture}){quick}.\n");
        for table in self.tables.iter().filter(|table| !table.is_empty()) {
            let _ = write!(text, "\n{table}\n");
        }
        let _ = write!(text, "\n{}\n", check::table(&self.checks));
        text
    }

    pub(crate) fn json(&self, is_quick: bool) -> Value {
        let (cores, architecture, date) = machine();
        json!({
            "machine": { "cores": cores, "architecture": architecture, "date": date },
            "quick": is_quick,
            "tables": self.tables.iter().map(Table::json).collect::<Vec<_>>(),
            "checks": self.checks,
        })
    }
}

/// Cores, architecture and day.
fn machine() -> (usize, &'static str, String) {
    (
        thread::available_parallelism().map_or(1, usize::from),
        std::env::consts::ARCH,
        Timestamp::now().strftime("%Y-%m-%d").to_string(),
    )
}
