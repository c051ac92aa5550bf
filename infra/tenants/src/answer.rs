//! What a command has to say, for people and for programs.

use std::io::Write;

use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::{Exit, Failure};
use crate::surroundings::Surroundings;
use crate::words;

/// A command's result.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Whether there is something to look at.
    pub verdict: Verdict,
    /// For people.
    pub text: String,
    /// The same for programs, and as complete.
    pub json: Value,
}

/// Whether somebody has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is well, or done.
    Done,
    /// There is something to look at.
    Look,
}

impl Verdict {
    /// [`Look`](Self::Look) where `is_so`.
    #[must_use]
    pub fn look_if(is_so: bool) -> Self {
        if is_so { Self::Look } else { Self::Done }
    }
}

impl Answer {
    /// An answer of this verdict.
    pub(crate) fn new(
        verdict: Verdict,
        text: impl Into<String>,
        json: impl Serialize,
    ) -> Result<Self, Failure> {
        let json = serde_json::to_value(json).map_err(|error| {
            Failure::look(format!("the answer cannot be written as JSON: {error}"))
        })?;
        Ok(Self {
            verdict,
            text: text.into(),
            json,
        })
    }

    /// All is well, or done.
    pub(crate) fn done(text: impl Into<String>, json: impl Serialize) -> Result<Self, Failure> {
        Self::new(Verdict::Done, text, json)
    }

    pub(crate) fn write(&self, json: bool, out: &mut dyn Write) -> Exit {
        let exit = match self.verdict {
            Verdict::Done => Exit::Done,
            Verdict::Look => Exit::Look,
        };
        let written = if json {
            write_json(&self.json, out)
        } else {
            out.write_all(self.text.as_bytes())
        };
        // A closed pipe (`| head`) is no reason to complain: the exit code still tells.
        let _ = written;
        exit
    }
}

impl Failure {
    /// As one JSON document on `out`, or in words on standard error.
    pub(crate) fn write(
        &self,
        json: bool,
        surroundings: &Surroundings,
        out: &mut dyn Write,
    ) -> Exit {
        let Self { exit, text } = self;
        if json {
            let _ = write_json(&json!({"error": text, "exit_code": exit.code()}), out);
        } else {
            surroundings.say(&words::lines(&format!("error: {text}")));
        }
        *exit
    }
}

fn write_json(document: &Value, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}
