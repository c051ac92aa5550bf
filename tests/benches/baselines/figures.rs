//! The figures, for people and for programs.

use comfy_table::Table;
use harness::output::table;
use serde_json::{Value, json};

use crate::Read;
use crate::python::Python;

/// The function is to take so many times less processor than dlt,
const PROCESSOR: f64 = 20.0;
/// and so many times less memory.
const MEMORY: f64 = 5.0;

/// A table, and whether the targets beside dlt are met.
pub(crate) fn text(all: &[Read], python: &Python) -> String {
    let have = |(package, version): &(&str, Option<String>)| {
        Some(format!("{package} {}", version.as_ref()?))
    };
    let versions: Vec<_> = python.packages.iter().filter_map(have).collect();
    let caption = match &python.version {
        Some(version) => format!("Python {version}, {}", versions.join(", ")),
        None => "without Python".to_owned(),
    };
    let targets = all.iter().flat_map(targets).map(|target| target.line());
    format!(
        "Reading everybody, {caption}.\n\n{}\n{}",
        shown(all),
        targets.collect::<String>()
    )
}

fn shown(all: &[Read]) -> Table {
    let rows = all.iter().flat_map(|read| {
        let own = read.by[0].1;
        read.by.iter().map(move |(name, took)| {
            vec![
                (*name).to_owned(),
                read.people.to_string(),
                format!("{:.3}", took.processor_seconds),
                format!("{:.1}", took.processor_seconds / own.processor_seconds),
                format!("{:.1}", took.peak_bytes as f64 / f64::from(1 << 20)),
                format!("{:.1}", took.peak_bytes as f64 / own.peak_bytes as f64),
            ]
        })
    });
    table(
        &[
            "",
            "people",
            "processor s",
            "times ours",
            "peak MiB",
            "times ours",
        ],
        rows,
        1,
    )
}

#[derive(serde::Serialize)]
struct Target {
    people: u64,
    what: &'static str,
    target: f64,
    times: f64,
}

impl Target {
    fn line(&self) -> String {
        let Self {
            people,
            what,
            target,
            times,
        } = self;
        let met = if times >= target { "met" } else { "missed" };
        format!(
            "{people} people, {what} beside dlt: {times:.1} times less, at least {target:.0} are wanted: {met}\n"
        )
    }
}

fn targets(read: &Read) -> Vec<Target> {
    let Some((_, dlt)) = read.by.iter().find(|(name, _)| *name == "dlt") else {
        return Vec::new();
    };
    let (own, people) = (read.by[0].1, read.people);
    let processor = dlt.processor_seconds / own.processor_seconds;
    let memory = dlt.peak_bytes as f64 / own.peak_bytes as f64;
    vec![
        Target {
            people,
            what: "processor",
            target: PROCESSOR,
            times: processor,
        },
        Target {
            people,
            what: "memory",
            target: MEMORY,
            times: memory,
        },
    ]
}

/// The same as JSON.
pub(crate) fn json(all: &[Read], python: &Python) -> Value {
    let targets: Vec<_> = all.iter().flat_map(targets).collect();
    json!({ "python": python, "measured": all, "targets": targets })
}
