//! Ticks with nothing to do, and with one person in a hundred changed.

use std::time::Duration;

use harness::units::{UNITS, renewals};
use serde::Deserialize;
use shared::http;
use shared::state::{JobKind, Units};

use crate::row::{Row, mebibytes, milliseconds, thousands};

/// What a tick over so many people may take.
struct Target {
    people: u64,
    processor: Option<Duration>,
    memory: u64,
}

const TARGETS: [Target; 2] = [
    Target {
        people: 10_000,
        processor: Some(Duration::from_millis(100)),
        memory: 24 << 20,
    },
    Target {
        people: 100_000,
        processor: None,
        memory: 36 << 20,
    },
];

/// Processor time of a tick over ten times as many people, from 10,000 to 100,000.
const GROWTH: f64 = 10.5;
const GROWS_FROM: u64 = 10_000;

#[derive(Deserialize)]
pub(super) struct Figures {
    measured: Vec<Company>,
}

#[derive(Deserialize)]
struct Company {
    route: String,
    people: u64,
    pages: u64,
    timings: Vec<Timing>,
    one_percent_changed: Option<Changed>,
}

#[derive(Deserialize)]
struct Timing {
    job: JobKind,
    gzip: bool,
    cold: Taken,
    warm: Taken,
}

#[derive(Deserialize)]
struct Taken {
    wall: Duration,
    processor: Option<Duration>,
    peak: Option<u64>,
    calls: http::Counts,
    logins: u64,
    units: Units,
}

#[derive(Deserialize)]
struct Changed {
    runs: Runs,
    each: Each,
}

#[derive(Deserialize)]
struct Runs {
    number: u64,
}

#[derive(Deserialize)]
struct Each {
    calls: f64,
    read_units: f64,
    write_units: f64,
    processor_milliseconds: f64,
    usd: f64,
}

/// Of every time that it was run: sizes may be apart.
pub(super) fn rows(all: &[Figures]) -> Vec<Row> {
    let companies: Vec<_> = all.iter().flat_map(|figures| &figures.measured).collect();
    let unchanged = companies.iter().flat_map(|company| company.unchanged());
    let growth = companies
        .iter()
        .filter_map(|large| growth(&companies, large));
    let changed = companies.iter().filter_map(|company| company.changed());
    unchanged.chain(growth).chain(changed).collect()
}

impl Company {
    fn employees(&self) -> Option<&Timing> {
        self.timings
            .iter()
            .find(|timing| timing.job == JobKind::Employees && !timing.gzip)
    }

    fn name(&self) -> String {
        format!("{}, {} people", self.route, thousands(self.people))
    }

    fn unchanged(&self) -> Vec<Row> {
        let Some(Timing { cold, warm, .. }) = self.employees() else {
            return Vec::new();
        };
        let row = |part: &str, measured: String| {
            Row::told(format!("unchanged tick, {}: {part}", self.name()), measured)
        };
        let target = TARGETS.iter().find(|target| target.people == self.people);
        let processor = cold.processor.map(|took| {
            let row = row("processor", milliseconds(took));
            match target.and_then(|target| target.processor) {
                Some(most) => row.beside(format!("at most {} ms", most.as_millis()), took <= most),
                None => row,
            }
        });
        let memory = cold.peak.max(warm.peak).map(|peak| {
            let row = row("peak memory", format!("{:.1} MiB", mebibytes(peak)));
            match target {
                Some(Target { memory, .. }) => {
                    row.beside(format!("at most {} MiB", memory >> 20), peak <= *memory)
                }
                None => row,
            }
        });
        let counts = [
            row("calls", cold.called())
                .beside(self.calls(), self.is_called_enough(cold))
                .judged(),
            row("DynamoDB", cold.counted())
                .beside(
                    cold.allowed(),
                    cold.units.read <= UNITS && cold.units.write <= UNITS + renewals(cold.wall),
                )
                .judged(),
        ];
        counts.into_iter().chain(processor).chain(memory).collect()
    }

    /// Kombo takes a key.
    fn logins(&self) -> u64 {
        u64::from(self.route == "direct")
    }

    fn calls(&self) -> String {
        let logins = if self.logins() == 0 {
            "no login"
        } else {
            "at most 1 login"
        };
        format!("{} pages, {logins}, none to reteach", thousands(self.pages))
    }

    fn is_called_enough(&self, taken: &Taken) -> bool {
        taken.calls.reteach == 0 && taken.logins <= self.logins() && taken.pages() <= self.pages
    }

    fn changed(&self) -> Option<Row> {
        let Changed { runs, each } = self.one_percent_changed.as_ref()?;
        let Each {
            calls,
            read_units,
            write_units,
            processor_milliseconds,
            usd,
        } = each;
        let number = thousands(runs.number);
        Some(Row::told(
            format!(
                "changed tick, {}, {number} of them changed: each",
                self.name()
            ),
            format!(
                "{calls:.2} calls, {read_units:.2} read units, {write_units:.2} write units, {processor_milliseconds:.2} ms processor, {:.2} USD a million",
                usd * 1e6
            ),
        ))
    }
}

impl Taken {
    /// Where nothing goes to reteach, whoever logs in does so at the HR system.
    fn pages(&self) -> u64 {
        (self.calls.personio + self.calls.kombo).saturating_sub(self.logins)
    }

    fn called(&self) -> String {
        let logins = if self.logins == 1 { "login" } else { "logins" };
        format!(
            "{} pages, {} {logins}, {} to reteach",
            thousands(self.pages()),
            self.logins,
            self.calls.reteach
        )
    }

    fn allowed(&self) -> String {
        match renewals(self.wall) {
            0.0 => format!("at most {UNITS} of each"),
            renewals => format!("at most {UNITS} of each, {renewals} to renew the lease"),
        }
    }

    fn counted(&self) -> String {
        format!(
            "{} read units, {} write units",
            self.units.read, self.units.write
        )
    }
}

/// How much more processor ten times as many people take.
fn growth(all: &[&Company], large: &Company) -> Option<Row> {
    let is_tenth = |small: &&&Company| {
        small.route == large.route
            && small.people == GROWS_FROM
            && small.people * 10 == large.people
    };
    let processor = |company: &Company| Some(company.employees()?.cold.processor?.as_secs_f64());
    let small = all.iter().find(is_tenth)?;
    let times = processor(large)? / processor(small)?;
    let name = format!(
        "unchanged tick, {}: processor, beside {}",
        large.name(),
        thousands(GROWS_FROM)
    );
    Some(
        Row::told(name, format!("{times:.1} times"))
            .beside(format!("at most {GROWTH} times"), times <= GROWTH),
    )
}
