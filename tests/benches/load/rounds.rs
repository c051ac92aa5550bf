//! Rounds of ticks, alternating without and with hostile tenants.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use harness::completed;
use harness::fleet::{CallRates, Event, Fleet, RoundOptions, TickResult};
use harness::process::Usage;
use jiff::Timestamp;
use serde::Serialize;
use shared::state::JobKind;
use tokio::runtime::Runtime;

use super::checks;
use super::size::Size;

/// One in so many tenants has a change, and another one a new certificate, in each round.
const CHANGES: usize = 20;
/// Environments of the first runs, which go as fast as the machine does.
const AT_FIRST: usize = 16;

/// Whether hostile tenants are hostile in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mood {
    Calm,
    Hostile,
}

#[derive(Debug)]
pub(super) struct Round {
    pub(super) mood: Mood,
    pub(super) ticks: Vec<TickResult>,
}

#[derive(Debug)]
pub(super) struct Load {
    /// How long it took to bring everybody over.
    pub(super) first: Duration,
    pub(super) rounds: Vec<Round>,
    /// The most of any credential.
    pub(super) seen: CallRates,
    /// The most memory of everything together, in bytes.
    pub(super) peak: Option<u64>,
    pub(super) violations: Vec<String>,
}

pub(super) fn run(runtime: &Runtime, size: &Size) -> Load {
    eprintln!(
        "{} tenants of {} people come over …",
        size.tenants, size.people
    );
    let fleet = runtime.block_on(Fleet::start(size.tenants, size.people));
    let began = Instant::now();
    let ticks = fleet.first_runs(AT_FIRST);
    let first = began.elapsed();
    let mut violations = checks::all_good("a first run", &ticks);
    fleet.set_latency(size.latency);
    let mut issued = vec![0; size.tenants];
    let mut rounds = Vec::new();
    // The last one is calm, and shows that everybody has recovered.
    for number in 0..=2 * size.pairs {
        let mood = if number % 2 == 0 {
            Mood::Calm
        } else {
            Mood::Hostile
        };
        eprintln!("round {} of {}, {mood:?} …", number + 1, 2 * size.pairs + 1);
        something_new(&fleet, size, number, &mut issued);
        change_mood(&fleet, size, mood, Change::Begins);
        let ticks = fleet.round(
            &events(size, mood),
            &RoundOptions {
                environments: size.environments,
                pace: None,
            },
        );
        change_mood(&fleet, size, mood, Change::Ends);
        violations.extend(checks::round(size, mood, &ticks));
        violations.extend(runtime.block_on(checks::leases(&fleet)));
        rounds.push(Round { mood, ticks });
    }
    // Before anybody judges it.
    let peak = Usage::now().peak;
    violations.extend(checks::settled(&fleet, &issued));
    let (hostile, honest) = fleet
        .companies
        .split_at(size.hostile.min(fleet.companies.len()));
    let (hostile, honest) = (CallRates::of(hostile), CallRates::of(honest));
    violations.extend(checks::refused(&honest));
    let seen = honest.or_more(hostile);
    Load {
        first,
        rounds,
        seen,
        peak,
        violations,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Begins,
    Ends,
}

fn change_mood(fleet: &Fleet, size: &Size, mood: Mood, change: Change) {
    if mood == Mood::Calm {
        return;
    }
    for (number, company) in fleet.companies.iter().enumerate() {
        match (size.hostility(number), change) {
            (Some(hostility), Change::Begins) => hostility.begin(company, size.flood),
            (Some(hostility), Change::Ends) => hostility.end(company, size.flood),
            (None, _) => {}
        }
    }
}

/// HR changes somebody, an academy issues a certificate: as many in each round, and at the hostile tenants always.
fn something_new(fleet: &Fleet, size: &Size, round: usize, issued: &mut [usize]) {
    let is_due = |number: usize, offset: usize| {
        number < size.hostile || (number + round + offset).is_multiple_of(CHANGES)
    };
    for ((number, company), issued) in fleet.companies.iter().enumerate().zip(issued) {
        if is_due(number, 0) {
            let id = 1 + round as u64 % size.people;
            let position = Some(format!("Leitung {round}"));
            assert!(
                company
                    .personio
                    .change(id, |person| person.position = position)
            );
        }
        if is_due(number, CHANGES / 2) {
            let id = format!("9f0c2c53-3f6e-4b0f-{round:04}-{number:012}");
            company.reteach.add_participation(completed(
                &id,
                1,
                "Datenschutz",
                &Timestamp::now().to_string(),
            ));
            *issued += 1;
        }
    }
}

/// Every tenant's tick of both jobs, spread over the window: the hostile ones first, so that they are there all along, the
/// others in an order that is always the same.
fn events(size: &Size, mood: Mood) -> Vec<Event> {
    let mut order: Vec<_> = (0..size.tenants).collect();
    order.sort_by_cached_key(|company| {
        let mut hasher = DefaultHasher::new();
        company.hash(&mut hasher);
        (*company >= size.hostile, hasher.finish())
    });
    let is_hostile = |company| mood == Mood::Hostile && size.hostility(company).is_some();
    let deadline = |company, job| size.deadline(job, is_hostile(company));
    let apart = size.window / u32::try_from(2 * size.tenants).unwrap();
    let turns = order.into_iter().flat_map(|company| {
        [
            (company, JobKind::Employees),
            (company, JobKind::Certificates),
        ]
    });
    (0..)
        .zip(turns)
        .map(|(turn, (company, job))| Event {
            company,
            job,
            at: apart * turn,
            deadline: deadline(company, job),
        })
        .collect()
}
