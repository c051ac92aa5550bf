//! How fast a credential was used, as Personio saw it.

use jiff::{SignedDuration, Timestamp};
use local::Company;
use simulators::{Personio, Received};

/// The most calls of each kind that came within a window, wherever it begins; in the order of [`LIMITS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallRates {
    pub most: [usize; 4],
    /// Calls that were answered 429 because a limit was reached, or because a fault said so.
    pub refused: usize,
}

/// A limit of Personio's for a credential.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What it is called here.
    pub name: &'static str,
    /// Calls of the endpoint with this method and path template,
    pub endpoint: (&'static str, &'static str),
    /// at most so many
    pub most: usize,
    /// within this time.
    pub window: SignedDuration,
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const MINUTE: SignedDuration = SignedDuration::from_secs(60);
const EMPLOYEES: (&str, &str) = ("GET", "/v1/company/employees");

/// Personio's limits, as its documents have them (`shared::personio`).
pub const LIMITS: [Limit; 4] = [
    Limit {
        name: "employees, a second",
        endpoint: EMPLOYEES,
        most: 15,
        window: SECOND,
    },
    Limit {
        name: "employees, a minute",
        endpoint: EMPLOYEES,
        most: 300,
        window: MINUTE,
    },
    Limit {
        name: "documents, a minute",
        endpoint: ("POST", "/v1/company/documents"),
        most: 60,
        window: MINUTE,
    },
    Limit {
        name: "auth, a minute",
        endpoint: ("POST", "/v1/auth"),
        most: 60,
        window: MINUTE,
    },
];

impl CallRates {
    /// What `personio` has in its log.
    #[must_use]
    pub fn at(personio: &Personio) -> Self {
        let requests = personio.requests();
        let refused = requests
            .iter()
            .filter(|request| request.status == Some(429))
            .count();
        Self {
            most: LIMITS.map(|limit| limit.seen_in(&requests)),
            refused,
        }
    }

    /// The most of any of them.
    #[must_use]
    pub fn of(companies: &[Company]) -> Self {
        companies
            .iter()
            .map(|it| Self::at(&it.personio))
            .fold(Self::default(), Self::or_more)
    }

    /// The higher of both, limit by limit.
    #[must_use]
    pub fn or_more(self, other: Self) -> Self {
        let mut most = self.most;
        for (most, other) in most.iter_mut().zip(other.most) {
            *most = (*most).max(other);
        }
        Self {
            most,
            refused: self.refused + other.refused,
        }
    }

    /// The limits that were broken.
    pub fn broken(&self) -> impl Iterator<Item = (&'static str, usize)> {
        LIMITS
            .iter()
            .zip(self.most)
            .filter(|(limit, most)| *most > limit.most)
            .map(|(limit, most)| (limit.name, most))
    }
}

impl Limit {
    fn seen_in(&self, requests: &[Received]) -> usize {
        let (method, template) = self.endpoint;
        let is_ours =
            |it: &&Received| it.method.as_str() == method && it.template == Some(template);
        let times: Vec<_> = requests
            .iter()
            .filter(is_ours)
            .map(|request| request.at)
            .collect();
        most_within(&times, self.window)
    }
}

/// The most of these moments, which are in order, that fall into any stretch of this length (its end excluded).
#[must_use]
pub fn most_within(moments: &[Timestamp], window: SignedDuration) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, moment) in moments.iter().enumerate() {
        let is_before = |from: &Timestamp| moment.duration_since(*from) >= window;
        first += moments
            .iter()
            .skip(first)
            .take_while(|from| is_before(from))
            .count();
        most = most.max(last + 1 - first);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_window_counts_wherever_it_begins() {
        let at = |milliseconds: &[i64]| -> Vec<Timestamp> {
            milliseconds
                .iter()
                .map(|it| Timestamp::from_millisecond(*it).unwrap())
                .collect()
        };
        for (moments, most) in [
            (at(&[]), 0),
            (at(&[0]), 1),
            (at(&[0, 999, 1_000]), 2),
            (at(&[0, 600, 1_100, 1_500, 1_599, 3_000]), 4),
        ] {
            assert_eq!(most_within(&moments, SECOND), most, "{moments:?}");
        }
    }
}
