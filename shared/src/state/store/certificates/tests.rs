use jiff::SignedDuration;

use super::*;
use crate::domain::id::SourceId;
use crate::state::testing::Emulator;
use crate::state::testing::Fault::{LostCall, LostReply};
use crate::state::{Intent, Issue, Refiled, RetryState};

const TOKEN: FencingToken = FencingToken(10);
const OLDER: FencingToken = FencingToken(9);

fn at(time: &str) -> Timestamp {
    format!("2026-03-31T{time}Z").parse().unwrap()
}

fn acme() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn id(text: &str) -> CertificateId {
    CertificateId::new(text)
}

fn entry(text: &str, state: CertificateState) -> CertificateEntry {
    CertificateEntry::new(id(text), SourceId::new("4711"), state)
}

fn intended(time: &str) -> CertificateState {
    CertificateState::Intended(Intent::unverified(at(time)))
}

fn failed(time: &str) -> CertificateState {
    CertificateState::Failed(RetryState {
        failures: 2,
        refusals: 1,
        retry_at: at(time),
        ..RetryState::asked_for("why".to_owned(), at("06:00:00"))
    })
}

fn held(time: &str) -> CertificateState {
    CertificateState::Held { at: at(time) }
}

fn parked(time: &str) -> CertificateState {
    CertificateState::Parked {
        at: at(time),
        reason: "why".to_owned(),
        unverified: None,
    }
}

fn uploaded(time: &str, document: &str) -> CertificateState {
    CertificateState::Uploaded {
        at: at(time),
        document: Some(DocumentId::new(document)),
    }
}

fn dismissed(time: &str) -> CertificateState {
    CertificateState::Dismissed { at: at(time) }
}

/// Every state, with all that it may say.
fn states() -> [CertificateState; 8] {
    let intent = Intent {
        size: Some(200_000),
        failing_since: Some(at("07:00:00.123456789")),
        ..Intent::unverified(at("08:00:00"))
    };
    [
        held("07:30:00"),
        CertificateState::Intended(intent),
        failed("10:00:00"),
        uploaded("08:00:05", "d-7"),
        CertificateState::Uploaded {
            at: at("08:00:05"),
            document: None,
        },
        parked("08:30:00"),
        CertificateState::Parked {
            at: at("08:30:00"),
            reason: "why".to_owned(),
            unverified: Some(intent),
        },
        dismissed("08:45:00"),
    ]
}

/// Filed twice, and issued once more since.
fn reissued(text: &str) -> CertificateEntry {
    CertificateEntry {
        reissued: Some(Reissued {
            at: at("08:30:00"),
            issue: Issue::default(),
        }),
        refiled: Some(Refiled {
            at: at("05:00:00"),
            filed_at: at("04:00:00"),
            documents: vec![DocumentId::new("d-1")],
        }),
        ..entry(text, uploaded("07:00:00", "d-2"))
    }
}

async fn put(
    store: &Store,
    token: FencingToken,
    entry: &CertificateEntry,
    read: Option<&CertificateState>,
) -> Result<PutOutcome, StateError> {
    store.put_certificate(&acme(), token, entry, read).await
}

async fn stored(store: &Store, entry: &CertificateEntry) {
    let written = put(store, TOKEN, entry, None).await;
    assert_eq!(written, Ok(PutOutcome::Written));
}

async fn read(store: &Store, text: &str) -> Option<CertificateEntry> {
    let entries = store.certificates(&acme(), [&id(text)]).await;
    entries.unwrap().remove(&id(text))
}

#[tokio::test]
async fn every_state_is_read_back_and_written_although_replies_are_lost() {
    let table = Emulator::start().await;
    let store = &table.store;
    for (number, state) in states().into_iter().enumerate() {
        let text = number.to_string();
        let before = entry(&text, intended("07:00:00"));
        let after = entry(&text, state);
        for lost in [1, 2] {
            let key = Key::certificate(&acme(), &before.certificate_id);
            assert_eq!(store.replace(&key, &before).await, Ok(()));
            table.lose(&[LostReply; 2][..lost]);
            let written = put(store, TOKEN, &after, Some(&before.state)).await;
            assert_eq!(written, Ok(PutOutcome::Written), "{after:?} {lost}");
            assert_eq!(read(store, &text).await, Some(after.clone()));
        }
    }
}

