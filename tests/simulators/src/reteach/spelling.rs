//! Other ways to write the same reply.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is shown otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// Dates are cut to the minute.
    Minutes,
    /// Dates have the offset +05:00.
    OtherOffset,
    /// Dates have no offset; they are in UTC.
    NoOffset,
    /// Dates are days, in UTC.
    Days,
    /// The status of an open account and of a participation, and the way to log in, are words that no document has.
    UnknownWords,
    /// Records have members that no document has.
    MoreMembers,
    /// Members that are null are left out.
    NoNulls,
    /// Ids are numbers, where accounts and tags were made with this quirk.
    NumericIds,
    NoTotal,
    /// The furthest moments are 9999-12-31, as an admin enters it.
    LastDay,
    /// A write of an account is answered with its id alone.
    BareReplies,
    /// A write of an account is answered with those of its members alone that the vendor's document requires.
    RequiredReplies,
    /// A write of an account or its tags is answered with its status and nothing else, as NestJS does for a handler that
    /// returns nothing.
    EmptyReplies,
}

impl Spelling {
    /// `value` with everything in it written this way.
    pub(super) fn written(self, value: Value) -> Value {
        match value {
            Value::Array(rows) => rows.into_iter().map(|row| self.written(row)).collect(),
            Value::Object(members) => {
                let written = members
                    .into_iter()
                    .filter(|(_, value)| self != Self::NoNulls || !value.is_null())
                    .map(|(key, value)| {
                        let value = self.member(&key, value);
                        (key, value)
                    });
                let more = (self == Self::MoreMembers).then(|| {
                    let list = json!([{"id": null, "name": "…"}, 7, null]);
                    ("aiInsights".to_owned(), json!({"score": 0.5, "list": list}))
                });
                Value::Object(written.chain(more).collect())
            }
            other => other,
        }
    }

    fn member(self, key: &str, value: Value) -> Value {
        const DATES: [&str; 4] = [
            "setActiveAt",
            "setInactiveAt",
            "completedAt",
            "registeredAt",
        ];
        let date = value
            .as_str()
            .filter(|_| DATES.contains(&key))
            .and_then(|text| text.parse().ok());
        match (self, key, &value) {
            (Self::UnknownWords, "status", Value::String(word))
                if word != "INACTIVE" && word != "COMPLETED" =>
            {
                json!("SLEEPING")
            }
            (Self::UnknownWords, "authenticationMethod", _) => json!("PASSKEY"),
            (Self::NumericIds, "id", Value::String(id)) => {
                id.parse::<u64>().map_or(value, |id| json!(id))
            }
            (Self::NoTotal, "resultCount", _) => Value::Null,
            _ => match date {
                Some(date) => self.date(date).map_or(value, Value::String),
                None => self.written(value),
            },
        }
    }

    fn date(self, date: Timestamp) -> Option<String> {
        let format = |format| {
            date.to_zoned_datetime(TimeZone::UTC)
                .strftime(format)
                .to_string()
        };
        match self {
            Self::Minutes => Some(format("%Y-%m-%dT%H:%M:00.000Z")),
            Self::OtherOffset => {
                let zone = TimeZone::fixed(jiff::tz::offset(5));
                let written = date
                    .to_zoned_datetime(zone)
                    .strftime("%Y-%m-%dT%H:%M:%S%:z");
                Some(written.to_string())
            }
            Self::NoOffset => Some(format("%Y-%m-%dT%H:%M:%S")),
            Self::Days => Some(format("%Y-%m-%d")),
            Self::LastDay if date.as_second() == Timestamp::MAX.as_second() => {
                Some("9999-12-31T00:00:00.000Z".to_owned())
            }
            _ => None,
        }
    }
}
