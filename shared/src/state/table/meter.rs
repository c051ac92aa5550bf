//! What the table costs.

use std::ops::Sub;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::ConsumedCapacity;
use serde::{Deserialize, Serialize};

use crate::locked::locked;

/// Capacity units that DynamoDB reported, and how many calls were made.
///
/// A refused conditional write is billed too, but its reply does not say how much: it counts as one write unit, which
/// is right for items up to 1 KB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// Read units: 1 for a consistent read of up to 4 KB, half of that for an eventually consistent one.
    pub read: f64,
    /// Write units: 1 for each KB.
    pub write: f64,
    /// Calls, the SDK's own retries not counted.
    pub calls: u64,
    /// What was asked again of AWS in a run: the SDK's own retries, those for the secret included, and those for the session.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Sub for Units {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            read: self.read - earlier.read,
            write: self.write - earlier.write,
            calls: self.calls.saturating_sub(earlier.calls),
            retries: self.retries.saturating_sub(earlier.retries),
        }
    }
}

/// Adds up units; copies share the sum.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<Mutex<Units>>);

impl Meter {
    pub(super) fn units(&self) -> Units {
        *locked(&self.0)
    }

    pub(super) fn read(&self, consumed: impl IntoIterator<Item = ConsumedCapacity>) {
        self.add(units(consumed), 0.0);
    }

    pub(super) fn write(&self, consumed: impl IntoIterator<Item = ConsumedCapacity>) {
        self.add(0.0, units(consumed));
    }

    /// A refused write, whose reply does not say what it took.
    pub(super) fn refused(&self, write: f64) {
        self.add(0.0, write);
    }

    fn add(&self, read: f64, write: f64) {
        let mut sum = locked(&self.0);
        sum.read += read;
        sum.write += write;
        sum.calls += 1;
    }
}

fn units(consumed: impl IntoIterator<Item = ConsumedCapacity>) -> f64 {
    let units = consumed.into_iter().filter_map(|part| part.capacity_units);
    units.sum()
}
