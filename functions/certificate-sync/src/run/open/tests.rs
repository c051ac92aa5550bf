//! What stays open after a run, how much of it is kept, and when it is written down.

use jiff::ToSpan as _;
use shared::state::RetryState;

use super::*;

fn now() -> Timestamp {
    "2026-05-11T08:00:00Z".parse().unwrap()
}

fn id(id: &str) -> CertificateId {
    CertificateId::new(id)
}

fn open(why: OpenReason, since: Timestamp, due: Timestamp) -> Open {
    Open { why, since, due }
}

/// A root of a run an hour ago.
fn root(open: impl IntoIterator<Item = (&'static str, Open)>) -> CertificateRoot {
    CertificateRoot {
        read_at: Some(now() - 1.hour()),
        scanned_at: Some(now() - 5.hours()),
        open: open
            .into_iter()
            .map(|(name, open)| (id(name), open))
            .collect(),
        ..CertificateRoot::default()
    }
}

/// What a run found and did that began now.
#[derive(Default)]
struct Found {
    full: bool,
    shifting: bool,
    parked: u32,
    resting: BTreeMap<CertificateId, Rest>,
    became: HashMap<CertificateId, Became>,
}

impl Found {
    fn resting(name: &str, rest: Rest) -> Self {
        Self {
            resting: [(id(name), rest)].into(),
            ..Self::default()
        }
    }

    fn became(name: &str, became: Became) -> Self {
        Self {
            became: [(id(name), became)].into(),
            ..Self::default()
        }
    }

    fn left(&self) -> Left<'_> {
        Left {
            scope: if self.full {
                Scope::Full
            } else {
                Scope::Since(now() - 6.hours())
            },
            began: now(),
            completeness: if self.shifting {
                Completeness::Shifting
            } else {
                Completeness::Complete
            },
            parked: self.parked,
            resting: &self.resting,
            became: &self.became,
        }
    }

    fn open(&self, before: Option<&CertificateRoot>) -> BTreeMap<CertificateId, Open> {
        self.left().open(before, now())
    }

    fn root(&self, before: Option<&CertificateRoot>) -> Option<CertificateRoot> {
        self.left().root(before, self.open(before), now())
    }
}

fn setback(retry_at: Timestamp) -> RetryState {
    RetryState {
        reason: "why".to_owned(),
        failures: 1,
        since: now(),
        retry_at,
    }
}

#[test]
fn what_is_not_settled_stays_open_until_it_is_looked_at_again() {
    let later = now() + 30.minutes();
    let parked = Rest::Parked {
        employee: shared::domain::id::SourceId::new("1"),
        reason: "why".to_owned(),
    };
    for (found, expected) in [
        (
            Found::resting("c", Rest::AwaitingPdf),
            Some((OpenReason::Pdf, now())),
        ),
        (
            Found::resting("c", Rest::AwaitingRetry(later)),
            Some((OpenReason::Retry, later)),
        ),
        (
            Found::resting("c", Rest::AwaitingCheck(later)),
            Some((OpenReason::Doubt, later)),
        ),
        (Found::resting("c", Rest::Settled), None),
        (Found::resting("c", parked), None),
        (Found::resting("c", Rest::Stranger), None),
        (Found::resting("c", Rest::Nobody), None),
        (Found::resting("c", Rest::Gone), None),
        (
            Found::became("c", Became::AwaitingPdf),
            Some((OpenReason::Pdf, now())),
        ),
        (
            Found::became("c", Became::Failed(setback(later))),
            Some((OpenReason::Retry, later)),
        ),
        (
            Found::became("c", Became::Left),
            Some((OpenReason::Retry, now())),
        ),
        (
            Found::became("c", Became::Doubtful(later)),
            Some((OpenReason::Doubt, later)),
        ),
        (Found::became("c", Became::Filed), None),
        (Found::became("c", Became::Verified), None),
        (Found::became("c", Became::Parked("why".to_owned())), None),
        (Found::became("c", Became::Gone), None),
        (Found::became("c", Became::Settled), None),
    ] {
        let expected = expected.map(|(why, due)| open(why, now(), due));
        let waited = root([("c", open(OpenReason::Pdf, now() - 1.hour(), now()))]);
        assert_eq!(
            found.open(None).get(&id("c")),
            expected.as_ref(),
            "{:?} {:?}",
            found.resting,
            found.became
        );
        // Known for another reason, or for none: it is open anew, or not any more.
        let after = found.open(Some(&waited));
        assert_eq!(
            after.get(&id("c")).map(|open| open.why),
            expected.map(|open| open.why)
        );
    }
}

