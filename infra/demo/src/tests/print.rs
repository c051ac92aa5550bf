use jiff::Timestamp;
use shared::http::Counts as Calls;
use shared::runtime::Outcome;

use super::*;
use crate::demo::Observer as _;
use crate::print::Console;
use crate::report::{DemoReport, JobReport, StepReport, TenantReport};
use crate::scenario::STEPS;

fn tenant(route: &'static str, report: JobReport, problems: &[&str]) -> TenantReport {
    TenantReport {
        route,
        changes: Vec::new(),
        planned: 199,
        took_ms: 2_057,
        report,
        problems: problems.iter().map(|text| (*text).to_owned()).collect(),
    }
}

/// Step 1 is of the certificate job, step 2 of the employee job.
fn printed(number: usize, tenants: Vec<TenantReport>) -> String {
    let step = &STEPS[number - 1];
    let mut out = Vec::new();
    let mut console = Console::new(&mut out);
    console.step_begins(step, &[]);
    let problems: Vec<String> = tenants
        .iter()
        .flat_map(|tenant| tenant.problems.clone())
        .collect();
    let report = StepReport {
        title: step.title,
        about: step.about,
        job: step.job,
        expect: step.expect,
        at: Timestamp::UNIX_EPOCH,
        tenants,
    };
    console.step_ended(&report);
    console
        .conclude(&DemoReport {
            people: 200,
            certificates: 78,
            steps: vec![report],
            ok: problems.is_empty(),
            problems,
        })
        .unwrap();
    let text = String::from_utf8(out).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    text
}

#[test]
fn a_step_of_the_employee_job_is_a_table_with_notes() {
    let mut large = first_sync();
    large.counts.people = 50_000;
    large.counts.created = 49_998;
    large.calls = Calls {
        personio: 0,
        kombo: 201,
        reteach: 100_201,
    };
    large.dynamodb.write = 104_213.0;
    let tenants = vec![
        tenant("direct", JobReport::Employees(first_sync()), &[]),
        tenant("kombo-passthrough", JobReport::Employees(large), &[]),
        tenant("kombo", JobReport::Employees(unchanged()), &[]),
    ];
    insta::assert_snapshot!(printed(2, tenants));
}

#[test]
fn a_step_of_the_certificate_job_counts_certificates() {
    let backfill = CertificateReport {
        outcome: Outcome::Done,
        counts: certificate_sync::report::Counts {
            seen: 78,
            uploaded: 72,
            outcome_unknown: 1,
            waiting_for_pdf: 3,
            not_from_hr: 2,
            ..Default::default()
        },
        ..waiting_for_pdfs()
    };
    let waiting = CertificateReport {
        message: "waiting for the first complete employee sync".into(),
        counts: Default::default(),
        ..waiting_for_pdfs()
    };
    let tenants = vec![
        tenant("direct", JobReport::Certificates(backfill), &[]),
        tenant("kombo", JobReport::Certificates(waiting), &[]),
    ];
    insta::assert_snapshot!(printed(1, tenants));
}

#[test]
fn failed_checks_are_printed_below_the_step_and_at_the_end() {
    let report = JobReport::Employees(unchanged());
    let problems = ["account personio:1001 is missing"];
    insta::assert_snapshot!(printed(2, vec![tenant("direct", report, &problems)]));
}
