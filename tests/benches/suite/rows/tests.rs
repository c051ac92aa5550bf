//! The table, of figures that were made up.

use serde_json::{Value, json};

use super::of;
use crate::args::Bench;
use crate::row::{Row, shown};

fn table(bench: Bench, figures: &[Value]) -> String {
    shown(&of(bench, figures).unwrap()).to_string()
}

fn ms(milliseconds: u64) -> Value {
    json!({ "secs": milliseconds / 1000, "nanos": milliseconds % 1000 * 1_000_000 })
}

fn took(wall: u64, processor: u64) -> Value {
    json!({ "wall": ms(wall), "processor": ms(processor), "peak": 9_000_000 })
}

fn starts(name: &str, size: u64, processor: u64, over_tls: &Value) -> Value {
    json!({
        "name": name, "size": size, "shared": false, "first_question": took(9, processor), "first_answer": took(31, 8),
        "over_tls": over_tls,
    })
}

#[test]
fn cold_starts_are_beside_the_bare_one() {
    let over_tls = json!({ "first_answer": took(40, 14), "handshakes": 4, "processor_each": { "secs": 0, "nanos": 1_450_000 } });
    let figures = json!({
        "starts": [
            starts("bare", 800_000, 2, &Value::Null),
            starts("employee-sync", 5_000_001, 8, &over_tls),
            starts("certificate-sync", 5_000_000, 7, &Value::Null),
        ],
        "times_bare": [1.0, 4.0, 3.5],
    });
    insta::assert_snapshot!(table(Bench::Cold, &[figures]), @r#"
    | what                                                 | measured                                                                  | target                  | met        |
    |------------------------------------------------------|---------------------------------------------------------------------------|-------------------------|------------|
    | bare: to the first question                          | 2.00 ms processor                                                         |                         |            |
    | employee-sync: bootstrap                             | 5,000,001 bytes                                                           | at most 5,000,000 bytes | **missed** |
    | employee-sync: to the first question, beside bare    | 4.0 times (8.00 ms processor)                                             | at most 3.5 times       | missed     |
    | employee-sync: to the first answer                   | 8.00 ms processor, 31.0 ms in all                                         |                         |            |
    | employee-sync: to the first answer, over TLS         | 14.0 ms processor, 40.0 ms in all; 4 handshakes of 1.45 ms processor each |                         |            |
    | certificate-sync: bootstrap                          | 5,000,000 bytes                                                           | at most 5,000,000 bytes | met        |
    | certificate-sync: to the first question, beside bare | 3.5 times (7.00 ms processor)                                             | at most 3.5 times       | met        |
    | certificate-sync: to the first answer                | 8.00 ms processor, 31.0 ms in all                                         |                         |            |
    | certificate-sync: to the first answer, over TLS      | not measured: no build that trusts one more root                          |                         |            |
    | cold starts with 7 % of a core                       | not measured: control groups cannot be made here                          |                         |            |
    "#);
}

/// An unchanged tick's part of the JSON.
fn company(
    route: &str,
    people: u64,
    pages: u64,
    processor: u64,
    mebibytes: u64,
    reteach: u64,
) -> Value {
    let (personio, kombo, logins) = if route == "direct" {
        (pages + 1, 0, 1)
    } else {
        (0, pages, 0)
    };
    // As long as the vendor's pace makes it.
    let (wall, write) = if people == 100_000 {
        (207_000, 5.0)
    } else {
        (10_000, 2.0)
    };
    let taken = json!({
        "wall": ms(wall),
        "processor": ms(processor),
        "peak": mebibytes << 20,
        "calls": { "personio": personio, "kombo": kombo, "reteach": reteach },
        "logins": logins,
        "units": { "read": 1.5, "write": write, "calls": 4 },
    });
    let timing = |job, gzip| json!({ "job": job, "gzip": gzip, "cold": taken, "warm": taken });
    json!({
        "route": route, "people": people, "pages": if route == "kombo" { people / 250 } else { people / 100 },
        "timings": [timing("certificates", false), timing("employees", true), timing("employees", false)],
        "one_percent_changed": null,
    })
}

#[test]
fn ticks_of_different_runs_are_beside_each_other() {
    let mut small = company("direct", 10_000, 100, 98, 15, 0);
    small["one_percent_changed"] = json!({
        "runs": { "number": 100 },
        "each": { "calls": 1.0, "read_units": 2.0, "write_units": 3.02, "processor_milliseconds": 0.5, "usd": 0.000_004 },
    });
    let once = json!({ "measured": [company("direct", 1_000, 10, 12, 10, 0), small, company("kombo", 10_000, 41, 101, 25, 1)] });
    let again = json!({ "measured": [company("direct", 100_000, 1_000, 1_100, 30, 0)] });
    insta::assert_snapshot!(table(Bench::Ticks, &[once, again]), @r#"
    | what                                                             | measured                                                                             | target                                        | met        |
    |------------------------------------------------------------------|--------------------------------------------------------------------------------------|-----------------------------------------------|------------|
    | unchanged tick, direct, 1,000 people: calls                      | 10 pages, 1 login, 0 to reteach                                                      | 10 pages, at most 1 login, none to reteach    | met        |
    | unchanged tick, direct, 1,000 people: DynamoDB                   | 1.5 read units, 2 write units                                                        | at most 2 of each                             | met        |
    | unchanged tick, direct, 1,000 people: processor                  | 12.0 ms                                                                              |                                               |            |
    | unchanged tick, direct, 1,000 people: peak memory                | 10.0 MiB                                                                             |                                               |            |
    | unchanged tick, direct, 10,000 people: calls                     | 100 pages, 1 login, 0 to reteach                                                     | 100 pages, at most 1 login, none to reteach   | met        |
    | unchanged tick, direct, 10,000 people: DynamoDB                  | 1.5 read units, 2 write units                                                        | at most 2 of each                             | met        |
    | unchanged tick, direct, 10,000 people: processor                 | 98.0 ms                                                                              | at most 100 ms                                | met        |
    | unchanged tick, direct, 10,000 people: peak memory               | 15.0 MiB                                                                             | at most 24 MiB                                | met        |
    | unchanged tick, kombo, 10,000 people: calls                      | 41 pages, 0 logins, 1 to reteach                                                     | 40 pages, no login, none to reteach           | **missed** |
    | unchanged tick, kombo, 10,000 people: DynamoDB                   | 1.5 read units, 2 write units                                                        | at most 2 of each                             | met        |
    | unchanged tick, kombo, 10,000 people: processor                  | 101 ms                                                                               | at most 100 ms                                | missed     |
    | unchanged tick, kombo, 10,000 people: peak memory                | 25.0 MiB                                                                             | at most 24 MiB                                | missed     |
    | unchanged tick, direct, 100,000 people: calls                    | 1,000 pages, 1 login, 0 to reteach                                                   | 1,000 pages, at most 1 login, none to reteach | met        |
    | unchanged tick, direct, 100,000 people: DynamoDB                 | 1.5 read units, 5 write units                                                        | at most 2 of each, 3 to renew the lease       | met        |
    | unchanged tick, direct, 100,000 people: processor                | 1,100 ms                                                                             |                                               |            |
    | unchanged tick, direct, 100,000 people: peak memory              | 30.0 MiB                                                                             | at most 36 MiB                                | met        |
    | unchanged tick, direct, 100,000 people: processor, beside 10,000 | 11.2 times                                                                           | at most 10.5 times                            | missed     |
    | changed tick, direct, 10,000 people, 100 of them changed: each   | 1.00 calls, 2.00 read units, 3.02 write units, 0.50 ms processor, 4.00 USD a million |                                               |            |
    "#);
}

#[test]
fn a_count_above_its_target_is_a_failure_and_a_time_is_not() {
    let judged = |company| {
        of(Bench::Ticks, &[json!({ "measured": [company] })])
            .unwrap()
            .iter()
            .any(Row::is_failure)
    };
    assert!(!judged(company("kombo", 10_000, 40, 5_000, 900, 0)));
    assert!(judged(company("kombo", 10_000, 41, 50, 9, 0)));
    assert!(judged(company("kombo", 10_000, 40, 50, 9, 1)));
    assert!(judged(company("direct", 10_000, 101, 50, 9, 0)));
}

#[test]
fn runs_at_the_vendors_pace_are_beside_the_limit() {
    let run = |run: &str, number: u64, wall: u64, overhead: Value| {
        json!({
            "run": run, "latency": ms(20), "number": number, "wall": ms(wall), "limit": ms(60_000), "calls": 2 * number,
            "peak": 20 << 20, "share_percent": 6e6 / wall as f64, "overhead_percent": overhead,
        })
    };
    let measured = [
        run("first run, people", 1_200, 61_000, json!(1.7)),
        run("certificates", 61, 62_000, json!(3.3)),
        run("certificates", 60, 1_000, Value::Null),
    ];
    insta::assert_snapshot!(table(Bench::Limits, &[json!({ "measured": measured })]), @r#"
    | what                                                                                 | measured                                | target        | met    |
    |--------------------------------------------------------------------------------------|-----------------------------------------|---------------|--------|
    | first run, 1,200, answers after 20 ms: share of the limit alone                      | 98.4 % (61.0 s, 60.0 s the limit alone) | at least 90 % | met    |
    | first run, 1,200, answers after 20 ms: calls for each person                         | 2.00                                    |               |        |
    | first run, 1,200, answers after 20 ms: peak memory                                   | 20.0 MiB                                |               |        |
    | certificates at Personio's pace, 61, answers after 20 ms: beyond the limit           | 3.3 % (62.0 s, 60.0 s the limit alone)  | at most 2 %   | missed |
    | certificates at Personio's pace, 61, answers after 20 ms: calls for each certificate | 2.00                                    |               |        |
    | certificates at Personio's pace, 61, answers after 20 ms: peak memory                | 20.0 MiB                                |               |        |
    | certificates at Personio's pace, 60, answers after 20 ms: beyond the limit           | not measured: so few take it no time    |               |        |
    | certificates at Personio's pace, 60, answers after 20 ms: calls for each certificate | 2.00                                    |               |        |
    | certificates at Personio's pace, 60, answers after 20 ms: peak memory                | 20.0 MiB                                |               |        |
    "#);
}

#[test]
fn certificates_of_any_size_take_the_same_memory() {
    let figures = json!({
        "limit_bytes": 64 << 20, "growth_with_size_bytes": 9 << 20, "growth_allowed_bytes": 8 << 20,
        "measured": [{
            "case": { "via": "direct", "certificates": 2_000, "size": 200_000 },
            "peak_memory_bytes": 40 << 20, "wall_seconds": 8.0, "processor_milliseconds_each": 3.0, "transfer_milliseconds_each": 1.5,
        }],
    });
    insta::assert_snapshot!(table(Bench::Certificates, &[figures]), @r#"
    | what                                                                           | measured                             | target             | met    |
    |--------------------------------------------------------------------------------|--------------------------------------|--------------------|--------|
    | 2,000 certificates of 200,000 bytes, direct, without the limit: time           | 8.0 s, 250.0 a second                |                    |        |
    | 2,000 certificates of 200,000 bytes, direct, without the limit: processor each | 3.0 ms, 2.0 times the transfer alone |                    |        |
    | 2,000 certificates of 200,000 bytes, direct, without the limit: peak memory    | 40.0 MiB                             | at most 64 MiB     | met    |
    | the largest PDFs, beside as many of the smallest: peak memory                  | 9.0 MiB more                         | at most 8 MiB more | missed |
    "#);
}

#[test]
fn a_package_that_is_not_there_is_not_left_out() {
    let took = |seconds: f64, mebibytes: u64| json!({ "processor_seconds": seconds, "peak_bytes": mebibytes << 20 });
    let figures = |dlt: Value, by: Value, targets: Value| {
        json!({
            "python": { "version": "3.11.2", "packages": [["requests", "2.32.0"], ["dlt", dlt]] },
            "measured": [{ "people": 1_000, "by": by }],
            "targets": targets,
        })
    };
    let own = json!(["employee-sync", took(0.04, 10)]);
    let dlt = json!(["dlt", took(0.6, 60)]);
    let targets = json!([
        { "people": 1_000, "what": "processor", "target": 20.0, "times": 15.0 },
        { "people": 1_000, "what": "memory", "target": 5.0, "times": 6.0 },
    ]);
    let with = figures(json!("1.9.0"), json!([own, dlt]), targets);
    let without = figures(Value::Null, json!([own]), json!([]));
    insta::assert_snapshot!(table(Bench::Baselines, &[with, without]), @r#"
    | what                                        | measured                                            | target                 | met    |
    |---------------------------------------------|-----------------------------------------------------|------------------------|--------|
    | reading 1,000 people: employee-sync         | 40 ms processor, 10.0 MiB                           |                        |        |
    | reading 1,000 people: dlt                   | 600 ms processor, 60.0 MiB, 15.0 and 6.0 times ours |                        |        |
    | reading 1,000 people, beside dlt: processor | 15.0 times less                                     | at least 20 times less | missed |
    | reading 1,000 people, beside dlt: memory    | 6.0 times less                                      | at least 5 times less  | met    |
    | reading 1,000 people: employee-sync         | 40 ms processor, 10.0 MiB                           |                        |        |
    | reading people, beside dlt                  | not measured: Python 3.11.2 does not have it        |                        |        |
    "#);
}

#[test]
fn figures_that_are_not_understood_are_an_error() {
    assert!(of(Bench::Baselines, &[json!({ "measured": [] })]).is_err());
}