#[tokio::test]
async fn entries_documents_and_open_decisions_are_read_back() {
    let (store, acme) = (Emulator::start().await.store, acme());
    let entries = [
        entry("1", parked("08:30:00.5")),
        entry("2", uploaded("07:00:00", "d-3")),
        reissued("3"),
        entry("4", failed("10:00:00")),
        entry("5", held("06:00:00")),
        entry("6", parked("08:00:00")),
    ];
    for entry in &entries {
        stored(&store, entry).await;
    }
    let asked = ["1", "9", "1"].map(id);
    let some = store.certificates(&acme, &asked).await.unwrap();
    assert_eq!(some, [(id("1"), entries[0].clone())].into());
    let all = store.all_certificates(&acme).await.unwrap();
    let expected = entries.map(|entry| (entry.certificate_id.clone(), entry));
    assert_eq!(all, expected.into());
    let documents = store.documents_of_certificates(&acme).await;
    let expected = ["d-1", "d-2", "d-3"].map(DocumentId::new);
    assert_eq!(documents, Ok(expected.into()));
    let undecided = store.undecided_certificates(&acme).await.unwrap();
    let ids: Vec<_> = undecided
        .iter()
        .map(|entry| entry.certificate_id.as_str())
        .collect();
    assert_eq!(ids, ["6", "3", "1"]);
}

#[tokio::test]
async fn an_entry_is_replaced_only_as_it_was_read() {
    let store = Emulator::start().await.store;
    let done = |text| entry(text, uploaded("11:00:00", "d-1"));
    let of: [fn(&str) -> CertificateState; 3] = [intended, failed, held];
    for (text, state) in ["1", "2", "3"].into_iter().zip(of) {
        let before = entry(text, state("08:00:00"));
        let nothing = put(&store, TOKEN, &done(text), Some(&before.state)).await;
        assert_eq!(nothing, Ok(PutOutcome::Changed), "there is none: {text}");
        stored(&store, &before).await;
        for other in [None, Some(state("08:00:01")), Some(dismissed("08:00:00"))] {
            let written = put(&store, TOKEN, &done(text), other.as_ref()).await;
            assert_eq!(written, Ok(PutOutcome::Changed), "{text} {other:?}");
            assert_eq!(read(&store, text).await, Some(before.clone()));
        }
        let written = put(&store, TOKEN, &done(text), Some(&before.state)).await;
        assert_eq!(written, Ok(PutOutcome::Written), "{text}");
        assert_eq!(read(&store, text).await, Some(done(text)));
    }
    // What is settled is replaced by no run.
    for state in [
        uploaded("08:00:00", "d-1"),
        parked("08:00:00"),
        dismissed("08:00:00"),
    ] {
        let settled = entry("4", state);
        let key = Key::certificate(&acme(), &settled.certificate_id);
        assert_eq!(store.replace(&key, &settled).await, Ok(()));
        for token in [TOKEN, FencingToken(11)] {
            let written = put(&store, token, &done("4"), Some(&settled.state)).await;
            assert_eq!(written, Ok(PutOutcome::Changed), "{settled:?}");
        }
        assert_eq!(read(&store, "4").await, Some(settled));
    }
}

#[tokio::test]
async fn a_write_whose_reply_was_lost_counts_and_that_of_an_older_run_does_not() {
    let table = Emulator::start().await;
    let store = &table.store;
    let first = entry("1", intended("08:00:00"));
    table.lose(&[LostReply]);
    stored(store, &first).await;
    let done = entry("1", uploaded("08:00:10", "d-1"));
    table.lose(&[LostReply]);
    let written = put(store, TOKEN, &done, Some(&first.state)).await;
    assert_eq!(written, Ok(PutOutcome::Written));
    // Another write of this run, and the same content of another run, are not our own write.
    let other = entry("1", uploaded("08:00:11", "d-1"));
    table.lose(&[LostReply]);
    let written = put(store, TOKEN, &other, Some(&first.state)).await;
    assert_eq!(written, Ok(PutOutcome::Changed));
    let newer = FencingToken(11);
    table.lose(&[LostReply]);
    let same = put(store, newer, &done, Some(&first.state)).await;
    assert_eq!(same, Ok(PutOutcome::Changed));
    let fenced = StateError::Fenced {
        item: "CERTIFICATE#1".to_owned(),
    };
    let older = put(store, OLDER, &done, Some(&first.state)).await;
    assert_eq!(older, Err(fenced));
    // The next run goes on with what an older one has written.
    let second = entry("2", intended("08:00:00"));
    let written = put(store, OLDER, &second, None).await;
    assert_eq!(written, Ok(PutOutcome::Written));
    let done = entry("2", uploaded("08:00:10", "d-2"));
    let written = put(store, TOKEN, &done, Some(&second.state)).await;
    assert_eq!(written, Ok(PutOutcome::Written));
}

