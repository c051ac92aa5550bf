//! What reteach refuses, and what that means to a caller.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use crate::http::{self, Call, Effect, Reply, Request, redact};

/// Why a call to reteach failed. The texts hold no names, mail addresses or values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    #[error("{call} found nothing")]
    NotFound { call: Call },
    /// reteach does not take this person's data (400, 422): a matter of this person only.
    #[error("{call} was rejected ({status}): {}", described(.fields, .reasons))]
    Rejected {
        call: Call,
        /// 400 or 422; 0 where the call was not even sent, because an id can be no id.
        status: u16,
        /// The fields that did not pass, where reteach names them.
        fields: Vec<String>,
        /// What reteach says, without values.
        reasons: Vec<String>,
    },
    /// It collides with another account (409).
    #[error("{call} is in conflict with another account: {}", described(&[], .reasons))]
    Conflict {
        call: Call,
        /// What reteach says, without values.
        reasons: Vec<String>,
    },
    /// The credentials are wrong or revoked.
    #[error(
        "{0}. Check the client id, secret and code in reteach's settings, and store them again."
    )]
    Credential(String),
    /// The credentials lack a right, or the academy takes no more of this.
    #[error("{0}. The academy does not allow this to these credentials.")]
    Forbidden(String),
    /// The academy takes no more calls for now (429), after all waits that fit into a run. It is about no account.
    #[error("{0}. The academy takes no more calls for now; the rest follows on the next run.")]
    Limited(String),
    #[error("{problem}")]
    Unavailable { problem: String, effect: Effect },
    /// The answer is larger than any that is read: smaller pages may fit.
    #[error("{problem}")]
    TooLarge { problem: String, effect: Effect },
    /// The answer is not what the vendor's document says.
    #[error("{problem}")]
    Unreadable { problem: String, effect: Effect },
    /// The deadline came first. The rest follows on the next run.
    #[error("{call}: given up, the time for this run is over")]
    OutOfTime { call: Call, effect: Effect },
}

fn described(fields: &[String], reasons: &[String]) -> String {
    match (fields, reasons) {
        ([], []) => "no reason given".to_owned(),
        (_, []) => fields.join(", "),
        _ => reasons.join("; "),
    }
}

impl Error {
    /// Whether the failed call may have taken effect.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self {
            Self::Unavailable { effect, .. }
            | Self::TooLarge { effect, .. }
            | Self::Unreadable { effect, .. }
            | Self::OutOfTime { effect, .. } => *effect,
            _ => Effect::None,
        }
    }
}

impl From<http::Error> for Error {
    fn from(error: http::Error) -> Self {
        let (problem, effect) = (error.to_string(), error.effect());
        match error {
            http::Error::OutOfTime { call, effect } => Self::OutOfTime { call, effect },
            http::Error::Unreachable { .. } => Self::Unavailable { problem, effect },
            http::Error::Invalid { call, .. } => Self::Rejected {
                call,
                status: 0,
                fields: Vec::new(),
                reasons: vec![problem],
            },
            http::Error::TooLarge { .. } => Self::TooLarge { problem, effect },
            http::Error::Unreadable { .. } => Self::Unreadable { problem, effect },
        }
    }
}

#[derive(Deserialize)]
struct Body {
    message: Messages,
}

/// Documented as text; validation errors of this framework are lists.
#[derive(Deserialize)]
#[serde(untagged)]
enum Messages {
    One(String),
    Several(Vec<Message>),
}

/// Text, or what the framework's validator makes the text of.
#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Text(String),
    Property {
        property: String,
        #[serde(default)]
        constraints: BTreeMap<String, String>,
    },
}

impl Message {
    /// Texts that begin with the field.
    fn texts(self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text],
            Self::Property {
                property,
                constraints,
            } if constraints.is_empty() => vec![format!("{property} is invalid")],
            Self::Property {
                property,
                constraints,
            } => {
                let of = |text: String| format!("{property}: {text}");
                constraints.into_values().map(of).collect()
            }
        }
    }
}

/// The reply to `request` if it is a success; else what reteach's no means.
pub(super) fn check(reply: Reply, request: &Request) -> Result<Reply, Error> {
    let status = reply.status.as_u16();
    if reply.status.is_success() {
        return Ok(reply);
    }
    let messages = match reply.json::<Body>().map(|body| body.message) {
        Ok(Messages::One(message)) => vec![message],
        Ok(Messages::Several(messages)) => messages.into_iter().flat_map(Message::texts).collect(),
        Err(_) => Vec::new(),
    };
    let fields = messages
        .iter()
        .filter_map(|message| field(message, request))
        .collect();
    let reasons: Vec<_> = messages.iter().map(|message| redact(message)).collect();
    let call = reply.call;
    let problem = match reasons.first() {
        Some(reason) => format!("{call} answered {status}: {reason}"),
        None => format!("{call} answered {status}"),
    };
    Err(match status {
        400 | 422 => Error::Rejected {
            call,
            status,
            fields,
            reasons,
        },
        401 => Error::Credential(problem),
        // A contract without a free place (402) and a locked account (423): the academy answers, and nothing is wrong with it.
        402 | 403 | 423 => Error::Forbidden(problem),
        404 => Error::NotFound { call },
        409 => Error::Conflict { call, reasons },
        429 => Error::Limited(problem),
        408 | 500.. => Error::Unavailable {
            problem,
            effect: reply.effect,
        },
        _ => Error::Unreadable {
            problem,
            effect: reply.effect,
        },
    })
}

/// The field that a validation message is about: it comes first (`email must be an email`), or after `property`
/// (`property position should not exist`). Only the latter may be about a field that is neither ours nor was sent.
fn field(message: &str, request: &Request) -> Option<String> {
    const FIELDS: [&str; 12] = [
        "email",
        "userName",
        "firstName",
        "lastName",
        "position",
        "company",
        "department",
        "location",
        "gender",
        "externalId",
        "setActiveAt",
        "setInactiveAt",
    ];
    let is_name = |name: &&str| name.chars().all(|char| char.is_ascii_alphanumeric());
    let unknown = message
        .strip_prefix("property ")
        .and_then(|rest| rest.strip_suffix(" should not exist"));
    if let Some(name) = unknown.filter(is_name) {
        return Some(name.to_owned());
    }
    let mut words = message
        .split_whitespace()
        .skip_while(|word| *word == "property");
    let first = words
        .next()?
        .trim_matches(|char: char| !char.is_alphanumeric());
    (FIELDS.contains(&first) || request.sends(first)).then(|| first.to_owned())
}
