//! A benchmark as a process of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde::Serialize;
use serde_json::Value;

/// What it left.
#[derive(Debug, Serialize)]
pub(crate) struct Left {
    /// None where it did not get that far.
    pub(crate) figures: Option<Value>,
    /// Whether it ended with 0: some judge figures themselves.
    pub(crate) is_content: bool,
    /// What it said last.
    pub(crate) last_words: String,
}

/// Runs it until it ends; what it says on the way goes to standard error, with `name` before it.
pub(crate) fn run(name: &str, program: &Path, arguments: &[String]) -> Left {
    run_to_end(name, program, arguments).unwrap_or_else(|error| Left {
        figures: None,
        is_content: false,
        last_words: error.to_string(),
    })
}

fn run_to_end(name: &str, program: &Path, arguments: &[String]) -> std::io::Result<Left> {
    let mut command = Command::new(program);
    command.args(arguments).arg("--json").stdin(Stdio::null());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let said = child.stderr.take().map(|said| {
        let name = name.to_owned();
        thread::spawn(move || {
            let mut last = String::new();
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                eprintln!("{name}: {line}");
                if !line.is_empty() && !line.starts_with("note: ") {
                    last = line;
                }
            }
            last
        })
    });
    let mut told = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut told)?;
    }
    let status = child.wait()?;
    let last = said.and_then(|said| said.join().ok()).unwrap_or_default();
    let last_words = if last.is_empty() {
        status.to_string()
    } else {
        last
    };
    Ok(Left {
        figures: serde_json::from_str(&told).ok(),
        is_content: status.success(),
        last_words,
    })
}
