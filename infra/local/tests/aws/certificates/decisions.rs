//! What the operator decides about certificates.

use http::StatusCode;

use super::*;
use shared::domain::id::TenantId;
use shared::state::CertificateStart;

type Decided = Result<(), StateError>;

/// One of the operator's two words.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Word {
    Retry,
    Dismiss,
}

const NOW: &str = "12:00:00";

async fn say(store: &Store, word: Word, number: usize, time: &str) -> Decided {
    let tenant: TenantId = acme();
    match word {
        Word::Retry => {
            store
                .retry_certificate(&tenant, &id(number), at(time))
                .await
        }
        Word::Dismiss => {
            store
                .dismiss_certificate(&tenant, &id(number), at(time))
                .await
        }
    }
}

fn not_parked() -> Decided {
    Err(StateError::NotParked {
        certificate: "cert-1".to_owned(),
    })
}

fn sent_again() -> CertificateState {
    CertificateState::Intended(Intent {
        on_unverifiable: OnUnverifiable::Send,
        ..intent()
    })
}

fn fresh(reason: &str) -> CertificateState {
    let reason = reason.to_owned();
    CertificateState::Failed(RetryState {
        reason,
        failures: 0,
        since: at(NOW),
        retry_at: at(NOW),
    })
}

async fn asked(stack: &Stack) -> Option<jiff::Timestamp> {
    let CertificateStart {
        checkpoint,
        scan_asked_at,
    } = stack.store().certificate_start(&acme()).await.unwrap();
    assert_eq!(checkpoint, None, "a decision leaves the root to the runs");
    scan_asked_at
}

#[tokio::test]
async fn only_waiting_certificates_can_be_decided() {
    use Word::{Dismiss, Retry};
    let cases = [
        (
            Retry,
            parked("08:30:00", Some(intent())),
            Some(sent_again()),
        ),
        (Retry, parked("08:30:00", None), Some(fresh("no reply"))),
        (Retry, sent_again(), Some(sent_again())),
        (Retry, fresh("told before"), Some(fresh("told before"))),
        (Retry, intended(), None),
        (Retry, failed(), None),
        (Retry, uploaded(), None),
        (Retry, dismissed("08:45:00"), None),
        (
            Dismiss,
            parked("08:30:00", Some(intent())),
            Some(dismissed(NOW)),
        ),
        (Dismiss, parked("08:30:00", None), Some(dismissed(NOW))),
        (Dismiss, failed(), Some(dismissed(NOW))),
        (Dismiss, fresh("told before"), Some(dismissed(NOW))),
        (Dismiss, dismissed("08:45:00"), Some(dismissed("08:45:00"))),
        (Dismiss, intended(), None),
        (Dismiss, sent_again(), None),
        (Dismiss, uploaded(), None),
    ];
    for (word, before, after) in cases {
        let stack = stack().await;
        given(&stack.store(), FencingToken(7), &entry(1, before.clone())).await;
        let said = say(&stack.store(), word, 1, NOW).await;
        assert_eq!(
            said,
            if after.is_some() {
                Ok(())
            } else {
                not_parked()
            },
            "{word:?} {before:?}"
        );
        assert_eq!(
            asked(&stack).await,
            after.is_some().then(|| at(NOW)),
            "{word:?} {before:?}"
        );
        assert_eq!(stored(&stack, 1).await, entry(1, after.unwrap_or(before)));
        let fence = attribute(&stack, "CERTIFICATE#cert-1", "fence").await;
        assert_eq!(
            fence,
            Some(AttributeValue::N("7".to_owned())),
            "the fence is the runs'"
        );
    }
}

#[tokio::test]
async fn unknown_certificates_get_no_entry() {
    for word in [Word::Retry, Word::Dismiss] {
        let stack = stack().await;
        assert_eq!(say(&stack.store(), word, 1, NOW).await, not_parked());
        assert_eq!(
            stack.store().all_certificates(&acme()).await.unwrap().len(),
            0
        );
        assert_eq!(asked(&stack).await, None);
    }
}

#[tokio::test]
async fn repeating_a_decision_only_requests_the_scan_again() {
    for (word, unverified, after) in [
        (Word::Retry, Some(intent()), sent_again()),
        (Word::Retry, None, fresh("no reply")),
        (Word::Dismiss, None, dismissed(NOW)),
    ] {
        let stack = stack().await;
        given(
            &stack.store(),
            FIRST,
            &entry(1, parked("08:30:00", unverified)),
        )
        .await;
        for time in [NOW, "12:01:00"] {
            say(&stack.store(), word, 1, time).await.unwrap();
            assert_eq!(stored(&stack, 1).await.state, after);
            assert_eq!(asked(&stack).await, Some(at(time)));
        }
    }
}

