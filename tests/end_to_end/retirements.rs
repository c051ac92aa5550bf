//! Vendors announce the end of an endpoint in the headers of their answers.

use employee_sync::report::Counts;
use harness::{Harness, completed, people, person};
use jiff::SignedDuration;
use shared::runtime::{Finding, FindingKind, Outcome, Report};
use shared::tenant::Via;
use simulators::{Behaviour, Fault};

/// A header that announces the end of an endpoint, its value, and what a run says of it.
type Notice = (&'static str, &'static str, &'static str);

const DEPRECATED: Notice = ("deprecation", "@1767225600", "is deprecated (2026-01-01)");
const SUNSET: Notice = (
    "sunset",
    "Sat, 31 Oct 2026 23:59:59 GMT",
    "ends on 2026-10-31",
);
const WARNED: Notice = (
    "warning",
    "299 - \"Deprecated API\"",
    "answers with warning 299",
);

const BY_EMPLOYEES: &[(Via, Notice, &[&str])] = &[
    (Via::Direct, DEPRECATED, &["reteach POST /customer"]),
    (Via::Direct, WARNED, &["reteach PUT /customer/{id}"]),
    (
        Via::Direct,
        SUNSET,
        &["Personio POST /v1/auth", "reteach POST /oauth/authorize"],
    ),
    (
        Via::KomboPassthrough,
        SUNSET,
        &["Kombo POST /passthrough/personio/personnel"],
    ),
    (Via::Kombo, DEPRECATED, &["Kombo GET /hris/employees"]),
    (Via::Kombo, WARNED, &["Kombo GET /hris/employees"]),
    (
        Via::Kombo,
        SUNSET,
        &[
            "Kombo GET /hris/employees",
            "Kombo GET /integrations/{id}",
            "reteach PUT /customer/{id}/multiple-tags",
        ],
    ),
];

const BY_CERTIFICATES: &[(Via, Notice, &[&str])] = &[
    (
        Via::Direct,
        SUNSET,
        &[
            "reteach GET /participation",
            "Personio GET /v1/company/document-categories",
        ],
    ),
    (
        Via::Direct,
        WARNED,
        &["Personio POST /v1/company/documents"],
    ),
    (
        Via::Direct,
        DEPRECATED,
        &["Personio GET /v2/document-management/documents"],
    ),
    (Via::Kombo, DEPRECATED, &["reteach GET /participation"]),
    (
        Via::Kombo,
        SUNSET,
        &[
            "Kombo GET /hris/employee-document-categories",
            "Kombo POST /hris/employees/{employee_id}/documents",
        ],
    ),
];

fn retired(findings: &[Finding]) -> Vec<String> {
    let retired = findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Retired);
    retired.map(|finding| finding.text.clone()).collect()
}

/// A company with somebody new, somebody changed and one certificate, whose vendor announces something of a call, which is
/// named as in reports (`reteach POST /customer`).
async fn announcing(via: Via, (header, value, _): Notice, call: &str) -> Harness {
    let harness = Harness::synced(via, "", people(3)).await;
    harness.personio.add_category("Bildungszertifikate");
    harness.issue([completed("9001", 1, "Erste Hilfe", "2026-05-08T09:30:00Z")]);
    harness.change(2, |person| person.position = Some("Leiterin".to_owned()));
    harness.personio.put(person(4));
    let (vendor, call) = call.split_once(' ').unwrap();
    let (_, path) = call.split_once(' ').unwrap();
    // All calls whose paths begin like this one up to its first id.
    let path = path.split('{').next().unwrap();
    let announce = Fault::new(Behaviour::Announce(header, value)).always();
    match vendor {
        "Personio" => harness.personio.fail(announce.path(path)),
        "Kombo" => harness.kombo().fail(announce.path(format!("/v1{path}"))),
        _ => harness.reteach.fail(announce.path(path)),
    }
    harness
}

/// `found`: what a run reported, and what the next one did.
fn is_reported_once(found: [Vec<String>; 2], announcement: &str) -> Result<(), String> {
    let [first, again] = found;
    let begins = format!("{announcement}: see whether");
    let is_first = first.iter().any(|text| text.starts_with(&begins));
    if is_first && !again.iter().any(|text| text.starts_with(&begins)) {
        Ok(())
    } else {
        Err(format!("{announcement}: {first:?}, then {again:?}"))
    }
}

#[tokio::test]
async fn the_employee_job_reports_what_each_vendor_retires() {
    let mut wrong = Vec::new();
    for (via, notice, calls) in BY_EMPLOYEES {
        for call in *calls {
            let announcement = format!("{call} {}", notice.2);
            let harness = announcing(*via, *notice, call).await;
            let first = harness.after(SignedDuration::from_hours(25)).await;
            assert_eq!(first.outcome, Outcome::Done, "{via:?} {announcement}");
            let again = harness.tick().await;
            let found = [&first, &again].map(|report| retired(&report.findings));
            wrong.extend(is_reported_once(found, &announcement).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_certificate_job_reports_what_each_vendor_retires() {
    let mut wrong = Vec::new();
    for (via, notice, calls) in BY_CERTIFICATES {
        for call in *calls {
            let announcement = format!("{call} {}", notice.2);
            let harness = announcing(*via, *notice, call).await;
            let first = harness.certificates_now().await;
            let found = (first.outcome, harness.personio.documents().len());
            assert_eq!(found, (Outcome::Done, 1), "{via:?} {announcement}");
            let again = harness.certificates_tick().await;
            let found = [&first, &again].map(|report| retired(&report.findings));
            wrong.extend(is_reported_once(found, &announcement).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn an_endpoint_that_a_vendor_retires_is_reported_once_a_day_and_ticks_cost_the_same() {
    for via in [Via::Direct, Via::KomboPassthrough] {
        let harness = Harness::synced(via, "", people(10)).await;
        let announce = Behaviour::Announce(SUNSET.0, SUNSET.1);
        let listed = Fault::new(announce).path("/v1/company/employees");
        harness.personio.fail(listed.always());
        let found = |report: &Report<Counts>| retired(&report.findings);
        let first = harness.tick().await;
        assert_eq!(found(&first).len(), 1, "{via:?}: {first:#?}");
        let text = &found(&first)[0];
        assert!(text.contains("ends on 2026-10-31"), "{via:?}: {text}");
        for _ in 0..3 {
            let report = harness.tick().await;
            assert_eq!(
                (report.outcome, found(&report).len()),
                (Outcome::Unchanged, 0)
            );
            assert!(report.retired_answers > 0, "{via:?}");
            assert_eq!(report.dynamodb.write, 2.0, "{via:?}");
        }
        let tomorrow = harness.after(SignedDuration::from_hours(24)).await;
        assert_eq!(found(&tomorrow).len(), 1, "{via:?}: {tomorrow:#?}");
    }
}
