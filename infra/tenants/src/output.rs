//! A command's result, for people and for programs.

use std::io::Write;

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

/// A rendered [`View`].
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

    /// The text for people.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn needs_attention(&self) -> bool {
        self.exit != Exit::Done
    }

    pub(crate) fn write(&self, json: bool, out: &mut dyn Write) -> Exit {
        // A closed pipe (`| head`) is no error: the exit status still counts.
        let _ = if json {
            write_json(&self.json, out)
        } else {
            out.write_all(self.text.as_bytes())
        };
        self.exit
    }
}

impl Failure {
    /// As one JSON document on `out`, or as text on standard error.
    pub(crate) fn write(&self, json: bool, environment: &Environment, out: &mut dyn Write) -> Exit {
        let Self { exit, text } = self;
        if json {
            let _ = write_json(&json!({"error": text, "exit_code": exit.code()}), out);
        } else {
            environment.say(&format::lines(&format!("error: {text}")));
        }
        *exit
    }
}

fn write_json(document: &Value, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}
