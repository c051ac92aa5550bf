//! Broken credentials, rights and connections: a named outcome, nothing lost, and syncing continues after the repair.

use harness::{Harness, ROUTES, people, virtual_time};
use jiff::SignedDuration;
use shared::runtime::Outcome;
use shared::tenant::Via;
use simulators::reteach::Quirk;

use crate::assertions::assert_idle;
use crate::broken_connections::{BrokenConnection, DIRECT, broken, common, rotations};

fn broken_connections() -> Vec<BrokenConnection> {
    let own = [
        broken(
            "the right to read employees is revoked",
            &[Via::Direct, Via::KomboPassthrough],
            |harness| harness.personio.allow_reading(false),
            Outcome::AccessDenied,
            "Employees: read",
            |harness| harness.personio.allow_reading(true),
        ),
        broken(
            "the right to read employees is revoked from Kombo",
            &[Via::Kombo],
            |harness| harness.personio.allow_reading(false),
            Outcome::NotConnected,
            "reconnect",
            |harness| harness.personio.allow_reading(true),
        ),
        broken(
            "reteach forbids it",
            DIRECT,
            |harness| {
                let fault = simulators::Fault::new(simulators::Behaviour::Status(
                    403,
                    simulators::Body::Vendor,
                ));
                for path in ["/customer", "/customer/{customerIdentifier}"] {
                    harness.reteach.fail(fault.clone().path(path).always());
                }
            },
            Outcome::AccessDenied,
            "does not allow this",
            |harness| harness.clear_faults(),
        ),
    ];
    common().into_iter().chain(own).collect()
}

#[test]
fn every_broken_connection_is_named_and_recovers() {
    virtual_time::without_pauses(async {
        for case in broken_connections() {
            let (outcome, says) = (case.outcome, case.says);
            for via in case.routes {
                let label = format!("{via:?}: {}", case.name);
                let harness = Harness::synced(*via, "", people(3)).await;
                let before = harness.reteach.customers();
                let good = harness.last_good_run().await;
                harness.change(2, |person| person.office = Some("Wien".into()));
                harness.personio.put(harness::person(9));
                (case.begin)(&harness);
                for _ in 0..3 {
                    let report = harness.tick().await;
                    assert_eq!(report.outcome, outcome, "{label}: {report:#?}");
                    assert!(report.message.contains(says), "{label}: {}", report.message);
                    assert_eq!(harness.reteach.customers(), before, "{label}");
                    assert_eq!(
                        harness.reports().await[0],
                        harness::kept(&report, &harness.reports().await[0]),
                        "{label}"
                    );
                }
                assert_eq!(
                    harness.last_good_run().await,
                    good,
                    "{label}: not a good run"
                );
                (case.end)(&harness);
                let report = harness.tick().await;
                assert_eq!(report.outcome, Outcome::Done, "{label}: {report:#?}");
                assert_eq!(
                    harness.account(2).location.as_deref(),
                    Some("Wien"),
                    "{label}"
                );
                assert!(harness.find(9).is_some(), "{label}");
            }
        }
    });
}

#[tokio::test]
async fn a_rotated_secret_works_immediately_without_an_operator() {
    for rotation in rotations() {
        let name = rotation.name;
        for via in rotation.routes {
            let harness = Harness::synced(*via, "", people(3)).await;
            (rotation.at_the_vendor)(&harness);
            let mut secret = harness.company.secret();
            (rotation.in_the_secret)(&mut secret);
            harness.store_secret(&secret).await;
            harness.change(2, |person| person.office = Some("Wien".into()));
            let report = harness.tick().await;
            assert_run!("{via:?} {name}", report, Outcome::Done, updated = 1);
            assert_eq!(harness.account(2).location.as_deref(), Some("Wien"));
        }
    }
}

#[tokio::test]
async fn an_unusable_secret_is_reported_by_its_part() {
    let full = r#""fingerprint_key":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=""#;
    let academy = r#""reteach":{"client_id":"a","client_secret":"b","client_code":"c"}"#;
    let papi = r#""personio":{"client_id":"a","client_secret":"b"}"#;
    let cases: [(Via, String, &str); 8] = [
        (Via::Direct, "hunter2".into(), "is not a JSON object"),
        (Via::Direct, String::from("{}"), "fingerprint_key"),
        (Via::Direct, format!("{{{full},{academy}}}"), "no personio"),
        (Via::Direct, format!("{{{full},{papi}}}"), "no reteach"),
        (Via::Kombo, format!("{{{full},{academy}}}"), "no kombo"),
        (
            Via::KomboPassthrough,
            format!("{{{full},{papi},{academy}}}"),
            "no kombo",
        ),
        (
            Via::Direct,
            format!("{{{full},{papi},\"reteach\":{{\"client_id\":\"hunter2\"}}}}"),
            "reteach.client_secret is missing",
        ),
        (
            Via::Direct,
            format!("{{\"fingerprint_key\":\"hunter2\",{papi},{academy}}}"),
            "key",
        ),
    ];
    for (via, text, says) in cases {
        let harness = Harness::synced(via, "", people(2)).await;
        harness.store_secret_text(&text).await;
        // Secrets are kept for 15 minutes.
        let report = harness.after(SignedDuration::from_mins(16)).await;
        assert_run!("{text}", report, Outcome::BadSecret);
        assert_eq!(harness.asked().len(), 0, "{text}");
        assert!(
            report.message.contains(says) && !report.message.contains("hunter2"),
            "{}",
            report.message
        );
        harness.store_secret(&harness.company.secret()).await;
        let report = harness.after(SignedDuration::from_mins(16)).await;
        assert_run!("{text}", report, Outcome::Unchanged);
    }
}

