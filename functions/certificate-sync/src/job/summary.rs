//! What a run's report says: pure.

mod refused_host;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::Date;
use shared::domain::id::{CertificateId, SourceId};
use shared::reteach::Completeness;
use shared::runtime::{Finding, FindingKind, JobResult, Outcome, Reached, RunError};
use shared::state::{CertificateCheckpoint, EqualRefusals, StateError, Unsettled};
use shared::tenant::Every;

use self::refused_host::{RefusedHost, refused_hosts};
use super::load::Reading;
use crate::CertificateSync;
use crate::apply::Applied;
use crate::checkpoint::{Conclusion, day_of};
use crate::list::{Class, Counted};
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::Plan;
use crate::report::{Backlog, Counts, duration};

/// What a finding says of a certificate that was issued again.
const REISSUED: &str = "reteach has issued it again since it was filed, or its day of completion has changed: the filed \
                        document stays. `tenants certificates retry --refile` files the new one as well, `dismiss` keeps \
                        the old one";

/// The result of a dry run: what would be done, as findings.
pub(super) fn planned(
    reading: &Reading,
    plan: Plan,
    concluded: &Conclusion,
    folder: Result<(), RunError>,
) -> JobResult<CertificateSync> {
    let skipped = plan.results();
    let counts = counts(reading, &skipped, concluded);
    let counts = Counts {
        remaining: counts.remaining + plan.uploads.len() as u64,
        outcome_unknown: counts.outcome_unknown + plan.checks.len() as u64,
        ..counts
    };
    let change = |id: &CertificateId, employee: &SourceId, text: &str| {
        finding(Some(id), Some(employee), FindingKind::Change, text)
    };
    let missing = folder.err();
    let folder = missing.map(|halt| finding(None, None, FindingKind::Refused, halt.message));
    let checks = plan.checks.iter().map(|check| {
        change(
            &check.id,
            &check.employee,
            "look for an upload of unknown outcome",
        )
    });
    let uploads = plan
        .uploads
        .iter()
        .map(|upload| change(&upload.id, &upload.employee, "file"));
    let reissued = plan.reissues.iter().map(|reissue| {
        let (id, employee) = (Some(&reissue.id), Some(&reissue.employee));
        finding(id, employee, FindingKind::Reissued, REISSUED)
    });
    let findings = of_reading(reading)
        .chain(of_skipped(reading, &skipped))
        .chain(reissued)
        .chain(folder)
        .chain(checks)
        .chain(uploads)
        .collect();
    JobResult {
        counts,
        findings,
        plan: Some(plan),
        ..JobResult::from(RunError::new(Outcome::Planned, ""))
    }
}

