//! Cold starts: both functions as Lambda gets them, compared with the smallest function that `lambda_runtime` makes.

mod company;

use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::process::Share;

use crate::bootstraps::{self, Bootstraps, Unavailable, bootstrap};
use crate::check::Check;
use crate::figure::{Figure, Table};
use crate::measurements::Measurements;
use crate::process::{Cost, LAMBDA_MEMORY};

use company::Company;

/// The size of a bootstrap, as `.ci/run` has it.
const MOST_BYTES: u64 = 7_400_000;
/// Processor time up to the first request for an event, compared with the baseline's in the same run.
const MOST_TIMES_BASELINE: f64 = 3.5;

const BASELINE: &str = "baseline-lambda";

/// A function's starts at one speed: medians since its process began.
struct Starts {
    name: &'static str,
    bytes: u64,
    /// With the share of a processor that comes with 128 MB.
    is_slow: bool,
    /// Up to the first request for an event.
    ready: Cost,
    answered: Cost,
    over_tls: Option<OverTls>,
    times_baseline: Figure,
    answered_times_baseline: Figure,
}

#[derive(Clone, Copy)]
struct OverTls {
    answered: Cost,
    handshakes: u64,
    /// What the answer costs more than without TLS, for each handshake: encrypting the bytes is part of it.
    each: Option<Duration>,
}

struct Setting<'a> {
    plain: &'a Company,
    /// With the folder of functions that trust its root.
    tls: Option<(&'a Company, &'a Path)>,
    share: Option<&'a Share>,
    /// How often each function is started.
    times: usize,
}

pub(crate) async fn measure(is_quick: bool, programs: &Bootstraps<'_>) -> Measurements {
    let (functions, baseline) = match (
        programs.get(&bootstraps::FUNCTIONS),
        programs.get(&bootstraps::BASELINE),
    ) {
        (Ok(functions), Ok(baseline)) => (functions, baseline),
        (Err(missing), _) | (_, Err(missing)) => {
            return Measurements::of_checks(vec![missing.check("cold starts")]);
        }
    };
    let extra_root = programs.get(&bootstraps::EXTRA_ROOT);
    let plain = Company::plain().await;
    let tls = match &extra_root {
        Ok(folder) => Some((Company::over_tls(folder).await, folder.as_path())),
        Err(_) => None,
    };
    let share = Share::of_megabytes(LAMBDA_MEMORY);
    let mut measurements = Measurements::default();
    let mut all = Vec::new();
    for share in [None, share.as_ref()]
        .into_iter()
        .take(1 + usize::from(share.is_some()))
    {
        let setting = Setting {
            plain: &plain,
            tls: tls.as_ref().map(|(company, folder)| (company, *folder)),
            share,
            times: if is_quick { 7 } else { 21 },
        };
        let mut starts = Vec::new();
        for (name, folder) in [
            (BASELINE, &baseline),
            ("employee-sync", &functions),
            ("certificate-sync", &functions),
        ] {
            eprintln!("{name} …");
            starts.push(setting.starts(name, bootstrap(folder, name)).await);
        }
        compare(&mut starts);
        all.extend(starts);
    }
    measurements
        .checks
        .extend(all.iter().flat_map(Starts::checks));
    if let Err(missing) = &extra_root {
        measurements
            .checks
            .push(missing.check("first answer over TLS"));
    }
    if share.is_none() {
        let slow = Unavailable::NotBuilt("control groups cannot be made here".to_owned());
        measurements
            .checks
            .push(slow.check("cold starts with 7 % of a core"));
    }
    measurements.tables.push(table(&all));
    measurements
}

/// The first of them is the baseline.
fn compare(starts: &mut [Starts]) {
    let Some(Starts {
        ready, answered, ..
    }) = starts.first()
    else {
        return;
    };
    let (ready, answered) = (ready.processor, answered.wall);
    for starts in starts {
        starts.times_baseline = Figure::ratio(starts.ready.processor, ready);
        starts.answered_times_baseline = Figure::ratio(starts.answered.wall, answered);
    }
}

impl Setting<'_> {
    async fn starts(&self, name: &'static str, file: PathBuf) -> Starts {
        let tls = self.tls.filter(|_| name != BASELINE);
        let (mut ready, mut answered, mut over_tls) = (Vec::new(), Vec::new(), Vec::new());
        let before = tls.map_or(0, |(company, _)| company.handshakes());
        // By turns, so that other load on the machine affects both.
        for _ in 0..self.times {
            let [first, answer] = self.plain.start(name, &file, self.share).await;
            ready.push(first);
            answered.push(answer);
            if let Some((company, folder)) = tls {
                let file = bootstrap(folder, name);
                let [_, answer] = company.start(name, &file, self.share).await;
                over_tls.push(answer);
            }
        }
        let (ready, answered) = (Cost::median(&ready), Cost::median(&answered));
        let over_tls = tls.map(|(company, _)| {
            let handshakes = (company.handshakes() - before) / self.times as u64;
            let over_tls = Cost::median(&over_tls);
            let more = over_tls.processor.zip(answered.processor);
            let more = more.map(|(with, without)| with.saturating_sub(without));
            OverTls {
                answered: over_tls,
                handshakes,
                each: more.map(|more| more / u32::try_from(handshakes).unwrap()),
            }
        });
        Starts {
            name,
            bytes: std::fs::metadata(&file).unwrap().len(),
            is_slow: self.share.is_some(),
            ready,
            answered,
            over_tls,
            times_baseline: Figure::NotMeasured,
            answered_times_baseline: Figure::NotMeasured,
        }
    }
}

