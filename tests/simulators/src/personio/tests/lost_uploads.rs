use serde_json::Value;

use super::documents::{company, form, pdf, try_upload, upload};
use crate::{Behaviour, Body, Fault};

#[tokio::test]
async fn files_or_does_not_file_under_a_fault() {
    let minutes = jiff::SignedDuration::from_mins;
    // What the client sees; how many documents there are at once, and after five minutes.
    let cases = [
        (Behaviour::Status(500, Body::Vendor), Some(500), 0, 0),
        (
            Behaviour::TooManyRequests(crate::RetryAfter::None),
            Some(429),
            0,
            0,
        ),
        (Behaviour::Close, None, 0, 0),
        (Behaviour::LoseReply, None, 1, 1),
        (Behaviour::CloseMidBody, None, 1, 1),
        (Behaviour::TruncateJson, Some(201), 1, 1),
        (Behaviour::LateStatus(504, Body::Html), Some(504), 1, 1),
        (Behaviour::LateEffect(minutes(5)), None, 0, 1),
        (Behaviour::LateEffect(minutes(6)), None, 0, 0),
    ];
    for (behaviour, status, at_once, later) in cases {
        let (personio, clock) = company().await;
        personio.fail(Fault::new(behaviour.clone()).path("/v1/company/documents"));
        let answer = try_upload(&personio, form(&[]).part("file", pdf())).await;
        assert_eq!(
            answer.ok().map(|answer| answer.status),
            status,
            "{behaviour:?}"
        );
        assert_eq!(personio.documents().len(), at_once, "{behaviour:?}");
        clock.advance(300);
        assert_eq!(personio.documents().len(), later, "{behaviour:?}");
        assert_eq!(
            upload(&personio, &[]).await.status,
            201,
            "the next is well again"
        );
    }
}

#[tokio::test]
async fn files_and_never_answers() {
    let (personio, _) = company().await;
    personio.fail(Fault::new(Behaviour::HangReply).path("/v1/company/documents"));
    let (handle, form) = (personio.clone(), form(&[]).part("file", pdf()));
    let hung = tokio::spawn(async move { try_upload(&handle, form).await });
    while personio.documents().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(personio.requests().last().unwrap().status, None);
    assert_eq!(personio.requests().last().unwrap().body, None::<Value>);
    hung.abort();
}

#[tokio::test]
async fn recognises_no_duplicates_but_names_them() {
    let (personio, _) = company().await;
    upload(&personio, &[]).await;
    upload(&personio, &[("employee_id", Some("8"))]).await;
    assert!(personio.duplicates().is_empty(), "another employee");
    upload(&personio, &[("title", Some("Anders"))]).await;
    let titles: Vec<_> = personio.duplicates()[0]
        .iter()
        .map(|document| document.title.clone())
        .collect();
    assert_eq!(titles, ["Brandschutz", "Anders"]);
    let id = personio.documents()[0].id;
    assert!(personio.remove_document(id) && !personio.remove_document(id));
    assert!(personio.duplicates().is_empty() && personio.documents().len() == 2);
    let copy = personio.documents()[0].clone();
    assert_ne!(personio.add_document(copy.clone()), copy.id);
    assert_eq!(personio.duplicates().len(), 1);
}
