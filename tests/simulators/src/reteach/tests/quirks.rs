//! Each quirk, compared with the same calls without it.

use serde_json::{Value, json};

use super::{Academy, Answer, academy, erika, good};
use crate::reteach::{Customer, OddRow, Quirk, Spelling};

/// A method, a path and a body.
type Request = (&'static str, &'static str, Value);

/// A text that shows what came of a call.
type Shown = fn(&Academy, u16, Value) -> String;

fn named(text: &str) -> String {
    text.to_owned()
}

fn kept(academy: &Academy, field: fn(Customer) -> Option<String>) -> String {
    let erika = academy.reteach.customer("erika").unwrap();
    field(erika).unwrap_or_else(|| "null".to_owned())
}

/// An academy with the quirk or without it, and its answer to the call.
async fn answered(quirk: &Quirk, is_quirky: bool, call: &Request) -> (Academy, Answer) {
    let academy = academy().await;
    academy.reteach.insert(erika());
    // A second account, where one is needed.
    if matches!(
        quirk,
        Quirk::ConflictsAre422 | Quirk::IgnoresExternalIdFilter | Quirk::PagesOf(_)
    ) {
        academy.reteach.insert(Customer {
            user_name: Some(named("max")),
            ..Customer::default()
        });
    }
    academy.reteach.set_quirks(is_quirky.then(|| quirk.clone()));
    let (method, path, body) = call;
    let answer = academy.write(method, path, body.clone()).await;
    (academy, answer)
}

#[tokio::test]
async fn each_quirk_changes_one_status() {
    use Quirk::{CodeIsGoodOnce, ConflictsAre422, EmptyListsAre404, FindsByUserNameAlone};
    use Quirk::{RefusesKnownCustomers, RefusesPagesOver, RefusesTags, TakesTagsById};
    let put = |body: Value| ("PUT", "/customer/erika", body);
    let post = |body: Value| ("POST", "/customer", body);
    let get = |path: &'static str| ("GET", path, json!({}));
    let number = || ("PUT", "/customer/personio:1042", json!({}));
    let mail = || post(json!({"email": "erika.muster@example.com"}));
    let known = post(json!({"externalId": "personio:1042", "email": "x@example.com"}));
    let ends = |at: &str| put(json!({"setInactiveAt": at}));
    let tags = json!({"tags": [{"name": "Neu"}], "mode": "ADD"});
    let tag = || ("PUT", "/customer/erika/multiple-tags", tags.clone());
    let lead = put(json!({"position": "Lead"}));
    let token = ("POST", "/oauth/authorize", good());
    let nobody = "/customer?externalId=personio:7";
    let one = "/customer?externalId=personio:1042";
    let no_ids = Quirk::ExternalIdsAreNoIdentifiers;
    let fails = |id| Quirk::AccountAnswers500(named(id));
    let ahead = || Quirk::TakesOnlyDatesAhead(named("setInactiveAt"));
    for (call, usual, quirk, quirky) in [
        (get("/customer/personio%3A1042"), 200, no_ids(404), 404),
        (number(), 200, no_ids(404), 404),
        (number(), 200, no_ids(400), 400),
        (get("/customer/erika"), 200, no_ids(404), 200),
        (get("/customer/personio:1042"), 200, fails("erika"), 500),
        (lead, 200, fails("personio:1042"), 500),
        (mail(), 201, fails("erika"), 500),
        (mail(), 201, FindsByUserNameAlone, 409),
        (get("/customer"), 200, fails("erika"), 200),
        (get(nobody), 200, EmptyListsAre404, 404),
        (get(one), 200, EmptyListsAre404, 200),
        (known, 201, RefusesKnownCustomers, 409),
        (put(json!({"userName": "max"})), 409, ConflictsAre422, 422),
        (ends("2026-03-01T00:00:00Z"), 200, ahead(), 422),
        (ends("2027-03-01T00:00:00Z"), 200, ahead(), 200),
        (tag(), 201, TakesTagsById, 422),
        (tag(), 201, RefusesTags, 422),
        // The code was good once: for the token of this test.
        (token, 201, CodeIsGoodOnce, 401),
        (get("/customer?limit=26"), 200, RefusesPagesOver(25), 422),
    ] {
        for (is_quirky, expected) in [(false, usual), (true, quirky)] {
            let (_, answer) = answered(&quirk, is_quirky, &call).await;
            assert_eq!(answer.status, expected, "{call:?}, {quirk:?}: {is_quirky}");
        }
    }
}

