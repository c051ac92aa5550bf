//! Runs `cargo local`.

use std::io::{self, Write};
use std::pin::Pin;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::args::{Args, Command};
use crate::region::serve::{self, Start};
use crate::region::{self, Region, RegionError, RegionEvent};
use crate::shutdown::Shutdown;
use crate::vendors::{self, ActionRequest, ListRequest, Options, Vendors, VendorsError};

const FAILED: u8 = 1;
/// The command line, the folder or a port cannot be used.
const USAGE: u8 = 2;

struct CommandError {
    exit_code: u8,
    text: String,
}

/// The console's address, or why there is none.
pub type OpenedConsole = Pin<Box<dyn Future<Output = Result<String, String>>>>;

/// Serves the console over AWS with these variables.
pub type OpenConsole = fn(Vec<(&'static str, String)>) -> OpenedConsole;

/// Runs the command. Results go to `out`, errors to standard error.
pub async fn run(args: Args, open: OpenConsole, out: &mut (dyn Write + Send)) -> ExitCode {
    match dispatch(args, open, out).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            vendors::print_error(&error.text);
            ExitCode::from(error.exit_code)
        }
    }
}

async fn dispatch(
    args: Args,
    open: OpenConsole,
    out: &mut (dyn Write + Send),
) -> Result<(), CommandError> {
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
            let region = (!vendors_only).then(|| region::Options {
                port,
                ..region::Options::new(state.clone(), lambda_url)
            });
            let options = Options {
                dir: state,
                people: usize::try_from(people).unwrap_or(usize::MAX),
            };
            Box::pin(keep_running(&options, region, open, json, out)).await
        }
        Some(Command::Act { tenant, action }) => {
            let request = ActionRequest { tenant, action };
            let result = vendors::act(&state, &request).await?;
            print(out, json, &result, || result.to_string())
        }
        Some(Command::Show { list, tenant }) => {
            let request = ListRequest { tenant, list };
            let rows = vendors::show(&state, &request).await?;
            print(out, json, &rows, || list.table(&rows))
        }
    }
}

/// Starts the vendors, and AWS with its console unless `region` is `None`; keeps them until a signal comes.
async fn keep_running(
    options: &Options,
    region: Option<region::Options>,
    open: OpenConsole,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<(), CommandError> {
    let mut shutdown = Shutdown::watch()?;
    let vendors = Vendors::start(options).await?;
    let announcement = vendors.announcement();
    match region {
        None => {
            print(out, json, &announcement, || announcement.to_string())?;
            shutdown.wait().await;
        }
        Some(region) => {
            let (sender, events) = unbounded_channel();
            let region = Box::pin(Region::start(region, sender)).await?;
            let opened = open(region.environment()).await;
            let console = opened.map_err(|text| CommandError {
                exit_code: USAGE,
                text,
            })?;
            let start = Start::new(&region, &options.dir, console);
            if json {
                // A line, as for each event that follows.
                let document = json!({"vendors": announcement, "aws": start});
                writeln!(out, "{document}")?;
            } else {
                writeln!(out, "{announcement}\n{start}")?;
            }
            out.flush()?;
            serve(&region, events, &mut shutdown, json, out).await;
        }
    }
    Ok(vendors.stop()?)
}

/// Prints what happens until a signal comes, then waits for invocations that are still running.
async fn serve(
    region: &Region,
    mut events: UnboundedReceiver<RegionEvent>,
    shutdown: &mut Shutdown,
    json: bool,
    out: &mut (dyn Write + Send),
) {
    let mut show = |event: &RegionEvent| {
        let line = if json {
            serde_json::to_string(event).unwrap_or_default()
        } else {
            event.to_string()
        };
        // A closed pipe must not end the process.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    };
    serve::run(region, &mut events, &mut show, shutdown.wait()).await;
    if region.in_flight() > 0 {
        vendors::print_note("waiting for running invocations; press Ctrl-C again to stop now");
        serve::drain(region, &mut events, &mut show, shutdown.wait()).await;
    }
}

fn print<T: Serialize>(
    out: &mut (dyn Write + Send),
    json: bool,
    result: &T,
    text: impl FnOnce() -> String,
) -> Result<(), CommandError> {
    let text = if json {
        serde_json::to_string_pretty(result).map_err(io::Error::other)?
    } else {
        text()
    };
    let written = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
    match written {
        // The reader has seen enough: `| head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self {
            exit_code: FAILED,
            text: error.to_string(),
        }
    }
}

impl From<RegionError> for CommandError {
    fn from(error: RegionError) -> Self {
        Self {
            exit_code: USAGE,
            text: error.to_string(),
        }
    }
}

impl From<VendorsError> for CommandError {
    fn from(error: VendorsError) -> Self {
        let is_refusal = matches!(error, VendorsError::Refused(_));
        Self {
            exit_code: if is_refusal { FAILED } else { USAGE },
            text: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe whose reader has gone.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_seen_enough_is_no_error() {
        let printed = print(&mut Closed, false, &1, || "1 row".to_owned());
        assert!(printed.is_ok());
    }
}
