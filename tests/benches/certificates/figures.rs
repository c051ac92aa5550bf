//! The figures, for people and for programs.

use std::time::Duration;

use certificate_sync::report::Counts;
use harness::output::table;
use harness::process::Told;
use serde_json::{Value, json};

use crate::cases::{self, Case};
use crate::transfer::Moved;
use crate::{LARGER, LIMIT, RECORD, WORKING_SPACE};

/// A case and what the function told of it.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) case: Case,
    pub(crate) told: Told<Counts>,
    /// The same bytes without the function.
    pub(crate) transfer: Option<Moved>,
}

const HEADER: [&str; 14] = [
    "route",
    "PDFs",
    "of bytes",
    "at start MiB",
    "peak MiB",
    "wall s",
    "PDFs/s",
    "MB/s",
    "user ms/PDF",
    "system ms/PDF",
    "transfer alone, ms/PDF",
    "times that",
    "HTTP calls",
    "DynamoDB units",
];

impl Measured {
    /// The most memory that the function ever had, in bytes.
    pub(crate) fn peak(&self) -> Option<u64> {
        self.told.after.peak
    }

    /// Whether the peak is above the limit, or too far above the start for this many certificates.
    pub(crate) fn is_too_much(&self) -> bool {
        let allowed =
            |start: u64| LIMIT.min(start + WORKING_SPACE + RECORD * self.case.certificates);
        self.peak()
            .zip(self.told.before.peak)
            .is_some_and(|(peak, start)| peak > allowed(start))
    }

    fn calls(&self) -> u64 {
        let calls = self.told.report.calls;
        calls.personio + calls.kombo + calls.reteach
    }

    /// Processor time since the event came, for each certificate.
    fn each(&self, before: Option<Duration>, after: Option<Duration>) -> Option<f64> {
        Some(milliseconds(after? - before?) / self.case.certificates as f64)
    }

    fn user(&self) -> Option<f64> {
        self.each(self.told.before.user, self.told.after.user)
    }

    fn system(&self) -> Option<f64> {
        self.each(self.told.before.system, self.told.after.system)
    }

    fn processor(&self) -> Option<f64> {
        self.each(self.told.before.processor, self.told.after.processor)
    }

    /// Processor time for each of them without the function.
    fn transfer_alone(&self) -> Option<f64> {
        Some(milliseconds(self.transfer?.processor?) / self.case.certificates as f64)
    }

    fn row(&self) -> Vec<String> {
        let Self { case, told, .. } = self;
        let (wall, bytes) = (told.wall.as_secs_f64(), case.certificates * case.size);
        let units = told.report.dynamodb;
        let transfer =
            |of: &dyn Fn(f64) -> String| self.transfer_alone().map_or_else(String::new, of);
        vec![
            case.way(),
            case.certificates.to_string(),
            case.size.to_string(),
            shown(told.before.peak.map(mebibytes), 1),
            shown(self.peak().map(mebibytes), 1),
            format!("{wall:.1}"),
            format!("{:.0}", case.certificates as f64 / wall),
            format!("{:.0}", bytes as f64 / 1e6 / wall),
            shown(self.user(), 2),
            shown(self.system(), 2),
            transfer(&|alone| format!("{alone:.2}")),
            transfer(&|alone| shown(self.processor().map(|own| own / alone), 1)),
            self.calls().to_string(),
            format!("{:.0} written, {:.1} read", units.write, units.read),
        ]
    }
}

/// How much more memory the largest PDFs take than as many of the smallest, where both were filed.
pub(crate) fn growth(measured: &[Measured]) -> Option<u64> {
    let (small, large) = cases::extremes(measured)?;
    Some(large.peak()?.saturating_sub(small.peak()?))
}

/// A table, and what has to be known to read it.
pub(crate) fn text(measured: &[Measured]) -> String {
    let table = table(&HEADER, measured.iter().map(Measured::row), 1);
    let growth = growth(measured).map(|growth| {
        let (growth, allowed) = (mebibytes(growth), LARGER >> 20);
        format!("The largest PDFs take {growth:.1} MiB more than as many of the smallest; {allowed} are allowed.\n")
    });
    format!("{table}\n{}{}", growth.unwrap_or_default(), notes())
}

fn notes() -> String {
    let (limit, space, record) = (LIMIT >> 20, WORKING_SPACE >> 20, RECORD >> 10);
    let profile = if cfg!(debug_assertions) {
        "Built without optimisation. "
    } else {
        ""
    };
    format!(
        "{profile}Memory is the most that the function's own process ever had resident (VmHWM). A failure: more than \
         {limit} MiB, or than {space} MiB and {record} KiB for each certificate above what it had at the start.\nWithout Personio's limit of 60 uploads a minute, over loopback, without TLS. Processor time is \
         the function's own: user is its code, system the kernel's copying. Transfer \
         alone: a program that does nothing but fetch each file and send it on, as many at once.\nTo Kombo a file goes as base64.\n"
    )
}

/// The same as JSON.
pub(crate) fn json(measured: &[Measured]) -> Value {
    let each = |measured: &Measured| {
        json!({
            "case": measured.case,
            "memory_at_start_bytes": measured.told.before.peak,
            "peak_memory_bytes": measured.peak(),
            "wall_seconds": measured.told.wall.as_secs_f64(),
            "user_milliseconds_each": measured.user(),
            "system_milliseconds_each": measured.system(),
            "transfer": measured.transfer,
            "transfer_milliseconds_each": measured.transfer_alone(),
            "processor_milliseconds_each": measured.processor(),
            "http_calls": measured.calls(),
            "report": measured.told.report,
        })
    };
    let all: Vec<_> = measured.iter().map(each).collect();
    json!({
        "limit_bytes": LIMIT,
        "optimised": !cfg!(debug_assertions),
        "growth_with_size_bytes": growth(measured),
        "growth_allowed_bytes": LARGER,
        "measured": all,
    })
}

fn shown(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(
        || "not measured".to_owned(),
        |figure| format!("{figure:.digits$}"),
    )
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
