use shared::tenant::Via;

use super::super::print::Nobody;
use super::super::stage::Cast;
use super::*;

async fn theatre(people: usize, routes: &[Via], ends_at: &str) -> Theatre {
    let options = Options {
        people,
        routes: routes.to_vec(),
        ends_at: ends_at.parse().unwrap(),
    };
    Theatre::open(&options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_ends_well_on_every_route() {
    let routes = [Via::Direct, Via::KomboPassthrough, Via::Kombo];
    let mut theatre = theatre(30, &routes, "2026-05-12T14:00:00Z").await;
    let play = theatre.play(&mut Nobody).await.unwrap();
    assert_eq!(play.problems, Vec::<String>::new());
    let titles: Vec<&str> = play
        .scenes
        .iter()
        .map(|scene| scene.cue.title.as_str())
        .collect();
    assert_eq!(
        titles,
        [
            "Certificates wait",
            "First sync",
            "Unchanged tick",
            "Backfill",
            "Unchanged certificate tick",
            "A day of changes",
            "Deleted in Personio",
            "The next morning",
            "New certificates",
            "Found, not sent again",
            "A brake",
            "Approved",
            "At rest"
        ]
    );
    assert_eq!(
        play.scenes.last().unwrap().at,
        "2026-05-12T14:00:00Z".parse::<Timestamp>().unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_may_be_tiny_and_the_day_begin_at_any_hour() {
    let cases = [
        (1, "2026-05-11T22:00:00Z"),
        (2, "2026-05-11T22:31:00Z"),
        (5, "2026-03-29T01:30:00Z"),
        (20, "2026-10-25T00:10:00Z"),
        (42, "2026-12-31T23:59:00Z"),
    ];
    for (people, ends_at) in cases {
        let play = theatre(people, &[Via::Direct], ends_at)
            .await
            .play(&mut Nobody)
            .await
            .unwrap();
        assert_eq!(
            play.problems,
            Vec::<String>::new(),
            "{people} people, {ends_at}"
        );
        assert_eq!(
            play.scenes.last().unwrap().at,
            ends_at.parse::<Timestamp>().unwrap()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_academy_that_is_not_as_it_should_be_fails_the_demo() {
    let mut theatre = theatre(10, &[Via::Direct], "2026-05-12T14:00:00Z").await;
    for Cast { company, .. } in &theatre.casts {
        company.reteach.insert(simulators::reteach::Customer {
            note: Some("unseen".into()),
            ..Default::default()
        });
    }
    let play = theatre.play(&mut Nobody).await.unwrap();
    assert!(!play.is_good());
    assert_eq!(
        play.problems.len(),
        play.scenes.len(),
        "told after each scene"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_should_not_be_there_fails_the_demo() {
    let mut theatre = theatre(10, &[Via::Direct], "2026-05-12T14:00:00Z").await;
    for Cast { company, .. } in &theatre.casts {
        company
            .personio
            .add_document(simulators::personio::Document {
                id: 0,
                employee_id: 1_001,
                category_id: 2,
                category: None,
                title: "unseen".into(),
                date: None,
                comment: None,
                file_name: "unseen.pdf".into(),
                size: 9,
                sha256: String::new(),
                head: b"%PDF-".to_vec(),
                created_at: Timestamp::UNIX_EPOCH,
                origin: simulators::Origin::Direct,
            });
    }
    let play = theatre.play(&mut Nobody).await.unwrap();
    assert_eq!(
        play.problems.len(),
        play.scenes.len(),
        "told after each scene: {:?}",
        play.problems
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_sent_again_fails_the_demo() {
    let mut theatre = theatre(10, &[Via::Direct], "2026-05-12T14:00:00Z").await;
    for Cast { company, .. } in &theatre.casts {
        let fault =
            simulators::Fault::new(simulators::Behaviour::Close).path("/v1/company/documents");
        company.personio.fail(fault.times(2));
    }
    let play = theatre.play(&mut Nobody).await.unwrap();
    assert!(
        play.problems
            .iter()
            .any(|it| it.contains("documents were sent to Personio")),
        "{:?}",
        play.problems
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_company_has_a_certificate_for_every_tenth() {
    let theatre = theatre(2_010, &[Via::Direct], "2026-05-12T14:00:00Z").await;
    let issued = theatre
        .casts
        .iter()
        .map(|cast| cast.company.reteach.participations().len());
    // Two are of accounts that are not from Personio, three await their PDF.
    assert_eq!(issued.sum::<usize>(), 201 + 2 + 3);
}
