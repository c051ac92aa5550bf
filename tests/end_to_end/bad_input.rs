//! Invalid events, tenant files and records.

use harness::{Harness, ignore_progress, people};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::domain::id::{RunId, TenantId};
use shared::http::Deadline;
use shared::runtime::{Event, FindingKind, Mode, Outcome, Request};
use shared::state::TenantStatus;
use shared::tenant::Via;
use simulators::people::Status;

use crate::assertions::finding;

#[tokio::test]
async fn an_unknown_tenant_leaves_the_state_unchanged() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
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
        .employees
        .run(&request, &ignore_progress)
        .await
        .report;
    assert_eq!(report.outcome, Outcome::UnknownTenant);
    assert_says!(report.message, "nobody", "tenants add");
    assert_eq!(harness.items().await, items);
}

#[tokio::test]
async fn a_paused_tenant_is_not_synced_until_it_is_resumed() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
    let since = harness.moment();
    harness.set_status(TenantStatus::Paused { since }).await;
    harness.change(2, |person| person.office = Some("Wien".into()));
    let items = harness.items().await;
    let report = harness.tick().await;
    assert_run!(report, Outcome::Paused);
    assert_eq!((harness.asked().len(), harness.pages_read()), (0, 0));
    assert_says!(report.message, "2026-05-11T08:00:00Z", "tenants resume");
    // A dry run is still possible.
    let looked = harness.run(Mode::DryRun, Deadline::never()).await.report;
    assert_run!(looked, Outcome::Planned, updated = 1);
    assert_eq!(harness.items().await, items);
    harness.set_status(TenantStatus::Active).await;
    harness.tick().await;
    assert_eq!(harness.account(2).location.as_deref(), Some("Wien"));
}

#[tokio::test]
async fn an_invalid_tenant_file_is_reported_by_field() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
    let file = harness.company.tenant_file("");
    let bad = Outcome::BadConfiguration;
    let cases = [
        ("tenant_id = ".to_owned(), bad, ""),
        (file.replace("Europe/Berlin", "Berlin"), bad, "time_zone"),
        (file.replace("\"direct\"", "\"fax\""), bad, "personio.via"),
        (
            format!("{file}[scope]\nteams = [\"tag\"]\n"),
            bad,
            "scope.teams",
        ),
        (file.replace("\"acme\"", "\"other\""), bad, "that of other"),
        (
            file.replace("via = \"direct\"", "via = \"kombo\"")
                + "[kombo]\nbase_url = \"http://127.0.0.1:9/v1\"\n",
            Outcome::NotConnected,
            "tenants connect",
        ),
    ];
    for (text, outcome, says) in cases {
        harness.store_file(&text).await;
        let report = harness.tick().await;
        assert_run!("{text}", report, outcome);
        assert_eq!(harness.asked().len(), 0, "{text}");
        assert!(report.message.contains(says), "{text}: {}", report.message);
        assert_eq!(harness.reports().await[0].outcome, outcome);
    }
    harness.configure("").await;
    assert_eq!(harness.tick().await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn a_malformed_record_leaves_its_account_alone_and_stops_no_other() {
    let (end, no_date) = ("termination_date", "termination_date is not a date");
    let unnamed = json!({"type": "Office", "attributes": {"id": 7}});
    let cases: [(&str, Value, &str); 6] = [
        ("hire_date", json!("gestern"), "hire_date is not a date"),
        (end, json!("31.12.2026"), no_date),
        (end, json!(20_261_231), no_date),
        (end, json!("2026-02-30T00:00:00+01:00"), no_date),
        ("last_name", json!(["Groß"]), "last_name is not text"),
        ("office", unnamed, "office has no name"),
    ];
    let routes = [Via::Direct, Via::KomboPassthrough].into_iter().cycle();
    for ((attribute, value, says), via) in cases.into_iter().zip(routes) {
        let label = format!("{via:?} {attribute} {value}");
        let harness = Harness::synced(via, "", people(4)).await;
        let before = harness.account(2);
        harness.personio.set_raw(2, attribute, value);
        harness.change(2, |person| person.position = Some("Chefin".into()));
        harness.change(3, |person| person.position = Some("Chefin".into()));
        let report = harness.tick().await;
        assert_run!("{label}", report, Outcome::Done, refused = 1, updated = 1);
        let finding = finding(&report, FindingKind::Rejected);
        assert_eq!(finding.person.as_deref(), Some("2"), "{label}");
        assert!(
            finding.text.contains(says) && finding.text.contains("correct it in Personio"),
            "{label}: {}",
            finding.text
        );
        for _ in 0..3 {
            let report = harness.tick().await;
            assert_counts!("{label}", report, waiting = 1, unchanged = 3);
        }
        harness.after(SignedDuration::from_hours(25)).await;
        assert_eq!(
            harness.account(2),
            before,
            "{label}: neither written nor taken for gone"
        );
        assert_eq!(
            harness.account(3).position.as_deref(),
            Some("Chefin"),
            "{label}"
        );
        harness.personio.clear_raw(2, attribute);
        harness.tick().await;
        assert_eq!(
            harness.account(2).position.as_deref(),
            Some("Chefin"),
            "{label}"
        );
    }
}

#[tokio::test]
async fn a_leaver_with_a_malformed_record_is_locked_and_named() {
    let harness = Harness::synced(Via::Direct, "", people(4)).await;
    harness.personio.set_raw(2, "last_name", json!(["Groß"]));
    harness.change(2, |person| person.status = Status::Inactive);
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, refused = 1, locked = 1);
    assert!(harness.is_locked(2));
    let finding = finding(&report, FindingKind::Rejected);
    assert_eq!(finding.person.as_deref(), Some("2"));
    // Nothing is written again, and the person is still named.
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, refused = 1, locked = 0);
}

