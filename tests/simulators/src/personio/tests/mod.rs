mod documents;
mod listing;
mod lost_uploads;
mod quirks;
mod snapshot;
mod tokens;

use std::collections::BTreeSet;

use jiff::civil::date;
use serde_json::{Value, json};

use super::{DEFAULT_GRANTS, Personio};
use crate::people::{self, Person, Status};
use crate::testing::{Answer, Call, ManualClock};
use crate::{Behaviour, Fault, Pacing};

const NOW: &str = "2026-03-16T10:00:00Z";

async fn account(people: Vec<Person>) -> (Personio, ManualClock) {
    let clock = ManualClock::at(NOW);
    let personio = Personio::start(clock.clock()).await.unwrap();
    personio.set_pacing(Pacing::Simulated);
    personio.add_credentials("id", "secret");
    personio.put_all(people);
    (personio, clock)
}

async fn login(personio: &Personio) -> Answer {
    let body = json!({"client_id": "id", "client_secret": "secret"});
    let url = format!("{}/v1/auth", personio.base_url());
    Call::new("POST", &url).json(&body).send().await
}

async fn token(personio: &Personio) -> String {
    let token = login(personio).await.at("/data/token");
    token.as_str().unwrap().to_owned()
}

async fn get(personio: &Personio, token: &str, path: &str) -> Answer {
    let url = format!("{}/v1/company/{path}", personio.base_url());
    Call::new("GET", &url).bearer(token).send().await
}

async fn employees(personio: &Personio, query: &str) -> Answer {
    let token = token(personio).await;
    get(personio, &token, &format!("employees?{query}")).await
}

/// The ids of the employees listed.
fn ids(answer: &Answer) -> Vec<u64> {
    let rows = answer.rows("/data").into_iter();
    let id = |row: Value| row.pointer("/attributes/id/value").unwrap().as_u64();
    rows.map(|row| id(row).unwrap()).collect()
}

/// The attributes of the only employee.
async fn attributes(personio: &Personio) -> Value {
    employees(personio, "").await.at("/data/0/attributes")
}

#[tokio::test]
async fn pages_by_record_in_an_order_that_is_not_the_ids() {
    let (personio, _) = account(people::demo(230, 1, date(2026, 3, 16))).await;
    let mut seen = Vec::new();
    for (page, rows) in [(0, 100), (1, 100), (2, 30), (3, 0)] {
        let answer = employees(&personio, &format!("limit=100&offset={}", page * 100)).await;
        let metadata = json!({"total_elements": 230, "current_page": page, "total_pages": 3});
        assert_eq!(answer.at("/metadata"), metadata);
        assert_eq!(answer.at("/offset"), page * 100);
        assert_eq!(answer.at("/limit"), 100);
        assert_eq!(ids(&answer).len(), rows);
        seen.extend(ids(&answer));
    }
    let sorted: BTreeSet<u64> = seen.iter().copied().collect();
    assert_eq!(sorted.len(), 230);
    assert!(!seen.is_sorted());
    let again = employees(&personio, "limit=100").await;
    assert_eq!(ids(&again), seen[..100]);
}

#[tokio::test]
async fn checks_the_parameters_of_a_list() {
    let (personio, clock) = account(people::demo(120, 1, date(2026, 3, 16))).await;
    let cases = [
        ("", 200, 50),
        ("limit=1", 200, 1),
        ("limit=100&offset=50", 200, 70),
        ("email=nobody@muster.example", 422, 0),
        ("limit=101", 422, 0),
        ("limit=0", 422, 0),
        ("limit=many", 422, 0),
        ("offset=-1", 422, 0),
        ("updated_since=2026-01-01", 422, 0),
        ("page=2", 422, 0),
    ];
    for (query, status, rows) in cases {
        let answer = employees(&personio, query).await;
        let listed = (answer.status, answer.rows("/data").len());
        assert_eq!(listed, (status, rows), "{query}");
        clock.advance(1);
    }
}

#[tokio::test]
async fn shows_readable_and_wanted_attributes_alone() {
    let (personio, _) = account(vec![Person::new(7, "Jürgen", "Weiß")]).await;
    let keys = async |query| {
        let answer = employees(&personio, query).await;
        answer.keys("/data/0/attributes")
    };
    let wanted = "attributes[]=last_name&attributes[]=email&attributes%5B%5D=unheard_of";
    assert_eq!(keys(wanted).await, ["email", "id", "last_name"]);
    personio.revoke(&["email"]);
    assert_eq!(keys(wanted).await, ["id", "last_name"]);
    assert!(!keys("").await.contains(&"email".to_owned()));
    personio.revoke(DEFAULT_GRANTS);
    let bare = json!({"id": {"label": "ID", "value": 7}});
    assert_eq!(attributes(&personio).await, bare);
    personio.grant(&["dynamic_24407"]);
    let own = json!({"label": "Titel", "value": null, "type": "standard", "universal_id": null});
    assert_eq!(attributes(&personio).await["dynamic_24407"], own);
}

