//! Why a command came to nothing, and what the shell is told.

use std::process::ExitCode;

use shared::secrets::SecretError;
use shared::state::StateError;

/// What the shell is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well, or done.
    Done,
    /// There is something to look at.
    Look,
    /// The command line, or a file it names, cannot be used.
    Usage,
}

impl Exit {
    /// The exit status.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Look => 1,
            Self::Usage => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command came to nothing: what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the shell is told.
    pub exit: Exit,
    /// What is wrong and what to do. No secret, no name, no mail address.
    pub text: String,
}

impl Failure {
    /// Something that somebody has to look at.
    pub(crate) fn look(text: impl Into<String>) -> Self {
        Self {
            exit: Exit::Look,
            text: text.into(),
        }
    }

    /// The command line, or a file it names, cannot be used.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            text: text.into(),
        }
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::look(match error {
            StateError::Throttled { .. } | StateError::Unavailable { .. } => {
                format!("{}; try again", without_next_run(&error.to_string()))
            }
            StateError::Denied { .. } => {
                format!("{error}; it is your own AWS credentials that are refused here")
            }
            _ => error.to_string(),
        })
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::look(match error {
            SecretError::Unavailable { .. } => {
                format!("{}; try again", without_next_run(&error.to_string()))
            }
            SecretError::Denied { .. } => {
                format!("{error}; it is your own AWS credentials that are refused here")
            }
            _ => error.to_string(),
        })
    }
}

/// The texts are written for runs, which come again by themselves. A command does not.
fn without_next_run(text: &str) -> &str {
    text.trim_end_matches("; the next run tries again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_does_not_promise_a_next_run() {
        let failure = Failure::from(StateError::Unavailable {
            operation: "GetItem",
        });
        assert_eq!(
            failure,
            Failure::look("DynamoDB did not answer GetItem; try again")
        );
        let failure = Failure::from(SecretError::Unavailable {
            name: "x/acme".to_owned(),
        });
        assert_eq!(
            failure,
            Failure::look("Secrets Manager did not answer for x/acme; try again")
        );
    }
}