#[test]
fn what_a_run_did_not_look_at_stays_as_it_was() {
    let known = open(OpenReason::Pdf, now() - 20.hours(), now() + 2.hours());
    let before = root([("old", known)]);
    assert_eq!(
        Found::resting("new", Rest::Settled).open(Some(&before)),
        before.open
    );
    let after = Found::resting("new", Rest::AwaitingPdf).open(Some(&before));
    assert_eq!((after.len(), after[&id("old")]), (2, known));
}

#[test]
fn a_full_scan_that_came_to_its_end_forgets_what_is_not_there_any_more() {
    let known = open(OpenReason::Pdf, now() - 20.hours(), now() + 2.hours());
    let before = root([("gone", known), ("there", known)]);
    let seen = |full, shifting| Found {
        full,
        shifting,
        ..Found::resting("there", Rest::AwaitingPdf)
    };
    for (found, is_forgotten) in [
        (seen(true, false), true),
        (seen(true, true), false),
        (seen(false, false), false),
    ] {
        let after = found.open(Some(&before));
        assert_eq!(after.contains_key(&id("gone")), !is_forgotten);
        assert_eq!(
            after[&id("there")].since,
            known.since,
            "waiting since the same moment"
        );
    }
}

#[test]
fn a_pdf_that_is_late_is_asked_for_less_and_less_often() {
    let first = Found::resting("c", Rest::AwaitingPdf);
    for (waited, pause) in [
        (0, 0),
        (60, 15),
        (120, 30),
        (24 * 60, 6 * 60),
        (40 * 24 * 60, 10 * 24 * 60),
    ] {
        let since = now() - jiff::SignedDuration::from_mins(waited);
        let before = root([("c", open(OpenReason::Pdf, since, now()))]);
        let after = first.open(Some(&before))[&id("c")];
        assert_eq!(
            (after.since, after.due),
            (since, now() + SignedDuration::from_mins(pause)),
            "{waited}"
        );
    }
    // A failure in between begins a new wait.
    let before = root([("c", open(OpenReason::Retry, now() - 20.hours(), now()))]);
    assert_eq!(first.open(Some(&before))[&id("c")].since, now());
}

