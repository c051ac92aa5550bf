//! What the operator decides about certificates.

use http::StatusCode;
use serde_json::json;
use shared::domain::id::OperatorId;
use shared::state::CertificateStart;

use super::*;

type Decided = Result<(), StateError>;

/// One of the operator's two commands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Command {
    Retry,
    Dismiss,
}

use Command::{Dismiss, Retry};

const NOW: &str = "12:00:00";

async fn decide(store: &Store, command: Command, time: &str) -> Decided {
    let (tenant, id, now) = (acme(), id(1), at(time));
    match command {
        Retry => {
            let send = OnUnverifiable::Send;
            store.retry_certificate(&tenant, &id, send, now).await
        }
        Dismiss => store.dismiss_certificate(&tenant, &id, now, None).await,
    }
}

fn not_parked() -> Decided {
    let certificate = "cert-1".to_owned();
    Err(StateError::NotParked { certificate })
}

fn sent_again(intent: Intent) -> CertificateState {
    let on_unverifiable = OnUnverifiable::Send;
    CertificateState::Intended(Intent {
        on_unverifiable,
        decided_at: Some(at(NOW)),
        ..intent
    })
}

/// Due at once. Since when it fails is kept.
fn fresh(reason: &str, since: &str) -> CertificateState {
    retry(reason, 0, since, NOW)
}

/// Parked, and perhaps filed already.
fn unverified() -> CertificateState {
    parked("08:30:00", Some(intent()))
}

async fn scan_asked_at(store: &Store) -> Option<jiff::Timestamp> {
    let start: CertificateStart = store.certificate_start(&acme()).await.unwrap();
    assert_eq!(
        start.checkpoint, None,
        "a decision leaves the root to the runs"
    );
    start.scan_asked_at
}

async fn fence(stack: &Stack) -> Option<AttributeValue> {
    let get = stack.aws().dynamodb().get_item();
    let get = get.table_name("reteach-personio");
    let [(pk, tenant), (sk, item)] = key(ITEM);
    let found = get.key(pk, tenant).key(sk, item).send().await.unwrap();
    found.item.and_then(|mut item| item.remove("fence"))
}

fn number(text: &str) -> Option<AttributeValue> {
    Some(AttributeValue::N(text.to_owned()))
}

#[tokio::test]
async fn only_waiting_certificates_can_be_decided() {
    let earlier = || fresh("an earlier retry", NOW);
    let parked = || parked("08:30:00", None);
    let cases = [
        (Retry, unverified(), Some(sent_again(intent()))),
        (Retry, parked(), Some(fresh("no reply", "08:30:00"))),
        (Retry, sent_again(intent()), Some(sent_again(intent()))),
        (Retry, earlier(), Some(earlier())),
        (Retry, intended(), None),
        (Retry, failed(), Some(fresh("Personio: 503", "07:00:00"))),
        (Retry, uploaded(None), None),
        (Retry, dismissed("08:45:00"), None),
        (Dismiss, unverified(), Some(dismissed(NOW))),
        (Dismiss, parked(), Some(dismissed(NOW))),
        (Dismiss, failed(), Some(dismissed(NOW))),
        (Dismiss, earlier(), Some(dismissed(NOW))),
        (Dismiss, dismissed("08:45:00"), Some(dismissed("08:45:00"))),
        (Dismiss, intended(), None),
        (Dismiss, sent_again(intent()), None),
        (Dismiss, uploaded(None), None),
    ];
    for (command, before, after) in cases {
        let (stack, store) = ledger(FencingToken(7), before.clone()).await;
        let decided = decide(&store, command, NOW).await;
        let (expected, asked) = match after {
            Some(_) => (Ok(()), Some(at(NOW))),
            None => (not_parked(), None),
        };
        assert_eq!(decided, expected, "{command:?} {before:?}");
        assert_eq!(scan_asked_at(&store).await, asked, "{command:?} {before:?}");
        assert_eq!(stored(&store).await, after.unwrap_or(before));
        assert_eq!(fence(&stack).await, number("7"), "the fence is the runs'");
    }
}

#[tokio::test]
async fn unknown_certificates_get_no_entry() {
    for command in [Retry, Dismiss] {
        let (_stack, store) = state().await;
        assert_eq!(decide(&store, command, NOW).await, not_parked());
        assert!(store.all_certificates(&acme()).await.unwrap().is_empty());
        assert_eq!(scan_asked_at(&store).await, None);
    }
}

#[tokio::test]
async fn repeating_a_decision_only_requests_the_scan_again() {
    for (command, intent, after) in [
        (Retry, Some(intent()), sent_again(intent())),
        (Retry, None, fresh("no reply", "08:30:00")),
        (Dismiss, None, dismissed(NOW)),
    ] {
        let (_stack, store) = ledger(FIRST, parked("08:30:00", intent)).await;
        for time in [NOW, "12:01:00"] {
            decide(&store, command, time).await.unwrap();
            assert_eq!(stored(&store).await, after);
            assert_eq!(scan_asked_at(&store).await, Some(at(time)));
        }
    }
}

#[tokio::test]
async fn a_decision_holds_although_replies_are_lost() {
    for (command, after) in [(Retry, sent_again(intent())), (Dismiss, dismissed(NOW))] {
        for lost in [1, 2] {
            let (stack, store) = ledger(FIRST, unverified()).await;
            let proxy = Proxy::losing(&stack, "UpdateItem", lost).await;
            let decided = decide(&proxy.store(), command, NOW).await;
            assert_eq!(decided, Ok(()), "{command:?}, {lost} lost");
            let calls = proxy.calls("UpdateItem");
            assert_eq!(calls, lost + 2, "the decision, and the request for a scan");
            assert_eq!(stored(&store).await, after);
            assert_eq!(scan_asked_at(&store).await, Some(at(NOW)));
        }
    }
}

