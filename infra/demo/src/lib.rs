//! `cargo demo`: both functions in a scripted scenario of a company, with simulated vendors on this machine.
//! The console over it also serves the program of `cargo local`, whose commands are in [`local`].
//!
//! `scenario` is the table of steps, `changes` is what happens in a company before a step, `demo` runs the steps, and
//! `check` compares each run with what the [`oracle`] expects.

mod args;
mod changes;
mod check;
mod console;
mod demo;
mod keep;
mod print;
mod report;
mod scenario;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::process::ExitCode;

pub use args::Args;
pub use console::open;
pub use demo::{Demo, DemoError, JobRunner, Options, Run};
pub use report::{DemoReport, JobReport};

use demo::Silent;
use print::Console;

const CHECK_FAILED: u8 = 1;

/// Runs the command. Results go to `out`, progress bars and errors to standard error.
pub async fn run(args: Args, out: &mut (dyn Write + Send)) -> ExitCode {
    match show(&args.options(), args.json, args.keep, out).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(CHECK_FAILED),
        Err(error) => {
            print_error(&error);
            ExitCode::from(CHECK_FAILED)
        }
    }
}

/// Returns whether every check succeeded.
async fn show(
    options: &Options,
    json: bool,
    keep: bool,
    out: &mut (dyn Write + Send),
) -> Result<bool, DemoError> {
    let mut demo = Demo::start(options).await?;
    let report = if json {
        let report = demo.run(&mut Silent).await?;
        serde_json::to_writer_pretty(&mut *out, &report).map_err(io::Error::other)?;
        writeln!(out)?;
        report
    } else {
        let mut console = Console::new(out);
        let report = demo.run(&mut console).await?;
        console.conclude(&report)?;
        report
    };
    out.flush()?;
    if keep {
        keep::serve(&demo, out).await?;
    }
    Ok(report.ok)
}

#[expect(clippy::print_stderr, reason = "errors go to standard error")]
fn print_error(error: &DemoError) {
    eprintln!("error: {error}");
}