#[test]
fn at_most_100_are_kept_doubts_first_then_retries_the_soonest_due() {
    let many = |prefix: char, count: usize, rest: fn(i64) -> Rest| {
        (0..count).map(move |number| {
            let minutes = i64::try_from(count - number).unwrap();
            (id(&format!("{prefix}-{number:03}")), rest(minutes))
        })
    };
    let check = |minutes: i64| Rest::AwaitingCheck(now() - 3.hours() + minutes.minutes());
    let retry = |minutes: i64| Rest::AwaitingRetry(now() - 3.hours() + minutes.minutes());
    let pdf = |_| Rest::AwaitingPdf;
    for (doubts, retries, pdfs, kept, over) in [
        (0, 0, 0, [0, 0, 0], 0),
        (10, 10, 10, [10, 10, 10], 0),
        (0, 0, 150, [0, 0, 100], 0),
        (30, 40, 50, [30, 40, 30], 0),
        (30, 90, 10, [30, 70, 0], 20),
        (110, 5, 5, [100, 0, 0], 15),
    ] {
        let resting = many('d', doubts, check)
            .chain(many('r', retries, retry))
            .chain(many('p', pdfs, pdf));
        let found = Found {
            full: true,
            resting: resting.collect(),
            ..Found::default()
        };
        let after = found.root(None).unwrap();
        let count = |why| after.open.values().filter(|open| open.why == why).count();
        let counts = [
            count(OpenReason::Doubt),
            count(OpenReason::Retry),
            count(OpenReason::Pdf),
        ];
        assert_eq!(
            (counts, after.remaining),
            (kept, over),
            "{doubts} {retries} {pdfs}"
        );
        // The higher the number the sooner it is due.
        let last =
            |prefix: char, count: usize| id(&format!("{prefix}-{:03}", count.saturating_sub(1)));
        assert!(doubts == 0 || after.open.contains_key(&last('d', doubts)));
        assert!(kept[1] == 0 || after.open.contains_key(&last('r', retries)));
        assert_eq!(
            found.open(None).len(),
            doubts + retries + pdfs,
            "what is told is all of it"
        );
    }
}

#[test]
fn what_has_no_room_and_is_not_due_waits_for_the_daily_scan() {
    let resting = (0..150).map(|number| {
        (
            id(&format!("r-{number}")),
            Rest::AwaitingRetry(now() + 1.minute()),
        )
    });
    let found = Found {
        full: true,
        resting: resting.collect(),
        ..Found::default()
    };
    let after = found.root(None).unwrap();
    assert_eq!((after.open.len(), after.remaining), (100, 0));
}

#[test]
fn the_moment_of_the_reading_is_moved_by_a_complete_one_alone() {
    let before = root([]);
    for (full, shifting, read_at, scanned_at) in [
        (true, false, now(), now()),
        (true, true, now() - 1.hour(), now() - 5.hours()),
        (false, false, now(), now() - 5.hours()),
        (false, true, now() - 1.hour(), now() - 5.hours()),
    ] {
        // Something open, so that there is something to write in each case.
        let found = Found {
            full,
            shifting,
            ..Found::resting("c", Rest::AwaitingPdf)
        };
        let after = found.root(Some(&before)).unwrap();
        assert_eq!(
            (after.read_at, after.scanned_at),
            (Some(read_at), Some(scanned_at)),
            "{full} {shifting}"
        );
    }
}

#[test]
fn the_root_is_written_when_something_changed_and_else_every_three_hours() {
    let known = open(OpenReason::Retry, now() - 1.hour(), now() + 1.hour());
    let read = |ago: i64| CertificateRoot {
        read_at: Some(now() - ago.minutes()),
        ..root([("c", known)])
    };
    let quiet = Found::default;
    let same = || Found::resting("c", Rest::AwaitingRetry(known.due));
    for (found, before, is_written) in [
        (quiet(), None, true),
        (quiet(), Some(read(30)), false),
        (same(), Some(read(30)), false),
        (quiet(), Some(read(179)), false),
        (quiet(), Some(read(180)), true),
        (
            Found {
                shifting: true,
                ..quiet()
            },
            Some(read(30)),
            false,
        ),
        (Found::resting("c", Rest::Settled), Some(read(30)), true),
        (
            Found::resting("new", Rest::AwaitingPdf),
            Some(read(30)),
            true,
        ),
        (Found::became("c", Became::Left), Some(read(30)), true),
        (
            Found {
                parked: 1,
                ..quiet()
            },
            Some(read(30)),
            true,
        ),
        (
            Found {
                full: true,
                ..same()
            },
            Some(read(30)),
            true,
        ),
        (
            quiet(),
            Some(CertificateRoot {
                remaining: 3,
                ..read(30)
            }),
            true,
        ),
    ] {
        let written = found.root(before.as_ref());
        assert_eq!(
            written.is_some(),
            is_written,
            "{:?} {:?} {before:?}",
            found.resting,
            found.became
        );
    }
}
