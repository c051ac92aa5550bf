//! A first run and certificates at the vendors' own pace.

use std::time::Duration;

use serde::Deserialize;

use crate::row::{Row, mebibytes, thousands};

/// The share of a first run's time that the limit alone takes, in percent.
const SHARE: f64 = 90.0;
/// What certificates take beyond the limit, in percent of it.
const OVERHEAD: f64 = 2.0;

#[derive(Deserialize)]
pub(super) struct Figures {
    measured: Vec<Took>,
}

#[derive(Deserialize)]
struct Took {
    run: Run,
    latency: Duration,
    number: u64,
    wall: Duration,
    limit: Duration,
    calls: u64,
    peak: Option<u64>,
    share_percent: f64,
    overhead_percent: Option<f64>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
enum Run {
    #[serde(rename = "first run, people")]
    First,
    #[serde(rename = "certificates")]
    Certificates,
}

pub(super) fn rows(Figures { measured }: &Figures) -> Vec<Row> {
    measured.iter().flat_map(Took::rows).collect()
}

impl Took {
    fn rows(&self) -> Vec<Row> {
        let (number, latency) = (thousands(self.number), self.latency.as_millis());
        let (what, each) = match self.run {
            Run::First => ("first run", "person"),
            Run::Certificates => ("certificates at Personio's pace", "certificate"),
        };
        let name = format!("{what}, {number}, answers after {latency} ms");
        let row = |part: &str, measured: String| Row::told(format!("{name}: {part}"), measured);
        let beside = match self.run {
            Run::First => row("share of the limit alone", self.share())
                .beside(format!("at least {SHARE} %"), self.share_percent >= SHARE),
            Run::Certificates => self.overhead_percent.map_or_else(
                || {
                    Row::not_measured(
                        format!("{name}: beyond the limit"),
                        "so few take it no time",
                    )
                },
                |percent| {
                    row("beyond the limit", self.overhead(percent))
                        .beside(format!("at most {OVERHEAD} %"), percent <= OVERHEAD)
                },
            ),
        };
        let calls = self.calls as f64 / self.number as f64;
        let memory = self
            .peak
            .map(|peak| row("peak memory", format!("{:.1} MiB", mebibytes(peak))));
        [
            beside,
            row(&format!("calls for each {each}"), format!("{calls:.2}")),
        ]
        .into_iter()
        .chain(memory)
        .collect()
    }

    fn share(&self) -> String {
        format!("{:.1} % ({})", self.share_percent, self.of())
    }

    fn overhead(&self, percent: f64) -> String {
        format!("{percent:.1} % ({})", self.of())
    }

    fn of(&self) -> String {
        format!(
            "{:.1} s, {:.1} s the limit alone",
            self.wall.as_secs_f64(),
            self.limit.as_secs_f64()
        )
    }
}
