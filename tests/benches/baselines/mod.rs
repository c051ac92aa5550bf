//! The employee function, compared with what people read Personio with: Python with requests, and dlt.
//!
//! All of them read from the same simulator. The function does more: it maps everybody, compares them with what the last
//! run left and records that; its start is counted, as theirs is.

mod python;

use std::path::Path;

use harness::{Harness, people};
use jiff::Timestamp;
use shared::tenant::Via;

use crate::bootstraps::{self, Bootstraps, Unavailable};
use crate::check::Check;
use crate::figure::{Figure, Table, thousands};
use crate::measurements::Measurements;
use crate::process::{Cost, LambdaProcess};

use python::Python;

/// How many times the function's processor time and memory dlt takes.
const LEAST_PROCESSOR: f64 = 20.0;
const LEAST_MEMORY: f64 = 5.0;

/// One reader of this many people.
struct Reading {
    people: u64,
    reader: &'static str,
    cost: Cost,
    times_processor: Figure,
    times_memory: Figure,
}

pub(crate) async fn measure(
    sizes: &[u64],
    program: &Path,
    programs: &Bootstraps<'_>,
) -> Measurements {
    let folder = match programs.get(&bootstraps::FUNCTIONS) {
        Ok(folder) => folder,
        Err(missing) => {
            return Measurements::of_checks(vec![
                missing.check("reading people, compared with Python"),
            ]);
        }
    };
    let python = Python::find(program);
    let mut readings = Vec::new();
    for people in sizes {
        eprintln!("reading {people} people …");
        readings.extend(read(*people, &folder, &python).await);
    }
    let missing = python.missing().map(|package| {
        let reason = python.reason();
        Unavailable::NotBuilt(reason).check(&format!("reading people, compared with {package}"))
    });
    Measurements {
        checks: readings
            .iter()
            .flat_map(Reading::checks)
            .chain(missing)
            .collect(),
        tables: vec![table(&readings)],
    }
}

async fn read(size: u64, bootstraps: &Path, python: &Python) -> Vec<Reading> {
    let harness = Harness::at(&Timestamp::now().to_string(), Via::Direct, "", people(size)).await;
    harness.settle().await;
    let mut process = LambdaProcess::start(&harness, "employee-sync", bootstraps, None).await;
    let (report, _) = process.invoke().await;
    assert_eq!(report["outcome"], "unchanged", "{report:#}");
    let own = process.cost();
    let mut costs = vec![("employee-sync", own)];
    for package in python.packages() {
        let (python, base) = (python.clone(), harness.personio.base_url());
        let read = move || python.read_with(package, &base, size);
        costs.push((package, tokio::task::spawn_blocking(read).await.unwrap()));
    }
    let memory = |cost: &Cost| cost.peak.map(Figure::Memory);
    let reading = |(reader, cost): (&'static str, Cost)| Reading {
        people: size,
        reader,
        cost,
        times_processor: Figure::ratio(cost.processor, own.processor),
        times_memory: Figure::ratio(memory(&cost), memory(&own)),
    };
    costs.into_iter().map(reading).collect()
}

impl Reading {
    fn checks(&self) -> Vec<Check> {
        if self.reader != "dlt" {
            return Vec::new();
        }
        let what = |part: &str| format!("reading {} people, dlt: {part}", thousands(self.people));
        let check = |part, times: &Figure, least| {
            Check::new(what(part), times.clone()).at_least(Figure::Times(least))
        };
        vec![
            check(
                "times our processor",
                &self.times_processor,
                LEAST_PROCESSOR,
            ),
            check("times our memory", &self.times_memory, LEAST_MEMORY),
        ]
    }
}

fn table(readings: &[Reading]) -> Table {
    Table::of(
        "Reading everybody.",
        readings,
        &[
            ("reader", |reading| reading.reader.into()),
            ("people", |reading| reading.people.into()),
            ("processor", |reading| reading.cost.processor.into()),
            ("times ours", |reading| reading.times_processor.clone()),
            ("peak memory", |reading| reading.cost.memory()),
            ("times our memory", |reading| reading.times_memory.clone()),
        ],
    )
}
