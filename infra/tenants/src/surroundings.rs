//! What a command finds around it: environment, clock, standard input and standard error.

use std::fmt;
use std::io::{self, BufRead, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::domain::clock::{Clock, SystemClock};
use shared::http::RateLimiter;

/// Looks up an environment variable.
type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What a command finds around it.
pub struct Surroundings {
    /// The environment's variables.
    pub variables: Box<Variables>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Another pace for every vendor: for simulators, which have no limits.
    pub pace: Option<RateLimiter>,
    /// Standard input.
    pub input: Mutex<Box<dyn BufRead + Send>>,
    /// Standard error: progress, questions, what went wrong.
    pub errors: Mutex<Box<dyn Write + Send>>,
    /// Whether somebody sits in front of it, who can be asked and wants to see progress.
    pub somebody: Somebody,
    /// How long to wait between two looks at something that takes its time.
    pub look_every: Duration,
}

/// Whether somebody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Somebody {
    /// Standard input and standard error are a terminal.
    Watches,
    /// A script, a pipe.
    Nobody,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("somebody", &self.somebody)
            .finish_non_exhaustive()
    }
}

impl Surroundings {
    /// This process's own.
    #[must_use]
    pub fn of_process() -> Self {
        let watches = io::stdin().is_terminal() && io::stderr().is_terminal();
        Self {
            variables: Box::new(|name| std::env::var(name).ok()),
            clock: Arc::new(SystemClock),
            pace: None,
            input: Mutex::new(Box::new(io::BufReader::new(io::stdin()))),
            errors: Mutex::new(Box::new(io::stderr())),
            somebody: if watches {
                Somebody::Watches
            } else {
                Somebody::Nobody
            },
            look_every: Duration::from_secs(5),
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name).filter(|value| !value.trim().is_empty())
    }

    /// All of standard input.
    pub(crate) fn read_input(&self) -> io::Result<String> {
        let mut text = String::new();
        self.input
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .read_to_string(&mut text)?;
        Ok(text)
    }

    /// Puts `question` to whoever sits there, and returns the line that comes back.
    pub(crate) fn ask(&self, question: &str) -> io::Result<String> {
        self.say(&format!("{question} "));
        let mut line = String::new();
        self.input
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Says something on the way, if somebody is there.
    pub(crate) fn mention(&self, text: &str) {
        if self.somebody == Somebody::Watches {
            self.say(&format!("{text}\n"));
        }
    }

    /// Writes to standard error. Where that is closed, nobody reads it: the exit status still tells.
    pub(crate) fn say(&self, text: &str) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = errors
            .write_all(text.as_bytes())
            .and_then(|()| errors.flush());
    }
}
