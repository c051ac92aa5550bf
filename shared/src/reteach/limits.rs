//! reteach's limits, page sizes and our timeouts, each with its source.

use std::time::Duration;

use jiff::SignedDuration;

/// `limit` of `GET /customer`: at most 250 (OpenAPI document of 2023-04).
pub(super) const PAGE_SIZE: u32 = 250;
/// `limit` where none is given (the same document).
pub(super) const DEFAULT_PAGE_SIZE: u32 = 25;
/// For an academy that refuses pages of 250: a usual maximum, and the default.
pub(super) const SMALLER_PAGES: [u32; 2] = [100, DEFAULT_PAGE_SIZE];
/// How many accounts are looked at when asking for one external id: more than one already is a fault.
pub(super) const FEW: u32 = 5;
/// The largest certificate, in bytes: Personio takes files up to 30 MB (changelog "Documents API: 30MB file size
/// limit").
pub(super) const MAX_PDF_BYTES: u64 = 30 * 1024 * 1024;
/// Redirects that are followed on the way to a certificate. Our own bound.
pub(super) const MAX_REDIRECTS: usize = 3;
/// The longest silence within a download. Our own bound.
pub(super) const DOWNLOAD_SILENCE: Duration = Duration::from_secs(20);
/// A whole download, as far as it feeds an upload: a drip ends here. Before the two minutes of an upload, so that a slow file
/// is not taken for a slow HR system. Our own bound.
pub(super) const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(100);
/// A listing of more than this many pages (1,000,000 accounts, 100,000 in the smallest ones) is a paging fault. Our own
/// bound.
pub(super) const MAX_PAGES: u32 = 4_000;
/// Times that a listing is read again when its count moved (design, "complete reads").
pub(super) const REREADS: usize = 2;
/// Pages in flight at once. Our own bound.
pub(super) const CONCURRENCY: usize = 4;
/// Our own bound.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
/// An access token lives 1 hour ("Rest API Access and Authentication"), if the login does not say.
pub(super) const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(1);
