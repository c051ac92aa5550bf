//! Which decision is taken about which certificate.

mod properties;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use shared::domain::id::{CertificateId, CustomerId, DocumentId, ExternalId, SourceId};
use shared::http::SignedUrl;
use shared::reteach;
use shared::runtime::Mode;
use shared::state::{
    CertificateEntry, CertificateState, Intent, Issue, OnUnverifiable, Reissued, Restored,
    RetryState,
};
use shared::tenant::Backfill;

use super::*;

/// Whose file the ledger names: another one than reteach, so that it is seen which of them counts.
const LEDGERS: &str = "7";

fn now() -> Timestamp {
    "2026-05-11T08:00:00Z".parse().unwrap()
}

fn id() -> CertificateId {
    CertificateId::new("c-1")
}

fn intended(age: SignedDuration) -> CertificateState {
    CertificateState::Intended(Intent {
        at: now() - age,
        size: Some(1_000),
        failures: 2,
        refusals: 1,
        failing_since: Some(now() - 2.hours()),
        on_unverifiable: OnUnverifiable::Park,
        decided_at: None,
    })
}

fn failed(failures: u32, retry_at: Timestamp) -> CertificateState {
    CertificateState::Failed(RetryState {
        failures,
        retry_at,
        ..RetryState::asked_for("why".to_owned(), now() - 2.hours())
    })
}

fn parked() -> CertificateState {
    CertificateState::Parked {
        at: now(),
        reason: "why".to_owned(),
        unverified: None,
    }
}

fn uploaded() -> CertificateState {
    CertificateState::Uploaded {
        at: now(),
        document: Some(DocumentId::new("4000003")),
    }
}

fn entry(state: CertificateState) -> CertificateEntry {
    CertificateEntry::new(id(), SourceId::new(LEDGERS), state)
}

fn employee() -> Owner {
    Owner::Employee(SourceId::new("1"))
}

fn listed(owner: Owner, url: Option<&str>) -> Listed {
    Listed {
        owner,
        url: url.map(SignedUrl::new),
        course: Some("Brandschutz".to_owned()),
        completed_at: Some(now() - 1.hour()),
        issue: Issue::default(),
    }
}

/// Every way in which reteach may list a certificate, or not.
fn listings() -> [Option<Listed>; 7] {
    let url = Some("https://files.example/c-1.pdf");
    [
        None,
        Some(listed(employee(), url)),
        Some(listed(employee(), None)),
        Some(listed(Owner::NotFromHr, url)),
        Some(listed(Owner::NotFromHr, None)),
        Some(listed(Owner::NoCustomer, url)),
        Some(listed(Owner::NoCustomer, None)),
    ]
}

/// A tenant whose first listing was long ago.
fn policy() -> Policy {
    Policy {
        first_listed_at: Some(Timestamp::UNIX_EPOCH),
        restored: None,
        mode: Mode::Scheduled,
        backfill: Backfill::All,
        time_zone: TimeZone::get("Europe/Berlin").unwrap(),
    }
}

fn candidate(listed: Option<Listed>, entry: Option<CertificateEntry>) -> Candidate {
    let id = id();
    Candidate { id, listed, entry }
}

