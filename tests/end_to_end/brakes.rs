//! Brakes: too many risky changes are held until a decision; everything else is applied.

use harness::{Harness, ROUTES, date, people, person};
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
    /// Changes below the limit in a company of 20.
    limit: u64,
    /// Of the first ten.
    setup: fn(&mut Person),
    cause: fn(&Harness, u64),
    is_done: fn(&Harness, u64) -> bool,
    words: &'static str,
}

const KINDS: [RiskyChange; 7] = [
    RiskyChange {
        brake: Brake::UnexplainedLock,
        limit: 5,
        setup: |_| {},
        cause: |harness, id| harness.change(id, |person| person.status = Status::Inactive),
        is_done: |harness, id| harness.is_locked(id),
        words: "locks without an end date",
    },
    RiskyChange {
        brake: Brake::ExplainedLock,
        limit: 5,
        setup: |_| {},
        cause: |harness, id| {
            harness.change(id, |person| person.termination_date = date("2026-05-08"))
        },
        is_done: |harness, id| harness.is_locked(id),
        words: "locks at an end date",
    },
    RiskyChange {
        brake: Brake::Unlock,
        limit: 5,
        setup: |person| person.termination_date = date("2026-04-30"),
        cause: |harness, id| harness.change(id, |person| person.termination_date = None),
        is_done: |harness, id| !harness.is_locked(id),
        words: "unlocks",
    },
    RiskyChange {
        brake: Brake::Blank,
        limit: 5,
        setup: |_| {},
        cause: |harness, id| harness.change(id, |person| person.position = None),
        is_done: |harness, id| harness.account(id).position.is_none(),
        words: "emptied fields",
    },
    RiskyChange {
        brake: Brake::MailChange,
        limit: 5,
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
        limit: 5,
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
        limit: 20,
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

/// With one person above the limit nothing of that kind is applied, but everything else is.
async fn is_held(kind: &RiskyChange, harness: &Harness) {
    let limit = kind.limit;
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
async fn each_brake_holds_in_a_small_company() {
    for (kind, via) in KINDS.iter().zip(ROUTES.into_iter().cycle()) {
        let mut everybody = people(20);
        everybody.iter_mut().take(10).for_each(kind.setup);
        let harness = Harness::synced(via, PLAIN, everybody).await;
        is_held(kind, &harness).await;
    }
}

#[tokio::test]
async fn a_scope_that_excludes_the_whole_company_is_held() {
    let harness = Harness::synced(Via::Direct, PLAIN, people(20)).await;
    harness
        .configure(&format!(
            "{PLAIN}[scope]\ninclude_companies = [\"Mutser GmbH\"]\n"
        ))
        .await;
    let report = harness.tick().await;
    assert_counts!(report, held = 20);
    assert_eq!(harness.locked(1..=20), 0);
}
