//! Overlapping runs, crashes, deadlines and lost leases: the next run continues, and nothing is done twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use employee_sync::report::Report;
use futures::FutureExt as _;
use harness::{Harness, ROUTES, ignore_progress, people};
use http::Method;
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome, Progress};
use shared::state::{LastRun, Units};
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault, reteach};
use tokio::sync::Notify;

/// Everybody has exactly one complete account, and the next run has nothing to do.
async fn all_are_synced(harness: &Harness, everybody: u64) {
    let accounts = harness.reteach.customers();
    let ids: BTreeSet<_> = accounts
        .iter()
        .filter_map(|account| account.external_id.clone())
        .collect();
    let both = (accounts.len() as u64, ids.len() as u64);
    assert_eq!(both, (everybody, everybody));
    for account in accounts {
        assert_eq!(
            account.tags,
            ["Anstellungsart: intern"],
            "{:?}",
            account.external_id
        );
        assert_eq!(account.position.as_deref(), Some("Ingenieurin"));
    }
    harness.forget_requests();
    let report = harness.tick().await;
    assert_run!(report, Outcome::Unchanged);
    assert_eq!(harness.asked().len(), 0);
    assert_counts!(report, unchanged = everybody, left = 0);
}

fn creates(harness: &Harness) -> usize {
    harness
        .reteach
        .calls(reteach::Endpoint::FindOrCreateCustomer)
}