#[derive(Clone, Copy, Debug)]
enum Decided {
    Retry,
    Refile,
    Dismiss,
}

impl Decided {
    async fn carried_out(self, store: &Store, text: &str, time: &str) -> Result<(), StateError> {
        let (acme, id, now) = (acme(), id(text), at(time));
        match self {
            Self::Retry => {
                let park = OnUnverifiable::Park;
                store.retry_certificate(&acme, &id, park, now).await
            }
            Self::Refile => store.refile_certificate(&acme, &id, now).await,
            Self::Dismiss => store.dismiss_certificate(&acme, &id, now, None).await,
        }
    }

    fn of(self, entry: &CertificateEntry) -> Option<CertificateEntry> {
        let now = at("12:00:00");
        match self {
            Self::Retry => entry.retried(OnUnverifiable::Park, now),
            Self::Refile => entry.to_file_again(now),
            Self::Dismiss => entry.dismissed(now, None),
        }
    }
}

#[tokio::test]
async fn an_operators_decision_is_taken_once_about_what_waits_and_asks_for_a_full_scan() {
    for (before, decided, may_be_repeated) in [
        (entry("1", parked("09:00:00")), Decided::Retry, true),
        (entry("1", failed("13:00:00")), Decided::Retry, true),
        (entry("1", parked("09:00:00")), Decided::Dismiss, true),
        (entry("1", held("09:00:00")), Decided::Dismiss, true),
        (reissued("1"), Decided::Dismiss, false),
        (reissued("1"), Decided::Refile, true),
    ] {
        let table = Emulator::start().await;
        let store = &table.store;
        let after = decided.of(&before);
        assert_ne!(after, Some(before.clone()), "{decided:?}");
        stored(store, &before).await;
        // The reply to the update is lost.
        table.lose_after(1, LostReply);
        for (time, is_taken) in [("12:00:00", true), ("12:01:00", may_be_repeated)] {
            let taken = decided.carried_out(store, "1", time).await;
            assert_eq!(taken.is_ok(), is_taken, "{before:?}");
            assert_eq!(read(store, "1").await, after, "{decided:?}");
            let start = store.certificate_start(&acme()).await.unwrap();
            let asked = if is_taken { time } else { "12:00:00" };
            assert_eq!(start.scan_asked_at, Some(at(asked)));
        }
        // The fence is still that of the run, which goes on with a retry alone.
        let done = entry("1", uploaded("12:30:00", "d-9"));
        let state = after.map(|entry| entry.state);
        let is_retry = matches!(state, Some(CertificateState::Failed(_)));
        let older = put(store, OLDER, &done, state.as_ref()).await;
        assert_eq!(older.is_err(), is_retry, "{decided:?}");
        let next = put(store, TOKEN, &done, state.as_ref()).await;
        let is_written = next == Ok(PutOutcome::Written);
        assert_eq!(is_written, is_retry, "{decided:?}");
    }
}

#[tokio::test]
async fn a_decision_whose_scan_was_not_asked_for_is_completed_by_repeating_it() {
    for decided in [Decided::Retry, Decided::Dismiss] {
        let table = Emulator::start().await;
        let store = &table.store;
        let asked = async || {
            let start = store.certificate_start(&acme()).await.unwrap();
            start.scan_asked_at
        };
        stored(store, &entry("1", parked("09:00:00"))).await;
        // The entry is read and written, and no attempt to ask arrives.
        table.lose_after(2, LostCall);
        table.lose(&[LostCall; 2]);
        let first = decided.carried_out(store, "1", "12:00:00").await;
        assert!(matches!(first, Err(StateError::Unavailable { .. })));
        assert_eq!(asked().await, None);
        let second = decided.carried_out(store, "1", "12:01:00").await;
        assert_eq!(second, Ok(()));
        assert_eq!(asked().await, Some(at("12:01:00")));
    }
}

