//! Certificates without Personio's limit.

use serde::Deserialize;

use crate::row::{Row, mebibytes, thousands};

#[derive(Deserialize)]
pub(super) struct Figures {
    limit_bytes: u64,
    growth_with_size_bytes: Option<u64>,
    growth_allowed_bytes: u64,
    measured: Vec<Measured>,
}

#[derive(Deserialize)]
struct Measured {
    case: Case,
    peak_memory_bytes: Option<u64>,
    wall_seconds: f64,
    processor_milliseconds_each: Option<f64>,
    transfer_milliseconds_each: Option<f64>,
}

#[derive(Deserialize)]
struct Case {
    via: String,
    certificates: u64,
    size: u64,
}

pub(super) fn rows(figures: &Figures) -> Vec<Row> {
    let each = figures
        .measured
        .iter()
        .flat_map(|measured| measured.rows(figures.limit_bytes));
    let growth = figures.growth_with_size_bytes.map(|growth| {
        let most = figures.growth_allowed_bytes;
        Row::told(
            "the largest PDFs, beside as many of the smallest: peak memory",
            more(growth),
        )
        .beside(format!("at most {} MiB more", most >> 20), growth <= most)
    });
    each.chain(growth).collect()
}

fn more(bytes: u64) -> String {
    format!("{:.1} MiB more", mebibytes(bytes))
}

impl Measured {
    fn rows(&self, limit: u64) -> Vec<Row> {
        let Case {
            via,
            certificates,
            size,
        } = &self.case;
        let name = format!(
            "{} certificates of {} bytes, {via}, without the limit",
            thousands(*certificates),
            thousands(*size)
        );
        let row = |part: &str, measured: String| Row::told(format!("{name}: {part}"), measured);
        let number = *certificates as f64;
        let wall = row(
            "time",
            format!(
                "{:.1} s, {:.1} a second",
                self.wall_seconds,
                number / self.wall_seconds
            ),
        );
        let processor = self.processor_milliseconds_each.map(|own| {
            let alone = self.transfer_milliseconds_each.map(|alone| own / alone);
            let alone = alone.map_or_else(String::new, |times| {
                format!(", {times:.1} times the transfer alone")
            });
            row("processor each", format!("{own:.1} ms{alone}"))
        });
        let memory = self.peak_memory_bytes.map(|peak| {
            row("peak memory", format!("{:.1} MiB", mebibytes(peak)))
                .beside(format!("at most {} MiB", limit >> 20), peak <= limit)
        });
        [wall].into_iter().chain(processor).chain(memory).collect()
    }
}
