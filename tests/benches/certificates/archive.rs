//! An academy with more certificates than a run can file: what the function holds in memory.

use certificate_sync::report::Counts;
use futures::{StreamExt as _, stream};
use harness::Harness;
use harness::process::MeasuredRun;
use jiff::Timestamp;
use shared::domain::id::{CertificateId, DocumentId, SourceId};
use shared::state::{CertificateEntry, CertificateState};
use shared::tenant::Via;

use super::cases::Case;
use super::filing::{PEOPLE, id, participation, run};
use crate::check::Check;
use crate::figure::{Figure, Table};
use crate::measurements::Measurements;
use crate::options::FunctionRun;

/// Lambda gives the function 128 MB. The rest is the operating system's and the runtime's.
const MOST_MEMORY: u64 = 100 << 20;
/// Entries of the ledger written at once.
const AT_ONCE: usize = 32;

struct Step {
    name: &'static str,
    measured: MeasuredRun<Counts>,
}

pub(crate) async fn measure(certificates: u64) -> Measurements {
    let began = Timestamp::now();
    let case = Case {
        via: Via::Direct,
        certificates,
        size: 100,
        is_scan: false,
    };
    let harness = Harness::at(&began.to_string(), case.via, "", harness::people(PEOPLE)).await;
    harness.first_run().await;
    harness.issue((0..certificates).map(|number| participation(case, number, began)));
    let mut steps = Vec::new();
    let mut step = async |name: &'static str, function| {
        eprintln!("{name} …");
        let measured = run(&harness, function).await;
        let outcome = measured.report.outcome;
        assert!(!outcome.is_failure(), "{name}: {:#?}", measured.report);
        steps.push(Step { name, measured });
    };
    step("first run", FunctionRun::FileCertificates).await;
    eprintln!("filling the ledger …");
    fill(&harness, certificates).await;
    step(
        "listing of everything, all filed",
        FunctionRun::ScanCertificates,
    )
    .await;
    step("unchanged tick", FunctionRun::FileCertificates).await;
    let title = format!("{certificates} certificates, direct, one completed a minute");
    let checks = steps.iter().map(|step| {
        let peak = step.measured.after.peak.map(Figure::Memory);
        Check::new(format!("{title}, {}: memory", step.name), peak)
            .at_most(Figure::Memory(MOST_MEMORY))
            .judged()
    });
    Measurements {
        checks: checks.collect(),
        tables: vec![table(title.clone(), &steps)],
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
            ("memory at start", |step| {
                step.measured.before.peak.map(Figure::Memory).into()
            }),
            ("peak memory", |step| {
                step.measured.after.peak.map(Figure::Memory).into()
            }),
            ("time", |step| step.measured.wall.into()),
            ("filed", |step| step.measured.report.counts.uploaded.into()),
            ("left", |step| step.measured.report.counts.remaining.into()),
            ("HTTP calls", |step| {
                let calls = step.measured.report.calls;
                (calls.personio + calls.reteach).into()
            }),
            ("read units", |step| {
                Figure::Number(step.measured.report.dynamodb.read, 1)
            }),
        ],
    )
}
