//! How many requests were sent, for the run's report.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};

use super::{Call, Retirement};
use crate::locked::locked;

/// Whose server a request goes to. Personio through Kombo counts as Kombo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    Personio,
    Kombo,
    Reteach,
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Personio => "Personio",
            Self::Kombo => "Kombo",
            Self::Reteach => "reteach",
        })
    }
}

/// A counter of requests; copies share the same count.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    personio: AtomicU64,
    kombo: AtomicU64,
    reteach: AtomicU64,
    retirements: Mutex<BTreeMap<Retirement, u64>>,
    limits: Mutex<LimitsSeen>,
}

/// What the answers of reteach say of its limits, which no document names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsSeen {
    pub refused: u64,
    /// The fewest calls that a header allows. Within which time is not read.
    pub named: Option<u64>,
}

impl LimitsSeen {
    fn note(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.refused += u64::from(status == StatusCode::TOO_MANY_REQUESTS);
        // `X-RateLimit-Limit` (NestJS, also with the name of a throttler after it) and `RateLimit-Limit`.
        let limits = headers
            .iter()
            .filter(|(name, _)| name.as_str().contains("ratelimit-limit"));
        let named = limits.filter_map(|(_, value)| {
            let text = value.to_str().ok()?;
            let number = text.split(|char: char| !char.is_ascii_digit()).next()?;
            number.parse::<u64>().ok()
        });
        self.named = named.chain(self.named).min();
    }
}

/// What a [`Calls`] stood at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests to Personio, logins and retries included.
    pub personio: u64,
    pub kombo: u64,
    pub reteach: u64,
}

impl std::ops::Sub for Counts {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            personio: self.personio.saturating_sub(earlier.personio),
            kombo: self.kombo.saturating_sub(earlier.kombo),
            reteach: self.reteach.saturating_sub(earlier.reteach),
        }
    }
}

impl Calls {
    pub fn count(&self, vendor: Vendor) {
        self.of(vendor).fetch_add(1, Ordering::Relaxed);
    }

    /// Notes what an answer says of limits, and what its headers announce.
    pub(super) fn note(&self, call: &Call, status: StatusCode, headers: &HeaderMap) {
        if call.vendor == Vendor::Reteach {
            self.limits().note(status, headers);
        }
        for retirement in Retirement::all_of(call, headers) {
            *self.retirements().entry(retirement).or_default() += 1;
        }
    }

    /// The announcements since the last call of this, each with the number of answers that carried it.
    #[must_use]
    pub fn take_retirements(&self) -> BTreeMap<Retirement, u64> {
        std::mem::take(&mut *self.retirements())
    }

    /// What reteach's answers have said of its limits so far.
    #[must_use]
    pub fn limits_seen(&self) -> LimitsSeen {
        *self.limits()
    }

    fn limits(&self) -> MutexGuard<'_, LimitsSeen> {
        locked(&self.0.limits)
    }

    fn retirements(&self) -> MutexGuard<'_, BTreeMap<Retirement, u64>> {
        locked(&self.0.retirements)
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        let read = |vendor| self.of(vendor).load(Ordering::Relaxed);
        Counts {
            personio: read(Vendor::Personio),
            kombo: read(Vendor::Kombo),
            reteach: read(Vendor::Reteach),
        }
    }

    fn of(&self, vendor: Vendor) -> &AtomicU64 {
        match vendor {
            Vendor::Personio => &self.0.personio,
            Vendor::Kombo => &self.0.kombo,
            Vendor::Reteach => &self.0.reteach,
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    type Headers = &'static [(&'static str, &'static str)];

    #[test]
    fn the_lowest_limit_that_headers_name_is_noted() {
        let cases: [(Headers, Option<u64>); 5] = [
            (&[("x-ratelimit-limit", "60")], Some(60)),
            (
                &[
                    ("x-ratelimit-limit-short", "3"),
                    ("x-ratelimit-limit-long", "100"),
                ],
                Some(3),
            ),
            (&[("ratelimit-limit", "100, 100;w=60")], Some(100)),
            (
                &[("x-ratelimit-remaining", "2"), ("ratelimit-reset", "1")],
                None,
            ),
            (&[("x-ratelimit-limit", "many")], None),
        ];
        for (headers, named) in cases {
            let mut answer = HeaderMap::new();
            for (name, value) in headers {
                let (name, value) = (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                );
                answer.insert(name, value);
            }
            let mut seen = LimitsSeen::default();
            seen.note(StatusCode::OK, &answer);
            seen.note(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new());
            assert_eq!(seen, LimitsSeen { refused: 1, named }, "{headers:?}");
        }
    }
}
