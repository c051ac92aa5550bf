use super::*;
use crate::state::testing::Emulator;
use crate::state::testing::Fault::{self, LostCall, LostReply};

fn at(time: &str) -> Timestamp {
    format!("2026-05-11T{time}Z").parse().unwrap()
}

fn lease() -> Lease {
    Lease {
        tenant: TenantId::parse("acme").unwrap(),
        job: JobKind::Employees,
        owner: RunId::new("one"),
        token: FencingToken(1),
        until: at("08:05:00"),
        first_run: None,
        last_good_run: None,
        last_report_at: None,
        retirements: BTreeMap::new(),
        notices: Memory::default(),
    }
}

#[test]
fn a_lease_is_safe_for_as_long_as_more_than_the_margin_is_left() {
    let margin = SignedDuration::from_secs(30);
    for (now, is_safe) in [
        ("08:00:00", true),
        ("08:04:29.999", true),
        ("08:04:30", false),
        ("08:06:00", false),
    ] {
        assert_eq!(lease().is_safe_at(at(now), margin), is_safe, "{now}");
    }
}

#[test]
fn a_tenant_waits_since_the_last_good_run_or_the_first_one() {
    let (first, good) = (Some(at("07:00:00")), Some(at("07:30:00")));
    for (first_run, last_good_run, since) in [
        (None, None, None),
        (first, None, first),
        (first, good, good),
    ] {
        let lease = Lease {
            first_run,
            last_good_run,
            ..lease()
        };
        assert_eq!(lease.waiting_since(), since);
    }
}

#[test]
fn a_report_later_than_the_last_good_run_is_of_a_failure() {
    let [earlier, later] = ["07:00:00", "07:00:01"].map(|time| Some(at(time)));
    for (last_report_at, last_good_run, is_of_a_failure) in [
        (None, None, false),
        (earlier, None, true),
        (None, earlier, false),
        (earlier, earlier, false),
        (later, earlier, true),
        (earlier, later, false),
    ] {
        let lease = Lease {
            last_report_at,
            last_good_run,
            ..lease()
        };
        assert_eq!(lease.last_report_is_of_a_failure(), is_of_a_failure);
    }
}

