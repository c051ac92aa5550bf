//! The academy's list of accounts as real academies may show it: odd rows, odd totals, and accounts of nobody.

use employee_sync::report::Report;
use harness::{Harness, TICK, people};
use http::Method;
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::{Customer, OddRow, Quirk};
use simulators::{Behaviour, Body, Fault};

fn stranger(number: u32, external_id: Option<&str>) -> Customer {
    Customer {
        email: Some(format!("stranger-{number}@example.com")),
        external_id: external_id.map(str::to_owned),
        ..Customer::default()
    }
}

fn found(report: &Report, kind: FindingKind) -> Vec<String> {
    let findings = report.findings.iter();
    let findings = findings.filter(|finding| finding.kind == kind);
    findings.map(|finding| finding.text.clone()).collect()
}

async fn reconcile(harness: &Harness) -> Report {
    harness.run(Mode::Reconcile, Deadline::never()).await.report
}

#[tokio::test]
async fn an_odd_row_in_the_list_stops_no_reconcile() {
    let harness = Harness::synced(Via::Direct, "", people(6)).await;
    let academy = &harness.company.reteach;
    let stranger = academy.insert(stranger(1, None));
    for (row, unreadable) in [
        (OddRow::NullTags, 0),
        (OddRow::NoStatus, 0),
        (OddRow::BareDate, 0),
        (OddRow::NoId, 1),
        (OddRow::Null, 1),
    ] {
        academy.set_quirks([Quirk::OddRow(stranger.clone(), row)]);
        academy.edit("personio:2", |account| account.position = None);
        let report = reconcile(&harness).await;
        assert_counts!("{row:?}", report, updated = 1);
        assert_eq!(report.outcome, Outcome::Done, "{row:?}");
        assert_eq!(
            found(&report, FindingKind::NotListed).len(),
            unreadable,
            "{row:?}"
        );
    }
}

#[tokio::test]
async fn an_account_of_ours_that_cannot_be_read_gets_no_second_one() {
    let harness = Harness::synced(Via::Direct, "", people(6)).await;
    let academy = &harness.company.reteach;
    academy.set_quirks([Quirk::OddRow("personio:2".to_owned(), OddRow::NoId)]);
    let report = reconcile(&harness).await;
    assert_counts!(report, created = 0, updated = 0);
    assert_eq!(academy.customers().len(), 6);
    let text = found(&report, FindingKind::NotListed).join("");
    assert!(text.contains("1 account") && !text.contains('@'), "{text}");
}

#[tokio::test]
async fn a_reconcile_that_cannot_list_is_reported_and_tried_again_while_changed_people_are_synced()
{
    let harness = Harness::synced(Via::Direct, "", people(6)).await;
    let academy = &harness.company.reteach;
    academy.edit("personio:2", |account| account.position = None);
    let no_list = Fault::new(Behaviour::Status(500, Body::Vendor)).method(Method::GET);
    academy.fail(no_list.path("/customer").always());
    harness.change(3, |person| person.position = Some("Leitung".to_owned()));
    let report = harness.after(SignedDuration::from_hours(24)).await;
    assert_run!(report, Outcome::Done, updated = 1);
    assert_eq!(found(&report, FindingKind::NotListed).len(), 1);
    assert_eq!(harness.account(3).position.as_deref(), Some("Leitung"));

    // For an hour the list is not asked for again; then it is, in vain.
    for listed in [0, 1] {
        harness.forget_requests();
        let report = harness
            .after(SignedDuration::from_mins(59 * listed + 1))
            .await;
        assert_eq!(found(&report, FindingKind::NotListed).len() as i64, listed);
        assert_eq!(!harness.asked().is_empty(), listed == 1);
    }
    academy.clear_faults();
    let report = harness.after(SignedDuration::from_hours(1)).await;
    assert_run!(report, Outcome::Done, updated = 1);
    assert!(harness.account(2).position.is_some());
}

#[tokio::test]
async fn a_total_that_is_off_or_moves_stops_no_reconcile() {
    for quirk in [Quirk::TotalOff(3), Quirk::TotalOff(-2), Quirk::TotalMoves] {
        let harness = Harness::new(Via::Direct, "", people(6)).await;
        let academy = &harness.company.reteach;
        academy.set_quirks([quirk.clone()]);
        let report = harness.now().await;
        assert_counts!("{quirk:?}", report, created = 6);
        academy.edit("personio:2", |account| account.position = None);
        let report = reconcile(&harness).await;
        assert_counts!("{quirk:?}", report, updated = 1);
        assert_eq!(found(&report, FindingKind::NotListed), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_reopened_account_of_somebody_gone_is_locked_again() {
    let harness = Harness::synced(Via::Direct, "", people(9)).await;
    harness.company.personio.remove(3);
    for _ in 0..2 {
        harness.tick().await;
    }
    assert!(harness.is_locked(3));
    let academy = &harness.company.reteach;
    academy.edit("personio:3", |account| account.set_inactive_at = None);
    harness.tick().await;
    assert!(!harness.is_locked(3), "nobody looks before the day is over");
    let report = harness.after(SignedDuration::from_hours(24) - TICK).await;
    assert_counts!(report, locked = 1);
    assert!(harness.is_locked(3));
}

#[tokio::test]
async fn an_orphaned_account_is_locked_only_after_approval() {
    let harness = Harness::synced(Via::Direct, "", people(9)).await;
    let academy = &harness.company.reteach;
    academy.insert(stranger(1, Some("personio:999")));
    academy.insert(stranger(2, Some("sap:77")));
    let report = reconcile(&harness).await;
    assert_counts!(report, locked = 0, orphaned = 1);
    let text = found(&report, FindingKind::Orphaned).join("");
    assert!(text.contains("personio:999"), "{text}");
    assert!(!harness.is_locked(999));
    let hash = report.held.as_ref().map(|held| held.hash.clone());
    harness.approve(&hash.unwrap()).await;
    let report = reconcile(&harness).await;
    assert_counts!(report, locked = 1);
    assert!(harness.is_locked(999));
}

#[tokio::test]
async fn a_list_without_locked_accounts_makes_nobody_a_second_one_and_keeps_no_returner_locked() {
    for (company, loses_ledger) in [(9, false), (260, true)] {
        let harness = Harness::synced(Via::Direct, "", people(company)).await;
        let leave = |id, status| harness.change(id, |person| person.status = status);
        (1..=3).for_each(|id| leave(id, Status::Inactive));
        harness.tick().await;
        assert_eq!(harness.locked(1..=3), 3);
        let academy = &harness.company.reteach;
        academy.set_quirks([Quirk::ListHidesLocked]);
        let report = reconcile(&harness).await;
        assert_counts!(report, created = 0, updated = 0, held = 0);
        let text = found(&report, FindingKind::NotListed).join("");
        assert!(text.contains("3 of those"), "{text}");
        if loses_ledger {
            harness.lose("EMPLOYEE#1").await;
        }
        leave(1, Status::Active);
        let report = harness.tick().await;
        assert_run!(
            report,
            Outcome::Done,
            unlocked = 1,
            created = 0,
            conflicts = 0
        );
        assert_eq!(harness.locked(1..=3), 2);
        assert_eq!(academy.customers().len(), company as usize);
    }
}
