use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Academy, academy, erika};
use crate::reteach::{
    Certificate, Change, Customer, Endpoint, Filters, Participation, ParticipationStatus,
    Publication,
};
use crate::testing::Answer;

/// A completed participation of Erika's.
fn completed(id: &str, course: &str, day: &str) -> Participation {
    Participation {
        id: id.to_owned(),
        customer: Some("personio:1042".to_owned()),
        course_name: Some(course.to_owned()),
        completed_at: Some(format!("{day}T09:21:00Z").parse().unwrap()),
        certificate: Some(Certificate::new(&format!("c-{id}"), 2_000)),
        ..Participation::default()
    }
}

/// An academy with a participation of every kind.
async fn busy() -> Academy {
    let academy = academy().await;
    academy.reteach.insert(erika());
    academy.reteach.insert(Customer {
        id: "other".to_owned(),
        ..Customer::default()
    });
    let of_other = |row: Participation| Participation {
        customer: Some("other".to_owned()),
        ..row
    };
    academy.reteach.add_participations([
        completed("1", "Brandschutz", "2026-01-10"),
        completed("2", "Datenschutz", "2026-02-10"),
        of_other(completed("3", "Datenschutz", "2026-03-10")),
        Participation {
            certificate: None,
            ..completed("4", "Brandschutz", "2026-03-11")
        },
        Participation {
            status: ParticipationStatus::Started,
            ..completed("5", "Brandschutz", "2026-03-12")
        },
        Participation {
            completed_at: None,
            ..completed("6", "Brandschutz", "2026-03-12")
        },
    ]);
    academy
}

fn ids(answer: &Answer) -> Vec<String> {
    let rows = answer
        .at("/results")
        .as_array()
        .cloned()
        .unwrap_or_default();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn lists_participations_newest_first_and_filters_them() {
    let academy = busy().await;
    let cases = [
        ("", "654321"),
        ("hasCertificate=true", "65321"),
        ("hasCertificate=false", "4"),
        ("completedAtSince=2026-03-10T09:21:00Z", "543"),
        ("completedAtSince=2026-03-10T09:21:01Z", "54"),
        ("customerIdentifier=personio%3A1042", "65421"),
        ("customerIdentifier=erika", "65421"),
        ("customerIdentifier=nobody", ""),
        ("customerCertificateId=c-2", "2"),
        (
            "hasCertificate=true&completedAtSince=2026-02-10T00:00:00Z",
            "532",
        ),
        ("limit=2&page=2", "43"),
        ("limit=2&page=4", ""),
    ];
    for (query, expected) in cases {
        let answer = academy.get(&format!("/participation?{query}")).await;
        let both = (answer.status, ids(&answer).concat());
        assert_eq!(both, (200, expected.to_owned()), "{query}");
        if !query.contains("limit") {
            assert_eq!(answer.at("/resultCount"), json!(expected.len()), "{query}");
        }
    }
    for query in [
        "limit=251",
        "page=0",
        "hasCertificate=yes",
        "status=COMPLETED",
        "completedAtSince=x",
        "sort=id",
    ] {
        let refused = academy.get(&format!("/participation?{query}")).await;
        assert_eq!(refused.status, 422, "{query}");
    }
    assert_eq!(academy.reteach.calls(Endpoint::ListParticipations), 18);
}

#[tokio::test]
async fn ignores_what_it_does_not_know_where_the_api_is_older() {
    let academy = busy().await;
    academy.reteach.set_filters(Filters::Of2023);
    let cases = [
        (
            "hasCertificate=false&status=STARTED&completedAtSince=x&anything=1",
            "654321",
        ),
        ("customerCertificateId=c-2&hasCertificate=false", "2"),
        ("customerIdentifier=other", "3"),
    ];
    for (query, expected) in cases {
        let answer = academy.get(&format!("/participation?{query}")).await;
        let both = (answer.status, ids(&answer).concat());
        assert_eq!(both, (200, expected.to_owned()), "{query}");
    }
    assert_eq!(academy.get("/participation?limit=251").await.status, 422);
}

#[tokio::test]
async fn shows_odd_records_as_they_are() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let names = [
        String::new(),
        "x".repeat(300),
        "🔥 Brandschutz 👩🏽‍🚒".to_owned(),
        "\"A\" / B \\ C: <D>\n..".to_owned(),
    ];
    for name in names {
        let id = academy
            .reteach
            .add_participation(completed("", &name, "2026-03-01"));
        let shown = academy.get(&format!("/participation/{id}")).await;
        assert_eq!(shown.at("/course/name"), json!(name));
    }
    let bare = |id: &str| Participation {
        id: id.to_owned(),
        ..Participation::default()
    };
    let gone = |id: &str| Participation {
        customer: Some("gone".to_owned()),
        ..completed(id, "Kurs", "2026-03-01")
    };
    academy
        .reteach
        .add_participations([bare("0"), bare("1"), gone("2"), gone("3")]);
    let keys = ["customer", "course", "certificate"];
    let shown = async |id: &str| {
        let row = academy.get(&format!("/participation/{id}")).await.body;
        assert_eq!(row.get("completedAt").unwrap().is_null(), id < "2", "{id}");
        keys.map(|key| row.get(key).map(Value::is_null))
    };
    assert_eq!(shown("0").await, [Some(true); 3], "null");
    assert_eq!(shown("1").await, [None; 3], "absent");
    assert_eq!(shown("2").await, [Some(true), Some(false), Some(false)]);
    assert_eq!(shown("3").await, [None, Some(false), Some(false)]);
    academy.reteach.remove("erika");
    academy
        .reteach
        .add_participation(completed("4", "Kurs", "2026-03-01"));
    let orphan = academy.get("/participation/4").await;
    assert_eq!(orphan.at("/customer"), Value::Null);
}

