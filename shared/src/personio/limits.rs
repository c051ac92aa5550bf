//! Personio's limits, page sizes and our timeouts, each with its source.

use std::time::Duration;

use jiff::SignedDuration;

use crate::http::Rate;

/// `limit` of `GET /v1/company/employees`: at most 100, enforced since 2025-01-31 (pagination adoption guide).
pub(super) const PAGE_SIZE: u64 = 100;
/// A reading of more than this many pages (200,000 people) is a paging fault, not a company. Our own bound.
pub(super) const MAX_PAGES: u64 = 2_000;
/// Pages in flight at once. Our own bound: it hides the latency, the pace sets the speed.
pub(super) const CONCURRENCY: usize = 10;
/// How much later one call may arrive than another that was sent at the same moment: a new connection, a slow one. Our own
/// bound; each window is longer by it.
const JITTER: Duration = Duration::from_millis(300);
/// Employees: 300 a minute with bursts of 15 a second (changelog "Rate limits on GET employees endpoint"). Three a second are
/// left for those that are later still.
pub(super) const EMPLOYEES: &[Rate] = &[
    Rate {
        calls: 12,
        within: seconds(1),
    },
    Rate {
        calls: 300,
        within: seconds(60),
    },
];
/// Logins: 60 a minute, then 60 s of cool-down (reference "auth"). Half of them: both jobs log in with one credential.
pub(super) const LOGINS: &[Rate] = &[Rate {
    calls: 30,
    within: seconds(60),
}];
/// Uploads: 60 a minute (OpenAPI document of 2025-01, `POST /v1/company/documents`; changelog "Documents API: POST
/// documents endpoints"). Kombo's uploads end at the same limit.
///
/// One a second: a burst would leave the rest of the minute to open downloads that wait.
pub(super) const DOCUMENTS: &[Rate] = &[
    Rate {
        calls: 1,
        within: Duration::from_secs(1),
    },
    Rate {
        calls: 60,
        within: seconds(60),
    },
];
/// v2 lists: no limit is documented; 10 a second were observed on others. Our own choice.
pub(super) const LISTS: &[Rate] = &[Rate {
    calls: 4,
    within: seconds(1),
}];
/// `limit` of v2 lists: 1 to 200 (common components, 2026-09).
pub(super) const LIST_SIZE: usize = 200;
/// More pages than this (20,000 documents of one employee) are a paging fault. Our own bound.
pub(super) const MAX_LIST_PAGES: usize = 100;
/// 30 MB take a while, and a virus scan may come before the answer. Our own bound; Personio publishes none.
pub(super) const UPLOAD_TIMEOUT: Duration = Duration::from_secs(120);
/// A page of 100 people is about 200 KB. Our own bound; Personio publishes none.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Our own bound.
pub(super) const LOGIN_TIMEOUT: Duration = Duration::from_secs(15);
/// A token lives 24 hours (changelog "improved bearer token"), if the login does not say.
pub(super) const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A vendor's window of so many seconds, as it has to be kept to from here.
const fn seconds(window: u64) -> Duration {
    Duration::from_secs(window).saturating_add(JITTER)
}