/// Starts a run and drops it, as when a machine fails, once `changes` are applied.
async fn crash_after(harness: &Harness, changes: usize) {
    let (enough, applied) = (Notify::new(), AtomicUsize::new(0));
    let watch = |progress| {
        if progress == Progress::Applied && applied.fetch_add(1, Ordering::SeqCst) + 1 == changes {
            enough.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = enough.notified() => {}
        ran = harness.world.run(&harness.company, Mode::Scheduled, Deadline::never(), &watch) => {
            panic!("not interrupted: {ran:?}");
        }
    }
}

#[tokio::test]
async fn one_of_two_concurrent_runs_is_busy() {
    let harness = Harness::new(Via::Direct, "", people(20)).await;
    let run = || {
        harness.world.run(
            &harness.company,
            Mode::Scheduled,
            Deadline::never(),
            &ignore_progress,
        )
    };
    let (one, other) = tokio::join!(run(), run());
    let mut outcomes = [one.report.outcome, other.report.outcome];
    outcomes.sort_by_key(|outcome| *outcome == Outcome::Busy);
    assert_eq!(outcomes, [Outcome::Done, Outcome::Busy]);
    assert_eq!(creates(&harness), 20);
    all_are_synced(&harness, 20).await;
}

#[tokio::test]
async fn a_run_without_the_lease_calls_no_vendor() {
    let harness = Harness::synced(Via::Direct, "", people(3)).await;
    let lease = harness.take_lease("another").await;
    harness.change(2, |person| person.office = Some("Wien".into()));
    let report = harness.now().await;
    assert_run!(report, Outcome::Busy);
    assert_eq!((harness.pages_read(), harness.asked().len()), (0, 0));
    assert_says!(report.message, &lease.until.to_string());
    let Units { write, calls, .. } = report.dynamodb;
    let both = (write, calls);
    assert_eq!(both, (1.0, 2), "the tenant is read, the lease asked for");
    // The lease expires; clocks may differ by five seconds.
    let outcome = harness.after(SignedDuration::from_secs(125)).await.outcome;
    assert_eq!(outcome, Outcome::Busy);
    let outcome = harness.after(SignedDuration::from_secs(1)).await.outcome;
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(harness.account(2).location.as_deref(), Some("Wien"));
    let store = harness.store();
    assert!(store.release(&lease, LastRun::default()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_lost_its_lease_writes_no_more() {
    let harness = Harness::new(Via::Direct, "", people(60)).await;
    let seen = AtomicUsize::new(0);
    let watch = |progress| {
        if progress != Progress::Applied || seen.load(Ordering::SeqCst) > 0 {
            return;
        }
        // The machine stalled beyond the lease, and another run has started.
        harness.advance(SignedDuration::from_secs(126));
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(harness.take_lease("another run"))
        });
        seen.store(creates(&harness), Ordering::SeqCst);
    };
    let ran = harness
        .world
        .run(&harness.company, Mode::Scheduled, Deadline::never(), &watch)
        .await;
    assert_eq!(
        ran.report.outcome,
        Outcome::StateUnavailable,
        "{:#?}",
        ran.report
    );
    assert_says!(ran.report.message, "lease");
    // Calls in flight arrive; no new ones start.
    assert!(creates(&harness) <= seen.load(Ordering::SeqCst) + 8 && creates(&harness) < 30);
    let created = harness.reteach.customers().len();
    let outcome = harness.after(SignedDuration::from_secs(60)).await.outcome;
    assert_eq!(outcome, Outcome::Busy);
    assert_eq!(harness.reteach.customers().len(), created);
    let outcome = harness.after(SignedDuration::from_secs(120)).await.outcome;
    assert_eq!(outcome, Outcome::Done);
    all_are_synced(&harness, 60).await;
}

/// A run with twenty seconds, of which so many pass at once after this many changes. Its report, and the time that is left.
async fn run_for_twenty_seconds(
    harness: &Harness,
    changes: usize,
    seconds: u64,
) -> (Report, Duration) {
    let applied = AtomicUsize::new(0);
    let watch = |progress| {
        if progress == Progress::Applied && applied.fetch_add(1, Ordering::SeqCst) == changes {
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(seconds)).now_or_never();
            tokio::time::resume();
        }
    };
    let deadline = Deadline::after(Duration::from_secs(20));
    let ran = harness
        .world
        .run(&harness.company, Mode::Scheduled, deadline, &watch)
        .await;
    (ran.report, deadline.remaining().unwrap_or_default())
}

#[tokio::test]
async fn the_next_run_continues_after_a_deadline() {
    let harness = Harness::new(Via::Direct, "", people(80)).await;
    // A quarter is reserved for the state: after fifteen of twenty seconds no new change starts.
    let (first, _) = run_for_twenty_seconds(&harness, 10, 16).await;
    assert_eq!(first.outcome, Outcome::Partly, "{first:#?}");
    assert!(
        first.counts.created >= 10 && first.counts.left > 30,
        "{first:#?}"
    );
    assert_eq!(first.counts.created + first.counts.left, 80);
    let second = harness.tick().await;
    assert_run!(second, Outcome::Done, left = 0);
    assert_eq!(creates(&harness), 80);
    all_are_synced(&harness, 80).await;
}

#[tokio::test]
async fn calls_that_hang_end_in_time_for_what_was_done_to_be_written_down() {
    let harness = Harness::new(Via::Direct, "", people(80)).await;
    let hangs = Fault::new(Behaviour::Hang)
        .method(Method::POST)
        .path("/customer");
    harness.company.reteach.fail(hangs.nth(31).always());
    // The last calls end after sixteen of twenty seconds.
    let (report, left) = run_for_twenty_seconds(&harness, 29, 14).await;
    assert!(!left.is_zero());
    assert_run!(report, Outcome::Partly, created = 30);
    harness.company.reteach.clear_faults();
    harness.after(SignedDuration::from_mins(5)).await;
    all_are_synced(&harness, 80).await;
}

#[tokio::test]
async fn a_crashed_run_is_completed_by_the_next() {
    let harness = Harness::new(Via::Direct, "", people(40)).await;
    crash_after(&harness, 5).await;
    assert!(harness.reteach.customers().len() < 40);
    let outcome = harness.after(SignedDuration::from_secs(60)).await.outcome;
    assert_eq!(outcome, Outcome::Busy);
    let report = harness.tick().await;
    assert_eq!(report.outcome, Outcome::Done, "{report:#?}");
    all_are_synced(&harness, 40).await;
}

#[tokio::test]
async fn an_academy_outage_during_a_run_is_completed_later() {
    let harness = Harness::new(Via::Direct, "", people(100)).await;
    let down = Fault::new(Behaviour::Status(500, Body::Html))
        .method(http::Method::POST)
        .path("/customer");
    harness.reteach.fail(down.nth(11).times(1_000));
    let report = harness.tick().await;
    assert_run!(report, Outcome::ReteachUnavailable, created = 10);
    let missing = report.counts.left + report.counts.refused;
    assert_eq!(missing, 90);
    let tried = creates(&harness);
    assert!(tried < 60, "it gives up soon: {tried}");
    harness.clear_faults();
    harness.forget_requests();
    assert_eq!(harness.tick().await.outcome, Outcome::Done);
    assert_eq!(creates(&harness), 90);
    all_are_synced(&harness, 100).await;
}

#[tokio::test]
async fn a_lost_reply_creates_no_second_account() {
    let lost = [
        Behaviour::LoseReply,
        Behaviour::CloseMidBody,
        Behaviour::TruncateJson,
    ];
    for (via, behaviour) in ROUTES.into_iter().zip(lost) {
        let harness = Harness::new(via, "", people(6)).await;
        let lost = Fault::new(behaviour.clone())
            .method(http::Method::POST)
            .path("/customer");
        harness.reteach.fail(lost.nth(3));
        let report = harness.tick().await;
        assert_run!(
            "{via:?} {behaviour:?}",
            report,
            Outcome::Done,
            created = 5,
            refused = 1
        );
        assert_eq!(harness.reteach.customers().len(), 6);
        harness.tick().await;
        assert_eq!(creates(&harness), 6, "{via:?} {behaviour:?}");
        all_are_synced(&harness, 6).await;
    }
}
