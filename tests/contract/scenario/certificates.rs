//! Certificates: filed by URL and by bytes, and searched after a lost reply.

use harness::completed;
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use simulators::{Behaviour, Body, Fault};

use super::Fixture;

pub(super) const UPLOAD: &str = "/v1/company/documents";

pub(super) async fn run_certificates(fixture: &Fixture) {
    let (harness, company) = (&fixture.harness, &fixture.harness.company);
    company.personio.add_category("Bildungszertifikate");
    harness.issue([1, 2, 3].map(|person| certificate(fixture, person)));
    let report = harness.certificates_tick().await;
    let ended = (report.outcome, report.counts.uploaded);
    assert_eq!(ended, (Outcome::Done, 3), "{report:#?}");
    // From reteach's own host: Kombo cannot fetch it by URL.
    company
        .reteach
        .downloads()
        .set_url_base(&format!("http://{}", fixture.reteach));
    harness.issue([certificate(fixture, 4)]);
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
    // Filed with a lost reply: it is searched later.
    harness.issue([certificate(fixture, 5)]);
    harness.fail_uploads(Fault::new(Behaviour::LateStatus(504, Body::Empty)));
    assert_eq!(harness.certificates_tick().await.counts.outcome_unknown, 1);
    assert_eq!(
        harness
            .certificates_after(SignedDuration::from_mins(30))
            .await
            .counts
            .outcome_unknown,
        0
    );
    assert_eq!(company.personio.documents().len(), 5);
    // Reads the whole list, and the open certificates one by one.
    harness
        .certificates(Mode::FullScan, Deadline::never())
        .await;
    fixture.tenants(&["certificates", "list", "acme"]).await;
    company.personio.add_category("Schulungen");
    for folder in ["Schulungen", "Bildungszertifikate"] {
        let line = ["certificates", "move", "acme", "--to", folder, "--yes"];
        fixture.tenants(&line).await;
    }
}

/// A certificate of `person` for a course completed now.
pub(super) fn certificate(fixture: &Fixture, person: u64) -> simulators::reteach::Participation {
    let now = fixture.harness.moment();
    completed(
        &format!("c-{person}-{now}"),
        person,
        "Datenschutz",
        &now.to_string(),
    )
}
