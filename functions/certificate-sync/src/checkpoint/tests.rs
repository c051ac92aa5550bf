//! How much of the list is read, which days need the ledger, and what is left for the next run.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use proptest::prelude::*;
use shared::domain::id::{CertificateId, CustomerId, ExternalId, SourceId};
use shared::fingerprint::FingerprintKey;
use shared::http::SignedUrl;
use shared::reteach::{Certificate, Completeness, Owner, Participation};
use shared::runtime::Mode;
use shared::state::{
    CertificateCheckpoint, CertificateStart, DayCheckpoint, RetryState, Unsettled,
};

use super::*;
use crate::outcome::{CertificateResult, SkipReason};

fn now() -> Timestamp {
    "2026-05-11T08:00:00Z".parse().unwrap()
}

fn id(id: &str) -> CertificateId {
    CertificateId::new(id)
}

fn key() -> FingerprintKey {
    FingerprintKey::from_bytes(&[7; 32])
}

fn window(everything: bool) -> Scope {
    Scope {
        everything,
        window_start: date(2026, 4, 11),
        trusts_dates: true,
    }
}

fn due(at: Timestamp) -> Unsettled {
    Unsettled {
        due: Some(at),
        ..Unsettled::default()
    }
}

fn retry(retry_at: Timestamp) -> CertificateResult {
    CertificateResult::Failed(RetryState {
        failures: 1,
        retry_at,
        ..RetryState::asked_for("why".to_owned(), now())
    })
}

/// A certificate, completed at noon of the day; without a PDF where the name ends in `?`.
fn participation(name: &str, day: Option<Date>) -> (CertificateId, Participation) {
    let url = (!name.ends_with('?')).then(|| SignedUrl::new("https://files.example/x.pdf"));
    let noon = |day: Date| jiff::tz::TimeZone::UTC.to_timestamp(day.at(12, 0, 0, 0));
    let id = id(name.trim_end_matches('?'));
    let participation = Participation {
        id: serde_json::from_value(format!("p-{name}").into()).unwrap(),
        customer: Some(Owner {
            id: CustomerId::new("a-1"),
            external_id: None,
        }),
        course_name: Some("Brandschutz".to_owned()),
        completed_at: day.map(|day| noon(day).unwrap()),
        certificate: Some(Certificate {
            id: id.clone(),
            url,
            dated: None,
            size: None,
        }),
    };
    (id, participation)
}

const MONDAY: Date = date(2026, 5, 11);
const SUNDAY: Date = date(2026, 5, 10);
const LONG_AGO: Date = date(2024, 1, 2);

fn listing(names: &[(&str, Date)]) -> BTreeMap<CertificateId, Participation> {
    let listed = names.iter();
    listed
        .map(|(name, day)| participation(name, Some(*day)))
        .collect()
}

/// What is selected of a listing that has kept everything.
fn selection_of(
    listed: BTreeMap<CertificateId, Participation>,
    checkpoint: Option<&CertificateCheckpoint>,
    scope: Scope,
    key: &FingerprintKey,
    now: Timestamp,
) -> Selection {
    let mut days: BTreeMap<Date, Vec<u64>> = BTreeMap::new();
    for (id, participation) in &listed {
        if let Some((day, digest)) = digest(id, participation, scope, key) {
            days.entry(day).or_default().push(digest);
        }
    }
    select(listed, days, checkpoint, scope, key, now)
}

fn names(selection: &Selection) -> Vec<&str> {
    selection.selected.keys().map(|id| id.as_str()).collect()
}

static NO_DAYS: BTreeMap<Date, u32> = BTreeMap::new();
/// A digest of the allowed hosts.
const ALLOWED: u64 = 7;

static NO_RESULTS: BTreeMap<CertificateId, CertificateResult> = BTreeMap::new();

