//! How close runs with much to do come to what the limits of the vendors alone would take.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first thing amiss"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Parser;
use comfy_table::Table;
use futures::future::join_all;
use futures::join;
use harness::output::{Output, table};
use harness::process::{Usage, in_repository};
use harness::{Harness, completed, people};
use jiff::{SignedDuration, Timestamp};
use local::{Answer, Function};
use serde::Serialize;
use serde_json::{Value, json};
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation};

/// Brings people over, files certificates, at the pace that the vendors allow, and times both
///
/// It takes as long as that: 100 ms for each call of reteach, a second for each certificate. Both, and all latencies, are waited for
/// at once, each in a world of its own.
#[derive(Debug, Parser)]
#[command(
    name = "cargo bench --workspace --bench limits --",
    max_term_width = 100
)]
struct Args {
    /// The folder with employee-sync/bootstrap and certificate-sync/bootstrap, as `cargo lambda build` leaves them
    #[arg(long, value_name = "FOLDER")]
    bootstraps: PathBuf,
    /// How many people
    #[arg(long, value_name = "N", default_value_t = 300)]
    people: u64,
    /// How many certificates: up to 60 the limit takes no time
    #[arg(long, value_name = "N", default_value_t = 181)]
    certificates: u64,
    /// The size of each PDF
    #[arg(long, value_name = "BYTES", default_value_t = 200_000)]
    size: u64,
    /// How long each vendor takes to answer; may be given several times
    #[arg(long, value_name = "MS", default_values_t = [20, 100])]
    latency: Vec<u64>,
    #[command(flatten)]
    output: Output,
}

/// Calls to reteach: 10 a second (`shared::reteach`).
const CALLS: (u64, Duration) = (10, Duration::from_secs(1));
/// Personio's uploads: 60 a minute.
const UPLOADS: (u64, Duration) = (60, Duration::from_secs(60));
/// So many people have certificates.
const HOLDERS: u64 = 100;
const TIMEOUT: SignedDuration = SignedDuration::from_mins(60);

/// One run.
#[derive(Clone, Debug, Serialize)]
struct Took {
    run: &'static str,
    latency: Duration,
    number: u64,
    wall: Duration,
    /// What the calls would take if nothing but the limit held them back.
    limit: Duration,
    calls: u64,
    processor: Option<Duration>,
    peak: Option<u64>,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    in_repository();
    let latencies = args.latency.iter().copied().map(Duration::from_millis);
    let all = join_all(latencies.map(|latency| at(latency, &args)))
        .await
        .concat();
    let measured: Vec<_> = all.iter().map(Took::json).collect();
    args.output.emit(
        &format!("{}\n", shown(&all)),
        &json!({ "measured": measured }),
    );
}

/// Both runs with this latency, side by side: neither waits for the other's limit.
async fn at(latency: Duration, args: &Args) -> Vec<Took> {
    let newcomers = company(args.people).await;
    let holders = company(args.people.min(HOLDERS)).await;
    holders.first_run().await;
    for harness in [&newcomers, &holders] {
        harness.company.personio.set_latency(latency);
        harness.company.reteach.set_latency(latency);
    }
    let (first, certificates) = join!(
        first_run(&newcomers, args, latency),
        certificates(&holders, args, latency)
    );
    vec![first, certificates]
}

async fn company(size: u64) -> Harness {
    let harness = Harness::at(&Timestamp::now().to_string(), Via::Direct, "", people(size)).await;
    harness.company.personio.add_category("Bildungszertifikate");
    harness
}

impl Took {
    /// The share of the time that the limit alone takes, in percent.
    fn share(&self) -> f64 {
        100.0 * self.limit.as_secs_f64() / self.wall.as_secs_f64()
    }

    /// What the run takes beyond the limit, in percent of it; none where the limit takes no time.
    fn overhead(&self) -> Option<f64> {
        let limit = self.limit.as_secs_f64();
        (limit > 0.0).then(|| 100.0 * (self.wall.as_secs_f64() / limit - 1.0))
    }

