//! What each mode does and costs.

use certificate_sync::report::{Counts, Report};
use harness::{CERTIFICATE_TICK, Harness, ROUTES, by_hand, completed, people};
use jiff::SignedDuration;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::state::Units;
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation, Publication};

use super::fixture::finding;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const LONG_AGO: &str = "2025-02-10T09:30:00Z";

/// A dry run that changes nothing.
async fn dry(harness: &Harness) -> Report {
    let (items, documents) = (harness.items().await, harness.personio.documents());
    harness.forget_traffic();
    let report = harness.certificates_in(Mode::DryRun).await;
    // Ledger, root, lease and reports are as they were.
    assert_eq!(harness.items().await, items);
    assert_eq!(harness.personio.documents(), documents);
    let [_, downloads, ..] = harness.traffic();
    assert_eq!(downloads, 0, "nothing was fetched");
    // The HR system is asked for the folder alone.
    let folders = usize::from(report.counts.remaining > 0);
    assert_eq!(harness.folder_lookups(), folders);
    // The first log-in of all is kept: the client code may be good once.
    assert!(report.dynamodb.write <= 1.0);
    report
}

#[tokio::test]
async fn a_dry_run_lists_what_would_be_filed_and_files_nothing() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(3)).await;
        let stranger = harness.reteach.insert(by_hand("trainer@partner.example"));
        let pdf_later = |id: &str| Certificate {
            publication: Publication::OnDemand,
            ..Certificate::new(id, 2_000)
        };
        harness.issue([
            completed("c-1", 1, "Kurs", LONG_AGO),
            completed("c-2", 2, "Kurs", LONG_AGO),
            Participation {
                certificate: Some(pdf_later("c-3")),
                ..completed("c-3", 3, "Kurs", LONG_AGO)
            },
            Participation {
                customer: Some(stranger),
                ..completed("c-4", 1, "Kurs", LONG_AGO)
            },
        ]);
        let report = dry(&harness).await;
        assert_eq!(report.outcome, Outcome::Planned, "{via:?}: {report:#?}");
        let expected = Counts {
            seen: 4,
            readings: 1,
            remaining: 2,
            waiting_for_pdf: 1,
            not_from_hr: 1,
            ..Counts::default()
        };
        assert_eq!(report.counts, expected, "{via:?}");
        for (id, person) in [("c-1", "1"), ("c-2", "2")] {
            let change = finding(&report, FindingKind::Change, id);
            assert_eq!(change.person.as_deref(), Some(person), "{via:?}");
        }

        let done = harness.certificates_now().await;
        let expected = Counts {
            uploaded: 2,
            people_looked_at: 2,
            remaining: 0,
            ..expected
        };
        assert_eq!(done.counts, expected, "{via:?}: {done:#?}");
        let again = dry(&harness).await;
        assert_run!("{via:?}", again, Outcome::Planned, remaining = 0);
    }
}

#[tokio::test]
async fn a_dry_run_reports_a_missing_folder() {
    let more = "[certificates]\ncategory = \"Schulungen\"\n";
    let harness = Harness::with_folder(Via::Direct, more, people(1)).await;
    harness.issue([completed("c-1", 1, "Kurs", LONG_AGO)]);
    let report = dry(&harness).await;
    assert_run!(report, Outcome::Planned, remaining = 1);
    let says = "\"Schulungen\": make it";
    let mut findings = report.findings.iter();
    assert!(findings.any(|finding| finding.text.contains(says)));
}

#[tokio::test]
async fn a_failing_dry_run_writes_nothing() {
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    harness.issue([completed("c-1", 1, "Kurs", LONG_AGO)]);
    harness.reteach.remove_credentials("reteach-client");
    harness.reteach.revoke_tokens();
    assert_eq!(dry(&harness).await.outcome, Outcome::AccessDenied);
    harness.configure("[certificates]\ncategory = 7\n").await;
    assert_eq!(dry(&harness).await.outcome, Outcome::BadConfiguration);
}

#[tokio::test]
async fn a_full_scan_finds_old_and_undated_certificates() {
    let harness = Harness::with_folder(Via::Direct, "", people(4)).await;
    harness.certificates_now().await;
    // Issued now for a course completed long ago, or without a date.
    let undated = Participation {
        completed_at: None,
        ..completed("c-2", 2, "Kurs", LONG_AGO)
    };
    harness.issue([completed("c-1", 1, "Kurs", LONG_AGO), undated]);
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Unchanged, seen = 0);
    let report = harness.certificates_in(Mode::FullScan).await;
    assert_run!(report, Outcome::Done, uploaded = 2);
    // The schedule does so once a day.
    harness.issue([completed("c-3", 3, "Kurs", LONG_AGO)]);
    let report = harness.certificates_after(DAY - CERTIFICATE_TICK).await;
    assert_counts!(report, seen = 0);
    let report = harness.certificates_tick().await;
    assert_counts!(report, uploaded = 1);
}

#[tokio::test]
async fn an_operator_can_request_a_full_scan() {
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    harness.certificates_now().await;
    harness.issue([completed("c-1", 1, "Kurs", LONG_AGO)]);
    harness.advance(CERTIFICATE_TICK);
    let (store, tenant) = (harness.store(), &harness.company.tenant);
    store.ask_full_scan(tenant, harness.moment()).await.unwrap();
    assert_eq!(harness.certificates_tick().await.counts.uploaded, 1);
    assert_eq!(harness.certificates_tick().await.counts.seen, 0, "once");
}

