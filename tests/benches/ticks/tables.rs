//! Tables of what was counted, timed and worked out.

use std::time::Duration;

use shared::state::JobKind;

use crate::figure::{Figure, Table};

use super::changed::{Changed, Each};
use super::counted::RunCount;
use super::month::HANDSHAKE;
use super::stored::Kind;
use super::timed::{LATENCY, Timing};
use super::{CompanyTicks, cost};

pub(super) fn of(all: &[CompanyTicks]) -> Vec<Table> {
    vec![
        counts(all),
        stored(all),
        timings(all),
        changed(all),
        bills(all),
    ]
}

/// Each of a company's items with the company.
fn each<'a, T>(
    all: &'a [CompanyTicks],
    items: fn(&'a CompanyTicks) -> &'a [T],
) -> impl Iterator<Item = (&'a CompanyTicks, &'a T)> {
    all.iter()
        .flat_map(move |ticks| items(ticks).iter().map(move |item| (ticks, item)))
}

fn counts(all: &[CompanyTicks]) -> Table {
    Table::of(
        "What each run takes: the same on every machine.",
        each(all, |ticks| &ticks.counts),
        &[
            ("route", |(ticks, _)| ticks.route().into()),
            ("people", |(ticks, _)| ticks.people.into()),
            ("run", |(_, count)| name(count).into()),
            ("Personio", |(_, count)| count.calls.personio.into()),
            ("Kombo", |(_, count)| count.calls.kombo.into()),
            ("reteach", |(_, count)| count.calls.reteach.into()),
            ("read units", |(_, count)| {
                Figure::Number(count.units.read, 1)
            }),
            ("write units", |(_, count)| {
                Figure::Number(count.units.write, 0)
            }),
            ("DynamoDB calls", |(_, count)| count.units.calls.into()),
            ("secret", |(_, count)| count.secrets.into()),
            ("log bytes", |(_, count)| count.log_bytes.into()),
        ],
    )
}

fn name(count: &RunCount) -> String {
    let kind = serde_json::json!(count.kind);
    kind.as_str().unwrap_or_default().replace('-', " ")
}

fn stored(all: &[CompanyTicks]) -> Table {
    Table::of(
        "What is stored, in bytes as DynamoDB bills them.",
        each(all, |ticks| &ticks.stored),
        &[
            ("route", |(ticks, _): &(&CompanyTicks, &Kind)| {
                ticks.route().into()
            }),
            ("people", |(ticks, _)| ticks.people.into()),
            ("items", |(_, kind)| kind.kind.as_str().into()),
            ("number", |(_, kind)| kind.items.into()),
            ("bytes", |(_, kind)| kind.bytes.into()),
            ("bytes each", |(_, kind)| (kind.bytes / kind.items).into()),
        ],
    )
}

