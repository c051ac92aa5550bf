use serde_json::{Value, json};

use super::documents::office;
use super::{Environment, ID, code, rows};
use crate::testing::Answer;

impl Environment {
    pub(super) async fn categories(&self, query: &str) -> Answer {
        self.call(
            "GET",
            &format!("/hris/employee-document-categories?{query}"),
        )
        .send()
        .await
    }

    /// Kombo's id of the category `Sonstige Dokumente`.
    pub(super) async fn category(&self) -> String {
        let rows = rows(&self.categories("").await).into_iter();
        let mut others = rows.filter(|row| row["remote_id"] == "2");
        others.next().unwrap()["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn shows_categories_as_of_the_last_sync() {
    let env = office().await;
    let names = async || {
        let answer = env.categories("").await;
        let mut names: Vec<_> = rows(&answer)
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names.join("|")
    };
    assert_eq!(names().await, "Arbeitsvertrag|Sonstige Dokumente");
    env.clock.advance(60);
    env.personio.add_category("Bildungszertifikate");
    env.personio.remove_category("Arbeitsvertrag");
    assert_eq!(
        names().await,
        "Arbeitsvertrag|Sonstige Dokumente",
        "not synced yet"
    );
    env.kombo.mirror(ID);
    assert_eq!(names().await, "Bildungszertifikate|Sonstige Dokumente");
    env.personio
        .rename_category("Bildungszertifikate", "Schulungen");
    env.kombo.mirror_automatically(ID, true);
    assert_eq!(names().await, "Schulungen|Sonstige Dokumente");
    env.personio.allow_reading_documents(false);
    env.personio.allow_writing_documents(false);
    assert_eq!(names().await, "", "no right, no categories");
    for query in [
        "page_size=251",
        "include_deleted=true",
        "cursor=x",
        "name=x",
    ] {
        assert_eq!(
            code(&env.categories(query).await),
            json!("PLATFORM.INPUT_INVALID"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn pages_through_categories() {
    let env = office().await;
    for number in 0..5 {
        env.personio.add_category(&format!("Ordner {number}"));
    }
    env.kombo.mirror(ID);
    let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let answer = env.categories(&format!("page_size=3{cursor}")).await;
        seen.extend(
            rows(&answer)
                .iter()
                .map(|row| row["remote_id"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        let Value::String(next) = answer.at("/data/next") else {
            break;
        };
        cursor = format!("&cursor={}", next.replace('=', "%3D").replace('+', "%2B"));
    }
    seen.sort();
    assert_eq!((pages, seen.concat().as_str()), (3, "1234567"));
}
