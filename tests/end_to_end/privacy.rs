//! No name, mail address or secret appears in a report, the state, an error, Debug output or the log.

use employee_sync::plan::Details;
use harness::{Harness, ROUTES, Witness, by_hand, marked_company, numbered};
use jiff::SignedDuration;
use serde_json::json;
use shared::runtime::Mode;
use simulators::people::Status;
use simulators::{Behaviour, Body, Fault};

async fn run(seen: &mut Witness, mode: Mode) {
    let ran = seen.run(mode).await;
    if let Some(plan) = &ran.plan {
        seen.texts.push(
            plan.shown(seen.harness.moment(), Details::Names)
                .to_string(),
        );
    }
}

async fn ticks(seen: &mut Witness, times: usize) {
    for _ in 0..times {
        run(seen, Mode::Scheduled).await;
    }
}

/// People and accounts with every kind of fault.
fn go_wrong(harness: &Harness) {
    let academy = &harness.reteach;
    academy.insert(by_hand("zwetschge.1@obst.example"));
    academy.insert(numbered("sap:2", "zwetschge.2@obst.example"));
    harness.change(3, |person| person.last_name = "Zwetschge".repeat(40));
    harness.change(4, |person| {
        person.email = Some("zwetschge.5@obst.example".into())
    });
    harness.change(6, |person| {
        person.email = Some("zwetschge ist keine adresse".into())
    });
    harness
        .personio
        .set_raw(7, "hire_date", json!("Zwetschgenzeit"));
    harness
        .personio
        .set_raw(8, "last_name", json!(["Zwetschge"]));
}

async fn scenario(seen: &mut Witness) {
    go_wrong(&seen.harness);
    run(seen, Mode::DryRun).await;
    ticks(seen, 2).await;
    for id in 10..=16 {
        seen.harness.change(id, |person| {
            person.status = Status::Inactive;
            person.office = None;
            person.email = Some(format!("neu.{id}@obst.example"));
        });
    }
    seen.harness.personio.remove(17);
    run(seen, Mode::DryRun).await;
    ticks(seen, 2).await;
    let hash = seen.harness.held().await.unwrap().hash;
    seen.harness.approve(&hash).await;
    ticks(seen, 1).await;
    seen.harness.advance(SignedDuration::from_hours(25));
    ticks(seen, 1).await;
}

/// Vendors whose errors repeat personal data.
async fn loose_tongues(seen: &mut Witness) {
    const TALK: &str = r#"{"success":false,"error":{"code":1,"message":"Frau Zwetschge, \"Zwetschge\", zwetschge@obst.example","title":"zwetschge@x.example"},"statusCode":422,"message":["lastName of Zwetschge is zwetschge@zwetschge.example"]}"#;
    for status in [200, 400, 401, 403, 404, 409, 422] {
        seen.harness
            .fail_reading(Behaviour::Status(status, Body::Json(TALK)), Fault::always);
        ticks(seen, 1).await;
        seen.harness.clear_faults();
        seen.harness.change(18, |person| {
            person.last_name = format!("Zwetschge-{status}")
        });
        seen.harness.reteach.fail(
            Fault::new(Behaviour::Status(status, Body::Json(TALK)))
                .path("/customer/")
                .always(),
        );
        ticks(seen, 1).await;
        seen.harness.clear_faults();
    }
    seen.harness.reteach.remove_credentials("rid-zwetschge");
    seen.harness.reteach.revoke_tokens();
    seen.harness.personio.remove_credentials("id-zwetschge");
    if let Some(kombo) = &seen.harness.company.kombo {
        kombo.revoke_api_key("zwetschge-2");
    }
    ticks(seen, 1).await;
    for text in [
        "Zwetschge",
        r#"{"reteach":"zwetschge"}"#,
        r#"{"fingerprint_key":"zwetschge"}"#,
    ] {
        seen.harness.store_secret_text(text).await;
        seen.harness.advance(SignedDuration::from_mins(16));
        run(seen, Mode::Scheduled).await;
    }
}

#[tokio::test]
async fn no_output_shows_personal_data() {
    for via in ROUTES {
        let mut seen = Witness::new(marked_company(via).await);
        scenario(&mut seen).await;
        loose_tongues(&mut seen).await;
        seen.check();
        let academy = format!("{:?}", seen.harness.reteach.customers());
        assert!(
            academy.matches("Zwetschge").count() > 50,
            "the marks did go through the whole job"
        );
    }
}
