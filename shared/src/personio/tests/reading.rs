//! Pages, totals and records.

use serde_json::json;

use super::*;
use crate::personio::limits::CONCURRENCY;

#[tokio::test(start_paused = true)]
async fn sends_credentials_in_the_body_and_asks_for_what_it_needs() {
    let server = personio(|seen| Canned::Json(200, company(3, 100)(seen))).await;
    let (records, reading) = read_all(&direct(&server), 0).await.unwrap();
    assert_eq!(
        (ids(&records), reading.first_total, reading.last_total),
        (vec![1, 2, 3], Some(3), Some(3))
    );
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(
        (seen[0].method.as_str(), seen[0].uri.as_str()),
        ("POST", "/v1/auth")
    );
    assert_eq!(
        seen[0].body,
        json!({"client_id": "papi-id", "client_secret": "papi-secret"})
    );
    assert_eq!(
        (seen[1].method.as_str(), seen[1].path()),
        ("GET", "/v1/company/employees")
    );
    assert_eq!(seen[1].header("authorization"), Some("Bearer papi-token"));
    assert_eq!(
        (
            seen[1].query("limit").unwrap().as_str(),
            seen[1].query("offset").unwrap().as_str()
        ),
        ("100", "0")
    );
    for (request, attributes) in [(&seen[0], 0), (&seen[1], ATTRIBUTES.len())] {
        assert_eq!(
            request.header("x-personio-app-id"),
            Some("RETEACH_PERSONIO")
        );
        assert_eq!(request.uri.matches("attributes%5B%5D=").count(), attributes);
    }
}

#[tokio::test(start_paused = true)]
async fn reads_every_page_in_order_whatever_size_the_server_chooses() {
    for (people, most, pages) in [
        (0, 100, 1),
        (1, 100, 1),
        (100, 100, 1),
        (101, 100, 2),
        (1_050, 100, 11),
        (120, 50, 3),
    ] {
        let company = company(people, most);
        let server = personio(move |seen| Canned::Json(200, company(seen))).await;
        let (records, reading) = read_all(&direct(&server), 0).await.unwrap();
        assert_eq!(
            ids(&records),
            (1..=people).collect::<Vec<_>>(),
            "{people} of {most}"
        );
        assert_eq!(
            (reading.first_total, reading.last_total),
            (Some(people), Some(people))
        );
        assert_eq!(server.seen().len(), 1 + pages, "{people} of {most}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_expected_changes_nothing_but_how_many_pages_are_asked_for_at_once() {
    for (people, most, announces) in [
        (0, 100, true),
        (100, 100, true),
        (1_050, 100, true),
        (1_050, 100, false),
        (120, 50, true),
        (120, 50, false),
    ] {
        // As many as there are, fewer, more, and far more: half the company was let go.
        for expected in [people, people / 2, people + 1, people + 500, 2_000_000] {
            let company = company(people, most);
            let server = personio(move |seen| {
                let mut page = company(seen);
                if !announces {
                    page["metadata"] = json!(null);
                }
                Canned::Json(200, page)
            })
            .await;
            let (records, reading) = read_all(&direct(&server), expected).await.unwrap();
            let label = format!("{people} of {most}, {expected} expected, {announces}");
            assert_eq!(ids(&records), (1..=people).collect::<Vec<_>>(), "{label}");
            assert_eq!(reading.first_total, announces.then_some(people), "{label}");
            let pages = people.div_ceil(most).max(1) as usize;
            let calls = server.seen().len() - 1;
            if most == 100 && announces && expected <= people {
                assert_eq!(calls, pages, "{label}: no call too many");
            }
            assert!(
                (pages..=pages + CONCURRENCY + 1).contains(&calls),
                "{label}: {calls}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn needs_no_metadata_that_makes_sense() {
    for (metadata, total) in [
        (json!(null), None),
        (json!({}), None),
        (
            json!({"total_elements": "250", "current_page": "0"}),
            Some(250),
        ),
        (json!({"total_elements": 250, "total_pages": 9}), Some(250)),
        (json!({"total_elements": null}), None),
        (json!({"total_elements": ""}), None),
        (json!({"total_elements": []}), None),
        (json!({"total_elements": -1}), None),
    ] {
        let company = company(250, 100);
        let sent = metadata.clone();
        let server = personio(move |seen| {
            let mut page = company(seen);
            page["metadata"] = sent.clone();
            Canned::Json(200, page)
        })
        .await;
        let (records, reading) = read_all(&direct(&server), 0).await.unwrap();
        assert_eq!(
            (records.len(), reading.first_total, reading.last_total),
            (250, total, total),
            "{metadata}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reports_a_total_that_moved_while_reading() {
    // Somebody is hired after the first page.
    let server = personio(|seen| {
        let people = if seen.query("offset").unwrap() == "0" {
            200
        } else {
            201
        };
        Canned::Json(200, company(people, 100)(seen))
    })
    .await;
    let (records, reading) = read_all(&direct(&server), 0).await.unwrap();
    assert_eq!(
        (reading.first_total, reading.last_total, records.len()),
        (Some(200), Some(201), 201)
    );
}

#[tokio::test(start_paused = true)]
async fn pages_without_an_end_are_an_error() {
    let endless = |_: &Seen| Canned::Json(200, json!({"success": true, "data": [person(1)]}));
    for answer in [endless, |_: &Seen| {
        let metadata = json!({"total_elements": u64::MAX});
        Canned::Json(
            200,
            json!({"success": true, "metadata": metadata, "data": [person(1)]}),
        )
    }] {
        let server = personio(answer).await;
        let error = read_all(&direct(&server), 0).await.unwrap_err();
        assert!(
            matches!(&error, SourceError::Unreadable(text) if text.contains("no end")),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_page_that_fails_fails_the_reading() {
    let server = personio(|seen| {
        let fails = seen.query("offset").unwrap() == "300";
        if fails {
            Canned::Text(502, "<html>Bad Gateway</html>")
        } else {
            Canned::Json(200, company(500, 100)(seen))
        }
    })
    .await;
    let error = read_all(&direct(&server), 0).await.unwrap_err();
    assert_eq!(
        error,
        SourceError::Unavailable("Personio GET /v1/company/employees answered 502".to_owned())
    );
    let tries = server
        .seen()
        .iter()
        .filter(|seen| seen.query("offset").as_deref() == Some("300"))
        .count();
    assert_eq!(tries, 4);
}

#[tokio::test(start_paused = true)]
async fn one_bad_record_is_rejected_and_the_page_goes_on() {
    let server = personio(|_| {
        let mut bad = person(2);
        bad["attributes"]["hire_date"] =
            json!({"label": "Hire date", "value": "soon", "type": "date"});
        Canned::Json(
            200,
            json!({"success": true, "data": [person(1), bad, "?", person(3)],
                                 "metadata": {"total_elements": 4}}),
        )
    })
    .await;
    let (records, _) = read_all(&direct(&server), 0).await.unwrap();
    let rejected: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            SourceRecord::Rejected {
                source_id,
                field,
                problem,
            } => Some((
                source_id.as_ref().map(|id| id.as_str()),
                field.as_str(),
                problem.as_str(),
            )),
            SourceRecord::Employee(_) => None,
        })
        .collect();
    let other = (None, ".", "has another type than documented");
    assert_eq!(rejected, [(Some("2"), "hire_date", "is not a date"), other]);
    assert_eq!(records.len(), 4);
}
