//! `tenants check --write-probe`

use http::Method;
use local::Company;
use serde_json::{Value, json};
use simulators::dialects::{Dialect, dialects};
use simulators::reteach::{Account, Quirk};
use simulators::{Behaviour, Body, Fault, Moment};
use tenants::Exit;

use crate::interrupted::{at_each_call, interrupted};
use crate::support::{Desk, account_of};

const PROBE: &str = "check acme --write-probe --yes";
const DELETION: &str = "/customer/{customerIdentifier}";

/// A tenant whose academy has one account, of somebody else.
async fn tenant() -> (Desk, Company) {
    let (desk, company) = Desk::acme().await;
    company.reteach.insert(account_of(1, None));
    company.reteach.join(&desk.faults);
    (desk, company)
}

/// The rows of a probe that are not as assumed: the assumption and what the academy did.
fn differing(probe: &Value) -> Vec<(String, String)> {
    let rows = probe["rows"].as_array().unwrap().iter();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.filter(|row| !text(row, "academy").starts_with("yes"))
        .map(|row| (text(row, "assumption"), text(row, "academy")))
        .collect()
}

fn assert_clean(company: &Company, case: &str) {
    let customers = company.reteach.customers();
    assert_eq!(customers.len(), 1, "{case}: {customers:#?}");
}

