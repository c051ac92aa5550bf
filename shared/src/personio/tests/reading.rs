//! Pages, totals and records.

use serde_json::json;

use super::*;
use crate::personio::limits::CONCURRENCY;

#[tokio::test(start_paused = true)]
async fn sends_credentials_in_the_body_and_asks_for_what_it_needs() {
    let server = personio(|seen| Canned::Json(200, company(3, 100)(seen))).await;
    let (records, reading) = read_all(&direct(&server), 0).await.unwrap();
    assert_eq!(ids(&records), [1, 2, 3]);
    let both = (reading.first_total, reading.last_total);
    assert_eq!(both, (Some(3), Some(3)));
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].line(), ("POST", "/v1/auth"));
    let credentials = json!({"client_id": "papi-id", "client_secret": "papi-secret"});
    assert_eq!(seen[0].body, credentials);
    assert_eq!(seen[1].method, "GET");
    assert_eq!(seen[1].path(), "/v1/company/employees");
    assert_eq!(seen[1].header("authorization"), Some("Bearer papi-token"));
    for (key, value) in [("limit", "100"), ("offset", "0")] {
        assert_eq!(seen[1].query(key).as_deref(), Some(value));
    }
    for (request, attributes) in [
        (&seen[0], 0),
        (&seen[1], ATTRIBUTES.len() + NEWER_NAMES.len()),
    ] {
        let app = request.header("x-personio-app-id");
        assert_eq!(app, Some("RETEACH_PERSONIO"));
        assert_eq!(request.uri.matches("attributes%5B%5D=").count(), attributes);
    }
}

