//! Certificates: filed by their address and by their bytes, looked for after an answer that nobody got.

use harness::completed;
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use simulators::{Behaviour, Body, Fault};

use super::Stage;

/// Where Personio takes documents.
pub(super) const UPLOAD: &str = "/v1/company/documents";

pub(super) async fn are_filed(stage: &Stage) {
    let (harness, company) = (&stage.harness, &stage.harness.company);
    company.personio.add_category("Bildungszertifikate");
    harness.issue([1, 2, 3].map(|person| certificate(stage, person)));
    let report = harness.certificates_tick().await;
    assert_eq!(
        (report.outcome, report.counts.uploaded),
        (Outcome::Done, 3),
        "{report:#?}"
    );
    // From reteach's own host: there is no address that Kombo could fetch it from.
    company
        .reteach
        .downloads()
        .set_url_base(&format!("http://{}", stage.reteach));
    harness.issue([certificate(stage, 4)]);
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
    // Filed, but nobody was told so: it is looked for later.
    harness.issue([certificate(stage, 5)]);
    harness.fail_uploads(Fault::new(Behaviour::LateStatus(504, Body::Empty)));
    assert_eq!(harness.certificates_tick().await.counts.doubtful, 1);
    assert_eq!(
        harness
            .certificates_after(SignedDuration::from_mins(30))
            .await
            .counts
            .doubtful,
        0
    );
    assert_eq!(company.personio.documents().len(), 5);
    // Everything is read again; the open ones are asked for one by one.
    harness
        .certificates(Mode::FullScan, Deadline::never())
        .await;
    stage.tenants(&["certificates", "list", "acme"]).await;
}

/// A certificate of `person`, of a course that was completed just now.
pub(super) fn certificate(stage: &Stage, person: u64) -> simulators::reteach::Participation {
    let now = stage.harness.moment();
    completed(
        &format!("c-{person}-{now}"),
        person,
        "Datenschutz",
        &now.to_string(),
    )
}
