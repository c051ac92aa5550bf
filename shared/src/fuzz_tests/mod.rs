//! Foreign data at its worst, for every parser: honest samples with parts replaced, dropped, repeated and broken off, and
//! plain noise. Whatever comes, nothing panics, and no error repeats any of it.
//!
//! `PROPTEST_CASES=100000 cargo test --workspace --lib fuzz_tests` takes a longer look.
//!
//! All that is put in bears a mark, so that an error which shows it is found.

mod answers;
mod documents;
mod items;
mod samples;
mod texts;

use proptest::prelude::*;
use serde_json::{Value, json};

/// Part of every text that is put in.
const MARK: &str = "zwetschge";

/// A part of the usual number of cases, for those that take a server each.
fn one_in(parts: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.div_ceil(parts),
        ..usual
    }
}

/// What is done to a sample.
#[derive(Clone, Debug)]
pub(crate) enum Harm {
    /// The n-th part is another value.
    Replace(usize, Value),
    /// The n-th part is gone.
    Drop(usize),
    /// The n-th part, if it is a list, has its rows this many times.
    Repeat(usize, usize),
}

/// What is done to the bytes.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    None,
    CutAt(usize),
    Byte(usize, u8),
    Noise(Vec<u8>),
    Deep(usize),
}

/// No error text, and no error's `Debug`, holds the mark.
pub(crate) fn assert_silent(error: &(impl std::fmt::Display + std::fmt::Debug), what: &str) {
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.to_lowercase().contains(MARK), "{what}: {text}");
        assert!(
            text.len() < 4_000,
            "{what}: an error of {} bytes",
            text.len()
        );
    }
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        prop_oneof![Just(0_i64), Just(-1), Just(i64::MIN), Just(i64::MAX), any::<i64>()]
            .prop_map(Value::from),
        Just(json!(u64::MAX)),
        prop_oneof![Just(1e308), Just(-0.0), Just(5e-324), Just(1.5)].prop_map(|float| json!(float)),
        text().prop_map(Value::String),
        text().prop_map(|text| json!([{text.clone(): {text.clone(): [text, null]}}])),
        text().prop_map(|text| json!({"id": text, "value": {"attributes": {"name": text}}, "name": text})),
        text().prop_map(
            |text| json!({"$serde_json::private::RawValue": text, "$serde_json::private::Number": text})
        ),
    ]
}

/// Text with the mark, and what looks like a moment, a day, a number, a link, an id and is none, or nearly.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "0000-00-00",
        "2026-02-30",
        "2026-03-29T02:30:00+25:00",
        "-009999-01-01T00:00:00Z",
        "9999-12-31T23:59:60.999999999999999999Z",
        "+275760-09-13",
        "2026-05-11T08:00:00+02:00[Mars/Phobos]",
        "99999999999999999999999999",
        "-1",
        "1e400",
        "NaN",
        "null",
        "..",
        "/",
        "\u{0}",
        "\u{202e}\u{feff}\u{1f9ff}",
        "#?%2e%2e%00\r\nX-Injected: 1",
        "https://zwetschge.example/?cursor=zwetschge",
        "http://[::ffff:169.254.169.254]/zwetschge",
        "TENANT#zwetschge",
    ]);
    prop_oneof![
        3 => Just("Frau Zwetschge, zwetschge@zwetschge.example".to_owned()),
        3 => odd.prop_map(str::to_owned),
        1 => (1..2_000_usize).prop_map(|times| "zwetschge ".repeat(times)),
        2 => any::<String>(),
    ]
}

pub(crate) fn harms() -> impl Strategy<Value = Vec<Harm>> {
    let one = prop_oneof![
        6 => (any::<usize>(), value()).prop_map(|(part, value)| Harm::Replace(part, value)),
        2 => any::<usize>().prop_map(Harm::Drop),
        1 => (any::<usize>(), 2..200_usize).prop_map(|(part, times)| Harm::Repeat(part, times)),
    ];
    prop::collection::vec(one, 0..5)
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        8 => Just(Damage::None),
        2 => any::<usize>().prop_map(Damage::CutAt),
        2 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Damage::Noise),
        1 => (1..20_000_usize).prop_map(Damage::Deep),
    ]
}

/// `sample` after all of that, as it goes over the network.
pub(crate) fn harmed(mut sample: Value, harms: &[Harm], damage: &Damage) -> Vec<u8> {
    for harm in harms {
        apply(&mut sample, harm);
    }
    damaged(sample.to_string().into_bytes(), damage)
}

pub(crate) fn damaged(mut bytes: Vec<u8>, damage: &Damage) -> Vec<u8> {
    match damage {
        Damage::None => {}
        Damage::CutAt(at) => bytes.truncate(at % (bytes.len() + 1)),
        Damage::Byte(at, byte) => {
            let at = at % bytes.len().max(1);
            bytes.get_mut(at).into_iter().for_each(|old| *old = *byte);
        }
        Damage::Noise(noise) => bytes.clone_from(noise),
        Damage::Deep(depth) => bytes = b"[{\"zwetschge\":".repeat(*depth),
    }
    bytes
}

pub(crate) fn apply(sample: &mut Value, harm: &Harm) {
    let (Harm::Replace(part, _) | Harm::Drop(part) | Harm::Repeat(part, _)) = harm;
    let mut left = part % count(sample).max(1);
    visit(sample, &mut left, harm);
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Does the harm to the part that is `left` parts from here; returns whether this value is the one, and is to be dropped.
fn visit(value: &mut Value, left: &mut usize, harm: &Harm) -> bool {
    if *left == 0 {
        *left = usize::MAX;
        match (harm, &mut *value) {
            (Harm::Replace(_, other), value) => *value = other.clone(),
            (Harm::Repeat(_, times), Value::Array(rows)) => {
                *rows = rows
                    .iter()
                    .cycle()
                    .take(rows.len() * times)
                    .cloned()
                    .collect();
            }
            (Harm::Drop(_), _) => return true,
            (Harm::Repeat(..), _) => {}
        }
        return false;
    }
    *left = left.saturating_sub(1);
    match value {
        Value::Array(values) => {
            values.retain_mut(|value| *left == usize::MAX || !visit(value, left, harm))
        }
        Value::Object(members) => {
            members.retain(|_, value| *left == usize::MAX || !visit(value, left, harm));
        }
        _ => {}
    }
    false
}
