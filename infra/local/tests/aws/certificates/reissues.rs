//! Certificates that were issued again after they were filed.

use shared::fingerprint::FingerprintKey;
use shared::state::{Issue, Refiled, Reissued};

use super::*;

fn issue(day: &str) -> Issue {
    let key = FingerprintKey::from_bytes(&[7; 32]);
    Issue::new(&key, &id(1), [Some(day.to_owned()), None, None])
}

fn reissued() -> Reissued {
    Reissued {
        at: at("09:00:00"),
        issue: issue("2026-03-31"),
    }
}

/// Filed as issued on the 30th.
fn filed() -> CertificateEntry {
    CertificateEntry {
        issue: issue("2026-03-30"),
        ..entry(1, uploaded(Some("d-7")))
    }
}

async fn note(store: &Store, token: FencingToken, filed_at: &str) -> Put {
    let (tenant, certificate) = (acme(), id(1));
    let entry = (&certificate, at(filed_at));
    store.note_reissue(&tenant, token, entry, reissued()).await
}

async fn found(store: &Store) -> CertificateEntry {
    let mut found = store.certificates(&acme(), [&id(1)]).await.unwrap();
    found.remove(&id(1)).unwrap()
}

async fn refile(store: &Store, time: &str) -> Result<(), StateError> {
    store.refile_certificate(&acme(), &id(1), at(time)).await
}

#[tokio::test]
async fn a_reissue_is_noted_on_the_filing_that_was_read_alone() {
    let (_stack, store) = state().await;
    given(&store, SECOND, &filed()).await;
    for (token, filed_at) in [(FIRST, "08:00:05"), (SECOND, "08:00:06")] {
        assert_eq!(note(&store, token, filed_at).await, Ok(PutOutcome::Changed));
    }
    assert_eq!(found(&store).await, filed());
    assert_eq!(
        note(&store, SECOND, "08:00:05").await,
        Ok(PutOutcome::Written)
    );
    let noted = CertificateEntry {
        reissued: Some(reissued()),
        ..filed()
    };
    assert_eq!(found(&store).await, noted);
    assert_eq!(store.undecided_certificates(&acme()).await, Ok(vec![noted]));
}

#[tokio::test]
async fn what_was_issued_again_is_filed_again_and_remembers_earlier_documents() {
    let (_stack, store) = state().await;
    given(&store, SECOND, &filed()).await;
    let not_parked = Err(StateError::NotParked {
        certificate: "cert-1".to_owned(),
    });
    assert_eq!(refile(&store, "12:00:00").await, not_parked);
    note(&store, SECOND, "08:00:05").await.unwrap();
    for time in ["12:00:00", "12:01:00"] {
        refile(&store, time).await.unwrap();
        let refiled = Refiled {
            at: at("12:00:00"),
            filed_at: at("08:00:05"),
            documents: vec![DocumentId::new("d-7")],
        };
        let entry = found(&store).await;
        assert_eq!((entry.reissued, entry.issue), (None, reissued().issue));
        assert_eq!(entry.refiled, Some(refiled), "asked twice is asked once");
        assert!(matches!(entry.state, CertificateState::Failed(_)));
    }
    let documents = store.documents_of_certificates(&acme()).await.unwrap();
    assert_eq!(documents, [DocumentId::new("d-7")].into());
}

#[tokio::test]
async fn a_dismissed_reissue_keeps_the_document_as_filed_in_that_issue() {
    let (_stack, store) = state().await;
    given(&store, SECOND, &filed()).await;
    note(&store, SECOND, "08:00:05").await.unwrap();
    let now = at("12:00:00");
    store
        .dismiss_certificate(&acme(), &id(1), now, None)
        .await
        .unwrap();
    let kept = CertificateEntry {
        issue: reissued().issue,
        ..filed()
    };
    assert_eq!(found(&store).await, kept);
}

/// The first attempt arrives, and its reply does not.
#[tokio::test]
async fn a_decision_whose_reply_was_lost_is_taken_once() {
    let (stack, store) = state().await;
    given(&store, SECOND, &filed()).await;
    note(&store, SECOND, "08:00:05").await.unwrap();
    let proxy = Proxy::losing(&stack, "UpdateItem", 1).await;
    refile(&proxy.store(), "12:00:00").await.unwrap();
    let refiled = found(&store).await.refiled.unwrap();
    assert_eq!(refiled.documents, [DocumentId::new("d-7")]);
}