#[tokio::test]
async fn a_decision_holds_although_replies_are_lost() {
    for (word, after) in [(Word::Retry, sent_again()), (Word::Dismiss, dismissed(NOW))] {
        for lost in [1, 2] {
            let stack = stack().await;
            given(
                &stack.store(),
                FIRST,
                &entry(1, parked("08:30:00", Some(intent()))),
            )
            .await;
            let proxy = losing(&stack, "UpdateItem", lost).await;
            assert_eq!(
                say(&proxy.store(&stack), word, 1, NOW).await,
                Ok(()),
                "{word:?}, {lost} lost"
            );
            assert_eq!(
                proxy.calls("UpdateItem"),
                lost + 2,
                "the decision, and the scan asked for"
            );
            assert_eq!(stored(&stack, 1).await.state, after);
            assert_eq!(asked(&stack).await, Some(at(NOW)));
        }
    }
}

#[tokio::test]
async fn a_decision_whose_scan_was_not_asked_for_is_completed_by_repeating_it() {
    for word in [Word::Retry, Word::Dismiss] {
        let stack = stack().await;
        given(
            &stack.store(),
            FIRST,
            &entry(1, parked("08:30:00", Some(intent()))),
        )
        .await;
        let proxy = Proxy::start(&stack, |call| {
            let denied = r#"{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException"}"#;
            let fails = call.operation == "UpdateItem" && call.before == 1;
            if fails {
                Fate::Reply(StatusCode::BAD_REQUEST, denied.to_owned())
            } else {
                Fate::Pass
            }
        })
        .await;
        let store = proxy.store(&stack);
        assert!(matches!(
            say(&store, word, 1, NOW).await,
            Err(StateError::Denied { .. })
        ));
        assert_eq!(asked(&stack).await, None);
        assert_eq!(say(&store, word, 1, "12:01:00").await, Ok(()));
        assert_eq!(asked(&stack).await, Some(at("12:01:00")));
    }
}

/// The reading is of a moment before, when the certificate was parked.
#[tokio::test]
async fn entries_changed_since_the_read_are_decided_again() {
    let other = Intent {
        at: at("10:00:00"),
        ..intent()
    };
    let sent = CertificateState::Intended(Intent {
        on_unverifiable: OnUnverifiable::Send,
        ..other
    });
    let cases = [
        (uploaded(), not_parked(), uploaded()),
        (dismissed("08:45:00"), not_parked(), dismissed("08:45:00")),
        (parked("10:30:00", Some(other)), Ok(()), sent),
    ];
    for (now, expected, after) in cases {
        let stack = stack().await;
        given(&stack.store(), SECOND, &entry(1, now.clone())).await;
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
        assert_eq!(
            say(&proxy.store(&stack), Word::Retry, 1, NOW).await,
            expected,
            "{now:?}"
        );
        assert_eq!(stored(&stack, 1).await.state, after);
        let fence = attribute(&stack, "CERTIFICATE#cert-1", "fence").await;
        assert_eq!(fence, Some(AttributeValue::N("2".to_owned())));
    }
}

#[tokio::test]
async fn a_run_goes_on_with_what_was_retried_unless_it_is_overtaken() {
    let stack = stack().await;
    let store = stack.store();
    given(&store, SECOND, &entry(1, parked("08:30:00", None))).await;
    say(&store, Word::Retry, 1, NOW).await.unwrap();
    let fenced = Err(StateError::Fenced {
        item: "CERTIFICATE#cert-1".to_owned(),
    });
    assert_eq!(
        store
            .put_certificate(&acme(), FIRST, &entry(1, intended()))
            .await,
        fenced
    );
    given(&store, SECOND, &entry(1, intended())).await;
}

#[tokio::test]
async fn lists_what_is_parked_by_how_long_it_waits() {
    let stack = stack().await;
    let store = stack.store();
    assert_eq!(store.parked_certificates(&acme()).await, Ok(vec![]));
    for (number, (state, _)) in states().into_iter().enumerate() {
        given(&store, FIRST, &entry(number + 100, state)).await;
    }
    let waiting = [(1, "10:00:00"), (2, "07:30:00.5"), (3, "07:30:00")];
    for (number, time) in waiting {
        given(&store, FIRST, &entry(number, parked(time, None))).await;
    }
    let listed = store.parked_certificates(&acme()).await.unwrap();
    let order: Vec<&str> = listed
        .iter()
        .map(|entry| entry.certificate_id.as_str())
        .collect();
    assert_eq!(
        order,
        ["cert-3", "cert-2", "cert-104", "cert-105", "cert-1"]
    );
}