/// The one decision about the one certificate of a plan, in short.
fn decision(listed: Option<Listed>, entry: Option<CertificateEntry>) -> String {
    let Plan {
        checks,
        uploads,
        holds: _,
        reissues: _,
        skipped,
    } = Plan::build([candidate(listed, entry)], &policy(), now());
    let of_upload = |upload: &Upload| {
        assert_eq!(upload.id, self::id());
        assert_eq!(upload.course.as_deref(), Some("Brandschutz"));
        assert_eq!(upload.completed_at, Some(now() - 1.hour()));
        let PreviousFailures {
            failures, since, ..
        } = upload.previous;
        let since = since.map(|at| now().duration_since(at).as_hours());
        let employee = &upload.employee;
        format!("file for {employee} after {failures} failures, since {since:?} hours")
    };
    let of_check = |check: &Check| {
        let not = if check.listed.is_some() { "" } else { "not " };
        format!("look at {}, {not}listed", check.employee)
    };
    let of_skipped = |(_, skipped): (&CertificateId, &SkipReason)| match skipped {
        SkipReason::AwaitingRetry(at) => format!("retry in {}", at.duration_since(now()).as_mins()),
        SkipReason::AwaitingCheck(at) => format!("check in {}", at.duration_since(now()).as_mins()),
        SkipReason::Parked { employee, reason } => format!("parked for {employee}: {reason}"),
        other => format!("{other:?}"),
    };
    let decisions: Vec<String> = uploads
        .iter()
        .map(of_upload)
        .chain(checks.iter().map(of_check))
        .chain(skipped.iter().map(of_skipped))
        .collect();
    assert_eq!(decisions.len(), 1, "{decisions:?}");
    decisions.concat()
}

#[test]
fn each_state_meets_each_listing() {
    let fresh = "file for 1 after 0 failures, since None hours";
    let third = "file for 1 after 2 failures, since Some(2) hours";
    let (foreign, ownerless) = ("NotFromHr", "NoCustomer");
    let open = |file| {
        [
            "Gone",
            file,
            "AwaitingPdf",
            foreign,
            foreign,
            ownerless,
            ownerless,
        ]
    };
    let look = |late: &'static str| [late; 7];
    let mut checks = ["look at 7, listed"; 7];
    checks[0] = "look at 7, not listed";
    let dismissed = CertificateState::Dismissed { at: now() };
    let minutes = SignedDuration::from_mins;
    let CertificateState::Intended(intent) = intended(VERIFY_AFTER) else {
        unreachable!()
    };
    let unverified = CertificateState::Parked {
        at: now(),
        reason: "why".to_owned(),
        unverified: Some(intent),
    };
    for (state, expected) in [
        (None, open(fresh)),
        (Some(failed(2, now())), open(third)),
        (Some(failed(2, now() - 1.minute())), open(third)),
        (Some(failed(0, now())), open(fresh)),
        (Some(failed(2, now() + 1.minute())), look("retry in 1")),
        (Some(failed(0, now() + 30.minutes())), look("retry in 30")),
        (Some(intended(SignedDuration::ZERO)), look("check in 15")),
        (
            Some(intended(VERIFY_AFTER - minutes(1))),
            look("check in 1"),
        ),
        (Some(intended(VERIFY_AFTER)), checks),
        (Some(intended(SignedDuration::from_hours(24 * 400))), checks),
        // From a machine whose clock is ahead.
        (Some(intended(-minutes(5))), look("check in 20")),
        (Some(parked()), look("parked for 7: why")),
        (Some(unverified), look("parked for 7: why")),
        (Some(uploaded()), look("AlreadyFinal")),
        (Some(dismissed), look("AlreadyFinal")),
    ] {
        for (listed, expected) in listings().into_iter().zip(expected) {
            let case = format!("{state:?} {listed:?}");
            let decision = decision(listed, state.clone().map(entry));
            assert_eq!(decision, expected, "{case}");
        }
    }
}

#[test]
fn an_intent_from_before_a_restore_waits_until_lists_show_what_was_sent_before_it() {
    let state = intended(SignedDuration::from_hours(3));
    for (minutes, is_checked) in [(14, false), (15, true)] {
        let at = now() - SignedDuration::from_mins(minutes);
        let restored = Some(Restored {
            to: now() - 2.hours(),
            at,
            assume_empty: false,
        });
        let policy = Policy {
            restored,
            ..policy()
        };
        let candidate = candidate(listings()[1].clone(), Some(entry(state.clone())));
        let plan = Plan::build([candidate], &policy, now());
        assert_eq!(plan.checks.len(), usize::from(is_checked), "{minutes}");
        let waits = SkipReason::AwaitingCheck(at + VERIFY_AFTER);
        let skipped = (!is_checked).then_some((id(), waits));
        assert_eq!(plan.skipped, skipped.into_iter().collect(), "{minutes}");
    }
}

