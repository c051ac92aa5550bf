//! Which notices are due: pure.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Cause, Observation};

/// Minimum time between two notices of one cause to one recipient.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// The stack's topic (SNS).
    Operator,
    /// The HR admin's addresses (SES).
    Mail,
    Webhook,
}

impl Recipient {
    pub const ALL: [Self; 3] = [Self::Operator, Self::Mail, Self::Webhook];

    /// As reports name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    /// Its key in the state. An item with all of this stays below one write unit.
    fn key(self) -> &'static str {
        match self {
            Self::Operator => "o",
            Self::Mail => "m",
            Self::Webhook => "w",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Begun,
    Still,
    Ended,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Still => "still",
            Self::Ended => "ended",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub cause: Cause,
    pub recipient: Recipient,
    pub kind: Kind,
    /// When the trouble began, or began again. `None` if it is over.
    pub since: Option<Timestamp>,
    /// People or certificates, where the cause counts them.
    pub count: u64,
}

/// What became of one attempt to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Sent,
    /// The next attempt is a day later: nobody knows whether this one arrived.
    Failed,
    /// It did not arrive, but a later attempt may. It is due on the next run.
    Deferred,
    /// The recipient's address was rejected. The next attempt is a day later.
    Rejected,
}

/// Which notices were sent for each cause. Kept in the job's lease, which each run reads and writes anyway.
///
/// A cause of a newer release is kept unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Memory(BTreeMap<String, Entry>);

/// Seconds since 1970.
type Seconds = i64;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// When the trouble began. `None`: it is over.
    #[serde(default, rename = "s", skip_serializing_if = "Option::is_none")]
    since: Option<Seconds>,
    #[serde(default, rename = "t", skip_serializing_if = "BTreeMap::is_empty")]
    attempts: BTreeMap<String, Attempt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Attempt {
    at: Seconds,
    #[serde(default, rename = "k", skip_serializing_if = "Knows::is_nothing")]
    knows: Knows,
    #[serde(default, rename = "d", skip_serializing_if = "is_zero")]
    deferred: u8,
    /// Days in a row on which nobody knows whether the end arrived.
    #[serde(default, rename = "e", skip_serializing_if = "is_zero")]
    unsure_ends: u8,
}

/// Deferred attempts in a row. After the last one, the next attempt is a day later.
const MAX_DEFERRED: u8 = 5;

/// Days on which an end is sent to a recipient who may have got it each time. Then nobody hears of the cause again.
const MAX_UNSURE_ENDS: u8 = 3;

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// What a recipient was last sent with success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Knows {
    #[serde(rename = "b")]
    Trouble,
    /// Nothing, or that it is over.
    #[default]
    #[serde(other, rename = "n")]
    Nothing,
}

impl Knows {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

impl Memory {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The memory after a run at `now`: causes begin, go on and end.
    #[must_use]
    pub fn after(mut self, observation: &Observation, now: Timestamp) -> Self {
        let Observation { causes, over } = observation;
        for cause in causes.keys() {
            let entry = self.0.entry(cause.code().to_owned()).or_default();
            entry.since.get_or_insert(now.as_second());
        }
        for cause in over.iter().filter(|cause| !causes.contains_key(cause)) {
            if let Some(entry) = self.0.get_mut(cause.code()) {
                entry.since = None;
            }
        }
        self
    }

    /// What `recipients` should be sent at `now`.
    #[must_use]
    pub fn due(
        &self,
        observation: &Observation,
        recipients: impl Fn(Cause) -> Vec<Recipient>,
        now: Timestamp,
    ) -> Vec<Due> {
        let mut due = Vec::new();
        for cause in Cause::ALL {
            let Some(entry) = self.0.get(cause.code()) else {
                continue;
            };
            for recipient in recipients(cause) {
                let attempt = entry.attempts.get(recipient.key());
                if let Some(kind) = entry.kind(cause, attempt, observation, now) {
                    let since = entry.since.and_then(|at| Timestamp::from_second(at).ok());
                    let count = observation.causes.get(&cause).copied().unwrap_or_default();
                    due.push(Due {
                        cause,
                        recipient,
                        kind,
                        since,
                        count,
                    });
                }
            }
        }
        due
    }

    pub fn note(&mut self, due: &Due, delivery: Delivery, now: Timestamp) {
        let entry = self.0.entry(due.cause.code().to_owned()).or_default();
        let attempt = entry.attempts.entry(due.recipient.key().to_owned());
        let attempt = attempt.or_insert(Attempt {
            at: 0,
            knows: Knows::Nothing,
            deferred: 0,
            unsure_ends: 0,
        });
        if delivery == Delivery::Deferred && attempt.deferred + 1 < MAX_DEFERRED {
            attempt.deferred += 1;
            return;
        }
        attempt.deferred = 0;
        attempt.at = now.as_second();
        let is_sure = matches!(delivery, Delivery::Sent | Delivery::Rejected);
        attempt.unsure_ends = match due.kind {
            Kind::Ended if !is_sure => attempt.unsure_ends + 1,
            _ => 0,
        };
        attempt.knows = match (delivery, due.kind) {
            _ if attempt.unsure_ends >= MAX_UNSURE_ENDS => Knows::Nothing,
            (Delivery::Sent, Kind::Begun | Kind::Still) => Knows::Trouble,
            (Delivery::Sent, Kind::Ended) => Knows::Nothing,
            (Delivery::Failed | Delivery::Deferred, _) => attempt.knows,
            (Delivery::Rejected, _) => Knows::Nothing,
        };
    }

    /// Drops entries that no later notice needs: removed recipients and finished causes.
    pub fn forget(&mut self, recipients: impl Fn(Cause) -> Vec<Recipient>, now: Timestamp) {
        for cause in Cause::ALL {
            let Some(entry) = self.0.get_mut(cause.code()) else {
                continue;
            };
            let keys: Vec<&str> = recipients(cause).into_iter().map(Recipient::key).collect();
            entry.attempts.retain(|key, _| keys.contains(&key.as_str()));
            let is_over = entry.since.is_none();
            let is_done = |attempt: &Attempt| {
                attempt.knows != Knows::Trouble && is_a_day_ago(attempt.at, now)
            };
            if is_over && entry.attempts.values().all(is_done) || keys.is_empty() {
                self.0.remove(cause.code());
            }
        }
    }
}

impl Entry {
    fn kind(
        &self,
        cause: Cause,
        attempt: Option<&Attempt>,
        observation: &Observation,
        now: Timestamp,
    ) -> Option<Kind> {
        let knows = attempt.map_or(Knows::Nothing, |attempt| attempt.knows);
        if attempt.is_some_and(|attempt| !is_a_day_ago(attempt.at, now)) {
            return None;
        }
        match self.since {
            None => (knows == Knows::Trouble).then_some(Kind::Ended),
            Some(since) => {
                // A run that failed otherwise cannot tell whether it goes on.
                let is_on = observation.causes.contains_key(&cause);
                let has_lasted = now.as_second() - since >= cause.patience().as_secs();
                let is_known =
                    knows == Knows::Trouble && attempt.is_some_and(|attempt| attempt.at >= since);
                (is_on && has_lasted).then_some(if is_known { Kind::Still } else { Kind::Begun })
            }
        }
    }
}

fn is_a_day_ago(at: Seconds, now: Timestamp) -> bool {
    now.as_second() - at >= DAY.as_secs()
}