#[tokio::test]
async fn an_academy_as_assumed_answers_every_question_and_keeps_no_test_account() {
    let (desk, company) = tenant().await;
    company.reteach.reset_log();
    let probe = desk.done(PROBE).await;
    let calls = company.reteach.requests().len();
    assert!((100..=120).contains(&calls), "docs/write-probe.md: {calls}");
    assert_eq!(differing(&probe), []);
    let rows = probe["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 41, "{probe:#}");
    let limit = format!("yes, none of {calls} calls, one after the other");
    assert_eq!(rows[40]["academy"], limit);
    assert_eq!(probe["lines"], json!([]));
    let both = (&probe["cleanup"]["deleted"], &probe["stored"]);
    assert_eq!(both, (&json!(2), &json!(true)));
    assert_clean(&company, "after the probe");
    let check = desk.done("check acme").await;
    assert!(
        check
            .to_string()
            .contains("41 of 41 answers are as assumed"),
        "{check:#}"
    );
}

#[tokio::test]
async fn an_account_that_the_academy_gives_back_for_a_new_one_is_not_written_to() {
    let (desk, company) = tenant().await;
    let before = company.reteach.customers();
    let row = json!({"id": before[0].id, "email": before[0].email, "status": "ACTIVE", "tags": []});
    let row: &str = Box::leak(row.to_string().into_boxed_str());
    let finds = Fault::new(Behaviour::Status(201, Body::Json(row)));
    company
        .reteach
        .fail(finds.method(Method::POST).path("/customer").times(1));
    let ended = desk.json(PROBE).await;
    assert!(ended.error().contains("another account"), "{}", ended.out);
    assert_eq!(company.reteach.customers(), before);
}

#[tokio::test]
async fn each_difference_is_named_with_its_line_for_the_tenants_file() {
    let refuses = |field: &str| Quirk::RefusesField(field.to_owned());
    let cases = [
        (
            vec![refuses("position")],
            "position can be written: refused (422)",
            r#"position = "tag""#,
        ),
        (
            vec![Quirk::NullClearsNothing],
            "null clears position: accepted, and not done",
            r#"location = "tag", position = "tag""#,
        ),
        (
            vec![Quirk::PutClearsEnd],
            "an update keeps the fields that it does not name: other fields were cleared",
            r#"update = "replace""#,
        ),
        (
            vec![Quirk::MakesSecondAccounts],
            "POST with a known mail address makes no second account: a second account was made",
            "",
        ),
        (
            vec![refuses("userName")],
            "an account needs no mail address: refused (422)",
            "",
        ),
        (
            vec![Quirk::NewAre(Account::Invited)],
            "a new account is open, and nobody was invited: it is invited",
            "",
        ),
        (
            vec![Quirk::PutKeeps("email".to_owned())],
            "an update writes another mail address: accepted, and not done",
            "",
        ),
        (
            vec![Quirk::PutKeeps("externalId".to_owned())],
            "an update writes another external id: accepted, and not done",
            "",
        ),
        (
            vec![Quirk::PutKeeps("userName".to_owned())],
            "an update writes another user name: accepted, and not done",
            "",
        ),
        (vec![refuses("firstName")], "", ""),
    ];
    for (quirks, row, line) in cases {
        let (desk, company) = tenant().await;
        let case = format!("{quirks:?}");
        company.reteach.set_quirks(quirks);
        let done = desk.json(PROBE).await;
        assert_clean(&company, &case);
        if row.is_empty() {
            assert!(done.error().contains("ended early"), "{case}: {}", done.out);
            continue;
        }
        let probe = done.json();
        let found: Vec<_> = differing(&probe)
            .into_iter()
            .map(|(assumption, academy)| format!("{assumption}: {academy}"))
            .collect();
        assert!(found.iter().any(|found| found == row), "{case}: {found:#?}");
        let lines = probe["lines"].as_array().unwrap();
        let found = lines.iter().map(|found| found["line"].as_str().unwrap());
        let found: Vec<_> = found.collect();
        assert_eq!(found.join(", "), line, "{case}");
        let check = desk.json("check acme").await.json().to_string();
        let is_known = check.contains(&row.split_once(": ").unwrap().1.to_owned());
        assert!(is_known, "{case}: the check does not say so: {check}");
    }
}

#[tokio::test]
async fn nothing_is_written_without_a_confirmation() {
    let (desk, company) = tenant().await;
    let hints = ["https://academy.reteach.io", "nothing was written", "--yes"];
    desk.fails("check acme --write-probe", Exit::Usage, &hints)
        .await;
    for (typed, exit) in [("no\n", Exit::Attention), ("acme\n", Exit::Done)] {
        let before = company.reteach.requests().len();
        let done = desk
            .run_at_terminal("check acme --write-probe", typed)
            .await;
        assert_eq!(done, exit, "{typed}");
        let requests = company.reteach.requests();
        let writes = requests.iter().skip(before);
        let writes =
            writes.filter(|call| call.method != "GET" && call.path.starts_with("/customer"));
        assert_eq!(writes.count() > 0, exit == Exit::Done, "{typed}");
        assert_clean(&company, typed);
    }
}

#[tokio::test]
async fn a_test_account_that_cannot_be_deleted_is_locked_and_removed_by_the_next_probe() {
    for behaviour in [
        Behaviour::Status(404, Body::Vendor),
        Behaviour::Status(405, Body::Html),
        Behaviour::Pretend,
    ] {
        let (desk, company) = tenant().await;
        let case = format!("{behaviour:?}");
        company.reteach.fail(
            Fault::new(behaviour)
                .method(Method::DELETE)
                .path(DELETION)
                .always(),
        );
        let probe = desk.attention(PROBE).await;
        let left = probe["cleanup"]["left"].as_array().unwrap();
        assert_eq!(left.len(), 2, "{case}: {probe:#}");
        for account in left {
            let id = account["id"].as_str().unwrap();
            assert_eq!(company.reteach.status(id), Some("INACTIVE"), "{case}");
            let check = desk.attention("check acme").await.to_string();
            assert!(check.contains(id), "{case}: {check}");
        }
        let again = desk.attention(PROBE).await;
        let counts = ["earlier", "cleanup"].map(|of| again[of]["left"].as_array().unwrap().len());
        assert_eq!(counts, [2, 2], "{case}: each is named once");
        company.reteach.clear_faults();
        let probe = desk.done(PROBE).await;
        assert_eq!(probe["earlier"]["deleted"], json!(4), "{case}");
        assert_clean(&company, &case);
    }
}

#[tokio::test]
async fn an_account_that_an_ended_probe_leaves_is_named_by_the_check() {
    let (desk, company) = tenant().await;
    company.reteach.fail(refuses_deletions());
    let silent = Fault::new(Behaviour::Status(500, Body::Vendor));
    company
        .reteach
        .fail(silent.method(Method::PUT).path("/customer/").always());
    let ended = desk.json(PROBE).await;
    assert!(ended.error().contains("ended early"), "{}", ended.out);
    let check = desk.attention("check acme").await.to_string();
    let left = company.reteach.customers().into_iter();
    let mut left = left.filter(|account| {
        let id = account.external_id.as_deref().unwrap_or_default();
        id.starts_with("reteach-personio-probe:")
    });
    let account = left.next().unwrap();
    assert!(check.contains(&account.id), "{check}");
    assert!(check.contains("not completed yet"), "{check}");
}

fn refuses_deletions() -> Fault {
    let refused = Fault::new(Behaviour::Status(403, Body::Vendor));
    refused.method(Method::DELETE).path(DELETION).always()
}

#[tokio::test]
async fn a_test_account_that_cannot_even_be_locked_is_named_as_open() {
    let refuses = Quirk::RefusesField("setInactiveAt".to_owned());
    for quirk in [refuses, Quirk::DatesDoNotLock] {
        let (desk, company) = tenant().await;
        let case = format!("{quirk:?}");
        company.reteach.set_quirks([quirk]);
        company.reteach.fail(refuses_deletions());
        let done = desk.run(PROBE).await;
        assert_eq!(done.exit, Exit::Attention, "{case}");
        let said = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let number = said.matches("is still there, not even locked: ").count();
        assert_eq!(number, 2, "{case}: {said}");
        company.reteach.clear_faults();
        let earlier = &desk.json(PROBE).await.json()["earlier"]["deleted"];
        assert_eq!(earlier, &json!(2), "{case}");
        assert_clean(&company, &case);
    }
}

#[tokio::test]
async fn a_test_account_that_the_list_alone_shows_is_not_taken_for_deleted() {
    let (desk, company) = tenant().await;
    company.reteach.set_quirks([Quirk::HidesLocked]);
    company.reteach.fail(refuses_deletions());
    let earlier = desk.attention(PROBE).await;
    assert_eq!(earlier["cleanup"]["left"].as_array().unwrap().len(), 2);
    let again = desk.attention(PROBE).await;
    let left = again["earlier"]["left"].as_array().unwrap();
    let locked = left.iter().filter(|left| left["locked"] == json!(true));
    assert_eq!((left.len(), locked.count()), (2, 2), "{again:#}");
}

#[tokio::test]
async fn test_accounts_that_cannot_be_looked_for_are_named_and_removed_by_the_next_probe() {
    let unavailable = || Fault::new(Behaviour::Status(500, Body::Vendor)).method(Method::GET);
    // The first list is of earlier test accounts.
    let lists = || unavailable().path("/customer").nth(2).always();
    let reads = || unavailable().path(DELETION).always();
    for (faults, cause) in [
        (vec![lists()], "looked for: "),
        (vec![lists(), reads()], "looked for after: "),
    ] {
        let (desk, company) = tenant().await;
        for fault in faults {
            company.reteach.fail(fault);
        }
        let ended = desk.json(PROBE).await;
        assert_eq!(ended.exit, Exit::Attention, "{cause}");
        let error = ended.error();
        for part in [
            cause,
            "The next probe removes it",
            "reteach-personio-probe-",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        company.reteach.clear_faults();
        desk.done(PROBE).await;
        assert_clean(&company, cause);
    }
}

#[tokio::test]
async fn a_probe_whose_calls_fail_leaves_no_test_account_behind() {
    for behaviour in [Behaviour::Status(500, Body::Vendor), Behaviour::LoseReply] {
        for (method, path) in [(Method::POST, "/customer"), (Method::DELETE, DELETION)] {
            let calls = at_each_call(behaviour.clone(), async |call, fault| {
                let (desk, company) = tenant().await;
                let done = interrupted(&desk, fault.method(method.clone()).path(path), PROBE).await;
                assert_clean(&company, &format!("{method} {call}: {:?}", done.at));
                done.at.is_some()
            })
            .await;
            assert!(calls >= 2, "{method}: {calls}");
        }
    }
}

#[tokio::test]
async fn a_killed_probe_is_cleaned_up_by_the_next_one() {
    for nth in [4, 20, 70] {
        let (desk, company) = tenant().await;
        let kill = Fault::new(Behaviour::Kill(Moment::After)).nth(nth);
        let killed = interrupted(&desk, kill, PROBE).await;
        assert!(killed.at.is_some(), "{nth}");
        desk.done(PROBE).await;
        assert_clean(&company, &format!("{nth}"));
    }
}

#[tokio::test]
async fn an_academy_of_files_is_probed_and_the_answers_are_not_kept() {
    // A second log-in with such a code is refused and ends the first one.
    let once = vec![Quirk::CodeIsGoodOnce, Quirk::NoRefreshTokens];
    let code_alone = vec![Quirk::NoRefreshTokens];
    for (quirks, log_in_again) in [
        (vec![], "yes"),
        (code_alone, "yes, with the client code"),
        (once, "refused"),
    ] {
        let (desk, company) = Desk::new_company().await;
        company.reteach.insert(account_of(1, None));
        company.reteach.set_quirks(quirks);
        let (file, credentials) = desk.files(&company, "");
        let line = format!("check --file {file} --credentials {credentials} --write-probe --yes");
        let probe = desk.json(&line).await.json();
        assert_eq!(probe["stored"], json!(false));
        let rows = probe["rows"].as_array().unwrap();
        assert_eq!(rows[39]["assumption"], "a second log-in succeeds");
        assert_eq!(rows[39]["academy"], log_in_again);
        assert_clean(&company, log_in_again);
        desk.assert_empty(&company).await;
    }
}

#[tokio::test]
async fn every_dialect_of_an_academy_can_be_probed_and_keeps_no_test_account() {
    let mut lines = Vec::new();
    for (name, dialect) in dialects() {
        let Dialect::Reteach(quirks) = dialect else {
            continue;
        };
        let (desk, company) = tenant().await;
        company.reteach.set_quirks(quirks);
        let done = desk.json(PROBE).await.json();
        assert_clean(&company, &name);
        let found = match done["error"].as_str() {
            Some(error) => vec![error.to_owned()],
            None => differing(&done)
                .into_iter()
                .map(|(assumption, academy)| format!("{assumption}: {academy}"))
                .collect(),
        };
        lines.push(format!("{name}\n  {}", found.join("\n  ")));
    }
    assert!(lines.len() >= 40, "{}", lines.len());
    insta::assert_snapshot!(lines.join("\n"));
}
