//! Parses pages of people with serde for the attributes that a tick needs, and hashes each person. Nothing of it is the
//! product's but the hash.
//!
//! `baseline-serde personio|kombo FILE…` reads each page from its file and prints the people and the processor time of parsing
//! and hashing, in nanoseconds.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark stops at the first thing amiss"
)]

mod pages;

use std::{env, fs, hint, thread};

use shared::fingerprint::{Fingerprint, FingerprintKey};

fn main() {
    let mut arguments = env::args().skip(1);
    let fingerprints = match arguments.next().as_deref() {
        Some("personio") => pages::personio::fingerprints,
        Some("kombo") => pages::kombo::fingerprints,
        _ => panic!("usage: baseline-serde personio|kombo FILE…"),
    };
    let key = FingerprintKey::from_bytes(&[7; 32]);
    let (mut people, mut nanoseconds) = (0, 0);
    for file in arguments {
        let page = fs::read(file).unwrap();
        let before = processor_nanoseconds();
        let all: Vec<Fingerprint> = hint::black_box(fingerprints(&page, &key));
        nanoseconds += processor_nanoseconds() - before;
        people += all.len();
    }
    println!(
        "{}",
        serde_json::json!({ "people": people, "nanoseconds": nanoseconds })
    );
}

/// Of this thread.
fn processor_nanoseconds() -> u64 {
    // The kernel counts a thread's time when it gives up the processor.
    thread::yield_now();
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    schedstat
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap()
}