/// A run over everything that `selection` has, of which nothing is to be said but `results`.
fn facts_of<'a>(
    scope: Scope,
    selection: &'a Selection,
    results: &'a BTreeMap<CertificateId, CertificateResult>,
) -> RunFacts<'a> {
    RunFacts {
        scope,
        began: now(),
        completeness: Completeness::Complete,
        seen: selection.selected.len() as u64,
        selection,
        waiting: &[],
        results,
        holds_left: false,
        may_be_first: true,
        parked: 0,
        beyond: 0,
        held: 0,
        held_days: &NO_DAYS,
        reissued: 0,
        dates_seen: None,
        has_external_ids: false,
        allowed_hosts: ALLOWED,
        stopped_for_host: false,
        lists: None,
        refusals: None,
    }
}

/// What a run leaves that lists `names` and leaves its certificates with these results, all others settled.
fn run(
    before: Option<&CertificateCheckpoint>,
    scope: Scope,
    names: &[(&str, Date)],
    results: &[(&str, CertificateResult)],
) -> Conclusion {
    let selection = selection_of(listing(names), before, scope, &key(), now());
    let settled = CertificateResult::Skipped(SkipReason::AlreadyFinal);
    let selected = selection.selected.keys().cloned();
    let mut all: BTreeMap<_, _> = selected.map(|id| (id, settled.clone())).collect();
    let results = results
        .iter()
        .map(|(name, result)| (id(name), result.clone()));
    all.extend(results);
    let facts = facts_of(scope, &selection, &all);
    conclude(before, facts, now())
}

#[test]
fn everything_is_listed_at_first_daily_on_request_and_when_something_old_is_due() {
    let listed = |hours: i64, days: &[(Date, Unsettled)], earlier| CertificateCheckpoint {
        listed_all_at: Some(now() - hours.hours()),
        days: days
            .iter()
            .map(|(day, unsettled)| {
                let digest = key().fingerprint([]);
                let unsettled = *unsettled;
                (*day, DayCheckpoint { digest, unsettled })
            })
            .collect(),
        earlier,
        ..CertificateCheckpoint::default()
    };
    let none = Unsettled::default();
    let [late, soon] = [due(now()), due(now() + 1.minute())];
    let start = |checkpoint| CertificateStart {
        checkpoint: Some(checkpoint),
        ..CertificateStart::default()
    };
    let asked = |minutes: i64| CertificateStart {
        scan_asked_at: Some(now() - 60.minutes() + minutes.minutes()),
        ..start(listed(1, &[], none))
    };
    use Mode::Scheduled;
    let of_a_day = |day, unsettled| listed(1, &[(day, unsettled)], none);
    for (start, mode, everything) in [
        (CertificateStart::default(), Scheduled, true),
        (start(CertificateCheckpoint::default()), Scheduled, true),
        (start(listed(1, &[], none)), Scheduled, false),
        (start(listed(1, &[], none)), Mode::DryRun, false),
        (start(listed(1, &[], none)), Mode::FullScan, true),
        (start(listed(1, &[], none)), Mode::Verify, true),
        (start(listed(0, &[], none)), Scheduled, false),
        (start(listed(23, &[], none)), Scheduled, false),
        (start(listed(24, &[], none)), Scheduled, true),
        // The clock went back.
        (start(listed(-1, &[], none)), Scheduled, true),
        (start(listed(1, &[], late)), Scheduled, true),
        (start(listed(1, &[], soon)), Scheduled, false),
        (start(of_a_day(SUNDAY, late)), Scheduled, false),
        (start(of_a_day(LONG_AGO, late)), Scheduled, true),
        (start(of_a_day(LONG_AGO, soon)), Scheduled, false),
        (asked(0), Scheduled, true),
        (asked(-1), Scheduled, true),
        (asked(-2), Scheduled, false),
    ] {
        let scope = Scope::of(&start, mode, ALLOWED, now());
        assert_eq!(scope, window(everything), "{start:?} {mode:?}");
        let since: Timestamp = "2026-04-11T00:00:00Z".parse().unwrap();
        let expected = (!everything).then_some(since);
        assert_eq!(scope.filter().completed_since, expected);
    }
}

