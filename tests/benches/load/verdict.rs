//! Whether hostile tenants cost the others more than they may.

use std::time::Duration;

use crate::args::Size;
use crate::figures::{Runs, all_runs, percentile};
use crate::rounds::Load;

/// The target: hostile tenants cost the others' 99th percentile no more than this.
const TARGET: f64 = 1.05;

/// Whether three in four of these times are within the target of their median.
pub(crate) fn agree(times: &[Duration]) -> bool {
    let median = percentile(50.0, times.iter().copied());
    let close = times
        .iter()
        .filter(|it| **it <= median.mul_f64(TARGET) && median <= it.mul_f64(TARGET));
    4 * close.count() >= 3 * times.len()
}

/// Whether the target holds for a job, in words.
struct Verdict {
    is_beyond: bool,
    text: String,
}

fn verdicts(runs: &[Runs]) -> impl Iterator<Item = Verdict> {
    runs.chunks_exact(2).filter_map(|pair| {
        let [calm, hostile] = pair else { return None };
        let ratio = hostile.p99.as_secs_f64() / calm.p99.as_secs_f64();
        let noise = calm.p99_most.as_secs_f64() / calm.p99_least.as_secs_f64();
        let kept = match (calm.p99_agree, ratio <= TARGET) {
            (_, true) => "within the target of 5 %",
            (true, false) => "beyond the target of 5 %",
            // Rounds that differ like that without anybody hostile say nothing about hostile ones.
            (false, false) => "beyond the target of 5 %, but calm rounds do not agree either",
        };
        let name = calm.job.function();
        let text = format!(
            "{name}: the others' p99 beside hostile ones is {:+.1} %, {kept}; calm rounds differ by {:.1} % among themselves.",
            100.0 * (ratio - 1.0),
            100.0 * (noise - 1.0),
        );
        Some(Verdict { is_beyond: calm.p99_agree && ratio > TARGET, text })
    })
}

/// The jobs for which the target does not hold, although the rounds without hostile tenants agree among themselves.
pub(crate) fn beyond(size: &Size, load: &Load) -> Vec<String> {
    let runs = all_runs(load, size.hostile);
    verdicts(&runs)
        .filter(|it| it.is_beyond)
        .map(|it| it.text)
        .collect()
}

/// What the table is followed by.
pub(crate) fn text(runs: &[Runs]) -> String {
    verdicts(runs).map(|it| it.text + "\n").collect()
}
