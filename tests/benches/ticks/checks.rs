//! Ticks, compared with their targets.

use std::time::Duration;

use harness::units::{UNITS, renewals};
use shared::state::JobKind;
use shared::tenant::Via;

use crate::check::Check;
use crate::figure::{Figure, thousands};

use super::CompanyTicks;
use super::bounds::{self, logins, pages};
use super::timed::{TimedRun, Timing};

/// Peak memory of an unchanged tick over this many people.
const MOST_MEMORY: [(u64, u64); 2] = [(10_000, 24 << 20), (100_000, 96 << 20)];

/// The size at which processor time is compared with serde alone.
const COMPARED: u64 = 10_000;

/// Processor time of ten times as many people, from [`COMPARED`].
const MOST_GROWTH: f64 = 10.5;

/// Processor time of an unchanged tick, compared with parsing and hashing the same pages with serde alone in the same run.
fn most_times_serde(via: Via) -> f64 {
    match via {
        Via::Direct => 1.1,
        Via::KomboPassthrough => 1.25,
        Via::Kombo => 0.85,
    }
}

pub(super) fn of(all: &[CompanyTicks]) -> Vec<Check> {
    let counted = all
        .iter()
        .filter(|ticks| !ticks.counts.is_empty())
        .map(|ticks| {
            let what = format!(
                "{}: calls, units and log of counted runs within their bounds",
                ticks.name()
            );
            Check::none(what, &bounds::exceeded(ticks))
        });
    let unchanged = all.iter().flat_map(CompanyTicks::unchanged);
    let growth = all.iter().filter_map(|large| growth(all, large));
    counted.chain(unchanged).chain(growth).collect()
}

impl CompanyTicks {
    fn name(&self) -> String {
        format!("{}, {} people", self.route(), thousands(self.people))
    }

    pub(super) fn employees(&self) -> Option<&Timing> {
        let is_employees = |timing: &&Timing| timing.job == JobKind::Employees && !timing.gzip;
        self.timings.iter().find(is_employees)
    }

    fn unchanged(&self) -> Vec<Check> {
        let Some(Timing { cold, warm, .. }) = self.employees() else {
            return Vec::new();
        };
        let what = |part: &str| format!("unchanged tick, {}: {part}", self.name());
        let times_serde = Figure::ratio(cold.cost.processor, self.reference);
        let processor = Check::new(what("processor, compared with serde alone"), times_serde);
        let processor = match self.reference {
            Some(_) => processor.note(Figure::from(cold.cost.processor).to_string()),
            None => processor.note(format!(
                "{}; the ratio needs `cargo run --profile measure --bin measure -- ticks`",
                Figure::from(cold.cost.processor)
            )),
        };
        let processor = if self.people == COMPARED {
            processor.at_most(Figure::Times(most_times_serde(self.via)))
        } else {
            processor
        };
        let peak = cold.cost.peak.max(warm.cost.peak);
        let memory = Check::new(what("peak memory"), peak.map(Figure::Memory)).judged();
        let memory = match MOST_MEMORY
            .iter()
            .find(|(people, _)| *people == self.people)
        {
            Some((_, most)) => memory.at_most(Figure::Memory(*most)),
            None => memory,
        };
        let (cold, warm) = (("cold", cold), ("warm", warm));
        let counts = [cold, warm].map(|(which, run)| {
            [
                self.calls(what(&format!("{which}, calls")), run),
                units(what(&format!("{which}, DynamoDB")), run),
            ]
        });
        counts
            .into_iter()
            .flatten()
            .chain([processor, memory])
            .collect()
    }

    fn calls(&self, what: String, run: &TimedRun) -> Check {
        let [pages, logins] = [pages(self.via, self.people), logins(self.via)];
        // Without calls to reteach, every login is one to the HR system.
        let read = (run.calls.personio + run.calls.kombo).saturating_sub(run.logins);
        let words = |pages: u64, logins: u64, reteach: u64| {
            format!(
                "{} pages, {logins} to log in, {reteach} to reteach",
                thousands(pages)
            )
        };
        let is_met = run.calls.reteach == 0 && run.logins <= logins && read <= pages;
        Check::new(what, words(read, run.logins, run.calls.reteach))
            .target(format!("at most {}", words(pages, logins, 0)), is_met)
            .judged()
    }
}

