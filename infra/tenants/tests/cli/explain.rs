//! `tenants explain`

use serde_json::{Value, json};
use shared::tenant::Via;
use simulators::people::Status;
use tenants::Exit;

use crate::support::{Desk, person};

fn step(story: &Value, name: &str) -> String {
    story["steps"][name].to_string()
}

#[tokio::test]
async fn shows_every_step_on_every_route() {
    for via in [Via::Direct, Via::KomboPassthrough, Via::Kombo] {
        let desk = Desk::new().await;
        let company = desk.tenant(via).await;
        let before = desk.json(&["explain", "acme", "1"]).await;
        assert_eq!(before.exit, Exit::Done, "{via:?} {}", before.out);
        assert!(
            step(&before.json(), "decide").contains("create"),
            "{}",
            before.out
        );
        assert!(
            step(&before.json(), "last_write").contains("never"),
            "{}",
            before.out
        );

        desk.run(&["sync", "acme", "--here"]).await;
        let after = desk.json(&["explain", "acme", "personio:1"]).await.json();
        assert!(
            step(&after, "match").contains("by external id"),
            "{after:#}"
        );
        assert!(
            step(&after, "decide").contains("nothing to do"),
            "{after:#}"
        );
        assert!(step(&after, "scope").contains("in scope"), "{after:#}");
        assert_eq!(after["troubled"], json!(false));

        company
            .personio
            .change(1, |person| person.position = Some("Leiterin".to_owned()));
        let changed = desk
            .json(&["explain", "acme", "1", "--details"])
            .await
            .json();
        assert!(
            step(&changed, "decide").contains("Leiterin"),
            "{via:?} {changed:#}"
        );
        let names = desk.json(&["explain", "acme", "1"]).await;
        assert!(
            !names.out.contains("Leiterin") && step(&names.json(), "decide").contains("position"),
            "{}",
            names.out
        );
    }
}

/// What bounds the time it takes: the same few calls, whatever the company's size.
#[tokio::test]
async fn asks_about_one_person_only_in_a_company_of_ten_thousand() {
    for (via, hr_calls) in [
        (Via::Direct, 2),
        (Via::KomboPassthrough, 1),
        (Via::Kombo, 1),
    ] {
        let desk = Desk::new().await;
        let company = desk.company(via).await;
        company.personio.put_all((1..=10_000).map(person));
        let (file, credentials) = desk.files(&company, "");
        if let Some(kombo) = &company.kombo {
            kombo.mirror(local::INTEGRATION);
        }
        let added = desk
            .run(&[
                "add",
                "--unchecked",
                "--file",
                &file,
                "--credentials",
                &credentials,
            ])
            .await;
        assert_eq!(added.exit, Exit::Done, "{}", added.out);
        company.forget_calls();
        let done = desk.json(&["explain", "acme", "7042"]).await;
        assert_eq!(done.exit, Exit::Done, "{}", done.out);
        assert!(
            step(&done.json(), "decide").contains("create"),
            "{}",
            done.out
        );
        let hr = match &company.kombo {
            Some(kombo) => kombo.requests().len(),
            None => company.personio.requests().len(),
        };
        assert_eq!(
            hr, hr_calls,
            "{via:?}: one record, on the direct route after a login"
        );
        let reteach = company.reteach.requests();
        assert_eq!(
            reteach.len(),
            3,
            "{via:?}: a login, by external id, by mail address: {reteach:?}"
        );
    }
}

#[tokio::test]
async fn tells_who_is_gone_inactive_in_conflict_or_nobody() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    desk.run(&["sync", "acme", "--here"]).await;
    company.personio.remove(1);
    let gone = desk.json(&["explain", "acme", "1"]).await;
    assert!(
        step(&gone.json(), "read").contains("no such person"),
        "{}",
        gone.out
    );
    assert!(
        step(&gone.json(), "decide").contains("two complete readings"),
        "{}",
        gone.out
    );

    company
        .personio
        .change(2, |person| person.status = Status::Inactive);
    let inactive = desk.json(&["explain", "acme", "2"]).await;
    assert!(
        step(&inactive.json(), "decide").contains("lock"),
        "{}",
        inactive.out
    );

    let taken = simulators::reteach::Customer {
        email: person(9).email,
        external_id: Some("sap:9".to_owned()),
        ..Default::default()
    };
    company.reteach.insert(taken);
    company.personio.put(person(9));
    let conflict = desk.json(&["explain", "acme", "9"]).await;
    assert_eq!(conflict.exit, Exit::Look);
    assert!(
        step(&conflict.json(), "match").contains("another external id"),
        "{}",
        conflict.out
    );

    for nobody in ["4711", "../employees", "x y"] {
        let done = desk.json(&["explain", "acme", nobody]).await;
        assert_eq!(done.exit, Exit::Look, "{}", done.out);
        assert!(
            step(&done.json(), "read").contains("no such person"),
            "{}",
            done.out
        );
    }
    assert_eq!(
        desk.json(&["explain", "acme", "a@b.example"]).await.exit,
        Exit::Usage
    );
}
