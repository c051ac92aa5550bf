//! What was seen, as Markdown for the README or as JSON.

use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use harness::fleet::{LIMITS, Told};
use serde::Serialize;
use serde_json::json;
use shared::state::JobKind;

use crate::args::Size;
use crate::beside::Beside;
use crate::memory::Memory;
use crate::rounds::{Load, Mood, Round};
use crate::verdict;

/// Honest tenants' runs of one job in the rounds of one mood: medians over the rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Runs {
    pub(crate) job: JobKind,
    mood: Mood,
    runs: usize,
    /// From the moment a run was due.
    p50: Duration,
    pub(crate) p99: Duration,
    /// The rounds' lowest and highest.
    pub(crate) p99_least: Duration,
    pub(crate) p99_most: Duration,
    /// Whether the rounds agree among themselves: three in four are within the target of their median.
    pub(crate) p99_agree: bool,
    longest: Duration,
    queued_longest: Duration,
    processor_p50: Duration,
    processor_p99: Duration,
    starved_p99: Duration,
    calls_each: f64,
    units_each: f64,
}

impl Runs {
    fn of(load: &Load, hostile: usize, job: JobKind, mood: Mood) -> Self {
        let rounds = load.rounds.iter().filter(|round| round.mood == mood);
        let rounds: Vec<Vec<&Told>> = rounds.map(|round| honest(round, hostile, job)).collect();
        let each = |part: f64, of: fn(&Told) -> Duration| {
            sorted(
                rounds
                    .iter()
                    .map(|told| percentile(part, told.iter().map(|told| of(told)))),
            )
        };
        let middle = |part, of| percentile(50.0, each(part, of).into_iter());
        let all: Vec<_> = rounds.iter().flatten().collect();
        let most =
            |of: fn(&Told) -> Duration| all.iter().map(|told| of(told)).max().unwrap_or_default();
        let mean =
            |of: fn(&Told) -> f64| all.iter().map(|told| of(told)).sum::<f64>() / all.len() as f64;
        let p99s = each(99.0, wall);
        Self {
            job,
            mood,
            runs: all.len(),
            p50: middle(50.0, wall),
            p99: middle(99.0, wall),
            p99_least: p99s.first().copied().unwrap_or_default(),
            p99_most: p99s.last().copied().unwrap_or_default(),
            p99_agree: verdict::agree(&p99s),
            longest: most(wall),
            queued_longest: most(|told| told.queued),
            processor_p50: middle(50.0, |told| told.processor),
            processor_p99: middle(99.0, |told| told.processor),
            starved_p99: middle(99.0, |told| told.starved),
            calls_each: mean(|told| told.calls as f64),
            units_each: mean(|told| told.units.read + told.units.write),
        }
    }
}

fn honest(round: &Round, hostile: usize, job: JobKind) -> Vec<&Told> {
    round
        .told
        .iter()
        .filter(|told| told.job == job && told.company >= hostile)
        .collect()
}

fn wall(told: &Told) -> Duration {
    told.queued + told.took
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    times
}

