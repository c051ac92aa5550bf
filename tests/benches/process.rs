//! Functions as Lambda gets them, each in a process of its own, and what they use of the machine.

use std::path::Path;
use std::time::{Duration, Instant};

use harness::Harness;
use harness::process::{Share, Usage};
use jiff::SignedDuration;
use local::{Answer, Function};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bootstraps::bootstrap;
use crate::figure::Figure;

/// Megabytes that each function has on Lambda.
pub(crate) const LAMBDA_MEMORY: f64 = 128.0;

/// A run at the vendors' pace may take longer than on Lambda.
const TIMEOUT: SignedDuration = SignedDuration::from_mins(60);

/// What a process, or one run in it, used. Processor and memory are unknown where there is no `/proc`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    pub(crate) processor: Option<Duration>,
    /// The most memory that was resident since the process began, in bytes.
    pub(crate) peak: Option<u64>,
}

impl Cost {
    /// Between two looks at one process.
    pub(crate) fn between(before: &Usage, after: &Usage, wall: Duration) -> Self {
        let processor = after.processor.zip(before.processor);
        Self {
            wall,
            processor: processor.map(|(after, before)| after.saturating_sub(before)),
            peak: after.peak,
        }
    }

    pub(crate) fn memory(&self) -> Figure {
        self.peak.map(Figure::Memory).into()
    }

    /// The median of each figure.
    pub(crate) fn median(costs: &[Self]) -> Self {
        Self {
            wall: median(costs.iter().map(|cost| cost.wall)).unwrap_or_default(),
            processor: median(costs.iter().filter_map(|cost| cost.processor)),
            peak: median(costs.iter().filter_map(|cost| cost.peak)),
        }
    }
}

fn median<T: Ord + Copy>(figures: impl Iterator<Item = T>) -> Option<T> {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied()
}

/// A running function of the tenant `acme`.
pub(crate) struct LambdaProcess {
    function: Function,
    id: u32,
    started: Instant,
}

impl LambdaProcess {
    /// Starts the function from its `file` with at most `share` of a processor.
    pub(crate) async fn start_file(
        name: &str,
        file: &Path,
        environment: Vec<(String, String)>,
        share: Option<&Share>,
    ) -> Self {
        let started = Instant::now();
        let function = Function::start_in(name, file, environment).await.unwrap();
        let id = function.id().unwrap();
        if let Some(share) = share {
            share.hold(id);
        }
        Self {
            function,
            id,
            started,
        }
    }

    /// Starts a function from the folder of `bootstraps` for the harness's company.
    pub(crate) async fn start(
        harness: &Harness,
        name: &str,
        bootstraps: &Path,
        share: Option<&Share>,
    ) -> Self {
        let environment = harness.world.stack.environment();
        Self::start_file(name, &bootstrap(bootstraps, name), environment, share).await
    }

    /// Waits until it asks for its first event.
    pub(crate) async fn ready(&mut self) {
        self.function.ready().await.unwrap();
    }

    /// One run: its report, and what it cost.
    pub(crate) async fn invoke(&mut self) -> (Value, Cost) {
        self.invoke_within("scheduled", TIMEOUT).await
    }

    /// The same in a mode, with another timeout.
    pub(crate) async fn invoke_within(
        &mut self,
        mode: &str,
        timeout: SignedDuration,
    ) -> (Value, Cost) {
        let (before, began) = (Usage::of_process(self.id), Instant::now());
        let event = json!({"tenant_id": "acme", "mode": mode});
        let answer = self.function.invoke_within(event, timeout).await.unwrap();
        let wall = began.elapsed();
        let Answer::Reply(report) = answer else {
            panic!("{answer:?}")
        };
        let after = Usage::of_process(self.id);
        (report, Cost::between(&before, &after, wall))
    }

    /// Since the process was started.
    pub(crate) fn cost(&self) -> Cost {
        let (wall, usage) = (self.started.elapsed(), Usage::of_process(self.id));
        Cost {
            wall,
            processor: usage.processor,
            peak: usage.peak,
        }
    }

    pub(crate) async fn stop(self) {
        self.function.stop().await.unwrap();
    }
}
