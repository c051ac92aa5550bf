//! What a company's Personio can do to the function.

use std::fmt;

use local::Company;
use simulators::{Behaviour, Fault, RetryAfter};

use crate::person;

/// The ids of people who are there only in a flood begin here.
const FLOOD: u64 = 1_000_000;
/// What a 429 asks to wait, in seconds.
const RETRY_AFTER: u32 = 5;

/// One way to be a burden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hostility {
    /// Takes every call and never answers.
    Hangs,
    /// Answers every call with 429 and `Retry-After: 5`.
    Refuses,
    /// Has very many people more than a moment ago.
    Floods,
}

impl Hostility {
    pub const ALL: [Self; 3] = [Self::Hangs, Self::Refuses, Self::Floods];

    /// From now on the company's Personio behaves like this; `flood` is how many people more a flood is.
    pub fn begin(self, company: &Company, flood: u64) {
        let personio = &company.personio;
        match self {
            Self::Hangs => personio.fail(Fault::new(Behaviour::Hang).always()),
            Self::Refuses => {
                let behaviour = Behaviour::TooManyRequests(RetryAfter::Seconds(RETRY_AFTER));
                personio.fail(Fault::new(behaviour).always());
            }
            Self::Floods => personio.put_all((FLOOD..FLOOD + flood).map(person)),
        }
    }

    pub fn end(self, company: &Company, flood: u64) {
        company.personio.clear_faults();
        if self == Self::Floods {
            for id in FLOOD..FLOOD + flood {
                company.personio.remove(id);
            }
        }
    }
}

impl fmt::Display for Hostility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hangs => "hangs",
            Self::Refuses => "429s",
            Self::Floods => "too many people",
        })
    }
}
