//! `tenants people`

use http::Method;
use jiff::SignedDuration;
use local::Company;
use serde_json::{Value, json};
use shared::domain::clock::Clock as _;
use shared::domain::id::{RunId, SourceId};
use shared::state::{EmployeeEntry, JobKind};
use simulators::people::Status;
use simulators::reteach::Quirk;
use simulators::{Behaviour, Body, Fault, Moment};
use tenants::Exit;

use crate::interrupted::{at_each_call, interrupted};
use crate::support::{Desk, account_of, deactivate, person, promote};

fn states(list: &Value) -> Vec<(&str, &str)> {
    let people = list["people"].as_array().unwrap().iter();
    people
        .map(|person| {
            (
                person["person"].as_str().unwrap(),
                person["state"].as_str().unwrap(),
            )
        })
        .collect()
}

pub(crate) async fn entry(desk: &Desk, company: &Company, id: &str) -> EmployeeEntry {
    let id = SourceId::new(id);
    let entries = desk
        .stack
        .store()
        .employees(&company.tenant, None, [&id])
        .await;
    entries.unwrap().remove(&id).unwrap()
}

/// reteach refuses everything that has this mail address in it.
fn refuse(company: &Company) {
    let refused = Fault::new(Behaviour::Status(422, Body::Vendor)).method(Method::PUT);
    company
        .reteach
        .fail(refused.path("/customer/{customerIdentifier}").always());
}

#[tokio::test]
async fn people_are_listed_by_state_with_reasons_page_by_page() {
    let (desk, company) = Desk::acme().await;
    let empty = desk.done("people list acme").await;
    assert_eq!(empty["people"], json!([]));
    company.personio.put_all((4..=11).map(person));
    desk.run("sync acme --here").await;
    company.personio.remove(1);
    let mut new = person(12);
    new.email = person(11).email;
    company.personio.put(new);
    refuse(&company);
    for id in [2, 3] {
        promote(&company, id);
    }
    desk.ticks(1).await;

    let list = desk.attention("people list acme").await;
    let counts = json!({"in-sync": 8, "refused": 2, "conflict": 1, "missing-once": 1});
    assert_eq!(list["counts"], counts, "{list:#}");
    let order: Vec<_> = states(&list).iter().map(|(id, _)| *id).collect();
    let ids: Vec<String> = (1..=12).map(|id| id.to_string()).collect();
    assert_eq!(order, ids, "in the order of numbers");
    assert_eq!(states(&list)[0], ("1", "missing-once"));
    let refused = &list["people"][1];
    assert!(
        refused["reason"].as_str().unwrap().contains("422"),
        "{refused}"
    );
    assert!(refused["retry_at"].is_string(), "{refused}");

    let page = desk.attention("people list acme --limit 2 --after 9").await;
    assert_eq!(states(&page), [("10", "in-sync"), ("11", "in-sync")]);
    assert_eq!(page["more"], 1);
    let page = desk.run("people list acme --limit 2 --after 9").await.out;
    assert!(page.contains("1 more person: --after 11"), "{page}");
    let some = desk
        .attention("people list acme --state refused --state conflict")
        .await;
    let expected = [("2", "refused"), ("3", "refused"), ("12", "conflict")];
    assert_eq!(states(&some), expected);
    let text = desk.run("people list acme").await.out;
    assert!(!text.contains("Groß"), "no names: {text}");
}

/// More runs than are looked at, none of which found anything.
async fn many_reports(desk: &Desk, company: &Company) {
    let (store, tenant) = (desk.stack.store(), &company.tenant);
    let mut report = store.reports::<Value>(tenant, 1).await.unwrap().remove(0);
    report["findings"] = json!([]);
    let expires_at = desk.clock().now() + SignedDuration::from_hours(24);
    for second in 1..=50 {
        let at = desk.clock().now() + SignedDuration::from_secs(second);
        let run = RunId::new(format!("later-{second}"));
        store
            .put_report(tenant, JobKind::Employees, at, &run, expires_at, &report)
            .await
            .unwrap();
    }
    desk.pass_minutes(5);
}

