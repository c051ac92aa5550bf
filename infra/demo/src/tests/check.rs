use jiff::Timestamp;
use local::{Fixture, TenantFixture};
use shared::runtime::Outcome;
use shared::tenant::Via;
use simulators::reteach::Customer;

use super::*;
use crate::check::{Observed, problems};
use crate::report::JobReport;
use crate::scenario::Expect;
use crate::scenario::Expect::{AcademyRefuses, Done, Held, InDoubt, Unchanged, Verified, Waiting};

fn calls(reteach_calls: usize, hr_calls: usize, uploads: usize) -> Observed {
    Observed {
        reteach_calls,
        hr_calls,
        uploads,
        ..Observed::default()
    }
}

/// A company in which no account and no document is expected.
async fn empty_company() -> TenantFixture {
    let fixture = Fixture::start(Timestamp::UNIX_EPOCH).await.unwrap();
    let company = fixture.company("empty", Via::Direct, "").await.unwrap();
    TenantFixture::empty(company, 1)
}

fn employees(change: impl FnOnce(&mut EmployeeReport)) -> JobReport {
    let mut report = unchanged();
    change(&mut report);
    JobReport::Employees(report)
}

fn certificates(outcome: Outcome, change: impl FnOnce(&mut CertificateReport)) -> JobReport {
    let mut report = waiting_for_pdfs();
    report.outcome = outcome;
    change(&mut report);
    JobReport::Certificates(report)
}

fn held() -> JobReport {
    let held = serde_json::json!({"hash": "00", "since": "2026-05-11T08:00:00Z", "counts": {}, "dismissed": false, "text": ""});
    employees(|report| report.held = Some(serde_json::from_value(held).unwrap()))
}

#[tokio::test]
async fn a_run_must_end_as_expected() {
    let company = empty_company().await;
    let first_sync = JobReport::Employees(first_sync());
    let failed = employees(|report| {
        report.outcome = Outcome::ReteachUnavailable;
        report.message = "no answer".into();
    });
    let refused = employees(|report| report.outcome = Outcome::AcademyRefuses);
    let done = |change: fn(&mut CertificateReport)| certificates(Outcome::Done, change);
    let in_doubt: fn(&mut CertificateReport) = |report| report.counts.outcome_unknown = 1;
    let verified: fn(&mut CertificateReport) = |report| report.counts.verified = 1;
    let cases: Vec<(JobReport, Observed, Expect, &[&str])> = vec![
        (first_sync.clone(), calls(400, 3, 0), Done, &[]),
        (employees(|_| ()), calls(0, 2, 0), Done, &[]),
        (employees(|_| ()), calls(0, 2, 0), Unchanged, &[]),
        (refused.clone(), calls(9, 2, 0), AcademyRefuses, &[]),
        (
            refused,
            calls(9, 2, 0),
            Done,
            &["the run ended as `academy-refuses`"],
        ),
        (
            employees(|_| ()),
            calls(1, 2, 0),
            Unchanged,
            &["there was nothing to do, but reteach received 1 calls"],
        ),
        (
            employees(|report| report.calls.reteach = 2),
            calls(0, 2, 0),
            Unchanged,
            &["the report counts 2 calls to reteach"],
        ),
        (
            employees(|report| report.dynamodb.read = 4.5),
            calls(0, 2, 0),
            Unchanged,
            &["4.5 DynamoDB read units, more than 4"],
        ),
        (
            employees(|report| report.dynamodb.write = 5.0),
            calls(0, 2, 0),
            Unchanged,
            &["5 DynamoDB write units, more than 4"],
        ),
        (
            employees(|report| report.outcome = Outcome::Done),
            calls(0, 2, 0),
            Unchanged,
            &["the run ended as `done`"],
        ),
        (
            failed,
            calls(0, 0, 0),
            Done,
            &["the run ended as `reteach-unavailable`: no answer"],
        ),
        (first_sync, calls(400, 3, 0), Held, &["no plan is held"]),
        (held(), calls(0, 2, 0), Held, &[]),
        (held(), calls(0, 2, 0), Done, &["a plan is held"]),
        (
            certificates(Outcome::Unchanged, |_| ()),
            calls(4, 0, 0),
            Unchanged,
            &[],
        ),
        (
            certificates(Outcome::Unchanged, |_| ()),
            calls(1, 1, 1),
            Unchanged,
            &[
                "there was nothing to do, but the HR system received 1 calls",
                "1 documents were sent to Personio instead of 0",
            ],
        ),
        (
            certificates(Outcome::Waiting, |_| ()),
            calls(0, 0, 0),
            Waiting,
            &[],
        ),
        (
            certificates(Outcome::Unchanged, |_| ()),
            calls(0, 0, 0),
            Waiting,
            &["the run ended as `unchanged`"],
        ),
        (
            certificates(Outcome::Waiting, |_| ()),
            calls(1, 1, 0),
            Waiting,
            &["there was nothing to do, but the vendors received 2 calls"],
        ),
        (
            certificates(Outcome::Partly, |_| ()),
            calls(0, 0, 0),
            Done,
            &["the run ended as `partly`"],
        ),
        (done(in_doubt), calls(0, 0, 0), InDoubt, &[]),
        (
            done(in_doubt),
            calls(0, 0, 0),
            Done,
            &["1 uploads are in doubt instead of 0"],
        ),
        (
            done(|_| ()),
            calls(0, 0, 0),
            InDoubt,
            &["0 uploads are in doubt instead of 1"],
        ),
        (done(verified), calls(0, 0, 0), Verified, &[]),
        (
            done(|_| ()),
            calls(0, 0, 0),
            Verified,
            &["0 uploads are found filed instead of 1"],
        ),
        (
            done(|_| ()),
            calls(0, 1, 1),
            Done,
            &["1 documents were sent to Personio instead of 0"],
        ),
    ];
    for (report, observed, expect, expected) in cases {
        let found = problems(expect, &report, &observed, 0, &company);
        assert_eq!(found, expected, "{expect:?} {report:?}");
    }
}

#[tokio::test]
async fn many_differences_are_cut_short() {
    let account = |number: usize| Customer {
        id: number.to_string(),
        ..Customer::default()
    };
    let observed = Observed {
        customers: (10..17).map(account).collect(),
        ..Observed::default()
    };
    let report = JobReport::Employees(first_sync());
    let found = problems(Done, &report, &observed, 0, &empty_company().await);
    assert_eq!(found.len(), 6);
    assert_eq!(found[0], "account 10 should not exist");
    assert_eq!(found[5], "and 2 more differences");
}
