//! The scissors at a server, and at one behind another.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::personio::Personio;
use crate::testing::{Call, ManualClock};
use crate::{Cut, CutRun, Kombo, Moment, Point, Proxy, Reteach, Scissors};

async fn academy(scissors: &Scissors) -> (Reteach, String) {
    let reteach = Reteach::start(ManualClock::at("2026-03-16T10:00:00Z").clock())
        .await
        .unwrap();
    reteach.add_credentials("id", "secret", "code");
    reteach.cut_by(scissors);
    let body = json!({"grant_type": "authorization_code", "code": "code", "client_id": "id", "client_secret": "secret"});
    let url = format!("{}/oauth/authorize", reteach.base_url());
    let token = Call::new("POST", &url)
        .json(&body)
        .send()
        .await
        .at("/access_token");
    (reteach, token.as_str().unwrap().to_owned())
}

/// Creates two accounts, one after the other, and says which were answered.
async fn two(reteach: &Reteach, token: &str) -> [bool; 2] {
    let create = async |name: &str| {
        let call = Call::new("POST", &format!("{}/customer", reteach.base_url())).bearer(token);
        call.json(&json!({"userName": name}))
            .try_send()
            .await
            .is_ok()
    };
    [create("one").await, create("two").await]
}

fn point(step: usize, moment: Moment, cut: Cut) -> Point {
    Point { step, moment, cut }
}

#[tokio::test]
async fn cuts_at_each_step_before_or_after_its_effect() {
    use Cut::{CloseConnection, Kill};
    use Moment::{After, Before};
    let cases = [
        (point(0, Before, Kill), true, None, vec![]),
        (point(0, After, Kill), true, None, vec!["one"]),
        (point(1, Before, Kill), true, None, vec!["one"]),
        (point(1, After, Kill), true, None, vec!["one", "two"]),
        (
            point(2, Before, Kill),
            false,
            Some([true, true]),
            vec!["one", "two"],
        ),
        (
            point(0, Before, CloseConnection),
            true,
            Some([false, true]),
            vec!["two"],
        ),
        (
            point(0, After, CloseConnection),
            true,
            Some([false, true]),
            vec!["one", "two"],
        ),
        (
            point(1, Before, CloseConnection),
            true,
            Some([true, false]),
            vec!["one"],
        ),
        (
            point(2, Before, CloseConnection),
            false,
            Some([true, true]),
            vec!["one", "two"],
        ),
    ];
    for (point, is_cut, answered, accounts) in cases {
        let scissors = Scissors::default();
        let (reteach, token) = academy(&scissors).await;
        let CutRun { cut, ran } = scissors.cut_at(point, two(&reteach, &token)).await;
        assert_eq!(
            cut.as_deref(),
            is_cut.then_some("reteach POST /customer"),
            "{point:?}"
        );
        assert_eq!(ran, answered, "{point:?}");
        let held: Vec<_> = reteach
            .customers()
            .into_iter()
            .filter_map(|it| it.user_name)
            .collect();
        assert_eq!(held, accounts, "{point:?}");
    }
}

#[tokio::test]
async fn what_a_killed_run_has_asked_at_the_same_time_is_over_too() {
    let scissors = Scissors::default();
    let (reteach, token) = academy(&scissors).await;
    let many = futures::future::join_all((0..20).map(|_| two(&reteach, &token)));
    let killed = scissors
        .cut_at(point(5, Moment::Before, Cut::Kill), many)
        .await;
    assert!(killed.ran.is_none());
    let (accounts, calls) = (reteach.customers().len(), reteach.requests().len());
    // The next run is nobody's to cut, and is answered.
    assert_eq!(two(&reteach, &token).await, [true, true]);
    assert!(accounts <= 2 && reteach.customers().len() == 2);
    assert_eq!(
        reteach.requests().len(),
        calls + 2,
        "nothing of the killed run comes in later"
    );
}

/// An upload whose body never ends.
async fn endless(reteach: &Reteach, token: &str) -> bool {
    let body = futures::stream::pending::<std::io::Result<bytes::Bytes>>();
    let call = Call::new("POST", &format!("{}/customer", reteach.base_url())).bearer(token);
    call.body(reqwest::Body::wrap_stream(body))
        .try_send()
        .await
        .is_ok()
}

