mod categories;
mod connect;
mod documents;
mod forms;
mod mirror;
mod passthrough;
mod snapshot;

use std::collections::BTreeSet;

use jiff::civil::date;
use serde_json::{Value, json};

use super::{Condition, Kombo};
use crate::people::{self, Person, Status};
use crate::testing::{Answer, Call, ManualClock};
use crate::{Behaviour, Fault, Pacing, Personio};

const ID: &str = "personio:CBNMt7dSNCzBdnRTx87dev4E";

struct Environment {
    kombo: Kombo,
    personio: Personio,
    clock: ManualClock,
}

async fn environment(people: Vec<Person>) -> Environment {
    let clock = ManualClock::at("2026-03-16T10:00:00Z");
    let personio = Personio::start(clock.clock()).await.unwrap();
    personio.add_credentials("id", "secret");
    personio.put_all(people);
    let kombo = Kombo::start(clock.clock()).await.unwrap();
    kombo.add_api_key("key");
    kombo.attach(ID, &personio, "id", "secret");
    Environment {
        kombo,
        personio,
        clock,
    }
}

impl Environment {
    fn call(&self, method: &str, path: &str) -> Call {
        let url = format!("{}{path}", self.kombo.base_url());
        Call::new(method, &url)
            .bearer("key")
            .header("X-Integration-Id", ID)
    }

    async fn employees(&self, query: &str) -> Answer {
        self.call("GET", &format!("/hris/employees?{query}"))
            .send()
            .await
    }

    async fn pass(&self, body: Value) -> Answer {
        self.call("POST", "/passthrough/personio/personnel")
            .json(&body)
            .send()
            .await
    }
}

fn rows(answer: &Answer) -> Vec<Value> {
    answer
        .at("/data/results")
        .as_array()
        .cloned()
        .unwrap_or_default()
}

fn remote_ids(answer: &Answer) -> BTreeSet<String> {
    rows(answer)
        .iter()
        .map(|row| row["remote_id"].as_str().unwrap().to_owned())
        .collect()
}

fn code(answer: &Answer) -> Value {
    answer.at("/error/code")
}

#[tokio::test]
async fn checks_the_key_the_integration_and_the_path() {
    let env = environment(vec![]).await;
    let base = env.kombo.base_url();
    let employees = format!("{base}/hris/employees");
    let with_key = |method: &str, url: &str| Call::new(method, url).bearer("key");
    let cases = [
        (
            with_key("GET", &format!("{base}/check-api-key")),
            200,
            Value::Null,
        ),
        (
            with_key("GET", &format!("{base}/integrations/{ID}")),
            200,
            Value::Null,
        ),
        (
            with_key("GET", &format!("{base}/integrations/none")),
            404,
            json!("PLATFORM.INTEGRATION_NOT_FOUND"),
        ),
        (
            with_key("GET", &employees),
            400,
            json!("PLATFORM.INPUT_INVALID"),
        ),
        (
            with_key("GET", &employees).header("X-Integration-Id", "personio:none"),
            404,
            json!("PLATFORM.INTEGRATION_NOT_FOUND"),
        ),
        (
            Call::new("GET", &employees),
            401,
            json!("PLATFORM.AUTHENTICATION_INVALID"),
        ),
        (
            with_key("GET", &format!("{base}/hris/people")),
            404,
            Value::Null,
        ),
        (with_key("DELETE", &employees), 404, Value::Null),
    ];
    for (call, status, expected) in cases {
        let answer = call.send().await;
        assert_eq!((answer.status, code(&answer)), (status, expected));
        assert_eq!(
            answer.at("/status"),
            json!(if status == 200 { "success" } else { "error" })
        );
    }
    env.kombo.revoke_api_key("key");
    assert_eq!(env.call("GET", "/check-api-key").send().await.status, 401);
}