/// An account of so many people that answers calls with newer names with `status`.
async fn refusing_newer_names(status: u16, people: u64) -> Server {
    let company = company(people, 100);
    personio(move |seen| match seen.uri.contains("workplace") {
        true => Canned::Json(status, json!({"success": false})),
        false => Canned::Json(200, company(seen)),
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn an_account_that_refuses_newer_names_is_asked_without_them() {
    for status in [200, 400, 403, 404, 422] {
        let server = refusing_newer_names(status, 150).await;
        let client = direct(&server);
        // The first of them logs in again on a 403.
        let more = if status == 403 { 2 } else { 0 };
        for calls in [4, 6] {
            let (records, _) = read_all(&client, 0).await.unwrap();
            assert_eq!(records.len(), 150, "{status}");
            assert_eq!(server.seen().len(), calls + more, "{status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pages_asked_for_ahead_are_asked_again_where_the_account_refuses_newer_names() {
    for status in [200, 400, 403, 404, 422] {
        for expected in [150_u64, 250] {
            let server = refusing_newer_names(status, 250).await;
            let client = direct(&server);
            for calls in [3, 6] {
                let label = format!("{status}, {expected} expected");
                let (records, _) = read_all(&client, expected).await.unwrap();
                assert_eq!(ids(&records), (1..=250).collect::<Vec<_>>(), "{label}");
                let seen = server.seen().into_iter();
                let pages = seen.filter(|seen| seen.path() != "/v1/auth");
                let (newer, without): (Vec<_>, Vec<_>) =
                    pages.partition(|seen| seen.uri.contains("workplace"));
                assert_eq!(without.len(), calls, "{label}: no call too many");
                // A 403 is asked once more after a log-in.
                let ahead = expected.div_ceil(100) as usize;
                assert!((1..=2 * ahead).contains(&newer.len()), "{label}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_page_is_not_asked_again_where_the_first_one_takes_newer_names() {
    let server = personio(|seen| match seen.query("offset").as_deref() {
        Some("100") => Canned::Json(404, json!({"success": false})),
        _ => Canned::Json(200, company(250, 100)(seen)),
    })
    .await;
    let error = read_all(&direct(&server), 150).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreadable(_)), "{error:?}");
    let offsets = server.seen().into_iter().map(|seen| seen.query("offset"));
    let refused = offsets.filter(|offset| offset.as_deref() == Some("100"));
    assert_eq!(refused.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_newer_names_says_nothing_about_them() {
    let server = personio(|seen| match seen.uri.contains("workplace") {
        true => Canned::Text(401, ""),
        false => Canned::Json(200, company(1, 100)(seen)),
    })
    .await;
    assert!(read_all(&direct(&server), 0).await.is_err());
    // What is wrong passes: the names are asked for again.
    let server = personio(|seen| match seen.query("offset").as_deref() {
        Some("0") => Canned::Text(400, ""),
        _ => Canned::Hang,
    })
    .await;
    let client = direct(&server);
    for calls in [2, 4] {
        assert!(read_all(&client, 0).await.is_err());
        let asked = server.seen().into_iter();
        let asked = asked.filter(|seen| seen.path() != "/v1/auth");
        assert_eq!(asked.count(), calls);
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
        assert!(
            ids(&records).into_iter().eq(1..=people),
            "{people} of {most}"
        );
        let totals = (reading.first_total, reading.last_total);
        assert_eq!(totals, (Some(people), Some(people)));
        let seen = server.seen();
        assert_eq!(seen.len(), 1 + pages, "{people} of {most}");
        // Offsets are whole pages.
        let limits = seen.iter().skip(2).map(|seen| seen.query("limit"));
        assert!(limits.eq(std::iter::repeat_n(Some(most.to_string()), pages - 1)));
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
            let allowed = pages..=pages + CONCURRENCY + 1;
            assert!(allowed.contains(&calls), "{label}: {calls}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn needs_no_metadata_that_makes_sense() {
    for (metadata, total) in [
        (json!(null), None),
        (json!({}), None),
        (json!({"total_elements": "250"}), Some(250)),
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
        let totals = (reading.first_total, reading.last_total);
        assert_eq!(totals, (total, total), "{metadata}");
        assert_eq!(records.len(), 250, "{metadata}");
    }
}

#[tokio::test(start_paused = true)]
async fn reports_a_total_that_moved_while_reading() {
    // Somebody is hired after the first page.
    let server = personio(|seen| {
        let people = 200 + u64::from(seen.query("offset").unwrap() != "0");
        Canned::Json(200, company(people, 100)(seen))
    })
    .await;
    let (records, reading) = read_all(&direct(&server), 0).await.unwrap();
    let totals = (reading.first_total, reading.last_total);
    assert_eq!((totals, records.len()), ((Some(200), Some(201)), 201));
}

#[tokio::test(start_paused = true)]
async fn pages_without_an_end_are_an_error() {
    for metadata in [json!(null), json!({"total_elements": u64::MAX})] {
        let page = json!({"success": true, "metadata": metadata, "data": [person(1)]});
        let server = personio(move |_| Canned::Json(200, page.clone())).await;
        let error = read_all(&direct(&server), 0).await.unwrap_err();
        assert!(matches!(error, SourceError::Unreadable(_)), "{error:?}");
        assert!(error.to_string().contains("no end"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_page_that_fails_fails_the_reading() {
    let server = personio(|seen| match seen.query("offset").as_deref() {
        Some("300") => Canned::Text(502, "<html>Bad Gateway</html>"),
        _ => Canned::Json(200, company(500, 100)(seen)),
    })
    .await;
    let error = read_all(&direct(&server), 0).await.unwrap_err();
    let text = "Personio GET /v1/company/employees answered 502";
    assert_eq!(error, SourceError::Unavailable(text.to_owned()));
    let seen = server.seen();
    let tries = seen.iter().map(|seen| seen.query("offset"));
    let tries = tries.filter(|offset| offset.as_deref() == Some("300"));
    assert_eq!(tries.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn one_bad_record_is_rejected_and_the_page_goes_on() {
    let server = personio(|_| {
        let mut bad = person(2);
        bad["attributes"]["hire_date"] =
            json!({"label": "Hire date", "value": "soon", "type": "date"});
        let data = [person(1), bad, json!("?"), person(3)];
        let page = json!({"success": true, "data": data, "metadata": {"total_elements": 4}});
        Canned::Json(200, page)
    })
    .await;
    let (records, _) = read_all(&direct(&server), 0).await.unwrap();
    assert_eq!(records.len(), 4);
    let other = "has another type than documented";
    for (record, id, at, why) in [
        (&records[1], Some("2"), "hire_date", "is not a date"),
        (&records[2], None, ".", other),
    ] {
        let SourceRecord::Rejected {
            source_id,
            field,
            problem,
            ..
        } = record
        else {
            panic!("{record:?}")
        };
        assert_eq!(source_id.as_ref().map(SourceId::as_str), id);
        assert_eq!((field.as_str(), problem.as_str()), (at, why));
    }
}
