//! What an unchanged tick may take of DynamoDB.

use std::time::Duration;

/// Of either kind of unit, whatever the company's size.
pub const UNITS: f64 = 2.0;

/// How often the lease of a run is renewed, which is a write: only the vendors' pace makes an unchanged one last as long.
const RENEWED_EVERY: Duration = Duration::from_secs(60);

/// The write units that come on top for a run of this length.
#[must_use]
pub fn renewals(took: Duration) -> f64 {
    took.div_duration_f64(RENEWED_EVERY).floor()
}
