//! The surroundings of a process: variables, clock, standard input and standard error. Tests replace them.

use std::io::{self, BufRead, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::domain::clock::{Clock, SystemClock};
use shared::http::RateLimiter;

type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Variables, clock, standard input and standard error.
pub struct Environment {
    pub variables: Arc<Variables>,
    pub clock: Arc<dyn Clock>,
    /// Replaces every vendor's rate limit: simulators have none.
    pub pace: Option<RateLimiter>,
    pub input: Mutex<Box<dyn BufRead + Send>>,
    /// Standard error: progress, questions, what went wrong.
    pub errors: Mutex<Box<dyn Write + Send>>,
    /// Whether a person at a terminal can answer questions and wants to see progress.
    pub interactivity: Interactivity,
    /// The pause between two polls of a lease or of Kombo.
    pub poll_interval: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interactivity {
    /// Standard input and standard error are a terminal.
    Interactive,
    /// A script or a pipe.
    NonInteractive,
}

shared::debug_only!(Environment, interactivity);

impl Environment {
    #[must_use]
    pub fn of_process() -> Self {
        let is_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        Self {
            variables: Arc::new(|name| std::env::var(name).ok()),
            clock: Arc::new(SystemClock),
            pace: None,
            input: Mutex::new(Box::new(io::BufReader::new(io::stdin()))),
            errors: Mutex::new(Box::new(io::stderr())),
            interactivity: if is_terminal {
                Interactivity::Interactive
            } else {
                Interactivity::NonInteractive
            },
            poll_interval: Duration::from_secs(5),
        }
    }

    /// The same variables, clock and pace for a server: it asks nobody and says nothing.
    pub(crate) fn detached(&self) -> Self {
        Self {
            variables: Arc::clone(&self.variables),
            clock: Arc::clone(&self.clock),
            pace: self.pace.clone(),
            input: Mutex::new(Box::new(io::empty())),
            errors: Mutex::new(Box::new(io::sink())),
            interactivity: Interactivity::NonInteractive,
            poll_interval: self.poll_interval,
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name).filter(|value| !value.trim().is_empty())
    }

    pub(crate) fn read_input(&self) -> io::Result<String> {
        let mut text = String::new();
        self.input
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .read_to_string(&mut text)?;
        Ok(text)
    }

    /// Asks `question` and returns the line that comes back, trimmed.
    pub(crate) fn ask(&self, question: &str) -> io::Result<String> {
        self.say(&format!("{question} "));
        let mut line = String::new();
        self.input
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Writes progress to standard error, at a terminal only.
    pub(crate) fn mention(&self, text: &str) {
        if self.interactivity == Interactivity::Interactive {
            self.say(&format!("{text}\n"));
        }
    }

    /// Writes to standard error. A closed stream is ignored: the exit status still counts.
    pub(crate) fn say(&self, text: &str) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = errors
            .write_all(text.as_bytes())
            .and_then(|()| errors.flush());
    }
}
