//! Failed events of callers that do not wait. On AWS they go to one of two queues; here to a file.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state_file::{FileError, StateFile};

const MAX_LETTERS: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    pub at: Timestamp,
    pub queue: Queue,
    pub function: String,
    pub event: Value,
    pub error: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// It never reached a function.
    Delivery,
    /// A function failed on it.
    Execution,
}

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
