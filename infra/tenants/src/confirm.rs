//! Asks before something that cannot be taken back.

use crate::environment::{Environment, Interactivity};
use crate::failure::{Failure, Result};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Confirmation<'a> {
    pub(crate) announcement: &'a str,
    pub(crate) yes: bool,
    /// What the operator has to type, and what to call it: `("acme", "the tenant's name")`.
    pub(crate) word: (&'a str, &'a str),
    /// What holds without a confirmation: "nothing was removed".
    pub(crate) otherwise: &'a str,
}

impl Confirmation<'_> {
    /// Whether the operator is asked, and sees the announcement with the question.
    pub(crate) fn is_asked(self, environment: &Environment) -> bool {
        !self.yes && environment.interactivity == Interactivity::Interactive
    }

    pub(crate) fn ask(self, environment: &Environment) -> Result<()> {
        let Self {
            announcement,
            yes,
            word: (expected, name),
            otherwise,
        } = self;
        if yes {
            return Ok(());
        }
        if !self.is_asked(environment) {
            return Err(Failure::usage(format!(
                "{otherwise}: give --yes where there is no terminal to confirm at\n{announcement}"
            )));
        }
        environment.mention(announcement);
        let answer = environment
            .ask(&format!("Type {name} ({expected}) to go on:"))
            .map_err(|error| Failure::attention(error.to_string()))?;
        if answer == expected {
            Ok(())
        } else {
            Err(Failure::attention(otherwise))
        }
    }
}
