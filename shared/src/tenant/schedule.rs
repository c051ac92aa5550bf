//! `[schedule]`: how often a tenant's jobs run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

/// `[schedule]`. The command line makes the schedules of it; a run tells by it whether its tenant is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    pub employees: Every,
    pub certificates: Every,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self {
            employees: Every { minutes: 5 },
            certificates: Every { minutes: 30 },
        }
    }
}

/// A period: `5 minutes`, `1 hour`; a whole number of minutes, at most a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Every {
    minutes: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "must be a period such as \"5 minutes\" or \"1 hour\", at least a minute and at most a day"
)]
pub struct InvalidEvery;

/// The longest period: once a day everybody is compared with what reteach holds.
const A_DAY: u32 = 24 * 60;

impl Every {
    pub fn minutes(self) -> u32 {
        self.minutes
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minutes {
            1 => f.write_str("1 minute"),
            minutes => write!(f, "{minutes} minutes"),
        }
    }
}

impl Serialize for Every {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Every {
    type Err = InvalidEvery;

    fn from_str(text: &str) -> Result<Self, InvalidEvery> {
        let (number, unit) = text.trim().split_once(' ').ok_or(InvalidEvery)?;
        let number: u32 = number.parse().map_err(|_| InvalidEvery)?;
        let minutes = match unit.trim() {
            "minute" | "minutes" => Some(number),
            "hour" | "hours" => number.checked_mul(60),
            _ => None,
        };
        let minutes = minutes
            .filter(|minutes| (1..=A_DAY).contains(minutes))
            .ok_or(InvalidEvery)?;
        Ok(Self { minutes })
    }
}

impl TryFrom<String> for Every {
    type Error = InvalidEvery;

    fn try_from(text: String) -> Result<Self, InvalidEvery> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_whole_number_of_minutes_up_to_a_day() {
        for (text, expected) in [
            ("5 minutes", Some("5 minutes")),
            ("1 minute", Some("1 minute")),
            ("1 minutes", Some("1 minute")),
            ("1 hour", Some("60 minutes")),
            (" 24 hours ", Some("1440 minutes")),
            ("0 minutes", None),
            ("25 hours", None),
            ("99999999 hours", None),
            ("5", None),
            ("5 seconds", None),
            ("-5 minutes", None),
            ("rate(5 minutes)", None),
            ("", None),
        ] {
            let parsed = text.parse::<Every>().ok().map(|every| every.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
    }
}