#[test]
fn the_window_is_at_least_30_whole_days() {
    for minute in [0, 1, 719, 1439] {
        let now = now() + SignedDuration::from_mins(minute);
        let scope = Scope::of(&CertificateStart::default(), Mode::Scheduled, ALLOWED, now);
        assert!(scope.contains(Some(now - SignedDuration::from_hours(30 * 24))));
        assert!(!scope.contains(Some(now - SignedDuration::from_hours(31 * 24))));
        assert!(scope.contains(None), "a completion without a moment");
    }
}

#[test]
fn only_days_that_changed_or_hold_something_due_are_selected() {
    let seen = [("a", SUNDAY), ("b", SUNDAY), ("c?", MONDAY)];
    let known = run(None, window(true), &seen, &[]).checkpoint;
    let with_due = |at| {
        let mut known = known.clone();
        known.days.get_mut(&SUNDAY).unwrap().unsettled = due(at);
        known
    };
    let one_more = [seen[0], seen[1], ("d", SUNDAY), seen[2]];
    let made = [seen[0], seen[1], ("c", MONDAY)];
    for (known, names_, expected, unchanged) in [
        (known.clone(), &seen[..], vec![], 3),
        (known.clone(), &[], vec![], 0),
        // One is gone, one is new, a PDF is made.
        (known.clone(), &seen[1..], vec!["b"], 1),
        (known.clone(), &one_more, vec!["a", "b", "d"], 1),
        (known.clone(), &made, vec!["c"], 2),
        (with_due(now()), &seen[..], vec!["a", "b"], 1),
        (with_due(now() + 1.minute()), &seen[..], vec![], 3),
    ] {
        let selection = selection_of(listing(names_), Some(&known), window(false), &key(), now());
        let selected = (names(&selection), selection.unchanged);
        assert_eq!(selected, (expected, unchanged), "{names_:?}");
    }
    let all = selection_of(listing(&seen), Some(&known), window(true), &key(), now());
    assert_eq!((names(&all), all.unchanged), (vec!["a", "b", "c"], 0));
}

#[test]
fn a_day_changes_with_everything_that_a_decision_depends_on() {
    let known = run(None, window(true), &[("a", SUNDAY)], &[]).checkpoint;
    type Change = fn(&mut Participation);
    fn customer(one: &mut Participation) -> &mut Owner {
        one.customer.as_mut().unwrap()
    }
    let external_id: Change = |one| customer(one).external_id = Some(ExternalId::new("personio:1"));
    let certificate: Change = |one| one.certificate.as_mut().unwrap().size = Some(7);
    let changes: [(Change, bool); 6] = [
        (certificate, true),
        (|one| one.course_name = None, false),
        (|one| one.customer = None, true),
        (|one| customer(one).id = CustomerId::new("a-2"), true),
        (external_id, true),
        (|one| one.certificate.as_mut().unwrap().url = None, true),
    ];
    for (number, (change, selected)) in changes.into_iter().enumerate() {
        let mut listed = listing(&[("a", SUNDAY)]);
        change(listed.get_mut(&id("a")).unwrap());
        let selection = selection_of(listed, Some(&known), window(false), &key(), now());
        assert_eq!(!selection.selected.is_empty(), selected, "{number}");
    }
}

