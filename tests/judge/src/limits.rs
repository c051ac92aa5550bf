//! Calls in a window of time.

use jiff::{SignedDuration, Timestamp};

use crate::Violation;
use crate::history::Call;

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

/// Personio's limits, as its documents have them.
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

/// No window, wherever it begins, has more calls than its limit.
pub(crate) fn are_kept(calls: &[Call], limits: &[Limit]) -> Vec<Violation> {
    let broken = limits.iter().filter_map(|limit| {
        let ours = |call: &&Call| (call.method.as_str(), call.template) == limit.endpoint;
        let times: Vec<_> = calls.iter().filter(ours).map(|call| call.at).collect();
        let most = most_within(&times, limit.window);
        (most > limit.most).then(|| Violation {
            promise: "more calls than a limit allows",
            call: None,
            subject: format!("{most} calls of {}", limit.name),
        })
    });
    broken.collect()
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
