//! What a region tells while it runs: a line for each invocation, as text or as JSON. No names, no mail addresses.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::Report;
use terminal::counts::counted;
use terminal::wrapped;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Told {
    /// From now on functions run there.
    Functions {
        /// Where.
        run: Place,
    },
    /// An invocation has ended.
    Invocation(Box<Invocation>),
    /// State could not be written.
    NotKept {
        /// Which, and why.
        problem: String,
    },
}

/// Where a function runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In this process: nothing listens at this address.
    Here {
        /// Where `cargo lambda watch` would be.
        instead_of: String,
    },
    /// `cargo lambda watch` runs it.
    Watch {
        /// Where that listens.
        url: String,
    },
}

/// Who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A schedule.
    Tick,
    /// Somebody who waits for the answer.
    Call,
    /// Somebody who does not.
    Event,
}

/// An invocation that has ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Invocation {
    /// When it began.
    pub at: Timestamp,
    /// The tenant; `None` if the event names none.
    pub tenant: Option<TenantId>,
    /// The function.
    pub function: String,
    /// Who called.
    pub cause: Cause,
    /// How long it took.
    pub duration_ms: u64,
    /// How it ended.
    #[serde(flatten)]
    pub ended: Ended,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Ended {
    /// With a report.
    Reported {
        /// `unchanged`, `done`, …
        outcome: String,
        /// How many of what.
        counted: String,
        /// What is wrong and what to do; mostly empty.
        message: String,
    },
    /// With an answer that is no report.
    Answered,
    /// With an error.
    Failed {
        /// Lambda's word for it.
        error: String,
        /// What it says.
        message: String,
        /// Whether it is among the dead letters.
        dead_letter: bool,
    },
}

impl Ended {
    pub(super) fn reply(reply: &Value) -> Self {
        let Ok(report) = serde_json::from_value::<Report<Value>>(reply.clone()) else {
            return Self::Answered;
        };
        let said = report.message.clone();
        Self::Reported {
            outcome: terminal::outcome(&report),
            counted: counted(&report),
            message: said,
        }
    }

    pub(super) fn error(error: &Value, dead_letter: bool) -> Self {
        let text = |name: &str| {
            error
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Self::Failed {
            error: text("errorType"),
            message: text("errorMessage"),
            dead_letter,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Functions { run } => write!(f, "The functions run {run}"),
            Self::Invocation(invocation) => invocation.fmt(f),
            Self::NotKept { problem } => write!(f, "NOT KEPT: {problem}"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here { instead_of } => {
                write!(
                    f,
                    "in this process (no `cargo lambda watch` at {instead_of})"
                )
            }
            Self::Watch { url } => write!(f, "in `cargo lambda watch` at {url}"),
        }
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const INDENT: &str = "          ";
        let Self {
            at,
            tenant,
            function,
            cause,
            duration_ms,
            ended,
        } = self;
        let tenant = tenant.as_ref().map_or("?", TenantId::as_str);
        let cause = match cause {
            Cause::Tick => "tick",
            Cause::Call => "call",
            Cause::Event => "event",
        };
        let time = at.strftime("%H:%M:%SZ");
        write!(f, "{time} {tenant:<12} {function:<16} {cause:<5} ")?;
        let took = Took(*duration_ms);
        match ended {
            Ended::Reported {
                outcome,
                counted,
                message,
            } => {
                write!(f, "{outcome}: {counted} ({took})")?;
                if !message.is_empty() {
                    write!(f, "\n{}", wrapped(message, INDENT, INDENT))?;
                }
                Ok(())
            }
            Ended::Answered => write!(f, "answered, not with a report ({took})"),
            Ended::Failed {
                error,
                message,
                dead_letter,
            } => {
                let kept = if *dead_letter {
                    ", a dead letter now"
                } else {
                    ""
                };
                write!(f, "FAILED: {error} ({took}){kept}")?;
                if !message.is_empty() {
                    write!(f, "\n{}", wrapped(message, INDENT, INDENT))?;
                }
                Ok(())
            }
        }
    }
}

/// Milliseconds, to be read.
struct Took(u64);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..1_000 => write!(f, "{} ms", self.0),
            1_000..60_000 => write!(f, "{}.{} s", self.0 / 1_000, self.0 % 1_000 / 100),
            _ => write!(
                f,
                "{:#}",
                SignedDuration::from_secs(i64::try_from(self.0 / 1_000).unwrap_or(i64::MAX))
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(ended: Ended, duration_ms: u64) -> String {
        Invocation {
            at: "2026-05-11T08:06:00Z".parse().unwrap(),
            tenant: TenantId::parse("acme").ok(),
            function: "employee-sync".to_owned(),
            cause: Cause::Tick,
            duration_ms,
            ended,
        }
        .to_string()
    }

    #[test]
    fn an_invocation_is_a_line_and_what_is_wrong_is_below() {
        let text = |text: &str| text.to_owned();
        let good = Ended::Reported {
            outcome: text("done"),
            counted: text("3 people; 3 created"),
            message: text(""),
        };
        assert_eq!(
            line(good, 412),
            "08:06:00Z acme         employee-sync    tick  done: 3 people; 3 created (412 ms)"
        );
        let bad = Ended::Failed {
            error: text("Sandbox.Timedout"),
            message: text("too long"),
            dead_letter: true,
        };
        assert_eq!(
            line(bad, 240_000),
            "08:06:00Z acme         employee-sync    tick  FAILED: Sandbox.Timedout (4m), a dead letter now\n          too long"
        );
        assert!(line(Ended::Answered, 1_999).ends_with("(1.9 s)"));
    }

    #[test]
    fn a_reply_that_is_no_report_and_an_error_without_words_are_told_as_well() {
        assert_eq!(
            Ended::reply(&serde_json::json!({"ok": true})),
            Ended::Answered
        );
        let failed = Ended::Failed {
            error: String::new(),
            message: String::new(),
            dead_letter: false,
        };
        assert_eq!(Ended::error(&Value::Null, false), failed);
    }
}
