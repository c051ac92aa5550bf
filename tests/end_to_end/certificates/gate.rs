//! When the certificate job does not run.

use harness::{Harness, completed, ignore_progress, people, person};
use jiff::SignedDuration;
use shared::domain::id::{RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{Event, Mode, Outcome, Request};
use shared::state::{LastRun, TenantStatus};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};

fn waiting(harness: &Harness) {
    harness.personio.add_category("Bildungszertifikate");
    harness.issue([completed("c-1", 1, "Kurs", "2026-05-01T09:30:00Z")]);
}

const MODES: [Mode; 3] = [Mode::Scheduled, Mode::FullScan, Mode::DryRun];

#[tokio::test]
async fn before_the_first_complete_employee_run_it_waits_and_calls_no_vendor() {
    let harness = Harness::new(Via::Direct, "", people(2)).await;
    waiting(&harness);
    harness.forget_traffic();
    for mode in MODES {
        let report = harness.certificates_in(mode).await;
        assert_eq!(report.outcome, Outcome::Waiting, "{report:#?}");
        let says = "waiting for the first complete employee sync";
        assert_eq!(report.message, says);
        assert_eq!(harness.traffic(), [0; 4]);
        assert_eq!(report.calls, Default::default());
        assert!(!report.outcome.is_failure());
        assert!(!report.outcome.is_good());
    }
    harness.first_run().await;
    let report = harness.certificates_tick().await;
    assert_counts!(report, uploaded = 1);
}

#[tokio::test]
async fn readings_that_agree_on_a_wrong_total_open_the_gate() {
    let harness = Harness::new(Via::Direct, "", people(3)).await;
    waiting(&harness);
    harness.fail_reading(Behaviour::TotalOff(5), Fault::always);
    let report = harness.now().await;
    assert_run!(report, Outcome::Done, created = 3);
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
}

#[tokio::test]
async fn an_incomplete_employee_run_does_not_open_the_gate() {
    let harness = Harness::new(Via::Direct, "", people(3)).await;
    waiting(&harness);
    // Every reading announces another number of people: those who came are created, and nothing else is concluded.
    harness.let_totals_disagree();
    let report = harness.now().await;
    assert_run!(report, Outcome::Partly, created = 3);
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Waiting);
    harness.clear_faults();
    harness.fail_reading(Behaviour::Status(404, Body::Vendor), Fault::always);
    let report = harness.tick().await;
    assert_run!(report, Outcome::SourceUnavailable);
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Waiting);
    harness.clear_faults();
    let report = harness.tick().await;
    assert!(report.outcome.is_good(), "{report:#?}");
    let report = harness.certificates_tick().await;
    assert_counts!(report, uploaded = 1);
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
    harness.personio.put(person(3));
    harness.fail_reading(Behaviour::Status(404, Body::Vendor), Fault::always);
    assert_eq!(harness.tick().await.outcome, Outcome::SourceUnavailable);
    harness.configure("").await;
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
}

#[tokio::test]
async fn disabled_certificates_are_not_filed_and_cost_nothing() {
    for synced in [false, true] {
        let off = "[certificates]\nenabled = false\n";
        let harness = Harness::new(Via::Direct, off, people(2)).await;
        waiting(&harness);
        if synced {
            harness.first_run().await;
        }
        harness.forget_traffic();
        let items = harness.items().await;
        for mode in MODES {
            let report = harness.certificates_in(mode).await;
            assert_eq!(report.outcome, Outcome::Disabled, "{report:#?}");
            assert_says!(report.message, "[certificates] enabled");
            assert_eq!(harness.traffic(), [0; 4]);
            let used = (report.dynamodb.calls, report.dynamodb.write);
            assert_eq!(used, (1, 0.0));
        }
        assert_eq!(harness.items().await, items);
        // Enabled later, it files everything from the beginning.
        harness.configure("[certificates]\nenabled = true\n").await;
        harness.now().await;
        let report = harness.certificates_tick().await;
        assert_counts!(report, uploaded = 1);
    }
}

#[tokio::test]
async fn a_paused_tenant_files_nothing_and_can_be_planned() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
    waiting(&harness);
    let since = harness.moment();
    harness.set_status(TenantStatus::Paused { since }).await;
    let items = harness.items().await;
    for mode in MODES.into_iter().filter(|mode| *mode != Mode::DryRun) {
        let report = harness.certificates_in(mode).await;
        assert_run!(report, Outcome::Paused);
        assert_eq!(harness.traffic(), [0; 4]);
        assert_says!(report.message, "2026-05-11T08:00:00Z", "tenants resume");
    }
    let looked = harness.certificates_in(Mode::DryRun).await;
    assert_run!(looked, Outcome::Planned, remaining = 1);
    assert_eq!(harness.items().await, items);
    harness.set_status(TenantStatus::Active).await;
    let report = harness.certificates_tick().await;
    assert_counts!(report, uploaded = 1);
}

#[tokio::test]
async fn an_unknown_tenant_leaves_no_trace() {
    let harness = Harness::synced(Via::Direct, "", people(1)).await;
    waiting(&harness);
    let items = harness.items().await;
    let (tenant_id, mode) = (TenantId::parse("nobody").unwrap(), Mode::Scheduled);
    let request = Request {
        event: Event { tenant_id, mode },
        run_id: RunId::new("run-x"),
        deadline: Deadline::never(),
    };
    let certificates = &harness.world.functions().certificates;
    let report = certificates.run(&request, &ignore_progress).await.report;
    assert_run!(report, Outcome::UnknownTenant);
    assert_eq!(report.job.as_str(), "certificate-sync");
    assert_says!(report.message, "nobody", "tenants add");
    assert_eq!((harness.items().await, harness.traffic()), (items, [0; 4]));
}

#[tokio::test]
async fn a_concurrent_run_is_busy() {
    let harness = Harness::synced(Via::Direct, "", people(1)).await;
    waiting(&harness);
    let lease = harness.take_certificate_lease("another run").await;
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Busy);
    assert_eq!(harness.traffic(), [0; 4]);
    assert_says!(report.message, "2026-05-11T08:05:00Z");
    // Each job has its own lease: employee runs continue, and a dry run needs none.
    assert_eq!(harness.now().await.outcome, Outcome::Unchanged);
    let report = harness.certificates_in(Mode::DryRun).await;
    assert_run!(report, Outcome::Planned);
    let released = harness.store().release(&lease, LastRun::default()).await;
    assert_eq!(released, Ok(()));
    let report = harness.certificates_now().await;
    assert_counts!(report, uploaded = 1);
}

#[tokio::test]
async fn an_abandoned_lease_expires() {
    let harness = Harness::synced(Via::Direct, "", people(1)).await;
    waiting(&harness);
    harness.take_certificate_lease("a run that died").await;
    let minute = SignedDuration::from_mins(1);
    let outcome = harness.certificates_after(minute * 5).await.outcome;
    assert_eq!(outcome, Outcome::Busy);
    assert_eq!(harness.certificates_after(minute).await.counts.uploaded, 1);
}
