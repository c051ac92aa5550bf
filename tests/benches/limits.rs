//! Runs with much to do, compared with what the vendors' limits alone take.

use std::path::Path;
use std::time::Duration;

use futures::future::join_all;
use futures::join;
use harness::{Harness, completed, people};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation};

use crate::bootstraps::{self, Bootstraps};
use crate::check::Check;
use crate::figure::{Figure, Table, thousands};
use crate::measurements::Measurements;
use crate::process::{Cost, LambdaProcess};

/// Calls a second to reteach, from the first ten seconds of a run to the fastest pace (`shared::http`), and the share by which
/// each call raises the pace.
const CALLS: (f64, f64) = (10.0, 50.0);
const RISE: f64 = 1.01;
const RISES_AFTER: f64 = 10.0;
/// Personio's uploads: 60 a minute.
const UPLOADS: (u64, Duration) = (60, Duration::from_secs(60));
/// Number of people who have certificates.
const HOLDERS: u64 = 100;
/// The size of each PDF.
const SIZE: u64 = 200_000;
/// How long each vendor takes to answer, in milliseconds.
const LATENCIES: [u64; 2] = [20, 100];

/// The limit's share of a first run's time, in percent.
const LEAST_SHARE: f64 = 90.0;
/// What certificates take beyond the limit, in percent of it.
const MOST_BEYOND: f64 = 2.0;

/// What is brought over and filed.
#[derive(Debug)]
pub(crate) struct Plan {
    people: u64,
    certificates: u64,
}

impl Plan {
    /// At the size that the targets are meant for: one run brings everybody over.
    pub(crate) fn new(is_quick: bool) -> Self {
        let (people, certificates) = if is_quick { (30, 61) } else { (5_000, 2_000) };
        Self {
            people,
            certificates,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    FirstRun,
    Certificates,
}

struct LimitedRun {
    kind: Kind,
    latency: Duration,
    number: u64,
    cost: Cost,
    /// What the calls take with nothing but the limit in their way.
    limit: Duration,
    calls: u64,
}

/// All of them at once, each in a world of its own: it takes as long as the longest.
pub(crate) async fn measure(plan: &Plan, programs: &Bootstraps<'_>) -> Measurements {
    let folder = match programs.get(&bootstraps::FUNCTIONS) {
        Ok(folder) => folder,
        Err(missing) => {
            return Measurements::of_checks(vec![missing.check("at the vendors' own pace")]);
        }
    };
    eprintln!(
        "{} people and {} certificates at the vendors' pace …",
        plan.people, plan.certificates
    );
    let latencies = LATENCIES.map(Duration::from_millis).into_iter();
    let runs = join_all(latencies.map(|latency| with_latency(latency, plan, &folder)));
    let runs: Vec<_> = runs.await.into_iter().flatten().collect();
    Measurements {
        checks: runs.iter().flat_map(LimitedRun::checks).collect(),
        tables: vec![table(&runs)],
    }
}

async fn with_latency(latency: Duration, plan: &Plan, bootstraps: &Path) -> Vec<LimitedRun> {
    let newcomers = company(plan.people).await;
    let holders = company(plan.people.min(HOLDERS)).await;
    holders.first_run().await;
    for harness in [&newcomers, &holders] {
        harness.personio.set_latency(latency);
        harness.reteach.set_latency(latency);
    }
    let (first, certificates) = join!(
        first_run(&newcomers, plan, latency, bootstraps),
        certificates(&holders, plan, latency, bootstraps)
    );
    vec![first, certificates]
}

async fn company(size: u64) -> Harness {
    let harness = Harness::at(&Timestamp::now().to_string(), Via::Direct, "", people(size)).await;
    harness.personio.add_category("Bildungszertifikate");
    harness
}

async fn first_run(
    harness: &Harness,
    plan: &Plan,
    latency: Duration,
    bootstraps: &Path,
) -> LimitedRun {
    let (report, cost) = run(harness, bootstraps, "employee-sync").await;
    assert_eq!(report["counts"]["created"], plan.people, "{report:#}");
    LimitedRun {
        kind: Kind::FirstRun,
        latency,
        number: plan.people,
        cost,
        limit: rising(report["calls"]["reteach"].as_u64().unwrap()),
        calls: calls(&report),
    }
}

async fn certificates(
    harness: &Harness,
    plan: &Plan,
    latency: Duration,
    bootstraps: &Path,
) -> LimitedRun {
    let at = (Timestamp::now() - SignedDuration::from_hours(24)).to_string();
    harness.issue((0..plan.certificates).map(|number| {
        let id = format!("9f0c2c53-3f6e-4b0f-9f6c-{number:012}");
        let person = 1 + number % plan.people.min(HOLDERS);
        Participation {
            certificate: Some(Certificate::new(&id, SIZE)),
            ..completed("", person, "Datenschutz", &at)
        }
    }));
    let (report, cost) = run(harness, bootstraps, "certificate-sync").await;
    assert_eq!(
        report["counts"]["uploaded"], plan.certificates,
        "{report:#}"
    );
    LimitedRun {
        kind: Kind::Certificates,
        latency,
        number: plan.certificates,
        cost,
        limit: limit(plan.certificates, UPLOADS),
        calls: calls(&report),
    }
}

async fn run(harness: &Harness, bootstraps: &Path, name: &str) -> (Value, Cost) {
    let mut process = LambdaProcess::start(harness, name, bootstraps, None).await;
    let (report, _) = process.invoke().await;
    (report, process.cost())
}

fn calls(report: &Value) -> u64 {
    let vendors = ["personio", "kombo", "reteach"];
    vendors
        .map(|vendor| report["calls"][vendor].as_u64().unwrap())
        .iter()
        .sum()
}

/// When the last of the calls has its turn, with nothing but the limit in their way.
fn limit(calls: u64, (at_once, within): (u64, Duration)) -> Duration {
    within * u32::try_from(calls.saturating_sub(1) / at_once).unwrap()
}

/// The same at the pace that rises while the academy accepts all calls.
fn rising(calls: u64) -> Duration {
    let (mut rate, fastest) = CALLS;
    let mut seconds = 0.0;
    for _ in 1..calls {
        seconds += 1.0 / rate;
        if seconds > RISES_AFTER {
            rate = (rate * RISE).min(fastest);
        }
    }
    Duration::from_secs_f64(seconds)
}

impl LimitedRun {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind::FirstRun => "first run, people",
            Kind::Certificates => "certificates",
        }
    }