#[test]
fn what_is_not_settled_is_due_or_waits_for_its_pdf() {
    let later = now() + 30.minutes();
    let skipped = CertificateResult::Skipped;
    let parked = SkipReason::Parked {
        employee: SourceId::new("1"),
        reason: "why".to_owned(),
    };
    let unlisted = || match retry(later) {
        CertificateResult::Failed(retry) => retry,
        other => panic!("{other:?}"),
    };
    let alike = CertificateResult::RefusedAlike("why".to_owned());
    let at_once = Some(now());
    // How many wait for a PDF, are held, or may be filed or not.
    for (result, due, [waiting_for_pdf, held, outcome_unknown]) in [
        (CertificateResult::Filed, None, [0; 3]),
        (CertificateResult::Verified, None, [0; 3]),
        (CertificateResult::Adopted, None, [0; 3]),
        (CertificateResult::Reissued, None, [0; 3]),
        (retry(later), Some(later), [0; 3]),
        (CertificateResult::Unlisted(unlisted()), Some(later), [0; 3]),
        (CertificateResult::Parked("why".to_owned()), None, [0; 3]),
        (
            CertificateResult::OutcomeUnknown(later),
            Some(later),
            [0, 0, 1],
        ),
        (CertificateResult::NotReached, at_once, [0; 3]),
        (alike, at_once, [0; 3]),
        (skipped(SkipReason::AlreadyFinal), None, [0; 3]),
        (skipped(parked), None, [0; 3]),
        (
            skipped(SkipReason::PersonDeleted(unlisted())),
            Some(later),
            [0; 3],
        ),
        (skipped(SkipReason::AwaitingPdf), None, [1, 0, 0]),
        (skipped(SkipReason::Held), None, [0, 1, 0]),
        (skipped(SkipReason::BeforeSince), None, [0; 3]),
        (
            skipped(SkipReason::AwaitingRetry(later)),
            Some(later),
            [0; 3],
        ),
        (
            skipped(SkipReason::AwaitingCheck(later)),
            Some(later),
            [0, 0, 1],
        ),
        (skipped(SkipReason::NotFromHr), None, [0; 3]),
        (skipped(SkipReason::NoCustomer), None, [0; 3]),
        (skipped(SkipReason::Gone), None, [0; 3]),
    ] {
        let expected = Unsettled {
            due,
            waiting_for_pdf,
            outcome_unknown,
            held,
        };
        for (day, is_recent) in [(SUNDAY, true), (LONG_AGO, false)] {
            let results = [("c", result.clone())];
            let after = run(None, window(true), &[("c", day)], &results);
            assert_eq!(after.checkpoint.unsettled(), expected, "{result:?}");
            let CertificateCheckpoint { days, earlier, .. } = after.checkpoint;
            let found = match is_recent {
                true => days[&SUNDAY].unsettled,
                false => earlier,
            };
            assert_eq!(found, expected, "{result:?} on {day}");
        }
    }
}

#[test]
fn the_first_of_a_day_s_certificates_to_be_due_counts() {
    let [sooner, later] = [now() + 30.minutes(), now() + 60.minutes()];
    let results = [("a", retry(later)), ("b", retry(sooner))];
    let seen = [("a", SUNDAY), ("b", SUNDAY)];
    let after = run(None, window(true), &seen, &results);
    assert_eq!(after.checkpoint.days[&SUNDAY].unsettled, due(sooner));
}

#[test]
fn an_unchanged_listing_is_no_news_and_keeps_what_is_unsettled() {
    let later = now() + 30.minutes();
    let seen = [("a", SUNDAY), ("b", MONDAY)];
    let first = run(None, window(true), &seen, &[("a", retry(later))]);
    assert!(first.is_news);
    let again = run(Some(&first.checkpoint), window(false), &seen, &[]);
    assert_eq!(again.checkpoint, first.checkpoint);
    assert!(!again.is_news);
    let changed = run(Some(&first.checkpoint), window(false), &seen[..1], &[]);
    assert!(changed.is_news);
}

#[test]
fn days_that_leave_the_window_keep_what_is_due_and_are_else_no_news() {
    let later = now() + 30.minutes();
    for (result, is_news, earlier) in [
        (CertificateResult::Filed, false, Unsettled::default()),
        (retry(later), true, due(later)),
    ] {
        let seen = [("a", SUNDAY), ("b", MONDAY)];
        let first = run(None, window(true), &seen, &[("a", result)]);
        let moved = Scope {
            window_start: MONDAY,
            ..window(false)
        };
        let after = run(Some(&first.checkpoint), moved, &seen[1..], &[]);
        let left = (after.is_news, after.checkpoint.earlier);
        assert_eq!(left, (is_news, earlier));
        assert_eq!(after.checkpoint.days.len(), 1);
    }
}