#[tokio::test]
async fn people_who_are_gone_and_accounts_of_nobody_are_listed() {
    let (desk, company) = Desk::in_step().await;
    company.personio.remove(2);
    desk.ticks(3).await;
    let other = company.reteach.insert(account_of(98, Some("personio:98")));
    company.reteach.insert(account_of(99, Some("personio:99")));
    desk.run("sync acme --here --mode reconcile").await;
    assert_eq!(
        desk.attention("people list acme").await["counts"]["orphaned"],
        2
    );
    // The report that names it is kept, a later comparison does not find it.
    assert!(company.reteach.remove(&other));
    desk.pass_minutes(5);
    desk.run("sync acme --here --mode reconcile").await;
    let list = desk.attention("people list acme").await;
    let expected = [
        ("1", "in-sync"),
        ("2", "gone"),
        ("3", "in-sync"),
        ("99", "orphaned"),
    ];
    assert_eq!(states(&list), expected, "{list:#}");
    let counts = json!({"in-sync": 2, "gone": 1, "orphaned": 1});
    assert_eq!(list["counts"], counts);
    let reason = list["people"][3]["reason"].as_str().unwrap();
    assert!(reason.contains("belongs to nobody"), "{reason}");
    let gone = desk.attention("people list acme --state gone").await;
    assert_eq!(states(&gone), [("2", "gone")]);
    let text = desk.run("people list acme --state orphaned").await;
    assert_eq!(text.exit, Exit::Attention, "{}", text.out);
    assert!(text.out.contains("personio:99"), "{}", text.out);

    // Also once no report at hand names it.
    many_reports(&desk, &company).await;
    let list = desk.attention("people list acme").await;
    assert_eq!(states(&list), expected, "{list:#}");
    let reason = list["people"][3]["reason"].as_str().unwrap();
    assert!(reason.contains("belongs to nobody"), "{reason}");

    // Locked after approval, nobody has to look at it any more.
    let report = desk.attention("sync acme --here --mode reconcile").await;
    let hash = report["held"]["hash"].as_str().unwrap();
    desk.done(&format!("approve acme {hash}")).await;
    desk.run("sync acme --here --mode reconcile").await;
    let list = desk.done("people list acme").await;
    assert_eq!(list["counts"], json!({"in-sync": 2, "gone": 2}), "{list:#}");
}

#[tokio::test]
async fn a_retry_tries_refused_people_at_once_and_says_what_became_of_each() {
    let (desk, company) = Desk::in_step().await;
    refuse(&company);
    for id in [1, 2] {
        promote(&company, id);
    }
    desk.ticks(1).await;

    // Still refused: the person waits again, from the shortest pause on.
    let retried = desk.attention("people retry acme --only 1 --here").await;
    assert_eq!(retried["people"][0]["after"]["state"], "refused");
    assert_eq!(
        entry(&desk, &company, "1").await.failure.unwrap().attempts,
        1
    );

    company.reteach.clear_faults();
    let retried = desk
        .attention("people retry acme --only 1,3,4711 --here")
        .await;
    assert_eq!(retried["people"][0]["after"]["state"], "in-sync");
    let problem = |number: usize| retried["people"][number]["problem"].as_str().unwrap();
    assert!(problem(1).contains("does not wait"), "{retried:#}");
    assert!(
        problem(2).contains("no stored entry for this person"),
        "{retried:#}"
    );
    assert_eq!(
        company.reteach.customer("personio:1").unwrap().position,
        Some("Leiterin".to_owned())
    );

    desk.run("people retry acme --here").await;
    let list = desk.done("people list acme").await;
    assert_eq!(list["counts"], json!({"in-sync": 3}));
    let calls = company.reteach.requests().len();
    let nobody = desk.done("people retry acme --here").await;
    assert_eq!(nobody["report"], json!(null));
    assert_eq!(
        company.reteach.requests().len(),
        calls,
        "no run was started"
    );
}