#[tokio::test]
async fn a_step_begins_with_the_head_of_a_request_and_its_body_ends_with_the_run() {
    let scissors = Scissors::default();
    let (reteach, token) = academy(&scissors).await;
    let killed = scissors
        .cut_at(
            point(0, Moment::Before, Cut::Kill),
            endless(&reteach, &token),
        )
        .await;
    assert!(killed.cut.is_some() && killed.ran.is_none());
    let both = futures::future::join(endless(&reteach, &token), two(&reteach, &token));
    let killed = scissors
        .cut_at(point(2, Moment::Before, Cut::Kill), both)
        .await;
    assert!(killed.cut.is_some() && killed.ran.is_none());
    assert_eq!(reteach.customers().len(), 1);
    let closed = point(0, Moment::Before, Cut::CloseConnection);
    assert_eq!(
        scissors.cut_at(closed, endless(&reteach, &token)).await.ran,
        Some(false)
    );
}

#[tokio::test]
async fn a_call_behind_a_call_is_a_step_of_its_own() {
    let clock = ManualClock::at("2026-03-16T10:00:00Z");
    let scissors = Scissors::default();
    let personio = Personio::start(clock.clock()).await.unwrap();
    personio.add_credentials("papi", "secret");
    let kombo = Kombo::start(clock.clock()).await.unwrap();
    kombo.add_api_key("key");
    kombo.attach("personio:1", &personio, "papi", "secret");
    personio.cut_by(&scissors);
    kombo.cut_by(&scissors);
    let url = format!("{}/passthrough/personio/personnel", kombo.base_url());
    let ask = || {
        let call = Call::new("POST", &url)
            .bearer("key")
            .header("x-integration-id", "personio:1");
        call.json(&json!({"method": "GET", "path": "/company/employees"}))
            .try_send()
    };
    let inner = "Personio GET /v1/company/employees";
    for (moment, calls) in [(Moment::Before, 0), (Moment::After, 1)] {
        personio.reset_log();
        let killed = scissors.cut_at(point(1, moment, Cut::Kill), ask()).await;
        assert_eq!(
            (killed.cut.as_deref(), killed.ran.is_none()),
            (Some(inner), true)
        );
        assert_eq!(
            scissors.steps(),
            ["Kombo POST /v1/passthrough/{tool}/{api}", inner]
        );
        assert_eq!(personio.requests().len(), calls, "{moment:?}");
    }
    let closed = scissors
        .cut_at(point(1, Moment::Before, Cut::CloseConnection), ask())
        .await;
    assert_eq!(
        closed.ran.unwrap().unwrap().status,
        503,
        "Kombo says that Personio cannot be reached"
    );
    assert_eq!(ask().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_proxy_makes_the_calls_of_an_aws_service_steps() {
    let scissors = Scissors::default();
    let (reteach, _) = academy(&Scissors::default()).await;
    let proxy = Proxy::start("DynamoDB", reteach.base_url(), Some(&scissors), None)
        .await
        .unwrap();
    let ask = || {
        Call::new("POST", &proxy.base_url())
            .header("x-amz-target", "DynamoDB_20120810.PutItem")
            .try_send()
    };
    for (moment, calls) in [(Moment::Before, 0), (Moment::After, 1)] {
        reteach.reset_log();
        let killed = scissors.cut_at(point(0, moment, Cut::Kill), ask()).await;
        assert_eq!(killed.cut.as_deref(), Some("DynamoDB PutItem"));
        assert_eq!(reteach.requests().len(), calls, "{moment:?}");
    }
    assert_eq!(ask().await.unwrap().status, 404, "the service's own answer");
    assert!(
        reteach
            .requests()
            .iter()
            .all(|request| request.method == Method::POST)
    );
}

#[tokio::test]
async fn a_server_that_is_sent_away_is_gone_for_that_long() {
    let scissors = Scissors::default();
    let (reteach, token) = academy(&scissors).await;
    scissors.send_away("Personio", Duration::from_secs(3_600));
    assert_eq!(two(&reteach, &token).await, [true; 2]);
    scissors.send_away("reteach", Duration::from_secs(3_600));
    assert_eq!(two(&reteach, &token).await, [false; 2]);
    assert_eq!(reteach.customers().len(), 2);
}
