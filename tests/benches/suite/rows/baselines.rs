//! Beside Python.

use serde::Deserialize;

use crate::row::{Row, mebibytes, thousands};

#[derive(Deserialize)]
pub(super) struct Figures {
    python: Python,
    measured: Vec<Read>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Python {
    version: Option<String>,
    packages: Vec<(String, Option<String>)>,
}

#[derive(Deserialize)]
struct Read {
    people: u64,
    /// Ours first.
    by: Vec<(String, Took)>,
}

#[derive(Clone, Copy, Deserialize)]
struct Took {
    processor_seconds: f64,
    peak_bytes: u64,
}

#[derive(Deserialize)]
struct Target {
    people: u64,
    what: String,
    target: f64,
    times: f64,
}

pub(super) fn rows(figures: &Figures) -> Vec<Row> {
    let Figures {
        python,
        measured,
        targets,
    } = figures;
    let read = measured.iter().flat_map(Read::rows);
    let targets = targets.iter().map(Target::row);
    let missing = python
        .packages
        .iter()
        .filter(|(_, version)| version.is_none());
    let missing = missing.map(|(package, _)| {
        let why = match &python.version {
            Some(version) => format!("Python {version} does not have it"),
            None => {
                "there is no such Python; --python names one that has requests and dlt".to_owned()
            }
        };
        Row::not_measured(format!("reading people, beside {package}"), &why)
    });
    read.chain(targets).chain(missing).collect()
}

impl Read {
    fn rows(&self) -> Vec<Row> {
        let own = self.by.first().map(|(_, took)| *took);
        let row = |(place, (name, took)): (usize, &(String, Took))| {
            let Took {
                processor_seconds,
                peak_bytes,
            } = *took;
            let beside = own.filter(|_| place > 0).map_or_else(String::new, |own| {
                let processor = processor_seconds / own.processor_seconds;
                let memory = peak_bytes as f64 / own.peak_bytes as f64;
                format!(", {processor:.1} and {memory:.1} times ours")
            });
            let (processor, memory) = (processor_seconds * 1e3, mebibytes(peak_bytes));
            Row::told(
                format!("reading {} people: {name}", thousands(self.people)),
                format!("{processor:.0} ms processor, {memory:.1} MiB{beside}"),
            )
        };
        self.by.iter().enumerate().map(row).collect()
    }
}

impl Target {
    fn row(&self) -> Row {
        let Self {
            people,
            what,
            target,
            times,
        } = self;
        Row::told(
            format!("reading {} people, beside dlt: {what}", thousands(*people)),
            format!("{times:.1} times less"),
        )
        .beside(format!("at least {target} times less"), times >= target)
    }
}
