//! State that another version of this program has written.

use harness::{Harness, completed, people};
use serde_json::{Value, json};
use shared::runtime::{Mode, Outcome};
use shared::state::STATE_VERSION;
use shared::tenant::Via;
use simulators::people::Status;

/// The state of [`company`], written by the first release. Never record it again: a release that cannot read it needs a
/// migration. A new version of the state gets a file of its own.
const VERSION_1: &str = include_str!("state/version-1.json");

/// Accounts, a leaver, a refused person, a held plan, a filed and a parked certificate. The same on each call.
async fn company() -> Harness {
    let mut everybody = people(14);
    for person in &mut everybody {
        match person.id {
            2 => person.last_name = "Ü".repeat(300),
            3 => person.status = Status::Inactive,
            _ => {}
        }
    }
    let harness = Harness::in_turn(1, "2026-05-11T08:00:00Z", Via::Direct, "", everybody).await;
    harness.now().await;
    harness.personio.add_category("Bildungszertifikate");
    harness.tick().await;
    let issued = [(1, 4), (2, 5)].map(|(number, person)| {
        let at = "2026-05-01T09:30:00Z";
        completed(&format!("c-{number}"), person, "Brandschutz", at)
    });
    harness.issue(issued);
    let report = harness.certificates_now().await;
    assert_eq!(report.counts.uploaded, 2, "{report:#?}");
    (9..=14).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
    let report = harness.tick().await;
    let both = (report.counts.held, report.counts.waiting);
    assert_eq!(both, (6, 1), "{report:#?}");
    harness.forget_requests();
    harness
}

/// Ticks of both jobs find the state as they would have left it, and a change and a decision go through.
async fn goes_on(harness: &Harness) {
    let writes = harness.reteach.customers();
    let report = harness.tick().await;
    assert_eq!(report.counts.unchanged, 7, "{report:#?}");
    let both = (report.counts.held, report.counts.refused);
    assert_eq!(both, (6, 1), "{report:#?}");
    assert_eq!(harness.reteach.customers(), writes, "nothing is written");
    let report = harness.certificates_tick().await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{report:#?}");
    assert_eq!(harness.personio.documents().len(), 2, "{report:#?}");

    harness.change(7, |person| person.position = Some("Leitung".into()));
    harness.approve(&harness.held().await.unwrap().hash).await;
    let report = harness.tick().await;
    let both = (report.counts.updated, report.counts.locked);
    assert_eq!(both, (1, 6), "{report:#?}");
    harness.issue([completed("c-3", 6, "Erste Hilfe", "2026-05-02T09:30:00Z")]);
    let report = harness.certificates_tick().await;
    assert_eq!(report.counts.uploaded, 1, "{report:#?}");
    // The whole company once more, against the academy: nothing was misread.
    let report = harness
        .run(Mode::Reconcile, shared::http::Deadline::never())
        .await
        .report;
    let counts = report.counts;
    let shown = (counts.updated, counts.locked, counts.unlocked);
    assert_eq!(shown, (0, 0, 0), "{report:#?}");
}

/// The file, with the addresses that the vendors have in this process, and the digest of these.
async fn first_release(harness: &Harness) -> Vec<Value> {
    let mut items: Vec<Value> = serde_json::from_str(VERSION_1).unwrap();
    for live in harness.exported_state().await {
        let of = |item: &Value| (item.get("pk").cloned(), item.get("sk").cloned());
        let stored = items.iter_mut().find(|item| of(item) == of(&live));
        let Some(stored) = stored.and_then(Value::as_object_mut) else {
            continue;
        };
        for member in ["config", "configuration"] {
            if let Some(value) = live.get(member) {
                stored.insert(member.to_owned(), value.clone());
            }
        }
    }
    items
}

#[tokio::test]
async fn state_of_the_first_release_is_read() {
    let harness = company().await;
    if std::env::var("STATE_FILE").as_deref() == Ok("record") {
        let lines = harness.exported_state().await.into_iter();
        let lines: Vec<String> = lines.map(|item| item.to_string()).collect();
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/end_to_end/state/version-1.json"
        );
        let text = format!("[\n{}\n]\n", lines.join(",\n"));
        return std::fs::write(file, text).unwrap();
    }
    harness.import_state(&first_release(&harness).await).await;
    goes_on(&harness).await;
}

#[tokio::test]
async fn state_without_a_mark_is_of_the_first_version() {
    let harness = company().await;
    let mut state = harness.exported_state().await;
    state.retain(|item| item["pk"]["S"] != "SCHEMA");
    for item in &mut state {
        item.as_object_mut().unwrap().remove("state_version");
    }
    harness.import_state(&state).await;
    goes_on(&harness).await;
}

/// After a rollback: attributes of a later release are passed over.
#[tokio::test]
async fn attributes_of_a_later_release_are_passed_over() {
    let harness = company().await;
    let mut state = harness.exported_state().await;
    for item in &mut state {
        item["later"] = json!({"M": {"why": {"S": "a later release"}, "since": {"N": "2"}}});
    }
    harness.import_state(&state).await;
    goes_on(&harness).await;
    let later = "[employees]\npositions = \"tag\"\n[later]\nwhy = \"a later release\"\n";
    harness.configure(later).await;
    let report = harness.tick().await;
    assert!(report.outcome.is_good(), "{report:#?}");
}

#[tokio::test]
async fn runs_leave_state_of_a_newer_version_alone() {
    let harness = company().await;
    let mut state = harness.exported_state().await;
    let mark = json!({"N": (STATE_VERSION + 1).to_string()});
    for item in state
        .iter_mut()
        .filter(|item| item.get("state_version").is_some())
    {
        item["state_version"] = mark.clone();
    }
    harness.import_state(&state).await;
    harness.change(7, |person| person.position = Some("Leitung".into()));
    harness.forget_traffic();
    for mode in [Mode::Scheduled, Mode::DryRun] {
        let report = harness
            .run(mode, shared::http::Deadline::never())
            .await
            .report;
        assert_eq!(report.outcome, Outcome::NewerState, "{report:#?}");
        assert!(report.message.contains("version 2"), "{}", report.message);
    }
    let report = harness.certificates_tick().await;
    assert_eq!(report.outcome, Outcome::NewerState, "{report:#?}");
    assert_eq!(harness.traffic(), [0; 4], "no vendor is asked");
    assert_eq!(harness.exported_state().await, state, "nothing is written");
}
