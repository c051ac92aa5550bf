//! What a run leaves for the next one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use shared::domain::id::CertificateId;
use shared::reteach::Completeness;
use shared::state::{
    CertificateCheckpoint, DatesSeen, DayCheckpoint, EqualRefusals, ListAccess, RefusedHosts,
    Unsettled,
};

use super::{Scope, Selection};
use crate::list::PAGE_SIZE;
use crate::outcome::CertificateResult;

/// So many certificates older than the window are asked for on each tick for good, a call each, even if a listing of
/// everything takes fewer. With them the checkpoint still has less than 4 KB, one read unit.
pub(super) const FEW_WAITING: u64 = 16;
/// Refused hosts that are named at most.
const MAX_HOSTS: usize = 4;

/// What a run read and did.
#[derive(Clone, Copy, Debug)]
pub struct RunFacts<'a> {
    pub scope: Scope,
    pub began: Timestamp,
    pub completeness: Completeness,
    pub seen: u64,
    pub selection: &'a Selection,
    /// The older certificates that were asked for and still have no PDF.
    pub waiting: &'a [CertificateId],
    /// How it left each selected certificate, and those of the ledger that are not listed any more.
    pub results: &'a BTreeMap<CertificateId, CertificateResult>,
    /// Whether some that are to be held are not noted yet.
    pub holds_left: bool,
    /// Whether a listing of everything may be the tenant's first: an empty one shows nothing that is to be held.
    pub may_be_first: bool,
    /// Parked certificates of the tenant.
    pub parked: u32,
    /// Certificates that are to be filed and were not kept: the next run lists them again.
    pub beyond: u64,
    /// Certificates older than the window of a backfill that nobody has started, without results.
    pub held: u64,
    /// The same on each of the window's days.
    pub held_days: &'a BTreeMap<Date, u32>,
    /// Certificates that were issued again and wait for a decision.
    pub reissued: u32,
    /// What the next listing of everything compares dates with, if this is one.
    pub dates_seen: Option<&'a DatesSeen>,
    pub has_external_ids: bool,
    /// A digest of the hosts that the tenant's file allows.
    pub allowed_hosts: u64,
    /// Whether the run has stopped because files lead to a host that is not allowed.
    pub stopped_for_host: bool,
    /// What the run has seen of lists of employees' documents, if it has asked for any.
    pub lists: Option<ListAccess>,
    /// The refusals since the last confirmed upload.
    pub refusals: Option<&'a EqualRefusals>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    pub checkpoint: CertificateCheckpoint,
    /// Whether it says anything that the stored one does not.
    pub is_news: bool,
}

/// The checkpoint after `run`, which ends now.
#[must_use]
pub fn conclude(
    before: Option<&CertificateCheckpoint>,
    run: RunFacts<'_>,
    now: Timestamp,
) -> Conclusion {
    let known = before.cloned().unwrap_or_default();
    let mut unsettled = by_day(run, now);
    let earlier = unsettled.remove(&None).unwrap_or_default();
    let earlier = earlier.and(Unsettled {
        due: (run.beyond > 0).then_some(now),
        held: u32::try_from(run.held).unwrap_or(u32::MAX),
        ..Unsettled::default()
    });
    let mut days = BTreeMap::new();
    for (day, listed) in &run.selection.days {
        let before = known.days.get(day).map(|day| day.unsettled);
        let after = unsettled.remove(&Some(*day));
        let digest = listed.digest;
        let held = Unsettled {
            held: run.held_days.get(day).copied().unwrap_or_default(),
            ..Unsettled::default()
        };
        let unsettled = match listed.selected {
            true => after.unwrap_or_default().and(held),
            false => before.unwrap_or_default(),
        };
        days.insert(*day, DayCheckpoint { digest, unsettled });
    }
    let is_complete = run.completeness == Completeness::Complete;
    let is_of_all = run.scope.everything && is_complete && !run.holds_left;
    let began = is_of_all.then_some(run.began);
    let checkpoint = CertificateCheckpoint {
        listed_all_at: began.or(known.listed_all_at),
        first_listed_at: known.first_listed_at.or(began.filter(|_| run.may_be_first)),
        earlier_filed_at: has_filed_earlier(run)
            .then_some(run.began)
            .or(known.earlier_filed_at),
        parked: run.parked,
        reissued: run.reissued,
        dates_move: !run.scope.trusts_dates,
        dates_seen: match run.scope.everything {
            true => run.dates_seen.cloned(),
            false => known.dates_seen.clone(),
        },
        has_external_ids: match run.scope.everything {
            true => run.has_external_ids,
            false => known.has_external_ids,
        },
        refused_hosts: match run.scope.everything {
            true => refused_hosts(run),
            false => known.refused_hosts.clone(),
        },
        earlier: match (run.scope.everything, is_complete) {
            (true, true) => earlier,
            // What is due or waits for its PDF may be among the rows that are missing.
            (true, false) => Unsettled {
                waiting_for_pdf: earlier.waiting_for_pdf.max(known.earlier.waiting_for_pdf),
                ..earlier.and(due_alone(known.earlier))
            },
            (false, _) => left_window(&known, &days, run).and(earlier),
        },
        waiting: waiting(run),
        lists: run.lists.unwrap_or(known.lists),
        refusals: run.refusals.cloned(),
        days,
    };
    let is_news = before.is_none() || differs(&known, &checkpoint, run.scope.window_start);
    Conclusion {
        checkpoint,
        is_news,
    }
}