fn timings(all: &[CompanyTicks]) -> Table {
    let title = format!(
        "An unchanged tick by a function that is a process of its own, over loopback and without TLS; the vendors keep to \
         their limits, and a call too early would be counted twice. Cold: the process is new. Serde alone: parsing and \
         hashing the same pages. Waiting: cold, with {} ms until each answer of a vendor and the share of a processor that \
         128 MB have. Billed: with TLS handshakes, {:.1} ms of a processor each.",
        LATENCY.as_millis(),
        HANDSHAKE * 1e3
    );
    let rows = each(all, |ticks| &ticks.timings);
    Table::of(
        title,
        rows.map(|(ticks, timing)| (ticks, timing, cost::billed(timing))),
        &[
            (
                "route",
                |(ticks, _, _): &(&CompanyTicks, &Timing, Duration)| ticks.route().into(),
            ),
            ("people", |(ticks, _, _)| ticks.people.into()),
            ("job", |(_, timing, _)| timing.job.as_str().into()),
            ("gzip", |(_, timing, _)| {
                if timing.gzip { "on" } else { "off" }.into()
            }),
            ("cold", |(_, timing, _)| timing.cold.cost.wall.into()),
            ("warm", |(_, timing, _)| timing.warm.cost.wall.into()),
            ("cold processor", |(_, timing, _)| {
                timing.cold.cost.processor.into()
            }),
            ("warm processor", |(_, timing, _)| {
                timing.warm.cost.processor.into()
            }),
            ("serde alone", |(ticks, timing, _)| {
                ticks
                    .reference
                    .filter(|_| timing.job == JobKind::Employees)
                    .into()
            }),
            ("peak memory", |(_, timing, _)| {
                timing
                    .cold
                    .cost
                    .peak
                    .max(timing.warm.cost.peak)
                    .map(Figure::Memory)
                    .into()
            }),
            ("waiting", |(_, timing, _)| timing.waiting.into()),
            ("vendor calls", |(_, timing, _)| {
                (timing.cold.all_calls() - timing.cold.logins).into()
            }),
            ("logins", |(_, timing, _)| timing.cold.logins.into()),
            ("read units", |(_, timing, _)| {
                Figure::Number(timing.cold.units.read, 1)
            }),
            ("write units", |(_, timing, _)| {
                Figure::Number(timing.cold.units.write, 0)
            }),
            ("billed", |(_, _, billed)| (*billed).into()),
        ],
    )
}

fn changed(all: &[CompanyTicks]) -> Table {
    let rows = all.iter().filter_map(|ticks| Some((ticks, ticks.changed?)));
    Table::of(
        "A tick on which one person in a hundred has changed, for each of them beyond the same process's unchanged tick. USD: \
         Lambda's time with 128 MB, DynamoDB, data out.",
        rows.map(|(ticks, changed)| (ticks, changed, changed.each())),
        &[
            ("route", |(ticks, _, _): &(&CompanyTicks, Changed, Each)| {
                ticks.route().into()
            }),
            ("people", |(ticks, _, _)| ticks.people.into()),
            ("changed", |(_, changed, _)| changed.number.into()),
            ("calls", |(_, _, each)| each.calls.into()),
            ("read units", |(_, _, each)| each.read_units.into()),
            ("write units", |(_, _, each)| each.write_units.into()),
            ("processor", |(_, _, each)| each.processor.into()),
            ("USD a million", |(_, _, each)| (each.usd * 1e6).into()),
            ("peak memory", |(_, changed, _)| {
                changed.changed.cost.memory()
            }),
            ("unchanged", |(_, changed, _)| {
                changed.unchanged.cost.memory()
            }),
        ],
    )
}

/// One column for each company whose ticks were both counted and timed.
fn bills(all: &[CompanyTicks]) -> Table {
    let complete: Vec<_> = all
        .iter()
        .filter(|ticks| ticks.is_counted() && ticks.is_timed())
        .collect();
    let bills: Vec<_> = complete.iter().map(|ticks| cost::of(ticks)).collect();
    let titles = complete
        .iter()
        .map(|ticks| format!("{} {}", ticks.people, ticks.route()));
    let columns = ["USD a month".to_owned()]
        .into_iter()
        .chain(titles)
        .collect();
    let row = |name: &str, usd: &dyn Fn(&[cost::Line]) -> f64| -> Vec<Figure> {
        let cells = bills.iter().map(|bill| Figure::Number(usd(bill), 4));
        [name.into()].into_iter().chain(cells).collect()
    };
    let sum = |bill: &[cost::Line], all: bool| {
        let lines = bill.iter().filter(|line| all || !line.is_secret);
        lines.map(|line| line.usd).sum()
    };
    let lines = bills
        .first()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .enumerate();
    let mut rows: Vec<_> = lines
        .map(|(number, line)| row(line.name, &|bill| bill[number].usd))
        .collect();
    if !bills.is_empty() {
        rows.push(row("without the secret", &|bill| sum(bill, false)));
        rows.push(row("all", &|bill| sum(bill, true)));
    }
    let title = "A tenant's month at AWS's list prices, free allowances left out, if each tick finds a cold process.";
    Table::new(title, columns, rows)
}
