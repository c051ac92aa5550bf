//! Listing and finding.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::*;
use crate::http::Effect;

/// An academy of `people`, at most `most` to a page.
fn academy(seen: &Seen, people: u64, most: u64) -> Canned {
    let number = |key| seen.query(key).unwrap().parse::<u64>().unwrap();
    let limit = number("limit").min(most);
    let start = (number("page") - 1) * limit;
    let results: Vec<_> = (start..people.min(start + limit)).map(customer).collect();
    Canned::Json(200, json!({"results": results, "resultCount": people}))
}

#[tokio::test(start_paused = true)]
async fn lists_every_customer_once() {
    for (people, most, pages) in [
        (0, 250, 1),
        (1, 250, 1),
        (250, 250, 2),
        (251, 250, 2),
        (1_100, 250, 5),
        (90, 25, 4),
    ] {
        let server = reteach(move |seen| academy(seen, people, most)).await;
        let all = client(&server).list_all(Vec::new).await.unwrap();
        let both = (all.accounts.len() as u64, all.completeness);
        assert_eq!(both, (people, Completeness::Complete));
        assert_eq!(asked(&server).len(), pages, "{people} of {most}");
        assert_eq!(asked(&server)[0].uri, "/customer?page=1&limit=250");
    }
}

#[tokio::test(start_paused = true)]
async fn an_academy_that_refuses_large_pages_is_asked_for_smaller_ones() {
    for (largest, refused) in [(100, 1), (25, 2)] {
        let server = reteach(move |seen| {
            let limit = seen.query("limit").unwrap();
            if limit.parse::<u64>().unwrap() > largest {
                return error(422, json!(["limit must not be greater than allowed"]));
            }
            academy(seen, 260, 250)
        })
        .await;
        let client = client(&server);
        for _ in 0..2 {
            let all = client.list_all(Vec::new).await.unwrap();
            let listed = (all.accounts.len(), all.completeness);
            assert_eq!(listed, (260, Completeness::Complete), "{largest}");
        }
        let pages = usize::try_from(260_u64.div_ceil(largest)).unwrap();
        assert_eq!(asked(&server).len(), refused + 2 * pages, "{largest}");
    }
    // Refused in every size: it was not the size.
    let calls = AtomicU64::new(0);
    let server = reteach(move |seen| match calls.fetch_add(1, Ordering::Relaxed) {
        0..=2 => error(400, json!("Bad Request")),
        _ => academy(seen, 260, 250),
    })
    .await;
    let client = client(&server);
    client.list(1).await.unwrap_err();
    client.list_all(Vec::new).await.unwrap();
    let asked = asked(&server).into_iter();
    let sizes: Vec<_> = asked.map(|seen| seen.query("limit").unwrap()).collect();
    assert_eq!(sizes, ["250", "100", "25", "250", "250"]);
}

/// Keeps accounts whose id is below that of the 300th.
#[derive(Default, PartialEq)]
struct FirstAccounts(Vec<Customer>);

impl CollectAccounts for FirstAccounts {
    fn account(&mut self, customer: Customer) {
        if customer.id.as_str()[1..].parse::<u64>().unwrap() < 300 {
            self.0.push(customer);
        }
    }

    fn unreadable(&mut self, _: UnreadableAccount) {}
}

