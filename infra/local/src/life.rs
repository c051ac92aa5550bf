//! What `cargo local` does.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::args::{Args, Command};
use crate::vendors::{self, Options, Order, Question, Vendors};

/// It could not be done.
const BAD: u8 = 1;
/// The command line, the folder or a port cannot be used.
const USAGE: u8 = 2;

/// Why a command came to nothing.
struct Failed {
    code: u8,
    text: String,
}

/// Runs the command. Results go to `out`, what went wrong to standard error.
pub async fn run(args: Args, out: &mut (dyn Write + Send)) -> ExitCode {
    match dispatch(args, out).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            vendors::complain(&failed.text);
            ExitCode::from(failed.code)
        }
    }
}

async fn dispatch(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failed> {
    let Args { command, state, json, vendors_only, people } = args;
    match command {
        None if !vendors_only => Err(Failed {
            code: USAGE,
            text: "only the vendors can be started so far: give --vendors-only".to_owned(),
        }),
        None => {
            let people = usize::try_from(people).unwrap_or(usize::MAX);
            keep(&Options { dir: state, people }, json, out).await
        }
        Some(Command::Act { tenant, act }) => {
            let done = vendors::act(&state, &Order { tenant, act }).await?;
            if json { write_json(out, &done) } else { Ok(writeln!(out, "{done}")?) }
        }
        Some(Command::Show { list, tenant }) => {
            let rows = vendors::show(&state, &Question { tenant, list }).await?;
            if json { write_json(out, &rows) } else { Ok(writeln!(out, "{}", list.table(&rows))?) }
        }
    }
}

/// Starts everything and keeps it until somebody ends it.
async fn keep(options: &Options, json: bool, out: &mut (dyn Write + Send)) -> Result<(), Failed> {
    let ending = vendors::Ending::watch()?;
    let vendors = Vendors::start(options).await?;
    let announcement = vendors.announcement();
    if json {
        write_json(out, &announcement)?;
    } else {
        write!(out, "{announcement}")?;
    }
    out.flush()?;
    ending.wait().await?;
    Ok(vendors.stop()?)
}

fn write_json(out: &mut (dyn Write + Send), document: &impl Serialize) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(document).map_err(io::Error::other)?;
    Ok(writeln!(out, "{text}")?)
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self { code: BAD, text: error.to_string() }
    }
}

impl From<vendors::VendorsError> for Failed {
    fn from(error: vendors::VendorsError) -> Self {
        let code = if matches!(error, vendors::VendorsError::Refused(_)) { BAD } else { USAGE };
        Self { code, text: error.to_string() }
    }
}