#[tokio::test]
async fn leaves_out_or_nulls_what_it_does_not_have() {
    let without = |id| Person {
        email: None,
        ..Person::new(id, "A", "B")
    };
    let env = environment((1..=3).map(without).collect()).await;
    let answer = env.employees("").await;
    let find = |id: &str| {
        rows(&answer)
            .into_iter()
            .find(|row| row["remote_id"] == id)
            .unwrap()
    };
    assert_eq!(find("1").get("work_email"), Some(&Value::Null));
    assert_eq!(find("3").get("work_email"), None);
    env.personio.revoke(&["last_name", "status"]);
    env.kombo.mirror(ID);
    let row = env.employees("").await.at("/data/results/0");
    assert_eq!(
        (&row["last_name"], &row["first_name"]),
        (&Value::Null, &json!("A"))
    );
}

#[tokio::test]
async fn pages_by_a_cursor_that_is_bound_to_its_filters() {
    let env = environment(people::demo(250, 1, date(2026, 3, 16))).await;
    let mut seen = BTreeSet::new();
    let (mut cursor, mut pages) = (None::<String>, 0);
    loop {
        let query = cursor
            .take()
            .map(|next| format!("&cursor={next}"))
            .unwrap_or_default();
        let answer = env
            .employees(&format!("include_deleted=true&page_size=100{query}"))
            .await;
        seen.extend(remote_ids(&answer));
        pages += 1;
        match answer.at("/data/next") {
            Value::String(next) => cursor = Some(next.replace('=', "%3D").replace('+', "%2B")),
            _ => break,
        }
    }
    assert_eq!((seen.len(), pages), (250, 3));
    let next = env.employees("include_deleted=true").await.at("/data/next");
    let next = next
        .as_str()
        .unwrap()
        .replace('=', "%3D")
        .replace('+', "%2B");
    assert_eq!(
        code(&env.employees(&format!("cursor={next}")).await),
        json!("PLATFORM.INPUT_INVALID")
    );
    assert_eq!(
        code(&env.employees("cursor=nonsense").await),
        json!("PLATFORM.INPUT_INVALID")
    );
}

#[tokio::test]
async fn checks_and_applies_the_parameters_of_a_list() {
    let env = environment(people::demo(300, 1, date(2026, 3, 16))).await;
    let left = env
        .personio
        .people()
        .iter()
        .filter(|person| person.status == Status::Inactive)
        .count();
    let cases = [
        ("", 200, 100),
        ("page_size=250", 200, 250),
        ("page_size=1", 200, 1),
        ("page_size=250&employment_statuses=INACTIVE", 200, left),
        ("remote_ids=1001,1002,9", 200, 2),
        ("page_size=251", 400, 0),
        ("page_size=0", 400, 0),
        ("include_deleted=yes", 400, 0),
        ("updated_after=yesterday", 400, 0),
        ("limit=5", 400, 0),
    ];
    for (query, status, count) in cases {
        let answer = env.employees(query).await;
        assert_eq!(
            (answer.status, rows(&answer).len()),
            (status, count),
            "{query}"
        );
    }
}

#[tokio::test]
async fn says_what_condition_an_integration_is_in() {
    let env = environment(vec![]).await;
    let cases = [
        (Condition::Active, 200, Value::Null, "ACTIVE", "COMPLETED"),
        (
            Condition::SetupSyncPending,
            409,
            json!("INTEGRATION.SETUP_SYNC_PENDING"),
            "ACTIVE",
            "FINAL_SYNC_PENDING",
        ),
        (
            Condition::SetupIncomplete,
            409,
            json!("INTEGRATION.SETUP_INCOMPLETE"),
            "ACTIVE",
            "INCOMPLETE",
        ),
        (
            Condition::QaFailed,
            409,
            json!("INTEGRATION.QA_FAILED"),
            "ACTIVE",
            "COMPLETED",
        ),
        (
            Condition::Invalid,
            403,
            json!("INTEGRATION.AUTHENTICATION_INVALID"),
            "INVALID",
            "COMPLETED",
        ),
        (
            Condition::Inactive,
            403,
            json!("INTEGRATION.INACTIVE"),
            "INACTIVE",
            "COMPLETED",
        ),
    ];
    for (condition, status, expected, state, setup) in cases {
        env.kombo.set_condition(ID, condition);
        let read = env.employees("").await;
        assert_eq!(
            (read.status, code(&read)),
            (status, expected.clone()),
            "{condition:?}"
        );
        let passed = env
            .pass(json!({"method": "GET", "path": "/company/employees"}))
            .await;
        assert_eq!(
            (passed.status, code(&passed)),
            (status, expected),
            "{condition:?}"
        );
        let shown = env.call("GET", &format!("/integrations/{ID}")).send().await;
        assert_eq!(shown.at("/data/status"), json!(state), "{condition:?}");
        assert_eq!(
            shown.at("/data/setup_status"),
            json!(setup),
            "{condition:?}"
        );
    }
}

