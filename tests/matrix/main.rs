//! Every dialect of every vendor, on each route, with both jobs: what comes of it is a table.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that prints its table"
)]

mod cell;
mod company;
mod pace;

use std::fmt::Write as _;
use std::time::Instant;

use harness::{ROUTES, pool};
use shared::tenant::Via;
use simulators::dialects::{Dialect, dialects};

use crate::cell::{Begins, Cell};

/// What is left undone on purpose, and why no run can say so.
const BY_DESIGN: [(&str, &str); 2] = [
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
    let results = pool::all(&cells, |(row, via)| {
        Cell::of(&rows[*row].1, *via, Begins::AtFirst, "")
    });
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

/// The route that concerns the dialect most.
fn route_of(dialect: &Dialect) -> Via {
    match dialect {
        Dialect::Kombo(_) => Via::Kombo,
        _ => Via::Direct,
    }
}

#[test]
fn a_dialect_that_begins_between_two_ticks_works_or_is_named_and_loses_nothing() {
    let rows = dialects();
    let results = pool::all(&rows, |(_, dialect)| {
        Cell::of(dialect, route_of(dialect), Begins::BetweenTwoTicks, "")
    });
    let mut wrong = Vec::new();
    for ((name, _), result) in rows.iter().zip(results) {
        if let Err(problem) = result
            && by_design(name).is_none()
        {
            wrong.push(format!("{name}: {problem}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_academy_whose_put_replaces_works_with_update_replace_on_each_route() {
    let replacing = dialects()
        .into_iter()
        .filter(|(name, _)| name.contains("PUT"));
    let cells: Vec<_> = replacing
        .flat_map(|(_, dialect)| ROUTES.map(|via| (dialect.clone(), via)))
        .collect();
    assert_eq!(cells.len(), 9);
    let replace = "update = \"replace\"\n";
    for result in pool::all(&cells, |(dialect, via)| {
        Cell::of(dialect, *via, Begins::AtFirst, replace)
    }) {
        let cell = result.unwrap();
        assert!(cell.works(), "{cell}");
    }
}
