//! Faults, the log and the server, seen from outside.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::reteach::{Customer, Endpoint};
use crate::testing::{self, Answer, Call};
use crate::{Behaviour, Body, Fault, Reteach, RetryAfter};

async fn academy(customers: usize) -> (Reteach, String) {
    let (reteach, token) = testing::academy(None).await;
    for number in 0..customers {
        reteach.insert(Customer {
            id: number.to_string(),
            user_name: Some(format!("p{number}")),
            ..Customer::default()
        });
    }
    reteach.reset_log();
    (reteach, token)
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

#[tokio::test]
async fn answers_as_the_fault_says() {
    use Behaviour::{Redirect, Status, TooManyRequests};
    let vendor = json!({"statusCode": 503, "message": "Service Unavailable", "error": "Service Unavailable"});
    let answer = async |behaviour, status| {
        let answer = list_under(behaviour).await.unwrap();
        assert_eq!(answer.status, status);
        answer
    };
    assert_eq!(answer(Status(503, Body::Vendor), 503).await.body, vendor);
    let html = answer(Status(200, Body::Html), 200).await;
    let kind = html.header("content-type");
    assert_eq!(kind, Some("text/html; charset=utf-8"));
    let own = Body::Json(r#"{"success":false}"#);
    let own = answer(Status(200, own), 200).await;
    assert_eq!(own.body, json!({"success": false}));
    assert_eq!(answer(Status(502, Body::Empty), 502).await.text, "");
    let half = answer(Status(503, Body::TruncatedJson), 503).await;
    assert!(vendor.to_string().starts_with(&half.text) && !half.text.is_empty());
    let moment = "2026-03-16T10:00:30Z".parse().unwrap();
    let date = "Mon, 16 Mar 2026 10:00:30 GMT";
    for (after, header) in [
        (RetryAfter::None, None),
        (RetryAfter::Seconds(7), Some("7")),
        (RetryAfter::At(moment), Some(date)),
    ] {
        let limited = answer(TooManyRequests(after), 429).await;
        assert_eq!(limited.header("retry-after"), header);
    }
    let elsewhere = "http://elsewhere.example/";
    let moved = answer(Redirect(elsewhere.to_owned()), 302).await;
    assert_eq!(moved.header("location"), Some(elsewhere));
}

#[tokio::test]
async fn bends_lists_as_the_fault_says() {
    let slow = Behaviour::Slow(Duration::from_millis(1));
    let cases: [(Behaviour, &[&str], u64); 10] = [
        (slow, &["2", "3"], 5),
        (Behaviour::DropRows(1), &["2"], 5),
        (Behaviour::DropRows(9), &[], 5),
        (Behaviour::SkipRows(1), &["3"], 5),
        (Behaviour::SkipRows(9), &[], 5),
        (Behaviour::DoubleRows(1), &["2", "3", "2"], 5),
        (Behaviour::EmptyList, &[], 0),
        (Behaviour::TotalOff(2), &["2", "3"], 7),
        (Behaviour::TotalOff(-1), &["2", "3"], 4),
        (Behaviour::RepeatRows(1), &["1", "2"], 5),
    ];
    for (behaviour, rows, total) in cases {
        let answer = list_under(behaviour.clone()).await.unwrap();
        assert_eq!(answer.status, 200, "{behaviour:?}");
        assert_eq!(answer.at("/resultCount"), total, "{behaviour:?}");
        let listed = answer.rows("/results").into_iter();
        let ids: Vec<_> = listed.map(|row| row["id"].clone()).collect();
        assert_eq!(ids, rows, "{behaviour:?}");
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
        let broke_off = error.is_body() || error.is_decode();
        assert_eq!(broke_off, mid_body, "{behaviour:?}: {error:?}");
        let customers = reteach.customers().len();
        assert_eq!(customers, usize::from(takes_effect), "{behaviour:?}");
        let status = reteach.requests()[0].status;
        assert_eq!(status, mid_body.then_some(201), "{behaviour:?}");
        // The next call works again.
        assert_eq!(create().send().await.status, 201);
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
    let ask = || Call::new("GET", &url).bearer(&token).try_send();
    assert_eq!(ask().await.unwrap().status, 200);
    drop(clone);
    while ask().await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn strikes_the_calls_it_is_set_for() {
    let fault = || Fault::new(Behaviour::Status(500, Body::Empty));
    let template = "/customer/{customerIdentifier}";
    // The calls: GET /customer/0, GET /customer, GET /customer/0, PUT /customer/0, GET /customer/0.
    let path = |path| fault().path(path);
    let cases = [
        ("the next", vec![fault()], "x...."),
        ("the second", vec![fault().nth(2)], ".x..."),
        ("three", vec![fault().times(3)], "xxx.."),
        (
            "two from the second",
            vec![fault().nth(2).times(2)],
            ".xx..",
        ),
        ("all", vec![fault().always()], "xxxxx"),
        ("a template", vec![path(template).always()], "x.xxx"),
        ("second of a template", vec![path(template).nth(2)], "..x.."),
        ("the list alone", vec![path("/customer").always()], ".x..."),
        ("all below a prefix", vec![path("/cust").always()], "xxxxx"),
        ("a prefix", vec![path("/customer/0").always()], "x.xxx"),
        (
            "a method",
            vec![fault().method(Method::PUT).always()],
            "...x.",
        ),
        ("another path", vec![path("/tags").always()], "....."),
        ("two faults", vec![fault(), fault().nth(2)], "x.x.."),
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
        for ((method, path), struck) in calls.into_iter().zip(struck.chars()) {
            let call = call(&reteach, &token, method, path).json(&json!({}));
            let fails = call.send().await.status == 500;
            assert_eq!(fails, struck == 'x', "{name}: {method} {path}");
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
    let query = [("page", "2"), ("limit", "10")];
    let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(log[0].query, query);
    assert_eq!(log[0].template, Some("/customer"));
    assert_eq!((log[1].template, &*log[1].path), (None, "/nothing"));
    assert_eq!((log[0].status, log[1].status), (Some(500), Some(404)));
    assert_eq!(log[1].sequence, log[0].sequence + 1);
    reteach.reset_log();
    call(&reteach, &token, "GET", "/me").send().await;
    assert_eq!(reteach.calls(Endpoint::ListCustomers), 0);
    assert_eq!(reteach.calls(Endpoint::Me), 1);
    assert_eq!(reteach.requests()[0].sequence, log[1].sequence + 1);
}

/// Under a paused clock: an hour passes as soon as nothing else is left to do.
#[tokio::test(start_paused = true)]
async fn answers_late_by_its_latency_and_by_a_fault() {
    let (reteach, token) = academy(0).await;
    let hour = Duration::from_secs(3_600);
    let started = tokio::time::Instant::now();
    let me = || call(&reteach, &token, "GET", "/me").send();
    reteach.set_latency(hour);
    assert_eq!(me().await.status, 200);
    assert!((hour..hour * 2).contains(&started.elapsed()));
    reteach.fail(Fault::new(Behaviour::Slow(hour)));
    assert_eq!(me().await.status, 200);
    assert!((hour * 3..hour * 4).contains(&started.elapsed()));
}
