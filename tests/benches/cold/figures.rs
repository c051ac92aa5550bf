//! The figures, for people and for programs.

use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use serde_json::json;

use crate::start::{Starts, Took};

const HEADER: [&str; 9] = [
    "function",
    "speed",
    "bytes",
    "to the first question, ms",
    "processor ms",
    "times bare",
    "to the first answer, ms",
    "processor ms",
    "peak MiB",
];

/// A table, each function beside the bare one at the same speed.
pub(crate) fn text(measured: &[Starts]) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(HEADER);
    table.add_rows(measured.iter().map(|starts| row(starts, bare(measured, starts))));
    table.column_iter_mut().skip(2).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    format!(
        "Cold starts, medians; over loopback and without TLS. \"times bare\" is processor time to the first question.\n\n{table}\n"
    )
}

fn bare<'a>(measured: &'a [Starts], beside: &Starts) -> &'a Starts {
    measured.iter().find(|starts| starts.name == "bare" && starts.shared == beside.shared).unwrap()
}

fn row(starts: &Starts, bare: &Starts) -> [String; 9] {
    let Took { wall, processor, .. } = starts.first_question;
    let times = processor.as_secs_f64() / bare.first_question.processor.as_secs_f64();
    [
        starts.name.to_owned(),
        if starts.shared { "128 MB" } else { "full" }.to_owned(),
        starts.size.to_string(),
        ms(wall),
        ms(processor),
        format!("{times:.1}"),
        ms(starts.first_answer.wall),
        ms(starts.first_answer.processor),
        format!("{:.1}", starts.first_answer.peak as f64 / f64::from(1 << 20)),
    ]
}

/// The same as JSON.
pub(crate) fn json(measured: &[Starts]) -> String {
    format!("{}\n", json!({ "starts": measured }))
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
