//! `cargo demo`: the real function code through the story of a company, or a real tenant's plan.

mod academy;
pub mod acts;
pub mod args;
mod check;
mod play;
mod print;
mod real;
mod script;
mod stage;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::process::ExitCode;

use jiff::Timestamp;

pub use args::Args;
pub use check::QUIET_UNITS;
pub use play::{Cue, Must, Options, Part, Play, Scene, Told};
pub use script::{Audience, PlayError, Theatre};
pub(crate) use stage::Cast;

use args::Mode;
use print::{Console, Nobody};

/// All is as it should be.
const GOOD: u8 = 0;
/// Something is not.
const BAD: u8 = 1;
/// The command line, or a file it names, cannot be used.
const USAGE: u8 = 2;

/// Runs the command. Results go to `out`; bars, questions and what went wrong to standard error.
pub async fn run(args: Args, out: &mut (dyn Write + Send)) -> ExitCode {
    let json = args.json;
    let code = match args.mode() {
        Mode::Play(options) => play(&options, json, out).await,
        Mode::Real(request) => real::run(&request, json, out).await,
    };
    let code = code.unwrap_or_else(|failure| {
        complain(&failure.text);
        failure.code
    });
    ExitCode::from(code)
}

/// Why a command came to nothing.
#[derive(Debug)]
struct Failed {
    code: u8,
    text: String,
}

impl Failed {
    fn usage(text: impl ToString) -> Self {
        Self {
            code: USAGE,
            text: text.to_string(),
        }
    }
}

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self {
            code: BAD,
            text: error.to_string(),
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "this is where a command says what went wrong"
)]
fn complain(text: &str) {
    eprintln!("error: {text}");
}

async fn play(options: &Options, json: bool, out: &mut (dyn Write + Send)) -> Result<u8, Failed> {
    let mut theatre = Theatre::open(options).await?;
    let play = if json {
        theatre.play(&mut Nobody).await?
    } else {
        let mut console = Console::new(out);
        let play = theatre.play(&mut console).await?;
        console.verdict(&play)?;
        play
    };
    if json {
        write_json(
            out,
            &serde_json::json!({"play": play, "good": play.is_good()}),
        )?;
    }
    out.flush()?;
    Ok(if play.is_good() { GOOD } else { BAD })
}

fn write_json(out: &mut dyn Write, document: &serde_json::Value) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

/// The story ends at the machine's present.
fn present() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}