#[test]
fn a_check_carries_the_upload_that_it_asks_about() {
    let CertificateState::Intended(intent) = intended(VERIFY_AFTER) else {
        unreachable!()
    };
    let candidate = candidate(None, Some(entry(intended(VERIFY_AFTER))));
    let plan = Plan::build([candidate], &policy(), now());
    assert_eq!(plan.checks.first().map(|check| check.intent), Some(intent));
    let previous = PreviousFailures {
        failures: 2,
        refusals: 1,
        since: Some(now() - 2.hours()),
        unlisted: false,
        unverified_at: None,
    };
    assert_eq!(PreviousFailures::from(intent), previous);
}

#[test]
fn the_newest_is_filed_first_and_what_has_no_date_last() {
    let days = [
        None,
        Some("2026-05-09T10:00:00Z"),
        Some("2026-05-10T10:00:00Z"),
        Some("2026-05-10T10:00:00Z"),
    ];
    let candidates = days.iter().zip(["d", "c", "b", "a"]).map(|(at, id)| {
        let completed_at = at.map(|at| at.parse().unwrap());
        let listed = Listed {
            completed_at,
            ..listed(employee(), Some("https://files.example/x.pdf"))
        };
        Candidate {
            id: CertificateId::new(id),
            listed: Some(listed),
            entry: None,
        }
    });
    let plan = Plan::build(candidates, &policy(), now());
    let order = plan.uploads.iter().map(|upload| upload.id.as_str());
    assert!(order.eq(["a", "b", "c", "d"]));
}

#[test]
fn an_owner_is_found_by_external_id_and_without_one_by_the_ledger_of_employees() {
    let ours = SourceId::new("3");
    let owners = [(CustomerId::new("known"), ours.clone())].into();
    let people = People {
        tool: "personio",
        owners: &owners,
    };
    let employee = |id: &str| Owner::Employee(SourceId::new(id));
    for (account, external_id, expected) in [
        ("new", Some("personio:1"), employee("1")),
        ("known", Some("personio:1"), employee("1")),
        ("known", None, employee("3")),
        ("known", Some(" "), employee("3")),
        ("new", None, Owner::NotFromHr),
        // Given to somebody whom another system numbers, or nobody knows.
        ("known", Some("personio:"), Owner::NotFromHr),
        ("known", Some("sap:1"), Owner::NotFromHr),
        ("known", Some("Personio:1"), Owner::NotFromHr),
        ("known", Some("personio1"), Owner::NotFromHr),
        ("new", Some("hibob:1"), Owner::NotFromHr),
    ] {
        let is_clear = external_id.is_some_and(|id| !id.trim().is_empty());
        let account = reteach::Owner {
            id: CustomerId::new(account),
            external_id: external_id.map(ExternalId::new),
        };
        assert_eq!(Owner::of(Some(&account), people), expected, "{account:?}");
        assert_eq!(is_unclear(&account), !is_clear, "{account:?}");
    }
    assert_eq!(Owner::of(None, people), Owner::NoCustomer);
}

#[test]
fn no_course_is_shown() {
    let listed = listed(employee(), Some("https://files.example/secret.pdf"));
    let candidate = candidate(listings()[1].clone(), None);
    let plan = Plan::build([candidate.clone()], &policy(), now());
    let shown = format!("{listed:?} {plan:?} {candidate:?}");
    for text in ["Brandschutz", "files.example"] {
        assert!(!shown.contains(text), "{shown}");
    }
    for text in ["owner", "previous"] {
        assert!(shown.contains(text), "{shown}");
    }
}

