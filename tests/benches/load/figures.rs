//! Tables of what was seen.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::fleet::TickResult;
use judge::LIMITS;
use shared::state::JobKind;

use crate::figure::{Figure, Table};

use super::MOST_P99;
use super::memory::LargeCompany;
use super::neighbours::SingleTenants;
use super::rounds::{Load, Mood, Round};
use super::size::Size;

/// Honest tenants' runs of one job in the rounds of one mood: medians over the rounds.
pub(super) struct JobRuns {
    pub(super) job: JobKind,
    mood: Mood,
    runs: usize,
    /// From the moment a run was due.
    p50: Duration,
    pub(super) p99: Duration,
    /// The rounds' lowest and highest.
    pub(super) p99_least: Duration,
    pub(super) p99_most: Duration,
    /// Whether three rounds in four are within the target of their median.
    pub(super) p99_agree: bool,
    longest: Duration,
    queued_longest: Duration,
    processor_p50: Duration,
    processor_p99: Duration,
    starved_p99: Duration,
    calls_each: f64,
    units_each: f64,
}

/// Job by job, calm rounds first.
pub(super) fn job_runs(load: &Load, hostile: usize) -> Vec<JobRuns> {
    let of = |job| [Mood::Calm, Mood::Hostile].map(|mood| JobRuns::of(load, hostile, job, mood));
    [JobKind::Employees, JobKind::Certificates]
        .into_iter()
        .flat_map(of)
        .collect()
}

impl JobRuns {
    fn of(load: &Load, hostile: usize, job: JobKind, mood: Mood) -> Self {
        let rounds = load.rounds.iter().filter(|round| round.mood == mood);
        let rounds: Vec<Vec<&TickResult>> =
            rounds.map(|round| honest(round, hostile, job)).collect();
        let each = |part: f64, of: fn(&TickResult) -> Duration| -> Vec<Duration> {
            let percentile =
                |ticks: &Vec<&TickResult>| percentile(part, ticks.iter().map(|tick| of(tick)));
            sorted(rounds.iter().map(percentile))
        };
        let middle = |part, of| percentile(50.0, each(part, of).into_iter());
        let all: Vec<_> = rounds.iter().flatten().collect();
        let most = |of: fn(&TickResult) -> Duration| {
            all.iter().map(|tick| of(tick)).max().unwrap_or_default()
        };
        let mean = |of: fn(&TickResult) -> f64| {
            all.iter().map(|tick| of(tick)).sum::<f64>() / all.len() as f64
        };
        let p99s = each(99.0, wall);
        Self {
            job,
            mood,
            runs: all.len(),
            p50: middle(50.0, wall),
            p99: middle(99.0, wall),
            p99_least: p99s.first().copied().unwrap_or_default(),
            p99_most: p99s.last().copied().unwrap_or_default(),
            p99_agree: agree(&p99s),
            longest: most(wall),
            queued_longest: most(|tick| tick.queued),
            processor_p50: middle(50.0, |tick| tick.processor),
            processor_p99: middle(99.0, |tick| tick.processor),
            starved_p99: middle(99.0, |tick| tick.starved),
            calls_each: mean(|tick| tick.calls as f64),
            units_each: mean(|tick| tick.units.read + tick.units.write),
        }
    }
}

fn honest(round: &Round, hostile: usize, job: JobKind) -> Vec<&TickResult> {
    let is_honest = |tick: &&TickResult| tick.job == job && tick.company >= hostile;
    round.ticks.iter().filter(is_honest).collect()
}

fn wall(tick: &TickResult) -> Duration {
    tick.queued + tick.took
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    times
}

