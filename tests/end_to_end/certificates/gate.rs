//! When the certificate job does not run.

use harness::{Harness, ROUTES, completed, ignore_progress, people, person};
use jiff::SignedDuration;
use serde_json::json;
use shared::domain::id::{RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{Event, Mode, Outcome, Request};
use shared::state::{JobKind, LastRun, TenantStatus};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};

fn waiting(harness: &Harness) {
    harness.company.personio.add_category("Bildungszertifikate");
    harness.issue([completed("c-1", 1, "Kurs", "2026-05-01T09:30:00Z")]);
}

const MODES: [Mode; 3] = [Mode::Scheduled, Mode::FullScan, Mode::DryRun];

#[tokio::test]
async fn before_the_first_complete_employee_run_it_waits_and_calls_no_vendor() {
    for via in ROUTES {
        let harness = Harness::new(via, "", people(2)).await;
        waiting(&harness);
        harness.forget_traffic();
        for mode in MODES {
            let report = harness.certificates_in(mode).await;
            assert_eq!(report.outcome, Outcome::Waiting, "{via:?}: {report:#?}");
            assert_eq!(
                report.message, "waiting for the first complete employee sync",
                "{via:?}"
            );
            assert_eq!(
                (harness.traffic(), report.calls),
                ([0; 4], Default::default()),
                "{via:?}"
            );
            assert!(
                !report.outcome.is_failure() && !report.outcome.is_good(),
                "{via:?}"
            );
        }
        harness.first_run().await;
        assert_eq!(
            harness.certificates_tick().await.counts.uploaded,
            1,
            "{via:?}"
        );
    }
}

#[tokio::test]
async fn an_incomplete_employee_run_does_not_open_the_gate() {
    for via in [Via::Direct, Via::KomboPassthrough] {
        let harness = Harness::new(via, "", people(3)).await;
        waiting(&harness);
        // Every reading announces more people than it contains: those are created, and nothing else is concluded.
        harness.fail_reading(Behaviour::TotalOff(5), Fault::always);
        let report = harness.now().await;
        assert_run!("{via:?}", report, Outcome::Partly, created = 3);
        assert_eq!(
            harness.certificates_tick().await.outcome,
            Outcome::Waiting,
            "{via:?}"
        );
        harness.clear_faults();
        harness.fail_reading(Behaviour::Status(404, Body::Vendor), Fault::always);
        assert_eq!(
            harness.tick().await.outcome,
            Outcome::SourceUnavailable,
            "{via:?}"
        );
        assert_eq!(
            harness.certificates_tick().await.outcome,
            Outcome::Waiting,
            "{via:?}"
        );
        harness.clear_faults();
        let report = harness.tick().await;
        assert!(report.outcome.is_good(), "{via:?}: {report:#?}");
        assert_eq!(
            harness.certificates_tick().await.counts.uploaded,
            1,
            "{via:?}"
        );
    }
}

#[tokio::test]
async fn a_dry_run_of_the_employees_does_not_open_the_gate() {
    let harness = Harness::new(Via::Direct, "", people(2)).await;
    waiting(&harness);
    harness.run(Mode::DryRun, Deadline::never()).await;
    assert_eq!(harness.certificates_now().await.outcome, Outcome::Waiting);
}

#[tokio::test]
async fn once_open_the_gate_stays_open() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
    waiting(&harness);
    harness.company.personio.put(person(3));
    harness.fail_reading(Behaviour::Status(404, Body::Vendor), Fault::always);
    assert_eq!(harness.tick().await.outcome, Outcome::SourceUnavailable);
    harness.configure("").await;
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
}