/// Person 1 has left and is back as person 9, with the same mail address.
async fn rehired() -> (Desk, Company) {
    let (desk, company) = Desk::in_step().await;
    deactivate(&company, 1);
    desk.tick().await;
    let back = simulators::Person { id: 9, ..person(1) };
    company.personio.put(back);
    (desk, company)
}

const HANDOVER: &str = "people handover acme --from 1 --to 9 --yes";

/// Person 9 has the account of person 1, open and for good.
async fn assert_handed_over(desk: &Desk, company: &Company, account: &str) {
    let customer = company.reteach.customer("personio:9").unwrap();
    assert_eq!(customer.id, account);
    let old = entry(desk, company, "1").await;
    assert_eq!(old.customer_id, None);
    assert_eq!(old.handed_over_to, Some(SourceId::new("9")));
    // A lock needs two readings.
    for _ in 0..2 {
        desk.pass_minutes(5);
        desk.run("sync acme --here --mode reconcile").await;
    }
    let customer = company.reteach.customer("personio:9").unwrap();
    assert_eq!(customer.id, account);
    assert_eq!(company.reteach.status(account), Some("ADDED"), "open again");
    assert_eq!(company.reteach.customers().len(), 3, "nobody was created");
}

#[tokio::test]
async fn a_rehired_person_gets_the_old_account_by_hand() {
    let (desk, company) = rehired().await;
    let account = company.reteach.customer("personio:1").unwrap().id;
    let shown = desk.run("people handover acme --from 1 --to 9").await;
    assert_eq!(shown.exit, Exit::Usage, "{}", shown.errors);
    for part in [
        account.as_str(),
        "1 has left",
        "9 gets the account",
        "--yes",
    ] {
        assert!(shown.errors.contains(part), "{}", shown.errors);
    }
    assert!(company.reteach.customer("personio:1").is_some());

    let done = desk.done(HANDOVER).await;
    assert_eq!(done["account"], account.as_str());
    assert_eq!(done["writes"], 3);
    let again = desk.done(HANDOVER).await;
    assert_eq!(again["writes"], 0, "it can be repeated");
    let list = desk
        .json("people list acme --state handed-over")
        .await
        .json();
    assert_eq!(states(&list), [("1", "handed-over")]);
    assert_handed_over(&desk, &company, &account).await;
}