/// The secret was changed by hand: `tenants add` refuses such credentials.
#[tokio::test]
async fn credentials_of_another_academy_write_nothing_and_cost_a_run_that_writes_one_call() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    harness.know_academy().await;
    let (id, before) = (harness.reteach.id(), harness.reteach.customers());
    harness.reteach.set_id("other");
    assert_idle(&harness).await;
    harness.change(2, |person| person.office = Some("Wien".into()));
    harness.personio.put(harness::person(9));
    let asks = || {
        let asked = harness.asked().into_iter();
        asked.filter(|it| it.template == Some("/me")).count()
    };
    let hidden = simulators::Behaviour::Status(403, simulators::Body::Vendor);
    for (outcome, says) in [
        (Outcome::BadSecret, "another academy's"),
        (Outcome::AccessDenied, "does not allow this"),
    ] {
        if outcome == Outcome::AccessDenied {
            let fault = simulators::Fault::new(hidden.clone()).path("/me");
            harness.reteach.fail(fault.always());
        }
        let report = harness.tick().await;
        assert_run!(report, outcome);
        assert!(report.message.contains(says), "{}", report.message);
        assert_eq!(harness.reteach.customers(), before);
    }
    harness.clear_faults();
    harness.reteach.set_id(&id);
    harness.forget_requests();
    assert_run!(
        harness.tick().await,
        Outcome::Done,
        updated = 1,
        created = 1
    );
    assert_eq!(asks(), 1);
    assert_idle(&harness).await;
    harness.change(2, |person| person.office = Some("Graz".into()));
    let broken = simulators::Behaviour::Status(500, simulators::Body::Vendor);
    let fault = simulators::Fault::new(broken).path("/me");
    harness.reteach.fail(fault.always());
    assert_run!(harness.tick().await, Outcome::Done, updated = 1);
}

#[tokio::test]
async fn a_missing_secret_is_reported() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
    let vault = harness.world.stack.aws().secrets_manager();
    let delete = vault
        .delete_secret()
        .secret_id("reteach-personio/acme")
        .force_delete_without_recovery(true);
    delete.send().await.unwrap();
    let report = harness.after(SignedDuration::from_mins(16)).await;
    assert_run!(report, Outcome::BadSecret);
    assert_eq!(harness.asked().len(), 0);
    assert_says!(report.message, "reteach-personio/acme");
}

/// Each run is a process of its own, as after an hour without one.
#[tokio::test]
async fn a_client_code_that_is_good_once_serves_all_later_processes_of_both_jobs() {
    use Quirk::{CodeIsGoodOnce, NoRefreshTokens, RefreshIsGoodOnce, RefusesRefresh};
    let cases = [
        (vec![CodeIsGoodOnce], true),
        (vec![CodeIsGoodOnce, RefreshIsGoodOnce], true),
        (vec![NoRefreshTokens], true),
        (vec![RefusesRefresh], true),
        (vec![CodeIsGoodOnce, NoRefreshTokens], false),
        (vec![CodeIsGoodOnce, RefusesRefresh], false),
    ];
    for ((quirks, is_served), via) in cases.into_iter().zip(ROUTES.into_iter().cycle()) {
        let harness = Harness::new(via, "", people(3)).await;
        let label = format!("{via:?} {quirks:?}");
        harness.reteach.set_quirks(quirks.clone());
        harness.personio.add_category("Bildungszertifikate");
        harness.first_run().await;
        for office in ["Ulm", "Graz"] {
            harness.world.restart().unwrap();
            harness.change(2, |person| person.office = Some(office.into()));
            let report = harness.after(SignedDuration::from_hours(2)).await;
            let filed = harness.certificates_now().await;
            for (outcome, message) in [
                (report.outcome, report.message),
                (filed.outcome, filed.message),
            ] {
                assert_eq!(
                    outcome.is_good(),
                    is_served,
                    "{label}: {outcome:?} {message}"
                );
                let is_named = outcome == Outcome::AccessDenied
                    && message.contains("good for one login only")
                    && message.contains("store them again");
                assert!(is_served || is_named, "{label}: {outcome:?} {message}");
            }
        }
        if is_served {
            assert_eq!(
                harness.account(2).location.as_deref(),
                Some("Graz"),
                "{label}"
            );
            continue;
        }
        // New credentials have a code of their own.
        let mut secret = harness.company.secret();
        let academy = secret.reteach.as_mut().unwrap();
        academy.client_code = "another-code".into();
        let reteach = &harness.reteach;
        reteach.add_credentials("reteach-client", "reteach-secret", "another-code");
        harness.store_secret(&secret).await;
        assert_eq!(harness.tick().await.outcome, Outcome::Done, "{label}");
    }
}
