//! The executor: looks for uploads of unknown outcome, then files what is to be filed, a few at a time. What it does
//! not reach is left for the next run.

mod attempt;
mod before_filing;
mod check;
mod file;
mod folder;
mod ledger;
mod lists;
mod queue;
mod settle;
mod source;
mod upload;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::domain::clock::Clock;
use shared::domain::id::{CertificateId, SourceId, TenantId};
use shared::http::Deadline;
use shared::reteach::{Client, Downloads};
use shared::routes::Hr;
use shared::runtime::{CircuitBreaker, LeaseGuard, RunError};
use shared::state::{CertificateState, EqualRefusals, Intent, Issue, ListAccess, Store};

pub(crate) use folder::find as find_folder;

use self::ledger::Subject;
use self::lists::Lists;
use self::settle::Left;
use self::source::Denied;
use crate::decide::{Series, Transition, out_of_time};
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::{Check, Plan, Reissue, Upload};

/// Uploads in flight at once: enough to keep Personio's pace of one a second while each takes a few.
pub const CONCURRENCY: usize = 4;
/// With less than this left, no upload is begun: it may be a large file.
const MIN_REMAINING: Duration = Duration::from_secs(30);

/// The usual time between two runs.
const TICK_SECONDS: i64 = 30 * 60;

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
    pub category: Option<&'a str>,
    /// What earlier runs have seen of lists of employees' documents.
    pub lists: ListAccess,
    /// What earlier runs have counted of refusals.
    pub refusals: Option<&'a EqualRefusals>,
}

#[derive(Debug, Default)]
pub struct Applied {
    /// How it left each certificate, and in whose file that belongs.
    pub results: BTreeMap<CertificateId, (SourceId, CertificateResult)>,
    /// People whose documents were listed first.
    pub people_looked_at: u64,
    /// People whose documents are still to be listed.
    pub people_left: u64,
    /// Whether some that are to be held could not be noted.
    pub holds_left: bool,
    /// What it has seen of lists of employees' documents, if it has asked for any.
    pub lists: Option<ListAccess>,
    /// The refusals since the last confirmed upload.
    pub refusals: Option<EqualRefusals>,
    /// Why it stopped early, if it did.
    pub stop: Option<RunError>,
}

impl Applied {
    fn take(&mut self, left: impl IntoIterator<Item = Left>) {
        let each = left.into_iter();
        let each = each.map(|left| (left.id, (left.employee, left.result)));
        self.results.extend(each);
    }

    pub fn results(&self) -> impl Iterator<Item = (CertificateId, CertificateResult)> + '_ {
        let results = self.results.iter();
        results.map(|(id, (_, result))| (id.clone(), result.clone()))
    }

    /// Certificates that the operator has to decide about since this run.
    pub fn newly_parked(&self) -> u32 {
        let parked = self
            .results
            .values()
            .filter(|(_, result)| matches!(result, CertificateResult::Parked(_)));
        u32::try_from(parked.count()).unwrap_or(u32::MAX)
    }

    /// Certificates that this run noticed to be issued again.
    pub fn newly_reissued(&self) -> u32 {
        let results = self.results.values();
        let reissued = results.filter(|(_, result)| *result == CertificateResult::Reissued);
        u32::try_from(reissued.count()).unwrap_or(u32::MAX)
    }
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    breaker: CircuitBreaker<RunError>,
    lists: Lists,
    refusals: Mutex<Series<Refused>>,
    denied: Denied,
}

/// A refusal that is not decided about yet.
#[derive(Debug)]
struct Refused {
    upload: Upload,
    intent: Option<Intent>,
    own: Transition,
}

/// The number of the tick at `now`: it grows by one from each usual run to the next.
pub(crate) fn tick_of(now: Timestamp) -> i64 {
    now.as_second() / TICK_SECONDS
}

