//! Faults, the log and the server, seen from outside.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::reteach::{Customer, Endpoint};
use crate::testing::{Answer, Call, ManualClock};
use crate::{Behaviour, Body, Fault, Reteach, RetryAfter};

async fn academy(customers: usize) -> (Reteach, String) {
    let reteach = Reteach::start(ManualClock::at("2026-03-16T10:00:00Z").clock())
        .await
        .unwrap();
    reteach.add_credentials("id", "secret", "code");
    for number in 0..customers {
        let user_name = Some(format!("p{number}"));
        reteach.insert(Customer {
            id: number.to_string(),
            user_name,
            ..Customer::default()
        });
    }
    let body = json!({"grant_type": "authorization_code", "code": "code", "client_id": "id", "client_secret": "secret"});
    let url = format!("{}/oauth/authorize", reteach.base_url());
    let token = Call::new("POST", &url)
        .json(&body)
        .send()
        .await
        .at("/access_token");
    reteach.reset_log();
    (reteach, token.as_str().unwrap().to_owned())
}

fn call(reteach: &Reteach, token: &str, method: &str, path: &str) -> Call {
    Call::new(method, &format!("{}{path}", reteach.base_url())).bearer(token)
}

/// Lists customers by two under a fault.
async fn list_under(behaviour: Behaviour) -> Result<Answer, reqwest::Error> {
    let (reteach, token) = academy(5).await;
    reteach.fail(Fault::new(behaviour));
    call(&reteach, &token, "GET", "/customer?limit=2&page=2")
        .try_send()
        .await
}

fn ids(answer: &Answer) -> Vec<Value> {
    answer
        .at("/results")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].clone())
        .collect()
}