#[tokio::test]
async fn says_how_much_of_the_rate_limit_is_left() {
    let env = environment(vec![]).await;
    env.kombo.set_pacing(Pacing::Simulated);
    env.kombo.limit_per_minute(2);
    let headers = |answer: &Answer| {
        ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
            .map(|name| answer.header(name).unwrap().to_owned())
    };
    assert_eq!(headers(&env.employees("").await), ["2", "1", "60"]);
    env.clock.advance(20);
    assert_eq!(headers(&env.employees("").await), ["2", "0", "40"]);
    let over = env.employees("").await;
    assert_eq!(
        (over.status, code(&over)),
        (429, json!("PLATFORM.RATE_LIMIT_EXCEEDED"))
    );
    assert_eq!(headers(&over), ["2", "0", "40"]);
    env.clock.advance(40);
    assert_eq!(headers(&env.employees("").await), ["2", "0", "20"]);
}

#[tokio::test]
async fn keeps_tenants_apart() {
    let env = environment(vec![Person::new(1, "A", "B")]).await;
    let other = Personio::start(env.clock.clock()).await.unwrap();
    other.add_credentials("id2", "secret2");
    other.put(Person::new(1, "Other", "Company"));
    env.kombo.attach("personio:other", &other, "id2", "secret2");
    let url = format!("{}/hris/employees", env.kombo.base_url());
    let theirs = Call::new("GET", &url)
        .bearer("key")
        .header("X-Integration-Id", "personio:other")
        .send()
        .await;
    let ours = env.employees("").await;
    assert_eq!(theirs.at("/data/results/0/first_name"), json!("Other"));
    assert_ne!(
        theirs.at("/data/results/0/id"),
        ours.at("/data/results/0/id")
    );
    env.kombo.detach("personio:other");
    assert_eq!(env.employees("").await.status, 200);
}

#[tokio::test]
async fn bends_its_lists_under_faults() {
    let env = environment((1..=5).map(|id| Person::new(id, "A", "B")).collect()).await;
    let all = rows(&env.employees("").await);
    let first = env.employees("page_size=2").await;
    let next = first
        .at("/data/next")
        .as_str()
        .unwrap()
        .replace('=', "%3D")
        .replace('+', "%2B");
    let cases = [
        (Behaviour::RepeatRows(1), vec![1, 2], true),
        (Behaviour::RepeatRows(9), vec![0, 1], true),
        (Behaviour::DropRows(1), vec![2], true),
        (Behaviour::EmptyList, vec![], false),
    ];
    for (behaviour, shown, more) in cases {
        env.kombo.fail(Fault::new(behaviour.clone()));
        let page = env.employees(&format!("page_size=2&cursor={next}")).await;
        let expected: Vec<&Value> = shown.iter().map(|row: &usize| &all[*row]).collect();
        assert_eq!(
            rows(&page).iter().collect::<Vec<_>>(),
            expected,
            "{behaviour:?}"
        );
        assert_eq!(page.at("/data/next").is_string(), more, "{behaviour:?}");
    }
}
