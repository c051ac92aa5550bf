//! The academy's list of accounts as real academies may show it: odd rows, hidden accounts, or no list at all.

use employee_sync::report::Report;
use harness::{Harness, people};
use http::Method;
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::{Customer, OddRow, Quirk};
use simulators::{Behaviour, Body, Fault};

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
    let stranger = academy.insert(Customer {
        email: Some("stranger@example.com".to_owned()),
        ..Customer::default()
    });
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
        let number = found(&report, FindingKind::NotListed).len();
        assert_eq!(number, unreadable, "{row:?}");
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
