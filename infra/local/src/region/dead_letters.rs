//! What failed and nobody waited for. Deployed, it would be in one of two queues; here it is in a file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state_file::{FileError, StateFile};

/// The oldest go when there are more.
const MAX_LETTERS: usize = 1_000;

/// One event that came to nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// When.
    pub at: Timestamp,
    /// Where it would be.
    pub queue: Queue,
    /// The function.
    pub function: String,
    /// What it was sent.
    pub event: Value,
    /// Lambda's error document.
    pub error: Value,
}

/// The stack's two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// It never reached a function.
    Delivery,
    /// A function failed on it.
    Execution,
}

/// The file.
#[derive(Debug)]
pub(super) struct DeadLetters {
    file: StateFile,
    letters: Mutex<Vec<DeadLetter>>,
}

impl DeadLetters {
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let file = StateFile::new(path, "the list of failed ticks, nothing else");
        let letters = Mutex::new(file.read()?.unwrap_or_default());
        Ok(Self { file, letters })
    }

    pub(super) fn add(&self, letter: DeadLetter) -> Result<(), FileError> {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.push(letter);
        let excess = letters.len().saturating_sub(MAX_LETTERS);
        letters.drain(..excess);
        self.file.write(&*letters)
    }

    pub(super) fn all(&self) -> Vec<DeadLetter> {
        self.letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