#[test]
fn what_is_due_on_a_day_that_has_changed_may_be_lost() {
    let seen = [("a", SUNDAY), ("b", SUNDAY), ("c", MONDAY)];
    let [late, soon] = [now(), now() + 1.minute()];
    for (due, listed, is_lost) in [
        (late, &seen[..], false),
        (late, &seen[1..], true),
        (late, &seen[2..], true),
        (late, &[], true),
        (late, &seen[..2], false),
        (soon, &seen[1..], false),
        (soon, &[], false),
    ] {
        let known = run(None, window(true), &seen, &[("a", retry(due))]).checkpoint;
        let selection = selection_of(listing(listed), Some(&known), window(false), &key(), now());
        assert_eq!(selection.has_lost_due, is_lost, "{due} {listed:?}");
    }
}

#[test]
fn a_day_without_certificates_waits_for_no_pdf() {
    let awaiting = || CertificateResult::Skipped(SkipReason::AwaitingPdf);
    // Where the window has moved on, only a listing of everything shows them.
    for (window_start, waiting_for_pdf) in [(window(true).window_start, 0), (MONDAY, 1)] {
        let seen = [("a?", SUNDAY)];
        let known = run(None, window(true), &seen, &[("a", awaiting())]).checkpoint;
        assert_eq!(known.unsettled().waiting_for_pdf, 1);
        let moved = Scope {
            everything: false,
            window_start,
            trusts_dates: true,
        };
        let after = run(Some(&known), moved, &[], &[]).checkpoint;
        assert_eq!(after.unsettled().waiting_for_pdf, waiting_for_pdf);
    }
}

#[test]
fn certificates_older_than_the_window_without_a_pdf_are_asked_for_until_they_have_one() {
    let awaiting = || CertificateResult::Skipped(SkipReason::AwaitingPdf);
    let seen = [("a?", LONG_AGO), ("b?", LONG_AGO), ("c?", SUNDAY)];
    let results = ["a", "b", "c"].map(|name| (name, awaiting()));
    let known = run(None, window(true), &seen, &results).checkpoint;
    let expected = [id("a"), id("b")];
    assert_eq!(known.waiting, expected, "the window shows the third");
    let filed = [(id("a"), CertificateResult::Filed)];
    for (still, results, waiting, count, is_news) in [
        (
            vec![id("a"), id("b")],
            BTreeMap::new(),
            vec!["a", "b"],
            3,
            false,
        ),
        (vec![id("b")], filed.into(), vec!["b"], 2, true),
        // Revoked.
        (vec![id("b")], BTreeMap::new(), vec!["b"], 2, true),
        // Made, and being made again by now.
        (
            vec![id("b")],
            [(id("a"), awaiting())].into(),
            vec!["b", "a"],
            3,
            true,
        ),
    ] {
        let selection = selection_of(
            listing(&seen[2..]),
            Some(&known),
            window(false),
            &key(),
            now(),
        );
        let facts = RunFacts {
            waiting: &still,
            ..facts_of(window(false), &selection, &results)
        };
        let after = conclude(Some(&known), facts, now());
        let left = after.checkpoint.waiting.iter().map(|id| id.as_str());
        assert_eq!(left.collect::<Vec<_>>(), waiting, "{still:?} {results:?}");
        assert_eq!(after.checkpoint.unsettled().waiting_for_pdf, count);
        assert_eq!(after.is_news, is_news, "{still:?}");
    }
}

/// Asking for each takes a call each, a listing of everything one for each 250 certificates.
#[test]
fn the_next_tick_shows_each_late_pdf_with_as_few_calls_as_it_takes() {
    let awaiting = CertificateResult::Skipped(SkipReason::AwaitingPdf);
    for (waiting, seen, is_each_asked_for) in [
        (16, 16, true),
        (17, 17, false),
        (40, 40 * 250 - 250, false),
        (40, 40 * 250 - 249, true),
    ] {
        let names: Vec<String> = (10..10 + waiting)
            .map(|number| format!("c{number}"))
            .collect();
        let listed: Vec<_> = names.iter().map(|name| (name.as_str(), LONG_AGO)).collect();
        let results = names
            .iter()
            .map(|name| (id(name), awaiting.clone()))
            .collect();
        let selection = selection_of(listing(&listed), None, window(true), &key(), now());
        let facts = RunFacts {
            seen,
            ..facts_of(window(true), &selection, &results)
        };
        let known = conclude(None, facts, now()).checkpoint;
        let asked: Vec<_> = known.waiting.iter().map(|id| id.as_str()).collect();
        let expected = match is_each_asked_for {
            true => names,
            false => Vec::new(),
        };
        assert_eq!(asked, expected, "{waiting} of {seen}");
        let unasked = is_any_unasked(&known);
        assert_eq!(unasked, !is_each_asked_for, "{waiting} of {seen}");
    }
}