/// The result of a run that filed what it could.
pub(super) fn applied(
    reading: &Reading,
    skipped: &BTreeMap<CertificateId, CertificateResult>,
    applied: Applied,
    concluded: &Conclusion,
    committed: Result<(), StateError>,
    every: Every,
) -> JobResult<CertificateSync> {
    let Applied {
        results,
        people_looked_at,
        people_left,
        stop,
        holds_left: _,
        lists: _,
        refusals,
    } = applied;
    let counts = results.values().fold(
        counts(reading, skipped, concluded),
        |counts, (_, result)| counted(counts, result),
    );
    let known = concluded.checkpoint.refused_hosts.as_ref();
    let older = known.filter(|_| !reading.scope.everything);
    let older = older.map(|known| &known.hosts);
    let counts = Counts {
        people_looked_at,
        people_left,
        host_not_allowed: counts.host_not_allowed
            + older.map_or(0, |hosts| hosts.values().copied().map(u64::from).sum()),
        ..counts
    };
    let hosts = refused_hosts(&results, older);
    let is_news = results.values().any(|(_, result)| {
        !matches!(
            result,
            CertificateResult::NotReached
                | CertificateResult::RefusedAlike(_)
                | CertificateResult::Skipped(SkipReason::Gone | SkipReason::AlreadyFinal)
        )
    });
    let outcome = if counts.remaining > 0 || reading.completeness == Completeness::Shifting {
        Outcome::Partly
    } else if is_news {
        Outcome::Done
    } else {
        Outcome::Unchanged
    };
    let stop = stop
        .or(committed.err().map(RunError::from))
        .or_else(|| reading.failure.clone().map(RunError::from));
    let trouble = hosts
        .iter()
        .find_map(|host| host.trouble())
        .or_else(|| without_addresses(reading, &counts, &concluded.checkpoint));
    let stop = why_not_done(stop, trouble);
    let of_results = results
        .iter()
        .filter_map(|(id, (employee, result))| of_result(id, employee, result));
    let unsettled = concluded.checkpoint.unsettled();
    // Where several wait for a PDF, only a listing of everything shows whether anybody has one.
    let is_enough_listed = reading.scope.everything || unsettled.waiting_for_pdf < ADDRESS_TROUBLE;
    let is_listed = reading.failure.is_none() && is_enough_listed;
    let reached = reached(&counts, is_listed, unsettled.due.is_some());
    let findings = of_reading(reading)
        .chain(of_skipped(reading, skipped))
        .chain(hosts.iter().flat_map(RefusedHost::findings))
        .chain(of_results)
        .chain(of_earlier_refusals(&results, refusals.as_ref()))
        .collect();
    let mut end = stop.unwrap_or_else(|| RunError::new(outcome, ""));
    if end.outcome == Outcome::Partly {
        end.message.push_str(&time_left(&counts, every));
    }
    JobResult {
        counts,
        findings,
        reached,
        ..JobResult::from(end)
    }
}

/// What keeps the run from being done. A lack of time passes by itself: trouble that does not comes first.
fn why_not_done(stop: Option<RunError>, trouble: Option<RunError>) -> Option<RunError> {
    match stop {
        Some(stop) if stop.outcome != Outcome::Partly => Some(stop),
        late => trouble.or(late),
    }
}

/// Certificates whose PDFs are overdue from which on that is the academy's trouble, if no other one has a PDF either.
const ADDRESS_TROUBLE: u32 = 5;
/// A PDF is overdue this long after its course was completed.
const OVERDUE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// The trouble of an academy that names the address of nobody's PDF. Only a listing of everything shows it: one that is
/// filed has an address, or had one.
fn without_addresses(
    reading: &Reading,
    counts: &Counts,
    checkpoint: &CertificateCheckpoint,
) -> Option<RunError> {
    let days = checkpoint.days.iter();
    let days = days.map(|(day, known)| (*day, known.unsettled));
    let earlier = (Date::MIN, checkpoint.earlier);
    let listed = days.chain([earlier]);
    // Nothing is filed for these, or nobody has looked for their PDFs.
    let others = counts.not_from_hr
        + counts.without_customer
        + counts.before_since
        + reading.beyond(Class::Waiting);
    let is_shown = reading.scope.everything && reading.completeness == Completeness::Complete;
    let since = day_of(Some(reading.began - OVERDUE_AFTER));
    nobody_has_a_pdf(listed, since, counts.seen.saturating_sub(others)).filter(|_| is_shown)
}

/// `listed` is what is unsettled of each day that was listed, `seen` the number of certificates of these days. One that
/// is neither held nor waiting has an address, or had one. No PDF of the day `since` or later is overdue.
fn nobody_has_a_pdf(
    listed: impl Iterator<Item = (Date, Unsettled)>,
    since: Date,
    seen: u64,
) -> Option<RunError> {
    let (mut all, mut overdue) = (Unsettled::default(), Unsettled::default());
    for (day, unsettled) in listed {
        all = all.and(unsettled);
        if day < since {
            overdue = overdue.and(unsettled);
        }
    }
    let waiting = all.waiting_for_pdf;
    let is_nobodys = seen <= u64::from(waiting) + u64::from(all.held);
    (is_nobodys && overdue.waiting_for_pdf >= ADDRESS_TROUBLE).then(|| {
        let message = format!(
            "none of the {waiting} certificates to file has an address of its PDF: ask reteach's support whether the \
             academy makes PDFs, and whether its API names them as certificate.url"
        );
        RunError::new(Outcome::ReteachUnavailable, message)
    })
}

