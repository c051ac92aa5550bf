//! Each quirk, compared with the same calls without it.

use serde_json::{Value, json};

use super::{Academy, academy, erika, good};
use crate::reteach::{Customer, OddRow, Quirk, Spelling};

/// A call, and a text that shows what came of it.
type Play = (
    &'static str,
    &'static str,
    Value,
    fn(&Academy, u16, Value) -> String,
);

fn named(text: &str) -> String {
    text.to_owned()
}

fn kept(academy: &Academy, field: fn(Customer) -> Option<String>) -> String {
    let erika = academy.reteach.customer("erika").unwrap();
    field(erika).unwrap_or_else(|| "null".to_owned())
}

#[tokio::test]
async fn each_quirk_changes_one_answer() {
    let put = |body: Value, shown| ("PUT", "/customer/erika", body, shown) as Play;
    let by = |method, path, shown| (method, path, json!({}), shown) as Play;
    let post = |body: Value, shown| ("POST", "/customer", body, shown) as Play;
    let position = || json!({"position": "Lead"});
    let shown_position: fn(&Academy, u16, Value) -> String =
        |academy, status, _| format!("{status} {}", kept(academy, |it| it.position));
    let status: fn(&Academy, u16, Value) -> String = |_, status, _| status.to_string();
    let total: fn(&Academy, u16, Value) -> String = |_, _, body| body["resultCount"].to_string();
    let rows: fn(&Academy, u16, Value) -> String =
        |_, _, body| body["results"].as_array().unwrap().len().to_string();
    let row: fn(&Academy, u16, Value) -> String = |_, _, body| {
        let row = &body["results"][0];
        let has = |key: &str| row.get(key).is_some_and(|value| !value.is_null());
        format!("{} {} {}", has("id"), has("status"), has("tags"))
    };
    let end: fn(&Academy, u16, Value) -> String =
        |_, _, body| body["results"][0]["setInactiveAt"].to_string();
    let tag = |tag: Value, shown| {
        let body = json!({"tags": [tag], "mode": "ADD"});
        ("PUT", "/customer/erika/multiple-tags", body, shown) as Play
    };
    let tags: fn(&Academy, u16, Value) -> String =
        |academy, _, _| json!(academy.reteach.customer("erika").unwrap().tags).to_string();
    let account_status: fn(&Academy, u16, Value) -> String =
        |_, _, body| body["status"].to_string();
    let shown_end: fn(&Academy, u16, Value) -> String =
        |_, _, body| body["setInactiveAt"].to_string();
    let odd = |odd| Quirk::OddRow("personio:1042".to_owned(), odd);
    for (quirk, (method, path, body, shown), usual, quirky) in [
        (
            Quirk::RefusesField(named("position")),
            put(position(), shown_position),
            "200 Lead",
            "422 null",
        ),
        (
            Quirk::IgnoresField(named("position")),
            put(position(), shown_position),
            "200 Lead",
            "200 null",
        ),
        (
            Quirk::PutReplaces,
            put(position(), |academy, _, _| {
                kept(academy, |it| it.external_id)
            }),
            "personio:1042",
            "null",
        ),
        (
            Quirk::PutReplaces,
            put(position(), |academy, _, _| {
                kept(academy, |it| {
                    it.email.zip(it.user_name).map(|_| named("log-in"))
                })
            }),
            "log-in",
            "log-in",
        ),
        (
            Quirk::NullClearsNothing,
            put(json!({"note": null}), |academy, _, _| {
                kept(academy, |it| it.note)
            }),
            "null",
            "Betriebsrat",
        ),
        (
            Quirk::ExternalIdsAreNoIdentifiers(404),
            by("GET", "/customer/personio%3A1042", status),
            "200",
            "404",
        ),
        (
            Quirk::ExternalIdsAreNoIdentifiers(404),
            by("PUT", "/customer/personio:1042", status),
            "200",
            "404",
        ),
        (
            Quirk::ExternalIdsAreNoIdentifiers(400),
            by("PUT", "/customer/personio:1042", status),
            "200",
            "400",
        ),
        (
            Quirk::ExternalIdsAreNoIdentifiers(404),
            by("GET", "/customer/erika", status),
            "200",
            "200",
        ),
        (
            Quirk::AccountAnswers500(named("erika")),
            by("GET", "/customer/personio:1042", status),
            "200",
            "500",
        ),
        (
            Quirk::AccountAnswers500(named("personio:1042")),
            put(position(), status),
            "200",
            "500",
        ),
        (
            Quirk::AccountAnswers500(named("erika")),
            post(json!({"email": "erika.muster@example.com"}), status),
            "201",
            "500",
        ),
        (
            Quirk::AccountAnswers500(named("erika")),
            by("GET", "/customer", status),
            "200",
            "200",
        ),
        (Quirk::TotalOff(-1), by("GET", "/customer", total), "1", "0"),
        (Quirk::TotalMoves, by("GET", "/customer", total), "1", "3"),
        (
            Quirk::PagesOf(1),
            by("GET", "/customer?limit=5", rows),
            "2",
            "1",
        ),
        (
            Quirk::PagesOf(7),
            by("GET", "/customer?limit=5", rows),
            "2",
            "2",
        ),
        (
            Quirk::EmptyListsAre404,
            by("GET", "/customer?externalId=personio:7", status),
            "200",
            "404",
        ),
        (
            Quirk::EmptyListsAre404,
            by("GET", "/customer?externalId=personio:1042", status),
            "200",
            "200",
        ),
        (
            odd(OddRow::NullTags),
            by("GET", "/customer", row),
            "true true true",
            "true true false",
        ),
        (
            odd(OddRow::NoStatus),
            by("GET", "/customer", row),
            "true true true",
            "true false true",
        ),
        (
            odd(OddRow::NoId),
            by("GET", "/customer", row),
            "true true true",
            "false true true",
        ),
        (
            odd(OddRow::Null),
            by("GET", "/customer", row),
            "true true true",
            "false false false",
        ),
        (
            odd(OddRow::BareDate),
            by("GET", "/customer", end),
            "null",
            "\"2026-03-31\"",
        ),
        (
            Quirk::FoldsMail,
            put(json!({"email": "E@Example.com"}), |academy, _, _| {
                kept(academy, |it| it.email)
            }),
            "E@Example.com",
            "e@example.com",
        ),
        (
            Quirk::RefusesKnownCustomers,
            post(
                json!({"externalId": "personio:1042", "email": "x@example.com"}),
                status,
            ),
            "201",
            "409",
        ),
        (
            Quirk::ConflictsAre422,
            put(json!({"userName": "max"}), status),
            "409",
            "422",
        ),
        (
            Quirk::IgnoresExternalIdFilter,
            by("GET", "/customer?externalId=personio:7", total),
            "0",
            "2",
        ),
        (
            Quirk::TakesOnlyDatesAhead(named("setInactiveAt")),
            put(json!({"setInactiveAt": "2026-03-01T00:00:00Z"}), status),
            "200",
            "422",
        ),
        (
            Quirk::TakesOnlyDatesAhead(named("setInactiveAt")),
            put(json!({"setInactiveAt": "2027-03-01T00:00:00Z"}), status),
            "200",
            "200",
        ),
        (
            Quirk::DatesDoNotLock,
            put(
                json!({"setInactiveAt": "2026-03-01T00:00:00Z"}),
                account_status,
            ),
            "\"INACTIVE\"",
            "\"ACTIVE\"",
        ),
        (
            Quirk::PutDropsTags,
            put(position(), tags),
            "[\"Ersthelfer\"]",
            "[]",
        ),
        (
            Quirk::FindsByUserNameAlone,
            post(json!({"email": "erika.muster@example.com"}), status),
            "201",
            "409",
        ),
        (
            Quirk::UpdatesWhatItFinds,
            post(
                json!({"externalId": "personio:1042", "userName": "erika.m", "note": "neu"}),
                |academy, _, _| kept(academy, |it| it.note),
            ),
            "Betriebsrat",
            "neu",
        ),
        (
            Quirk::TakesTagsById,
            tag(json!({"name": "Neu"}), status),
            "201",
            "422",
        ),
        (
            Quirk::IgnoresTags,
            tag(json!({"name": "Neu"}), tags),
            "[\"Ersthelfer\",\"Neu\"]",
            "[\"Ersthelfer\"]",
        ),
        (
            Quirk::RefusesTags,
            tag(json!({"name": "Neu"}), status),
            "201",
            "422",
        ),
        (
            Quirk::NoExpiresIn,
            ("POST", "/oauth/authorize", good(), |_, _, body| {
                body["expires_in"].to_string()
            }),
            "3600",
            "null",
        ),
        (
            Quirk::NoRefreshTokens,
            ("POST", "/oauth/authorize", good(), |_, _, body| {
                body["refresh_token"].is_string().to_string()
            }),
            "true",
            "false",
        ),
        // The code was good once: for the token of this test.
        (
            Quirk::CodeIsGoodOnce,
            ("POST", "/oauth/authorize", good(), status),
            "201",
            "401",
        ),
        (
            Quirk::Shows(Spelling::Minutes),
            put(json!({"setInactiveAt": "2026-03-01T00:00:30Z"}), shown_end),
            "\"2026-03-01T00:00:30.000Z\"",
            "\"2026-03-01T00:00:00.000Z\"",
        ),
        (
            Quirk::Shows(Spelling::OtherOffset),
            put(json!({"setInactiveAt": "2026-03-01T00:00:00Z"}), shown_end),
            "\"2026-03-01T00:00:00.000Z\"",
            "\"2026-03-01T05:00:00+05:00\"",
        ),
        (
            Quirk::Shows(Spelling::NoOffset),
            put(json!({"setInactiveAt": "2026-03-01T00:00:00Z"}), shown_end),
            "\"2026-03-01T00:00:00.000Z\"",
            "\"2026-03-01T00:00:00\"",
        ),
        (
            Quirk::Shows(Spelling::Days),
            put(json!({"setInactiveAt": "2026-03-01T00:00:00Z"}), shown_end),
            "\"2026-03-01T00:00:00.000Z\"",
            "\"2026-03-01\"",
        ),
        (
            Quirk::Shows(Spelling::UnknownWords),
            by("GET", "/customer/erika", account_status),
            "\"ACTIVE\"",
            "\"SLEEPING\"",
        ),
        (
            Quirk::Shows(Spelling::MoreMembers),
            by("GET", "/customer/erika", |_, _, body| {
                body["aiInsights"]["score"].to_string()
            }),
            "null",
            "0.5",
        ),
        (
            Quirk::Shows(Spelling::NoNulls),
            by("GET", "/customer/erika", |_, _, body| {
                body.get("managerId").is_some().to_string()
            }),
            "true",
            "false",
        ),
        (
            Quirk::LeavesOut(named("status")),
            by("GET", "/customer", row),
            "true true true",
            "true false true",
        ),
        (
            Quirk::Shows(Spelling::NumericIds),
            ("POST", "/tags", json!({"name": "Neu"}), |_, _, body| {
                body["id"].is_number().to_string()
            }),
            "false",
            "true",
        ),
        (
            Quirk::RefusesPagesOver(25),
            by("GET", "/customer?limit=26", status),
            "200",
            "422",
        ),
        (
            Quirk::Shows(Spelling::NoTotal),
            by("GET", "/customer", total),
            "1",
            "null",
        ),
        (
            Quirk::Shows(Spelling::BareReplies),
            put(position(), |_, _, body| {
                body.to_string().len().min(20).to_string()
            }),
            "20",
            "14",
        ),
        (
            Quirk::Shows(Spelling::RequiredReplies),
            put(position(), |_, _, body| {
                let shows = |name: &str| body.get(name).is_some();
                format!("{} {}", shows("status"), shows("externalId"))
            }),
            "true true",
            "true false",
        ),
        (
            Quirk::Shows(Spelling::LastDay),
            put(json!({"setInactiveAt": "9999-12-30T22:00:00Z"}), shown_end),
            "\"9999-12-30T22:00:00.000Z\"",
            "\"9999-12-31T00:00:00.000Z\"",
        ),
        (
            Quirk::Shows(Spelling::EmptyReplies),
            put(position(), |_, status, body| {
                format!("{status} {}", body.is_null())
            }),
            "200 false",
            "200 true",
        ),
    ] {
        for (quirks, expected) in [(None, usual), (Some(&quirk), quirky)] {
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
            academy.reteach.set_quirks(quirks.cloned());
            let answer = academy.write(method, path, body.clone()).await;
            let found = shown(&academy, answer.status, answer.body);
            assert_eq!(found, expected, "{method} {path} with {quirks:?}");
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
