mod documents;
mod listing;
mod lost_uploads;
mod snapshot;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

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
    Call::new("POST", &format!("{}/v1/auth", personio.base_url()))
        .json(&body)
        .send()
        .await
}

async fn token(personio: &Personio) -> String {
    login(personio)
        .await
        .at("/data/token")
        .as_str()
        .unwrap()
        .to_owned()
}

async fn get(personio: &Personio, token: &str, path: &str) -> Answer {
    Call::new("GET", &format!("{}/v1/company/{path}", personio.base_url()))
        .bearer(token)
        .send()
        .await
}

async fn employees(personio: &Personio, query: &str) -> Answer {
    let token = token(personio).await;
    get(personio, &token, &format!("employees?{query}")).await
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
        assert_eq!(
            (answer.at("/offset"), answer.at("/limit")),
            (json!(page * 100), json!(100))
        );
        let ids: Vec<u64> = answer
            .at("/data")
            .as_array()
            .unwrap()
            .iter()
            .map(id)
            .collect();
        assert_eq!(ids.len(), rows);
        seen.extend(ids);
    }
    let sorted: BTreeSet<u64> = seen.iter().copied().collect();
    assert_eq!(sorted.len(), 230);
    assert!(!seen.is_sorted());
    let again = employees(&personio, "limit=100").await;
    assert!(
        again
            .at("/data")
            .as_array()
            .unwrap()
            .iter()
            .map(id)
            .eq(seen.into_iter().take(100))
    );
}

