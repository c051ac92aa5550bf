//! What `cargo local` does.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;
use tokio::sync::mpsc::unbounded_channel;

use crate::args::{Args, Command};
use crate::ending::Ending;
use crate::region::serve::{self, Start};
use crate::region::{self, Region, RegionError, Told};
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
    let Args {
        command,
        state,
        json,
        vendors_only,
        port,
        lambda_url,
        people,
    } = args;
    match command {
        None => {
            let people = usize::try_from(people).unwrap_or(usize::MAX);
            let options = Options {
                dir: state.clone(),
                people,
            };
            if vendors_only {
                return keep_vendors(&options, json, out).await;
            }
            let region = region::Options {
                port,
                ..region::Options::new(state, lambda_url)
            };
            Box::pin(keep(&options, region, json, out)).await
        }
        Some(Command::Act { tenant, act }) => {
            let done = vendors::act(&state, &Order { tenant, act }).await?;
            if json {
                write_json(out, &done)
            } else {
                Ok(writeln!(out, "{done}")?)
            }
        }
        Some(Command::Show { list, tenant }) => {
            let rows = vendors::show(&state, &Question { tenant, list }).await?;
            if json {
                write_json(out, &rows)
            } else {
                Ok(writeln!(out, "{}", list.table(&rows))?)
            }
        }
    }
}

/// Starts everything and keeps it until somebody ends it.
async fn keep(
    options: &Options,
    region: region::Options,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<(), Failed> {
    let mut ending = Ending::watch()?;
    let vendors = Vendors::start(options).await?;
    let announcement = vendors.announcement();
    let (tell, mut told) = unbounded_channel();
    let region = Box::pin(Region::start(region, tell)).await?;
    let start = Start::new(&region, &options.dir);
    if json {
        let document = serde_json::json!({"vendors": announcement, "aws": start});
        writeln!(out, "{document}")?;
    } else {
        writeln!(out, "{announcement}\n{start}")?;
    }
    out.flush()?;
    // A closed pipe is no reason to stop.
    let mut show = |told: &Told| {
        let line = if json {
            serde_json::to_string(told).unwrap_or_default()
        } else {
            told.to_string()
        };
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    };
    serve::run(&region, &mut told, &mut show, ending.wait()).await;
    if region.under_way() > 0 {
        vendors::mention("waiting for what is under way; Ctrl-C again does not");
        serve::finish(&region, &mut told, &mut show, ending.wait()).await;
    }
    Ok(vendors.stop()?)
}

/// The same of the vendors alone.
async fn keep_vendors(
    options: &Options,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<(), Failed> {
    let mut ending = Ending::watch()?;
    let vendors = Vendors::start(options).await?;
    let announcement = vendors.announcement();
    if json {
        write_json(out, &announcement)?;
    } else {
        write!(out, "{announcement}")?;
    }
    out.flush()?;
    ending.wait().await;
    Ok(vendors.stop()?)
}

fn write_json(out: &mut (dyn Write + Send), document: &impl Serialize) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(document).map_err(io::Error::other)?;
    Ok(writeln!(out, "{text}")?)
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self {
            code: BAD,
            text: error.to_string(),
        }
    }
}

impl From<RegionError> for Failed {
    fn from(error: RegionError) -> Self {
        Self {
            code: USAGE,
            text: error.to_string(),
        }
    }
}

impl From<vendors::VendorsError> for Failed {
    fn from(error: vendors::VendorsError) -> Self {
        let code = if matches!(error, vendors::VendorsError::Refused(_)) {
            BAD
        } else {
            USAGE
        };
        Self {
            code,
            text: error.to_string(),
        }
    }
}