#[tokio::test]
async fn seven_handovers_in_a_day_hold_nothing_and_the_next_run_writes_what_differs() {
    let (desk, company) = Desk::acme().await;
    company.personio.put_all((4..=9).map(person));
    desk.done("sync acme --here").await;
    // Not more in a day than the brake lets through.
    for leavers in [1..=4, 5..=7] {
        for id in leavers {
            let leaves = |person: &mut simulators::Person| person.status = Status::Inactive;
            company.personio.change(id, leaves);
        }
        desk.pass_minutes(25 * 60);
        desk.done("sync acme --here").await;
    }
    desk.tick().await;
    for id in 1..=7 {
        let (new, old) = (10 + id, person(id));
        // One of them has got another position.
        let position = if id == 7 {
            Some("Leiterin".to_owned())
        } else {
            old.position.clone()
        };
        company.personio.put(simulators::Person {
            id: new,
            position,
            ..old
        });
        let line = format!("people handover acme --from {id} --to {new} --yes");
        let account = desk.done(&line).await["account"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(company.reteach.status(&account), Some("ADDED"), "{id}");
        let before = company.reteach.requests().len();
        let report = desk.tick().await;
        assert_eq!(report["held"], json!(null), "{id}: {report:#}");
        let requests = company.reteach.requests();
        let writes: Vec<_> = requests
            .iter()
            .skip(before)
            .filter(|it| it.method == Method::PUT)
            .collect();
        let bodies: Vec<_> = writes.iter().filter_map(|it| it.body.clone()).collect();
        let differs = json!({"position": "Leiterin"});
        assert_eq!(bodies, Vec::from_iter((id == 7).then_some(differs)), "{id}");
    }
}

/// Whether the account is open after the handover, and after the next two runs.
#[tokio::test]
async fn a_handover_opens_for_somebody_who_works_already_where_the_academy_lets_it() {
    type Case = (&'static str, fn(&Company), [bool; 2]);
    let cases: [Case; 3] = [
        (
            "a status that nobody knows",
            |company| company.personio.set_raw(9, "status", json!("sabbatical")),
            [true, true],
        ),
        (
            "a contract that is ahead",
            |company| {
                let ahead = |person: &mut simulators::Person| {
                    person.hire_date = Some("2027-01-01".parse().unwrap());
                };
                company.personio.change(9, ahead);
            },
            [false, false],
        ),
        (
            "dates are refused",
            |company| {
                let refuses = Quirk::RefusesField("setInactiveAt".to_owned());
                company.reteach.set_quirks([refuses]);
            },
            [false, false],
        ),
    ];
    for (name, edit, expected) in cases {
        let (desk, company) = rehired().await;
        edit(&company);
        let account = desk.done(HANDOVER).await["account"]
            .as_str()
            .unwrap()
            .to_owned();
        let is_open = || company.reteach.status(&account) == Some("ADDED");
        let after = is_open();
        desk.ticks(2).await;
        assert_eq!([after, is_open()], expected, "{name}");
    }
}

#[tokio::test]
async fn a_handover_killed_anywhere_is_completed_by_repeating_it() {
    let steps = at_each_call(Behaviour::Kill(Moment::After), async |_, fault| {
        let (desk, company) = rehired().await;
        company.join(&desk.faults);
        let account = company.reteach.customer("personio:1").unwrap().id;
        let killed = interrupted(&desk, fault, HANDOVER).await;
        if killed.at.is_none() {
            return false;
        }
        // The lease of the killed command lasts for some minutes.
        desk.pass_minutes(4);
        desk.done(HANDOVER).await;
        assert_handed_over(&desk, &company, &account).await;
        true
    })
    .await;
    assert!(steps >= 15, "{steps}");
}

#[tokio::test]
async fn a_handover_from_an_employed_person_or_to_somebody_with_an_account_is_refused() {
    let (desk, company) = rehired().await;
    company.personio.put(person(5));
    for (line, exit, hints) in [
        (
            "--from 2 --to 9",
            Exit::Attention,
            &["Personio reports 2 as employed", "--force"][..],
        ),
        (
            "--from 1 --to 3",
            Exit::Attention,
            &["3 already has account"],
        ),
        ("--from 1 --to 4711", Exit::Attention, &["no person 4711"]),
        (
            "--from 4711 --to 9",
            Exit::Attention,
            &["4711 has no account"],
        ),
        ("--from 1 --to 1", Exit::Usage, &["the same person"]),
    ] {
        let line = format!("people handover acme {line} --yes");
        desk.fails(&line, exit, hints).await;
    }
    assert!(company.reteach.customer("personio:9").is_none());

    let forced = desk
        .done("people handover acme --from 2 --to 5 --yes --force")
        .await;
    assert_eq!(forced["writes"], 3);
    assert!(company.reteach.customer("personio:5").is_some());
}

#[tokio::test]
async fn somebody_is_found_by_a_mail_address_with_outer_spaces() {
    let (desk, company) = Desk::acme().await;
    let mail = person(2).email.unwrap();
    let spaced = format!(" {mail} ");
    assert!(
        company
            .personio
            .change(2, |person| person.email = Some(spaced))
    );
    let found = desk.done(&format!("people find acme {mail}")).await;
    assert_eq!(found["people"], json!([{"person": "2"}]), "{found:#}");
}
