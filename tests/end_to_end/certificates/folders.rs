//! The folder that certificates go to.

use harness::{CERTIFICATE_TICK, Harness, ROUTES, completed, people};
use shared::runtime::{Mode, Outcome};
use shared::tenant::Via;

const LATELY: &str = "2026-05-11T07:30:00Z";

/// Gives the company exactly these folders.
fn folders(harness: &Harness, names: &[&str]) {
    let personio = &harness.personio;
    for category in personio.categories() {
        personio.remove_category(&category.name);
    }
    for name in names {
        personio.add_category(name);
    }
}

fn category(name: &str) -> String {
    format!("[certificates]\ncategory = \"{name}\"\n")
}

#[tokio::test]
async fn the_folder_is_the_configured_one_or_one_for_certificates_or_the_fallback() {
    const GERMAN: &str = "Bildungszertifikate";
    const ENGLISH: &str = "Learning Certificates";
    const OTHER: &str = "Sonstige Dokumente";
    const CHOSEN: &str = "Schulungen";
    let unchosen: &[(&[&str], &str)] = &[
        (&["Arbeitsvertrag", OTHER], OTHER),
        (&["Contracts", "Other Documents"], "Other Documents"),
        (&["other documents", "Contracts"], "other documents"),
        (&["SONSTIGE DOKUMENTE"], "SONSTIGE DOKUMENTE"),
        (&[OTHER, "Other Documents"], "Other Documents"),
        (&[OTHER, GERMAN], GERMAN),
        (&[OTHER, "BILDUNGSZERTIFIKATE"], "BILDUNGSZERTIFIKATE"),
        (&["Other Documents", ENGLISH], ENGLISH),
        (&["learning certificates"], "learning certificates"),
        (&[ENGLISH, "bildungszertifikate"], "bildungszertifikate"),
        (&[" Bildungszertifikate "], " Bildungszertifikate "),
    ];
    let chosen: &[(&[&str], &str, &str)] = &[
        (&[GERMAN, CHOSEN], CHOSEN, CHOSEN),
        (&[GERMAN, "SCHULUNGEN"], CHOSEN, "SCHULUNGEN"),
        (&["schulungen", CHOSEN], CHOSEN, CHOSEN),
        (&["Übungen & Kurse"], "übungen & kurse", "Übungen & Kurse"),
        (
            &[GERMAN, "Arbeitsvertrag"],
            "Arbeitsvertrag",
            "Arbeitsvertrag",
        ),
    ];
    let unchosen = unchosen
        .iter()
        .map(|&(names, expected)| (names, None, expected));
    let chosen = chosen
        .iter()
        .map(|&(names, choice, expected)| (names, Some(choice), expected));
    let cases: Vec<_> = unchosen.chain(chosen).collect();
    let harness = Harness::synced(Via::Direct, "", people(1)).await;
    for (number, (names, choice, expected)) in cases.iter().enumerate() {
        let label = format!("{names:?} {choice:?}");
        let id = format!("id-{number:02}");
        folders(&harness, names);
        harness
            .configure(&choice.map(category).unwrap_or_default())
            .await;
        harness.issue([completed(&id, 1, "Kurs", LATELY)]);
        let report = harness.certificates_in(Mode::FullScan).await;
        assert_run!("{label}", report, Outcome::Done, uploaded = 1);
        let document = harness.document_of(&id).unwrap();
        assert_eq!(document.category.as_deref(), Some(*expected), "{label}");
    }
}

/// Existing folders, configured folder, parts of the message, folder that HR creates then.
type Missing = (
    &'static [&'static str],
    Option<&'static str>,
    [&'static str; 2],
    &'static str,
);

