//! Each certificate is filed once, for the right person, in the right folder, with title and date.

use harness::{Harness, ROUTES, completed, people};
use shared::job::Outcome;

#[tokio::test]
async fn a_certificate_is_filed_once_on_every_route() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(3)).await;
        harness.company.personio.add_category("Bildungszertifikate");
        harness.company.reteach.add_participation(completed("c-1", 1, "Brandschutz", "2026-05-01T09:30:00Z"));
        harness.company.reteach.add_participation(completed("c-2", 2, "Erste Hilfe", "2026-05-02T22:30:00Z"));

        let report = harness.certificates_now().await;
        assert_eq!(report.outcome, Outcome::Done, "{report:#?}");
        assert_eq!(report.counts.uploaded, 2, "{report:#?}");
        let again = harness.certificates_tick().await;
        assert_eq!(again.outcome, Outcome::Unchanged, "{again:#?}");

        let document = harness.document_of("c-2").unwrap();
        assert_eq!(document.employee_id, 2);
        assert_eq!(document.category.as_deref(), Some("Bildungszertifikate"));
    }
}
