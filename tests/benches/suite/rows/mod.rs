//! What the benchmarks' JSON says, line by line, beside the targets.

mod baselines;
mod certificates;
mod cold;
mod limits;
#[cfg(test)]
mod tests;
mod ticks;

use serde::Deserialize;
use serde_json::Value;

use crate::args::Bench;
use crate::row::Row;

/// The lines of one benchmark, whose JSON this is: of each time it was run.
pub(crate) fn of(bench: Bench, figures: &[Value]) -> Result<Vec<Row>, serde_json::Error> {
    match bench {
        Bench::Cold => each(figures, cold::rows),
        Bench::Ticks => Ok(ticks::rows(&all(figures)?)),
        Bench::Limits => each(figures, limits::rows),
        Bench::Certificates => each(figures, certificates::rows),
        Bench::Baselines => each(figures, baselines::rows),
    }
}

fn each<T: for<'de> Deserialize<'de>>(
    figures: &[Value],
    rows: impl Fn(&T) -> Vec<Row>,
) -> Result<Vec<Row>, serde_json::Error> {
    Ok(all(figures)?.iter().flat_map(rows).collect())
}

fn all<T: for<'de> Deserialize<'de>>(figures: &[Value]) -> Result<Vec<T>, serde_json::Error> {
    figures.iter().map(T::deserialize).collect()
}
