//! Each quirk, on one employee.

use serde_json::{Value, json};

use super::{account, employees};
use crate::people::Person;
use crate::personio::Quirk;

#[tokio::test]
async fn each_quirk_changes_what_is_shown() {
    let person = Person {
        office: Some("Köln".to_owned()),
        hire_date: Some("2020-04-01".parse().unwrap()),
        ..Person::new(1, "Erika", "Muster")
    };
    let value = |key: &str| format!("/data/0/attributes/{key}/value");
    for (quirk, at, expected) in [
        (
            Quirk::Renames("office", "workplace"),
            value("office"),
            Value::Null,
        ),
        (Quirk::ShowsAsText("office"), value("office"), json!("Köln")),
        (Quirk::ShowsAsText("id"), value("id"), json!("1")),
        (
            Quirk::ShowsAsUnit("first_name"),
            "/data/0/attributes/first_name/value/attributes/name".to_owned(),
            json!("Erika"),
        ),
        (
            Quirk::ShowsAsList("first_name"),
            value("first_name"),
            json!(["Erika"]),
        ),
        (
            Quirk::ShowsDay("hire_date"),
            value("hire_date"),
            json!("2020-04-01"),
        ),
        (
            Quirk::ShowsGermanDay("hire_date"),
            value("hire_date"),
            json!("01.04.2020"),
        ),
        (Quirk::NoMetadata, "/metadata".to_owned(), Value::Null),
        (Quirk::PagesOf(7), "/limit".to_owned(), json!(7)),
        (
            Quirk::BareValues,
            "/data/0/attributes/first_name".to_owned(),
            json!("Erika"),
        ),
    ] {
        let (personio, _clock) = account(vec![person.clone()]).await;
        let usual = employees(&personio, "").await.at(&at);
        personio.set_quirks([quirk]);
        personio.watch_quirks();
        let quirky = employees(&personio, "").await.at(&at);
        assert_ne!(usual, quirky, "{quirk:?}");
        assert!(personio.quirks_differ(), "{quirk:?}");
        assert_eq!(quirky, expected, "{quirk:?}");
    }
}
