//! The figures, for people and for programs.

use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use serde_json::json;
use shared::state::Job;

use crate::Measured;
use crate::cost;
use crate::timing::Timing;

/// Tables, and what has to be known to read them.
pub(crate) fn text(measured: &[Measured]) -> String {
    let (is_counted, is_timed) =
        (measured.iter().all(Measured::is_counted), measured.iter().all(Measured::is_timed));
    let latency = crate::timing::LATENCY.as_millis();
    let parts = [
        is_counted.then(|| format!("What each run takes: the same on every machine.\n\n{}\n", counts(measured))),
        is_counted.then(|| format!("What is stored, in bytes as DynamoDB bills them.\n\n{}\n", stored(measured))),
        is_timed.then(|| {
            format!(
                "An unchanged tick by a function that is a process of its own, over loopback and without TLS. Cold: the process is new. \
                 Waiting: cold, with {latency} ms until each answer of a vendor and the share of a processor that 128 MB have. Billed: with TLS handshakes, which are assumed.\n\n{}\n",
                timings(measured)
            )
        }),
        (is_counted && is_timed).then(|| {
            format!(
                "A tenant's month at AWS's list prices, free allowances left out, if each tick finds a cold process.\n\n{}\n",
                bills(measured)
            )
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn counts(measured: &[Measured]) -> Table {
    let header = [
        "route",
        "people",
        "run",
        "Personio",
        "Kombo",
        "reteach",
        "read units",
        "write units",
        "DynamoDB calls",
        "secret",
        "log bytes",
    ];
    let rows = measured.iter().flat_map(|it| {
        it.counts.iter().map(|count| {
            [
                local::route(it.via).to_owned(),
                it.people.to_string(),
                name(&count.what),
                count.calls.personio.to_string(),
                count.calls.kombo.to_string(),
                count.calls.reteach.to_string(),
                format!("{:.1}", count.units.read),
                format!("{:.0}", count.units.write),
                count.units.calls.to_string(),
                count.secrets.to_string(),
                count.log_bytes.to_string(),
            ]
        })
    });
    table(&header, rows.map(Vec::from), 3)
}

fn stored(measured: &[Measured]) -> Table {
    let rows = measured.iter().flat_map(|it| {
        it.stored.iter().map(|kind| {
            let each = kind.bytes / kind.items;
            vec![
                local::route(it.via).to_owned(),
                it.people.to_string(),
                kind.kind.clone(),
                kind.items.to_string(),
                kind.bytes.to_string(),
                each.to_string(),
            ]
        })
    });
    table(&["route", "people", "items", "number", "bytes", "bytes each"], rows, 3)
}

fn timings(measured: &[Measured]) -> Table {
    let header = [
        "route",
        "people",
        "job",
        "cold ms",
        "warm ms",
        "cold processor ms",
        "warm processor ms",
        "peak MiB",
        "waiting ms",
        "calls",
        "read units",
        "write units",
        "billed ms",
    ];
    let rows = measured.iter().flat_map(|it| it.timings.iter().map(|timing| timing_row(it, timing)));
    table(&header, rows, 3)
}

fn timing_row(measured: &Measured, timing: &Timing) -> Vec<String> {
    let job = match timing.job {
        Job::Employees => "employees",
        Job::Certificates => "certificates",
    };
    let (cold, warm) = (timing.cold, timing.warm);
    let processor =
        |time: Option<Duration>| time.map_or_else(|| "?".to_owned(), |it| format!("{:.1}", ms(it)));
    let memory = |bytes: Option<u64>| {
        bytes.map_or_else(|| "?".to_owned(), |it| format!("{:.1}", it as f64 / f64::from(1 << 20)))
    };
    vec![
        local::route(measured.via).to_owned(),
        measured.people.to_string(),
        job.to_owned(),
        format!("{:.0}", ms(cold.wall)),
        format!("{:.0}", ms(warm.wall)),
        processor(cold.processor),
        processor(warm.processor),
        memory(cold.peak.max(warm.peak)),
        format!("{:.0}", ms(timing.waiting)),
        cold.calls.to_string(),
        format!("{:.1}", cold.units.read),
        format!("{:.0}", cold.units.write),
        format!("{:.0}", ms(cost::billed(timing))),
    ]
}

/// One column for each company.
fn bills(measured: &[Measured]) -> Table {
    let bills: Vec<_> = measured.iter().map(cost::of).collect();
    let title = |it: &Measured| format!("{} {}", it.people, local::route(it.via));
    let header: Vec<_> =
        std::iter::once("USD a month".to_owned()).chain(measured.iter().map(title)).collect();
    let row = |name: &str, of: &dyn Fn(&[cost::Line]) -> f64| -> Vec<String> {
        std::iter::once(name.to_owned()).chain(bills.iter().map(|bill| format!("{:.4}", of(bill)))).collect()
    };
    let mut rows: Vec<_> =
        bills[0].iter().enumerate().map(|(number, line)| row(line.name, &|bill| bill[number].usd)).collect();
    let sum =
        |bill: &[cost::Line], all: bool| bill.iter().filter(|it| all || !it.is_secret).map(|it| it.usd).sum();
    rows.push(row("beside the secret", &|bill| sum(bill, false)));
    rows.push(row("all", &|bill| sum(bill, true)));
    let header: Vec<_> = header.iter().map(String::as_str).collect();
    table(&header, rows, 1)
}

fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>, texts: usize) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header.to_vec());
    table.add_rows(rows);
    table.column_iter_mut().skip(texts).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

/// The same as JSON.
pub(crate) fn json(measured: &[Measured]) -> String {
    let each = |it: &Measured| {
        let bill = (it.is_counted() && it.is_timed()).then(|| cost::of(it));
        json!({
            "route": local::route(it.via),
            "people": it.people,
            "runs": it.counts,
            "stored": it.stored,
            "timings": it.timings,
            "usd_a_month": bill,
        })
    };
    let all: Vec<_> = measured.iter().map(each).collect();
    format!("{}\n", json!({ "optimised": !cfg!(debug_assertions), "measured": all }))
}

fn name(what: &impl serde::Serialize) -> String {
    serde_json::to_value(what)
        .ok()
        .and_then(|name| name.as_str().map(|name| name.replace('-', " ")))
        .unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