/// What the run has seen working. With nothing due, no certificate waits for what had failed.
fn reached(counts: &Counts, is_listed: bool, is_any_due: bool) -> Reached {
    let filing = counts.uploaded + counts.verified + counts.adopted > 0 || !is_any_due;
    Reached {
        source: filing,
        academy: is_listed,
        everybody: filing,
        plan: true,
        filing,
    }
}

/// How long the rest takes if each tick does as much as this run did.
fn time_left(counts: &Counts, every: Every) -> String {
    let Some(backlog) = Backlog::of(counts, every) else {
        return String::new();
    };
    let Some(minutes) = backlog.minutes_left else {
        return String::new();
    };
    let (certificates, people) = (backlog.to_file, backlog.people_to_look_at);
    let time = duration(minutes);
    format!(
        "; left: {certificates} certificates, {people} people to look at, about {time} at this pace"
    )
}

/// What the reading, the plan and the checkpoint say.
fn counts(
    reading: &Reading,
    skipped: &BTreeMap<CertificateId, CertificateResult>,
    concluded: &Conclusion,
) -> Counts {
    let unsettled = concluded.checkpoint.unsettled();
    let mut counts = Counts {
        seen: reading.seen,
        unchanged: reading.selection.unchanged,
        settled: reading.counted(Counted::Done),
        not_from_hr: reading.counted(Counted::NotFromHr),
        before_since: reading.counted(Counted::BeforeSince),
        remaining: reading.beyond(Class::Fileable),
        reissued: u64::from(concluded.checkpoint.reissued),
        readings: u64::from(reading.readings),
        parked: u64::from(reading.parked),
        rejected: reading.rejected.len() as u64,
        held: u64::from(unsettled.held),
        waiting_for_pdf: u64::from(unsettled.waiting_for_pdf),
        outcome_unknown: u64::from(unsettled.outcome_unknown),
        ..Counts::default()
    };
    for skipped in skipped.values() {
        match skipped {
            CertificateResult::Skipped(SkipReason::AlreadyFinal) => counts.settled += 1,
            CertificateResult::Skipped(SkipReason::BeforeSince) => counts.before_since += 1,
            CertificateResult::Skipped(SkipReason::NotFromHr) => counts.not_from_hr += 1,
            CertificateResult::Skipped(SkipReason::NoCustomer) => counts.without_customer += 1,
            _ => {}
        }
    }
    counts
}

/// `counts` with one more certificate that something was done about.
fn counted(counts: Counts, result: &CertificateResult) -> Counts {
    let mut counts = counts;
    match result {
        CertificateResult::Filed => counts.uploaded += 1,
        CertificateResult::Verified => counts.verified += 1,
        CertificateResult::Adopted => counts.adopted += 1,
        CertificateResult::HostNotAllowed(_) => counts.host_not_allowed += 1,
        CertificateResult::Unlisted(_) => counts.unlisted += 1,
        CertificateResult::Skipped(SkipReason::PersonDeleted(_)) => counts.person_deleted += 1,
        CertificateResult::NotReached | CertificateResult::RefusedAlike(_) => counts.remaining += 1,
        CertificateResult::Failed(_) => counts.failed += 1,
        CertificateResult::Parked(_) => counts.parked += 1,
        // The checkpoint counts them.
        CertificateResult::Reissued
        | CertificateResult::OutcomeUnknown(_)
        | CertificateResult::Skipped(_) => {}
    }
    counts
}

