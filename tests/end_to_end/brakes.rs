//! Brakes: too many risky changes are held until a decision; everything else is applied.

use harness::{Harness, ROUTES, date, people, person};
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Outcome};
use shared::state::Brake;
use shared::tenant::Via;
use simulators::Person;
use simulators::people::Status;

/// No tags: one call per person.
pub(crate) const PLAIN: &str = "[employees]\nemployment_type = \"off\"\n";

/// One kind of risky change: its cause, and whether it was applied to a person.
struct RiskyChange {
    brake: Brake,
    /// Changes below the limit in a company of 200 and in one of 20.
    limits: (u64, u64),
    setup: fn(&mut Person),
    cause: fn(&Harness, u64),
    is_done: fn(&Harness, u64) -> bool,
    words: &'static str,
}

const KINDS: [RiskyChange; 7] = [
    RiskyChange {
        brake: Brake::UnexplainedLock,
        limits: (10, 5),
        setup: |_| {},
        cause: |harness, id| harness.change(id, |person| person.status = Status::Inactive),
        is_done: |harness, id| harness.is_locked(id),
        words: "locks without an end date",
    },
    RiskyChange {
        brake: Brake::ExplainedLock,
        limits: (40, 5),
        setup: |_| {},
        cause: |harness, id| {
            harness.change(id, |person| person.termination_date = date("2026-05-08"))
        },
        is_done: |harness, id| harness.is_locked(id),
        words: "locks at an end date",
    },
    RiskyChange {
        brake: Brake::Unlock,
        // Locked people do not count: 200 less the 50 at the beginning.
        limits: (7, 5),
        setup: |person| {
            if person.id <= 50 {
                person.termination_date = date("2026-04-30");
            }
        },
        cause: |harness, id| harness.change(id, |person| person.termination_date = None),
        is_done: |harness, id| !harness.is_locked(id),
        words: "unlocks",
    },
    RiskyChange {
        brake: Brake::Blank,
        limits: (10, 5),
        setup: |_| {},
        cause: |harness, id| harness.change(id, |person| person.position = None),
        is_done: |harness, id| harness.account(id).position.is_none(),
        words: "emptied fields",
    },
    RiskyChange {
        brake: Brake::MailChange,
        limits: (10, 5),
        setup: |_| {},
        cause: |harness, id| {
            harness.change(id, |person| {
                person.email = Some(format!("neu-{id}@muster.example"))
            })
        },
        is_done: |harness, id| {
            harness
                .account(id)
                .email
                .is_some_and(|email| email.starts_with("neu-"))
        },
        words: "changed mail addresses",
    },
    RiskyChange {
        brake: Brake::ExplainedLock,
        limits: (40, 5),
        setup: |_| {},
        // Counted when it is written, however far ahead it takes effect.
        cause: |harness, id| {
            harness.change(id, |person| person.termination_date = date("2026-12-31"))
        },
        is_done: |harness, id| harness.account(id).set_inactive_at.is_some(),
        words: "locks at an end date",
    },
    RiskyChange {
        brake: Brake::Create,
        limits: (40, 20),
        setup: |_| {},
        cause: |harness, id| harness.personio.put(person(1_000 + id)),
        is_done: |harness, id| harness.find(1_000 + id).is_some(),
        words: "new or adopted accounts",
    },
];

fn done(kind: &RiskyChange, harness: &Harness, ids: impl IntoIterator<Item = u64>) -> usize {
    ids.into_iter()
        .filter(|id| (kind.is_done)(harness, *id))
        .count()
}

async fn company(kind: &RiskyChange, via: Via, people_count: u64) -> Harness {
    let mut everybody = people(people_count);
    everybody.iter_mut().for_each(kind.setup);
    Harness::synced(via, PLAIN, everybody).await
}