#[tokio::test]
async fn disabled_certificates_are_not_filed_and_cost_nothing() {
    for via in ROUTES {
        for synced in [false, true] {
            let off = "[certificates]\nenabled = false\n";
            let harness = Harness::new(via, off, people(2)).await;
            waiting(&harness);
            if synced {
                harness.first_run().await;
            }
            harness.forget_traffic();
            let items = harness.items().await;
            for mode in MODES {
                let report = harness.certificates_in(mode).await;
                assert_eq!(report.outcome, Outcome::Disabled, "{via:?}: {report:#?}");
                assert!(
                    report.message.contains("[certificates] enabled"),
                    "{}",
                    report.message
                );
                assert_eq!(harness.traffic(), [0; 4], "{via:?}");
                assert_eq!(
                    (report.dynamodb.calls, report.dynamodb.write),
                    (1, 0.0),
                    "{via:?}"
                );
            }
            assert_eq!(harness.items().await, items, "{via:?}");
            // Enabled later, it files everything from the beginning.
            harness.configure("[certificates]\nenabled = true\n").await;
            harness.now().await;
            assert_eq!(
                harness.certificates_tick().await.counts.uploaded,
                1,
                "{via:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_paused_tenant_files_nothing_and_can_be_planned() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(2)).await;
        waiting(&harness);
        let since = harness.moment();
        harness.set_status(TenantStatus::Paused { since }).await;
        let items = harness.items().await;
        for mode in MODES.into_iter().filter(|mode| *mode != Mode::DryRun) {
            let report = harness.certificates_in(mode).await;
            assert_run!("{via:?}", report, Outcome::Paused);
            assert_eq!(harness.traffic(), [0; 4], "{via:?}");
            assert!(
                report.message.contains("2026-05-11T08:00:00Z")
                    && report.message.contains("tenants resume")
            );
        }
        let looked = harness.certificates_in(Mode::DryRun).await;
        assert_run!("{via:?}", looked, Outcome::Planned, remaining = 1);
        assert_eq!(harness.items().await, items, "{via:?}");
        harness.set_status(TenantStatus::Active).await;
        assert_eq!(
            harness.certificates_tick().await.counts.uploaded,
            1,
            "{via:?}"
        );
    }
}

#[tokio::test]
async fn an_unknown_tenant_leaves_no_trace() {
    let harness = Harness::synced(Via::Direct, "", people(1)).await;
    waiting(&harness);
    let items = harness.items().await;
    let event = Event {
        tenant_id: TenantId::parse("nobody").unwrap(),
        mode: Mode::Scheduled,
    };
    let request = Request {
        event,
        run_id: RunId::new("run-x"),
        deadline: Deadline::never(),
    };
    let report = harness
        .world
        .functions()
        .certificates
        .run(&request, &ignore_progress)
        .await
        .report;
    assert_run!(report, Outcome::UnknownTenant);
    assert_eq!(report.job.as_str(), "certificate-sync");
    assert!(
        report.message.contains("nobody") && report.message.contains("tenants add"),
        "{}",
        report.message
    );
    assert_eq!((harness.items().await, harness.traffic()), (items, [0; 4]));
}

#[tokio::test]
async fn a_concurrent_run_is_busy() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(1)).await;
        waiting(&harness);
        let lease = harness.take_certificate_lease("another run").await;
        let report = harness.certificates_now().await;
        assert_run!("{via:?}", report, Outcome::Busy);
        assert_eq!(harness.traffic(), [0; 4], "{via:?}");
        assert!(
            report.message.contains("2026-05-11T08:05:00Z"),
            "{}",
            report.message
        );
        // Each job has its own lease: employee runs continue, and a dry run needs none.
        assert_eq!(harness.now().await.outcome, Outcome::Unchanged, "{via:?}");
        assert_eq!(
            harness.certificates_in(Mode::DryRun).await.outcome,
            Outcome::Planned,
            "{via:?}"
        );
        harness
            .world
            .stack
            .store()
            .release(&lease, LastRun::default())
            .await
            .unwrap();
        assert_eq!(
            harness.certificates_now().await.counts.uploaded,
            1,
            "{via:?}"
        );
    }
}

#[tokio::test]
async fn an_abandoned_lease_expires() {
    let harness = Harness::synced(Via::Direct, "", people(1)).await;
    waiting(&harness);
    harness.take_certificate_lease("a run that died").await;
    let minute = SignedDuration::from_mins(1);
    assert_eq!(
        harness.certificates_after(minute * 5).await.outcome,
        Outcome::Busy
    );
    assert_eq!(harness.certificates_after(minute).await.counts.uploaded, 1);
}

#[test]
fn an_event_of_the_other_job_is_refused() {
    for (mode, fits) in [
        ("scheduled", true),
        ("dry-run", true),
        ("full-scan", true),
        ("reconcile", false),
    ] {
        let event = Event::parse(
            json!({"tenant_id": "acme", "mode": mode}),
            JobKind::Certificates,
        );
        assert_eq!(event.is_ok(), fits, "{mode}: {event:?}");
    }
    let event = Event::parse(
        json!({"tenant_id": "acme", "mode": "reconcile"}),
        JobKind::Certificates,
    );
    let error = event.unwrap_err().to_string();
    assert!(
        error.contains("employee-sync") && error.contains("full-scan"),
        "{error}"
    );
}