/// Most of many that are still without a PDF then never get one.
#[test]
fn many_late_pdfs_are_left_to_the_daily_listing_once_none_was_made_for_30_days() {
    let awaiting = CertificateResult::Skipped(SkipReason::AwaitingPdf);
    let names: Vec<String> = (10..27).map(|number| format!("c{number}")).collect();
    let listed: Vec<_> = names.iter().map(|name| (name.as_str(), LONG_AGO)).collect();
    let results: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), awaiting.clone()))
        .collect();
    let first = run(None, window(true), &listed, &results).checkpoint;
    assert!(!are_few_waiting(&first));
    let few = run(None, window(true), &listed[1..], &results[1..]).checkpoint;
    assert!(are_few_waiting(&few));
    let month = 720.hours();
    assert!(are_late_pdfs_made(&first, now() + month));
    assert!(!are_late_pdfs_made(&first, now() + month + 1.seconds()));

    let known = CertificateCheckpoint {
        first_listed_at: Some(now() - 721.hours()),
        ..first
    };
    for (day, is_older) in [(LONG_AGO, true), (SUNDAY, false)] {
        let filed = [("a", CertificateResult::Filed)];
        let after = run(Some(&known), window(true), &[("a", day)], &filed).checkpoint;
        assert_eq!(are_late_pdfs_made(&after, now()), is_older, "{day}");
    }
}

/// A tick that had no time for all of them leaves the others first.
#[test]
fn late_pdfs_are_asked_for_in_the_order_in_which_the_last_tick_left_them() {
    let names = ["a", "b", "c"];
    let awaiting = CertificateResult::Skipped(SkipReason::AwaitingPdf);
    let seen = names.map(|name| (name, LONG_AGO));
    let results = names.map(|name| (name, awaiting.clone()));
    let known = run(None, window(true), &seen, &results).checkpoint;
    let selection = selection_of(listing(&[]), Some(&known), window(false), &key(), now());
    let left = ["c", "a", "b"].map(id);
    let facts = RunFacts {
        waiting: &left,
        ..facts_of(window(false), &selection, &NO_RESULTS)
    };
    assert_eq!(
        conclude(Some(&known), facts, now()).checkpoint.waiting,
        left
    );
}

#[test]
fn a_day_that_leaves_the_window_without_a_pdf_asks_for_a_listing_of_everything() {
    let awaiting = CertificateResult::Skipped(SkipReason::AwaitingPdf);
    let first = window(true).window_start;
    let known = run(None, window(true), &[("a?", first)], &[("a", awaiting)]).checkpoint;
    let start = CertificateStart {
        checkpoint: Some(known),
        ..CertificateStart::default()
    };
    for (hours, everything) in [(1, false), (17, true)] {
        let scope = Scope::of(&start, Mode::Scheduled, ALLOWED, now() + hours.hours());
        assert_eq!(scope.everything, everything, "{hours}");
    }
}

#[test]
fn certificates_that_were_not_kept_are_listed_again_by_the_next_run() {
    let scope = window(true);
    let selection = selection_of(listing(&[]), None, scope, &key(), now());
    let facts = RunFacts {
        beyond: 7,
        held: 5,
        ..facts_of(scope, &selection, &NO_RESULTS)
    };
    let after = conclude(None, facts, now()).checkpoint;
    assert_eq!(after.unsettled().held, 5);
    let start = CertificateStart {
        checkpoint: Some(after),
        ..CertificateStart::default()
    };
    let next = Scope::of(&start, Mode::Scheduled, ALLOWED, now() + 30.minutes());
    assert!(next.everything);
}