#[tokio::test]
async fn has_a_url_as_soon_as_the_pdf_is_there() {
    let academy = academy().await;
    let kinds = [
        ("at-once", Publication::AtOnce),
        ("later", Publication::After(SignedDuration::from_mins(10))),
        ("on-demand", Publication::OnDemand),
    ];
    for (id, publication) in kinds {
        let certificate = Certificate {
            id: id.to_owned(),
            publication,
            ..Certificate::default()
        };
        let row = Participation {
            id: id.to_owned(),
            certificate: Some(certificate),
            ..Participation::default()
        };
        academy.reteach.add_participation(row);
    }
    let there = async || {
        let answer = academy.get("/participation?hasCertificate=true").await;
        let rows = answer.at("/results").as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["certificate"]["url"].is_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(there().await, [false, false, true], "newest first");
    academy.clock.advance(599);
    assert_eq!(there().await, [false, false, true]);
    academy.clock.advance(1);
    assert_eq!(there().await, [false, true, true]);
    assert!(academy.reteach.publish_pdf("on-demand") && !academy.reteach.publish_pdf("none"));
    assert_eq!(there().await, [true, true, true]);
}

#[tokio::test]
async fn gives_a_certificate_that_is_issued_again_a_new_id() {
    let academy = busy().await;
    let new = academy.reteach.reissue("1").unwrap();
    let shown = academy.get("/participation/1").await;
    assert_eq!(shown.at("/certificate/id"), json!(new));
    let query = "/participation?customerCertificateId=c-1";
    assert_eq!(ids(&academy.get(query).await), [""; 0]);
    assert_eq!(academy.reteach.pdf_sha256("c-1"), None);
    assert_eq!(academy.reteach.reissue("4"), None, "never had one");
    let participation = academy.reteach.participation("1").unwrap();
    assert_eq!(participation.certificate.unwrap().id, new);
    let removed = ["1", "1"].map(|id| academy.reteach.remove_participation(id));
    assert_eq!(removed, [true, false]);
}

#[tokio::test]
async fn shifts_its_pages_when_it_changes_while_it_is_read() {
    let new = || completed("7", "Kurs", "2026-03-15");
    let cases = [
        (vec![], "65|43|21"),
        (vec![Change::Insert(new())], "65|54|32"),
        (vec![Change::Remove("6".to_owned())], "65|32|1"),
        (
            vec![Change::Insert(new()), Change::Remove("5".to_owned())],
            "65|54|21",
        ),
        (vec![Change::Remove("none".to_owned())], "65|43|21"),
    ];
    for (changes, expected) in cases {
        let academy = busy().await;
        academy.reteach.change_while_reading(changes.clone());
        let mut pages = Vec::new();
        for page in 1..=3 {
            let query = format!("/participation?limit=2&page={page}");
            pages.push(ids(&academy.get(&query).await).concat());
        }
        assert_eq!(pages.join("|"), expected, "{changes:?}");
    }
}
