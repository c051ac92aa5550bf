//! The executor: looks for uploads of unknown outcome, then files what is to be filed, a few at a time; what is not
//! reached is left for the next run.

mod check;
mod file;
mod folder;
mod note;
mod setback;
mod trouble;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::domain::clock::Clock;
use shared::domain::id::{CertificateId, TenantId};
use shared::http::Deadline;
use shared::reteach::{Client, Downloads};
use shared::routes::Hr;
use shared::runtime::{CircuitBreaker, LeaseGuard, Outcome as Ending, RunError};
use shared::state::{RetryState, Store};

pub(crate) use folder::find as find_folder;

use crate::plan::{Check, Todo, Upload};

/// Uploads in flight at once: enough to keep Personio's pace of one a second while each takes a few.
pub const CONCURRENCY: usize = 4;
/// With less than this left, no upload is begun: it may be a large file.
const ENOUGH: Duration = Duration::from_secs(30);

/// Everything the executor acts with.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// Its HR system.
    pub sink: &'a Hr,
    /// Its academy.
    pub reteach: &'a Client,
    /// Its academy's files.
    pub downloads: &'a Downloads,
    /// The ledger.
    pub store: &'a Store,
    /// The lease.
    pub guard: &'a LeaseGuard<'a>,
    /// The present.
    pub clock: &'a dyn Clock,
    /// Everything has to have ended by then.
    pub stop_at: Deadline,
    /// Uploads in flight at once.
    pub at_once: usize,
    /// Days are told in this time zone.
    pub time_zone: &'a TimeZone,
    /// The folder of the tenant's choice.
    pub category: Option<&'a str>,
}

/// What became of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// Filed by this run.
    Filed,
    /// Found filed, by an earlier upload of unknown outcome.
    Verified,
    /// Not filed; tried again later.
    Failed(RetryState),
    /// Left alone until somebody decides.
    Parked(String),
    /// Nobody knows whether it is filed; it is looked for from this moment on.
    Doubtful(Timestamp),
    /// Its PDF is not made yet, after all.
    AwaitingPdf,
    /// reteach does not have it any more.
    Gone,
    /// Somebody decided about it meanwhile.
    Settled,
    /// Not reached: the next run goes on.
    Left,
}

/// What the executor came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What became of each certificate.
    pub became: HashMap<CertificateId, Became>,
    /// Why it stopped early, if it did.
    pub stop: Option<RunError>,
}

/// Carries out `todo`; `progress` is told of each certificate that is through or given up.
pub async fn apply(tools: Tools<'_>, todo: Todo, progress: &(dyn Fn() + Sync)) -> Outcome {
    let (breaker, silence) = (CircuitBreaker::default(), CircuitBreaker::default());
    let Todo {
        checks,
        mut uploads,
    } = todo;
    let mut became = HashMap::new();
    for (id, checked) in check_all(tools, checks, &breaker, &silence).await {
        match checked {
            check::Checked::Became(end) => {
                progress();
                became.insert(id, end);
            }
            check::Checked::Send(upload) => uploads.push(*upload),
        }
    }
    uploads.sort_by_key(|upload| Reverse(upload.completed_at));
    became.extend(upload_all(tools, uploads, &breaker, progress).await);
    Outcome {
        became,
        stop: breaker.into_reason().or(silence.into_reason()),
    }
}

async fn check_all(
    tools: Tools<'_>,
    checks: Vec<Check>,
    breaker: &CircuitBreaker<RunError>,
    silence: &CircuitBreaker<RunError>,
) -> Vec<(CertificateId, check::Checked)> {
    let each = checks.into_iter().map(|check| async move {
        (
            check.id.clone(),
            check::check(tools, check, breaker, silence).await,
        )
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
) -> Vec<(CertificateId, Became)> {
    let left = |uploads: Vec<Upload>| {
        uploads
            .into_iter()
            .map(|upload| (upload.id, Became::Left))
            .collect()
    };
    if uploads.is_empty() || breaker.is_open() || is_late(tools, breaker) {
        return left(uploads);
    }
    let folder = match folder::find(tools.sink, tools.category).await {
        Ok(folder) => folder,
        Err(halt) => {
            breaker.open(halt);
            return left(uploads);
        }
    };
    let folder = &folder;
    // Made as there is room for it, not all at once: an upload that waits as a future takes eight kilobytes.
    let each = uploads.into_iter().map(|upload| async move {
        let end = one(tools, folder, &upload, breaker).await;
        progress();
        (upload.id, end)
    });
    stream::iter(each)
        .buffer_unordered(tools.at_once)
        .collect()
        .await
}

async fn one(
    tools: Tools<'_>,
    folder: &folder::Folder,
    upload: &Upload,
    breaker: &CircuitBreaker<RunError>,
) -> Became {
    if breaker.is_open() || is_late(tools, breaker) {
        return Became::Left;
    }
    let filed = file::file(tools, folder, upload).await;
    note::note(tools, upload, filed, breaker).await
}

/// Whether there is too little time for another upload.
fn is_late(tools: Tools<'_>, breaker: &CircuitBreaker<RunError>) -> bool {
    let late = tools.stop_at.remaining().is_some_and(|left| left < ENOUGH);
    if late {
        breaker.open(out_of_time());
    }
    late
}

fn out_of_time() -> RunError {
    RunError::new(
        Ending::Partly,
        "the time for this run is over; the rest follows on the next one",
    )
}