#[tokio::test]
async fn shows_what_is_empty_in_more_than_one_way() {
    let empty = |id| Person {
        email: None,
        position: None,
        ..Person::new(id, "A", "B")
    };
    let (personio, _) = account((1..=10).map(empty).collect()).await;
    personio.grant(&["work_schedule", "cost_centers"]);
    let rows = employees(&personio, "").await.rows("/data");
    let shape = |value: &Value| match value {
        Value::Object(_) => "{}".to_owned(),
        value => value.to_string(),
    };
    for (key, shapes) in [
        ("email", &["\"\"", "null"] as &[&str]),
        ("position", &["\"\"", "null"]),
        ("office", &["[]", "null"]),
        ("work_schedule", &["\"\"", "[]", "null", "{}"]),
        ("cost_centers", &["[]"]),
    ] {
        let values = rows.iter().map(|row| &row["attributes"][key]["value"]);
        let seen: BTreeSet<String> = values.map(shape).collect();
        assert!(seen.iter().eq(shapes), "{key}: {seen:?}");
    }
}

#[tokio::test]
async fn shows_changes_at_once() {
    let (personio, _) = account(vec![Person::new(7, "Anna", "Groß")]).await;
    let value = async |key: &str| attributes(&personio).await[key]["value"].clone();
    assert_eq!(value("last_name").await, "Groß");
    assert!(personio.change(7, |person| person.last_name = "Klein".to_owned()));
    assert_eq!(value("last_name").await, "Klein");
    personio.set_raw(7, "last_name", json!("x".repeat(300)));
    personio.set_raw(7, "hire_date", json!("not a date"));
    assert_eq!(value("last_name").await, "x".repeat(300));
    assert_eq!(value("hire_date").await, "not a date");
    personio.clear_raw(7, "last_name");
    assert_eq!(value("last_name").await, "Klein");
    assert!(personio.remove(7));
    let nobody = employees(&personio, "").await;
    assert_eq!(nobody.at("/metadata/total_elements"), 0);
    assert!(!personio.change(7, |_| ()));
}

#[tokio::test]
async fn answers_for_one_employee_and_for_the_readable_attributes() {
    let (personio, _) = account(vec![Person::new(7, "Anna", "Groß")]).await;
    let token = token(&personio).await;
    let one = get(&personio, &token, "employees/7").await;
    assert_eq!(one.at("/data/attributes/last_name/value"), json!("Groß"));
    let bearer = format!("Bearer {token}");
    assert_eq!(one.header("authorization"), Some(bearer.as_str()));
    let none = get(&personio, &token, "employees/8").await;
    let missing = json!({"success": false, "error": {"code": 404, "message": "Es ist ein Problem aufgetreten "}});
    assert_eq!((none.status, none.body), (404, missing));
    personio.revoke(&["email"]);
    let answer = get(&personio, &token, "employees/attributes").await;
    let rows = answer.rows("/data");
    let shows = |key| rows.iter().any(|row| row["key"] == key);
    assert_eq!((shows("first_name"), shows("email")), (true, false));
}

#[tokio::test]
async fn moves_statuses_when_their_day_has_come() {
    let starts = Person {
        status: Status::Onboarding,
        hire_date: Some(date(2026, 3, 17)),
        ..Person::new(1, "Neu", "Beginn")
    };
    let ends = Person {
        termination_date: Some(date(2026, 3, 16)),
        ..Person::new(2, "Alt", "Ende")
    };
    let (personio, clock) = account(vec![starts, ends, Person::new(3, "Bleibt", "Da")]).await;
    // On the last day itself nothing happens.
    assert_eq!(personio.settle(), 0);
    clock.advance(86_400);
    assert_eq!(personio.settle(), 2);
    let statuses = personio.people().into_iter().map(|person| person.status);
    assert!(statuses.eq([Status::Active, Status::Inactive, Status::Active]));
}

#[tokio::test]
async fn bends_its_lists_under_faults() {
    let (personio, _) = account((1..=5).map(|id| Person::new(id, "A", "B")).collect()).await;
    let all = ids(&employees(&personio, "").await);
    let cases = [
        (Behaviour::RepeatRows(1), &all[1..3], 5, 3),
        (Behaviour::DropRows(1), &all[2..3], 5, 3),
        (Behaviour::TotalOff(-1), &all[2..4], 4, 3),
        (Behaviour::EmptyList, &all[..0], 0, 0),
    ];
    for (behaviour, shown, total, pages) in cases {
        personio.fail(Fault::new(behaviour.clone()).path("/v1/company/employees"));
        let page = employees(&personio, "limit=2&offset=2").await;
        assert_eq!(ids(&page), shown, "{behaviour:?}");
        let metadata = json!({"total_elements": total, "current_page": 1, "total_pages": pages});
        assert_eq!(page.at("/metadata"), metadata, "{behaviour:?}");
    }
}