fn of_reading(reading: &Reading) -> impl Iterator<Item = Finding> + '_ {
    let incomplete = (reading.completeness == Completeness::Shifting).then(|| {
        let text = format!(
            "the list of participations is not steady after {} readings: what came is filed, the next run reads it again",
            reading.readings
        );
        finding(None, None, FindingKind::Incomplete, text)
    });
    let rejected = reading.rejected.iter().map(|rejected| {
        let text = format!(
            "reteach's record does not fit: {} {}",
            rejected.field, rejected.problem
        );
        let certificate = rejected.certificate_id.as_ref();
        finding(certificate, None, FindingKind::Rejected, text)
    });
    let wrong_total = reading.is_total_wrong.then(|| {
        let text = "three readings of the participations agree, but not with the announced number: they count as all there are";
        finding(None, None, FindingKind::WrongTotal, text)
    });
    let redated = reading.dates.newly_redated.map(|count| {
        let text = format!(
            "{count} filed certificates, more than half, have other dates than when they were filed, and nothing else about them \
             is new: another date alone counts as no new issue until most of these dates have stood still for eight days"
        );
        finding(None, None, FindingKind::Reissued, text)
    });
    incomplete
        .into_iter()
        .chain(wrong_total)
        .chain(redated)
        .chain(rejected)
}

/// Only listings of everything repeat what earlier runs have reported.
fn of_skipped<'a>(
    reading: &'a Reading,
    skipped: &'a BTreeMap<CertificateId, CertificateResult>,
) -> impl Iterator<Item = Finding> + 'a {
    let skipped = skipped.iter().filter(|_| reading.scope.everything);
    skipped.filter_map(|(id, result)| match result {
        CertificateResult::Skipped(SkipReason::Parked { employee, reason }) => Some(finding(
            Some(id),
            Some(employee),
            FindingKind::Parked,
            reason.as_str(),
        )),
        CertificateResult::Skipped(SkipReason::NoCustomer) => Some(finding(
            Some(id),
            None,
            FindingKind::Rejected,
            "the participation has no customer: there is nobody to file it for",
        )),
        _ => None,
    })
}

/// Certificates that earlier runs have seen refused like those of this run, where that is shown to be the tenant's trouble: they
/// wait, or this run has not reached them.
fn of_earlier_refusals<'a>(
    results: &'a BTreeMap<CertificateId, (SourceId, CertificateResult)>,
    counted: Option<&'a EqualRefusals>,
) -> impl Iterator<Item = Finding> + 'a {
    let is_alike = |(_, result): &(_, _)| matches!(result, CertificateResult::RefusedAlike(_));
    let counted = counted.filter(|_| results.values().any(is_alike));
    let each = counted
        .into_iter()
        .flat_map(|counted| counted.certificates.iter().map(move |id| (id, counted)));
    each.filter_map(move |(id, counted)| {
        let (employee, text) = match results.get(id) {
            Some((employee, CertificateResult::NotReached)) => {
                (Some(employee), refused_alike(&counted.reason))
            }
            // It is named by what this run has seen of it.
            Some(_) => return None,
            None => {
                let text = format!(
                    "{}; others are refused alike: its next try waits",
                    counted.reason
                );
                (None, text)
            }
        };
        Some(finding(Some(id), employee, FindingKind::NotFiled, text))
    })
}

fn refused_alike(reason: &str) -> String {
    format!("{reason}; others are refused alike: this is not counted against the certificate")
}