/// The time that so many percent of all do not exceed.
pub(crate) fn percentile(part: f64, times: impl Iterator<Item = Duration>) -> Duration {
    let times = sorted(times);
    let rank = (part / 100.0 * times.len() as f64).ceil() as usize;
    times
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

pub(crate) fn all_runs(load: &Load, hostile: usize) -> Vec<Runs> {
    let of = |job| [Mood::Calm, Mood::Hostile].map(|mood| Runs::of(load, hostile, job, mood));
    [JobKind::Employees, JobKind::Certificates]
        .into_iter()
        .flat_map(of)
        .collect()
}

pub(crate) fn text(size: &Size, load: &Load, beside: &Beside, memory: &[Memory]) -> String {
    let runs = all_runs(load, size.hostile);
    let peak = load.peak.unwrap_or_default() as f64 / f64::from(1 << 20);
    format!(
        "{} tenants of {} people, {} of them hostile in every other round; {} environments of each function; \
         ticks of both jobs within {} s, the hostile ones' deadlines {} and {} s, each answer after {} ms.\n\
         Everybody came over in {:.0} s. Everything together had {peak:.0} MiB at most.\n\n{}\n\n{}\n{}\n\n{}\n\n{}\n\n{}\n",
        size.tenants,
        size.people,
        size.hostile,
        size.environments,
        size.window.as_secs(),
        size.employees.as_secs(),
        size.certificates.as_secs(),
        size.latency.as_millis(),
        load.first.as_secs_f64(),
        others(&runs),
        verdict::text(&runs),
        hostile(size, load),
        neighbours(beside),
        limits(load, beside),
        many(memory),
    )
}

fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(header.to_vec()).add_rows(rows);
    table
        .column_iter_mut()
        .skip(1)
        .for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

fn others(runs: &[Runs]) -> Table {
    let header = [
        "the others' runs",
        "runs",
        "p50 ms",
        "p99 ms",
        "p99 by round",
        "longest ms",
        "queued ms",
        "processor p50 ms",
        "processor p99 ms",
        "no processor p99 ms",
        "calls each",
        "units each",
    ];
    table(
        &header,
        runs.iter().map(|it| {
            vec![
                format!(
                    "{}, {}",
                    it.job.function(),
                    if it.mood == Mood::Calm {
                        "nobody hostile"
                    } else {
                        "with hostile ones"
                    }
                ),
                it.runs.to_string(),
                ms(it.p50),
                ms(it.p99),
                format!("{} to {}", ms(it.p99_least), ms(it.p99_most)),
                ms(it.longest),
                ms(it.queued_longest),
                precise(it.processor_p50),
                precise(it.processor_p99),
                precise(it.starved_p99),
                format!("{:.3}", it.calls_each),
                format!("{:.2}", it.units_each),
            ]
        }),
    )
}

fn hostile(size: &Size, load: &Load) -> Table {
    let told = load
        .rounds
        .iter()
        .filter(|round| round.mood == Mood::Hostile)
        .flat_map(|round| &round.told);
    let of: Vec<_> = told
        .filter_map(|told| Some((size.hostility(told.company)?, told)))
        .collect();
    let kinds = of
        .iter()
        .map(|(hostility, told)| (*hostility, told.job.function()));
    let kinds: std::collections::BTreeSet<_> = kinds.collect();
    let rows = kinds.into_iter().map(|(kind, job)| {
        let those: Vec<_> = of
            .iter()
            .filter(|(it, told)| (*it, told.job.function()) == (kind, job))
            .collect();
        let longest = those
            .iter()
            .map(|(_, told)| told.took)
            .max()
            .unwrap_or_default();
        let mut ends: Vec<_> = those
            .iter()
            .map(|(_, told)| format!("{:?}", told.outcome))
            .collect();
        ends.sort();
        ends.dedup();
        let most = |of: fn(&Told) -> Duration| {
            those
                .iter()
                .map(|(_, told)| of(told))
                .max()
                .unwrap_or_default()
        };
        let calls = those
            .iter()
            .map(|(_, told)| told.calls)
            .max()
            .unwrap_or_default();
        vec![
            format!("{job}, Personio: {kind}"),
            those.len().to_string(),
            ends.join(", "),
            format!("{:.1}", longest.as_secs_f64()),
            ms(most(|told| told.processor)),
            calls.to_string(),
        ]
    });
    table(
        &[
            "hostile tenants' runs",
            "runs",
            "outcome",
            "longest s",
            "processor ms at most",
            "calls at most",
        ],
        rows,
    )
}

fn neighbours(beside: &Beside) -> Table {
    let rows = beside.neighbours.iter().map(|them| {
        vec![
            them.hostility.to_string(),
            format!("{:?}", them.hostile.outcome),
            format!("{:.1}", them.hostile.took.as_secs_f64()),
            them.deadline.as_secs().to_string(),
            ms(them.hostile.processor),
            ms(them.before.took),
            ms(them.after.took),
        ]
    });
    let header = [
        "in one environment, Personio",
        "outcome",
        "its run s",
        "deadline s",
        "its processor ms",
        "the other's run before it ms",
        "and after it ms",
    ];
    table(&header, rows)
}

fn limits(load: &Load, beside: &Beside) -> Table {
    let rows =
        LIMITS
            .iter()
            .zip(load.seen.most)
            .zip(beside.seen.most)
            .map(|((limit, rounds), beside)| {
                vec![
                    limit.name.to_owned(),
                    limit.most.to_string(),
                    rounds.to_string(),
                    beside.to_string(),
                ]
            });
    let header = [
        "calls of one credential, the most in any window",
        "limit",
        "in the rounds",
        "with as much to do as goes",
    ];
    table(&header, rows)
}

fn many(memory: &[Memory]) -> Table {
    let mib = |bytes: Option<u64>| {
        format!(
            "{:.1}",
            bytes.unwrap_or_default() as f64 / f64::from(1 << 20)
        )
    };
    let rows = memory.iter().map(|it| {
        vec![
            it.people.to_string(),
            mib(it.at_start),
            mib(it.peak),
            it.processor.to_string(),
        ]
    });
    table(
        &[
            "people, all of a sudden",
            "MiB at start",
            "MiB at most",
            "processor ms",
        ],
        rows,
    )
}

fn ms(time: Duration) -> String {
    format!("{:.0}", time.as_secs_f64() * 1e3)
}

fn precise(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}

pub(crate) fn json(size: &Size, load: &Load, beside: &Beside, memory: &[Memory]) -> String {
    let limits = LIMITS.iter().zip(load.seen.most).zip(beside.seen.most).map(|((limit, rounds), beside)| {
        json!({ "limit": limit.name, "allowed": limit.most, "rounds": rounds, "beside": beside })
    });
    let neighbours = beside.neighbours.iter().map(|them| {
        json!({
            "personio": them.hostility.to_string(),
            "hostile": them.hostile.took,
            "message": them.hostile.message,
            "deadline": them.deadline,
            "before": them.before.took,
            "after": them.after.took,
        })
    });
    let measured = json!({
        "tenants": size.tenants,
        "people": size.people,
        "hostile": size.hostile,
        "first_runs": load.first,
        "peak": load.peak,
        "others": all_runs(load, size.hostile),
        "neighbours": neighbours.collect::<Vec<_>>(),
        "limits": limits.collect::<Vec<_>>(),
        "memory": memory,
    });
    format!("{measured}\n")
}
