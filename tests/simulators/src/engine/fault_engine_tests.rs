//! The engine at a server, and at one behind another.

use std::time::Duration;

use serde_json::json;

use super::exchange::Request;
use super::fault::CallInfo;
use crate::personio::Personio;
use crate::testing::{self, Call, ManualClock};
use crate::{Behaviour, Fault, FaultEngine, Interrupted, Kombo, Moment, Proxy, Reteach};

async fn academy(engine: &FaultEngine) -> (Reteach, String) {
    testing::academy(Some(engine)).await
}

/// Creates two accounts, one after the other. Returns which calls were answered.
async fn two(reteach: &Reteach, token: &str) -> [bool; 2] {
    let create = async |name: &str| {
        let call = Call::new("POST", &format!("{}/customer", reteach.base_url())).bearer(token);
        let call = call.json(&json!({"userName": name}));
        call.try_send().await.is_ok()
    };
    [create("one").await, create("two").await]
}

fn get(path: &str) -> Request {
    let (headers, body) = (http::HeaderMap::new(), bytes::Bytes::new());
    Request::new(http::Method::GET, path.to_owned(), None, headers, body)
}

fn user_names(reteach: &Reteach) -> Vec<String> {
    let customers = reteach.customers().into_iter();
    customers
        .filter_map(|customer| customer.user_name)
        .collect()
}

/// The run is killed at its call with this number.
fn kill(call: usize, moment: Moment) -> Fault {
    Fault::new(Behaviour::Kill(moment)).nth(call)
}

#[tokio::test]
async fn a_run_is_interrupted_at_any_call_on_either_side_of_its_effect() {
    use Moment::{After, Before};
    let close = |call| Fault::new(Behaviour::Close).nth(call);
    let lose_reply = |call| Fault::new(Behaviour::LoseReply).nth(call);
    let both: &[&str] = &["one", "two"];
    for (fault, struck, answered, accounts) in [
        (kill(1, Before), Some(1), None, &[] as &[&str]),
        (kill(1, After), Some(1), None, &["one"]),
        (kill(2, Before), Some(2), None, &["one"]),
        (kill(2, After), Some(2), None, both),
        (kill(3, Before), None, Some([true, true]), both),
        (close(1), Some(1), Some([false, true]), &["two"]),
        (lose_reply(1), Some(1), Some([false, true]), both),
        (close(2), Some(2), Some([true, false]), &["one"]),
        (close(3), None, Some([true, true]), both),
    ] {
        let engine = FaultEngine::default();
        let (reteach, token) = academy(&engine).await;
        let run = two(&reteach, &token);
        let Interrupted { at, ran } = engine.interrupt(fault.clone(), run).await;
        let expected = struck.map(|nth| format!("reteach POST /customer#{nth}"));
        assert_eq!(at.map(|call| call.to_string()), expected, "{fault:?}");
        assert_eq!(ran, answered, "{fault:?}");
        assert_eq!(user_names(&reteach), accounts, "{fault:?}");
    }
}

#[tokio::test]
async fn concurrent_calls_of_a_killed_run_have_no_further_effect() {
    let engine = FaultEngine::default();
    let (reteach, token) = academy(&engine).await;
    let many = futures::future::join_all((0..20).map(|_| two(&reteach, &token)));
    let killed = engine.interrupt(kill(6, Moment::Before), many).await;
    assert!(killed.ran.is_none());
    let (accounts, calls) = (reteach.customers().len(), reteach.requests().len());
    assert_eq!(two(&reteach, &token).await, [true, true]);
    assert!(accounts <= 2 && reteach.customers().len() == 2);
    let later = reteach.requests().len();
    assert_eq!(later, calls + 2, "nothing of the killed run arrives later");
}

#[tokio::test]
async fn a_call_that_outlives_its_run_strikes_nobody() {
    let engine = FaultEngine::default();
    let (reteach, token) = academy(&engine).await;
    for behaviour in [
        Behaviour::Kill(Moment::After),
        Behaviour::Hold(Moment::After),
    ] {
        for next_begins in [false, true] {
            let request = get("/me");
            let call = CallInfo {
                name: "reteach GET /me",
                request: &request,
                template: Some("/me"),
                is_template: |_| true,
            };
            engine.begin(Some(Fault::new(behaviour.clone())));
            let late = engine.admit(&call).await.unwrap();
            engine.end();
            if next_begins {
                engine.begin(None);
            }
            let left = tokio::time::timeout(Duration::from_secs(1), engine.leave(late)).await;
            assert_eq!(left, Ok(true), "{behaviour:?}, {next_begins}");
            engine.end();
            assert_eq!(two(&reteach, &token).await, [true, true]);
        }
    }
}

#[tokio::test]
async fn an_upload_whose_body_never_ends_is_over_with_its_run() {
    let engine = FaultEngine::default();
    let (reteach, token) = academy(&engine).await;
    let body = futures::stream::pending::<std::io::Result<bytes::Bytes>>();
    let call = Call::new("POST", &format!("{}/customer", reteach.base_url())).bearer(&token);
    let endless = call.body(reqwest::Body::wrap_stream(body)).try_send();
    let both = futures::future::join(endless, two(&reteach, &token));
    let killed = engine.interrupt(kill(2, Moment::Before), both).await;
    assert!(killed.at.is_some() && killed.ran.is_none());
    assert_eq!(user_names(&reteach), ["one"]);
}