    fn json(&self) -> Value {
        let mut all = json!(self);
        all["share_percent"] = json!(self.share());
        all["overhead_percent"] = json!(self.overhead());
        all
    }
}

async fn first_run(harness: &Harness, args: &Args, latency: Duration) -> Took {
    let (report, took) = run(harness, &args.bootstraps, "employee-sync").await;
    assert_eq!(report["counts"]["created"], args.people, "{report:#}");
    let calls = report["calls"]["reteach"].as_u64().unwrap();
    Took {
        run: "first run, people",
        latency,
        number: args.people,
        limit: limit(calls, CALLS),
        ..took
    }
}

async fn certificates(harness: &Harness, args: &Args, latency: Duration) -> Took {
    let at = (Timestamp::now() - SignedDuration::from_hours(24)).to_string();
    harness.issue((0..args.certificates).map(|number| {
        let id = format!("9f0c2c53-3f6e-4b0f-9f6c-{number:012}");
        Participation {
            certificate: Some(Certificate::new(&id, args.size)),
            ..completed(
                "",
                1 + number % args.people.min(HOLDERS),
                "Datenschutz",
                &at,
            )
        }
    }));
    let (report, took) = run(harness, &args.bootstraps, "certificate-sync").await;
    assert_eq!(
        report["counts"]["uploaded"], args.certificates,
        "{report:#}"
    );
    let limit = limit(args.certificates, UPLOADS);
    Took {
        run: "certificates",
        latency,
        number: args.certificates,
        limit,
        ..took
    }
}

/// So many calls with nothing but a limit in their way: the last one's turn.
fn limit(calls: u64, (at_once, within): (u64, Duration)) -> Duration {
    within * u32::try_from(calls.saturating_sub(1) / at_once).unwrap()
}

async fn run(harness: &Harness, bootstraps: &Path, name: &'static str) -> (Value, Took) {
    let bootstrap = bootstraps.join(name).join("bootstrap");
    let began = Instant::now();
    let mut function = Function::start(name, bootstrap, &harness.world.stack)
        .await
        .unwrap();
    let Answer::Reply(report) = function
        .invoke_within(json!({"tenant_id": "acme"}), TIMEOUT)
        .await
        .unwrap()
    else {
        panic!("{name} answers with an error")
    };
    let wall = began.elapsed();
    let Usage {
        processor, peak, ..
    } = Usage::of_process(function.id().unwrap());
    let calls =
        ["personio", "kombo", "reteach"].map(|vendor| report["calls"][vendor].as_u64().unwrap());
    let calls = calls.iter().sum();
    let nothing = Duration::ZERO;
    (
        report,
        Took {
            run: name,
            latency: nothing,
            number: 0,
            wall,
            limit: nothing,
            calls,
            processor,
            peak,
        },
    )
}

fn shown(all: &[Took]) -> Table {
    let header = [
        "run",
        "latency ms",
        "number",
        "wall s",
        "limit alone s",
        "share %",
        "overhead %",
        "calls each",
        "processor ms each",
        "peak MiB",
    ];
    let rows = all.iter().map(|took| {
        let number = took.number as f64;
        vec![
            took.run.to_owned(),
            took.latency.as_millis().to_string(),
            took.number.to_string(),
            format!("{:.1}", took.wall.as_secs_f64()),
            format!("{:.1}", took.limit.as_secs_f64()),
            format!("{:.1}", took.share()),
            took.overhead()
                .map_or_else(|| "no limit".to_owned(), |percent| format!("{percent:.1}")),
            format!("{:.2}", took.calls as f64 / number),
            format!(
                "{:.2}",
                took.processor.unwrap_or_default().as_secs_f64() * 1e3 / number
            ),
            format!(
                "{:.1}",
                took.peak.unwrap_or_default() as f64 / f64::from(1 << 20)
            ),
        ]
    });
    table(&header, rows, 1)
}