fn units(what: String, run: &TimedRun) -> Check {
    let renewals = renewals(run.cost.wall);
    let target = match renewals {
        0.0 => format!("at most {UNITS} of each"),
        renewals => format!("at most {UNITS} of each, {renewals} to renew the lease"),
    };
    let is_met = run.units.read <= UNITS && run.units.write <= UNITS + renewals;
    let measured = format!(
        "{} read units, {} write units",
        run.units.read, run.units.write
    );
    Check::new(what, measured).target(target, is_met).judged()
}

fn growth(all: &[CompanyTicks], large: &CompanyTicks) -> Option<Check> {
    let is_tenth = |small: &&CompanyTicks| {
        small.via == large.via && small.people == COMPARED && small.people * 10 == large.people
    };
    let processor =
        |ticks: &CompanyTicks| -> Option<Duration> { ticks.employees()?.cold.cost.processor };
    let small = all.iter().find(is_tenth)?;
    let what = format!(
        "unchanged tick, {}: processor, compared with {}",
        large.name(),
        thousands(COMPARED)
    );
    let times = Figure::ratio(processor(large), processor(small));
    Some(Check::new(what, times).at_most(Figure::Times(MOST_GROWTH)))
}

#[cfg(test)]
mod tests {
    use shared::http;
    use shared::state::Units;

    use crate::check::table;
    use crate::process::Cost;

    use super::*;

    fn company(
        via: Via,
        people: u64,
        processor: u64,
        mebibytes: u64,
        reteach: u64,
    ) -> CompanyTicks {
        let mut calls = http::Counts::default();
        let logins = logins(via);
        calls.personio = if via == Via::Kombo {
            0
        } else {
            pages(via, people) + logins
        };
        calls.kombo = if via == Via::Kombo {
            pages(via, people)
        } else {
            0
        };
        calls.reteach = reteach;
        let is_long = people == 100_000;
        let units = Units {
            read: 1.5,
            write: if is_long { 5.0 } else { 2.0 },
            ..Units::default()
        };
        let run = TimedRun {
            cost: Cost {
                wall: Duration::from_secs(if is_long { 207 } else { 10 }),
                processor: Some(Duration::from_millis(processor)),
                peak: Some(mebibytes << 20),
            },
            calls,
            logins,
            units,
        };
        let timing = |job, gzip| Timing {
            job,
            gzip,
            waiting: Duration::ZERO,
            at_full_speed: false,
            cold: run,
            warm: run,
        };
        CompanyTicks {
            via,
            people,
            counts: Vec::new(),
            stored: Vec::new(),
            timings: vec![
                timing(JobKind::Certificates, false),
                timing(JobKind::Employees, true),
                timing(JobKind::Employees, false),
            ],
            changed: None,
            reference: Some(Duration::from_millis(80)),
        }
    }