/// The time that this many percent of all do not exceed.
fn percentile(part: f64, times: impl Iterator<Item = Duration>) -> Duration {
    let times = sorted(times);
    let rank = (part / 100.0 * times.len() as f64).ceil() as usize;
    times
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

fn agree(times: &[Duration]) -> bool {
    let median = percentile(50.0, times.iter().copied());
    let is_close =
        |time: &&Duration| **time <= median.mul_f64(MOST_P99) && median <= time.mul_f64(MOST_P99);
    4 * times.iter().filter(is_close).count() >= 3 * times.len()
}

pub(super) fn others(size: &Size, runs: &[JobRuns]) -> Table {
    let title = format!(
        "The others' runs: {} tenants of {} people, {} of them hostile in every other round; {} environments of each \
         function; ticks of both jobs within {} s, each answer after {} ms. Starved: the time for which a run waited for a \
         processor, which it shares here and not on AWS.",
        size.tenants,
        size.people,
        size.hostile,
        size.environments,
        size.window.as_secs(),
        size.latency.as_millis(),
    );
    Table::of(
        title,
        runs,
        &[
            ("function", |runs| runs.job.function().into()),
            ("rounds", |runs| match runs.mood {
                Mood::Calm => "nobody hostile".into(),
                Mood::Hostile => "with hostile tenants".into(),
            }),
            ("runs", |runs| runs.runs.into()),
            ("p50", |runs| runs.p50.into()),
            ("p99", |runs| runs.p99.into()),
            ("lowest p99", |runs| runs.p99_least.into()),
            ("highest p99", |runs| runs.p99_most.into()),
            ("longest", |runs| runs.longest.into()),
            ("queued", |runs| runs.queued_longest.into()),
            ("processor p50", |runs| runs.processor_p50.into()),
            ("processor p99", |runs| runs.processor_p99.into()),
            ("starved p99", |runs| runs.starved_p99.into()),
            ("calls each", |runs| Figure::Number(runs.calls_each, 3)),
            ("units each", |runs| runs.units_each.into()),
        ],
    )
}

pub(super) fn hostile(size: &Size, load: &Load) -> Table {
    let rounds = load
        .rounds
        .iter()
        .filter(|round| round.mood == Mood::Hostile);
    let mut kinds = BTreeMap::<_, Vec<&TickResult>>::new();
    for tick in rounds.flat_map(|round| &round.ticks) {
        if let Some(hostility) = size.hostility(tick.company) {
            kinds
                .entry((hostility, tick.job.function()))
                .or_default()
                .push(tick);
        }
    }
    Table::of(
        "Hostile tenants' runs.",
        kinds
            .into_iter()
            .map(|((hostility, job), runs)| (job, hostility.to_string(), runs)),
        &[
            ("function", |(job, _, _)| (*job).into()),
            ("Personio", |(_, hostility, _)| hostility.as_str().into()),
            ("runs", |(_, _, runs)| runs.len().into()),
            ("outcomes", |(_, _, runs)| {
                let mut outcomes: Vec<_> = runs
                    .iter()
                    .map(|tick| format!("{:?}", tick.outcome))
                    .collect();
                outcomes.sort();
                outcomes.dedup();
                outcomes.join(", ").into()
            }),
            ("longest", |(_, _, runs)| {
                runs.iter().map(|tick| tick.took).max().into()
            }),
            ("most processor", |(_, _, runs)| {
                runs.iter().map(|tick| tick.processor).max().into()
            }),
            ("most calls", |(_, _, runs)| {
                runs.iter().map(|tick| tick.calls).max().into()
            }),
        ],
    )
}

pub(super) fn neighbours(single: &SingleTenants) -> Table {
    Table::of(
        "A hostile and an honest tenant in one environment.",
        &single.neighbours,
        &[
            ("Personio", |them| them.hostility.to_string().into()),
            ("outcome", |them| {
                format!("{:?}", them.hostile.outcome).into()
            }),
            ("its run", |them| them.hostile.took.into()),
            ("deadline", |them| them.deadline.into()),
            ("its processor", |them| them.hostile.processor.into()),
            ("the other's run before", |them| them.before.took.into()),
            ("and after", |them| them.after.took.into()),
        ],
    )
}

pub(super) fn limits(load: &Load, single: &SingleTenants) -> Table {
    let seen = LIMITS.iter().zip(load.seen.most).zip(single.seen.most);
    Table::of(
        "Calls of one credential, the most in any window.",
        seen.map(|((limit, rounds), single)| (limit, rounds, single)),
        &[
            ("limit", |(limit, _, _)| limit.name.into()),
            ("allowed", |(limit, _, _)| limit.most.into()),
            ("in the rounds", |(_, rounds, _)| (*rounds).into()),
            ("at the limits", |(_, _, single)| (*single).into()),
        ],
    )
}

pub(super) fn memory(companies: &[LargeCompany]) -> Table {
    Table::of(
        "A large company: the first run, and a comparison with the academy.",
        companies,
        &[
            ("people", |company| company.people.into()),
            ("foreign accounts", |company| company.foreign.into()),
            ("memory at start", |company| {
                company.at_start.map(Figure::Memory).into()
            }),
            ("peak memory", |company| company.cost.memory()),
            ("processor", |company| company.cost.processor.into()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_agree_if_three_in_four_are_close_to_their_median() {
        let times = |milliseconds: [u64; 4]| milliseconds.map(Duration::from_millis);
        assert!(agree(&times([100, 101, 102, 200])));
        assert!(!agree(&times([100, 110, 150, 200])));
    }
}
