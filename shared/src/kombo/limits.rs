//! Kombo's limits, page sizes and our timeouts, each with its source.

use std::time::Duration;

use crate::http::Rate;

/// `page_size`: 1 to 250 (OpenAPI document of 2026-05, `GET /hris/employees`).
pub(super) const PAGE_SIZE: &str = "250";
/// A reading of more than this many pages (250,000 people) is a paging fault, not a company. Our own bound.
pub(super) const MAX_PAGES: usize = 1_000;
/// Reads come from Kombo's own database. Our own bound; Kombo publishes none.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A passthrough call takes as long as the remote system. Our own bound.
pub(super) const PASSTHROUGH_TIMEOUT: Duration = Duration::from_secs(60);
/// `ratelimit-limit` shows 300 with a reset below a minute, as a sample (docs.kombo.dev, fetching data). The real limit
/// comes with each 429.
pub(super) const READS: &[Rate] = &[Rate {
    calls: 300,
    within: Duration::from_secs(61),
}];
/// Uploads end at the HR system's limit: Personio's 60 a minute. A third of a second more, because calls arrive apart.
pub(super) const UPLOADS: &[Rate] = &[
    Rate {
        calls: 1,
        within: Duration::from_secs(1),
    },
    Rate {
        calls: 60,
        within: Duration::from_millis(60_300),
    },
];
/// 30 MB take a while, and the HR system may scan them for viruses before it answers. Our own bound.
pub(super) const UPLOAD_TIMEOUT: Duration = Duration::from_secs(120);