#[tokio::test]
async fn a_decision_whose_scan_was_not_asked_for_is_completed_by_repeating_it() {
    for command in [Retry, Dismiss] {
        let (stack, direct) = ledger(FIRST, unverified()).await;
        let proxy = Proxy::start(&stack, |call| {
            let denied = r#"{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException"}"#;
            match (call.operation, call.before) {
                ("UpdateItem", 1) => Fate::Reply(StatusCode::BAD_REQUEST, denied.to_owned()),
                _ => Fate::Pass,
            }
        })
        .await;
        let first = decide(&proxy.store(), command, NOW).await;
        assert!(matches!(first, Err(StateError::Denied { .. })));
        assert_eq!(scan_asked_at(&direct).await, None);
        assert_eq!(decide(&proxy.store(), command, "12:01:00").await, Ok(()));
        assert_eq!(scan_asked_at(&direct).await, Some(at("12:01:00")));
    }
}

/// The reading is of a moment before, when the certificate was parked.
#[tokio::test]
async fn entries_changed_since_the_read_are_decided_again() {
    let other = Intent {
        at: at("10:00:00"),
        ..intent()
    };
    let cases = [
        (uploaded(None), not_parked(), uploaded(None)),
        (dismissed("08:45:00"), not_parked(), dismissed("08:45:00")),
        (parked("10:30:00", Some(other)), Ok(()), sent_again(other)),
    ];
    for (now, expected, after) in cases {
        let (stack, store) = ledger(SECOND, now.clone()).await;
        let stale = json!({"Item": {
            "certificate_id": {"S": "cert-1"},
            "employee": {"S": "4711"},
            "fence": {"N": "1"},
            "state": {"S": "parked"},
            "detail": {"M": {
                "at": {"S": "2026-03-31T08:30:00Z"}, "reason": {"S": "no reply"}, "unverified": {"NULL": true},
            }},
        }});
        let proxy = Proxy::start(&stack, move |call| match call.operation {
            "GetItem" => Fate::Reply(StatusCode::OK, stale.to_string()),
            _ => Fate::Pass,
        })
        .await;
        let decided = decide(&proxy.store(), Retry, NOW).await;
        assert_eq!(decided, expected, "{now:?}");
        assert_eq!(stored(&store).await, after);
        assert_eq!(fence(&stack).await, number("2"));
    }
}

#[tokio::test]
async fn a_run_goes_on_with_what_was_retried_unless_it_is_overtaken() {
    let (_stack, store) = ledger(SECOND, parked("08:30:00", None)).await;
    decide(&store, Retry, NOW).await.unwrap();
    let read = fresh("no reply", "08:30:00");
    assert_eq!(put(&store, FIRST, &read, intended()).await, fenced(ITEM));
    let written = put(&store, SECOND, &read, intended()).await;
    assert_eq!(written, Ok(PutOutcome::Written));
}

#[tokio::test]
async fn lists_what_is_parked_by_how_long_it_waits() {
    let (_stack, store) = state().await;
    assert_eq!(store.undecided_certificates(&acme()).await, Ok(vec![]));
    for (number, (state, _)) in states().into_iter().enumerate() {
        given(&store, FIRST, &entry(number + 100, state)).await;
    }
    for (number, time) in [(1, "10:00:00"), (2, "07:30:00.5"), (3, "07:30:00")] {
        given(&store, FIRST, &entry(number, parked(time, None))).await;
    }
    let listed = store.undecided_certificates(&acme()).await.unwrap();
    let order = listed.iter().map(|entry| entry.certificate_id.clone());
    assert!(order.eq([3, 2, 105, 106, 1].map(id)));
}

#[tokio::test]
async fn who_dismissed_a_certificate_is_known_and_no_later_dismissal_changes_that() {
    let (_stack, store) = ledger(FIRST, failed()).await;
    let (tenant, certificate) = (acme(), id(1));
    let operators = ["Operators/3f9a1c02", "user/0badcafe"].map(OperatorId::new);
    for operator in &operators {
        let dismiss = store.dismiss_certificate(&tenant, &certificate, at(NOW), Some(operator));
        dismiss.await.unwrap();
        let entries = store.all_certificates(&tenant).await.unwrap();
        assert_eq!(entries[&certificate].operator(), Some(&operators[0]));
    }
}

#[tokio::test]
async fn of_a_forgotten_person_the_certificate_s_id_alone_is_kept_as_dismissed() {
    for (state, _) in states() {
        let (_stack, store) = ledger(SECOND, state.clone()).await;
        let (tenant, certificate) = (acme(), id(1));
        let forget = |token| store.forget_certificate(&tenant, token, &certificate, at(NOW), None);
        assert_eq!(forget(FIRST).await, fenced(ITEM), "{state:?}");
        for _ in 0..2 {
            forget(SECOND).await.unwrap();
            let entries = store.all_certificates(&acme()).await.unwrap();
            let kept = CertificateEntry {
                employee: SourceId::new(""),
                ..entry(1, dismissed(NOW))
            };
            assert_eq!(entries[&id(1)], kept, "{state:?}");
            let start = store.certificate_start(&acme()).await.unwrap();
            assert_eq!(
                start.scan_asked_at,
                Some(at(NOW)),
                "the next run counts again"
            );
        }
    }
}
