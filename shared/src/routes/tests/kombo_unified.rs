//! Documents on Kombo's unified model are looked up through the passthrough.

use serde_json::json;

use super::*;
use crate::kombo::documents_tests::success;

fn sink(server: &Server, integration: &str) -> KomboUnified {
    let client = kombo(server);
    KomboUnified::new(client, integration.parse().unwrap(), None, TimeZone::UTC)
        .with_pace(RateLimiter::new(&[]))
}

#[tokio::test(start_paused = true)]
async fn looks_through_the_passthrough_where_there_is_one() {
    let filed = |comment: &'static str| {
        let data = json!({"_data": [{"id": "5", "name": "Brandschutz 2026-03-14 0f0c-7.pdf", "comment": comment}]});
        json!({"url": "https://x", "status": 200, "headers": {}, "data": data})
    };
    let found = Verification::Found(DocumentId::new("5"));
    type Answer = Box<dyn Fn() -> Canned + Send + Sync>;
    let cases: Vec<(&str, Answer, Option<Verification>)> = vec![
        (
            INTEGRATION,
            Box::new(move || success(filed(""))),
            Some(found),
        ),
        (
            INTEGRATION,
            Box::new(|| success(json!({"status": 200, "data": {"_data": []}}))),
            Some(Verification::NotFound),
        ),
        (
            INTEGRATION,
            Box::new(|| refused(404, json!("PLATFORM.SOMETHING_NEW"))),
            Some(Verification::Unverifiable),
        ),
        (
            INTEGRATION,
            Box::new(|| refused(404, json!(null))),
            Some(Verification::Unverifiable),
        ),
        (INTEGRATION, Box::new(|| refused(503, json!(null))), None),
        (
            "sapsf:x",
            Box::new(|| Canned::Hang),
            Some(Verification::Unverifiable),
        ),
    ];
    for (number, (integration, answer, expected)) in cases.into_iter().enumerate() {
        let server = Server::start(move |_, _| answer()).await;
        let verified = sink(&server, integration).find(&document()).await;
        assert_eq!(
            verified.as_ref().ok(),
            expected.as_ref(),
            "case {number}: {verified:?}"
        );
        if expected.is_none() {
            let is_unavailable = matches!(verified, Err(SourceError::Unavailable(_)));
            assert!(is_unavailable, "{verified:?}");
        }
    }
}

/// Taken for a missing passthrough, it would let a document be filed twice.
#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_no_missing_passthrough() {
    type Answer = fn() -> Canned;
    let answers: [(&str, Answer); 6] = [
        ("remote 400", || success(json!({"status": 400, "data": {}}))),
        ("remote 404", || {
            success(json!({"status": 404, "data": "<html>"}))
        }),
        ("remote input", || {
            refused(400, json!("REMOTE.INPUT_INVALID"))
        }),
        ("odd row", || {
            success(json!({"status": 200, "data": {"_data": [{"name": "no id"}]}}))
        }),
        ("no remote answer", || success(json!("<html>"))),
        ("load balancer", || Canned::Text(404, "<html>")),
    ];
    for (what, answer) in answers {
        let server = Server::start(move |_, _| answer()).await;
        let filed = sink(&server, INTEGRATION).filed(&SourceId::new("1")).await;
        let is_unreadable = matches!(filed, Err(SourceError::Unreadable(_)));
        assert!(is_unreadable, "{what}: {filed:?}");
    }
}

#[tokio::test]
async fn names_the_right_that_finding_needs() {
    let no_right = Server::start(|_, _| success(json!({"status": 403, "data": {}}))).await;
    let no_passthrough =
        Server::start(|_, _| refused(403, json!("INTEGRATION.ACTION_NOT_AVAILABLE"))).await;
    for (server, right) in [
        (no_right, "\"Documents: read\""),
        (no_passthrough, "scope config"),
    ] {
        let refused = sink(&server, INTEGRATION).find(&document()).await;
        let named = matches!(&refused, Err(SourceError::Forbidden(text)) if text.contains(right));
        assert!(named, "{refused:?}");
    }
}
