//! A reading without half of the known people may be another company's: nothing is done with it until somebody accepts it.

use harness::{Harness, ROUTES, date, people, person};
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use shared::tenant::Via;

/// The credential reads these people from now on.
fn switch_to(harness: &Harness, ids: impl IntoIterator<Item = u64>) {
    let personio = &harness.company.personio;
    for id in 1..=2_000 {
        personio.remove(id);
    }
    personio.put_all(ids.into_iter().map(person));
}

/// A run that rejects its reading: with the numbers, and without a write.
async fn rejected(harness: &Harness, found: u64, known: u64, new: u64) -> String {
    harness.forget_requests();
    let report = harness.tick().await;
    let via = harness.company.via;
    assert_run!("{via:?}", report, Outcome::SourceChanged);
    let numbers =
        format!("{found} of {known} known people are in this reading, and {new} other people are");
    assert!(report.message.contains(&numbers), "{via:?}: {report:#?}");
    assert_eq!(harness.writes().len(), 0, "{via:?}");
    let source = harness.held_source().await.unwrap();
    let shown = (source.known, source.found, source.new);
    assert_eq!(shown, (known, found, new), "{via:?}");
    assert!(
        report.message.contains(&source.hash),
        "{via:?}: {report:#?}"
    );
    source.hash
}

#[tokio::test]
async fn the_credential_of_another_company_creates_nobody() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(30)).await;
        switch_to(&harness, 1_001..=1_040);
        let first = rejected(&harness, 0, 30, 40).await;
        // The stranger's new hires do not change the hash.
        harness.company.personio.put(person(1_041));
        harness.company.personio.remove(1_001);
        assert_eq!(rejected_hash(&harness).await, first, "{via:?}");
        // Also in a reconcile.
        let ran = harness.run(Mode::Reconcile, Deadline::never()).await;
        assert_eq!(ran.report.outcome, Outcome::SourceChanged, "{via:?}");

        switch_to(&harness, 1..=31);
        let report = harness.tick().await;
        assert_run!("{via:?}", report, Outcome::Done, created = 1);
        assert_eq!(harness.held_source().await, None, "{via:?}");
        assert_eq!(harness.locked(1..=31), 0, "{via:?}");
    }
}

async fn rejected_hash(harness: &Harness) -> String {
    let report = harness.tick().await;
    assert_eq!(report.outcome, Outcome::SourceChanged, "{report:#?}");
    harness.held_source().await.unwrap().hash
}

#[tokio::test]
async fn a_reading_is_accepted_again_once_it_is_as_it_was() {
    let harness = Harness::synced(Via::Direct, "", people(30)).await;
    switch_to(&harness, 1_001..=1_040);
    rejected(&harness, 0, 30, 40).await;
    switch_to(&harness, 1..=30);
    assert_run!(harness.tick().await, Outcome::Unchanged);
    assert_eq!(harness.held_source().await, None);
    // The next reading of strangers is rejected as well.
    switch_to(&harness, 1_001..=1_040);
    rejected(&harness, 0, 30, 40).await;
}

#[tokio::test]
async fn leavers_whom_a_rejected_reading_shows_are_locked_within_the_brakes() {
    let harness = Harness::synced(Via::Direct, "", people(60)).await;
    switch_to(&harness, (1..=25).chain([1_001]));
    let ends = |id| harness.change(id, |person| person.termination_date = date("2026-05-08"));
    (1..=3).for_each(ends);
    harness.change(2, |person| person.position = Some("Leitung".to_owned()));
    // The id is somebody else's, as in another company.
    harness.change(3, |person| {
        person.first_name = "Fremd".to_owned();
        person.email = Some("fremd@other.example".to_owned());
    });
    harness.change(4, |person| person.position = Some("Leitung".to_owned()));
    for locked in [2, 0] {
        let report = harness.tick().await;
        assert_run!(
            report,
            Outcome::SourceChanged,
            locked = locked,
            updated = 0,
            created = 0
        );
    }
    assert!([1, 2].map(|id| harness.is_locked(id)) == [true; 2]);
    assert_ne!(harness.account(2).position.as_deref(), Some("Leitung"));
    assert_eq!(harness.locked(3..=60), 0);

    (6..=20).for_each(ends);
    assert_counts!(harness.tick().await, locked = 0, held = 15);
    harness.approve(&harness.held().await.unwrap().hash).await;
    assert_counts!(harness.tick().await, locked = 15, held = 0);

    let shown: Vec<_> = (1..=25).collect();
    harness.company.personio.put_all((26..=60).map(person));
    harness.company.personio.put(person(3));
    let report = harness.tick().await;
    assert_run!(report, Outcome::Done, created = 1, locked = 0);
    assert_eq!(harness.locked(shown), 17);
    assert_eq!(harness.locked(26..=60), 0);
    for id in [2, 4] {
        assert_eq!(harness.account(id).position.as_deref(), Some("Leitung"));
    }
}

#[tokio::test]
async fn after_a_lost_state_the_ledger_tells_who_is_known() {
    let harness = Harness::synced(Via::Direct, "", people(30)).await;
    harness.lose_the_root().await;
    switch_to(&harness, 1_001..=1_040);
    rejected(&harness, 0, 30, 40).await;
    rejected(&harness, 0, 30, 40).await;
    switch_to(&harness, 1..=30);
    let report = harness.tick().await;
    assert!(report.outcome.is_good(), "{report:#?}");
    assert_eq!(harness.held_source().await, None);
}

#[tokio::test]
async fn an_incomplete_reading_of_strangers_creates_nobody_either() {
    let harness = Harness::synced(Via::Direct, "", people(30)).await;
    switch_to(&harness, 1_001..=1_040);
    harness.let_totals_disagree();
    rejected(&harness, 0, 30, 40).await;
}

#[tokio::test]
async fn a_dry_run_shows_the_rejection_and_writes_nothing() {
    let harness = Harness::synced(Via::Direct, "", people(30)).await;
    switch_to(&harness, 1_001..=1_040);
    let before = harness.items().await;
    let ran = harness.run(Mode::DryRun, Deadline::never()).await;
    assert_eq!(ran.report.outcome, Outcome::SourceChanged);
    assert_says!(ran.report.message, "A run would create");
    assert_eq!(harness.items().await, before);
}

#[tokio::test]
async fn an_approved_reading_is_accepted_and_the_brakes_still_apply() {
    let harness = Harness::synced(Via::Direct, "", people(60)).await;
    switch_to(&harness, 1..=20);
    let hash = rejected(&harness, 20, 60, 0).await;
    harness.approve_source(&hash).await;
    assert_counts!(harness.tick().await, missing_once = 40);
    let report = harness.tick().await;
    assert_counts!(report, held = 40, locked = 0);
    assert_eq!(harness.held_source().await, None);
    assert_eq!(harness.locked(1..=60), 0);
}

#[tokio::test]
async fn an_approval_lapses_after_a_day_and_with_another_reading() {
    let harness = Harness::synced(Via::Direct, "", people(60)).await;
    switch_to(&harness, 1..=20);
    let hash = rejected(&harness, 20, 60, 0).await;
    harness.approve_source(&hash).await;
    switch_to(&harness, 1..=19);
    let other = rejected(&harness, 19, 60, 0).await;
    assert_ne!(hash, other);
    harness.approve_source(&other).await;
    let report = harness.after(jiff::SignedDuration::from_hours(25)).await;
    assert_run!(report, Outcome::SourceChanged);
    assert_eq!(harness.held_source().await.unwrap().decision, None);
}