/// The only candidate: completed so many days ago, in this state.
fn completed(days: i64, state: Option<CertificateState>) -> Candidate {
    let completed_at = Some(now() - (days * 24).hours());
    Candidate {
        id: id(),
        listed: Some(Listed {
            completed_at,
            ..listed(employee(), Some("https://files.example/x.pdf"))
        }),
        entry: state.map(entry),
    }
}

/// What a backfill rule makes of a certificate, in short.
fn backfilled(policy: &Policy, candidate: Candidate) -> &'static str {
    let plan = Plan::build([candidate], policy, now());
    match (
        plan.uploads.len(),
        plan.holds.len(),
        plan.skipped.values().next(),
    ) {
        (1, 0, None) => "filed",
        (0, 1, Some(SkipReason::Held)) => "held and noted",
        (0, 0, Some(SkipReason::Held)) => "held",
        (0, 0, Some(SkipReason::BeforeSince)) => "left out",
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_backfill_on_hold_files_nothing_of_the_first_listing_and_everything_later() {
    let held = || Some(CertificateState::Held { at: now() });
    let first = |days: i64| Some(now() - (days * 24).hours());
    let january = Backfill::Since(jiff::civil::date(2026, 5, 1));
    for (backfill, first_listed_at, days, state, expected) in [
        (Backfill::Hold, None, 1, None, "held and noted"),
        (Backfill::Hold, None, 29, None, "held and noted"),
        (Backfill::Hold, None, 30, None, "held and noted"),
        (Backfill::Hold, None, 31, None, "held"),
        (Backfill::Hold, first(1), 31, held(), "held"),
        (Backfill::Hold, first(1), 2, held(), "held"),
        // Not shown by the first listing: back-dated, or of today.
        (Backfill::Hold, first(1), 2, None, "filed"),
        (Backfill::Hold, first(1), 0, None, "filed"),
        (Backfill::Hold, first(1), 31, None, "filed"),
        (Backfill::Hold, first(1), 40, None, "held"),
        (Backfill::Hold, first(1), 2, Some(failed(1, now())), "filed"),
        (Backfill::All, None, 400, None, "filed"),
        (Backfill::All, first(1), 2, held(), "filed"),
        (january, None, 9, None, "filed"),
        (january, None, 10, None, "filed"),
        (january, None, 12, None, "left out"),
        (january, first(1), 12, None, "left out"),
        (january, first(1), 12, held(), "left out"),
    ] {
        let policy = Policy {
            backfill,
            first_listed_at,
            ..policy()
        };
        let case = format!("{backfill:?} {first_listed_at:?} {days} {state:?}");
        assert_eq!(
            backfilled(&policy, completed(days, state)),
            expected,
            "{case}"
        );
    }
}

#[test]
fn what_the_ledger_does_not_know_is_looked_up_before_it_is_filed() {
    let restored = |assume_empty| {
        Some(Restored {
            to: now() - (10 * 24).hours(),
            at: now() - 24.hours(),
            assume_empty,
        })
    };
    let lost = Some(now() - 24.hours());
    let by_title = |by_title, lost_since| {
        Some(Look {
            by_title,
            lost_since,
        })
    };
    let of = |first_listed_at, restored, mode| Policy {
        first_listed_at,
        restored,
        mode,
        ..policy()
    };
    let first = of(None, None, Mode::Scheduled);
    let later = of(Some(now() - 48.hours()), None, Mode::Scheduled);
    let long = Some(Timestamp::UNIX_EPOCH);
    let [scan, verify] = [Mode::FullScan, Mode::Verify].map(|mode| of(long, None, mode));
    let [lost_table, empty] = [false, true].map(|empty| of(long, restored(empty), Mode::Scheduled));
    let unfinished = of(Some(now() - 48.hours()), restored(false), Mode::Scheduled);
    let failed = || Some(failed(1, now()));
    for (name, policy, days, state, expected) in [
        ("first", &first, 0, None, by_title(true, None)),
        ("first", &first, 400, None, by_title(true, None)),
        ("first", &first, 400, failed(), None),
        (
            "of the first listing",
            &later,
            3,
            None,
            by_title(true, None),
        ),
        ("later", &later, 1, None, None),
        ("at the first listing", &later, 2, None, None),
        ("scan", &scan, 1, None, by_title(false, None)),
        ("scan", &scan, 1, failed(), None),
        ("verify", &verify, 1, None, by_title(true, None)),
        ("restored", &lost_table, 0, None, None),
        (
            "at the restore",
            &lost_table,
            1,
            None,
            by_title(false, None),
        ),
        ("restored", &lost_table, 2, None, by_title(false, lost)),
        ("restored", &lost_table, 400, None, by_title(false, lost)),
        ("restored", &lost_table, 2, failed(), None),
        ("assumed empty", &empty, 2, None, by_title(false, None)),
        (
            "unfinished backfill",
            &unfinished,
            400,
            None,
            by_title(true, lost),
        ),
    ] {
        let plan = Plan::build([completed(days, state.clone())], policy, now());
        let look = plan.uploads.first().map(|upload| upload.look);
        assert_eq!(look, Some(expected), "{name} {days} {state:?}");
    }
    // It failed before the restore, and may have been filed since.
    let CertificateState::Failed(retry) = self::failed(1, now()) else {
        unreachable!()
    };
    for (hours, expected) in [(48, by_title(false, lost)), (24, None)] {
        let since = now() - hours.hours();
        let earlier = CertificateState::Failed(RetryState {
            since,
            ..retry.clone()
        });
        let plan = Plan::build([completed(2, Some(earlier))], &lost_table, now());
        assert_eq!(plan.uploads[0].look, expected, "{hours}");
    }
    // A look that has to be repeated is repeated, long after the first listing.
    let unlisted = CertificateState::Failed(RetryState {
        unlisted: true,
        ..retry
    });
    let plan = Plan::build([completed(1, Some(unlisted))], &later, now());
    assert_eq!(plan.uploads[0].look, by_title(false, None));
}

#[test]
fn what_is_dated_ahead_is_looked_up_for_a_day_after_a_restore() {
    let may_be_lost = |is_lost| Some(Some(is_lost));
    for (hours, days, expected) in [
        (1, -1, may_be_lost(true)),
        (23, -1, may_be_lost(true)),
        (24, -1, Some(None)),
        // The moment has come since.
        (1, 0, may_be_lost(false)),
        (23, 0, may_be_lost(false)),
        (24, 0, Some(None)),
        (40, 1, may_be_lost(false)),
        (48, 1, Some(None)),
        (23, 1, may_be_lost(true)),
    ] {
        let at = now() - hours.hours();
        let policy = Policy {
            restored: Some(Restored {
                to: at - 1.hour(),
                at,
                assume_empty: false,
            }),
            ..policy()
        };
        let plan = Plan::build([completed(days, None)], &policy, now());
        let look = plan.uploads.first().map(|upload| upload.look);
        let look = look.map(|look| look.map(|look| look.lost_since.is_some()));
        assert_eq!(look, expected, "{hours} {days}");
    }
}

#[test]
fn a_backfill_on_hold_is_one_of_everything_once_the_operator_has_started_it() {
    let config = |backfill: &str| {
        let text = format!(
            "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"direct\"\n\
             [certificates]\n{backfill}\n"
        );
        shared::tenant::TenantConfig::parse(&text).unwrap()
    };
    let day = Backfill::Since(jiff::civil::date(2026, 1, 1));
    for (backfill, waits, started) in [
        ("backfill = \"hold\"", Backfill::Hold, Backfill::All),
        ("backfill = \"all\"", Backfill::All, Backfill::All),
        ("since = \"2026-01-01\"", day, day),
    ] {
        for (started_at, expected) in [(None, waits), (Some(now()), started)] {
            let start = shared::state::CertificateStart {
                started_at,
                ..Default::default()
            };
            let policy = Policy::new(&start, Mode::Scheduled, &config(backfill));
            assert_eq!(policy.backfill, expected, "{backfill} {started_at:?}");
            assert_eq!(policy.first_listed_at, None);
        }
    }
}

#[test]
fn a_document_may_be_the_upload_from_ten_minutes_before_its_intent_on() {
    let document = |minutes: i64| shared::document::FiledDocument {
        id: DocumentId::new("7"),
        name: Some("Brandschutz".to_owned()),
        date: None,
        comment: None,
        size: None,
        category: None,
        created_at: Some(now() - minutes.minutes()),
        is_unsafe: false,
    };
    let candidate = candidate(listings()[1].clone(), Some(entry(intended(VERIFY_AFTER))));
    let plan = Plan::build([candidate], &policy(), now());
    for (minutes, expected) in [(14, true), (25, true), (26, false)] {
        let found = may_be_upload(&document(minutes), &plan.checks[0]);
        assert_eq!(found, expected, "{minutes}");
    }
}

#[test]
fn what_was_issued_again_is_named_once_and_never_filed() {
    let key = shared::fingerprint::FingerprintKey::from_bytes(&[7; 32]);
    let issue = |day: &str| Issue::new(&key, &id(), [Some(day.to_owned()), None, None]);
    let (old, new) = (issue("2026-05-10"), issue("2026-05-11"));
    let listing = |url| {
        Some(Listed {
            issue: new,
            ..listed(employee(), url)
        })
    };
    let url = Some("https://files.example/c-1.pdf");
    let filed_as = |issue, reissued: Option<Issue>| CertificateEntry {
        issue,
        reissued: reissued.map(|issue| Reissued { at: now(), issue }),
        ..entry(uploaded())
    };
    for (listed, entry, expected) in [
        (listing(url), filed_as(old, None), 1),
        (listing(None), filed_as(old, None), 0),
        (None, filed_as(old, None), 0),
        (listing(url), filed_as(new, None), 0),
        (listing(url), filed_as(Issue::default(), None), 0),
        (listing(url), filed_as(old, Some(new)), 0),
    ] {
        let candidate = candidate(listed, Some(entry.clone()));
        let plan = Plan::build([candidate], &policy(), now());
        assert_eq!(plan.reissues.len(), expected, "{entry:?}");
        assert_eq!((plan.uploads.len(), plan.checks.len()), (0, 0), "{entry:?}");
    }
}

#[test]
fn a_recent_certificate_of_nobody_is_held_with_the_others_and_counted_as_nobodys() {
    let policy = Policy {
        first_listed_at: None,
        backfill: Backfill::Hold,
        ..policy()
    };
    let nobody = SourceId::new("");
    for (owner, employee, reason) in [
        (employee(), SourceId::new("1"), SkipReason::Held),
        (Owner::NotFromHr, nobody.clone(), SkipReason::NotFromHr),
        (Owner::NoCustomer, nobody, SkipReason::NoCustomer),
    ] {
        let of = |entry| candidate(Some(listed(owner.clone(), None)), entry);
        let plan = Plan::build([of(None)], &policy, now());
        assert_eq!(plan.holds, [(id(), employee)], "{owner:?}");
        let result = crate::outcome::CertificateResult::Skipped(reason.clone());
        assert_eq!(plan.results(), [(id(), result)].into(), "{owner:?}");
        assert_eq!(plan.skipped, [(id(), reason.clone())].into(), "{owner:?}");
        let held = entry(CertificateState::Held { at: now() });
        let plan = Plan::build([of(Some(held))], &policy, now());
        assert_eq!(plan.holds, [], "{owner:?}");
        assert_eq!(plan.skipped, [(id(), reason)].into(), "{owner:?}");
    }
}
