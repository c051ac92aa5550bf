//! `tenants plan --save`, `tenants plan --against`

use serde_json::{Value, json};
use shared::tenant::Via;
use simulators::reteach::Participation;
use simulators::{Behaviour, Fault, Moment};
use tenants::Exit;

use crate::interrupted::interrupted;
use crate::restore::damage;
use crate::support::{Desk, account_of, deactivate, participation, person, promote};

#[tokio::test]
async fn a_saved_plan_is_compared_with_what_is_planned_now() {
    let (desk, company) = Desk::in_step().await;
    promote(&company, 2);
    company.personio.put_all([person(4)]);
    let course = participation(1, 1, "Brandschutz");
    company.reteach.add_participation(course);
    let before = (desk.inventory(&company).await, company.reteach.customers());
    let file = desk.file("plans.json", "");
    let saved = desk.done(&format!("plan --save {file}")).await;
    let both = (&saved["tenants"], &saved["changes"]);
    assert_eq!(both, (&json!(1), &json!(2)));
    let same = desk.done(&format!("plan --against {file}")).await;
    assert_eq!(same["tenants"], json!({"acme": []}), "{same:#}");
    desk.done(&format!("plan acme --against {file}")).await;

    // What another version would plan, as far as the file shows: other values, other people, other certificates.
    company.personio.change(2, |person| {
        person.position = Some("Chefin".to_owned());
    });
    deactivate(&company, 3);
    company.personio.remove(4);
    let course = participation(2, 1, "Erste Hilfe");
    company.reteach.add_participation(course);
    let differs = format!("plan --against {file}");
    let found = desk.run(&differs).await;
    assert_eq!(found.exit, Exit::Attention);
    insta::assert_snapshot!(found.out);
    let found = desk.attention(&differs).await;
    let number = found["tenants"]["acme"].as_array().unwrap().len();
    assert_eq!(number, 4, "{found:#}");
    let after = (desk.inventory(&company).await, company.reteach.customers());
    assert_eq!(before, after, "neither of them writes");
}

/// Values of people, days of contracts and of courses are in the file as keyed digests at most.
#[tokio::test]
async fn a_saved_plan_holds_nothing_personal() {
    let (desk, company) = Desk::acme().await;
    company.personio.change(1, |person| {
        person.hire_date = Some("2027-08-09".parse().unwrap());
    });
    company.reteach.insert(account_of(3, Some("personio:77")));
    let account = company.reteach.insert(account_of(2, None));
    company.reteach.add_participation(Participation {
        customer: Some(account),
        ..participation(1, 2, "Brandschutz")
    });
    let file = desk.file("plans.json", "");
    desk.done(&format!("plan acme --save {file}")).await;
    let text = std::fs::read_to_string(&file).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let plan = &document["tenants"]["acme"];
    assert_eq!(document["format"], 1);
    assert_eq!(plan["changes"]["1"]["kind"], "create");
    assert_eq!(plan["skipped"]["3"], "conflict");
    assert!(plan["certificates"]["to_file"]["certificate-1"].is_object());
    for personal in [
        "@",
        "Käthe",
        "Groß",
        "Ingenieurin",
        "Muster",
        "München",
        "2027",
        "2026",
        "Brandschutz",
    ] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
}

#[tokio::test]
async fn files_of_others_are_refused() {
    let (desk, company) = Desk::acme().await;
    let file = desk.file("plans.json", "");
    desk.done(&format!("plan --save {file}")).await;
    let saved = std::fs::read_to_string(&file).unwrap();
    // One that is cut off leaves what was saved before.
    let fault = Fault::new(Behaviour::Kill(Moment::Before)).nth(4);
    let cut = interrupted(&desk, fault, &format!("plan --save {file}")).await;
    assert!(cut.at.is_some());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), saved);
    let mut key: Value = serde_json::from_str(&saved).unwrap();
    key["tenants"]["acme"]["key"] = json!("0123456789abcdef");
    let cases = [
        (
            saved.replace("\"format\": 1", "\"format\": 7"),
            "it has format 7",
        ),
        (
            saved.replace("acme", "other"),
            "it has no plan of acme, but of other",
        ),
        ("{}".to_owned(), "it is no file of `tenants plan --save`"),
        (key.to_string(), "another fingerprint key"),
    ];
    for (text, hint) in cases {
        let other = desk.file("other.json", &text);
        let line = format!("plan acme --against {other}");
        desk.fails(&line, Exit::Usage, &[hint]).await;
    }
    let line = "plan acme --against /nowhere/plans.json";
    desk.fails(line, Exit::Usage, &["/nowhere"]).await;
    let line = "plan acme --save /nowhere/plans.json";
    desk.fails(line, Exit::Usage, &["cannot be written"]).await;
    // One tenant with another key keeps no other from being compared.
    let globex = desk.company_called("globex", Via::Direct).await;
    desk.done(&desk.add(&globex, "")).await;
    desk.done(&format!("plan --save {file}")).await;
    let text = std::fs::read_to_string(&file).unwrap();
    let mut mixed: Value = serde_json::from_str(&text).unwrap();
    mixed["tenants"]["acme"]["key"] = json!("0123456789abcdef");
    let mixed = desk.file("mixed.json", &mixed.to_string());
    let found = desk.attention(&format!("plan --against {mixed}")).await;
    assert_eq!(found["tenants"], json!({"globex": []}), "{found:#}");
    assert_eq!(found["other_key"], json!(["acme"]));
    // A tenant without a plan is saved as such, and differs.
    company.personio.allow_reading(false);
    let saved = desk.attention(&format!("plan --save {file}")).await;
    assert_eq!(saved["without_plan"][0]["outcome"], "access-denied");
}

/// Before an upgrade, the plans of thousands of tenants would be lost for one.
#[tokio::test]
async fn a_tenant_that_cannot_be_read_keeps_no_other_from_being_planned() {
    let (desk, _) = Desk::acme().await;
    let globex = desk.company_called("globex", Via::Direct).await;
    desk.done(&desk.add(&globex, "")).await;
    let certificate = "CERTIFICATE#certificate-1";
    damage(
        &desk,
        "reteach-personio",
        "TENANT#acme",
        certificate,
        "state",
    )
    .await;
    let file = desk.file("plans.json", "");
    let saved = desk.attention(&format!("plan --save {file}")).await;
    assert_eq!(saved["tenants"], 2, "{saved:#}");
    let [acme] = saved["without_plan"].as_array().unwrap().as_slice() else {
        panic!("{saved:#}");
    };
    assert_eq!(acme["tenant_id"], "acme");
    assert_eq!(acme["outcome"], "state-unavailable");
    let message = acme["message"].as_str().unwrap();
    assert!(message.contains(certificate), "{message}");
    let found = desk.attention(&format!("plan --against {file}")).await;
    assert_eq!(found["tenants"], json!({"acme": [], "globex": []}));
}