#[test]
fn an_end_is_kept_to_the_millisecond() {
    let until = milliseconds(at("08:00:00.123456"), SignedDuration::from_secs(60));
    assert_eq!(moment(until), at("08:01:00.123"));
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

/// What `run` gets if it asks for a minute at `time`.
async fn asked(store: &Store, run: &str, time: &str) -> Result<Acquisition, StateError> {
    let (tenant, run) = (tenant(), RunId::new(run));
    let taken = store.acquire(&tenant, JobKind::Employees, &run, at(time), MINUTE);
    taken.await
}

async fn acquired(store: &Store, run: &str, time: &str) -> Lease {
    match asked(store, run, time).await.unwrap() {
        Acquisition::Acquired(lease) => lease,
        Acquisition::Held { until, .. } => panic!("another run has it until {until}"),
    }
}

fn held_until(time: &str, waiting_since: &str) -> Result<Acquisition, StateError> {
    Ok(Acquisition::Held {
        until: at(time),
        waiting_since: Some(at(waiting_since)),
    })
}

#[tokio::test]
async fn another_run_gets_the_lease_five_seconds_after_its_end_with_the_next_token() {
    let store = Emulator::start().await.store;
    let first = acquired(&store, "one", "08:00:00").await;
    let expected = Lease {
        until: at("08:01:00"),
        first_run: Some(at("08:00:00")),
        ..lease()
    };
    assert_eq!(first, expected);
    for time in ["08:00:00", "08:00:30", "08:01:00", "08:01:05"] {
        let second = asked(&store, "two", time).await;
        assert_eq!(second, held_until("08:01:00", "08:00:00"), "{time}");
    }
    let second = acquired(&store, "two", "08:01:05.001").await;
    let expected = Lease {
        owner: RunId::new("two"),
        token: FencingToken(2),
        until: at("08:02:05.001"),
        ..expected
    };
    assert_eq!(second, expected);
    // The jobs and the tenants have leases of their own.
    let (other, run) = (TenantId::parse("other").unwrap(), RunId::new("three"));
    for (tenant, job) in [
        (tenant(), JobKind::Certificates),
        (other, JobKind::Employees),
    ] {
        let taken = store.acquire(&tenant, job, &run, at("08:01:10"), MINUTE);
        let Acquisition::Acquired(lease) = taken.await.unwrap() else {
            panic!("{tenant} {job}");
        };
        assert_eq!((lease.tenant, lease.job), (tenant, job));
        assert_eq!(lease.token, FencingToken(1));
    }
}

#[tokio::test]
async fn only_one_of_many_concurrent_runs_acquires_the_lease() {
    let store = Emulator::start().await.store;
    let names: Vec<String> = (0..20).map(|number| format!("run-{number}")).collect();
    let asks = names.iter().map(|name| asked(&store, name, "08:00:00"));
    let mut acquired = 0;
    for asked in futures::future::join_all(asks).await {
        acquired += usize::from(matches!(asked.unwrap(), Acquisition::Acquired(_)));
    }
    assert_eq!(acquired, 1);
}

#[tokio::test]
async fn a_run_that_asks_again_keeps_its_token_and_the_later_end() {
    let store = Emulator::start().await.store;
    acquired(&store, "one", "08:00:10").await;
    for (time, until, calls) in [
        ("08:00:00", "08:01:10", 1),
        ("08:00:10", "08:01:10", 1),
        ("08:00:20", "08:01:20", 2),
    ] {
        let before = store.units().calls;
        let lease = acquired(&store, "one", time).await;
        assert_eq!((lease.token, lease.until), (FencingToken(1), at(until)));
        assert_eq!(store.units().calls - before, calls, "{time}");
        let other = asked(&store, "two", "08:00:20").await;
        assert_eq!(other, held_until(until, "08:00:10"), "{time}");
    }
}

#[tokio::test]
async fn a_lease_whose_reply_was_lost_is_the_owners() {
    let unavailable = StateError::Unavailable {
        operation: "UpdateItem",
    };
    type Case<'a> = (Option<(&'a str, &'a str)>, &'a [Fault], bool);
    let cases: [Case<'_>; 7] = [
        (None, &[LostReply], true),
        (None, &[LostReply; 2], true),
        (None, &[LostReply; 3], true),
        (None, &[LostCall; 2], true),
        (None, &[LostCall; 3], false),
        // Another run's, with the same end; our own from before, with another one.
        (Some(("two", "08:00:00")), &[LostCall; 3], false),
        (Some(("one", "07:59:30")), &[LostCall; 3], false),
    ];
    for (earlier, faults, is_acquired) in cases {
        let table = Emulator::start().await;
        if let Some((run, time)) = earlier {
            acquired(&table.store, run, time).await;
        }
        table.lose(faults);
        let case = format!("{earlier:?} {faults:?}");
        match asked(&table.store, "one", "08:00:00").await {
            Ok(Acquisition::Acquired(lease)) => {
                assert!(is_acquired, "{case}");
                assert_eq!(lease.token, FencingToken(1), "{case}");
                assert_eq!(lease.until, at("08:01:00"), "{case}");
            }
            result => {
                assert!(!is_acquired, "{case}");
                assert_eq!(result, Err(unavailable.clone()), "{case}");
            }
        }
    }
    // A refusal whose reply is lost is repeated.
    let table = Emulator::start().await;
    acquired(&table.store, "two", "08:00:00").await;
    table.lose(&[LostReply]);
    let refused = asked(&table.store, "one", "08:00:30").await;
    assert_eq!(refused, held_until("08:01:00", "08:00:00"));
}

