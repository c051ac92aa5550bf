//! Why a command failed, and its exit status.

use std::process::ExitCode;

use shared::secrets::SecretError;
use shared::state::StateError;

use crate::aws;

pub(crate) type Result<T> = std::result::Result<T, Failure>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well, or done.
    Done,
    /// The operator has to look at something.
    Attention,
    /// The command line, or a file it names, cannot be used.
    Usage,
}

impl Exit {
    pub(crate) fn attention_if(is_so: bool) -> Self {
        if is_so { Self::Attention } else { Self::Done }
    }

    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Attention => 1,
            Self::Usage => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command failed, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub exit: Exit,
    /// What is wrong and what to do. No secret, no name, no mail address.
    pub text: String,
}

impl Failure {
    /// A failure that the operator has to look at.
    pub(crate) fn attention(text: impl Into<String>) -> Self {
        Self {
            exit: Exit::Attention,
            text: text.into(),
        }
    }

    /// The same of a command that can be repeated.
    pub(crate) fn repeatable(self) -> Self {
        Self {
            text: format!("{}; the same command goes on from there", self.text),
            ..self
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
        if let StateError::Denied { operation, code } = &error
            && let Some(refused) = aws::refused_credentials(&format!("dynamodb:{operation}"), code)
        {
            return refused;
        }
        Self::attention(match error {
            StateError::Throttled { .. } | StateError::Unavailable { .. } => {
                format!("{}; try again", without_next_run(&error.to_string()))
            }
            StateError::Denied { .. } => {
                format!("{error}; AWS refused your own credentials")
            }
            _ => error.to_string(),
        })
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        if let SecretError::Denied { name, code } = &error
            && let Some(refused) = aws::refused_credentials(&format!("the secret {name}"), code)
        {
            return refused;
        }
        Self::attention(match error {
            SecretError::Unavailable { .. } => {
                format!("{}; try again", without_next_run(&error.to_string()))
            }
            SecretError::Denied { .. } => {
                format!("{error}; AWS refused your own credentials")
            }
            _ => error.to_string(),
        })
    }
}

/// Error texts of the runtime promise a next run. A command has none.
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
        let expected = Failure::attention("DynamoDB did not answer GetItem; try again");
        assert_eq!(failure, expected);
        let failure = Failure::from(SecretError::Unavailable {
            name: "x/acme".to_owned(),
        });
        let expected = Failure::attention("Secrets Manager did not answer for x/acme; try again");
        assert_eq!(failure, expected);
    }

    #[test]
    fn credentials_that_have_expired_are_renewed_and_a_missing_right_is_added() {
        let expired = "your AWS credentials have expired";
        for (code, hints) in [
            ("ExpiredTokenException", [expired, "export-credentials"]),
            (
                "UnrecognizedClientException",
                ["AWS refuses your credentials", "export-credentials"],
            ),
            (
                "AccessDeniedException",
                ["AWS refused your own credentials", "role's policy"],
            ),
        ] {
            let code = code.to_owned();
            let table = Failure::from(StateError::Denied {
                operation: "GetItem",
                code: code.clone(),
            });
            let name = "x/acme".to_owned();
            let secret = Failure::from(SecretError::Denied { name, code });
            for failure in [table, secret] {
                let has = |hint: &&str| failure.text.contains(hint);
                assert!(hints.iter().all(has), "{}", failure.text);
            }
        }
    }
}
