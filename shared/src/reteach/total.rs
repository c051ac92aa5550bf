//! A number that an academy announces: of records, or of seconds.

use serde::{Deserialize as _, Deserializer};
use serde_json::Value;

/// A number, also with a fraction of zero, or text that is one. Anything else announces nothing: pages are read until one
/// is empty.
pub(super) fn total<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => {
            let text = number.to_string();
            let whole = text.strip_suffix(".0").unwrap_or(&text);
            whole.parse().ok()
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}