fn id(row: &Value) -> u64 {
    row.pointer("/attributes/id/value")
        .unwrap()
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn checks_the_parameters_of_a_list() {
    let (personio, clock) = account(people::demo(120, 1, date(2026, 3, 16))).await;
    let cases = [
        ("", 200, 50),
        ("limit=1", 200, 1),
        ("limit=100&offset=50", 200, 70),
        ("email=nobody@muster.example", 200, 0),
        ("limit=101", 422, 0),
        ("limit=0", 422, 0),
        ("limit=many", 422, 0),
        ("offset=-1", 422, 0),
        ("updated_since=2026-01-01", 422, 0),
        ("page=2", 422, 0),
    ];
    for (query, status, rows) in cases {
        let answer = employees(&personio, query).await;
        assert_eq!(answer.status, status, "{query}");
        assert_eq!(
            answer.at("/data").as_array().map_or(0, Vec::len),
            rows,
            "{query}"
        );
        clock.advance(1);
    }
}

#[tokio::test]
async fn shows_readable_and_wanted_attributes_alone() {
    let (personio, _) = account(vec![Person::new(7, "Jürgen", "Weiß")]).await;
    let keys = |answer: Answer| {
        answer
            .at("/data/0/attributes")
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    let wanted = "attributes[]=last_name&attributes[]=email&attributes%5B%5D=unheard_of";
    let set = |keys: &[&str]| {
        keys.iter()
            .map(|&key| key.to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        keys(employees(&personio, wanted).await),
        set(&["id", "last_name", "email"])
    );
    personio.revoke(&["email"]);
    assert_eq!(
        keys(employees(&personio, wanted).await),
        set(&["id", "last_name"])
    );
    assert!(!keys(employees(&personio, "").await).contains("email"));
    personio.revoke(DEFAULT_GRANTS);
    let bare = employees(&personio, "").await;
    assert_eq!(
        bare.at("/data/0/attributes"),
        json!({"id": {"label": "ID", "value": 7}})
    );
    personio.grant(&["dynamic_24407"]);
    let own = employees(&personio, "")
        .await
        .at("/data/0/attributes/dynamic_24407");
    assert_eq!(
        own,
        json!({"label": "Titel", "value": null, "type": "standard", "universal_id": null})
    );
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
    let answer = employees(&personio, "").await;
    let mut shapes: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in answer.at("/data").as_array().unwrap() {
        for key in [
            "email",
            "position",
            "office",
            "work_schedule",
            "cost_centers",
        ] {
            let value = row.pointer(&format!("/attributes/{key}/value")).unwrap();
            let shape = if value.is_object() {
                "{}".to_owned()
            } else {
                value.to_string()
            };
            shapes.entry(key).or_default().insert(shape);
        }
    }
    let set = |shapes: &[&str]| {
        shapes
            .iter()
            .map(|&shape| shape.to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(shapes["email"], set(&["\"\"", "null"]));
    assert_eq!(shapes["position"], set(&["\"\"", "null"]));
    assert_eq!(shapes["office"], set(&["[]", "null"]));
    assert_eq!(shapes["work_schedule"], set(&["\"\"", "[]", "null", "{}"]));
    assert_eq!(shapes["cost_centers"], set(&["[]"]));
}

#[tokio::test]
async fn shows_changes_at_once() {
    let (personio, _) = account(vec![Person::new(7, "Anna", "Groß")]).await;
    assert_eq!(
        attributes(&personio)
            .await
            .pointer("/last_name/value")
            .unwrap(),
        "Groß"
    );
    assert!(personio.change(7, |person| person.last_name = "Klein".to_owned()));
    assert_eq!(
        attributes(&personio)
            .await
            .pointer("/last_name/value")
            .unwrap(),
        "Klein"
    );
    personio.set_raw(7, "last_name", json!("x".repeat(300)));
    personio.set_raw(7, "hire_date", json!("not a date"));
    let raw = attributes(&personio).await;
    assert_eq!(
        raw.pointer("/last_name/value")
            .unwrap()
            .as_str()
            .unwrap()
            .len(),
        300
    );
    assert_eq!(raw.pointer("/hire_date/value").unwrap(), "not a date");
    personio.clear_raw(7, "last_name");
    assert_eq!(
        attributes(&personio)
            .await
            .pointer("/last_name/value")
            .unwrap(),
        "Klein"
    );
    assert!(personio.remove(7));
    assert_eq!(
        employees(&personio, "")
            .await
            .at("/metadata/total_elements"),
        json!(0)
    );
    assert!(!personio.change(7, |_| ()));
}

#[tokio::test]
async fn answers_for_one_employee_and_for_the_readable_attributes() {
    let (personio, _) = account(vec![Person::new(7, "Anna", "Groß")]).await;
    let token = token(&personio).await;
    let one = get(&personio, &token, "employees/7").await;
    assert_eq!(one.at("/data/attributes/last_name/value"), json!("Groß"));
    assert_eq!(
        one.header("authorization"),
        Some(format!("Bearer {token}").as_str())
    );
    let none = get(&personio, &token, "employees/8").await;
    let missing = json!({"success": false, "error": {"code": 404, "message": "Es ist ein Problem aufgetreten "}});
    assert_eq!((none.status, none.body), (404, missing));
    personio.revoke(&["email"]);
    for path in ["employees/attributes", "employees/custom-attributes"] {
        let answer = get(&personio, &token, path).await;
        let keys: Vec<_> = answer
            .at("/data")
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["key"].clone())
            .collect();
        assert!(
            keys.contains(&json!("first_name")) && !keys.contains(&json!("email")),
            "{path}"
        );
    }
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
    assert_eq!(
        personio.settle(),
        0,
        "on the last day itself nothing happens"
    );
    clock.advance(86_400);
    assert_eq!(personio.settle(), 2);
    let statuses: Vec<_> = personio
        .people()
        .iter()
        .map(|person| person.status)
        .collect();
    assert_eq!(statuses, [Status::Active, Status::Inactive, Status::Active]);
}

#[tokio::test]
async fn bends_its_lists_under_faults() {
    let (personio, _) = account((1..=5).map(|id| Person::new(id, "A", "B")).collect()).await;
    let ids = |answer: &Answer| {
        answer
            .at("/data")
            .as_array()
            .unwrap()
            .iter()
            .map(id)
            .collect::<Vec<_>>()
    };
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