/// What is unsettled after the run, by the window's days; `None`: of all earlier days.
fn by_day(run: RunFacts<'_>, now: Timestamp) -> BTreeMap<Option<Date>, Unsettled> {
    let mut days: BTreeMap<Option<Date>, Unsettled> = BTreeMap::new();
    // With the hosts, the checkpoint keeps that everything is listed once they are allowed.
    let is_left_for_host = run.stopped_for_host && refused_hosts(run).is_some();
    for (id, result) in run.results {
        let day = run.selection.day_of.get(id).copied();
        let unsettled = days.entry(day).or_default();
        // A listing of everything looks at an older one again.
        let is_left = is_left_for_host && *result == CertificateResult::NotReached;
        let is_looked_at_daily = day.is_none() && (result.refused_host().is_some() || is_left);
        *unsettled = unsettled.and(Unsettled {
            due: result.due(now).filter(|_| !is_looked_at_daily),
            held: u32::from(result.is_held()),
            waiting_for_pdf: u32::from(result.is_waiting_for_pdf()),
            outcome_unknown: u32::from(result.is_outcome_unknown()),
        });
    }
    days
}

/// The hosts of certificates that are older than the window.
fn refused_hosts(run: RunFacts<'_>) -> Option<RefusedHosts> {
    let mut hosts: BTreeMap<&str, u32> = BTreeMap::new();
    for (id, result) in run.results {
        let host = result.refused_host();
        if let Some(host) = host.filter(|_| !run.selection.day_of.contains_key(id)) {
            *hosts.entry(host).or_default() += 1;
        }
    }
    let mut hosts: Vec<_> = hosts.into_iter().collect();
    hosts.sort_by_key(|(_, count)| Reverse(*count));
    let named = hosts.into_iter().take(MAX_HOSTS);
    let hosts: BTreeMap<_, _> = named
        .map(|(host, count)| (host.to_owned(), count))
        .collect();
    (!hosts.is_empty()).then_some(RefusedHosts {
        allowed: run.allowed_hosts,
        hosts,
    })
}

/// What is unsettled of days that were not listed: the window has moved on, or all of a day's certificates are gone.
fn left_window(
    known: &CertificateCheckpoint,
    listed: &BTreeMap<Date, DayCheckpoint>,
    run: RunFacts<'_>,
) -> Unsettled {
    let left = known
        .days
        .iter()
        .filter(|(day, _)| !listed.contains_key(day));
    let unsettled = left.map(|(day, known)| {
        let is_gone = *day >= run.scope.window_start && *day != Date::MAX;
        match is_gone {
            true => due_alone(known.unsettled),
            false => known.unsettled,
        }
    });
    let answered = known.waiting.len().saturating_sub(run.waiting.len());
    let answered = u32::try_from(answered).unwrap_or(u32::MAX);
    let earlier = Unsettled {
        waiting_for_pdf: known.earlier.waiting_for_pdf.saturating_sub(answered),
        ..known.earlier
    };
    unsettled.fold(earlier, Unsettled::and)
}

/// The certificates that the next tick asks for, in the order in which the run left them. None where a listing of
/// everything takes fewer calls: the next tick makes one.
fn waiting(run: RunFacts<'_>) -> Vec<CertificateId> {
    let is_earlier = |id: &CertificateId| !run.selection.day_of.contains_key(id);
    let found = run.results.iter();
    let found = found.filter(|(id, result)| result.is_waiting_for_pdf() && is_earlier(id));
    let new = found.filter(|(id, _)| !run.waiting.contains(id));
    let waiting: Vec<_> = run.waiting.iter().chain(new.map(|(id, _)| id)).collect();
    let pages = run.seen.div_ceil(u64::from(PAGE_SIZE));
    match run.scope.everything && waiting.len() as u64 > pages.max(FEW_WAITING) {
        true => Vec::new(),
        false => waiting.into_iter().cloned().collect(),
    }
}

/// Whether a certificate older than the window was filed.
fn has_filed_earlier(run: RunFacts<'_>) -> bool {
    run.results.iter().any(|(id, result)| {
        *result == CertificateResult::Filed && !run.selection.day_of.contains_key(id)
    })
}

fn due_alone(unsettled: Unsettled) -> Unsettled {
    Unsettled {
        due: unsettled.due,
        ..Unsettled::default()
    }
}

/// Days that have left the window with nothing unsettled are no reason to write, nor is a list that leaves out the
/// completions without a moment.
fn differs(
    known: &CertificateCheckpoint,
    next: &CertificateCheckpoint,
    window_start: Date,
) -> bool {
    let kept = known
        .days
        .iter()
        .filter(|(day, _)| **day >= window_start)
        .filter(|(day, _)| **day != Date::MAX || next.days.contains_key(day))
        .map(|(day, checkpoint)| (*day, *checkpoint))
        .collect();
    let known = CertificateCheckpoint {
        days: kept,
        ..known.clone()
    };
    known != *next
}
