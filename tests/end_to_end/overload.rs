//! Many tenants on few environments, some of them hostile: a Personio that hangs, one that only answers 429, one that suddenly has
//! thousands of people. `cargo measure load` does the same at full size.

use std::time::Duration;

use harness::completed;
use harness::fleet::{Event, Fleet, Hostility, RoundOptions, TickResult};
use jiff::Timestamp;
use shared::runtime::Outcome;
use shared::state::JobKind;

/// The first few are hostile.
const TENANTS: usize = 40;
const PEOPLE: u64 = 5;
const ENVIRONMENTS: usize = 8;
/// More people than any deadline here allows to read.
const FLOOD: u64 = 12_000;
/// Deadline of a hostile tenant's runs; two pauses of 5 seconds after a 429 do not fit.
const SHORT: Duration = Duration::from_secs(6);
/// Deadline of all others, enough on a busy machine.
const LONG: Duration = Duration::from_secs(240);

/// Both functions for every tenant, hostile ones first.
fn tick(deadline_of_the_hostile: Duration) -> Vec<Event> {
    let deadline = |company| {
        if company < Hostility::ALL.len() {
            deadline_of_the_hostile
        } else {
            LONG
        }
    };
    let of = |company| {
        [JobKind::Employees, JobKind::Certificates].map(|job| Event {
            company,
            job,
            at: Duration::ZERO,
            deadline: deadline(company),
        })
    };
    (0..TENANTS).flat_map(of).collect()
}

/// One change and one certificate for everybody.
fn something_new(fleet: &Fleet, round: u64) {
    for (number, company) in fleet.companies.iter().enumerate() {
        let position = Some(format!("Leitung {round}"));
        assert!(
            company
                .personio
                .change(1 + round % PEOPLE, |person| person.position = position)
        );
        let id = format!("9f0c2c53-3f6e-4b0f-{round:04}-{number:012}");
        let at = Timestamp::now().to_string();
        company
            .reteach
            .add_participation(completed(&id, 1, "Brandschutz", &at));
    }
}

fn hostile(fleet: &Fleet) -> impl Iterator<Item = (Hostility, &harness::Company)> {
    Hostility::ALL.into_iter().zip(&fleet.companies)
}

fn check_honest(ticks: &[TickResult]) {
    for tick in ticks
        .iter()
        .filter(|tick| tick.company >= Hostility::ALL.len())
    {
        assert_eq!(tick.outcome, Outcome::Done, "{tick:?}");
    }
}

fn check_settled(fleet: &Fleet, company: usize, certificates: usize) {
    assert_eq!(fleet.differences(company), []);
    let personio = &fleet.company(company).personio;
    assert_eq!(personio.documents().len(), certificates);
    assert!(personio.duplicates().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_tenants_delay_nobody_and_recover_on_the_next_tick() {
    let fleet = Fleet::start(TENANTS, PEOPLE).await;
    let first = tokio::task::block_in_place(|| fleet.first_runs(ENVIRONMENTS));
    assert!(first.iter().all(|tick| tick.outcome.is_good()), "{first:?}");
    something_new(&fleet, 0);
    for (hostility, company) in hostile(&fleet) {
        hostility.begin(company, FLOOD);
    }

    let terms = RoundOptions {
        environments: ENVIRONMENTS,
        pace: None,
    };
    let ticks = tokio::task::block_in_place(|| fleet.round(&tick(SHORT), &terms));
    check_honest(&ticks);
    for company in Hostility::ALL.len()..TENANTS {
        check_settled(&fleet, company, 1);
    }
    for tick in ticks
        .iter()
        .filter(|tick| tick.company < Hostility::ALL.len())
    {
        let hostility = Hostility::ALL[tick.company];
        // There is no time for an upload.
        let (outcome, says) = match tick.job {
            JobKind::Employees => (Outcome::SourceUnavailable, "Personio"),
            JobKind::Certificates => (Outcome::Partly, "the rest follows"),
        };
        assert_eq!(tick.outcome, outcome, "{hostility}: {tick:?}");
        assert!(tick.message.contains(says), "{hostility}: {}", tick.message);
    }
    for company in 0..TENANTS {
        assert!(fleet.is_free(company).await, "{company}");
    }

    for (hostility, company) in hostile(&fleet) {
        hostility.end(company, FLOOD);
    }
    something_new(&fleet, 1);
    let ticks = tokio::task::block_in_place(|| fleet.round(&tick(LONG), &terms));
    assert!(
        ticks.iter().all(|tick| tick.outcome == Outcome::Done),
        "{ticks:#?}"
    );
    for company in 0..TENANTS {
        check_settled(&fleet, company, 2);
    }
    assert_eq!(fleet.violations(), Vec::<String>::new());
}