#[tokio::test]
async fn where_no_record_can_be_used_leavers_are_locked_and_nobody_is_missing() {
    let office = json!({"type": "Office", "attributes": {"id": 7}});
    let harness = Harness::synced(Via::Direct, "", people(6)).await;
    for id in 1..=6 {
        harness.personio.set_raw(id, "office", office.clone());
    }
    for id in [2, 3] {
        harness.change(id, |person| person.status = Status::Inactive);
    }
    harness.personio.remove(5);
    for locked in [2, 0, 0] {
        let report = harness.tick().await;
        let outcome = Outcome::SourceUnavailable;
        assert_run!(report, outcome, locked = locked);
        let says = "none of 5 records can be used";
        assert!(report.message.contains(says), "{}", report.message);
    }
    assert_eq!((harness.locked(2..=3), harness.locked(1..=6)), (2, 2));
    (1..=6).for_each(|id| harness.personio.clear_raw(id, "office"));
    let report = harness.tick().await;
    assert!(report.outcome.is_good(), "{report:#?}");
    assert_eq!(harness.locked(1..=6), 2, "missing once");
}

#[tokio::test]
async fn a_deleted_person_with_a_malformed_record_is_locked() {
    let harness = Harness::synced(Via::Direct, "", people(4)).await;
    harness.personio.set_raw(2, "hire_date", json!("gestern"));
    assert_eq!(harness.tick().await.counts.refused, 1);
    harness.personio.remove(2);
    harness.tick().await;
    assert_eq!(harness.locked(1..=4), 0, "once is not enough");
    let report = harness.tick().await;
    assert_counts!(report, locked = 1);
    assert_eq!((harness.is_locked(2), harness.locked(1..=4)), (true, 1));
}

#[tokio::test]
async fn a_record_without_an_id_keeps_nobody_else_waiting_and_makes_nobody_gone() {
    let ids = [json!(""), json!(null), json!({"a": 1})];
    let routes = [Via::Direct, Via::KomboPassthrough].into_iter().cycle();
    for (id, via) in ids.into_iter().zip(routes) {
        let harness = Harness::synced(via, "", people(4)).await;
        harness.personio.set_raw(2, "id", id.clone());
        harness.change(3, |person| person.position = Some("Chefin".into()));
        for _ in 0..4 {
            let report = harness.tick().await;
            assert!(
                report.outcome.is_good(),
                "{via:?} {id}: {:?}",
                report.outcome
            );
            let finding = finding(&report, FindingKind::WrongTotal);
            for says in ["1 records came without an id", "support"] {
                assert!(
                    finding.text.contains(says),
                    "{via:?} {id}: {}",
                    finding.text
                );
            }
        }
        assert_eq!(harness.locked(1..=4), 0, "{via:?} {id}");
        assert_eq!(harness.account(3).position.as_deref(), Some("Chefin"));
    }
}

#[tokio::test]
async fn a_numeric_name_is_synced_as_text() {
    let harness = Harness::new(Via::Direct, "", people(2)).await;
    harness.personio.set_raw(2, "first_name", json!(42));
    harness.first_run().await;
    assert_eq!(harness.account(2).first_name.as_deref(), Some("42"));
}

#[tokio::test]
#[ignore = "15 seconds: runs in `cargo prove`"]
async fn fifty_thousand_people_are_read_and_planned() {
    let harness = Harness::new(
        Via::Direct,
        "",
        simulators::people::demo(50_000, 1, jiff::civil::date(2026, 5, 11)),
    )
    .await;
    let ran = harness.run(Mode::DryRun, Deadline::never()).await;
    let ended = (ran.report.outcome, ran.report.counts.created);
    assert_eq!(ended, (Outcome::Planned, 50_000));
    let both = (ran.report.findings.len(), ran.report.findings_total);
    assert_eq!(both, (200, 50_000));
    assert_eq!(harness.pages_read(), 500);
}
