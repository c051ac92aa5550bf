//! What happens in a region while it runs, as text or as JSON. No names, no mail addresses.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use shared::domain::id::TenantId;
use shared::runtime::Report;
use simulators::aws::{Channel, SentMessage};
use terminal::counts::counted;
use terminal::wrapped;

/// Below a line, for what belongs to it.
const INDENT: &str = "          ";

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RegionEvent {
    /// Functions run there from now on.
    FunctionHost {
        host: Host,
    },
    Invocation(Box<Invocation>),
    /// A notice was sent. It may have several addresses, which are not shown.
    Notice {
        channel: &'static str,
        subject: String,
        body: String,
    },
    StateNotWritten {
        problem: String,
    },
}

impl RegionEvent {
    pub(super) fn message(message: &SentMessage) -> Self {
        Self::Notice {
            channel: match message.channel {
                Channel::Topic => "SNS",
                Channel::Mail => "SES",
            },
            subject: message.subject.clone(),
            body: message.body.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// `cargo lambda watch` does not listen at this address.
    InProcess {
        no_watch_at: String,
    },
    CargoLambdaWatch {
        url: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    Schedule,
    /// A caller that waits for the answer.
    Call,
    /// A caller that does not wait.
    Event,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Invocation {
    pub at: Timestamp,
    /// `None` if the event names none.
    pub tenant: Option<TenantId>,
    pub function: String,
    pub trigger: Trigger,
    pub duration_ms: u64,
    #[serde(flatten)]
    pub result: InvocationResult,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum InvocationResult {
    Reported {
        /// `unchanged`, `done`, …
        outcome: String,
        /// The counts that are not zero, in words.
        counted: String,
        /// The problem and its remedy; mostly empty.
        message: String,
    },
    /// The answer is no report.
    Answered,
    Failed {
        error: String,
        message: String,
        dead_letter: bool,
    },
}

impl InvocationResult {
    pub(super) fn reply(reply: &Value) -> Self {
        let Ok(report) = serde_json::from_value::<Report<Value>>(reply.clone()) else {
            return Self::Answered;
        };
        Self::Reported {
            outcome: report.outcome.to_string(),
            counted: counted(&report),
            message: report.message,
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

impl fmt::Display for RegionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FunctionHost { host } => write!(f, "The functions run {host}"),
            Self::Invocation(invocation) => invocation.fmt(f),
            Self::Notice {
                channel,
                subject,
                body,
            } => {
                write!(f, "{channel}: {subject}")?;
                for line in body.lines().filter(|line| !line.is_empty()) {
                    write!(f, "\n{}", wrapped(line, INDENT, INDENT))?;
                }
                Ok(())
            }
            Self::StateNotWritten { problem } => write!(f, "NOT WRITTEN: {problem}"),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProcess { no_watch_at } => write!(
                f,
                "in this process (no `cargo lambda watch` at {no_watch_at})"
            ),
            Self::CargoLambdaWatch { url } => write!(f, "in `cargo lambda watch` at {url}"),
        }
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at,
            tenant,
            function,
            trigger,
            duration_ms,
            result,
        } = self;
        let tenant = tenant.as_ref().map_or("?", TenantId::as_str);
        let trigger = match trigger {
            Trigger::Schedule => "tick",
            Trigger::Call => "call",
            Trigger::Event => "event",
        };
        let time = at.strftime("%H:%M:%SZ");
        write!(f, "{time} {tenant:<17} {function:<16} {trigger:<5} ")?;
        let took = Took(*duration_ms);
        match result {
            InvocationResult::Reported {
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
            InvocationResult::Answered => write!(f, "answered, not with a report ({took})"),
            InvocationResult::Failed {
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

/// Milliseconds for people.
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

    fn line(result: InvocationResult, duration_ms: u64) -> String {
        Invocation {
            at: "2026-05-11T08:06:00Z".parse().unwrap(),
            tenant: TenantId::parse("acme").ok(),
            function: "employee-sync".to_owned(),
            trigger: Trigger::Schedule,
            duration_ms,
            result,
        }
        .to_string()
    }

    #[test]
    fn an_invocation_is_one_line_with_the_problem_below() {
        let text = |text: &str| text.to_owned();
        let good = InvocationResult::Reported {
            outcome: text("done"),
            counted: text("3 people; 3 created"),
            message: text(""),
        };
        assert_eq!(
            line(good, 412),
            "08:06:00Z acme              employee-sync    tick  done: 3 people; 3 created (412 ms)"
        );
        let bad = InvocationResult::Failed {
            error: text("Sandbox.Timedout"),
            message: text("too long"),
            dead_letter: true,
        };
        assert_eq!(
            line(bad, 240_000),
            "08:06:00Z acme              employee-sync    tick  FAILED: Sandbox.Timedout (4m), a dead letter now\n          too long"
        );
        assert!(line(InvocationResult::Answered, 1_999).ends_with("(1.9 s)"));
    }

    #[test]
    fn replies_without_a_report_and_errors_without_text_have_results() {
        assert_eq!(
            InvocationResult::reply(&serde_json::json!({"ok": true})),
            InvocationResult::Answered
        );
        let failed = InvocationResult::Failed {
            error: String::new(),
            message: String::new(),
            dead_letter: false,
        };
        assert_eq!(InvocationResult::error(&Value::Null, false), failed);
    }
}
