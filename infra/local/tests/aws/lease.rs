use jiff::SignedDuration;
use shared::state::{Acquisition, FencingToken, JobKind, LastRun, StateError};

use crate::support::{LEASE, acme, ask, at, entry, run, stack, take};

#[tokio::test]
async fn a_new_lease_has_the_first_token_and_no_past() {
    let stack = stack().await;
    let lease = take(&stack.store(), "one", at("08:00:00")).await;
    assert_eq!(lease.token, FencingToken(1));
    assert_eq!(lease.until, at("08:05:00"));
    assert_eq!((lease.last_good_run, lease.last_report_at), (None, None));
}

#[tokio::test]
async fn a_second_run_acquires_the_lease_after_expiry_and_clock_skew() {
    let cases = [
        ("08:00:00", None),
        ("08:04:59", None),
        ("08:05:00", None),
        ("08:05:05", None),
        ("08:05:05.001", Some(FencingToken(2))),
        ("09:00:00", Some(FencingToken(2))),
    ];
    for (now, token) in cases {
        let stack = stack().await;
        let store = stack.store();
        take(&store, "one", at("08:00:00")).await;
        match (ask(&store, "two", at(now)).await, token) {
            (Acquisition::Held { until }, None) => assert_eq!(until, at("08:05:00"), "{now}"),
            (Acquisition::Acquired(lease), Some(token)) => assert_eq!(lease.token, token, "{now}"),
            (other, _) => panic!("{now}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_jobs_and_the_tenants_have_leases_of_their_own() {
    let stack = stack().await;
    let store = stack.store();
    take(&store, "one", at("08:00:00")).await;
    let other = shared::domain::id::TenantId::parse("other").unwrap();
    for (tenant, job) in [(acme(), JobKind::Certificates), (other, JobKind::Employees)] {
        let got = store
            .acquire(&tenant, job, &run("two"), at("08:00:00"), LEASE)
            .await
            .unwrap();
        assert!(matches!(got, Acquisition::Acquired(lease) if lease.token == FencingToken(1)));
    }
}

#[tokio::test]
async fn the_owner_reacquires_with_the_same_token_and_a_later_end() {
    let stack = stack().await;
    let store = stack.store();
    let first = take(&store, "one", at("08:00:00")).await;
    let again = take(&store, "one", at("08:02:00")).await;
    assert_eq!(again.token, first.token);
    assert_eq!(again.until, at("08:07:00"));
}

#[tokio::test]
async fn a_released_lease_is_free_at_once_and_has_the_last_run() {
    let stack = stack().await;
    let store = stack.store();
    let lease = take(&store, "one", at("08:00:00")).await;
    let report = LastRun {
        good_run: Some(at("08:00:30")),
        reported: Some(at("08:00:29")),
    };
    store.release(&lease, report).await.unwrap();

    let lease = take(&store, "two", at("08:00:31")).await;
    assert_eq!(lease.token, FencingToken(2));
    assert_eq!(lease.last_good_run, Some(at("08:00:30")));
    assert_eq!(lease.last_report_at, Some(at("08:00:29")));

    store
        .release(
            &lease,
            LastRun {
                good_run: Some(at("08:05:30")),
                reported: None,
            },
        )
        .await
        .unwrap();
    let lease = take(&store, "three", at("08:05:31")).await;
    assert_eq!(lease.last_good_run, Some(at("08:05:30")));
    assert_eq!(
        lease.last_report_at,
        Some(at("08:00:29")),
        "a run without a report leaves the last one's time"
    );

    store.release(&lease, LastRun::default()).await.unwrap();
    let lease = take(&store, "four", at("08:10:00")).await;
    assert_eq!(
        lease.last_good_run,
        Some(at("08:05:30")),
        "a bad run leaves the last good one's time"
    );
}

#[tokio::test]
async fn a_renewed_lease_lasts_longer() {
    let stack = stack().await;
    let store = stack.store();
    let mut lease = take(&store, "one", at("08:00:00")).await;
    store
        .renew(&mut lease, at("08:04:00"), LEASE)
        .await
        .unwrap();
    assert_eq!(lease.until, at("08:09:00"));
    let got = ask(&store, "two", at("08:06:00")).await;
    assert_eq!(
        got,
        Acquisition::Held {
            until: at("08:09:00")
        }
    );
}

#[tokio::test]
async fn a_run_that_lost_its_lease_can_neither_renew_nor_release_nor_write() {
    let stack = stack().await;
    let store = stack.store();
    let mut old = take(&store, "one", at("08:00:00")).await;
    let new = take(&store, "two", at("08:06:00")).await;
    store
        .put_employee(&acme(), new.token, &entry(1))
        .await
        .unwrap();

    assert_eq!(
        store.renew(&mut old, at("08:06:00"), LEASE).await,
        Err(StateError::LeaseLost)
    );
    assert_eq!(
        old.until,
        at("08:05:00"),
        "a failed renewal promises nothing"
    );
    let good = LastRun {
        good_run: Some(at("08:06:00")),
        reported: None,
    };
    assert_eq!(store.release(&old, good).await, Err(StateError::LeaseLost));
    let fenced = Err(StateError::Fenced {
        item: "EMPLOYEE#1".to_owned(),
    });
    assert_eq!(
        store.put_employee(&acme(), old.token, &entry(1)).await,
        fenced
    );

    store.release(&new, LastRun::default()).await.unwrap();
    assert_eq!(
        take(&store, "three", at("08:07:00")).await.last_good_run,
        None
    );
}

#[tokio::test]
async fn only_one_of_many_concurrent_runs_acquires_the_lease() {
    let stack = stack().await;
    let store = stack.store();
    let names: Vec<String> = (0..20).map(|number| format!("run-{number}")).collect();
    let got =
        futures::future::join_all(names.iter().map(|name| ask(&store, name, at("08:00:00")))).await;
    let winners = got
        .iter()
        .filter(|got| matches!(got, Acquisition::Acquired(_)))
        .count();
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn a_lease_is_safe_until_the_margin_before_its_end() {
    let stack = stack().await;
    let lease = take(&stack.store(), "one", at("08:00:00")).await;
    let margin = SignedDuration::from_secs(30);
    let cases = [
        ("08:00:00", true),
        ("08:04:29.999", true),
        ("08:04:30", false),
        ("08:06:00", false),
    ];
    for (now, safe) in cases {
        assert_eq!(lease.is_safe_at(at(now), margin), safe, "{now}");
    }
}

#[tokio::test]
async fn an_old_lease_of_the_same_run_is_void_after_another_run_held_it() {
    let stack = stack().await;
    let store = stack.store();
    let mut old = take(&store, "one", at("08:00:00")).await;
    let between = take(&store, "two", at("08:06:00")).await;
    store.release(&between, LastRun::default()).await.unwrap();
    let again = take(&store, "one", at("08:06:30")).await;
    assert_eq!(again.token, FencingToken(3));
    assert_eq!(
        store.renew(&mut old, at("08:07:00"), LEASE).await,
        Err(StateError::LeaseLost)
    );
    assert_eq!(
        store.release(&old, LastRun::default()).await,
        Err(StateError::LeaseLost)
    );
}
