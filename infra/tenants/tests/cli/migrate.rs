//! `tenants migrate`: a company moves to a new Personio account.

use http::Method;
use local::Company;
use serde_json::{Value, json};
use shared::state::JobKind;
use shared::tenant::Via;
use simulators::personio::Document;
use simulators::reteach::{OddRow, Quirk};
use simulators::{Behaviour, Body, Fault, Moment, Person};
use tenants::Exit;

use crate::interrupted::{at_each_call, interrupted};
use crate::people::entry;
use crate::support::{Desk, account_of, issue, person};

/// Person `id` under the id of the new Personio account.
fn moved(id: u64) -> Person {
    let mail = person(id).email.map(|mail| mail.to_uppercase());
    Person {
        id: 100 + id,
        email: mail,
        ..person(id)
    }
}

/// A company in sync whose people have other ids now.
async fn with_new_ids() -> (Desk, Company) {
    with_new_ids_by(Via::Direct, "").await
}

async fn with_new_ids_by(via: Via, more: &str) -> (Desk, Company) {
    let desk = Desk::new().await;
    let company = desk.company(via).await;
    desk.done(&desk.add(&company, more)).await;
    desk.done("sync acme --here").await;
    issue(&company, 1, 1, "Brandschutz");
    desk.done("sync acme --here --job certificates").await;
    assert_eq!(company.personio.documents().len(), 1);
    for id in 1..=3 {
        company.personio.remove(id);
        company.personio.put(moved(id));
    }
    (desk, company)
}

async fn hash(desk: &Desk) -> String {
    let table = desk.json("migrate acme").await.json();
    table["hash"].as_str().unwrap().to_owned()
}

fn external_ids(company: &Company) -> Vec<String> {
    let customers = company.reteach.customers().into_iter();
    let mut ids: Vec<String> = customers
        .filter_map(|customer| customer.external_id)
        .collect();
    ids.sort();
    ids
}

const NEW_IDS: [&str; 3] = ["personio:101", "personio:102", "personio:103"];

/// The accounts are the same, with new ids; nobody is locked, created or filed again, however often runs follow.
async fn assert_moved(desk: &Desk, company: &Company, accounts: &[String]) {
    assert_eq!(external_ids(company), NEW_IDS);
    for (old, new) in [("1", "101"), ("2", "102"), ("3", "103")] {
        let (old, new) = (
            entry(desk, company, old).await,
            entry(desk, company, new).await,
        );
        assert_eq!(old.customer_id, None);
        assert_eq!(old.handed_over_to, Some(new.source_id));
        assert!(new.customer_id.is_some());
    }
    // A lock needs two readings.
    for _ in 0..2 {
        desk.tick().await;
        desk.done("sync acme --here --job certificates --mode full-scan")
            .await;
    }
    assert_eq!(external_ids(company), NEW_IDS);
    for account in accounts {
        assert_eq!(company.reteach.status(account), Some("ADDED"), "not locked");
    }
    assert_eq!(company.reteach.customers().len(), accounts.len());
    let number = company.personio.documents().len();
    assert_eq!(number, 1, "nothing is filed again");
    let list = desk.json("people list acme --state in-sync").await.json();
    assert_eq!(list["counts"]["in-sync"], 3, "{list:#}");
}

fn accounts(company: &Company) -> Vec<String> {
    let customers = company.reteach.customers().into_iter();
    customers.map(|customer| customer.id).collect()
}

#[tokio::test]
async fn accounts_get_the_ids_of_the_new_personio_account_on_every_route_and_in_an_academy_that_replaces()
 {
    let replaces = "update = \"replace\"\n";
    for (via, more) in [
        (Via::Direct, ""),
        (Via::KomboPassthrough, ""),
        (Via::Kombo, ""),
        (Via::Direct, replaces),
    ] {
        moves_after_an_approval(via, more).await;
    }
}

async fn moves_after_an_approval(via: Via, more: &str) {
    let (desk, company) = with_new_ids_by(via, more).await;
    if !more.is_empty() {
        company.reteach.set_quirks([Quirk::PutReplaces]);
    }
    let position = || company.reteach.customers()[0].position.clone();
    let before = position();
    let accounts = accounts(&company);
    let table = desk.run("migrate acme").await;
    assert_eq!(table.exit, Exit::Done, "{}", table.out);
    let out = &table.out;
    assert!(!out.contains('@'), "mails only with --details: {out}");
    assert!(desk.run("migrate acme --details").await.out.contains("@"));
    let expected = ["personio:1", "personio:2", "personio:3"];
    assert_eq!(external_ids(&company), expected);

    let approve = format!("migrate acme --approve {}", hash(&desk).await);
    let done = desk.done(&approve).await;
    assert_eq!(done["counts"]["moves"], 3, "{via:?}");
    assert_eq!(position(), before, "{via:?} {more}");
    assert_eq!(done["refused"], json!([]));
    assert_moved(&desk, &company, &accounts).await;
    // Repeated when all is done, it does nothing.
    let again = desk.done(&approve).await;
    assert_eq!(again["counts"]["moved_before"], 3);
    let list = desk.json("people list acme").await.json();
    assert_eq!(list["counts"]["in-sync"], 3, "{list:#}");
    // The ledger has the certificate under the old id; HR has taken its document along.
    let list = "certificates list acme --all --person 101";
    assert_eq!(desk.done(list).await.as_array().unwrap().len(), 1);
    let document = company.personio.documents()[0].clone();
    company.personio.remove_document(document.id);
    company.personio.add_document(Document {
        employee_id: 101,
        ..document
    });
    company.personio.add_category("Schulungen");
    let line = "certificates move acme --to Schulungen --yes";
    let moved = desk.done(line).await;
    assert_eq!(moved["moved"], 1, "{via:?}: {moved}");
}