/// Notes what is held and what was issued again, looks for uploads of unknown outcome, then files. Calls `progress` for
/// each certificate that is done or given up.
pub async fn apply(tools: Tools<'_>, plan: Plan, progress: &(dyn Fn() + Sync)) -> Applied {
    let Plan {
        holds,
        reissues,
        checks,
        mut uploads,
        skipped: _,
    } = plan;
    let turn = usize::try_from(tick_of(tools.clock.now())).unwrap_or_default();
    let shared = Shared {
        lists: Lists::new(turn),
        refusals: Mutex::new(Series::new(turn, tools.refusals.cloned())),
        ..Shared::default()
    };
    let mut applied = Applied::default();
    let held = hold_all(tools, holds, &shared.breaker).await;
    applied.holds_left = held
        .iter()
        .any(|left| left.result == CertificateResult::NotReached);
    applied.take(held);
    let noted = note_all(tools, reissues, &shared.breaker).await;
    applied.take(noted);
    if !(checks.is_empty() && uploads.is_empty())
        && let Err(halt) = source::check_accepted(tools).await
    {
        shared.breaker.open(halt);
    }
    for (id, employee, checked) in check_all(tools, checks, &shared).await {
        match checked {
            Ok(upload) => uploads.push(*upload),
            Err(result) => {
                progress();
                applied.results.insert(id, (employee, result));
            }
        }
    }
    uploads.sort_by_key(|upload| Reverse(upload.completed_at));
    upload::all(tools, uploads, &shared, &mut applied, progress).await;
    let Shared { breaker, lists, .. } = shared;
    applied.lists = lists.access(tools);
    applied.stop = breaker.into_reason().or(lists.breaker.into_reason());
    applied
}

/// Keeps certificates of a backfill that nobody has started. Where one cannot be written, the next run is a first one too.
async fn hold_all(
    tools: Tools<'_>,
    holds: Vec<(CertificateId, SourceId)>,
    breaker: &CircuitBreaker<RunError>,
) -> Vec<Left> {
    let each = holds.into_iter().map(|(id, employee)| async move {
        let held = match employee.as_str() {
            "" => SkipReason::NotFromHr,
            _ => SkipReason::Held,
        };
        let transition = Transition {
            write: Some(CertificateState::Held {
                at: tools.clock.now(),
            }),
            result: CertificateResult::Skipped(held),
            if_unwritten: CertificateResult::NotReached,
        };
        let subject = Subject {
            id: &id,
            employee: &employee,
            issue: Issue::default(),
            refiled: None,
        };
        let result = match breaker.is_open() {
            true => CertificateResult::NotReached,
            false => ledger::carry_out(tools, subject, None, transition, breaker).await,
        };
        Left {
            id,
            employee,
            result,
        }
    });
    stream::iter(each)
        .buffer_unordered(4 * tools.at_once)
        .collect()
        .await
}

/// Notes which certificates were issued again. Their documents stay as they are.
async fn note_all(
    tools: Tools<'_>,
    reissues: Vec<Reissue>,
    breaker: &CircuitBreaker<RunError>,
) -> Vec<Left> {
    let each = reissues.into_iter().map(|reissue| async move {
        let result = match breaker.is_open() {
            true => CertificateResult::NotReached,
            false => ledger::note_reissue(tools, &reissue, breaker).await,
        };
        Left {
            id: reissue.id,
            employee: reissue.employee,
            result,
        }
    });
    stream::iter(each)
        .buffer_unordered(4 * tools.at_once)
        .collect()
        .await
}

async fn check_all(
    tools: Tools<'_>,
    checks: Vec<Check>,
    shared: &Shared,
) -> Vec<(
    CertificateId,
    SourceId,
    Result<Box<Upload>, CertificateResult>,
)> {
    let (breaker, lists) = (&shared.breaker, &shared.lists.breaker);
    let people = check::by_person(checks).into_iter();
    let each = people.map(|checks| async move {
        let documents = check::Documents::default();
        let mut checked = Vec::new();
        for check in checks {
            let (id, employee) = (check.id.clone(), check.employee.clone());
            let result = check::check(tools, check, &documents, breaker, lists).await;
            checked.push((id, employee, result));
        }
        checked
    });
    let checked: Vec<Vec<_>> = stream::iter(each)
        .buffer_unordered(tools.at_once)
        .collect()
        .await;
    checked.into_iter().flatten().collect()
}

/// Whether there is too little time for another upload.
fn is_late(tools: Tools<'_>, breaker: &CircuitBreaker<RunError>) -> bool {
    let late = is_short(tools.stop_at);
    if late {
        breaker.open(out_of_time());
    }
    late
}

fn is_short(stop_at: Deadline) -> bool {
    let left = stop_at.remaining();
    left.is_some_and(|left| left < MIN_REMAINING)
}

#[cfg(test)]
mod tests;