#[tokio::test]
async fn each_quirk_changes_one_answer() {
    let put = |body: Value, shown: Shown| (("PUT", "/customer/erika", body), shown);
    let get = |path: &'static str, shown: Shown| (("GET", path, json!({})), shown);
    let post = |body: Value, shown: Shown| (("POST", "/customer", body), shown);
    let authorize = |shown: Shown| (("POST", "/oauth/authorize", good()), shown);
    let tag = json!({"tags": [{"name": "Neu"}], "mode": "ADD"});
    let position = || json!({"position": "Lead"});
    let shown_position: Shown =
        |academy, status, _| format!("{status} {}", kept(academy, |it| it.position));
    let total: Shown = |_, _, body| body["resultCount"].to_string();
    let rows: Shown = |_, _, body| body["results"].as_array().unwrap().len().to_string();
    let row: Shown = |_, _, body| {
        let row = &body["results"][0];
        let has = |key: &str| row.get(key).is_some_and(|value| !value.is_null());
        format!("{} {} {}", has("id"), has("status"), has("tags"))
    };
    let end: Shown = |_, _, body| body["results"][0]["setInactiveAt"].to_string();
    let tags: Shown =
        |academy, _, _| json!(academy.reteach.customer("erika").unwrap().tags).to_string();
    let account_status: Shown = |_, _, body| body["status"].to_string();
    let shown_end: Shown = |_, _, body| body["setInactiveAt"].to_string();
    let is_number: Shown = |_, _, body| body["id"].is_number().to_string();
    let odd = |odd| Quirk::OddRow("personio:1042".to_owned(), odd);
    for ((call, shown), usual, changes) in [
        (
            put(position(), shown_position),
            "200 Lead",
            vec![
                (Quirk::RefusesField(named("position")), "422 null"),
                (Quirk::IgnoresField(named("position")), "200 null"),
            ],
        ),
        (
            put(position(), |academy, _, _| {
                kept(academy, |it| it.external_id)
            }),
            "personio:1042",
            vec![(Quirk::PutReplaces, "null")],
        ),
        (
            put(position(), |academy, _, _| {
                kept(academy, |it| {
                    it.email.zip(it.user_name).map(|_| named("log-in"))
                })
            }),
            "log-in",
            vec![(Quirk::PutReplaces, "log-in")],
        ),
        (
            put(json!({"note": null}), |academy, _, _| {
                kept(academy, |it| it.note)
            }),
            "null",
            vec![(Quirk::NullClearsNothing, "Betriebsrat")],
        ),
        (
            get("/customer", total),
            "1",
            vec![
                (Quirk::TotalOff(-1), "0"),
                (Quirk::TotalMoves, "3"),
                (Quirk::Shows(Spelling::NoTotal), "null"),
            ],
        ),
        (
            get("/customer?limit=5", rows),
            "2",
            vec![(Quirk::PagesOf(1), "1"), (Quirk::PagesOf(7), "2")],
        ),
        (
            get("/customer", row),
            "true true true",
            vec![
                (odd(OddRow::NullTags), "true true false"),
                (odd(OddRow::NoStatus), "true false true"),
                (odd(OddRow::NoId), "false true true"),
                (odd(OddRow::Null), "false false false"),
                (Quirk::LeavesOut(named("status")), "true false true"),
            ],
        ),
        (
            get("/customer", end),
            "null",
            vec![(odd(OddRow::BareDate), "\"2026-03-31\"")],
        ),
        (
            put(json!({"email": "E@Example.com"}), |academy, _, _| {
                kept(academy, |it| it.email)
            }),
            "E@Example.com",
            vec![(Quirk::FoldsMail, "e@example.com")],
        ),
        (
            get("/customer?externalId=personio:7", total),
            "0",
            vec![(Quirk::IgnoresExternalIdFilter, "2")],
        ),
        (
            put(
                json!({"setInactiveAt": "2026-03-01T00:00:00Z"}),
                account_status,
            ),
            "\"INACTIVE\"",
            vec![(Quirk::DatesDoNotLock, "\"ACTIVE\"")],
        ),
        (
            put(position(), tags),
            "[\"Ersthelfer\"]",
            vec![(Quirk::PutDropsTags, "[]")],
        ),
        (
            post(
                json!({"externalId": "personio:1042", "userName": "erika.m", "note": "neu"}),
                |academy, _, _| kept(academy, |it| it.note),
            ),
            "Betriebsrat",
            vec![(Quirk::UpdatesWhatItFinds, "neu")],
        ),
        (
            (("PUT", "/customer/erika/multiple-tags", tag), tags),
            "[\"Ersthelfer\",\"Neu\"]",
            vec![(Quirk::IgnoresTags, "[\"Ersthelfer\"]")],
        ),
        (
            authorize(|_, _, body| body["expires_in"].to_string()),
            "3600",
            vec![(Quirk::NoExpiresIn, "null")],
        ),
        (
            authorize(|_, _, body| body["refresh_token"].is_string().to_string()),
            "true",
            vec![(Quirk::NoRefreshTokens, "false")],
        ),
        (
            put(json!({"setInactiveAt": "2026-03-01T00:00:30Z"}), shown_end),
            "\"2026-03-01T00:00:30.000Z\"",
            vec![(
                Quirk::Shows(Spelling::Minutes),
                "\"2026-03-01T00:00:00.000Z\"",
            )],
        ),
        (
            put(json!({"setInactiveAt": "2026-03-01T00:00:00Z"}), shown_end),
            "\"2026-03-01T00:00:00.000Z\"",
            vec![
                (
                    Quirk::Shows(Spelling::OtherOffset),
                    "\"2026-03-01T05:00:00+05:00\"",
                ),
                (Quirk::Shows(Spelling::NoOffset), "\"2026-03-01T00:00:00\""),
                (Quirk::Shows(Spelling::Days), "\"2026-03-01\""),
            ],
        ),
        (
            get("/customer/erika", account_status),
            "\"ACTIVE\"",
            vec![(Quirk::Shows(Spelling::UnknownWords), "\"SLEEPING\"")],
        ),
        (
            get("/customer/erika", |_, _, body| {
                body["aiInsights"]["score"].to_string()
            }),
            "null",
            vec![(Quirk::Shows(Spelling::MoreMembers), "0.5")],
        ),
        (
            get("/customer/erika", |_, _, body| {
                body.get("managerId").is_some().to_string()
            }),
            "true",
            vec![(Quirk::Shows(Spelling::NoNulls), "false")],
        ),
        (
            (("POST", "/tags", json!({"name": "Neu"})), is_number),
            "false",
            vec![(Quirk::Shows(Spelling::NumericIds), "true")],
        ),
        (
            put(position(), |_, _, body| {
                body.to_string().len().min(20).to_string()
            }),
            "20",
            vec![(Quirk::Shows(Spelling::BareReplies), "14")],
        ),
        (
            put(position(), |_, _, body| {
                let shows = |name: &str| body.get(name).is_some();
                format!("{} {}", shows("status"), shows("externalId"))
            }),
            "true true",
            vec![(Quirk::Shows(Spelling::RequiredReplies), "true false")],
        ),
        (
            put(json!({"setInactiveAt": "9999-12-30T22:00:00Z"}), shown_end),
            "\"9999-12-30T22:00:00.000Z\"",
            vec![(
                Quirk::Shows(Spelling::LastDay),
                "\"9999-12-31T00:00:00.000Z\"",
            )],
        ),
        (
            put(position(), |_, status, body| {
                format!("{status} {}", body.is_null())
            }),
            "200 false",
            vec![(Quirk::Shows(Spelling::EmptyReplies), "200 true")],
        ),
    ] {
        for (quirk, quirky) in changes {
            for (is_quirky, expected) in [(false, usual), (true, quirky)] {
                let (academy, answer) = answered(&quirk, is_quirky, &call).await;
                let found = shown(&academy, answer.status, answer.body);
                assert_eq!(found, expected, "{call:?}, {quirk:?}: {is_quirky}");
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_may_come_in_the_validators_objects() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    let refuses = Quirk::RefusesField(named("position"));
    academy
        .reteach
        .set_quirks([refuses, Quirk::RefusesInObjects]);
    let answer = academy
        .write("PUT", "/customer/erika", json!({"position": "Lead"}))
        .await;
    let refusal = json!({"property": "position", "children": [],
        "constraints": {"isValid": "property position should not exist"}});
    assert_eq!((answer.status, answer.at("/message/0")), (422, refusal));
}

#[tokio::test]
async fn a_moving_total_is_another_one_on_each_page() {
    let academy = academy().await;
    academy.reteach.set_quirks([Quirk::TotalMoves]);
    let mut totals = Vec::new();
    for _ in 0..4 {
        totals.push(academy.get("/customer").await.at("/resultCount").as_u64());
    }
    assert!(
        totals.windows(2).all(|pair| pair[0] != pair[1]),
        "{totals:?}"
    );
}

#[tokio::test]
async fn a_locked_account_may_be_shown_in_the_list_alone() {
    let academy = academy().await;
    academy.reteach.insert(Customer {
        set_inactive_at: Some("2020-01-01T00:00:00Z".parse().unwrap()),
        ..erika()
    });
    assert_eq!(academy.get("/customer/erika").await.status, 200);
    academy.reteach.set_quirks([Quirk::HidesLocked]);
    assert_eq!(academy.get("/customer/erika").await.status, 404);
    let list = academy.get("/customer").await;
    assert_eq!(list.at("/resultCount"), json!(1));
}

#[tokio::test]
async fn a_list_that_hides_locked_accounts_lacks_them_and_their_id_finds_them() {
    let academy = academy().await;
    academy.reteach.insert(Customer {
        set_inactive_at: "2026-03-01T00:00:00Z".parse().ok(),
        ..erika()
    });
    for (quirk, shown) in [(None, 1), (Some(Quirk::ListHidesLocked), 0)] {
        academy.reteach.set_quirks(quirk);
        for list in ["/customer", "/customer?externalId=personio:1042"] {
            let list = academy.get(list).await;
            assert_eq!(list.at("/resultCount"), json!(shown));
        }
        assert_eq!(academy.get("/customer/erika").await.status, 200);
    }
}

#[tokio::test]
async fn quirks_are_part_of_a_snapshot() {
    let academy = academy().await;
    academy.reteach.insert(erika());
    academy.reteach.set_quirks([Quirk::TotalOff(1)]);
    let snapshot = academy.reteach.snapshot().unwrap();
    academy.reteach.set_quirks([]);
    academy.reteach.restore(&snapshot).unwrap();
    let list = academy.get("/customer").await;
    assert_eq!(list.at("/resultCount"), json!(2));
}
