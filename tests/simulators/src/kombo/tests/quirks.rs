//! Each quirk, on a list of nine people.

use serde_json::Value;

use super::environment;
use crate::kombo::Quirk;
use crate::people::Person;

#[tokio::test]
async fn each_quirk_changes_what_is_shown() {
    let people = (1..=9).map(|id| Person::new(id, "Erika", "Muster"));
    let next: fn(&Value) -> String = |data| data["next"].to_string();
    let has_next: fn(&Value) -> String = |data| data.get("next").is_some().to_string();
    let rows: fn(&Value) -> String = |data| data["results"].as_array().unwrap().len().to_string();
    let has_title: fn(&Value) -> String =
        |data| data["results"][0].get("job_title").is_some().to_string();
    let id: fn(&Value) -> String = |data| data["results"][0]["remote_id"].is_number().to_string();
    let deleted_at: fn(&Value) -> String =
        |data| data["results"][0]["remote_deleted_at"].to_string();
    for (quirk, shown, usual, quirky) in [
        (Quirk::NumericIds, id, "false", "true"),
        (Quirk::NoNulls, has_title, "true", "false"),
        (Quirk::LeavesOut("job_title"), has_title, "true", "false"),
        (
            Quirk::EmptyForNull("remote_deleted_at"),
            deleted_at,
            "null",
            "\"\"",
        ),
        (Quirk::PagesOf(4), rows, "9", "4"),
        (Quirk::EmptyCursorAtTheEnd, next, "null", "\"\""),
        (Quirk::NoCursorAtTheEnd, has_next, "true", "false"),
        (Quirk::OneEmptyPageMore, next, "null", "\"past/the+end=\""),
        (
            Quirk::LastPageNamesItself,
            next,
            "null",
            "\"past/the+end=\"",
        ),
    ] {
        let environment = environment(people.clone().collect()).await;
        environment.kombo.mirror(super::ID);
        for (quirk, expected) in [(None, usual), (Some(quirk), quirky)] {
            environment.kombo.set_quirks(quirk);
            environment.kombo.watch_quirks();
            let data = environment.employees("").await.at("/data");
            assert_eq!(shown(&data), expected, "{quirk:?}");
            let differs = environment.kombo.quirks_differ();
            assert_eq!(differs, quirk.is_some(), "{quirk:?}");
        }
    }
}