#[tokio::test]
async fn a_migration_killed_after_any_call_is_completed_by_the_same_command() {
    let steps = at_each_call(Behaviour::Kill(Moment::After), async |call, fault| {
        let (desk, company) = with_new_ids().await;
        company.join(&desk.faults);
        let accounts = accounts(&company);
        let approve = format!("migrate acme --approve {}", hash(&desk).await);
        let killed = interrupted(&desk, fault, &approve).await;
        if killed.at.is_none() {
            return false;
        }
        // The leases of the killed command last for some minutes.
        desk.pass_minutes(4);
        if call % 3 == 0 {
            desk.run("sync acme --here").await;
        }
        desk.done(&approve).await;
        assert_moved(&desk, &company, &accounts).await;
        true
    })
    .await;
    assert!(steps >= 30, "{steps}");
}

/// The rows of the table by their reason.
fn unmatched(table: &Value) -> Vec<String> {
    let rows = table["unmatched"].as_array().unwrap().iter();
    rows.map(|row| format!("{} {} {}", row["why"], row["old"], row["new"]))
        .collect()
}

/// Moves what a table with unmatched people moves, and runs three times.
async fn approve_and_sync(desk: &Desk, table: &Value) {
    let hash = table["hash"].as_str().unwrap();
    desk.attention(&format!("migrate acme --approve {hash}"))
        .await;
    desk.ticks(3).await;
}

#[tokio::test]
async fn people_who_cannot_be_matched_are_named_and_keep_their_open_accounts() {
    let (desk, company) = with_new_ids().await;
    // Two old ids for one mail, an old and a new person without mail, somebody who was not taken over.
    company.reteach.insert(simulators::reteach::Customer {
        email: person(2).email.map(|mail| mail.to_uppercase()),
        ..account_of(22, Some("personio:22"))
    });
    company.reteach.edit("personio:3", |account| {
        account.email = None;
        account.user_name = Some("personio-3".to_owned());
    });
    company.personio.change(103, |person| person.email = None);
    let table = desk.attention("migrate acme").await;
    assert_eq!(
        unmatched(&table),
        [
            r#""several-old-ids" ["2","22"] ["102"]"#,
            r#""old-without-mail" ["3"] []"#,
            r#""new-without-mail" [] ["103"]"#,
        ]
    );
    assert_eq!(table["counts"]["moves"], 1);
    approve_and_sync(&desk, &table).await;
    for id in ["personio:101", "personio:2", "personio:22", "personio:3"] {
        assert_eq!(company.reteach.status(id), Some("ADDED"), "{id} is open");
    }
}

