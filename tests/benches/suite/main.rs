//! All benchmarks by one command, and their figures beside the targets.

mod args;
mod builds;
mod child;
mod row;
mod rows;
mod steps;

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::Parser as _;
use harness::process::in_repository;
use jiff::Timestamp;
use serde_json::{Value, json};

use args::{Args, Bench};
use builds::Bootstraps;
use child::Left;
use row::Row;
use steps::Step;

/// A step and what came of it.
#[derive(Debug)]
struct Ran {
    bench: Bench,
    what: &'static str,
    arguments: Result<Vec<String>, String>,
    left: Option<Left>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    in_repository();
    match measure(&args) {
        Ok(rows) if !rows.iter().any(Row::is_failure) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Builds, runs, and tells; what cannot be built is an error.
fn measure(args: &Args) -> Result<Vec<Row>, String> {
    let programs = builds::benches(args)?;
    let bootstraps = Bootstraps::find(args)?;
    let mut ran = Vec::new();
    for group in steps::groups(args, &bootstraps) {
        ran.extend(side_by_side(group, &programs));
    }
    // In the order of the benchmarks, whenever they were run.
    ran.sort_by_key(|ran| ran.bench);
    let rows = rows(args, &ran);
    let (machine, steps) = (machine(), ran.iter().map(Ran::json).collect::<Vec<_>>());
    args.output.emit(
        &format!("{}\n\n{}\n", caption(&machine, args), row::shown(&rows)),
        &json!({ "machine": machine, "quick": args.quick, "profile": args.profile, "rows": rows, "steps": steps }),
    );
    Ok(rows)
}

fn side_by_side(group: Vec<Step>, programs: &BTreeMap<String, PathBuf>) -> Vec<Ran> {
    thread::scope(|scope| {
        let threads: Vec<_> = group
            .into_iter()
            .map(|step| scope.spawn(move || run(step, programs)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

fn run(
    Step {
        bench,
        what,
        arguments,
    }: Step,
    programs: &BTreeMap<String, PathBuf>,
) -> Ran {
    let name = bench.name();
    let left = arguments
        .as_ref()
        .ok()
        .map(|arguments| match programs.get(name) {
            Some(program) => {
                eprintln!("{name} {} …", arguments.join(" "));
                child::run(name, program, arguments)
            }
            None => Left {
                figures: None,
                is_content: false,
                last_words: "it was not built".to_owned(),
            },
        });
    Ran {
        bench,
        what,
        arguments,
        left,
    }
}

/// Benchmark by benchmark: its figures, then what has none.
fn rows(args: &Args, ran: &[Ran]) -> Vec<Row> {
    let mut rows = Vec::new();
    for bench in args.benches() {
        let steps: Vec<_> = ran.iter().filter(|ran| ran.bench == bench).collect();
        let figures: Vec<_> = steps
            .iter()
            .filter_map(|ran| ran.left.as_ref()?.figures.clone())
            .collect();
        match rows::of(bench, &figures) {
            Ok(of_bench) => rows.extend(of_bench),
            Err(error) => rows.push(Row::failed(bench.name(), &error.to_string())),
        }
        rows.extend(steps.iter().filter_map(|ran| ran.row()));
    }
    rows
}

impl Ran {
    fn json(&self) -> Value {
        json!({
            "bench": self.bench,
            "what": self.what,
            "arguments": self.arguments.as_ref().ok(),
            "not_run": self.arguments.as_ref().err(),
            "left": self.left,
        })
    }

    /// What is to be said of it beside its figures.
    fn row(&self) -> Option<Row> {
        match (&self.arguments, &self.left) {
            (Err(why), _) => Some(Row::not_measured(self.what, why)),
            (
                Ok(_),
                Some(Left {
                    figures: None,
                    last_words,
                    ..
                }),
            ) => Some(Row::failed(self.what, last_words)),
            (Ok(_), Some(left)) => self.verdict(left),
            (Ok(_), None) => None,
        }
    }

    /// What the benchmark itself says to its figures, where it judges them. Only of the ticks are they counts.
    fn verdict(&self, left: &Left) -> Option<Row> {
        let row = |what: &str| {
            let measured = if left.is_content {
                "all of them"
            } else {
                &left.last_words
            };
            Row::told(format!("{}: {what}", self.what), measured)
                .beside("all of them", left.is_content)
        };
        match self.bench {
            Bench::Ticks => Some(row("calls, units and log within their recorded bounds").judged()),
            Bench::Certificates => Some(row("memory within its bounds")),
            _ => None,
        }
    }
}

fn machine() -> Value {
    json!({
        "cores": thread::available_parallelism().map_or(1, usize::from),
        "architecture": std::env::consts::ARCH,
        "date": Timestamp::now().strftime("%Y-%m-%d").to_string(),
    })
}

fn caption(machine: &Value, args: &Args) -> String {
    let [cores, architecture, date] = ["cores", "architecture", "date"].map(|name| &machine[name]);
    let quick = if args.quick { ", the quick set" } else { "" };
    format!(
        "{}, {cores} cores ({}){quick}. Counts are judged; times and memory are what this machine had to give. Certificates without the limit \
         are filed by the benchmark's own build (profile {}), all else by the functions as Lambda gets them.",
        date.as_str().unwrap_or_default(),
        architecture.as_str().unwrap_or_default(),
        args.profile
    )
}
