//! `cargo prove`: the proofs that take longer than `cargo test --workspace` may take.
//!
//! Runs the slow end-to-end and pace tests, all dialects, the model, the whole fault matrix, all random worlds and load, one
//! after the other, each with `PROVE=all`. Ends with 1 if one of them fails, after all of them have run.

use std::io::{self, BufRead as _, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};

/// Runs the slow end-to-end and pace tests, all dialects, the model, all faults, all random worlds, and load
///
/// They run one after the other. The command ends with 1 if one of them fails, after all of them have run.
#[derive(Debug, Parser)]
#[command(name = "cargo prove", bin_name = "cargo prove", max_term_width = 100)]
pub(crate) struct Args {
    /// Proofs to run [default: all of them]
    proofs: Vec<Proof>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Proof {
    /// Slow end-to-end tests, and paces in virtual time
    EndToEnd,
    /// All dialects of all vendors on each route, and those that begin or end between two ticks
    Matrix,
    /// All states of the certificate job's protocol, within its bounds
    Model,
    /// The whole fault matrix
    Faults,
    /// All random worlds
    Worlds,
    /// A short load run
    Load,
}

impl Proof {
    /// The arguments of `cargo`.
    fn command(self) -> &'static [&'static str] {
        match self {
            Self::EndToEnd => &[
                "test",
                "--workspace",
                "--test",
                "end_to_end",
                "--test",
                "matrix",
                "--",
                "--ignored",
            ],
            Self::Matrix => &[
                "test",
                "--workspace",
                "--test",
                "matrix",
                "--",
                "--nocapture",
            ],
            Self::Model => &[
                "test",
                "--workspace",
                "--lib",
                "--test",
                "model",
                "protocol::",
                "--",
                "--nocapture",
            ],
            Self::Faults => &["test", "--workspace", "--test", "faults"],
            Self::Worlds => &[
                "test",
                "--workspace",
                "--test",
                "worlds",
                "--",
                "--nocapture",
            ],
            Self::Load => &["run", "--bin", "measure", "--", "load", "--quick"],
        }
    }

    /// Whether a line of the output is one of its totals.
    fn is_total(self, line: &str) -> bool {
        match self {
            Self::EndToEnd => line.starts_with("test result:"),
            Self::Matrix => line.contains(" cells of ") || line.starts_with("test result:"),
            Self::Model => line.contains(" states to a depth of "),
            Self::Faults => line.contains(" cases, ") || line.starts_with("broken on purpose"),
            Self::Worlds => line.contains(" worlds in ") || line.starts_with("test result:"),
            Self::Load => line.starts_with("| "),
        }
    }
}

struct Proved {
    proof: Proof,
    holds: bool,
    took: Duration,
    totals: Vec<String>,
}

fn prove(proof: Proof) -> io::Result<Proved> {
    let start = Instant::now();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // Cargo sets these variables for this program; passed on, they make build scripts run again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    let mut process = command
        .args(proof.command())
        .env("PROVE", "all")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut totals = Vec::new();
    if let Some(output) = process.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            writeln!(io::stdout(), "{line}")?;
            if proof.is_total(&line) {
                totals.push(line);
            }
        }
    }
    Ok(Proved {
        proof,
        holds: process.wait()?.success(),
        took: start.elapsed(),
        totals,
    })
}

fn summarise(all: &[Proved], out: &mut impl Write) -> io::Result<()> {
    writeln!(out)?;
    for Proved {
        proof,
        holds,
        took,
        totals,
    } in all
    {
        let result = if *holds { "ok" } else { "FAILED" };
        writeln!(
            out,
            "{:<12}{result:<8}{:>6} s",
            format!("{proof:?}"),
            took.as_secs()
        )?;
        for total in totals {
            writeln!(out, "    {total}")?;
        }
    }
    Ok(())
}

fn main() -> io::Result<ExitCode> {
    let args = Args::parse();
    let proofs = match args.proofs.as_slice() {
        [] => Proof::value_variants(),
        chosen => chosen,
    };
    let proved: Vec<Proved> = proofs
        .iter()
        .map(|proof| prove(*proof))
        .collect::<io::Result<_>>()?;
    summarise(&proved, &mut io::stdout())?;
    Ok(match proved.iter().all(|proved| proved.holds) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