#[tokio::test]
async fn an_account_whose_row_cannot_be_read_is_named_and_stays_open() {
    for odd in [OddRow::NoId, OddRow::Null] {
        let (desk, company) = with_new_ids().await;
        let accounts = accounts(&company);
        let quirk = Quirk::OddRow("personio:3".to_owned(), odd);
        company.reteach.set_quirks([quirk]);
        let table = desk.attention("migrate acme").await;
        let rows = unmatched(&table);
        let is_named = |row: &String| row.starts_with(r#""account-unreadable" ["3"]"#);
        assert!(rows.iter().any(is_named), "{odd:?}: {rows:?}");
        approve_and_sync(&desk, &table).await;
        for account in accounts {
            assert_eq!(company.reteach.status(&account), Some("ADDED"), "{odd:?}");
        }
    }
}

#[tokio::test]
async fn a_stale_hash_and_a_run_under_way_move_nothing() {
    let (desk, company) = with_new_ids().await;
    let hash = hash(&desk).await;
    let line = format!("migrate acme --approve {hash}");
    for (job, name) in [
        (JobKind::Employees, "employee-sync"),
        (JobKind::Certificates, "certificate-sync"),
    ] {
        desk.begin_run(&company, job, 2).await;
        let under_way = format!("a run of {name} is under way");
        let hints = [under_way.as_str(), "nothing was moved"];
        desk.fails(&format!("{line} --wait 0"), Exit::Attention, &hints)
            .await;
        desk.pass_minutes(3);
    }

    let academy = company.reteach.id();
    company.reteach.set_id("another-academy");
    for line in [
        "migrate acme",
        line.as_str(),
        "people handover acme --from 1 --to 101 --yes",
    ] {
        let hints = ["another academy", "nothing was"];
        desk.fails(line, Exit::Attention, &hints).await;
    }
    company.reteach.set_id(&academy);

    company.personio.change(102, |person| person.email = None);
    let hints = ["has changed", "nothing was moved"];
    desk.fails(&line, Exit::Attention, &hints).await;
    let expected = ["personio:1", "personio:2", "personio:3"];
    assert_eq!(external_ids(&company), expected);
    // Where nothing has moved there is nothing to approve.
    let (desk, _) = Desk::in_step().await;
    let table = desk.done("migrate acme").await;
    let both = (&table["hash"], &table["counts"]["in_place"]);
    assert_eq!(both, (&json!(null), &json!(3)));
    desk.fails(
        "migrate acme --approve abc",
        Exit::Attention,
        &["no account of acme to move"],
    )
    .await;
}

#[tokio::test]
async fn the_table_of_an_incomplete_reading_moves_nothing() {
    let (desk, company) = with_new_ids().await;
    company.personio.put_all((104..=210).map(person));
    let approve = format!("migrate acme --approve {}", hash(&desk).await);
    let off = |by| Fault::new(Behaviour::TotalOff(by)).path("/v1/company/employees");
    let before = external_ids(&company);
    for (fault, doubt) in [
        (
            off(3).query("offset", "100"),
            "(the first page announced 110 people, the last page 113)",
        ),
        (off(111), "(221 people were announced and 110 came)"),
    ] {
        company.personio.fail(fault.always());
        let hints = [
            "is not complete",
            doubt,
            "`tenants check acme` names what is wrong",
            "nothing was moved",
        ];
        desk.fails(&approve, Exit::Attention, &hints).await;
        let table = desk.attention("migrate acme").await;
        let both = (&table["hash"], &table["counts"]["moves"]);
        assert_eq!(both, (&json!(null), &json!(3)));
        let text = desk.run("migrate acme").await.out.replace('\n', " ");
        assert!(text.contains("cannot be approved"), "{text}");
        assert!(!text.contains("--approve"), "{text}");
        assert_eq!(external_ids(&company), before);
        company.personio.clear_faults();
    }
    // Three readings agree on half of the announced people.
    company.personio.fail(off(110).always());
    desk.json(&approve).await;
    assert_eq!(external_ids(&company), NEW_IDS);
}

#[tokio::test]
async fn an_account_that_is_refused_is_named_and_the_same_command_moves_it_later() {
    let (desk, company) = with_new_ids().await;
    let accounts = accounts(&company);
    let approve = format!("migrate acme --approve {}", hash(&desk).await);
    let refused = Fault::new(Behaviour::Status(409, Body::Vendor)).method(Method::PUT);
    company
        .reteach
        .fail(refused.path("/customer/{customerIdentifier}").nth(1));
    let moved = desk.attention(&approve).await;
    assert_eq!(moved["refused"][0]["person"], "1", "{moved:#}");
    let left = ["personio:1", "personio:102", "personio:103"];
    assert_eq!(external_ids(&company), left);
    company.reteach.clear_faults();
    desk.done(&approve).await;
    assert_moved(&desk, &company, &accounts).await;
}

#[tokio::test]
async fn an_academy_whose_update_empties_other_fields_gets_them_back_and_no_account_is_moved_on() {
    let (desk, company) = with_new_ids().await;
    let approve = format!("migrate acme --approve {}", hash(&desk).await);
    let before = company.reteach.customer("personio:1").unwrap();
    company.reteach.set_quirks([Quirk::PutReplaces]);
    let hints = ["emptied other fields", "the same command goes on"];
    desk.fails(&approve, Exit::Attention, &hints).await;
    let after = company.reteach.customer("personio:101").unwrap();
    let both = (after.email, after.position);
    assert_eq!(both, (before.email, before.position));
    assert!(company.reteach.customer("personio:2").is_some());
}

#[tokio::test]
async fn a_reading_rejected_as_another_company_s_is_accepted_after_the_migration() {
    let (desk, company) = Desk::new_company().await;
    company.personio.put_all((4..=25).map(person));
    desk.done(&desk.add(&company, "")).await;
    desk.done("sync acme --here").await;
    for id in 1..=25 {
        company.personio.remove(id);
        company.personio.put(moved(id));
    }
    desk.pass_minutes(5);
    let rejected = desk.attention("sync acme --here").await;
    assert_eq!(rejected["outcome"], "source-changed", "{rejected:#}");
    let approve = format!("migrate acme --approve {}", hash(&desk).await);
    desk.done(&approve).await;
    for _ in 0..3 {
        desk.tick().await;
    }
    let open = accounts(&company).into_iter();
    let open = open.filter(|account| company.reteach.status(account) == Some("ADDED"));
    assert_eq!(open.count(), 25);
    let list = desk.done("people list acme").await;
    assert_eq!(list["counts"], json!({"in-sync": 25, "handed-over": 25}));
}
