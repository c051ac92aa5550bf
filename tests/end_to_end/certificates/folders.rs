//! The folder that certificates go to.

use harness::{CERTIFICATE_TICK, Harness, ROUTES, completed, people};
use shared::runtime::{Mode, Outcome};
use shared::tenant::Via;

const LATELY: &str = "2026-05-11T07:30:00Z";

/// Gives the company exactly these folders.
fn folders(harness: &Harness, names: &[&str]) {
    let personio = &harness.company.personio;
    for category in personio.categories() {
        personio.remove_category(&category.name);
    }
    for name in names {
        personio.add_category(name);
    }
}

fn chosen(name: &str) -> String {
    format!("[certificates]\ncategory = \"{name}\"\n")
}

#[tokio::test]
async fn the_folder_is_the_configured_one_or_one_for_certificates_or_the_fallback() {
    let cases: &[(&[&str], Option<&str>, &str)] = &[
        (
            &["Arbeitsvertrag", "Sonstige Dokumente"],
            None,
            "Sonstige Dokumente",
        ),
        (&["Contracts", "Other Documents"], None, "Other Documents"),
        (&["other documents", "Contracts"], None, "other documents"),
        (&["SONSTIGE DOKUMENTE"], None, "SONSTIGE DOKUMENTE"),
        (
            &["Sonstige Dokumente", "Other Documents"],
            None,
            "Other Documents",
        ),
        (
            &["Sonstige Dokumente", "Bildungszertifikate"],
            None,
            "Bildungszertifikate",
        ),
        (
            &["Sonstige Dokumente", "BILDUNGSZERTIFIKATE"],
            None,
            "BILDUNGSZERTIFIKATE",
        ),
        (
            &["Other Documents", "Learning Certificates"],
            None,
            "Learning Certificates",
        ),
        (&["learning certificates"], None, "learning certificates"),
        (
            &["Learning Certificates", "bildungszertifikate"],
            None,
            "bildungszertifikate",
        ),
        (&[" Bildungszertifikate "], None, " Bildungszertifikate "),
        (
            &["Bildungszertifikate", "Schulungen"],
            Some("Schulungen"),
            "Schulungen",
        ),
        (
            &["Bildungszertifikate", "SCHULUNGEN"],
            Some("Schulungen"),
            "SCHULUNGEN",
        ),
        (
            &["schulungen", "Schulungen"],
            Some("Schulungen"),
            "Schulungen",
        ),
        (
            &["Übungen & Kurse"],
            Some("übungen & kurse"),
            "Übungen & Kurse",
        ),
        (
            &["Bildungszertifikate", "Arbeitsvertrag"],
            Some("Arbeitsvertrag"),
            "Arbeitsvertrag",
        ),
    ];
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(1)).await;
        for (number, (names, choice, expected)) in cases.iter().enumerate() {
            let (label, id) = (
                format!("{via:?} {names:?} {choice:?}"),
                format!("id-{number:02}"),
            );
            folders(&harness, names);
            harness
                .configure(&choice.map_or_else(String::new, chosen))
                .await;
            harness.issue([completed(&id, 1, "Kurs", LATELY)]);
            let report = harness.certificates_in(Mode::FullScan).await;
            assert_run!("{label}", report, Outcome::Done, uploaded = 1);
            let document = harness.document_of(&id).unwrap();
            assert_eq!(document.category.as_deref(), Some(*expected), "{label}");
        }
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
    for via in ROUTES {
        for (names, choice, says, made) in cases {
            let label = format!("{via:?} {names:?} {choice:?}");
            let more = choice.map_or_else(String::new, chosen);
            let harness = Harness::synced(via, &more, people(3)).await;
            folders(&harness, names);
            harness.issue((1..=3).map(|id| completed(&format!("c-{id}"), id, "Kurs", LATELY)));
            for _ in 0..2 {
                harness.forget_traffic();
                let report = harness.certificates_tick().await;
                assert_eq!(report.outcome, Outcome::NoCategory, "{label}: {report:#?}");
                assert!(
                    says.iter().all(|text| report.message.contains(text)),
                    "{label}: {}",
                    report.message
                );
                assert_counts!("{label}", report, uploaded = 0, remaining = 3);
                assert!(
                    report.findings.is_empty(),
                    "one error, not one for each: {report:#?}"
                );
                assert_eq!(harness.folder_lookups(), 1, "{label}");
                let [_, downloads, ..] = harness.traffic();
                assert_eq!(
                    (downloads, harness.company.personio.documents().len()),
                    (0, 0),
                    "{label}"
                );
                assert!(harness.certificate_ledger().await.is_empty(), "{label}");
            }
            harness.company.personio.add_category(made);
            let report = harness.certificates_tick().await;
            assert_run!("{label}", report, Outcome::Done, uploaded = 3);
            for id in ["c-1", "c-2", "c-3"] {
                assert_eq!(
                    harness.document_of(id).unwrap().category.as_deref(),
                    Some(*made),
                    "{label}"
                );
            }
        }
    }
}

#[tokio::test]
async fn more_certificates_than_one_run_remembers_are_not_lost() {
    let harness = Harness::synced(Via::Direct, "", people(2)).await;
    folders(&harness, &[]);
    let old = |number: u64| {
        completed(
            &format!("c-{number:03}"),
            number % 2 + 1,
            "Kurs",
            "2024-05-10T09:30:00Z",
        )
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
        let personio = &harness.company.personio;
        let folder = |id: &str| harness.document_of(id).unwrap().category;
        harness.issue([completed("c-1", 1, "Kurs", LATELY)]);
        harness.certificates_now().await;
        assert_eq!(
            folder("c-1").as_deref(),
            Some("Sonstige Dokumente"),
            "{via:?}"
        );

        personio.add_category("Learning Certificates");
        assert_eq!(
            harness.certificates_tick().await.outcome,
            Outcome::Unchanged,
            "{via:?}"
        );
        harness.issue([completed("c-2", 1, "Kurs", LATELY)]);
        harness.certificates_tick().await;
        assert_eq!(
            folder("c-2").as_deref(),
            Some("Learning Certificates"),
            "{via:?}"
        );
        assert_eq!(
            folder("c-1").as_deref(),
            Some("Sonstige Dokumente"),
            "{via:?}: what is filed is left there"
        );

        personio.rename_category("Learning Certificates", "Zertifikate");
        harness.configure(&chosen("Zertifikate")).await;
        harness.issue([completed("c-3", 1, "Kurs", LATELY)]);
        harness.certificates_tick().await;
        assert_eq!(
            (folder("c-2"), folder("c-3")),
            (Some("Zertifikate".into()), Some("Zertifikate".into()))
        );
        assert_eq!(harness.documents_of(1).len(), 3, "{via:?}");
    }
}

#[tokio::test]
async fn folders_are_listed_once_a_run_and_only_to_file() {
    for via in ROUTES {
        let harness = Harness::with_folder(via, "", people(3)).await;
        harness.certificates_now().await;
        assert_eq!(
            harness.folder_lookups(),
            0,
            "{via:?}: nothing was ever issued"
        );
        harness.issue((1..=3).map(|id| completed(&format!("c-{id}"), id, "Kurs", LATELY)));
        harness.certificates_tick().await;
        harness.certificates_in(Mode::FullScan).await;
        assert_eq!(
            (harness.documents_of(1).len(), harness.folder_lookups()),
            (1, 1),
            "{via:?}"
        );
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
