//! What is explored, and what must be found.

use std::time::Instant;

use stateright::{Checker as _, HasDiscoveries, Model as _};

use crate::world::{Broken, ENDS, ONE_DOCUMENT, ONE_IN_FLIGHT, Protocol, STALE};

/// A tenant that has filed before. Whatever goes wrong twice, it does so within an hour.
const USUAL: Protocol = Protocol {
    certificates: 1,
    faults: 2,
    deliveries: 1,
    decisions: 0,
    restores: 0,
    delay: LONGEST,
    lag: 0,
    lists: true,
    is_known: true,
    minute: 5,
    troubled_until: 60,
    horizon: 600,
    broken: None,
};

/// Minutes from an intent, and so from an upload that a prompt run sends, until lists show its document: up to this many,
/// no certificate gets two. A check comes 15 minutes after the intent.
const LONGEST_AFTER_INTENT: i64 = 14;
/// The same from the sending of any upload: a run that was frozen sends up to 5 minutes after its intent.
const LONGEST: i64 = 10;

fn protocols() -> Vec<(&'static str, Protocol)> {
    let is_whole = std::env::var_os("PROVE").is_some_and(|prove| prove == "all");
    let decisions = u8::from(is_whole);
    // A run that was frozen for some minutes sends late.
    let frozen = Protocol {
        minute: 1,
        troubled_until: 30,
        ..USUAL
    };
    vec![
        ("late uploads", if is_whole { frozen } else { USUAL }),
        (
            "late lists",
            Protocol {
                delay: 4,
                lag: 6,
                ..USUAL
            },
        ),
        (
            "two certificates",
            Protocol {
                certificates: 2,
                ..USUAL
            },
        ),
        (
            "a first run",
            Protocol {
                certificates: 2,
                is_known: false,
                deliveries: 0,
                ..USUAL
            },
        ),
        (
            "decisions",
            Protocol {
                decisions: 2,
                ..USUAL
            },
        ),
        (
            "no lists",
            Protocol {
                decisions: 2,
                lists: false,
                ..USUAL
            },
        ),
        (
            "a restore",
            Protocol {
                restores: 1,
                deliveries: 0,
                ..USUAL
            },
        ),
        (
            "a restore without lists",
            Protocol {
                restores: 1,
                decisions,
                deliveries: 0,
                lists: false,
                ..USUAL
            },
        ),
    ]
}

/// Visits all states. Returns the promises that are broken.
fn explore(name: &str, protocol: Protocol) -> Vec<&'static str> {
    let began = Instant::now();
    let checker = protocol
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_bfs().join();
    let found = checker.discoveries();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!(
        "{name}: {states} states to a depth of {depth} in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    if protocol.broken.is_none() {
        for (state, action) in found.values().flat_map(|path| path.clone().into_vec()) {
            println!("    {:>4} {action:?}", state.now);
        }
    }
    found.into_keys().collect()
}

#[test]
fn every_state_keeps_every_promise() {
    for (name, protocol) in protocols() {
        assert_eq!(explore(name, protocol), [""; 0], "{name}");
    }
}

#[test]
fn every_broken_product_is_found() {
    let restored = Protocol {
        restores: 1,
        ..USUAL
    };
    for (broken, protocol, promise) in [
        (Broken::SendsAgainAtOnce, USUAL, ONE_IN_FLIGHT),
        (Broken::TrustsOneList, USUAL, ONE_DOCUMENT),
        (Broken::WritesNoIntent, USUAL, ONE_DOCUMENT),
        (Broken::IgnoresFence, USUAL, STALE),
        (Broken::SendsWithoutLease, USUAL, STALE),
        (Broken::TakesEveryLease, USUAL, STALE),
        (Broken::ForgetsWhatIsDue, USUAL, ENDS),
        (Broken::RestoresUnmarked, restored, ONE_DOCUMENT),
    ] {
        let broken_protocol = Protocol {
            broken: Some(broken),
            ..protocol
        };
        let found = explore(&format!("{broken:?}"), broken_protocol);
        assert!(found.contains(&promise), "{broken:?}: {found:?}");
    }
}

/// The bound is exact: with a minute more there is a second document. It is the vendor's delay and its lists' together.
#[test]
fn the_longest_delay_is_the_stated_one() {
    for lag in [0, 3, LONGEST_AFTER_INTENT] {
        let of = |more: i64| Protocol {
            faults: 1,
            minute: 1,
            troubled_until: 30,
            delay: LONGEST_AFTER_INTENT - lag + more,
            lag,
            ..USUAL
        };
        assert_eq!(explore("within the bound", of(0)), [""; 0], "{lag}");
        let late = Protocol {
            broken: Some(Broken::Nothing),
            ..of(1)
        };
        let found = explore("beyond the bound", late);
        let has_two = found.contains(&ONE_DOCUMENT) || found.contains(&ONE_IN_FLIGHT);
        assert!(has_two, "{lag}: {found:?}");
    }
}
