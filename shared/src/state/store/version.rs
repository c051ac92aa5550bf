//! The version of the state. It stands in an item of its own, for the operator's commands, and in each tenant's record, which
//! every run reads anyway: functions may read no other partition.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{StateError, Store};
use crate::state::key::Key;
use crate::state::table::{Condition, Freshness, Item, Outcome};

/// The version of all items that this program reads and writes. State without a mark has version 1.
///
/// Another attribute in an item is no other version: earlier programs pass it over. What earlier programs would misread is.
///
/// Nothing was released yet, so forms changed within version 1. It is frozen with the first release: from then on an
/// attribute without a default, a status of shards and a kind of held changes are another version. `tests/recorded.rs`
/// keeps what it has stored.
pub const STATE_VERSION: u32 = 1;

pub(super) const VERSION: &str = "state_version";

impl Store {
    /// Whether this program may use the table.
    pub async fn check_version(&self) -> Result<(), StateError> {
        let key = Key::version();
        let item = self.table.get(&key, Freshness::Consistent).await?;
        check(item.as_ref())
    }

    pub(super) async fn mark_version(&self) -> Result<(), StateError> {
        let version = AttributeValue::N(STATE_VERSION.to_string());
        let item = HashMap::from([(VERSION.to_owned(), version)]);
        let condition = Condition::when("attribute_not_exists(pk)");
        match self.table.put(&Key::version(), item, condition).await? {
            Outcome::Written(_) => Ok(()),
            Outcome::Refused(marked) => check(marked.as_ref()),
        }
    }
}

/// Looks at the mark of an item before anything else is read of it.
pub(super) fn check(item: Option<&Item>) -> Result<(), StateError> {
    let mark = item.and_then(|item| item.get(VERSION));
    let version = mark.map(|mark| mark.as_n().ok().and_then(|number| number.parse().ok()));
    match version {
        None => Ok(()),
        Some(Some(version)) if version <= STATE_VERSION => Ok(()),
        Some(version) => Err(StateError::Newer {
            // An unreadable mark is nobody's but a newer program's.
            version: version.unwrap_or(u32::MAX),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_of_a_newer_version_is_refused_and_an_unmarked_one_read() {
        let marked = |mark: AttributeValue| HashMap::from([(VERSION.to_owned(), mark)]);
        let number = |text: &str| marked(AttributeValue::N(text.to_owned()));
        for readable in [None, Some(HashMap::new()), Some(number("1"))] {
            assert_eq!(check(readable.as_ref()), Ok(()), "{readable:?}");
        }
        let newer = |version| Err(StateError::Newer { version });
        assert_eq!(check(Some(&number("2"))), newer(2));
        for unreadable in [number("two"), marked(AttributeValue::S("1".to_owned()))] {
            assert_eq!(check(Some(&unreadable)), newer(u32::MAX), "{unreadable:?}");
        }
    }
}
