//! What it takes to file certificates: memory, processor time and AWS capacity of the function, which is a process of its
//! own, while the local stack and the simulators are in this one. Without Personio's limit of 60 uploads a minute.

mod archive;
mod cases;
mod filing;
mod transfer;

use std::time::Duration;

use certificate_sync::report::Counts;
use harness::process::MeasuredRun;

use crate::check::Check;
use crate::figure::{Figure, Table};
use crate::measurements::Measurements;
use crate::process::Cost;

use cases::{Case, SIZES};

pub(crate) use archive::measure as archive;
pub(crate) use cases::cases;
pub(crate) use transfer::run as transfer;

/// The function's memory, whatever it files.
const MOST_MEMORY: u64 = 64 << 20;
/// Its memory beyond what it had at the start: for connections and what passes through them,
const WORKING_SPACE: u64 = 20 << 20;
/// and for what it has to know of each certificate.
const RECORD: u64 = 3 << 10;
/// How much more memory the largest PDFs may need than as many of the smallest.
const MOST_GROWTH: u64 = 8 << 20;

/// A case, and what the function said about its run.
struct Filed {
    case: Case,
    measured: MeasuredRun<Counts>,
    /// The same bytes without the function.
    transfer: Option<Cost>,
}

pub(crate) async fn measure(cases: &[Case]) -> Measurements {
    let mut filed = Vec::new();
    for case in cases {
        eprintln!("{case} …");
        filed.push(filing::file(*case).await);
    }
    let memory = filed.iter().map(Filed::check);
    Measurements {
        checks: memory.chain(growth(&filed)).collect(),
        tables: vec![table(&filed)],
    }
}

/// The largest PDFs, compared with as many of the smallest, where both were filed.
fn growth(filed: &[Filed]) -> Option<Check> {
    let [small, _, large] = SIZES;
    let peak = |case| {
        filed
            .iter()
            .find(|filed| filed.case == case)?
            .measured
            .after
            .peak
    };
    let growth = peak(large)?.saturating_sub(peak(small)?);
    let check = Check::new(
        "25 MB PDFs, compared with 100 bytes: more memory",
        Figure::Memory(growth),
    );
    Some(check.at_most(Figure::Memory(MOST_GROWTH)).judged())
}

impl Filed {
    fn check(&self) -> Check {
        let peak = self.measured.after.peak.map(Figure::Memory);
        let start = self.measured.before.peak.unwrap_or_default();
        let most = MOST_MEMORY.min(start + WORKING_SPACE + RECORD * self.case.certificates);
        Check::new(format!("{}: memory", self.case), peak)
            .note(format!("{} at the start", Figure::Memory(start)))
            .at_most(Figure::Memory(most))
            .judged()
    }

    fn cost(&self) -> Cost {
        Cost::between(
            &self.measured.before,
            &self.measured.after,
            self.measured.wall,
        )
    }

    fn each(&self, time: Option<Duration>) -> Option<Duration> {
        Some(time?.div_f64(self.case.certificates as f64))
    }

    /// Processor time for each certificate: in the code itself, and in the kernel.
    fn user_and_system(&self) -> [Option<Duration>; 2] {
        let MeasuredRun { before, after, .. } = &self.measured;
        [(before.user, after.user), (before.system, after.system)]
            .map(|(before, after)| self.each(Some(after?.saturating_sub(before?))))
    }

    fn a_second(&self, number: u64) -> f64 {
        number as f64 / self.measured.wall.as_secs_f64()
    }
}

fn table(filed: &[Filed]) -> Table {
    let profile = if cfg!(debug_assertions) {
        "without"
    } else {
        "with"
    };
    let title = format!(
        "Certificates, built {profile} optimisation, over loopback, without TLS. To Kombo a file goes as base64. Transfer \
         alone: a program that only fetches each file and sends it on, as many at once."
    );
    Table::of(
        title,
        filed,
        &[
            ("certificates", |filed| filed.case.to_string().into()),
            ("memory at start", |filed| {
                filed.measured.before.peak.map(Figure::Memory).into()
            }),
            ("peak memory", |filed| filed.cost().memory()),
            ("time", |filed| filed.measured.wall.into()),
            ("a second", |filed| {
                Figure::Number(filed.a_second(filed.case.certificates), 0)
            }),
            ("MB a second", |filed| {
                let bytes = filed.case.certificates * filed.case.size;
                Figure::Number(filed.a_second(bytes) / 1e6, 0)
            }),
            ("user, each", |filed| filed.user_and_system()[0].into()),
            ("system, each", |filed| filed.user_and_system()[1].into()),
            ("transfer alone, each", |filed| {
                filed
                    .each(filed.transfer.and_then(|cost| cost.processor))
                    .into()
            }),
            ("times that", |filed| {
                let transfer = filed.transfer.and_then(|cost| cost.processor);
                Figure::ratio(filed.cost().processor, transfer)
            }),
            ("HTTP calls", |filed| {
                let calls = filed.measured.report.calls;
                (calls.personio + calls.kombo + calls.reteach).into()
            }),
            ("write units", |filed| {
                Figure::Number(filed.measured.report.dynamodb.write, 0)
            }),
            ("read units", |filed| {
                Figure::Number(filed.measured.report.dynamodb.read, 1)
            }),
        ],
    )
}
