//! The figures, for people and for programs.

use comfy_table::Table;
use harness::output::table;
use serde_json::{Value, json};

use crate::{Measured, cost, month, timed};

/// Tables, and what has to be known to read them.
pub(crate) fn text(measured: &[Measured], handshake: f64) -> String {
    let is_counted = measured.iter().any(|it| !it.counts.is_empty());
    let (is_complete, is_timed) = (
        measured.iter().all(Measured::is_counted),
        measured.iter().all(Measured::is_timed),
    );
    let has_changed = measured.iter().any(|it| it.changed.is_some());
    let latency = crate::timing::LATENCY.as_millis();
    let parts = [
        is_counted.then(|| format!("What each run takes: the same on every machine.\n\n{}\n", counts(measured))),
        is_counted.then(|| format!("What is stored, in bytes as DynamoDB bills them.\n\n{}\n", stored(measured))),
        is_timed.then(|| {
            format!(
                "An unchanged tick by a function that is a process of its own, over loopback and without TLS; the vendors keep to their limits, and a call too early \
                 would be counted twice. Cold: the process is new. Reference: parsing the same pages with serde and a fingerprint of each person, in this process, where it is optimised. \
                 Waiting: cold, with {latency} ms until each answer of a vendor and the share of a processor that 128 MB have. Billed: with TLS handshakes, {:.1} ms of a processor each.\n\n{}\n{}",
                handshake * 1e3,
                timed::timings(measured, handshake),
                growth(measured)
            )
        }),
        has_changed.then(|| {
            format!(
                "A tick on which one person in a hundred has changed, beyond the same process's unchanged one. USD: Lambda's time with 128 MB, DynamoDB, data out.\n\n{}\n",
                timed::changed(measured)
            )
        }),
        (is_complete && is_timed).then(|| {
            format!(
                "A tenant's month at AWS's list prices, free allowances left out, if each tick finds a cold process.\n\n{}\n",
                bills(measured, handshake)
            )
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn growth(measured: &[Measured]) -> String {
    let all = timed::growth(measured).into_iter();
    let line = |it: timed::Growth| {
        format!(
            "{}: {} people take {:.1} times the processor of a tenth of them\n",
            it.route, it.people, it.times
        )
    };
    all.map(line).collect()
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
    table(
        &["route", "people", "items", "number", "bytes", "bytes each"],
        rows,
        3,
    )
}

/// One column for each company.
fn bills(measured: &[Measured], handshake: f64) -> Table {
    let bills: Vec<_> = measured.iter().map(|it| cost::of(it, handshake)).collect();
    let title = |it: &Measured| format!("{} {}", it.people, local::route(it.via));
    let header: Vec<_> = std::iter::once("USD a month".to_owned())
        .chain(measured.iter().map(title))
        .collect();
    let row = |name: &str, of: &dyn Fn(&[cost::Line]) -> f64| -> Vec<String> {
        std::iter::once(name.to_owned())
            .chain(bills.iter().map(|bill| format!("{:.4}", of(bill))))
            .collect()
    };
    let mut rows: Vec<_> = bills[0]
        .iter()
        .enumerate()
        .map(|(number, line)| row(line.name, &|bill| bill[number].usd))
        .collect();
    let sum = |bill: &[cost::Line], all: bool| {
        bill.iter()
            .filter(|it| all || !it.is_secret)
            .map(|it| it.usd)
            .sum()
    };
    rows.push(row("beside the secret", &|bill| sum(bill, false)));
    rows.push(row("all", &|bill| sum(bill, true)));
    let header: Vec<_> = header.iter().map(String::as_str).collect();
    table(&header, rows, 1)
}

/// The same as JSON.
pub(crate) fn json(measured: &[Measured], handshake: f64) -> Value {
    let each = |it: &Measured| {
        let bill = (it.is_counted() && it.is_timed()).then(|| cost::of(it, handshake));
        json!({
            "route": local::route(it.via),
            "people": it.people,
            "pages": crate::bounds::pages(it.via, it.people),
            "runs": it.counts,
            "stored": it.stored,
            "timings": it.timings,
            "reference": it.reference,
            "one_percent_changed": timed::json(it.changed),
            "usd_a_month": bill,
        })
    };
    let all: Vec<_> = measured.iter().map(each).collect();
    json!({
        "optimised": !cfg!(debug_assertions),
        "handshake_milliseconds": handshake * 1e3,
        "handshake_recorded_milliseconds": month::HANDSHAKE * 1e3,
        "growth": timed::growth(measured),
        "measured": all,
    })
}

fn name(what: &impl serde::Serialize) -> String {
    serde_json::to_value(what)
        .ok()
        .and_then(|name| name.as_str().map(|name| name.replace('-', " ")))
        .unwrap_or_default()
}
