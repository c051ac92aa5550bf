//! An academy with more certificates than a run can file: what the function, as Lambda gets it, holds in memory.

use futures::{StreamExt as _, stream};
use harness::Harness;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::domain::id::{CertificateId, DocumentId, SourceId};
use shared::state::{CertificateEntry, CertificateState};
use shared::tenant::Via;

use super::cases::Case;
use super::filing::{id, participation};
use crate::bootstraps::{self, Bootstraps};
use crate::check::Check;
use crate::figure::{Figure, Table};
use crate::measurements::Measurements;
use crate::process::{Cost, LambdaProcess};

/// Lambda gives the function 128 MB. The rest is the operating system's and the runtime's.
const MOST_MEMORY: u64 = 100 << 20;
/// Each has many hundreds of certificates: a run keeps little of people.
const PEOPLE: u64 = 300;
/// Entries of the ledger written at once.
const AT_ONCE: usize = 32;
/// The deadline that the runtime API gives each run: enough to list everything and to file some. On Lambda a run has 15
/// minutes, and waits for Personio most of the time.
const TIMEOUT: SignedDuration = SignedDuration::from_mins(5);

struct Step {
    name: &'static str,
    report: Value,
    start: Cost,
    cost: Cost,
}

pub(crate) async fn measure(certificates: u64, programs: &Bootstraps<'_>) -> Measurements {
    let folder = match programs.get(&bootstraps::FUNCTIONS) {
        Ok(folder) => folder,
        Err(missing) => return Measurements::of_checks(vec![missing.check("an archive")]),
    };
    let began = Timestamp::now();
    let case = Case {
        via: Via::Direct,
        certificates,
        size: 100,
    };
    let harness = Harness::at(&began.to_string(), case.via, "", harness::people(PEOPLE)).await;
    harness.first_run().await;
    harness.issue((0..certificates).map(|number| participation(case, PEOPLE, number, began)));
    let mut steps = Vec::new();
    let mut step = async |name: &'static str, mode| {
        eprintln!("{name} …");
        let mut process = LambdaProcess::start(&harness, "certificate-sync", &folder, None).await;
        process.ready().await;
        let start = process.cost();
        let (report, cost) = process.invoke_within(mode, TIMEOUT).await;
        process.stop().await;
        let outcome = report["outcome"].as_str().unwrap();
        // Only the first run has more to do than it has time for.
        let is_cut_off = outcome == "partly" && steps.is_empty();
        let is_good = is_cut_off || ["done", "unchanged"].contains(&outcome);
        assert!(is_good, "{name}: {report:#}");
        steps.push(Step {
            name,
            report,
            start,
            cost,
        });
    };
    step("first run", "scheduled").await;
    eprintln!("filling the ledger …");
    fill(&harness, certificates).await;
    step("listing of everything, all filed", "full-scan").await;
    step("unchanged tick", "scheduled").await;
    let title = format!("{certificates} certificates, direct, one completed a minute");
    let checks = steps.iter().map(|step| step.check(&title)).collect();
    Measurements {
        checks,
        tables: vec![table(title, &steps)],
    }
}

impl Step {
    fn check(&self, title: &str) -> Check {
        Check::new(
            format!("{title}, {}: memory", self.name),
            self.cost.memory(),
        )
        .note(format!("{} at the start", self.start.memory()))
        .at_most(Figure::Memory(MOST_MEMORY))
        .judged()
    }
}

/// Everything that the first run has left is filed.
async fn fill(harness: &Harness, certificates: u64) {
    let lease = harness.take_certificate_lease("ledger").await;
    let (store, tenant) = (harness.store(), &harness.company.tenant);
    let known = store.all_certificates(tenant).await.unwrap();
    let left =
        (0..certificates).filter(|number| !known.contains_key(&CertificateId::new(id(*number))));
    let (store, token) = (&store, lease.token);
    let at = harness.moment();
    stream::iter(left)
        .for_each_concurrent(AT_ONCE, |number| async move {
            let employee = SourceId::new((1 + number % PEOPLE).to_string());
            let document = Some(DocumentId::new(number.to_string()));
            let state = CertificateState::Uploaded { at, document };
            let entry = CertificateEntry::new(CertificateId::new(id(number)), employee, state);
            store
                .put_certificate(tenant, token, &entry, None)
                .await
                .unwrap();
        })
        .await;
    store
        .release(&lease, shared::state::LastRun::default())
        .await
        .unwrap();
}

fn table(title: String, steps: &[Step]) -> Table {
    Table::of(
        title,
        steps,
        &[
            ("run", |step| step.name.to_owned().into()),
            ("outcome", |step| {
                step.report["outcome"].as_str().unwrap().into()
            }),
            ("memory at start", |step| step.start.memory()),
            ("peak memory", |step| step.cost.memory()),
            ("time", |step| step.cost.wall.into()),
            ("filed", |step| number(&step.report["counts"]["uploaded"])),
            ("left", |step| number(&step.report["counts"]["remaining"])),
            ("calls to reteach", |step| {
                number(&step.report["calls"]["reteach"])
            }),
            ("read units", |step| {
                Figure::Number(step.report["dynamodb"]["read"].as_f64().unwrap(), 1)
            }),
        ],
    )
}

fn number(value: &Value) -> Figure {
    value.as_u64().unwrap().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_needs_more_memory_than_lambda_leaves_it_fails_the_command() {
        for (mebibytes, is_failure) in [(100, false), (101, true), (128, true)] {
            let cost = Cost {
                peak: Some(mebibytes << 20),
                ..Cost::default()
            };
            let step = Step {
                name: "unchanged tick",
                report: Value::Null,
                start: Cost::default(),
                cost,
            };
            let check = step.check("200,000 certificates");
            assert_eq!(check.is_failure(false), is_failure, "{mebibytes}");
        }
    }
}
