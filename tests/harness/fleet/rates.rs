//! How fast a credential was used, as Personio saw it.

use judge::{LIMITS, Limit, most_within};
use local::Company;
use simulators::{Personio, Received};

/// The most calls of each kind that came within a window, wherever it begins; in the order of the judge's [`LIMITS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallRates {
    pub most: [usize; 4],
    /// Calls that were answered 429 because a limit was reached, or because a fault said so.
    pub refused: usize,
}

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
            most: LIMITS.map(|limit| seen_in(&limit, &requests)),
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
}

fn seen_in(limit: &Limit, requests: &[Received]) -> usize {
    let (method, template) = limit.endpoint;
    let is_ours = |it: &&Received| it.method.as_str() == method && it.template == Some(template);
    let times: Vec<_> = requests
        .iter()
        .filter(is_ours)
        .map(|request| request.at)
        .collect();
    most_within(&times, limit.window)
}
