//! Listing and finding.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::*;
use crate::http::Effect;

/// An academy of `people`, at most `most` to a page.
fn academy(seen: &Seen, people: u64, most: u64) -> Canned {
    let number = |key| seen.query(key).unwrap().parse::<u64>().unwrap();
    let limit = number("limit").min(most);
    let start = (number("page") - 1) * limit;
    let results: Vec<_> = (start..people.min(start + limit)).map(customer).collect();
    Canned::Json(200, json!({"results": results, "resultCount": people}))
}

#[tokio::test(start_paused = true)]
async fn lists_every_customer_once() {
    for (people, most, pages) in [
        (0, 250, 1),
        (1, 250, 1),
        (250, 250, 1),
        (251, 250, 2),
        (1_100, 250, 5),
        (90, 25, 4),
    ] {
        let server = reteach(move |seen| academy(seen, people, most)).await;
        let all = client(&server).list_all().await.unwrap();
        assert_eq!(
            (all.customers.len() as u64, all.completeness),
            (people, Completeness::Complete)
        );
        assert_eq!(asked(&server).len(), pages, "{people} of {most}");
        assert_eq!(asked(&server)[0].uri, "/customer?page=1&limit=250");
    }
}

#[tokio::test(start_paused = true)]
async fn reads_again_when_the_count_moved_at_most_twice() {
    for (moves, readings, completeness) in [
        (1, 2, Completeness::Complete),
        (99, 3, Completeness::Shifting),
    ] {
        let moved = AtomicU64::new(0);
        let server = reteach(move |seen| {
            // While the second page is read, somebody joins.
            let is_second = seen.query("page").as_deref() == Some("2");
            let joined = if is_second {
                moved.fetch_add(1, Ordering::SeqCst) + 1
            } else {
                moved.load(Ordering::SeqCst)
            };
            academy(seen, 300 + joined.min(moves), 250)
        })
        .await;
        let all = client(&server).list_all().await.unwrap();
        assert_eq!(
            (all.completeness, asked(&server).len()),
            (completeness, 2 * readings)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_customer_on_two_pages_is_one_and_somebody_is_missing() {
    let server =
        reteach(|_| Canned::Json(200, json!({"results": [customer(1)], "resultCount": 2}))).await;
    let all = client(&server).list_all().await.unwrap();
    assert_eq!(
        (all.customers.len(), all.completeness),
        (1, Completeness::Shifting)
    );
}

#[tokio::test(start_paused = true)]
async fn one_page_that_fails_fails_the_listing() {
    let server = reteach(|seen| match seen.query("page").as_deref() {
        Some("2") => Canned::Text(502, "<html>"),
        _ => academy(seen, 600, 250),
    })
    .await;
    let failed = client(&server).list_all().await.unwrap_err();
    assert!(
        matches!(
            failed,
            Error::Unavailable {
                effect: Effect::None,
                ..
            }
        ),
        "{failed:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn finds_by_external_id_even_where_the_filter_is_ignored() {
    let id = ExternalId::new("personio:7");
    let found =
        |customers: Value| Canned::Json(200, json!({"results": customers, "resultCount": 1}));
    type Answer = Box<dyn Fn(&Seen) -> Canned + Send + Sync>;
    let cases: Vec<(Answer, Option<&str>, usize)> = vec![
        (
            Box::new(move |_| found(json!([customer(7)]))),
            Some("c7"),
            1,
        ),
        (Box::new(move |_| found(json!([]))), None, 1),
        (
            Box::new(move |_| found(json!([customer(1), customer(7)]))),
            Some("c7"),
            1,
        ),
        (
            Box::new(move |seen| match seen.path() {
                "/customer/personio%3A7" => Canned::Json(200, customer(7)),
                _ => found(json!([customer(1), customer(2)])),
            }),
            Some("c7"),
            2,
        ),
        (
            Box::new(move |seen| match seen.path() {
                "/customer/personio%3A7" => Canned::Json(200, customer(1)),
                _ => found(json!([customer(1)])),
            }),
            None,
            2,
        ),
        (
            Box::new(move |seen| match seen.path() {
                "/customer/personio%3A7" => error(404, json!("Not found")),
                _ => found(json!([customer(1)])),
            }),
            None,
            2,
        ),
    ];
    for (number, (answer, expected, calls)) in cases.into_iter().enumerate() {
        let server = reteach(answer).await;
        let found = client(&server).find_by_external_id(&id).await.unwrap();
        assert_eq!(
            found.as_ref().map(|customer| customer.id.as_str()),
            expected,
            "case {number}"
        );
        assert_eq!(asked(&server).len(), calls, "case {number}");
        assert_eq!(
            asked(&server)[0].query("externalId").as_deref(),
            Some("personio:7")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn finds_by_email_and_compares_the_address() {
    for (email, answered, expected) in [
        ("p1@example.com", 200, Some("c1")),
        ("P1@Example.COM", 200, Some("c1")),
        ("c1", 200, None),
        ("p2@example.com", 200, None),
        ("p1@example.com", 404, None),
    ] {
        let server = reteach(move |_| Canned::Json(answered, customer(1))).await;
        let found = client(&server).find_by_email(email).await.unwrap();
        assert_eq!(
            found.as_ref().map(|customer| customer.id.as_str()),
            expected,
            "{email} {answered}"
        );
    }
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    client(&server).find_by_email("a+b/c?d@x.de").await.unwrap();
    assert_eq!(asked(&server)[0].uri, "/customer/a%2Bb%2Fc%3Fd%40x.de");
    for nobody in ["", ".", ".."] {
        assert_eq!(
            client(&server).find_by_email(nobody).await,
            Ok(None),
            "{nobody}"
        );
    }
    assert_eq!(asked(&server).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_account_than_asked_for_is_not_found() {
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    let client = client(&server);
    assert_eq!(
        client
            .get(&CustomerId::new("c1"))
            .await
            .unwrap()
            .id
            .as_str(),
        "c1"
    );
    assert!(matches!(
        client.get(&CustomerId::new("p1@example.com")).await,
        Err(Error::NotFound { .. })
    ));
}
