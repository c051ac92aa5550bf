//! Limits and secrets.

use super::*;
use crate::limits::{LIMITS, are_kept, most_within};
use crate::secrets;

#[test]
fn a_limit_holds_in_every_window() {
    let uploads = |minutes: i64| {
        let at_once = (0..60).map(|_| upload(0, Effect::Confirmed));
        at_once
            .chain([upload(minutes, Effect::Confirmed)])
            .collect()
    };
    let rows = vec![
        ("", uploads(1)),
        (
            "more calls than a limit allows: 61 calls of documents, a minute",
            uploads(0),
        ),
    ];
    check(rows, |calls| are_kept(calls, &LIMITS));
    for (moments, most) in [
        (vec![], 0),
        (vec![0], 1),
        (vec![0, 999, 1_000], 2),
        (vec![0, 600, 1_100, 1_500, 1_599, 3_000], 4),
    ] {
        let moments: Vec<_> = moments
            .iter()
            .map(|at| Timestamp::from_millisecond(*at).unwrap())
            .collect();
        assert_eq!(most_within(&moments, SignedDuration::from_secs(1)), most);
    }
}

#[test]
fn a_secret_stays_with_its_host() {
    for (says, other) in [
        ("", ("acme", "Personio", 2)),
        ("", ("acme", "reteach", 7)),
        (
            "a secret at another host: Personio of beta, call 1",
            ("beta", "Personio", 1),
        ),
        (
            "a secret at another host: reteach of acme, call 1",
            ("acme", "reteach", 1),
        ),
        (
            "a secret at another host: reteach's files of acme, call 1",
            ("acme", "reteach's files", 7),
        ),
    ] {
        let (tenant, server, secret) = other;
        let mut calls = history(vec![ok(Event::Other), ok(Event::Other)]);
        calls[0].secrets = vec![1];
        calls[1].tenant = tenant.to_owned();
        (calls[1].server, calls[1].secrets) = (server, vec![secret]);
        let found = secrets::stay_with_their_host(&calls);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.join("; "), says);
    }
}