#[tokio::test]
async fn a_renewed_lease_lasts_longer_and_a_lost_one_is_not_renewed() {
    let store = Emulator::start().await.store;
    let mut first = acquired(&store, "one", "08:00:00").await;
    let renewed = store.renew(&mut first, at("08:00:50"), MINUTE).await;
    assert_eq!((renewed, first.until), (Ok(()), at("08:01:50")));
    let other = asked(&store, "two", "08:01:30").await;
    assert_eq!(other, held_until("08:01:50", "08:00:00"));
    acquired(&store, "two", "08:02:00").await;
    let same_name = Lease {
        owner: RunId::new("two"),
        ..first.clone()
    };
    let ran = LastRun {
        good_run: Some(at("08:02:10")),
        ..LastRun::default()
    };
    for mut lost in [first, same_name] {
        let renewed = store.renew(&mut lost, at("08:02:10"), MINUTE).await;
        assert_eq!(renewed, Err(StateError::LeaseLost));
        assert_eq!(lost.until, at("08:01:50"));
        let released = store.release(&lost, ran.clone()).await;
        assert_eq!(released, Err(StateError::LeaseLost));
    }
    let other = asked(&store, "three", "08:02:20").await;
    assert_eq!(other, held_until("08:03:00", "08:00:00"));
}

#[tokio::test]
async fn a_released_lease_is_free_at_once_and_keeps_what_runs_have_left() {
    let table = Emulator::start().await;
    let (store, tenant) = (&table.store, tenant());
    let since = async || store.waiting_since(&tenant, JobKind::Employees).await;
    assert_eq!(since().await, Ok(None));
    let first = acquired(store, "one", "08:00:00").await;
    assert_eq!(since().await, Ok(Some(at("08:00:00"))));
    let notices: Memory = serde_json::from_str(r#"{"held-plan":{"s":1}}"#).unwrap();
    let retired: Date = "2026-05-11".parse().unwrap();
    let left = LastRun {
        good_run: Some(at("08:00:20")),
        reported: Some(at("08:00:21")),
        retirements: Some(BTreeMap::from([("GET /v1".to_owned(), retired)])),
        notices: Some(notices.clone()),
    };
    table.lose(&[LostReply]);
    assert_eq!(store.release(&first, left.clone()).await, Ok(()));
    assert_eq!(since().await, Ok(Some(at("08:00:20"))));
    // A run that leaves nothing, and one that leaves other notices and nothing else.
    let second = acquired(store, "two", "08:00:21").await;
    let kept = Lease {
        owner: RunId::new("two"),
        token: FencingToken(2),
        until: at("08:01:21"),
        first_run: Some(at("08:00:00")),
        last_good_run: left.good_run,
        last_report_at: left.reported,
        retirements: left.retirements.unwrap_or_default(),
        notices,
        ..lease()
    };
    assert_eq!(second, kept);
    assert_eq!(store.release(&second, LastRun::default()).await, Ok(()));
    let third = acquired(store, "three", "08:00:22").await;
    let kept = Lease {
        owner: RunId::new("three"),
        token: FencingToken(3),
        until: at("08:01:22"),
        ..kept
    };
    assert_eq!(third, kept);
    let nothing = LastRun {
        good_run: Some(at("08:00:23")),
        notices: Some(Memory::default()),
        ..LastRun::default()
    };
    assert_eq!(store.release(&third, nothing).await, Ok(()));
    let fourth = acquired(store, "four", "08:00:23").await;
    assert!(fourth.notices.is_empty());
    assert_eq!(fourth.retirements, kept.retirements);
    assert_eq!(fourth.last_good_run, Some(at("08:00:23")));
    assert_eq!(fourth.last_report_at, kept.last_report_at);
}

#[tokio::test]
async fn a_report_without_a_lease_is_noted_for_a_job_that_has_run() {
    let (store, tenant) = (Emulator::start().await.store, tenant());
    let note = async |time: &'static str| {
        let noted = store.note_report(&tenant, JobKind::Employees, at(time));
        assert_eq!(noted.await, Ok(()));
    };
    note("07:00:00").await;
    let first = acquired(&store, "one", "08:00:00").await;
    assert_eq!(first.last_report_at, None);
    note("08:00:10").await;
    assert_eq!(store.release(&first, LastRun::default()).await, Ok(()));
    let second = acquired(&store, "two", "08:00:20").await;
    assert_eq!(second.last_report_at, Some(at("08:00:10")));
}