    #[test]
    fn unchanged_ticks_are_compared_with_their_targets() {
        let all = [
            company(Via::Direct, 1_000, 12, 10, 0),
            company(Via::Direct, 10_000, 88, 15, 0),
            company(Via::Kombo, 10_000, 101, 25, 1),
            company(Via::Direct, 100_000, 990, 30, 0),
        ];
        insta::assert_snapshot!(table(&of(&all)), @r#"
        | what                                                                         | measured                               | target                                         | result     |
        |------------------------------------------------------------------------------|----------------------------------------|------------------------------------------------|------------|
        | unchanged tick, direct, 1,000 people: cold, calls                            | 10 pages, 1 to log in, 0 to reteach    | at most 10 pages, 1 to log in, 0 to reteach    | met        |
        | unchanged tick, direct, 1,000 people: cold, DynamoDB                         | 1.5 read units, 2 write units          | at most 2 of each                              | met        |
        | unchanged tick, direct, 1,000 people: warm, calls                            | 10 pages, 1 to log in, 0 to reteach    | at most 10 pages, 1 to log in, 0 to reteach    | met        |
        | unchanged tick, direct, 1,000 people: warm, DynamoDB                         | 1.5 read units, 2 write units          | at most 2 of each                              | met        |
        | unchanged tick, direct, 1,000 people: processor, compared with serde alone   | 0.15 times (12.0 ms)                   |                                                |            |
        | unchanged tick, direct, 1,000 people: peak memory                            | 10.0 MiB                               |                                                |            |
        | unchanged tick, direct, 10,000 people: cold, calls                           | 100 pages, 1 to log in, 0 to reteach   | at most 100 pages, 1 to log in, 0 to reteach   | met        |
        | unchanged tick, direct, 10,000 people: cold, DynamoDB                        | 1.5 read units, 2 write units          | at most 2 of each                              | met        |
        | unchanged tick, direct, 10,000 people: warm, calls                           | 100 pages, 1 to log in, 0 to reteach   | at most 100 pages, 1 to log in, 0 to reteach   | met        |
        | unchanged tick, direct, 10,000 people: warm, DynamoDB                        | 1.5 read units, 2 write units          | at most 2 of each                              | met        |
        | unchanged tick, direct, 10,000 people: processor, compared with serde alone  | 1.10 times (88.0 ms)                   | at most 1.10 times                             | met        |
        | unchanged tick, direct, 10,000 people: peak memory                           | 15.0 MiB                               | at most 24.0 MiB                               | met        |
        | unchanged tick, kombo, 10,000 people: cold, calls                            | 41 pages, 0 to log in, 1 to reteach    | at most 41 pages, 0 to log in, 0 to reteach    | **missed** |
        | unchanged tick, kombo, 10,000 people: cold, DynamoDB                         | 1.5 read units, 2 write units          | at most 2 of each                              | met        |
        | unchanged tick, kombo, 10,000 people: warm, calls                            | 41 pages, 0 to log in, 1 to reteach    | at most 41 pages, 0 to log in, 0 to reteach    | **missed** |
        | unchanged tick, kombo, 10,000 people: warm, DynamoDB                         | 1.5 read units, 2 write units          | at most 2 of each                              | met        |
        | unchanged tick, kombo, 10,000 people: processor, compared with serde alone   | 1.26 times (101 ms)                    | at most 0.85 times                             | missed     |
        | unchanged tick, kombo, 10,000 people: peak memory                            | 25.0 MiB                               | at most 24.0 MiB                               | **missed** |
        | unchanged tick, direct, 100,000 people: cold, calls                          | 1,000 pages, 1 to log in, 0 to reteach | at most 1,000 pages, 1 to log in, 0 to reteach | met        |
        | unchanged tick, direct, 100,000 people: cold, DynamoDB                       | 1.5 read units, 5 write units          | at most 2 of each, 3 to renew the lease        | met        |
        | unchanged tick, direct, 100,000 people: warm, calls                          | 1,000 pages, 1 to log in, 0 to reteach | at most 1,000 pages, 1 to log in, 0 to reteach | met        |
        | unchanged tick, direct, 100,000 people: warm, DynamoDB                       | 1.5 read units, 5 write units          | at most 2 of each, 3 to renew the lease        | met        |
        | unchanged tick, direct, 100,000 people: processor, compared with serde alone | 12.38 times (990 ms)                   |                                                |            |
        | unchanged tick, direct, 100,000 people: peak memory                          | 30.0 MiB                               | at most 96.0 MiB                               | met        |
        | unchanged tick, direct, 100,000 people: processor, compared with 10,000      | 11.25 times                            | at most 10.50 times                            | missed     |
        "#);
    }

    #[test]
    fn a_call_too_many_fails_the_command_and_a_slow_tick_does_not() {
        let fails = |company| of(&[company]).iter().any(|check| check.is_failure(false));
        assert!(!fails(company(Via::Kombo, 10_000, 5_000, 9, 0)));
        assert!(fails(company(Via::Kombo, 10_000, 50, 9, 1)));
        assert!(fails(company(Via::Direct, 10_000, 50, 25, 0)));
        let mut one_page_too_many = company(Via::Direct, 10_000, 50, 9, 0);
        for timing in &mut one_page_too_many.timings {
            timing.cold.calls.personio += 1;
        }
        assert!(fails(one_page_too_many));
    }
}
