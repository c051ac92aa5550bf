//! The executor: looks for uploads of unknown outcome, then files what is to be filed, a few at a time. What it does
//! not reach is left for the next run.

mod check;
mod file;
mod folder;
mod ledger;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use jiff::tz::TimeZone;
use shared::domain::clock::Clock;
use shared::domain::id::{CertificateId, SourceId, TenantId};
use shared::http::Deadline;
use shared::reteach::{Client, Downloads};
use shared::routes::Hr;
use shared::runtime::{CircuitBreaker, LeaseGuard, RunError};
use shared::state::Store;

pub(crate) use folder::find as find_folder;

use crate::decide::{after_attempt, out_of_time};
use crate::outcome::CertificateResult;
use crate::plan::{Check, Upload};

/// Uploads in flight at once: enough to keep Personio's pace of one a second while each takes a few.
pub const CONCURRENCY: usize = 4;
/// With less than this left, no upload is begun: it may be a large file.
const MIN_REMAINING: Duration = Duration::from_secs(30);

/// Everything the executor acts with.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    pub tenant: &'a TenantId,
    pub sink: &'a Hr,
    pub reteach: &'a Client,
    pub downloads: &'a Downloads,
    pub store: &'a Store,
    pub guard: &'a LeaseGuard<'a>,
    pub clock: &'a dyn Clock,
    /// Everything must have ended by then.
    pub stop_at: Deadline,
    /// Uploads in flight at once.
    pub at_once: usize,
    /// The tenant's time zone, in which completion days are written.
    pub time_zone: &'a TimeZone,
    /// The folder that the tenant's file names.
    pub category: Option<&'a str>,
}

#[derive(Debug, Default)]
pub struct Applied {
    /// How it left each certificate, and in whose file that belongs.
    pub results: BTreeMap<CertificateId, (SourceId, CertificateResult)>,
    /// Why it stopped early, if it did.
    pub stop: Option<RunError>,
}

impl Applied {
    pub fn results(&self) -> impl Iterator<Item = (CertificateId, CertificateResult)> + '_ {
        let results = self.results.iter();
        results.map(|(id, (_, result))| (id.clone(), result.clone()))
    }

    /// Certificates that the operator has to decide about since this run.
    #[must_use]
    pub fn newly_parked(&self) -> u32 {
        let parked = self
            .results
            .values()
            .filter(|(_, result)| matches!(result, CertificateResult::Parked(_)));
        u32::try_from(parked.count()).unwrap_or(u32::MAX)
    }
}

/// Looks for `checks`, then files `uploads`. Calls `progress` for each certificate that is done or given up.
pub async fn apply(
    tools: Tools<'_>,
    checks: Vec<Check>,
    mut uploads: Vec<Upload>,
    progress: &(dyn Fn() + Sync),
) -> Applied {
    let (breaker, lists) = (CircuitBreaker::default(), CircuitBreaker::default());
    let mut results = BTreeMap::new();
    for (id, employee, checked) in check_all(tools, checks, &breaker, &lists).await {
        match checked {
            Ok(upload) => uploads.push(*upload),
            Err(result) => {
                progress();
                results.insert(id, (employee, result));
            }
        }
    }
    uploads.sort_by_key(|upload| Reverse(upload.completed_at));
    results.extend(upload_all(tools, uploads, &breaker, progress).await);
    Applied {
        results,
        stop: breaker.into_reason().or(lists.into_reason()),
    }
}

async fn check_all(
    tools: Tools<'_>,
    checks: Vec<Check>,
    breaker: &CircuitBreaker<RunError>,
    lists: &CircuitBreaker<RunError>,
) -> Vec<(
    CertificateId,
    SourceId,
    Result<Box<Upload>, CertificateResult>,
)> {
    let each = checks.into_iter().map(|check| async move {
        let (id, employee) = (check.id.clone(), check.employee.clone());
        let checked = check::check(tools, check, breaker, lists).await;
        (id, employee, checked)
    });
    stream::iter(each)
        .buffer_unordered(tools.at_once)
        .collect()
        .await
}

async fn upload_all(
    tools: Tools<'_>,
    uploads: Vec<Upload>,
    breaker: &CircuitBreaker<RunError>,
    progress: &(dyn Fn() + Sync),
) -> Vec<(CertificateId, (SourceId, CertificateResult))> {
    let folder = if uploads.is_empty() || breaker.is_open() || is_late(tools, breaker) {
        None
    } else {
        folder::find(tools.sink, tools.category)
            .await
            .map_err(|halt| breaker.open(halt))
            .ok()
    };
    let Some(folder) = &folder else {
        let not_reached =
            |upload: Upload| (upload.id, (upload.employee, CertificateResult::NotReached));
        return uploads.into_iter().map(not_reached).collect();
    };
    // Made as there is room for it, not all at once: an upload that waits as a future takes eight kilobytes.
    let each = uploads.into_iter().map(|upload| async move {
        let result = upload_one(tools, folder, &upload, breaker).await;
        progress();
        (upload.id, (upload.employee, result))
    });
    stream::iter(each)
        .buffer_unordered(tools.at_once)
        .collect()
        .await
}

async fn upload_one(
    tools: Tools<'_>,
    folder: &folder::Folder,
    upload: &Upload,
    breaker: &CircuitBreaker<RunError>,
) -> CertificateResult {
    if breaker.is_open() || is_late(tools, breaker) {
        return CertificateResult::NotReached;
    }
    let file::Attempted { result, intent } = file::file(tools, folder, upload).await;
    let (transition, signal) = after_attempt(upload.previous, result, intent, tools.clock.now());
    ledger::tell(breaker, signal);
    ledger::carry_out(tools, (&upload.id, &upload.employee), transition, breaker).await
}

/// Whether there is too little time for another upload.
fn is_late(tools: Tools<'_>, breaker: &CircuitBreaker<RunError>) -> bool {
    let left = tools.stop_at.remaining();
    let late = left.is_some_and(|left| left < MIN_REMAINING);
    if late {
        breaker.open(out_of_time());
    }
    late
}