    /// The limit's share of the time.
    fn share(&self) -> Figure {
        Figure::Percent(100.0 * self.limit.as_secs_f64() / self.cost.wall.as_secs_f64())
    }

    /// What the run takes beyond the limit, where that takes any time.
    fn beyond(&self) -> Figure {
        let limit = self.limit.as_secs_f64();
        let beyond = 100.0 * (self.cost.wall.as_secs_f64() / limit - 1.0);
        (limit > 0.0).then_some(Figure::Percent(beyond)).into()
    }

    fn each(&self, figure: f64) -> f64 {
        figure / self.number as f64
    }

    fn checks(&self) -> Vec<Check> {
        let latency = self.latency.as_millis();
        let name = format!(
            "{}, {}, answers after {latency} ms",
            self.name(),
            thousands(self.number)
        );
        let seconds = |time: Duration| time.as_secs_f64();
        let note = format!(
            "{:.1} s, the limit alone {:.1} s",
            seconds(self.cost.wall),
            seconds(self.limit)
        );
        let check = match self.kind {
            Kind::FirstRun => Check::new(format!("{name}: share of the limit"), self.share())
                .note(note)
                .at_least(Figure::Percent(LEAST_SHARE)),
            Kind::Certificates => Check::new(format!("{name}: beyond the limit"), self.beyond())
                .note(note)
                .at_most(Figure::Percent(MOST_BEYOND)),
        };
        vec![check]
    }
}

fn table(runs: &[LimitedRun]) -> Table {
    Table::of(
        "At the vendors' own pace.",
        runs,
        &[
            ("run", |run| run.name().into()),
            ("latency", |run| run.latency.into()),
            ("number", |run| run.number.into()),
            ("time", |run| run.cost.wall.into()),
            ("the limit alone", |run| run.limit.into()),
            ("its share", |run| run.share()),
            ("beyond it", |run| run.beyond()),
            ("calls each", |run| run.each(run.calls as f64).into()),
            ("processor each", |run| {
                run.cost
                    .processor
                    .map(|processor| processor.div_f64(run.number as f64))
                    .into()
            }),
            ("peak memory", |run| run.cost.memory()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_run_begins_with_ten_calls_a_second_and_ends_with_fifty() {
        assert_eq!(rising(101).as_secs_f64().round(), 10.0);
        let thousand = rising(21_000) - rising(20_950);
        assert!((thousand.as_secs_f64() - 1.0).abs() < 0.01, "{thousand:?}");
    }

    #[test]
    fn runs_are_compared_with_what_the_limit_alone_takes() {
        let run = |kind, number, seconds, limit| LimitedRun {
            kind,
            latency: Duration::from_millis(20),
            number,
            cost: Cost {
                wall: Duration::from_secs(seconds),
                ..Cost::default()
            },
            limit,
            calls: 2 * number,
        };
        let runs = [
            run(Kind::FirstRun, 300, 61, Duration::from_secs(60)),
            run(Kind::Certificates, 61, 62, limit(61, UPLOADS)),
            run(Kind::Certificates, 60, 1, limit(60, UPLOADS)),
        ];
        let checks: Vec<_> = runs.iter().flat_map(LimitedRun::checks).collect();
        insta::assert_snapshot!(crate::check::table(&checks), @r#"
        | what                                                            | measured                                   | target          | result |
        |-----------------------------------------------------------------|--------------------------------------------|-----------------|--------|
        | first run, people, 300, answers after 20 ms: share of the limit | 98.4 % (61.0 s, the limit alone 60.0 s)    | at least 90.0 % | met    |
        | certificates, 61, answers after 20 ms: beyond the limit         | 3.3 % (62.0 s, the limit alone 60.0 s)     | at most 2.0 %   | missed |
        | certificates, 60, answers after 20 ms: beyond the limit         | not measured: 1.0 s, the limit alone 0.0 s | at most 2.0 %   |        |
        "#);
    }
}