#[tokio::test]
async fn a_call_behind_a_call_is_counted_and_interrupted_as_its_own() {
    let clock = ManualClock::at("2026-03-16T10:00:00Z");
    let engine = FaultEngine::default();
    let personio = Personio::start(clock.clock()).await.unwrap();
    personio.add_credentials("papi", "secret");
    let kombo = Kombo::start(clock.clock()).await.unwrap();
    kombo.add_api_key("key");
    kombo.attach("personio:1", &personio, "papi", "secret");
    personio.join(&engine);
    kombo.join(&engine);
    let url = format!("{}/passthrough/personio/personnel", kombo.base_url());
    let ask = || {
        let call = Call::new("POST", &url)
            .bearer("key")
            .header("x-integration-id", "personio:1");
        call.json(&json!({"method": "GET", "path": "/company/employees"}))
            .try_send()
    };
    let inner = "Personio GET /v1/company/employees";
    engine.begin(None);
    assert_eq!(ask().await.unwrap().status, 200);
    let names = engine.end().0.into_iter().map(|call| call.name);
    let outer = "Kombo POST /v1/passthrough/{tool}/{api}";
    assert_eq!(names.collect::<Vec<_>>(), [outer, inner]);
    for (moment, calls) in [(Moment::Before, 0), (Moment::After, 1)] {
        personio.reset_log();
        let killed = engine.interrupt(kill(2, moment), ask()).await;
        assert_eq!(killed.at.unwrap().name, inner);
        assert!(killed.ran.is_none());
        assert_eq!(personio.requests().len(), calls, "{moment:?}");
    }
    let close = Fault::new(Behaviour::Close).call(inner);
    let answer = engine.interrupt(close, ask()).await.ran.unwrap().unwrap();
    assert_eq!(answer.status, 503, "Kombo cannot reach Personio");
    assert_eq!(ask().await.unwrap().status, 200);
}

#[tokio::test]
async fn calls_through_a_proxy_are_interrupted_too() {
    let engine = FaultEngine::default();
    let (reteach, _) = academy(&FaultEngine::default()).await;
    let target = reteach.base_url();
    let proxy = Proxy::start("DynamoDB", target, Some(&engine), None).await;
    let proxy = proxy.unwrap();
    let ask = || {
        Call::new("POST", &proxy.base_url())
            .header("x-amz-target", "DynamoDB_20120810.PutItem")
            .try_send()
    };
    for (moment, calls) in [(Moment::Before, 0), (Moment::After, 1)] {
        reteach.reset_log();
        let killed = engine.interrupt(kill(1, moment), ask()).await;
        assert_eq!(killed.at.unwrap().to_string(), "DynamoDB PutItem#1");
        assert_eq!(reteach.requests().len(), calls, "{moment:?}");
    }
    assert_eq!(ask().await.unwrap().status, 404, "the service's own answer");
}

#[tokio::test]
async fn a_fault_strikes_by_name_number_and_body_wherever_the_call_arrives() {
    let engine = FaultEngine::default();
    let (reteach, token) = academy(&engine).await;
    let fault = || Fault::new(Behaviour::Close);
    for (fault, answered) in [
        (fault().calls("reteach ").nth(2), [true, false]),
        (fault().call("reteach POST /customer").always(), [false; 2]),
        (fault().call("reteach GET /customer").always(), [true; 2]),
        (fault().body(&["userName", "two"]), [true, false]),
        (fault().calls("Personio ").always(), [true; 2]),
    ] {
        engine.add(fault.clone());
        assert_eq!(two(&reteach, &token).await, answered, "{fault:?}");
        engine.clear_faults();
        for name in user_names(&reteach) {
            reteach.remove(&name);
        }
    }
}

#[tokio::test]
async fn a_held_call_waits_while_others_go_on() {
    for (moment, held) in [(Moment::Before, 0), (Moment::After, 1)] {
        let engine = FaultEngine::default();
        let (reteach, token) = academy(&engine).await;
        engine.begin(Some(Fault::new(Behaviour::Hold(moment))));
        let (_, answered) = futures::future::join(
            async {
                engine.held().await;
                assert_eq!(reteach.customers().len(), held, "{moment:?}");
                let url = format!("{}/me", reteach.base_url());
                let other = Call::new("GET", &url).bearer(&token).send().await;
                assert_eq!(other.status, 200);
                engine.release();
            },
            two(&reteach, &token),
        )
        .await;
        assert_eq!(answered, [true; 2]);
    }
}

#[tokio::test]
async fn a_server_that_is_taken_offline_refuses_connections() {
    let engine = FaultEngine::default();
    let (reteach, token) = academy(&engine).await;
    engine.take_offline("Personio", Duration::from_secs(3_600));
    assert_eq!(two(&reteach, &token).await, [true; 2]);
    engine.take_offline("reteach", Duration::from_secs(3_600));
    assert_eq!(two(&reteach, &token).await, [false; 2]);
    assert_eq!(reteach.customers().len(), 2);
}
