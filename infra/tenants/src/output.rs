//! A command's result, for people and for programs.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;
use serde_json::{Value, json};

use crate::environment::Environment;
use crate::failure::{Exit, Failure, Result};
use crate::format;

/// The facts that a command found. Text and JSON are two renderings of the same value.
pub(crate) trait View: Serialize {
    /// For people, 100 columns wide.
    fn text(&self) -> String;

    /// Whether the operator has to look at something.
    fn needs_attention(&self) -> bool {
        false
    }
}

#[derive(Debug)]
pub(crate) struct Output {
    exit: Exit,
    text: String,
    json: Value,
}

impl Output {
    pub(crate) fn of(view: &impl View) -> Result<Self> {
        let json = serde_json::to_value(view).map_err(|error| {
            Failure::attention(format!("the result cannot be written as JSON: {error}"))
        })?;
        Ok(Self {
            exit: Exit::attention_if(view.needs_attention()),
            text: view.text(),
            json,
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn needs_attention(&self) -> bool {
        self.exit != Exit::Done
    }

    pub(crate) fn write(&self, json: bool, environment: &Environment, out: &mut dyn Write) -> Exit {
        let written = if json {
            write_json(&self.json, out)
        } else {
            out.write_all(self.text.as_bytes())
        };
        written_out(written.and_then(|()| out.flush()), self.exit, environment)
    }
}

impl Failure {
    /// As one JSON document on `out`, or as text on standard error.
    pub(crate) fn write(&self, json: bool, environment: &Environment, out: &mut dyn Write) -> Exit {
        let Self { exit, text } = self;
        if json {
            let written = write_json(&json!({"error": text, "exit_code": exit.code()}), out);
            return written_out(written.and_then(|()| out.flush()), *exit, environment);
        }
        environment.say(&format::lines(&format!("error: {text}")));
        *exit
    }
}

/// The exit status once the result is written. A closed pipe (`| head`) is no error; on a full disk the result is cut off.
fn written_out(written: io::Result<()>, exit: Exit, environment: &Environment) -> Exit {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let text = format!("error: the result is cut off, it cannot be written: {error}");
            environment.say(&format::lines(&text));
            match exit {
                Exit::Done => Exit::Attention,
                other => other,
            }
        }
        _ => exit,
    }
}

fn write_json(document: &Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standard output that takes nothing, for this reason.
    struct Refusing(ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_result_that_is_cut_off_is_no_success_and_a_closed_pipe_is_one() {
        let environment = Environment::of_process().detached();
        let output = Output {
            exit: Exit::Done,
            text: "all of it".to_owned(),
            json: json!(["all of it"]),
        };
        for (kind, expected) in [
            (ErrorKind::StorageFull, Exit::Attention),
            (ErrorKind::BrokenPipe, Exit::Done),
        ] {
            for json in [false, true] {
                let exit = output.write(json, &environment, &mut Refusing(kind));
                assert_eq!(exit, expected, "{kind:?} {json}");
            }
        }
    }
}
