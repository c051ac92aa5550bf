//! Cold starts.

use std::time::Duration;

use serde::Deserialize;

use crate::row::{Row, milliseconds, thousands};

/// What a bootstrap may have.
const BYTES: u64 = 5_000_000;
/// Processor time to the first question, beside the bare function's.
const TIMES_BARE: f64 = 3.5;

#[derive(Deserialize)]
pub(super) struct Figures {
    starts: Vec<Starts>,
    /// In the order of the starts.
    times_bare: Vec<f64>,
}

#[derive(Deserialize)]
struct Starts {
    name: String,
    size: u64,
    shared: bool,
    first_question: Took,
    first_answer: Took,
    over_tls: Option<OverTls>,
}

#[derive(Deserialize)]
struct OverTls {
    first_answer: Took,
    handshakes: u64,
    processor_each: Duration,
}

#[derive(Deserialize)]
struct Took {
    wall: Duration,
    processor: Duration,
}

pub(super) fn rows(Figures { starts, times_bare }: &Figures) -> Vec<Row> {
    let mut rows: Vec<_> = starts
        .iter()
        .zip(times_bare)
        .flat_map(|(starts, times)| of(starts, *times))
        .collect();
    if !starts.iter().any(|starts| starts.shared) {
        rows.push(Row::not_measured(
            "cold starts with 7 % of a core",
            "control groups cannot be made here",
        ));
    }
    rows
}

fn of(starts: &Starts, times_bare: f64) -> Vec<Row> {
    let Starts {
        name,
        first_question,
        first_answer,
        ..
    } = starts;
    let name = if starts.shared {
        format!("{name} with 7 % of a core")
    } else {
        name.clone()
    };
    let row = |part: &str, measured: String| Row::told(format!("{name}: {part}"), measured);
    let question = format!("{} processor", milliseconds(first_question.processor));
    if starts.name == "bare" {
        return vec![row("to the first question", question)];
    }
    let size = row("bootstrap", format!("{} bytes", thousands(starts.size)))
        .beside(
            format!("at most {} bytes", thousands(BYTES)),
            starts.size <= BYTES,
        )
        .judged();
    let beside_bare = row(
        "to the first question, beside bare",
        format!("{times_bare:.1} times ({question})"),
    )
    .beside(
        format!("at most {TIMES_BARE} times"),
        times_bare <= TIMES_BARE,
    );
    let over_tls = match &starts.over_tls {
        Some(over_tls) => {
            let OverTls {
                first_answer,
                handshakes,
                processor_each,
            } = over_tls;
            let each = milliseconds(*processor_each);
            row(
                "to the first answer, over TLS",
                format!(
                    "{}; {handshakes} handshakes of {each} processor each",
                    both(first_answer)
                ),
            )
        }
        None => Row::not_measured(
            format!("{name}: to the first answer, over TLS"),
            "no build that trusts one more root",
        ),
    };
    // A bootstrap's size is the same at any speed.
    let size = (!starts.shared).then_some(size);
    let rest = [
        beside_bare,
        row("to the first answer", both(first_answer)),
        over_tls,
    ];
    size.into_iter().chain(rest).collect()
}

fn both(took: &Took) -> String {
    format!(
        "{} processor, {} in all",
        milliseconds(took.processor),
        milliseconds(took.wall)
    )
}
