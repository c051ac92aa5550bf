//! Everything that has a target, in a fixed order: what mostly waits comes last, side by side.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use futures::future::FutureExt as _;
use futures::join;

use crate::bootstraps::Bootstraps;
use crate::check::Check;
use crate::measurements::Measurements;
use crate::options::{Benchmark, CertificateOptions};
use crate::{baselines, certificates, cold, limits, ticks};

/// A benchmark that stops is a failed check of its own; the others go on.
pub(crate) async fn measure(
    is_quick: bool,
    only: &[Benchmark],
    python: &Path,
    bootstraps: &Bootstraps<'_>,
) -> Measurements {
    let is_wanted = |benchmark| only.is_empty() || only.contains(&benchmark);
    let people: &[u64] = if is_quick { &[1_000] } else { &[1_000, 10_000] };
    let mut all = Measurements::default();
    if is_wanted(Benchmark::Cold) {
        let cold = cold::measure(is_quick, bootstraps);
        all.add(guard("cold starts", cold).await);
    }
    if is_wanted(Benchmark::Ticks) {
        let counted = ticks::Plan::counted();
        let counted = ticks::measure(&counted, bootstraps);
        all.add(guard("ticks, counted", counted).await);
        let timed = ticks::Plan::timed(people);
        let timed = ticks::measure(&timed, bootstraps);
        all.add(guard("ticks, timed", timed).await);
    }
    if is_wanted(Benchmark::Baselines) {
        let baselines = baselines::measure(people, python, bootstraps);
        all.add(guard("baselines", baselines).await);
    }
    if is_wanted(Benchmark::Certificates) {
        let cases = certificates::cases(&CertificateOptions::default(), is_quick);
        let certificates = certificates::measure(&cases);
        all.add(guard("certificates", certificates).await);
    }
    let waiting = async {
        if !is_wanted(Benchmark::Limits) {
            return Measurements::default();
        }
        let plan = limits::Plan::new(is_quick);
        guard("limits", limits::measure(&plan, bootstraps)).await
    };
    let large = async {
        if is_quick || !is_wanted(Benchmark::Ticks) {
            return Measurements::default();
        }
        let plan = ticks::Plan::timed(&[100_000]);
        guard("large ticks", ticks::measure(&plan, bootstraps)).await
    };
    let (waiting, large) = join!(waiting, large);
    all.add(waiting);
    all.add(large);
    all
}

async fn guard(name: &str, benchmark: impl Future<Output = Measurements>) -> Measurements {
    let outcome = AssertUnwindSafe(benchmark.boxed_local());
    let outcome = outcome.catch_unwind().await;
    outcome.unwrap_or_else(|panic| {
        Measurements::of_checks(vec![Check::failed(name, &message(panic.as_ref()))])
    })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_benchmark_that_stops_is_a_failed_check() {
        let stops = async { panic!("no space left") };
        let measurements = guard("cold starts", stops).await;
        assert!(measurements.has_failed(false));
        assert!(measurements.text(true).contains("failed: no space left"));
    }
}
