//! Which decision is taken about which certificate.

mod properties;

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use shared::domain::id::{CertificateId, CustomerId, DocumentId, ExternalId, SourceId};
use shared::http::SignedUrl;
use shared::reteach;
use shared::state::{CertificateEntry, CertificateState, Intent, OnUnverifiable, RetryState};

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
        failing_since: Some(now() - 2.hours()),
        on_unverifiable: OnUnverifiable::Park,
    })
}

fn failed(failures: u32, retry_at: Timestamp) -> CertificateState {
    let since = now() - 2.hours();
    CertificateState::Failed(RetryState {
        reason: "why".to_owned(),
        failures,
        since,
        retry_at,
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
    CertificateEntry {
        certificate_id: id(),
        employee: SourceId::new(LEDGERS),
        state,
    }
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

/// The one decision about the one certificate of a plan, in short.
fn decision(listed: Option<Listed>, entry: Option<CertificateEntry>) -> String {
    let id = id();
    let candidate = Candidate { id, listed, entry };
    let Plan {
        checks,
        uploads,
        skipped,
    } = Plan::build([candidate], now());
    let of_upload = |upload: &Upload| {
        assert_eq!(upload.id, self::id());
        assert_eq!(upload.course.as_deref(), Some("Brandschutz"));
        assert_eq!(upload.completed_at, Some(now() - 1.hour()));
        let PreviousFailures { failures, since } = upload.previous;
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
fn a_check_carries_the_upload_that_it_asks_about() {
    let CertificateState::Intended(intent) = intended(VERIFY_AFTER) else {
        unreachable!()
    };
    let candidate = Candidate {
        id: id(),
        listed: None,
        entry: Some(entry(intended(VERIFY_AFTER))),
    };
    let plan = Plan::build([candidate], now());
    assert_eq!(plan.checks.first().map(|check| check.intent), Some(intent));
    let previous = PreviousFailures {
        failures: 2,
        since: Some(now() - 2.hours()),
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
    let plan = Plan::build(candidates, now());
    let order = plan.uploads.iter().map(|upload| upload.id.as_str());
    assert!(order.eq(["a", "b", "c", "d"]));
}

#[test]
fn an_owner_is_found_by_external_id_else_by_the_ledger_of_employees() {
    let ours = SourceId::new("3");
    let owners = [(CustomerId::new("known"), ours.clone())].into();
    let people = People {
        tool: "personio",
        owners: &owners,
    };
    let employee = |id: &str| Owner::Employee(SourceId::new(id));
    for (account, external_id, expected, is_clear) in [
        ("new", Some("personio:1"), employee("1"), true),
        ("known", Some("personio:1"), employee("1"), true),
        ("known", None, employee("3"), false),
        ("known", Some("personio:"), employee("3"), false),
        ("known", Some("sap:1"), employee("3"), false),
        ("known", Some("Personio:1"), employee("3"), false),
        ("known", Some("personio1"), employee("3"), false),
        ("new", None, Owner::NotFromHr, false),
        ("new", Some("personio:"), Owner::NotFromHr, false),
        ("new", Some("hibob:1"), Owner::NotFromHr, false),
    ] {
        let account = reteach::Owner {
            id: CustomerId::new(account),
            external_id: external_id.map(ExternalId::new),
        };
        assert_eq!(Owner::of(Some(&account), people), expected, "{account:?}");
        assert_eq!(is_unclear(&account, "personio"), !is_clear, "{account:?}");
    }
    assert_eq!(Owner::of(None, people), Owner::NoCustomer);
}

#[test]
fn no_course_is_shown() {
    let listed = listed(employee(), Some("https://files.example/secret.pdf"));
    let candidate = Candidate {
        id: id(),
        listed: listings()[1].clone(),
        entry: None,
    };
    let plan = Plan::build([candidate.clone()], now());
    let shown = format!("{listed:?} {plan:?} {candidate:?}");
    for text in ["Brandschutz", "files.example"] {
        assert!(!shown.contains(text), "{shown}");
    }
}
