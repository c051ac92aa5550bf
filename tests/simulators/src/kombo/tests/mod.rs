mod categories;
mod connect;
mod documents;
mod forms;
mod mirror;
mod passthrough;
mod quirks;
mod snapshot;

use std::collections::BTreeSet;

use jiff::civil::date;
use serde_json::{Value, json};

use super::{Condition, Kombo};
use crate::people::{self, Person};
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
    answer.rows("/data/results")
}

fn remote_ids(answer: &Answer) -> BTreeSet<String> {
    let ids = rows(answer).into_iter();
    ids.map(|row| row["remote_id"].as_str().unwrap().to_owned())
        .collect()
}

fn code(answer: &Answer) -> Value {
    answer.at("/error/code")
}

/// Asserts the status and Kombo's error code, which is empty where it has none.
fn assert_refused(answer: &Answer, status: u16, expected: &str, about: &str) {
    let code = code(answer);
    let code = code.as_str().unwrap_or_default();
    assert_eq!((answer.status, code), (status, expected), "{about}");
}

/// The cursor of the next page, for a query.
fn next(answer: &Answer) -> Option<String> {
    let next = answer.at("/data/next");
    Some(next.as_str()?.replace('=', "%3D").replace('+', "%2B"))
}

#[tokio::test]
async fn checks_the_key_the_integration_and_the_path() {
    let env = environment(vec![]).await;
    let base = env.kombo.base_url();
    let employees = format!("{base}/hris/employees");
    let get = |path: &str| Call::new("GET", &format!("{base}{path}")).bearer("key");
    let one = format!("/integrations/{ID}");
    let unknown = "PLATFORM.INTEGRATION_NOT_FOUND";
    let foreign = get("/hris/employees").header("X-Integration-Id", "personio:none");
    let (bare, delete) = (
        Call::new("GET", &employees),
        Call::new("DELETE", &employees),
    );
    let cases = [
        (get("/check-api-key"), 200, ""),
        (get(&one), 200, ""),
        (get("/integrations/none"), 404, unknown),
        (get("/hris/employees"), 400, "PLATFORM.INPUT_INVALID"),
        (foreign, 404, unknown),
        (bare, 401, "PLATFORM.AUTHENTICATION_INVALID"),
        (get("/hris/people"), 404, ""),
        (delete.bearer("key"), 404, ""),
    ];
    for (call, status, expected) in cases {
        let answer = call.send().await;
        assert_refused(&answer, status, expected, "");
        let word = if status == 200 { "success" } else { "error" };
        assert_eq!(answer.at("/status"), word);
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
    let both = (&row["last_name"], &row["first_name"]);
    assert_eq!(both, (&Value::Null, &json!("A")));
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
        cursor = next(&answer);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (250, 3));
    let foreign = next(&env.employees("include_deleted=true").await).unwrap();
    for cursor in [foreign.as_str(), "nonsense"] {
        let answer = env.employees(&format!("cursor={cursor}")).await;
        assert_refused(&answer, 400, "PLATFORM.INPUT_INVALID", cursor);
    }
}

#[tokio::test]
async fn checks_and_applies_the_parameters_of_a_list() {
    let env = environment(people::demo(300, 1, date(2026, 3, 16))).await;
    let cases = [
        ("", 200, 100),
        ("page_size=250", 200, 250),
        ("page_size=1", 200, 1),
        ("employment_statuses=INACTIVE", 400, 0),
        ("remote_ids=1001,1002,9", 200, 2),
        ("page_size=251", 400, 0),
        ("page_size=0", 400, 0),
        ("include_deleted=yes", 400, 0),
        ("updated_after=2026-01-01T00:00:00.000Z", 400, 0),
        ("limit=5", 400, 0),
    ];
    for (query, status, count) in cases {
        let answer = env.employees(query).await;
        let listed = (answer.status, rows(&answer).len());
        assert_eq!(listed, (status, count), "{query}");
    }
}

#[tokio::test]
async fn says_what_condition_an_integration_is_in() {
    let env = environment(vec![]).await;
    let revoked = "INTEGRATION.AUTHENTICATION_INVALID";
    let pending = "INTEGRATION.SETUP_SYNC_PENDING";
    let (incomplete, failed) = ("INTEGRATION.SETUP_INCOMPLETE", "INTEGRATION.QA_FAILED");
    let (active, completed, off) = ("ACTIVE", "COMPLETED", "INTEGRATION.INACTIVE");
    use Condition::{Active, Inactive, Invalid, QaFailed, SetupIncomplete, SetupSyncPending};
    let cases = [
        (Active, 200, "", active, completed),
        (SetupSyncPending, 409, pending, active, "FINAL_SYNC_PENDING"),
        (SetupIncomplete, 409, incomplete, active, "INCOMPLETE"),
        (QaFailed, 409, failed, active, completed),
        (Invalid, 403, revoked, "INVALID", completed),
        (Inactive, 403, off, "INACTIVE", completed),
    ];
    for (condition, status, expected, state, setup) in cases {
        env.kombo.set_condition(ID, condition);
        let read = env.employees("").await;
        let passed = env.pass(json!({"method": "GET", "path": "/company/employees"}));
        for answer in [read, passed.await] {
            assert_refused(&answer, status, expected, &format!("{condition:?}"));
        }
        let shown = env.call("GET", &format!("/integrations/{ID}")).send().await;
        let shown = ["/data/status", "/data/setup_status"].map(|pointer| shown.at(pointer));
        assert_eq!(shown, [state, setup], "{condition:?}");
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
    assert_refused(&over, 429, "PLATFORM.RATE_LIMIT_EXCEEDED", "");
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
    let id = "/data/results/0/id";
    assert_ne!(theirs.at(id), ours.at(id));
    env.kombo.detach("personio:other");
    assert_eq!(env.employees("").await.status, 200);
}

#[tokio::test]
async fn bends_its_lists_under_faults() {
    let env = environment((1..=5).map(|id| Person::new(id, "A", "B")).collect()).await;
    let all = rows(&env.employees("").await);
    let next = next(&env.employees("page_size=2").await).unwrap();
    let cases = [
        (Behaviour::RepeatRows(1), vec![1, 2], true),
        (Behaviour::RepeatRows(9), vec![0, 1], true),
        (Behaviour::DropRows(1), vec![2], true),
        (Behaviour::EmptyList, vec![], false),
    ];
    for (behaviour, shown, more) in cases {
        env.kombo.fail(Fault::new(behaviour.clone()));
        let page = env.employees(&format!("page_size=2&cursor={next}")).await;
        let expected: Vec<Value> = shown
            .into_iter()
            .map(|row: usize| all[row].clone())
            .collect();
        assert_eq!(rows(&page), expected, "{behaviour:?}");
        assert_eq!(page.at("/data/next").is_string(), more, "{behaviour:?}");
    }
}
