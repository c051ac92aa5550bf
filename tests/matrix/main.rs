//! Every dialect of every vendor, on each route, with both jobs: what comes of it is a table.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that prints its table"
)]

mod cell;
mod company;

use std::fmt::Write as _;
use std::time::Instant;

use harness::{ROUTES, pool};
use shared::tenant::Via;
use simulators::dialects::{Dialect, dialects};

use crate::cell::Cell;

/// What is left undone on purpose, and why no run can say so.
const BY_DESIGN: [(&str, &str); 3] = [
    (
        "reteach dates do not lock",
        "a run compares dates; the write probe looks whether they lock",
    ),
    (
        "Kombo no nulls",
        "an absent value never empties a field: it may be one that could not be read",
    ),
    (
        "Kombo no remote_deleted_at",
        "nothing tells a deleted profile from one that is there",
    ),
];

/// Whether calls on this route can show the dialect at all.
fn concerns(dialect: &Dialect, via: Via) -> bool {
    match dialect {
        Dialect::Reteach(_) | Dialect::Files(_) => true,
        Dialect::Personio(_) => via != Via::Kombo,
        Dialect::Kombo(_) => via == Via::Kombo,
    }
}

fn by_design(dialect: &str) -> Option<&'static str> {
    let mut known = BY_DESIGN.iter();
    known.find_map(|(name, why)| (*name == dialect).then_some(*why))
}

#[test]
fn each_dialect_works_or_ends_with_a_named_outcome_and_nothing_lost() {
    let began = Instant::now();
    let rows = dialects();
    let cells: Vec<(usize, Via)> = (0..rows.len())
        .flat_map(|row| ROUTES.map(|via| (row, via)))
        .filter(|(row, via)| concerns(&rows[*row].1, *via))
        .collect();
    let results = pool::all(&cells, |(row, via)| Cell::of(&rows[*row].1, *via));
    let mut table = String::new();
    let mut wrong = Vec::new();
    for ((row, via), result) in cells.iter().zip(&results) {
        let name = format!("{}, {}", rows[*row].0, local::route(*via));
        match result {
            Ok(cell) => writeln!(table, "{name}: {cell}").unwrap(),
            Err(_) if by_design(&rows[*row].0).is_some() => {
                let why = by_design(&rows[*row].0).unwrap();
                writeln!(table, "{name}: by design: {why}").unwrap();
            }
            Err(problem) => {
                writeln!(table, "{name}: WRONG").unwrap();
                wrong.push(format!("{name}: {problem}"));
            }
        }
    }
    let works = results.iter().flatten().filter(|cell| cell.works()).count();
    println!("{table}");
    println!(
        " {} cells of {} dialects, {works} of them work, {} stay as they are by design, the others end with a named outcome, in {:.0} s",
        cells.len(),
        rows.len(),
        results.iter().filter(|it| it.is_err()).count() - wrong.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("matrix", table);
}