/// With one person above the limit nothing of that kind is applied, but everything else is.
async fn is_held(kind: &RiskyChange, harness: &Harness, limit: u64) {
    let label = format!("{:?} {:?} {limit}", kind.brake, harness.company.via);
    for id in 1..=limit + 1 {
        (kind.cause)(harness, id);
    }
    // Harmless: a new person, and another office for one of those held.
    let is_create = kind.brake == Brake::Create;
    if !is_create {
        harness.personio.put(person(900));
    }
    harness.change(1, |person| person.office = Some("Wien".into()));
    let report = harness.tick().await;
    assert_eq!(done(kind, harness, 1..=limit + 1), 0, "{label}");
    let is_rest_applied = harness.find(900).is_some() != is_create
        && harness.account(1).location.as_deref() == Some("Wien");
    assert!(is_rest_applied, "{label}");
    assert_run!("{label}", report, Outcome::Done, held = limit + 1);
    let held = report.held.as_ref().unwrap();
    assert_eq!(
        held.counts.get(&kind.brake).copied().map(u64::from),
        Some(limit + 1),
        "{label}"
    );
    for part in [
        kind.words,
        &format!("Plan {} is held", held.hash),
        &format!("{} {}", limit + 1, kind.words),
        &format!("limit without approval: {limit}"),
        "later runs go on",
        &format!("`tenants approve acme {}`", held.hash),
        &format!("`tenants dismiss acme {}`", held.hash),
    ] {
        assert!(held.text.contains(part), "{label}: {part} in {}", held.text);
    }
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.kind == FindingKind::Held && finding.text == held.text)
    );
    assert_eq!(harness.held().await.unwrap().hash, held.hash, "{label}");

    // Later runs go on, and hold the same plan.
    harness.change(19, |person| person.office = Some("Wien".into()));
    harness.forget_requests();
    let again = harness.tick().await;
    assert_eq!(
        again.held.as_ref().map(|held| (&held.hash, held.since)),
        Some((&held.hash, held.since)),
        "{label}"
    );
    assert_eq!(
        harness.writes().len(),
        1,
        "{label}: {:?}",
        harness.summary()
    );
    assert_eq!(done(kind, harness, 1..=limit + 1), 0, "{label}");
    // What is held costs no calls, until the record changes.
    harness.forget_requests();
    for _ in 0..3 {
        harness.tick().await;
    }
    assert_eq!(harness.summary(), [], "{label}");
}

#[tokio::test]
async fn each_brake_holds_in_a_small_company_on_every_route() {
    for kind in &KINDS {
        for via in ROUTES {
            let mut small = people(20);
            small.iter_mut().take(10).for_each(|person| {
                if person.id <= 10 {
                    (kind.setup)(person)
                }
            });
            let harness = Harness::synced(via, PLAIN, small).await;
            is_held(kind, &harness, kind.limits.1).await;
        }
    }
}

#[tokio::test]
async fn each_brake_holds_beyond_its_share_of_a_large_company() {
    for kind in &KINDS {
        let harness = company(kind, Via::Direct, 200).await;
        is_held(kind, &harness, kind.limits.0).await;
    }
}

#[tokio::test]
async fn within_the_limit_everything_is_applied() {
    for kind in &KINDS {
        let harness = company(kind, Via::Direct, 60).await;
        for id in 1..=5 {
            (kind.cause)(&harness, id);
        }
        let report = harness.tick().await;
        assert_eq!(
            (done(kind, &harness, 1..=5), report.held),
            (5, None),
            "{:?}",
            kind.brake
        );
        // One more within 24 hours is too many; a day later it is not.
        let next = match kind.brake {
            Brake::ExplainedLock => 6..=13,
            Brake::Create => 6..=21,
            _ => 6..=6,
        };
        next.clone().for_each(|id| (kind.cause)(&harness, id));
        harness.tick().await;
        assert_eq!(done(kind, &harness, next.clone()), 0, "{:?}", kind.brake);
        harness.after(SignedDuration::from_hours(25)).await;
        assert_eq!(
            done(kind, &harness, next.clone()),
            next.count(),
            "{:?}",
            kind.brake
        );
        assert_eq!(harness.held().await, None);
    }
}

#[tokio::test]
async fn a_scope_that_excludes_the_whole_company_is_held() {
    for via in ROUTES {
        let harness = Harness::synced(via, PLAIN, people(20)).await;
        harness
            .configure(&format!(
                "{PLAIN}[scope]\ninclude_companies = [\"Mutser GmbH\"]\n"
            ))
            .await;
        let report = harness.tick().await;
        assert_counts!("{via:?}", report, held = 20);
        assert_eq!(harness.locked(1..=20), 0, "{via:?}");
    }
}

#[tokio::test]
async fn configured_limits_are_used() {
    let own = format!("{PLAIN}[brake]\nunexplained_lock = 50\nexplained_lock = 10\nat_least = 1\n");
    let harness = Harness::synced(Via::Direct, &own, people(20)).await;
    (1..=10).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
    (11..=12)
        .for_each(|id| harness.change(id, |person| person.termination_date = date("2026-05-08")));
    harness.tick().await;
    assert_eq!((harness.locked(1..=10), harness.locked(11..=12)), (10, 2));
    harness.change(13, |person| person.termination_date = date("2026-05-08"));
    harness.tick().await;
    assert!(!harness.is_locked(13));
}