/// One unchanged tick: one call to reteach, none to other vendors, and at most two read and two write units.
async fn costs_next_to_nothing(harness: &Harness, label: &str) {
    harness.forget_traffic();
    let report = harness.certificates_tick().await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{label}: {report:#?}");
    assert_eq!(harness.traffic(), [1, 0, 0, 0], "{label}");
    let request = harness.reteach.requests().pop().unwrap();
    assert_eq!(
        request.template,
        Some("/participation"),
        "{label}: no log-in, the token is warm"
    );
    assert_eq!(
        (
            report.calls.reteach,
            report.calls.personio,
            report.calls.kombo
        ),
        (1, 0, 0),
        "{label}"
    );
    let counts = Counts {
        readings: 1,
        ..Counts::default()
    };
    assert_eq!(report.counts, counts, "{label}");
    // The tenant and the root are read; the lease is taken and released.
    let Units {
        read, write, calls, ..
    } = report.dynamodb;
    assert!(read <= 2.0, "{label}: {read} read units");
    assert!(
        write <= 2.0 && calls <= 4,
        "{label}: {write} write units, {calls} calls"
    );
}

#[tokio::test]
async fn an_unchanged_tick_costs_one_vendor_call_and_four_state_calls() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(3)).await;
        harness.issue((1..=3).map(|id| completed(&format!("c-{id}"), id, "Kurs", LONG_AGO)));
        assert_eq!(harness.certificates_now().await.counts.uploaded, 3);
        let mut cheap = 0;
        // A report is written once an hour: the ticks between.
        for tick in 1..6 {
            if tick % 2 == 0 {
                harness.certificates_tick().await;
            } else {
                costs_next_to_nothing(&harness, &format!("{via:?} {tick}")).await;
                cheap += 1;
            }
        }
        assert_eq!(cheap, 3);
    }
}

#[tokio::test]
async fn an_unchanged_tick_costs_the_same_with_150_certificates() {
    let harness = Harness::with_folder(Via::Direct, "", people(20)).await;
    let small = |number: u64| Participation {
        certificate: Some(Certificate::new(&format!("c-{number:04}"), 200)),
        ..completed("", number % 20 + 1, "Kurs", LONG_AGO)
    };
    harness.issue((0..150).map(small));
    let report = harness.certificates_now().await;
    assert_run!(report, Outcome::Done, uploaded = 150);
    costs_next_to_nothing(&harness, "150 certificates").await;
}

/// The window's certificates are listed on each tick, a page for 250 of them; the ledger is not read.
#[tokio::test]
async fn an_unchanged_tick_costs_a_page_for_250_certificates_of_the_last_30_days() {
    let harness = Harness::with_folder(Via::Direct, "", people(20)).await;
    let first = harness.moment() - SignedDuration::from_hours(29 * 24);
    harness.issue((0..600_u64).map(|number| {
        let at = first + SignedDuration::from_hours(i64::try_from(number).unwrap());
        Participation {
            certificate: Some(Certificate::new(&format!("c-{number:04}"), 200)),
            ..completed("", number % 20 + 1, "Kurs", &at.to_string())
        }
    }));
    assert_eq!(harness.certificates_now().await.counts.uploaded, 600);
    for tick in 1..6 {
        let report = harness.certificates_tick().await;
        let Counts {
            seen,
            unchanged,
            settled,
            readings,
            ..
        } = report.counts;
        assert_eq!(report.outcome, Outcome::Unchanged, "{report:#?}");
        assert_eq!((seen, unchanged, settled, readings), (600, 600, 0, 1));
        // A token is good for an hour.
        assert!((3..=4).contains(&report.calls.reteach), "{report:#?}");
        if tick % 2 == 1 {
            let Units { read, write, .. } = report.dynamodb;
            assert!(read <= 2.0 && write <= 2.0, "{read} read, {write} write");
        }
    }
}

#[tokio::test]
async fn unchanged_hours_store_a_report_each_and_no_checkpoint() {
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    harness.issue([completed("c-1", 1, "Kurs", LONG_AGO)]);
    harness.certificates_now().await;
    let checkpoint = async || {
        let (store, tenant) = (harness.store(), &harness.company.tenant);
        store.certificate_start(tenant).await.unwrap().checkpoint
    };
    let known = checkpoint().await;
    let mut reported = Vec::new();
    let (mut reports, mut calls) = (1, 0);
    for minute in (30..=6 * 60 + 30).step_by(30) {
        let report = harness.certificates_tick().await;
        assert_eq!(report.outcome, Outcome::Unchanged, "{report:#?}");
        calls += report.calls.reteach;
        assert_eq!(checkpoint().await, known, "minute {minute}");
        let reports_now = harness.certificate_reports().await.len();
        if reports_now > reports {
            reported.push(minute);
        }
        reports = reports_now;
    }
    assert_eq!(reported, [60, 120, 180, 240, 300, 360]);
    // One question a run, and a token is good for an hour.
    assert!((13..=13 + 7).contains(&calls), "{calls} calls");
}

#[tokio::test]
async fn every_run_with_changes_stores_its_report() {
    let harness = Harness::with_folder(Via::Direct, "", people(1)).await;
    let mut returned = Vec::new();
    for number in 0..3 {
        let (id, at) = (format!("c-{number}"), "2026-05-11T07:30:00Z");
        harness.issue([completed(&id, 1, "Kurs", at)]);
        returned.insert(0, harness.certificates_tick().await);
    }
    let stored = harness.certificate_reports().await;
    assert_eq!(stored.len(), returned.len());
    for (stored, returned) in stored.into_iter().zip(returned) {
        let dynamodb = stored.dynamodb;
        assert_eq!(
            stored,
            Report {
                dynamodb,
                ..returned
            }
        );
        assert_eq!((stored.mode, stored.counts.uploaded), (Mode::Scheduled, 1));
    }
}
