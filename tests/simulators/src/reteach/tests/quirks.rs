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
    for ((method, path, body, shown), usual, changes) in [
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
            by("GET", "/customer/personio%3A1042", status),
            "200",
            vec![(Quirk::ExternalIdsAreNoIdentifiers(404), "404")],
        ),
        (
            by("PUT", "/customer/personio:1042", status),
            "200",
            vec![
                (Quirk::ExternalIdsAreNoIdentifiers(404), "404"),
                (Quirk::ExternalIdsAreNoIdentifiers(400), "400"),
            ],
        ),
        (
            by("GET", "/customer/erika", status),
            "200",
            vec![(Quirk::ExternalIdsAreNoIdentifiers(404), "200")],
        ),
        (
            by("GET", "/customer/personio:1042", status),
            "200",
            vec![(Quirk::AccountAnswers500(named("erika")), "500")],
        ),
        (
            put(position(), status),
            "200",
            vec![(Quirk::AccountAnswers500(named("personio:1042")), "500")],
        ),
        (
            post(json!({"email": "erika.muster@example.com"}), status),
            "201",
            vec![
                (Quirk::AccountAnswers500(named("erika")), "500"),
                (Quirk::FindsByUserNameAlone, "409"),
            ],
        ),
        (
            by("GET", "/customer", status),
            "200",
            vec![(Quirk::AccountAnswers500(named("erika")), "200")],
        ),
        (
            by("GET", "/customer", total),
            "1",
            vec![
                (Quirk::TotalOff(-1), "0"),
                (Quirk::TotalMoves, "3"),
                (Quirk::Shows(Spelling::NoTotal), "null"),
            ],
        ),
        (
            by("GET", "/customer?limit=5", rows),
            "2",
            vec![(Quirk::PagesOf(1), "1"), (Quirk::PagesOf(7), "2")],
        ),
        (
            by("GET", "/customer?externalId=personio:7", status),
            "200",
            vec![(Quirk::EmptyListsAre404, "404")],
        ),
        (
            by("GET", "/customer?externalId=personio:1042", status),
            "200",
            vec![(Quirk::EmptyListsAre404, "200")],
        ),
        (
            by("GET", "/customer", row),
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
            by("GET", "/customer", end),
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
            post(
                json!({"externalId": "personio:1042", "email": "x@example.com"}),
                status,
            ),
            "201",
            vec![(Quirk::RefusesKnownCustomers, "409")],
        ),
        (
            put(json!({"userName": "max"}), status),
            "409",
            vec![(Quirk::ConflictsAre422, "422")],
        ),
        (
            by("GET", "/customer?externalId=personio:7", total),
            "0",
            vec![(Quirk::IgnoresExternalIdFilter, "2")],
        ),
        (
            put(json!({"setInactiveAt": "2026-03-01T00:00:00Z"}), status),
            "200",
            vec![(Quirk::TakesOnlyDatesAhead(named("setInactiveAt")), "422")],
        ),
        (
            put(json!({"setInactiveAt": "2027-03-01T00:00:00Z"}), status),
            "200",
            vec![(Quirk::TakesOnlyDatesAhead(named("setInactiveAt")), "200")],
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
            tag(json!({"name": "Neu"}), status),
            "201",
            vec![(Quirk::TakesTagsById, "422"), (Quirk::RefusesTags, "422")],
        ),
        (
            tag(json!({"name": "Neu"}), tags),
            "[\"Ersthelfer\",\"Neu\"]",
            vec![(Quirk::IgnoresTags, "[\"Ersthelfer\"]")],
        ),
        (
            ("POST", "/oauth/authorize", good(), |_, _, body| {
                body["expires_in"].to_string()
            }),
            "3600",
            vec![(Quirk::NoExpiresIn, "null")],
        ),
        (
            ("POST", "/oauth/authorize", good(), |_, _, body| {
                body["refresh_token"].is_string().to_string()
            }),
            "true",
            vec![(Quirk::NoRefreshTokens, "false")],
        ),
        // The code was good once: for the token of this test.
        (
            ("POST", "/oauth/authorize", good(), status),
            "201",
            vec![(Quirk::CodeIsGoodOnce, "401")],
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
            by("GET", "/customer/erika", account_status),
            "\"ACTIVE\"",
            vec![(Quirk::Shows(Spelling::UnknownWords), "\"SLEEPING\"")],
        ),
        (
            by("GET", "/customer/erika", |_, _, body| {
                body["aiInsights"]["score"].to_string()
            }),
            "null",
            vec![(Quirk::Shows(Spelling::MoreMembers), "0.5")],
        ),
        (
            by("GET", "/customer/erika", |_, _, body| {
                body.get("managerId").is_some().to_string()
            }),
            "true",
            vec![(Quirk::Shows(Spelling::NoNulls), "false")],
        ),
        (
            ("POST", "/tags", json!({"name": "Neu"}), |_, _, body| {
                body["id"].is_number().to_string()
            }),
            "false",
            vec![(Quirk::Shows(Spelling::NumericIds), "true")],
        ),
        (
            by("GET", "/customer?limit=26", status),
            "200",
            vec![(Quirk::RefusesPagesOver(25), "422")],
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