impl Starts {
    fn speed(&self) -> &'static str {
        if self.is_slow {
            "7 % of a core"
        } else {
            "full speed"
        }
    }

    fn checks(&self) -> Vec<Check> {
        if self.name == BASELINE {
            return Vec::new();
        }
        let what = |part: &str| format!("{}, {}: {part}", self.name, self.speed());
        // A bootstrap has the same size at any speed.
        let bytes = (!self.is_slow).then(|| {
            Check::new(
                format!("{}: bootstrap", self.name),
                Figure::Bytes(self.bytes),
            )
            .at_most(Figure::Bytes(MOST_BYTES))
            .judged()
        });
        let ready = Check::new(
            what("ready, compared with the baseline"),
            self.times_baseline.clone(),
        )
        .note(format!("{} processor", Figure::from(self.ready.processor)))
        .at_most(Figure::Times(MOST_TIMES_BASELINE));
        let answered = Check::new(
            what("to the first answer, compared with the baseline"),
            self.answered_times_baseline.clone(),
        )
        .note(format!(
            "{}, {} processor",
            Figure::from(self.answered.wall),
            Figure::from(self.answered.processor)
        ));
        bytes.into_iter().chain([ready, answered]).collect()
    }
}

fn table(starts: &[Starts]) -> Table {
    Table::of(
        "Cold starts, medians, over loopback. Ready: at the first request for an event. Over TLS, every server has a \
         certificate from an intermediate authority; a handshake costs what the answer costs more than without TLS.",
        starts,
        &[
            ("function", |starts| starts.name.into()),
            ("speed", |starts| starts.speed().into()),
            ("bootstrap", |starts| Figure::Bytes(starts.bytes)),
            ("ready", |starts| starts.ready.wall.into()),
            ("processor", |starts| starts.ready.processor.into()),
            ("times baseline", |starts| starts.times_baseline.clone()),
            ("first answer", |starts| starts.answered.wall.into()),
            ("its processor", |starts| starts.answered.processor.into()),
            ("over TLS", |starts| {
                starts.over_tls.map(|tls| tls.answered.wall).into()
            }),
            ("its processor over TLS", |starts| {
                starts
                    .over_tls
                    .and_then(|tls| tls.answered.processor)
                    .into()
            }),
            ("handshakes", |starts| {
                starts.over_tls.map(|tls| tls.handshakes).into()
            }),
            ("each handshake", |starts| {
                starts.over_tls.and_then(|tls| tls.each).into()
            }),
            ("peak memory", |starts| {
                starts
                    .over_tls
                    .map_or(starts.answered, |tls| tls.answered)
                    .memory()
            }),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(name: &'static str, bytes: u64, processor: u64) -> Starts {
        let cost = |milliseconds| Cost {
            wall: Duration::from_millis(30),
            processor: Some(Duration::from_millis(milliseconds)),
            peak: Some(9 << 20),
        };
        Starts {
            name,
            bytes,
            is_slow: false,
            ready: cost(processor),
            answered: cost(8),
            over_tls: None,
            times_baseline: Figure::NotMeasured,
            answered_times_baseline: Figure::NotMeasured,
        }
    }

    #[test]
    fn the_gate_has_the_same_limit() {
        let gate = include_str!("../../../.ci/run");
        assert!(gate.contains(&format!("\nmost_bytes={MOST_BYTES}\n")));
    }

    #[test]
    fn starts_are_compared_with_the_baseline_and_bytes_are_judged() {
        let mut all = [
            starts(BASELINE, 800_000, 2),
            starts("employee-sync", 7_400_001, 8),
            starts("certificate-sync", 7_400_000, 7),
        ];
        compare(&mut all);
        let checks: Vec<_> = all.iter().flat_map(Starts::checks).collect();
        insta::assert_snapshot!(crate::check::table(&checks), @r#"
        | what                                                                          | measured                                | target                  | result     |
        |-------------------------------------------------------------------------------|-----------------------------------------|-------------------------|------------|
        | employee-sync: bootstrap                                                      | 7,400,001 bytes                         | at most 7,400,000 bytes | **missed** |
        | employee-sync, full speed: ready, compared with the baseline                  | 4.00 times (8.00 ms processor)          | at most 3.50 times      | missed     |
        | employee-sync, full speed: to the first answer, compared with the baseline    | 1.00 times (30.0 ms, 8.00 ms processor) |                         |            |
        | certificate-sync: bootstrap                                                   | 7,400,000 bytes                         | at most 7,400,000 bytes | met        |
        | certificate-sync, full speed: ready, compared with the baseline               | 3.50 times (7.00 ms processor)          | at most 3.50 times      | met        |
        | certificate-sync, full speed: to the first answer, compared with the baseline | 1.00 times (30.0 ms, 8.00 ms processor) |                         |            |
        "#);
        let failures = checks.iter().filter(|check| check.is_failure(false));
        assert_eq!(failures.count(), 1);
    }
}
