//! What the next run would do, and decisions about what is held.

use reqwest::StatusCode;
use shared::tenant::Via;

use super::{assert_has, held};
use crate::console::visitor::{form, visitor};
use crate::support::{Desk, deactivate};

#[tokio::test]
async fn a_held_plan_is_shown_by_pattern_and_approved_by_its_hash() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    let mut visitor = visitor(&desk, "").await;
    visitor.language = "de";
    assert_has(
        &visitor.text("/tenants/acme").await,
        &[
            "12 von 20 Personen, 8 warten auf dich",
            "8 Sperren ohne Enddatum",
        ],
    );
    visitor.language = "en";
    assert_has(&visitor.text("/").await, &["The one company needs you"]);
    let page = visitor.text("/tenants/acme").await;
    assert_has(
        &page,
        &[
            "12 of 20 people, 8 wait for you",
            "8 changes are held",
            "locks without an end date",
        ],
    );
    let plan = visitor.text("/tenants/acme/plan/live").await;
    assert_has(
        &plan,
        &[
            "<a href=\"#held\">8 held</a>",
            "id=\"held\"",
            "8 people",
            "/tenants/acme/people/1\"",
        ],
    );
    assert!(!plan.contains("Groß"), "{plan}");
    let done = visitor
        .submit("/tenants/acme", "/tenants/acme/do/approve", &[])
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_has(&done.text, &["Approved: 8 changes", "Sync people now"]);
    assert_has(
        &visitor.text("/tenants/acme/audit").await,
        &["8 decisions", "approved", "unknown"],
    );
    let csv = visitor.text("/tenants/acme/audit.csv").await;
    assert_eq!(csv.lines().count(), 9, "{csv}");
    assert_has(
        &visitor.text("/tenants/acme/audit.json").await,
        &["\"decision\":\"approved\"", "\"by\":null"],
    );
    desk.done("sync acme --here").await;
    let locked = company.reteach.customers();
    let locked = locked
        .iter()
        .filter(|account| account.set_inactive_at.is_some());
    assert_eq!(locked.count(), 8);
}

#[tokio::test]
async fn a_choice_among_held_kinds_is_found_again_by_its_id() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    for id in 10..=17 {
        let mail = Some(format!("neu-{id}@muster.example"));
        company.personio.change(id, |person| person.email = mail);
    }
    desk.pass_minutes(5);
    desk.attention("sync acme --here").await;
    let visitor = visitor(&desk, "").await;
    let page = visitor.text("/tenants/acme").await;
    for kind in ["all", "unexplained_lock", "mail"] {
        let option = format!("<option id=\"kind-{kind}\" value=");
        assert_has(&page, &[&option]);
    }
}

#[tokio::test]
async fn a_plan_that_changed_between_look_and_click_is_refused() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    let visitor = visitor(&desk, "").await;
    let seen = form(
        &visitor.text("/tenants/acme").await,
        "/tenants/acme/do/approve",
    );
    deactivate(&company, 9);
    desk.pass_minutes(5);
    desk.attention("sync acme --here").await;
    let refused = visitor.post("/tenants/acme/do/approve", &seen).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_has(
        &refused.text,
        &["Nothing was changed", "the plan has changed", "Back to "],
    );
    // A kind that does not exist must not become a decision about all kinds.
    let mut unknown = seen.clone();
    unknown.push(("kind".to_owned(), "everything".to_owned()));
    let refused = visitor.post("/tenants/acme/do/approve", &unknown).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_has(&visitor.text("/tenants/acme/audit").await, &["0 decisions"]);
}

#[tokio::test]
async fn a_button_decides_nothing_that_somebody_else_has_decided() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    let visitor = visitor(&desk, "").await;
    let approve = "/tenants/acme/do/approve";
    let seen = form(&visitor.text("/tenants/acme").await, approve);
    let store = desk.stack.store();
    let hash = store.held(&company.tenant).await.unwrap().unwrap().hash;
    desk.done(&format!("dismiss acme {hash}")).await;
    let refused = visitor.post(approve, &seen).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_has(&refused.text, &["decided about all of it meanwhile"]);
    let held = store.held(&company.tenant).await.unwrap();
    assert_eq!(held.unwrap().approved(), 0);
}

#[tokio::test]
async fn a_plan_without_values_has_no_day_of_a_contract() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let visitor = visitor(&desk, "").await;
    let plan = visitor.text("/tenants/acme/plan/live").await;
    assert_has(&plan, &["3 people", "contract begins"]);
    let page = visitor.text("/tenants/acme/plan").await;
    for (part, said) in [(page, "role=\"status\""), (plan.clone(), "hx-swap-oob=")] {
        assert_has(&part, &[&format!("id=\"said\" {said}")]);
    }
    assert!(!plan.contains("2020-01"), "{plan}");
    let values = visitor.text("/tenants/acme/plan/live?details=1").await;
    assert_has(&values, &["contract begins 2020-01-01"]);
}
