//! No name, no mail address and no secret gets into a report, the state, an error, Debug output or the log.

use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::layer::SubscriberExt as _;

use employee_sync::plan::Details;
use harness::{Harness, ROUTES, by_hand, person, unwatched};
use jiff::SignedDuration;
use serde_json::json;
use shared::http::Deadline;
use shared::job::Mode;
use shared::secrets::{KomboSecret, PersonioSecret, ReteachSecret, TenantSecret};
use shared::state::Decision;
use shared::tenant::Via;
use simulators::people::{Gender, Status};
use simulators::reteach::Customer;
use simulators::{Behaviour, Body, Fault, Person};

/// Part of every personal value and of every secret here, and of nothing else.
const MARK: &str = "zwetschge";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that anybody but the operator gets to see.
struct Seen {
    harness: Harness,
    log: Lines,
    texts: Vec<String>,
}

impl Seen {
    async fn run(&mut self, mode: Mode) {
        self.harness.world.clock.advance(harness::TICK);
        let ran = self.harness.world.run(&self.harness.company, mode, Deadline::never(), &unwatched).await;
        shared::job::tell(&ran.report, &mut self.log.clone());
        self.texts.push(serde_json::to_string(&ran.report).unwrap());
        if let Some(plan) = &ran.plan {
            self.texts.push(plan.shown(self.harness.moment(), Details::Names).to_string());
        }
        self.texts.push(format!("{ran:?} {:?} {:?}", self.harness.world, self.harness.held().await));
        let items = self.harness.items().await;
        // The tenant's own file is the operator's.
        self.texts.extend(items.into_iter().filter(|it| !it.contains("S(\"CONFIG\")")));
    }

    async fn ticks(&mut self, times: usize) {
        for _ in 0..times {
            self.run(Mode::Scheduled).await;
        }
    }

    fn check(&self) {
        let log = String::from_utf8(self.log.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("\"acme\"") && log.contains("finding"), "the log was captured: {log}");
        for text in self.texts.iter().flat_map(|it| it.lines()).chain(log.lines()) {
            let at = text.to_lowercase().find(MARK);
            assert!(at.is_none(), "{:?}: {text}", self.harness.company.via);
        }
    }
}

fn marked(id: u64) -> Person {
    Person {
        first_name: "Zwetschge".into(),
        last_name: format!("von Zwetschge-{id}"),
        email: Some(format!("zwetschge.{id}@zwetschge.example")),
        gender: Some(Gender::Male),
        position: Some("Zwetschgenbauer".into()),
        subcompany: Some("Zwetschge GmbH".into()),
        department: Some("Zwetschgen".into()),
        office: Some("Zwetschgental".into()),
        ..person(id)
    }
}

fn secret() -> TenantSecret {
    TenantSecret {
        personio: Some(PersonioSecret {
            client_id: "id-zwetschge".into(),
            client_secret: "zwetschge-1".into(),
        }),
        kombo: Some(KomboSecret { api_key: "zwetschge-2".into() }),
        reteach: Some(ReteachSecret {
            client_id: "rid-zwetschge".into(),
            client_secret: "zwetschge-3".into(),
            client_code: "zwetschge-4".into(),
        }),
        ..TenantSecret::default()
    }
}

async fn marked_company(via: Via) -> Harness {
    let harness =
        Harness::new(via, "[employees]\ndepartment = true\nposition = \"tag\"\n", (1..=20).map(marked)).await;
    let company = &harness.company;
    company.personio.add_credentials("id-zwetschge", "zwetschge-1");
    company.reteach.add_credentials("rid-zwetschge", "zwetschge-3", "zwetschge-4");
    if let Some(kombo) = &company.kombo {
        kombo.add_api_key("zwetschge-2");
        kombo.revoke_api_key("kombo-key");
    }
    let fingerprint_key = company.secret().fingerprint_key;
    let secret = TenantSecret { fingerprint_key, ..secret() };
    harness.world.stack.secrets().put(&company.tenant, &secret).await.unwrap();
    harness
}

