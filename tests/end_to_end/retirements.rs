//! Vendors announce the end of an endpoint in the headers of their answers.

use employee_sync::report::Counts;
use harness::{Harness, completed, people, person};
use jiff::SignedDuration;
use shared::runtime::{Finding, FindingKind, Outcome, Report};
use shared::tenant::Via;
use simulators::{Behaviour, Fault};

const DEPRECATED: (&str, &str) = ("deprecation", "@1767225600");
const SUNSET: (&str, &str) = ("sunset", "Sat, 31 Oct 2026 23:59:59 GMT");
const WARNED: (&str, &str) = ("warning", "299 - \"Deprecated API\"");

#[derive(Clone, Copy, Debug)]
enum Server {
    Personio,
    Kombo,
    Reteach,
}

impl Server {
    fn fail(self, harness: &Harness, fault: Fault) {
        match self {
            Self::Personio => harness.personio.fail(fault),
            Self::Kombo => harness.kombo().fail(fault),
            Self::Reteach => harness.reteach.fail(fault),
        }
    }
}

fn retired(findings: &[Finding]) -> Vec<String> {
    let retired = findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Retired);
    retired.map(|finding| finding.text.clone()).collect()
}

/// A company with somebody new, somebody changed and one certificate, whose vendor announces something.
async fn announcing(
    via: Via,
    server: Server,
    path: &str,
    header: (&'static str, &'static str),
) -> Harness {
    let harness = Harness::synced(via, "", people(3)).await;
    harness.personio.add_category("Bildungszertifikate");
    harness.issue([completed("9001", 1, "Erste Hilfe", "2026-05-08T09:30:00Z")]);
    harness.change(2, |person| person.position = Some("Leiterin".to_owned()));
    harness.personio.put(person(4));
    let announce = Behaviour::Announce(header.0, header.1);
    server.fail(&harness, Fault::new(announce).path(path).always());
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
    use Server::{Kombo, Personio, Reteach};
    use Via::{Direct, KomboPassthrough};
    let mut wrong = Vec::new();
    for (via, server, path, header, announcement) in [
        (
            Direct,
            Personio,
            "/v1/auth",
            SUNSET,
            "Personio POST /v1/auth ends on 2026-10-31",
        ),
        (
            Via::Kombo,
            Kombo,
            "/v1/hris/employees",
            DEPRECATED,
            "Kombo GET /hris/employees is deprecated (2026-01-01)",
        ),
        (
            Via::Kombo,
            Kombo,
            "/v1/hris/employees",
            SUNSET,
            "Kombo GET /hris/employees ends on 2026-10-31",
        ),
        (
            Via::Kombo,
            Kombo,
            "/v1/hris/employees",
            WARNED,
            "Kombo GET /hris/employees answers with warning 299",
        ),
        (
            Via::Kombo,
            Kombo,
            "/v1/integrations/",
            SUNSET,
            "Kombo GET /integrations/{id} ends on 2026-10-31",
        ),
        (
            KomboPassthrough,
            Kombo,
            "/v1/passthrough/",
            SUNSET,
            "Kombo POST /passthrough/personio/personnel ends on 2026-10-31",
        ),
        (
            Direct,
            Reteach,
            "/oauth/authorize",
            SUNSET,
            "reteach POST /oauth/authorize ends on 2026-10-31",
        ),
        (
            Direct,
            Reteach,
            "/customer",
            DEPRECATED,
            "reteach POST /customer is deprecated (2026-01-01)",
        ),
        (
            Direct,
            Reteach,
            "/customer/{customerIdentifier}",
            WARNED,
            "reteach PUT /customer/{id} answers with warning 299",
        ),
        (
            Via::Kombo,
            Reteach,
            "/customer/{customerIdentifier}/multiple-tags",
            SUNSET,
            "reteach PUT /customer/{id}/multiple-tags ends on 2026-10-31",
        ),
    ] {
        let case = format!("{via:?} {announcement}");
        let harness = announcing(via, server, path, header).await;
        let first = harness.after(SignedDuration::from_hours(25)).await;
        assert_eq!(first.outcome, Outcome::Done, "{case}");
        let again = harness.tick().await;
        let found = [&first, &again].map(|report| retired(&report.findings));
        wrong.extend(is_reported_once(found, announcement).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_certificate_job_reports_what_each_vendor_retires() {
    use Server::{Kombo, Personio, Reteach};
    use Via::Direct;
    let mut wrong = Vec::new();
    for (via, server, path, header, announcement) in [
        (
            Direct,
            Reteach,
            "/participation",
            SUNSET,
            "reteach GET /participation ends on 2026-10-31",
        ),
        (
            Via::Kombo,
            Reteach,
            "/participation",
            DEPRECATED,
            "reteach GET /participation is deprecated (2026-01-01)",
        ),
        (
            Direct,
            Personio,
            "/v1/company/document-categories",
            SUNSET,
            "Personio GET /v1/company/document-categories ends on 2026-10-31",
        ),
        (
            Direct,
            Personio,
            "/v1/company/documents",
            WARNED,
            "Personio POST /v1/company/documents answers with warning 299",
        ),
        (
            Direct,
            Personio,
            "/v2/document-management/documents",
            DEPRECATED,
            "Personio GET /v2/document-management/documents is deprecated (2026-01-01)",
        ),
        (
            Via::Kombo,
            Kombo,
            "/v1/hris/employee-document-categories",
            SUNSET,
            "Kombo GET /hris/employee-document-categories ends on 2026-10-31",
        ),
        (
            Via::Kombo,
            Kombo,
            "/v1/hris/employees/{employee_id}/documents",
            SUNSET,
            "Kombo POST /hris/employees/{employee_id}/documents ends on 2026-10-31",
        ),
    ] {
        let case = format!("{via:?} {announcement}");
        let harness = announcing(via, server, path, header).await;
        let first = harness.certificates_now().await;
        assert_eq!(
            (first.outcome, harness.personio.documents().len()),
            (Outcome::Done, 1),
            "{case}"
        );
        let again = harness.certificates_tick().await;
        let found = [&first, &again].map(|report| retired(&report.findings));
        wrong.extend(is_reported_once(found, announcement).err());
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