/// An academy that somebody joins whenever a second page is read, `joins` times.
async fn busy_academy(joins: u64) -> Server {
    let joined = AtomicU64::new(0);
    reteach(move |seen| {
        if seen.query("page").as_deref() == Some("2") {
            joined.fetch_add(1, Ordering::SeqCst);
        }
        academy(seen, 300 + joined.load(Ordering::SeqCst).min(joins), 250)
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn reads_again_when_the_count_moved_at_most_twice() {
    // Each reading whose count does not fit goes on to an empty page.
    for (joins, pages, completeness) in [
        (1, 3 + 2, Completeness::Complete),
        (99, 3 * 3, Completeness::Shifting),
    ] {
        let server = busy_academy(joins).await;
        let all = client(&server).list_all(Vec::new).await.unwrap();
        let both = (all.completeness, asked(&server).len());
        assert_eq!(both, (completeness, pages));
    }
}

#[tokio::test(start_paused = true)]
async fn a_moving_count_is_complete_when_two_readings_brought_the_same_of_what_matters() {
    let server = busy_academy(99).await;
    let all = client(&server)
        .list_all(FirstAccounts::default)
        .await
        .unwrap();
    let both = (all.completeness, all.accounts.0.len());
    assert_eq!(both, (Completeness::Complete, 300));
    assert_eq!(asked(&server).len(), 2 * 3);
}

#[tokio::test(start_paused = true)]
async fn a_count_that_is_off_by_a_constant_is_complete_after_two_equal_readings() {
    for (people, off) in [(249, 2), (251, -2_i64), (600, -200), (600, 400), (3, -3)] {
        let server = reteach(move |seen| {
            let Canned::Json(status, mut page) = academy(seen, people, 250) else {
                unreachable!()
            };
            page["resultCount"] = json!(people.saturating_add_signed(off));
            Canned::Json(status, page)
        })
        .await;
        let all = client(&server).list_all(Vec::new).await.unwrap();
        assert_eq!(
            (all.accounts.len() as u64, all.completeness),
            (people, Completeness::Complete),
            "{people} announced as {}",
            people.saturating_add_signed(off)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_page_that_counts_itself_alone_is_not_the_whole_list() {
    // Two full pages and more are read twice, to their end.
    for (people, most, pages) in [(9, 250, 1), (250, 250, 2), (251, 250, 6), (600, 100, 14)] {
        // What a page behind the last one is answered.
        for behind in [200, 404, 422] {
            let server = reteach(move |seen| {
                let Canned::Json(status, mut page) = academy(seen, people, most) else {
                    unreachable!()
                };
                let count = page["results"].as_array().unwrap().len();
                if count == 0 && behind != 200 {
                    return error(behind, json!("No such page"));
                }
                page["resultCount"] = json!(count);
                Canned::Json(status, page)
            })
            .await;
            let all = client(&server).list_all(Vec::new).await.unwrap();
            let both = (all.accounts.len() as u64, all.completeness);
            let case = format!("{people} of {most}, {behind}");
            assert_eq!(both, (people, Completeness::Complete), "{case}");
            assert_eq!(asked(&server).len(), pages, "{case}");
        }
    }
    // More was announced than came: a page is missing, and the list has not ended.
    let server = reteach(|seen| {
        let results = match seen.query("page").as_deref() {
            Some("1") => vec![customer(1), customer(2)],
            Some("2") => vec![customer(3)],
            _ => return error(404, json!("Not found")),
        };
        Canned::Json(200, json!({"results": results, "resultCount": 4}))
    })
    .await;
    let listed = client(&server).list_all(Vec::new).await.map(drop);
    assert!(matches!(listed, Err(Error::NotFound { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_academy_that_ignores_the_page_number_is_never_complete() {
    for (shown, count) in [(1, 2), (25, 25), (250, 250)] {
        let accounts: Vec<_> = (1..=shown).map(customer).collect();
        let page = json!({"results": accounts, "resultCount": count});
        let server = reteach(move |_| Canned::Json(200, page.clone())).await;
        let all = client(&server).list_all(Vec::new).await.unwrap();
        let both = (all.accounts.len(), all.completeness);
        assert_eq!(both, (accounts.len(), Completeness::Shifting));
    }
}

#[tokio::test(start_paused = true)]
async fn an_academy_that_counts_accounts_and_shows_none_is_asked_for_few_pages() {
    let server = reteach(|_| Canned::Json(200, json!({"results": [], "resultCount": 3_000}))).await;
    let all = client(&server).list_all(Vec::new).await.unwrap();
    assert_eq!(all.accounts.len(), 0);
    // Twelve pages and the one after them, twice.
    assert_eq!(asked(&server).len(), 2 * 13);
}

#[derive(Default, PartialEq)]
struct UnreadableRows(usize, Vec<UnreadableAccount>);

impl CollectAccounts for UnreadableRows {
    fn account(&mut self, _: Customer) {
        self.0 += 1;
    }

    fn unreadable(&mut self, row: UnreadableAccount) {
        self.1.push(row);
    }
}

#[tokio::test(start_paused = true)]
async fn an_odd_row_of_the_list_is_one_unreadable_account() {
    type Edit = fn(&mut Value);
    /// The id and the field of an unreadable row.
    type Unreadable = (Option<&'static str>, &'static str);
    let no_status: Edit = |row| drop(row.as_object_mut().unwrap().remove("status"));
    let no_moment = Some((Some("c2"), "setInactiveAt"));
    let no_tag = Some((Some("c2"), "tags[0]"));
    let cases: [(Edit, Option<Unreadable>); 9] = [
        (|row| row["tags"] = Value::Null, None),
        (no_status, None),
        (|row| row["unheardOf"] = json!({"x": [1]}), None),
        (|row| row["setInactiveAt"] = json!("soon"), no_moment),
        (|row| row["tags"] = json!([{"id": "t"}]), no_tag),
        (|row| row["id"] = json!(7), None),
        (|row| row["externalId"] = json!(7), None),
        (|row| row["id"] = json!([7]), Some((None, "id"))),
        (|row| *row = json!("x"), Some((None, "."))),
    ];
    for (edit, expected) in cases {
        let server = reteach(move |_| {
            let mut rows = [customer(1), customer(2), customer(3)];
            edit(&mut rows[1]);
            Canned::Json(200, json!({"results": rows, "resultCount": 3}))
        })
        .await;
        let all = client(&server)
            .list_all(UnreadableRows::default)
            .await
            .unwrap();
        assert_eq!(all.completeness, Completeness::Complete);
        let UnreadableRows(read, unreadable) = all.accounts;
        let named = unreadable
            .iter()
            .map(|row| (row.id.as_ref().map(CustomerId::as_str), row.field.as_str()));
        assert_eq!(named.collect::<Vec<_>>(), Vec::from_iter(expected));
        assert_eq!(read + unreadable.len(), 3);
        assert!(!format!("{unreadable:?}").contains("example.com"));
    }
}

#[tokio::test(start_paused = true)]
async fn one_page_that_fails_fails_the_listing() {
    let server = reteach(|seen| match seen.query("page").as_deref() {
        Some("2") => Canned::Text(502, "<html>"),
        _ => academy(seen, 600, 250),
    })
    .await;
    let listed = client(&server).list_all(Vec::new).await;
    let failed = listed.map(drop).unwrap_err();
    let is_unavailable = matches!(failed, Error::Unavailable { .. });
    assert!(is_unavailable, "{failed:?}");
    assert_eq!(failed.effect(), Effect::None);
}

#[tokio::test(start_paused = true)]
async fn finds_by_external_id_even_where_the_filter_is_ignored() {
    let id = ExternalId::new("personio:7");
    let own = |seen: &Seen| seen.path() == "/customer/personio%3A7";
    // What the filter and, if there is one, the account's own address answer.
    for (listed, own_address, expected, calls) in [
        (Some(vec![7]), None, Some("c7"), 1),
        (Some(vec![]), None, None, 1),
        (None, None, None, 1),
        (Some(vec![1, 7]), None, Some("c7"), 1),
        (Some(vec![1, 2]), Some(7), Some("c7"), 2),
        (Some(vec![1]), Some(1), None, 2),
        (Some(vec![1]), None, None, 2),
    ] {
        let case = format!("{listed:?} {own_address:?}");
        let server = reteach(move |seen| {
            let not_found = || error(404, json!("Not found"));
            if own(seen) {
                let account = own_address.map(|id| Canned::Json(200, customer(id)));
                return account.unwrap_or_else(not_found);
            }
            let found = listed.clone().map(|ids| {
                let customers: Vec<_> = ids.into_iter().map(customer).collect();
                Canned::Json(200, json!({"results": customers, "resultCount": 1}))
            });
            found.unwrap_or_else(not_found)
        })
        .await;
        let found = client(&server).find_by_external_id(&id).await.unwrap();
        let found = found.as_ref().map(|customer| customer.id.as_str());
        assert_eq!(found, expected, "{case}");
        let asked = asked(&server);
        assert_eq!(asked.len(), calls, "{case}");
        let filter = asked[0].query("externalId");
        assert_eq!(filter.as_deref(), Some("personio:7"));
    }
}

#[tokio::test(start_paused = true)]
async fn finds_by_email_and_compares_the_address() {
    for (email, answered, expected) in [
        ("p1@example.com", 200, Some("c1")),
        ("P1@Example.COM", 200, Some("c1")),
        ("c1", 200, None),
        ("p2@example.com", 200, None),
        ("p1@example.com", 404, None),
        ("keine", 400, None),
        ("keine", 422, None),
    ] {
        let server = reteach(move |_| Canned::Json(answered, customer(1))).await;
        let found = client(&server).find_by_email(email).await.unwrap();
        let found = found.as_ref().map(|customer| customer.id.as_str());
        assert_eq!(found, expected, "{email} {answered}");
    }
    let mut spaced = customer(1);
    spaced["email"] = json!(" P1@example.com");
    let server = reteach(move |_| Canned::Json(200, spaced.clone())).await;
    let found = client(&server).find_by_email("p1@example.com").await;
    assert!(found.unwrap().is_some());
    for status in [400, 422] {
        let server = reteach(move |_| error(status, json!("not a UUID"))).await;
        let refused = client(&server).find_by_email("p1@example.com").await;
        assert!(matches!(refused, Err(Error::Rejected { .. })), "{status}");
    }
    let exact = |seen: &Seen| match seen.path() {
        "/customer/p1%40example.com" => Canned::Json(200, customer(1)),
        _ => error(404, json!("Not found")),
    };
    for (email, is_found, calls) in [
        ("p1@example.com", true, 1),
        ("P1@Example.com", true, 2),
        ("p2@example.com", false, 1),
        ("P2@example.com", false, 2),
    ] {
        let server = reteach(exact).await;
        let found = client(&server).find_by_email(email).await.unwrap();
        let ended = (found.is_some(), asked(&server).len());
        assert_eq!(ended, (is_found, calls), "{email}");
    }
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    client(&server).find_by_email("a+b/c?d@x.de").await.unwrap();
    assert_eq!(asked(&server)[0].uri, "/customer/a%2Bb%2Fc%3Fd%40x.de");
    for nobody in ["", ".", ".."] {
        let found = client(&server).find_by_email(nobody).await;
        assert_eq!(found, Ok(None), "{nobody}");
    }
    assert_eq!(asked(&server).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_account_than_asked_for_is_not_found() {
    let server = reteach(|_| Canned::Json(200, customer(1))).await;
    let client = client(&server);
    let found = client.get(&CustomerId::new("c1")).await.unwrap();
    assert_eq!(found.id.as_str(), "c1");
    assert!(matches!(
        client.get(&CustomerId::new("p1@example.com")).await,
        Err(Error::NotFound { .. })
    ));
}
