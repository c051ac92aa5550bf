//! The figures, for people and for programs.

use std::time::Duration;

use harness::output::table;
use serde_json::{Value, json};

use crate::start::{OverTls, Starts, Took};

const HEADER: [&str; 12] = [
    "function",
    "speed",
    "bytes",
    "to the first question, ms",
    "processor ms",
    "times bare",
    "to the first answer, ms",
    "processor ms",
    "first answer with TLS, ms",
    "processor ms",
    "handshakes: processor ms each",
    "peak MiB",
];

/// A table, each function beside the bare one at the same speed.
pub(crate) fn text(measured: &[Starts]) -> String {
    let table = table(
        &HEADER,
        measured
            .iter()
            .map(|starts| row(starts, times_bare(measured, starts))),
        2,
    );
    format!(
        "Cold starts, medians, over loopback. \"times bare\" is processor time to the first question. Over TLS, every server has a \
         certificate of its own making, by way of an intermediate; a handshake is what the answer takes more than without.\n\n{table}\n"
    )
}

/// How much more processor it takes to the first question than the bare function at the same speed.
fn times_bare(measured: &[Starts], starts: &Starts) -> f64 {
    let bare = measured
        .iter()
        .find(|it| it.name == "bare" && it.shared == starts.shared)
        .unwrap();
    starts.first_question.processor.as_secs_f64() / bare.first_question.processor.as_secs_f64()
}

fn row(starts: &Starts, times_bare: f64) -> Vec<String> {
    let Took {
        wall, processor, ..
    } = starts.first_question;
    let over_tls = |of: &dyn Fn(OverTls) -> String| starts.over_tls.map_or_else(String::new, of);
    let peak = starts
        .over_tls
        .map_or(starts.first_answer.peak, |it| it.first_answer.peak);
    vec![
        starts.name.to_owned(),
        if starts.shared { "128 MB" } else { "full" }.to_owned(),
        starts.size.to_string(),
        ms(wall),
        ms(processor),
        format!("{times_bare:.1}"),
        ms(starts.first_answer.wall),
        ms(starts.first_answer.processor),
        over_tls(&|it| ms(it.first_answer.wall)),
        over_tls(&|it| ms(it.first_answer.processor)),
        over_tls(&|it| {
            format!(
                "{}: {:.2}",
                it.handshakes,
                it.processor_each.as_secs_f64() * 1e3
            )
        }),
        format!("{:.1}", peak as f64 / f64::from(1 << 20)),
    ]
}

/// The same as JSON.
pub(crate) fn json(measured: &[Starts]) -> Value {
    let times: Vec<_> = measured
        .iter()
        .map(|starts| times_bare(measured, starts))
        .collect();
    json!({ "starts": measured, "times_bare": times })
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
