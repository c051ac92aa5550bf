//! Every dialect of every vendor, on each route, with both jobs: what comes of it is a table.
//!
//! A sample has each dialect on one route, and the routes in turn; `PROVE=all` has all cells.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that prints its table"
)]

mod by_design;
mod cell;
mod company;
mod pace;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::thread;
use std::time::Instant;

use harness::{ROUTES, pool};
use shared::tenant::Via;
use simulators::dialects::{Dialect, dialects};

use crate::cell::{Cell, Spoken};

/// Whether calls on this route can show the dialect at all.
fn concerns(dialect: &Dialect, via: Via) -> bool {
    match dialect {
        Dialect::Reteach(_) | Dialect::Files(_) => true,
        Dialect::Personio(_) => via != Via::Kombo,
        Dialect::Kombo(_) => via == Via::Kombo,
    }
}

/// The whole table, as it was accepted.
const ACCEPTED: &str = include_str!("snapshots/matrix__matrix.snap");
/// A sample has one dialect in six, and each of its three tests others.
const EVERY: usize = 6;

fn is_whole() -> bool {
    std::env::var_os("PROVE").is_some_and(|prove| prove == "all")
}

/// The routes on which a dialect is tried: all that can show it, or one of them in a sample.
fn routes(row: usize, dialect: &Dialect) -> Vec<Via> {
    let mut routes = Vec::from(ROUTES);
    routes.retain(|via| concerns(dialect, *via));
    match is_whole() {
        true => routes,
        false => routes.into_iter().cycle().skip(row).take(1).collect(),
    }
}

/// The dialects of a sample, the first of them `from`; or all.
fn in_turn(from: usize) -> Vec<(String, Dialect)> {
    let every = if is_whole() { 1 } else { EVERY };
    dialects()
        .into_iter()
        .skip(from % every)
        .step_by(every)
        .collect()
}

#[test]
fn each_dialect_works_or_ends_with_a_named_outcome_and_nothing_lost() {
    let began = Instant::now();
    let rows = in_turn(0);
    let cells: Vec<(usize, Via)> = (0..rows.len())
        .flat_map(|row| {
            routes(row, &rows[row].1)
                .into_iter()
                .map(move |via| (row, via))
        })
        .collect();
    // Each of them takes two thirds of a minute.
    let pace_rows = if is_whole() { &pace::ROWS[..] } else { &[] };
    let (results, paced) = thread::scope(|scope| {
        let paced = scope.spawn(|| pace::cells(pace_rows));
        let results = pool::all(&cells, |(row, via)| {
            let (name, dialect) = &rows[*row];
            Cell::of(name, dialect, *via, Spoken::Always, "")
        });
        (results, paced.join().unwrap())
    });
    let mut table = String::new();
    let mut wrong = Vec::new();
    let spoken = cells.iter().zip(&results).map(|((row, via), result)| {
        let name = format!("{}, {}", rows[*row].0, local::route(*via));
        (name, result.as_ref().map(Cell::to_string))
    });
    let lived = paced.iter().map(|(name, result)| {
        let result = result.as_ref().map(|()| "works | works".to_owned());
        (name.clone(), result)
    });
    for (name, result) in spoken.chain(lived) {
        match result {
            Ok(cell) => writeln!(table, "{name}: {cell}").unwrap(),
            Err(problem) => {
                writeln!(table, "{name}: WRONG").unwrap();
                wrong.push(format!("{name}: {problem}"));
            }
        }
    }
    let count = |is: fn(&Cell) -> bool| results.iter().flatten().filter(|cell| is(cell)).count();
    println!("{table}");
    // Past the test harness, which keeps what a test prints if it passes.
    writeln!(
        std::io::stderr(),
        " {} cells of {} dialects, {} of them work, {} stay as they are by design, {} end with a named outcome, {} with a finding, in {:.0} s",
        cells.len() + paced.len(),
        rows.len() + pace_rows.len(),
        count(Cell::works) + paced.iter().filter(|(_, result)| result.is_ok()).count(),
        count(Cell::is_by_design),
        count(Cell::ends_with_an_outcome),
        count(Cell::ends_with_a_finding),
        began.elapsed().as_secs_f64()
    )
    .unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let idle = cells
        .iter()
        .zip(&results)
        .filter(|(_, result)| result.as_ref().is_ok_and(Cell::is_idle));
    let idle: BTreeSet<_> = idle.map(|((row, _), _)| rows[*row].0.as_str()).collect();
    // The log-in that is kept spares the second one.
    let expected = BTreeSet::from(["reteach client code is good once"]);
    let is_expected = match is_whole() {
        true => idle == expected,
        false => idle.is_subset(&expected),
    };
    assert!(is_expected, "dialects that have changed nothing: {idle:?}");
    if is_whole() {
        insta::assert_snapshot!("matrix", table);
    } else {
        let accepted: BTreeSet<_> = ACCEPTED.lines().collect();
        let others: Vec<_> = table.lines().filter(|it| !accepted.contains(it)).collect();
        assert!(others.is_empty(), "not as accepted:\n{}", others.join("\n"));
    }
}

/// The route that concerns the dialect most.
fn route_of(dialect: &Dialect) -> Via {
    match dialect {
        Dialect::Kombo(_) => Via::Kombo,
        _ => Via::Direct,
    }
}

/// Those of the dialects of which not all is right, with what came of them.
fn wrong(rows: &[(String, Dialect)], spoken: Spoken, is_right: fn(&Cell) -> bool) -> Vec<String> {
    let results = pool::all(rows, |(name, dialect)| {
        Cell::of(name, dialect, route_of(dialect), spoken, "")
    });
    let of = |((name, _), result): (&(String, Dialect), Result<Cell, String>)| match result {
        Ok(cell) if is_right(&cell) => None,
        Ok(cell) => Some(format!("{name}: {cell}")),
        Err(problem) => Some(format!("{name}: {problem}")),
    };
    rows.iter().zip(results).filter_map(of).collect()
}

#[test]
fn a_dialect_that_begins_between_two_ticks_works_or_is_named_and_loses_nothing() {
    let wrong = wrong(&in_turn(2), Spoken::Later, |_| true);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_dialect_that_ends_between_two_ticks_leaves_nothing_behind() {
    let wrong = wrong(&in_turn(4), Spoken::AtFirst, Cell::works);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_academy_whose_put_replaces_works_with_update_replace_on_each_route() {
    let replacing = dialects()
        .into_iter()
        .filter(|(name, _)| name.contains("PUT"));
    let cells: Vec<_> = replacing
        .flat_map(|(name, dialect)| ROUTES.map(|via| (name.clone(), dialect.clone(), via)))
        .collect();
    assert_eq!(cells.len(), 9);
    let replace = "update = \"replace\"\n";
    for result in pool::all(&cells, |(name, dialect, via)| {
        Cell::of(name, dialect, *via, Spoken::Always, replace)
    }) {
        let cell = result.unwrap();
        assert!(cell.works(), "{cell}");
    }
}