#[tokio::test]
async fn answers_as_the_fault_says() {
    let vendor = json!({"statusCode": 503, "message": "Service Unavailable", "error": "Service Unavailable"});
    let moment = "2026-03-16T10:00:30Z".parse().unwrap();
    let answer = async |behaviour| list_under(behaviour).await.unwrap();

    let error = answer(Behaviour::Status(503, Body::Vendor)).await;
    assert_eq!((error.status, error.body), (503, vendor.clone()));
    let html = answer(Behaviour::Status(200, Body::Html)).await;
    assert_eq!(
        (html.status, html.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    let own = answer(Behaviour::Status(200, Body::Json(r#"{"success":false}"#))).await;
    assert_eq!((own.status, own.body), (200, json!({"success": false})));
    let empty = answer(Behaviour::Status(502, Body::Empty)).await;
    assert_eq!((empty.status, empty.text.as_str()), (502, ""));
    let half = answer(Behaviour::Status(503, Body::TruncatedJson)).await;
    assert!(vendor.to_string().starts_with(&half.text) && !half.text.is_empty());
    for (after, header) in [
        (RetryAfter::None, None),
        (RetryAfter::Seconds(7), Some("7")),
        (
            RetryAfter::At(moment),
            Some("Mon, 16 Mar 2026 10:00:30 GMT"),
        ),
    ] {
        let limited = answer(Behaviour::TooManyRequests(after)).await;
        assert_eq!(
            (limited.status, limited.header("retry-after")),
            (429, header)
        );
    }
    let moved = answer(Behaviour::Redirect("http://elsewhere.example/".to_owned())).await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (302, Some("http://elsewhere.example/"))
    );
}

#[tokio::test]
async fn bends_lists_as_the_fault_says() {
    let cases = [
        (
            Behaviour::Slow(Duration::from_millis(1)),
            json!(["2", "3"]),
            5,
        ),
        (Behaviour::DropRows(1), json!(["2"]), 5),
        (Behaviour::DropRows(9), json!([]), 5),
        (Behaviour::SkipRows(1), json!(["3"]), 5),
        (Behaviour::SkipRows(9), json!([]), 5),
        (Behaviour::DoubleRows(1), json!(["2", "3", "2"]), 5),
        (Behaviour::EmptyList, json!([]), 0),
        (Behaviour::TotalOff(2), json!(["2", "3"]), 7),
        (Behaviour::TotalOff(-1), json!(["2", "3"]), 4),
        (Behaviour::RepeatRows(1), json!(["1", "2"]), 5),
    ];
    for (behaviour, rows, total) in cases {
        let answer = list_under(behaviour.clone()).await.unwrap();
        assert_eq!(
            (answer.status, answer.at("/resultCount")),
            (200, json!(total)),
            "{behaviour:?}"
        );
        assert_eq!(json!(ids(&answer)), rows, "{behaviour:?}");
    }
    let truncated = list_under(Behaviour::TruncateJson).await.unwrap();
    assert_eq!((truncated.status, &truncated.body), (200, &Value::Null));
    assert!(truncated.text.starts_with('{'));
}

#[tokio::test]
async fn loses_the_connection_as_the_fault_says() {
    for (behaviour, takes_effect) in [
        (Behaviour::Close, false),
        (Behaviour::LoseReply, true),
        (Behaviour::CloseMidBody, true),
    ] {
        let (reteach, token) = academy(0).await;
        reteach.fail(Fault::new(behaviour.clone()));
        let create = || call(&reteach, &token, "POST", "/customer").json(&json!({"userName": "p"}));
        let error = create().try_send().await.unwrap_err();
        let mid_body = behaviour == Behaviour::CloseMidBody;
        assert_eq!(
            error.is_body() || error.is_decode(),
            mid_body,
            "{behaviour:?}: {error:?}"
        );
        assert_eq!(
            reteach.customers().len(),
            usize::from(takes_effect),
            "{behaviour:?}"
        );
        assert_eq!(
            reteach.requests()[0].status,
            mid_body.then_some(201),
            "{behaviour:?}"
        );
        assert_eq!(
            create().send().await.status,
            201,
            "the next call is well again"
        );
    }
}

#[tokio::test]
async fn hangs_until_the_simulator_goes() {
    let (reteach, token) = academy(0).await;
    reteach.fail(Fault::new(Behaviour::Hang));
    let hung = tokio::spawn(call(&reteach, &token, "GET", "/me").try_send());
    while reteach.calls(Endpoint::Me) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(reteach.requests()[0].status, None);
    drop(reteach);
    assert!(hung.await.unwrap().is_err());
}

#[tokio::test]
async fn stops_when_the_last_handle_is_dropped() {
    let (reteach, token) = academy(0).await;
    let (url, clone) = (format!("{}/me", reteach.base_url()), reteach.clone());
    drop(reteach);
    assert_eq!(
        Call::new("GET", &url).bearer(&token).send().await.status,
        200
    );
    drop(clone);
    while Call::new("GET", &url)
        .bearer(&token)
        .try_send()
        .await
        .is_ok()
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn strikes_the_calls_it_is_set_for() {
    let fault = || Fault::new(Behaviour::Status(500, Body::Empty));
    let template = "/customer/{customerIdentifier}";
    // The calls: GET /customer/0, GET /customer, GET /customer/0, PUT /customer/0, GET /customer/0.
    let cases = [
        (
            "the next",
            vec![fault()],
            [true, false, false, false, false],
        ),
        (
            "the second",
            vec![fault().nth(2)],
            [false, true, false, false, false],
        ),
        (
            "three",
            vec![fault().times(3)],
            [true, true, true, false, false],
        ),
        (
            "two from the second",
            vec![fault().nth(2).times(2)],
            [false, true, true, false, false],
        ),
        ("all", vec![fault().always()], [true; 5]),
        (
            "a template",
            vec![fault().path(template).always()],
            [true, false, true, true, true],
        ),
        (
            "second of a template",
            vec![fault().path(template).nth(2)],
            [false, false, true, false, false],
        ),
        (
            "the list alone",
            vec![fault().path("/customer").always()],
            [false, true, false, false, false],
        ),
        (
            "all below a prefix",
            vec![fault().path("/cust").always()],
            [true; 5],
        ),
        (
            "a prefix",
            vec![fault().path("/customer/0").always()],
            [true, false, true, true, true],
        ),
        (
            "a method",
            vec![fault().method(Method::PUT).always()],
            [false, false, false, true, false],
        ),
        (
            "another path",
            vec![fault().path("/tags").always()],
            [false; 5],
        ),
        (
            "two faults",
            vec![fault(), fault().nth(2)],
            [true, false, true, false, false],
        ),
    ];
    for (name, faults, struck) in cases {
        let (reteach, token) = academy(1).await;
        faults.into_iter().for_each(|fault| reteach.fail(fault));
        let calls = [
            ("GET", "/customer/0"),
            ("GET", "/customer"),
            ("GET", "/customer/0"),
            ("PUT", "/customer/0"),
            ("GET", "/customer/0"),
        ];
        for ((method, path), struck) in calls.into_iter().zip(struck) {
            let answer = call(&reteach, &token, method, path)
                .json(&json!({}))
                .send()
                .await;
            assert_eq!(answer.status == 500, struck, "{name}: {method} {path}");
        }
    }
}

#[tokio::test]
async fn logs_what_it_received() {
    let (reteach, token) = academy(0).await;
    reteach.fail(Fault::new(Behaviour::Status(500, Body::Empty)).always());
    call(&reteach, &token, "GET", "/customer?page=2&limit=10")
        .send()
        .await;
    reteach.clear_faults();
    call(&reteach, &token, "GET", "/nothing").send().await;
    let log = reteach.requests();
    assert_eq!(
        log[0].query,
        [
            ("page".to_owned(), "2".to_owned()),
            ("limit".to_owned(), "10".to_owned())
        ]
    );
    assert_eq!(
        (log[0].template, log[0].status),
        (Some("/customer"), Some(500))
    );
    assert_eq!(
        (log[1].template, log[1].path.as_str(), log[1].status),
        (None, "/nothing", Some(404))
    );
    assert_eq!(log[1].sequence, log[0].sequence + 1);
    reteach.reset_log();
    call(&reteach, &token, "GET", "/me").send().await;
    assert_eq!(
        (
            reteach.calls(Endpoint::ListCustomers),
            reteach.calls(Endpoint::Me)
        ),
        (0, 1)
    );
    assert_eq!(reteach.requests()[0].sequence, log[1].sequence + 1);
}

/// Under a paused clock: an hour passes as soon as nothing else is left to do.
#[tokio::test(start_paused = true)]
async fn answers_late_by_its_latency_and_by_a_fault() {
    let (reteach, token) = academy(0).await;
    let hour = Duration::from_secs(3_600);
    let started = tokio::time::Instant::now();
    reteach.set_latency(hour);
    assert_eq!(
        call(&reteach, &token, "GET", "/me").send().await.status,
        200
    );
    assert!((hour..hour * 2).contains(&started.elapsed()));
    reteach.fail(Fault::new(Behaviour::Slow(hour)));
    assert_eq!(
        call(&reteach, &token, "GET", "/me").send().await.status,
        200
    );
    assert!((hour * 3..hour * 4).contains(&started.elapsed()));
}