#[test]
fn what_a_backfill_holds_of_a_day_is_counted_with_that_day() {
    let seen = [("a", SUNDAY), ("b", MONDAY)];
    let known = run(None, window(true), &seen, &[]).checkpoint;
    let held_days = BTreeMap::from([(SUNDAY, 3)]);
    // Sunday has changed.
    let listed = listing(&[("a", SUNDAY), ("c", SUNDAY), ("b", MONDAY)]);
    let selection = selection_of(listed, Some(&known), window(false), &key(), now());
    let facts = RunFacts {
        held_days: &held_days,
        ..facts_of(window(false), &selection, &NO_RESULTS)
    };
    let after = conclude(Some(&known), facts, now()).checkpoint;
    let held = [SUNDAY, MONDAY].map(|day| after.days[&day].unsettled.held);
    assert_eq!(held, [3, 0]);
}

/// An older one that was not reached is due at once, unless a refused host has stopped the run: then all are listed
/// once that host is allowed.
#[test]
fn what_a_refused_host_has_kept_from_being_reached_waits_for_that_host_alone() {
    let later = now() + 30.minutes();
    let refused = || CertificateResult::HostNotAllowed("files.example".to_owned());
    let reached = CertificateResult::Filed;
    for (stopped_for_host, first, second, due) in [
        (true, refused(), CertificateResult::NotReached, None),
        (true, refused(), retry(later), Some(later)),
        (false, refused(), CertificateResult::NotReached, Some(now())),
        (true, reached, CertificateResult::NotReached, Some(now())),
    ] {
        let seen = [("a", LONG_AGO), ("b", LONG_AGO)];
        let selection = selection_of(listing(&seen), None, window(true), &key(), now());
        let case = format!("{stopped_for_host} {first:?} {second:?}");
        let results = [(id("a"), first), (id("b"), second)].into();
        let facts = RunFacts {
            stopped_for_host,
            ..facts_of(window(true), &selection, &results)
        };
        let after = conclude(None, facts, now()).checkpoint;
        assert_eq!(after.earlier.due, due, "{case}");
    }
}

#[test]
fn only_a_complete_listing_of_everything_counts_as_one() {
    let seen = [("a", SUNDAY), ("old", LONG_AGO)];
    let known = CertificateCheckpoint {
        listed_all_at: Some(now() - 5.hours()),
        earlier: Unsettled {
            waiting_for_pdf: 1,
            ..due(now() - 1.minute())
        },
        ..CertificateCheckpoint::default()
    };
    let (before, open) = (now() - 5.hours(), known.earlier);
    for (everything, completeness, listed_all_at, earlier) in [
        (true, Completeness::Complete, now(), Unsettled::default()),
        (true, Completeness::Shifting, before, open),
        (false, Completeness::Complete, before, open),
        (false, Completeness::Shifting, before, open),
    ] {
        let scope = window(everything);
        let selection = selection_of(listing(&seen[..1]), Some(&known), scope, &key(), now());
        let facts = RunFacts {
            completeness,
            parked: 4,
            ..facts_of(scope, &selection, &NO_RESULTS)
        };
        let after = conclude(Some(&known), facts, now()).checkpoint;
        assert_eq!(
            (after.listed_all_at, after.earlier, after.parked),
            (Some(listed_all_at), earlier, 4),
            "{everything} {completeness:?}"
        );
    }
}

#[test]
fn a_first_listing_whose_holds_are_not_all_noted_is_followed_by_another_first_one() {
    let scope = window(true);
    let selection = selection_of(listing(&[]), None, scope, &key(), now());
    for (holds_left, first) in [(true, None), (false, Some(now()))] {
        let facts = RunFacts {
            holds_left,
            ..facts_of(scope, &selection, &NO_RESULTS)
        };
        let after = conclude(None, facts, now()).checkpoint;
        assert_eq!((after.first_listed_at, after.listed_all_at), (first, first));
    }
}