#[tokio::test]
async fn who_dismissed_a_certificate_is_known_and_no_later_dismissal_changes_that() {
    let (store, acme) = (Emulator::start().await.store, acme());
    stored(&store, &entry("1", failed("10:00:00"))).await;
    let operators = ["Operators/3f9a1c02", "user/0badcafe"].map(OperatorId::new);
    for operator in &operators {
        let (id, now) = (id("1"), at("12:00:00"));
        let dismiss = store.dismiss_certificate(&acme, &id, now, Some(operator));
        assert_eq!(dismiss.await, Ok(()));
        let dismissed = read(&store, "1").await.unwrap();
        assert_eq!(dismissed.operator(), Some(&operators[0]));
    }
}

#[tokio::test]
async fn what_does_not_wait_for_a_decision_stays_as_it_is() {
    let store = Emulator::start().await.store;
    let not_parked = |text: &str| {
        Err(StateError::NotParked {
            certificate: text.to_owned(),
        })
    };
    for (text, state, decisions) in [
        (
            "1",
            intended("08:00:00"),
            vec![Decided::Refile, Decided::Dismiss],
        ),
        (
            "2",
            uploaded("08:00:00", "d-1"),
            vec![Decided::Retry, Decided::Refile, Decided::Dismiss],
        ),
        (
            "3",
            dismissed("08:00:00"),
            vec![Decided::Retry, Decided::Refile],
        ),
    ] {
        let entry = entry(text, state);
        stored(&store, &entry).await;
        for decided in decisions {
            let taken = decided.carried_out(&store, text, "12:00:00").await;
            assert_eq!(taken, not_parked(text), "{decided:?} {entry:?}");
        }
        assert_eq!(read(&store, text).await, Some(entry));
    }
    for decided in [Decided::Retry, Decided::Dismiss] {
        let unknown = decided.carried_out(&store, "9", "12:00:00").await;
        assert_eq!(unknown, not_parked("9"));
        assert_eq!(read(&store, "9").await, None);
    }
    let start = store.certificate_start(&acme()).await.unwrap();
    assert_eq!(start.scan_asked_at, None);
}

#[tokio::test]
async fn another_issue_is_noted_of_the_filing_that_was_read_under_the_runs_fence() {
    let (store, acme) = (Emulator::start().await.store, acme());
    let filed = entry("1", uploaded("07:00:00", "d-1"));
    stored(&store, &filed).await;
    let seen = Reissued {
        at: at("08:30:00"),
        issue: Issue::default(),
    };
    let (id, newer) = (id("1"), FencingToken(11));
    for (token, filed_at, expected) in [
        (OLDER, "07:00:00", PutOutcome::Changed),
        (TOKEN, "07:00:01", PutOutcome::Changed),
        (newer, "07:00:00", PutOutcome::Written),
        (TOKEN, "07:00:00", PutOutcome::Changed),
    ] {
        let filing = (&id, at(filed_at));
        let noted = store.note_reissue(&acme, token, filing, seen).await;
        assert_eq!(noted, Ok(expected), "{token:?} {filed_at}");
    }
    let noted = CertificateEntry {
        reissued: Some(seen),
        ..filed
    };
    assert_eq!(read(&store, "1").await, Some(noted));
}

#[tokio::test]
async fn of_a_forgotten_certificate_only_the_id_stays_until_it_expires() {
    let (store, acme) = (Emulator::start().await.store, acme());
    let now = at("12:00:00");
    let expiry = now + SignedDuration::from_hours(24);
    for (number, state) in states().into_iter().enumerate() {
        let text = number.to_string();
        let text = text.as_str();
        let id = id(text);
        let expires_at = (number % 2 == 0).then_some(expiry);
        let filed = entry(text, state);
        stored(&store, &filed).await;
        let forget = async |token| {
            let forgotten = store.forget_certificate(&acme, token, &id, now, expires_at);
            forgotten.await
        };
        assert!(forget(OLDER).await.is_err());
        assert_eq!(read(&store, text).await, Some(filed));
        for _ in 0..2 {
            assert_eq!(forget(TOKEN).await, Ok(()));
        }
        let forgotten = CertificateEntry::forgotten(id.clone(), now);
        assert_eq!(read(&store, text).await, Some(forgotten));
        let key = Key::certificate(&acme, &id);
        let item = store.table.get(&key, Freshness::Consistent).await;
        let item = item.unwrap().unwrap();
        let expected = expires_at.map(unix_seconds);
        assert_eq!(item.get(TIME_TO_LIVE), expected.as_ref());
        let start = store.certificate_start(&acme).await.unwrap();
        assert_eq!(start.scan_asked_at, Some(now));
    }
}