#[tokio::test]
async fn without_a_folder_no_upload_starts_and_no_certificate_is_lost() {
    let cases: &[Missing] = &[
        (
            &["Arbeitsvertrag"],
            None,
            ["\"Bildungszertifikate\"", "\"Learning Certificates\""],
            "Bildungszertifikate",
        ),
        (
            &[],
            None,
            ["\"Bildungszertifikate\"", "[certificates] category"],
            "Sonstige Dokumente",
        ),
        (
            &["Bildungszertifikate", "Other Documents"],
            Some("Schulungen"),
            ["\"Schulungen\"", "make it"],
            "schulungen",
        ),
        (
            &["Schulungen 2025"],
            Some(" Schulungen "),
            ["\"Schulungen\"", "[certificates] category"],
            "Schulungen",
        ),
    ];
    for ((names, choice, says, made), via) in cases.iter().zip(ROUTES.into_iter().cycle()) {
        let label = format!("{via:?} {names:?} {choice:?}");
        let more = choice.map(category).unwrap_or_default();
        let harness = Harness::synced(via, &more, people(3)).await;
        folders(&harness, names);
        harness.issue((1..=3).map(|id| completed(&format!("c-{id}"), id, "Kurs", LATELY)));
        for _ in 0..2 {
            harness.forget_traffic();
            let report = harness.certificates_tick().await;
            assert_eq!(report.outcome, Outcome::NoCategory, "{label}: {report:#?}");
            for text in says {
                assert!(report.message.contains(text), "{label}: {}", report.message);
            }
            assert_counts!("{label}", report, uploaded = 0, remaining = 3);
            // One error, not one for each.
            assert!(report.findings.is_empty(), "{report:#?}");
            assert_eq!(harness.folder_lookups(), 1, "{label}");
            let [_, downloads, ..] = harness.traffic();
            let documents = harness.personio.documents().len();
            assert_eq!((downloads, documents), (0, 0), "{label}");
            assert!(harness.certificate_ledger().await.is_empty(), "{label}");
        }
        harness.personio.add_category(made);
        let report = harness.certificates_tick().await;
        assert_run!("{label}", report, Outcome::Done, uploaded = 3);
        for id in ["c-1", "c-2", "c-3"] {
            let folder = harness.document_of(id).unwrap().category;
            assert_eq!(folder.as_deref(), Some(*made), "{label}");
        }
    }
}

#[tokio::test]
async fn more_certificates_than_one_run_remembers_are_not_lost() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
    folders(&harness, &[]);
    let old = |number: u64| {
        let (id, person) = (format!("c-{number:03}"), number % 2 + 1);
        completed(&id, person, "Kurs", "2024-05-10T09:30:00Z")
    };
    harness.issue((0..130).map(old));
    for _ in 0..3 {
        let report = harness.certificates_tick().await;
        assert_run!(report, Outcome::NoCategory, remaining = 130);
    }
    folders(&harness, &["Bildungszertifikate"]);
    let report = harness.certificates_tick().await;
    assert_run!(report, Outcome::Done, uploaded = 130);
}

#[tokio::test]
async fn a_folder_created_later_is_used_from_then_on() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(1)).await;
        let personio = &harness.personio;
        let assert_folder = |id: &str, folder: &str| {
            let category = harness.document_of(id).unwrap().category;
            assert_eq!(category.as_deref(), Some(folder), "{via:?}");
        };
        harness.issue([completed("c-1", 1, "Kurs", LATELY)]);
        harness.certificates_now().await;
        assert_folder("c-1", "Sonstige Dokumente");

        personio.add_category("Learning Certificates");
        let report = harness.certificates_tick().await;
        assert_run!("{via:?}", report, Outcome::Unchanged);
        harness.issue([completed("c-2", 1, "Kurs", LATELY)]);
        harness.certificates_tick().await;
        assert_folder("c-2", "Learning Certificates");
        assert_folder("c-1", "Sonstige Dokumente");

        personio.rename_category("Learning Certificates", "Zertifikate");
        harness.configure(&category("Zertifikate")).await;
        harness.issue([completed("c-3", 1, "Kurs", LATELY)]);
        harness.certificates_tick().await;
        assert_folder("c-2", "Zertifikate");
        assert_folder("c-3", "Zertifikate");
        assert_eq!(harness.documents_of(1).len(), 3, "{via:?}");
    }
}

#[tokio::test]
async fn folders_are_listed_once_a_run_and_only_to_file() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(3)).await;
        harness.certificates_now().await;
        assert_eq!(harness.folder_lookups(), 0, "{via:?}");
        harness.issue((1..=3).map(|id| completed(&format!("c-{id}"), id, "Kurs", LATELY)));
        harness.certificates_tick().await;
        harness.certificates_in(Mode::FullScan).await;
        assert_eq!(harness.documents_of(1).len(), 1, "{via:?}");
        assert_eq!(harness.folder_lookups(), 1, "{via:?}");
        harness.forget_traffic();
        for _ in 0..3 {
            assert_eq!(
                harness
                    .certificates_after(CERTIFICATE_TICK * 20)
                    .await
                    .outcome,
                Outcome::Unchanged
            );
        }
        assert_eq!(harness.folder_lookups(), 0, "{via:?}");
        // A certificate without an owner.
        harness.issue([simulators::reteach::Participation {
            customer: None,
            ..completed("c-9", 1, "Kurs", LATELY)
        }]);
        harness.certificates_in(Mode::FullScan).await;
        assert_eq!(harness.folder_lookups(), 0, "{via:?}");
    }
}