#[test]
fn the_checkpoint_keeps_of_a_tick_whether_dates_move() {
    for trusts_dates in [true, false] {
        let scope = Scope {
            trusts_dates,
            ..window(false)
        };
        let after = run(None, scope, &[], &[]).checkpoint;
        assert_eq!(after.dates_move, !trusts_dates);
    }
}

#[test]
fn completions_without_a_moment_are_no_news_where_ticks_do_not_list_them() {
    let undated: BTreeMap<_, _> = [participation("a", None)].into();
    let everything = window(true);
    let selection = selection_of(undated, None, everything, &key(), now());
    let facts = facts_of(everything, &selection, &NO_RESULTS);
    let first = conclude(None, facts, now()).checkpoint;
    assert!(!run(Some(&first), window(false), &[], &[]).is_news);
}

proptest! {
    /// Whatever a run leaves open is looked at again by the first run that is due, or by one that lists everything.
    #[test]
    fn nothing_due_is_forgotten(
        certificates in prop::collection::btree_map("[a-f]", (0_i64..60, 0_i64..3), 1..6),
        pause in 0_i64..48,
    ) {
        let all: Vec<(&str, Date)> = certificates
            .iter()
            .map(|(name, (days_ago, _))| (name.as_str(), MONDAY.saturating_sub(days_ago.days())))
            .collect();
        let results: Vec<_> = certificates
            .iter()
            .map(|(name, (_, hours))| (name.as_str(), retry(now() + hours.hours())))
            .collect();
        let known = run(None, window(true), &all, &results).checkpoint;
        let start = CertificateStart { checkpoint: Some(known), ..CertificateStart::default() };
        let later = now() + pause.hours();
        let scope = Scope::of(&start, Mode::Scheduled, ALLOWED, later);
        let listed: Vec<_> = all
            .iter()
            .filter(|(_, day)| scope.everything || *day >= scope.window_start)
            .copied()
            .collect();
        let selection =
            selection_of(listing(&listed), start.checkpoint.as_ref(), scope, &key(), later);
        for (name, (_, hours)) in &certificates {
            prop_assert!(*hours > pause || selection.selected.contains_key(&id(name)), "{name}");
        }
    }
}

#[test]
fn an_older_certificate_on_a_refused_host_is_looked_at_daily_or_when_other_hosts_are_allowed() {
    let refused = |host: &str| CertificateResult::HostNotAllowed(host.to_owned());
    let (seen, results) = (
        [("old", LONG_AGO), ("new", SUNDAY)],
        [
            ("old", refused("files.example")),
            ("new", refused("cdn.example")),
        ],
    );
    let known = run(None, window(true), &seen, &results).checkpoint;
    assert_eq!(known.earlier, Unsettled::default());
    assert_eq!(known.days[&SUNDAY].unsettled, due(now()));
    let hosts = known.refused_hosts.clone().unwrap();
    assert_eq!(hosts.hosts, [("files.example".to_owned(), 1)].into());
    let start = CertificateStart {
        checkpoint: Some(known.clone()),
        ..CertificateStart::default()
    };
    let everything = |allowed, after: SignedDuration| {
        Scope::of(&start, Mode::Scheduled, allowed, now() + after).everything
    };
    assert!(!everything(ALLOWED, SignedDuration::from_mins(30)));
    assert!(everything(ALLOWED + 1, SignedDuration::from_mins(30)));
    assert!(everything(ALLOWED, SignedDuration::from_hours(24)));
    // The ticks between keep it, and the next listing of everything replaces it.
    let tick = run(Some(&known), window(false), &seen[1..], &results[1..]);
    assert_eq!(tick.checkpoint.refused_hosts, known.refused_hosts);
    let filed = [("old", CertificateResult::Filed)];
    let next = run(Some(&known), window(true), &seen, &filed);
    assert_eq!(next.checkpoint.refused_hosts, None);
}
