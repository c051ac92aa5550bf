//! Everything there is, with marked people, courses and secrets: both jobs, every route, errors, panics, each command there is
//! with and without `--json`. None of it shows a mark.
//!
//! The one exception is `--details`, which shows values to an operator.

mod operator;
mod panics;

use harness::{MARK, ROUTES, Witness, completed, marked_company, virtual_time};
use jiff::SignedDuration;
use shared::runtime::Mode;
use simulators::{Behaviour, Body, Fault};

use operator::Operator;

/// An error that repeats personal data.
const TALK: &str = r#"{"success":false,"status":"error","error":{"code":"REMOTE.INPUT_INVALID","message":"Frau Zwetschge, zwetschge@zwetschge.example","title":"zwetschge"},"statusCode":422,"message":["lastName of Zwetschge is zwetschge@zwetschge.example"]}"#;

async fn both_jobs(seen: &mut Witness) {
    for mode in [Mode::DryRun, Mode::Scheduled, Mode::Reconcile] {
        seen.run(mode).await;
    }
    for mode in [Mode::DryRun, Mode::Scheduled, Mode::FullScan] {
        seen.run_certificates(mode).await;
    }
}

/// Every vendor refuses every call with personal data in the error.
fn loose_tongues(seen: &Witness, status: u16) {
    let talk = || Fault::new(Behaviour::Status(status, Body::Json(TALK))).always();
    let company = &seen.harness.company;
    company.personio.fail(talk());
    company.reteach.fail(talk());
    company.reteach.downloads().fail(talk());
    if let Some(kombo) = &company.kombo {
        kombo.fail(talk());
    }
}

fn issue(seen: &Witness, ids: std::ops::Range<u64>) {
    let course = |id: u64| {
        completed(
            &format!("c-{id}"),
            id,
            "Zwetschgenkunde",
            "2026-05-10T12:00:00Z",
        )
    };
    seen.harness.issue(ids.map(course));
}

#[test]
fn no_command_shows_personal_data() {
    virtual_time::without_pauses(async {
        for via in ROUTES {
            let mut seen = Witness::new(marked_company(via).await);
            let operator = Operator::of(&seen).await;
            seen.harness.personio.add_category("Bildungszertifikate");
            operator.every_command(&mut seen).await;
            issue(&seen, 1..5);
            both_jobs(&mut seen).await;
            operator.every_command(&mut seen).await;
            for (status, ids) in [(422, 5..8), (200, 8..11)] {
                issue(&seen, ids.clone());
                ids.for_each(|id| {
                    seen.harness.change(id, |person| {
                        person.last_name = format!("Zwetschge-{status}")
                    })
                });
                loose_tongues(&seen, status);
                both_jobs(&mut seen).await;
                operator.every_command(&mut seen).await;
                seen.harness.clear_faults();
                seen.harness.reteach.downloads().clear_faults();
                seen.harness.advance(SignedDuration::from_hours(1));
            }
            let filed = seen.harness.personio.documents();
            assert!(
                filed
                    .iter()
                    .any(|document| document.title == "Zwetschgenkunde"
                        || document.file_name.contains("Zwetschgenkunde"))
            );
            // The exception: an operator asks for values.
            seen.harness.change(12, |person| {
                person.position = Some("Zwetschgenmeister".into())
            });
            let shown = operator
                .typed(&seen, &["explain", "acme", "12", "--details"])
                .await;
            assert!(
                shown.to_lowercase().contains(MARK),
                "--details shows values: {shown}"
            );
            let hidden = operator.typed(&seen, &["explain", "acme", "12"]).await;
            assert!(!hidden.to_lowercase().contains(MARK), "{hidden}");
            operator.comes_and_goes(&mut seen).await;
            seen.check();
        }
    });
}
