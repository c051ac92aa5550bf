//! A run may end anywhere between download, intent, upload and outcome: killed, or left without a reply. Whatever the cut,
//! each certificate is in exactly one document in the end, or parked where nobody can tell.

use futures::future::join_all;
use harness::{Harness, ROUTES, at_every_point, completed, people, unwatched};
use http::Method;
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use shared::state::CertificateState;
use shared::tenant::Via;
use simulators::{Behaviour, Fault, Point};

/// Whether documents can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Listed,
    Unlisted,
}

/// A company with an upload that got no answer half an hour ago, and a new certificate.
async fn scene(via: Via, sight: Sight) -> Harness {
    let harness = Harness::to_be_cut(via, "", people(2)).await;
    harness.first_run().await;
    harness.company.reteach.add_participation(completed(
        "c-1",
        1,
        "Brandschutz",
        "2026-05-01T09:30:00Z",
    ));
    let lost = Fault::new(Behaviour::LoseReply)
        .method(Method::POST)
        .path("/v1/company/documents");
    harness.company.personio.fail(lost);
    assert_eq!(harness.certificates_now().await.counts.doubtful, 1);
    harness.company.reteach.add_participation(completed(
        "c-2",
        2,
        "Erste Hilfe",
        "2026-05-11T08:10:00Z",
    ));
    if sight == Sight::Unlisted {
        harness.company.personio.allow_reading_documents(false);
    }
    harness.world.clock.advance(harness::CERTIFICATE_TICK);
    harness
}

/// Ticks until there is nothing left to do.
async fn quiet(harness: &Harness) {
    let mut reports = Vec::new();
    for _ in 0..5 {
        let report = harness.certificates_tick().await;
        if report.outcome == Outcome::Unchanged {
            return;
        }
        reports.push(report);
    }
    panic!("no end: {reports:#?}");
}

/// Cuts the run at `point` and lets the next ones go on. Returns whether the run was cut.
async fn cut(via: Via, sight: Sight, point: Point) -> bool {
    let harness = scene(via, sight).await;
    let run = harness.world.run_certificates(
        &harness.company,
        Mode::Scheduled,
        Deadline::never(),
        &unwatched,
    );
    let Some(step) = harness.cut_at(point, run).await.cut else {
        return false;
    };
    quiet(&harness).await;
    harness.check_the_never_rules_of_certificates();
    for (id, entry) in harness.certificate_ledger().await {
        let document = harness.document_of(id.as_str());
        match (sight, entry.state) {
            (_, CertificateState::Uploaded { .. }) => {
                assert!(document.is_some(), "{via:?} {point:?} {step}: {id}")
            }
            (Sight::Unlisted, CertificateState::Parked { doubt: Some(_), .. }) => {}
            (_, state) => panic!("{via:?} {sight:?} {point:?} {step}: {id} {state:?}"),
        }
    }
    assert_eq!(
        harness.certificate_ledger().await.len(),
        2,
        "{via:?} {sight:?} {point:?} {step}"
    );
    true
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "one minute: runs in `cargo prove`"]
async fn wherever_a_run_is_cut_each_certificate_is_filed_once() {
    let all = [Sight::Listed, Sight::Unlisted]
        .into_iter()
        .flat_map(|sight| ROUTES.map(|via| (via, sight)));
    let cuts = all.map(|(via, sight)| async move {
        let cuts = at_every_point(|point| cut(via, sight, point)).await;
        eprintln!("{via:?} {sight:?}: {cuts} cuts");
        assert!(cuts > 40, "{cuts}");
    });
    join_all(cuts).await;
}
