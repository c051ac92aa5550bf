//! `tenants explain`

use serde_json::{Value, json};
use shared::tenant::Via;
use tenants::Exit;

use crate::support::{Desk, deactivate, person, promote};

/// The lines of one step contain `part`.
fn assert_step(explained: &Value, step: &str, part: &str) {
    let lines = explained["steps"][step].to_string();
    assert!(lines.contains(part), "{step}, {part}: {explained:#}");
}

#[tokio::test]
async fn every_step_is_shown_on_every_route() {
    for via in [Via::Direct, Via::KomboPassthrough, Via::Kombo] {
        let desk = Desk::new().await;
        let company = desk.tenant(via).await;
        let before = desk.done("explain acme 1").await;
        assert_step(&before, "decide", "create");
        assert_step(&before, "last_write", "never");

        desk.done("sync acme --here").await;
        let after = desk.done("explain acme personio:1").await;
        assert_step(&after, "match", "by external id");
        assert_step(&after, "decide", "nothing to do");
        assert_step(&after, "scope", "in scope");
        assert_eq!(after["troubled"], json!(false));

        promote(&company, 1);
        let changed = desk.done("explain acme 1 --details").await;
        assert_step(&changed, "decide", "Leiterin");
        let names = desk.done("explain acme 1").await;
        assert_step(&names, "decide", "position");
        assert!(!names.to_string().contains("Leiterin"), "{names:#}");
        assert_step(&names, "map", "begins (not shown)");
        assert_step(&changed, "map", "begins 2020-01-01");
        for day in ["2020-01-01", "2019-12-31"] {
            assert!(!names.to_string().contains(day), "{day}: {names:#}");
        }
    }
}

/// An account that lost its external id is found by the ledger; the mail address is not asked.
#[tokio::test]
async fn an_account_without_its_external_id_is_found_by_the_ledger() {
    let (desk, company) = Desk::in_step().await;
    let mail = person(1).email.unwrap();
    assert!(
        company
            .reteach
            .edit(&mail, |account| account.external_id = None)
    );
    let explained = desk.json("explain acme 1").await.json();
    assert_step(&explained, "match", "by the ledger");
}

#[tokio::test]
async fn of_two_accounts_with_one_external_id_the_one_that_the_ledger_knows_is_explained() {
    let (desk, company) = Desk::in_step().await;
    let [known, other] = [1, 2].map(|id| person(id).email.unwrap());
    let known = company.reteach.customer(&known).unwrap().id;
    let edited = company.reteach.edit(&other, |account| {
        account.external_id = Some("personio:1".to_owned());
    });
    assert!(edited);
    let explained = desk.json("explain acme 1").await.json();
    assert_step(&explained, "match", &format!("{known} in reteach, by"));
}

/// The same few calls bound the time it takes, whatever the company's size.
#[tokio::test]
async fn one_person_alone_is_read_in_a_company_of_ten_thousand() {
    for (via, hr_calls) in [
        (Via::Direct, 2),
        (Via::KomboPassthrough, 1),
        // What Kombo syncs, then the record.
        (Via::Kombo, 2),
    ] {
        let desk = Desk::new().await;
        let company = desk.company(via).await;
        company.personio.put_all((1..=10_000).map(person));
        if let Some(kombo) = &company.kombo {
            kombo.mirror(local::INTEGRATION);
        }
        desk.done(&format!("{} --unchecked", desk.add(&company, "")))
            .await;
        company.forget_calls();
        let explained = desk.done("explain acme 7042").await;
        assert_step(&explained, "decide", "create");
        let hr = match &company.kombo {
            Some(kombo) => kombo.requests().len(),
            None => company.personio.requests().len(),
        };
        assert_eq!(
            hr, hr_calls,
            "{via:?}: one record, on the direct route after a login"
        );
        let reteach = company.reteach.requests();
        let calls = "a login, by external id, by mail address";
        assert_eq!(reteach.len(), 3, "{via:?}: {calls}: {reteach:?}");
    }
}

#[tokio::test]
async fn gone_inactive_conflicting_and_unknown_people_are_distinguished() {
    let (desk, company) = Desk::in_step().await;
    company.personio.remove(1);
    let gone = desk.json("explain acme 1").await.json();
    assert_step(&gone, "read", "no such person");
    assert_step(&gone, "decide", "two complete readings");

    deactivate(&company, 2);
    let inactive = desk.json("explain acme 2").await.json();
    assert_step(&inactive, "decide", "lock");

    let mut new = person(9);
    new.email = person(3).email;
    company.personio.put(new);
    let conflict = desk.attention("explain acme 9").await;
    assert_step(&conflict, "match", "another external id");
    desk.json("sync acme --here").await;
    let refused = desk.attention("explain acme 9").await;
    assert_step(&refused, "last_write", "\"no account\",\"refused 1 time");

    for unknown in ["4711", "../employees", "\"x y\""] {
        let explained = desk.attention(&format!("explain acme {unknown}")).await;
        assert_step(&explained, "read", "no such person");
    }
    desk.fails("explain acme a@b.example", Exit::Usage, &["id in Personio"])
        .await;
}