/// People and accounts that go wrong in every way there is.
fn go_wrong(harness: &Harness) {
    let academy = &harness.company.reteach;
    academy.insert(by_hand("zwetschge.1@zwetschge.example"));
    academy
        .insert(Customer { external_id: Some("sap:2".into()), ..by_hand("zwetschge.2@zwetschge.example") });
    harness.change(3, |it| it.last_name = "Zwetschge".repeat(40));
    harness.change(4, |it| it.email = Some("zwetschge.5@zwetschge.example".into()));
    harness.change(6, |it| it.email = Some("zwetschge ist keine adresse".into()));
    harness.company.personio.set_raw(7, "hire_date", json!("Zwetschgenzeit"));
    harness.company.personio.set_raw(8, "last_name", json!(["Zwetschge"]));
}

async fn scenario(seen: &mut Seen) {
    go_wrong(&seen.harness);
    seen.run(Mode::DryRun).await;
    seen.ticks(2).await;
    for id in 10..=16 {
        seen.harness.change(id, |it| {
            it.status = Status::Inactive;
            it.office = None;
            it.email = Some(format!("neu.{id}@zwetschge.example"));
        });
    }
    seen.harness.company.personio.remove(17);
    seen.run(Mode::DryRun).await;
    seen.ticks(2).await;
    let hash = seen.harness.held().await.unwrap().hash;
    let approved = Decision::Approved { at: seen.harness.moment() };
    seen.harness.world.stack.store().decide(&seen.harness.company.tenant, &hash, approved).await.unwrap();
    seen.ticks(1).await;
    seen.harness.world.clock.advance(SignedDuration::from_hours(25));
    seen.ticks(1).await;
}

/// Vendors that repeat what they were given, or write of people, in their errors.
async fn loose_tongues(seen: &mut Seen) {
    const TALK: &str = r#"{"success":false,"error":{"code":1,"message":"Frau Zwetschge, \"Zwetschge\", zwetschge@zwetschge.example","title":"zwetschge@x.example"},"statusCode":422,"message":["lastName of Zwetschge is zwetschge@zwetschge.example"]}"#;
    for status in [200, 400, 401, 403, 404, 409, 422] {
        seen.harness.fail_reading(Behaviour::Status(status, Body::Json(TALK)), Fault::always);
        seen.ticks(1).await;
        seen.harness.clear_faults();
        seen.harness.change(18, |it| it.last_name = format!("Zwetschge-{status}"));
        seen.harness
            .company
            .reteach
            .fail(Fault::new(Behaviour::Status(status, Body::Json(TALK))).path("/customer/").always());
        seen.ticks(1).await;
        seen.harness.clear_faults();
    }
    seen.harness.company.reteach.remove_credentials("rid-zwetschge");
    seen.harness.company.reteach.revoke_tokens();
    seen.harness.company.personio.remove_credentials("id-zwetschge");
    if let Some(kombo) = &seen.harness.company.kombo {
        kombo.revoke_api_key("zwetschge-2");
    }
    seen.ticks(1).await;
    let vault = seen.harness.world.stack.aws().secrets_manager().clone();
    for text in ["Zwetschge", r#"{"reteach":"zwetschge"}"#, r#"{"fingerprint_key":"zwetschge"}"#] {
        vault.put_secret_value().secret_id("reteach-personio/acme").secret_string(text).send().await.unwrap();
        seen.harness.world.clock.advance(SignedDuration::from_mins(16));
        seen.run(Mode::Scheduled).await;
    }
}

#[tokio::test]
async fn no_mark_is_seen_anywhere() {
    for via in ROUTES {
        let log = Lines::default();
        let writer = log.clone();
        // Our own lines down to the last one; libraries as in production, where they see requests and replies.
        let ours = "warn,shared=trace,employee_sync=trace";
        let ours: tracing_subscriber::filter::Targets = ours.parse().unwrap();
        let lines = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(lines).with(ours);
        let _capturing = tracing::subscriber::set_default(subscriber);
        let mut seen = Seen { harness: marked_company(via).await, log, texts: Vec::new() };
        scenario(&mut seen).await;
        loose_tongues(&mut seen).await;
        seen.check();
        let academy = format!("{:?}", seen.harness.company.reteach.customers());
        assert!(academy.matches("Zwetschge").count() > 50, "the marks did go through the whole job");
    }
}