fn of_result(
    id: &CertificateId,
    employee: &SourceId,
    result: &CertificateResult,
) -> Option<Finding> {
    let (kind, text) = match result {
        CertificateResult::Failed(retry) | CertificateResult::Unlisted(retry) => {
            let text = format!(
                "{}; tried again from {:.0} on",
                retry.reason, retry.retry_at
            );
            (FindingKind::NotFiled, text)
        }
        CertificateResult::Parked(reason) => (FindingKind::Parked, reason.clone()),
        CertificateResult::Reissued => (FindingKind::Reissued, REISSUED.to_owned()),
        CertificateResult::OutcomeUnknown(at) => {
            let text = format!(
                "the upload got no answer: the document is looked for from {at:.0} on, before anything is sent again"
            );
            (FindingKind::OutcomeUnknown, text)
        }
        CertificateResult::Skipped(SkipReason::PersonDeleted(retry)) => {
            (FindingKind::NotFiled, retry.reason.clone())
        }
        CertificateResult::RefusedAlike(reason) => (FindingKind::NotFiled, refused_alike(reason)),
        // Hosts have findings of their own.
        CertificateResult::HostNotAllowed(_)
        | CertificateResult::Filed
        | CertificateResult::Verified
        | CertificateResult::Adopted
        | CertificateResult::NotReached
        | CertificateResult::Skipped(_) => return None,
    };
    Some(finding(Some(id), Some(employee), kind, text))
}

fn finding(
    certificate: Option<&CertificateId>,
    employee: Option<&SourceId>,
    kind: FindingKind,
    text: impl Into<String>,
) -> Finding {
    Finding {
        person: employee.map(ToString::to_string),
        certificate: certificate.cloned(),
        kind,
        text: text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fed with waiting and held certificates by day of May.
    fn trouble_of(days: &[(i8, u32, u32)], seen: u64) -> Option<Outcome> {
        let listed = days.iter().map(|(day, waiting_for_pdf, held)| {
            let unsettled = Unsettled {
                waiting_for_pdf: *waiting_for_pdf,
                held: *held,
                ..Unsettled::default()
            };
            (Date::constant(2026, 5, *day), unsettled)
        });
        let since = Date::constant(2026, 5, 10);
        nobody_has_a_pdf(listed, since, seen).map(|end| end.outcome)
    }

    #[test]
    fn five_overdue_pdfs_without_an_address_are_trouble_if_no_other_certificate_has_one() {
        let trouble = Some(Outcome::ReteachUnavailable);
        for (days, seen, expected) in [
            (&[(9, 5, 0)][..], 5, trouble),
            (&[(8, 2, 0), (9, 3, 0), (11, 1, 0)], 6, trouble),
            (&[(9, 4, 0)], 4, None),
            // One has an address.
            (&[(9, 5, 0)], 6, None),
            // Completed yesterday or today.
            (&[(9, 4, 0), (10, 1, 0), (11, 1, 0)], 6, None),
            // Nobody has looked at the addresses of a backfill on hold.
            (&[(9, 5, 7)], 12, trouble),
            (&[(9, 0, 7)], 7, None),
            (&[], 0, None),
        ] {
            assert_eq!(trouble_of(days, seen), expected, "{days:?} {seen}");
        }
    }

    #[test]
    fn trouble_that_does_not_pass_by_itself_outranks_a_lack_of_time_alone() {
        let end = |outcome| Some(RunError::new(outcome, ""));
        let (late, denied) = (Outcome::Partly, Outcome::AccessDenied);
        let host = Outcome::HostNotAllowed;
        for (stop, trouble, expected) in [
            (end(late), end(host), end(host)),
            (end(denied), end(host), end(denied)),
            (None, end(host), end(host)),
            (end(late), None, end(late)),
            (None, None, None),
        ] {
            assert_eq!(why_not_done(stop, trouble), expected);
        }
    }

    #[test]
    fn the_hr_system_works_after_a_filed_document_or_with_nothing_due() {
        let uploaded = Counts {
            uploaded: 1,
            ..Counts::default()
        };
        let verified = Counts {
            verified: 1,
            ..Counts::default()
        };
        for (counts, is_any_due, filing) in [
            (Counts::default(), true, false),
            (Counts::default(), false, true),
            (uploaded, true, true),
            (verified, true, true),
        ] {
            for is_listed in [true, false] {
                let reached = reached(&counts, is_listed, is_any_due);
                let expected = Reached {
                    source: filing,
                    academy: is_listed,
                    everybody: filing,
                    plan: true,
                    filing,
                };
                assert_eq!(reached, expected);
            }
        }
    }
}
