//! People, and one of them.

use serde_json::json;

use super::assert_has;
use crate::console::visitor::visitor;
use crate::support::{Desk, deactivate, person};

#[tokio::test]
async fn a_person_is_found_by_id_mail_and_name_and_shown_without_personal_data() {
    let (desk, company) = Desk::acme().await;
    desk.done("sync acme --here").await;
    let visitor = visitor(&desk, "").await;
    let mail = person(2).email.unwrap();
    for who in ["2", "personio:2", mail.as_str(), "groß-2"] {
        let find = "/tenants/acme/people/find";
        let found = visitor
            .submit("/tenants/acme/people", find, &[("who", who)])
            .await;
        assert_eq!(found.headers["location"], "/tenants/acme/people/2", "{who}");
    }
    let several = visitor
        .submit(
            "/tenants/acme/people",
            "/tenants/acme/people/find",
            &[("who", "käthe")],
        )
        .await;
    assert_has(
        &several.text,
        &["Several people match", "/tenants/acme/people/3"],
    );
    let printed = desk.run("people find acme käthe").await.out;
    assert_has(&printed, &["1\n", "2\n", "3\n", "tenants explain acme ID"]);
    assert!(!printed.contains("Groß"), "{printed}");
    let found = desk.done("people find acme GROß-2 --details").await;
    let details = format!("Käthe Groß-2, {mail}");
    let expected = json!([{"person": "2", "details": details}]);
    assert_eq!(found["people"], expected, "{found:#}");
    let nobody = desk.attention("people find acme Grossmann").await;
    assert_eq!(nobody["people"], json!([]));
    // A name that fits nobody goes into no address.
    let misspelt = visitor
        .submit(
            "/tenants/acme/people",
            "/tenants/acme/people/find",
            &[("who", "Grossmann")],
        )
        .await;
    assert_has(&misspelt.text, &["Nobody matches"]);
    let shown = visitor.text("/tenants/acme/people/2/live").await;
    let parts = ["All is fine", "by external id", "begins (not shown)"];
    assert_has(&shown, &parts);
    for personal in ["Groß", "Jan 2020", "2020-01-01", "2019-12-31"] {
        assert!(!shown.contains(personal), "{personal}: {shown}");
    }
    let details = visitor.text("/tenants/acme/people/2/live?details=1").await;
    // The access window begins at midnight in the tenant's zone.
    let parts = ["Groß-2", &mail, "1 Jan 2020, 00:00", "begins 2020-01-01"];
    assert_has(&details, &parts);
    deactivate(&company, 2);
    let shown = visitor.text("/tenants/acme/people/2/live").await;
    assert_has(&shown, &["access: open from (not shown) → open"]);
    // The lock is as old as the account's end.
    desk.done("sync acme --here").await;
    let shown = visitor.text("/tenants/acme/people/2/live").await;
    assert_has(&shown, &["locked since (not shown) (Inactive)"]);
    let nobody = visitor.text("/tenants/acme/people/4711/live").await;
    assert_has(&nobody, &["Nobody knows this person"]);
    // Ids that a browser takes out of a path.
    for id in [".", ".."] {
        let page = visitor.text(&format!("/tenants/acme/person?id={id}")).await;
        let live = format!("/tenants/acme/person/live?id={id}&amp;details=0");
        assert_has(&page, &[&format!("Person {id}"), &live]);
        let live = visitor.text(&live.replace("&amp;", "&")).await;
        let other = format!("/tenants/acme/person?id={id}&amp;details=1");
        assert_has(&live, &["Nobody knows this person", &other]);
    }
    for path in ["", "/live"] {
        let odd = format!("/tenants/acme/people/%22%3E%3Cb%3E{path}");
        let odd = visitor.text(&odd).await;
        assert!(!odd.contains("<b>"), "{odd}");
    }
}

#[tokio::test]
async fn people_are_listed_by_state_and_tried_again() {
    let (desk, company) = Desk::new_company().await;
    desk.run(&desk.add(&company, "")).await;
    desk.run("sync acme --here").await;
    let mut new = crate::support::person(2);
    new.id = 4;
    company.personio.put(new);
    desk.ticks(1).await;
    let mut visitor = visitor(&desk, "").await;
    let all = visitor.text("/tenants/acme/people").await;
    assert_has(&all, &["4 people, 1 to look at", "state=conflict"]);
    let some = visitor.text("/tenants/acme/people?state=conflict").await;
    assert_has(&some, &["/tenants/acme/people/4\"", "Try again", "<time"]);
    assert!(!some.contains("/tenants/acme/people/3\""), "{some}");
    let retry = "/tenants/acme/do/retry-people";
    let conflict = "/tenants/acme/people?state=conflict";
    let tried = visitor.submit(conflict, retry, &[]).await;
    assert_has(&tried.text, &["Tried again", "<time"]);
    visitor.language = "de";
    assert_has(
        &visitor.text("/tenants/acme/people").await,
        &["im Konflikt", "4 Personen, 1 zu klären"],
    );
}
