//! Foreign data at its worst, for every parser: honest samples with parts replaced, dropped, repeated and broken off, and
//! plain noise. Whatever comes, nothing panics, and no error repeats any of it.
//!
//! Bytes say what comes. A test takes recorded ones and a hundred more that are the same each time; `.ci/fuzz` takes
//! millions, steered by what of the code they reach.
//!
//! All that is put in bears a mark, so that an error which shows it is found.

mod answers;
mod choices;
mod documents;
mod items;
mod samples;
mod texts;

use std::panic::catch_unwind;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

pub(crate) use choices::Choices;

/// Part of every text that is put in.
const MARK: &str = "zwetschge";

/// How often a test tries bytes that nobody has recorded.
const NOISE: u64 = 100;

/// A test that `.ci/fuzz` can steer: what follows gets the choices that bytes spell. Recorded bytes are in `__fuzz__`, next to
/// the test.
macro_rules! target {
    ($name:ident, |$choices:ident| $test:expr) => {
        #[test]
        fn $name() {
            fn test(bytes: &[u8]) {
                let mut $choices = $crate::fuzz_tests::Choices::of(bytes);
                $test
            }
            bolero::check!(name = stringify!($name))
                .with_iterations(0)
                .for_each(test);
            $crate::fuzz_tests::noise(test);
        }
    };
}

pub(crate) use target;

/// Gives `test` bytes that are the same each time.
pub(crate) fn noise(test: fn(&[u8])) {
    for seed in 0..NOISE {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = vec![0; random.usize(..400)];
        random.fill(&mut bytes);
        let passed = catch_unwind(|| test(&bytes)).is_ok();
        assert!(passed, "noise of seed {seed}");
    }
}

/// Runs `future` on this thread, in virtual time.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: Runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// What is done to a sample.
#[derive(Clone, Debug)]
pub(crate) enum Harm {
    /// The n-th part is another value.
    Replace(usize, Value),
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
