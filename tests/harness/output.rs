//! What a benchmark tells: tables for people, JSON for programs.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use serde_json::Value;

/// How it is told: options of every benchmark.
#[derive(Debug, Args)]
pub struct Output {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Write the JSON to this file as well
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Output {
    /// Prints one or the other.
    pub fn emit(&self, text: &str, json: &Value) {
        let json = format!("{json}\n");
        if let Some(file) = &self.save {
            std::fs::write(file, &json).unwrap();
        }
        let told = if self.json { &json } else { text };
        // A closed pipe is no reason to fail: the exit code still tells.
        let _ = io::stdout().lock().write_all(told.as_bytes());
    }
}

/// A table whose first `texts` columns are text and all others figures.
#[must_use]
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>, texts: usize) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header.to_vec());
    table.add_rows(rows);
    table
        .column_iter_mut()
        .skip(texts)
        .for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}
