//! Tables of what was timed.

use std::time::Duration;

use comfy_table::Table;
use harness::output::table;
use serde_json::{Value, json};
use shared::state::JobKind;

use crate::changed::Changed;
use crate::timing::Timing;
use crate::{Measured, cost};

pub(crate) fn timings(measured: &[Measured], handshake: f64) -> Table {
    let header = [
        "route",
        "people",
        "job",
        "gzip",
        "cold ms",
        "warm ms",
        "cold processor ms",
        "warm processor ms",
        "reference ms",
        "peak MiB",
        "waiting ms",
        "vendor calls",
        "logins",
        "read units",
        "write units",
        "billed ms",
    ];
    let rows = measured
        .iter()
        .flat_map(|it| it.timings.iter().map(|timing| row(it, timing, handshake)));
    table(&header, rows, 4)
}

fn row(measured: &Measured, timing: &Timing, handshake: f64) -> Vec<String> {
    let (cold, warm) = (timing.cold, timing.warm);
    let reference = measured
        .reference
        .filter(|_| timing.job == JobKind::Employees);
    vec![
        local::route(measured.via).to_owned(),
        measured.people.to_string(),
        if timing.job == JobKind::Employees {
            "employees"
        } else {
            "certificates"
        }
        .to_owned(),
        if timing.gzip { "on" } else { "off" }.to_owned(),
        format!("{:.0}", ms(cold.wall)),
        format!("{:.0}", ms(warm.wall)),
        processor(cold.processor),
        processor(warm.processor),
        reference.map_or_else(String::new, |it| format!("{:.1}", ms(it.processor))),
        mebibytes(cold.peak.max(warm.peak)),
        format!("{:.0}", ms(timing.waiting)),
        (cold.all_calls() - cold.logins).to_string(),
        cold.logins.to_string(),
        format!("{:.1}", cold.units.read),
        format!("{:.0}", cold.units.write),
        format!("{:.0}", ms(cost::billed(timing, handshake))),
    ]
}

/// What a person who has changed takes beyond the tick.
pub(crate) fn changed(measured: &[Measured]) -> Table {
    let header = [
        "route",
        "people",
        "changed",
        "calls each",
        "read units each",
        "write units each",
        "processor ms each",
        "USD each, by 1,000,000",
        "peak MiB",
        "unchanged MiB",
    ];
    let rows = measured.iter().filter_map(|it| Some((it, it.changed?)));
    let rows = rows.map(|(it, changed)| {
        let each = changed.each();
        vec![
            local::route(it.via).to_owned(),
            it.people.to_string(),
            changed.number.to_string(),
            format!("{:.2}", each.calls),
            format!("{:.2}", each.read_units),
            format!("{:.2}", each.write_units),
            format!("{:.2}", each.processor_milliseconds),
            format!("{:.2}", each.usd * 1e6),
            mebibytes(changed.changed.peak),
            mebibytes(changed.unchanged.peak),
        ]
    });
    table(&header, rows, 1)
}

/// How much more processor a tick takes over ten times as many people.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Growth {
    pub(crate) route: &'static str,
    pub(crate) people: u64,
    pub(crate) times: f64,
}

/// Route by route, where both sizes were timed.
pub(crate) fn growth(measured: &[Measured]) -> Vec<Growth> {
    let of = |it: &Measured| Some(employees(it)?.cold.processor?.as_secs_f64());
    let pair = |large: &Measured| {
        let is_tenth =
            |small: &&Measured| small.via == large.via && small.people * 10 == large.people;
        let times = of(large)? / of(measured.iter().find(is_tenth)?)?;
        Some(Growth {
            route: local::route(large.via),
            people: large.people,
            times,
        })
    };
    measured.iter().filter_map(pair).collect()
}

fn employees(measured: &Measured) -> Option<&Timing> {
    measured
        .timings
        .iter()
        .find(|timing| timing.job == JobKind::Employees)
}

/// The same as JSON.
pub(crate) fn json(changed: Option<Changed>) -> Value {
    changed.map_or(
        Value::Null,
        |changed| json!({ "runs": changed, "each": changed.each() }),
    )
}

fn processor(time: Option<Duration>) -> String {
    time.map_or_else(|| "?".to_owned(), |it| format!("{:.1}", ms(it)))
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(
        || "?".to_owned(),
        |it| format!("{:.1}", it as f64 / f64::from(1 << 20)),
    )
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
