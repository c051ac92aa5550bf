use jiff::{SignedDuration, Timestamp};
use shared::domain::id::TenantId;
use shared::state::{Acquisition, FencingToken, JobKind, LastRun, StateError};

use crate::support::{LEASE, acme, ask, at, fenced, put_one, run, stack, state, take};

/// A good run, and when it reported.
fn ran(good_run: &str, reported: Option<&str>) -> LastRun {
    LastRun {
        good_run: Some(at(good_run)),
        reported: reported.map(at),
        retirements: None,
        notices: None,
    }
}

fn held(until: &str) -> Acquisition {
    let until = at(until);
    Acquisition::Held {
        until,
        waiting_since: Some(at("08:00:00")),
    }
}

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
        let (_stack, store) = state().await;
        take(&store, "one", at("08:00:00")).await;
        match (ask(&store, "two", at(now)).await, token) {
            (Acquisition::Held { until, .. }, None) => assert_eq!(until, at("08:05:00"), "{now}"),
            (Acquisition::Acquired(lease), Some(token)) => assert_eq!(lease.token, token, "{now}"),
            (other, _) => panic!("{now}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_jobs_and_the_tenants_have_leases_of_their_own() {
    let (_stack, store) = state().await;
    let now = at("08:00:00");
    take(&store, "one", now).await;
    let other = TenantId::parse("other").unwrap();
    for (tenant, job) in [(acme(), JobKind::Certificates), (other, JobKind::Employees)] {
        let asked = store.acquire(&tenant, job, &run("two"), now, LEASE).await;
        assert!(
            matches!(asked, Ok(Acquisition::Acquired(lease)) if lease.token == FencingToken(1))
        );
    }
}

#[tokio::test]
async fn the_owner_reacquires_with_the_same_token_and_a_later_end() {
    let (_stack, store) = state().await;
    let first = take(&store, "one", at("08:00:00")).await;
    let again = take(&store, "one", at("08:02:00")).await;
    assert_eq!(again.token, first.token);
    assert_eq!(again.until, at("08:07:00"));
}

#[tokio::test]
async fn a_released_lease_is_free_at_once_and_has_the_last_good_run_and_the_last_report() {
    let (_stack, store) = state().await;
    let mut lease = take(&store, "run 0", at("08:00:00")).await;
    let cases: [(&str, LastRun, &str, &str); 3] = [
        (
            "08:00:31",
            ran("08:00:30", Some("08:00:29")),
            "08:00:30",
            "08:00:29",
        ),
        ("08:05:31", ran("08:05:30", None), "08:05:30", "08:00:29"),
        ("08:10:00", LastRun::default(), "08:05:30", "08:00:29"),
    ];
    for (number, (now, released, good_run, reported)) in cases.into_iter().enumerate() {
        store.release(&lease, released).await.unwrap();
        lease = take(&store, &format!("run {}", number + 1), at(now)).await;
        assert_eq!(lease.token, FencingToken(number as u64 + 2));
        let past: [Option<Timestamp>; 2] = [lease.last_good_run, lease.last_report_at];
        assert_eq!(past, [Some(at(good_run)), Some(at(reported))], "{now}");
    }
}

#[tokio::test]
async fn a_renewed_lease_lasts_longer() {
    let (_stack, store) = state().await;
    let mut lease = take(&store, "one", at("08:00:00")).await;
    let renewed = store.renew(&mut lease, at("08:04:00"), LEASE).await;
    assert_eq!((renewed, lease.until), (Ok(()), at("08:09:00")));
    assert_eq!(ask(&store, "two", at("08:06:00")).await, held("08:09:00"));
}

#[tokio::test]
async fn a_run_that_lost_its_lease_can_neither_renew_nor_release_nor_write() {
    let (_stack, store) = state().await;
    let mut old = take(&store, "one", at("08:00:00")).await;
    let new = take(&store, "two", at("08:06:00")).await;
    put_one(&store, new.token).await.unwrap();

    let renewed = store.renew(&mut old, at("08:06:00"), LEASE).await;
    assert_eq!(renewed, Err(StateError::LeaseLost));
    assert_eq!(
        old.until,
        at("08:05:00"),
        "a failed renewal promises nothing"
    );
    let released = store.release(&old, ran("08:06:00", None)).await;
    assert_eq!(released, Err(StateError::LeaseLost));
    assert_eq!(put_one(&store, old.token).await, fenced("EMPLOYEE#1"));

    store.release(&new, LastRun::default()).await.unwrap();
    let next = take(&store, "three", at("08:07:00")).await;
    assert_eq!(next.last_good_run, None);
}

#[tokio::test]
async fn only_one_of_many_concurrent_runs_acquires_the_lease() {
    let (_stack, store) = state().await;
    let names: Vec<String> = (0..20).map(|number| format!("run-{number}")).collect();
    let asks = names.iter().map(|name| ask(&store, name, at("08:00:00")));
    let asked = futures::future::join_all(asks).await;
    let acquired = |asked: &&Acquisition| matches!(asked, Acquisition::Acquired(_));
    assert_eq!(asked.iter().filter(acquired).count(), 1);
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
    let (_stack, store) = state().await;
    let mut old = take(&store, "one", at("08:00:00")).await;
    let between = take(&store, "two", at("08:06:00")).await;
    store.release(&between, LastRun::default()).await.unwrap();
    let again = take(&store, "one", at("08:06:30")).await;
    assert_eq!(again.token, FencingToken(3));
    let renewed = store.renew(&mut old, at("08:07:00"), LEASE).await;
    let released = store.release(&old, LastRun::default()).await;
    let lost = Err(StateError::LeaseLost);
    assert_eq!((renewed, released), (lost.clone(), lost));
}
