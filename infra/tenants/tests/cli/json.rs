//! `--json` of every command: one document that holds all that the text says.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use secrecy::ExposeSecret as _;
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::{Certificate, Participation};
use tenants::Cli;

use crate::support::{Desk, person};

/// What a text says of every deployment: no program needs it.
const FIXED: [&str; 3] = ["24 hours", "30 days", "7 days"];

/// A tenant with a held plan, a parked certificate, somebody in conflict and a schedule that is gone.
async fn eventful() -> Desk {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    company.personio.put_all((1..=12).map(person));
    company.personio.revoke(&["gender"]);
    company.reteach.insert(simulators::reteach::Customer {
        email: person(41).email,
        external_id: Some("sap:41".to_owned()),
        ..Default::default()
    });
    // With the same key the same plan has the same hash in each world.
    let (file, _) = desk.files(&company, "");
    let credentials = desk.file("keyed.json", company.secret().to_json().expose_secret());
    desk.run(&["add", "--file", &file, "--credentials", &credentials])
        .await;
    desk.run(&["sync", "acme", "--here"]).await;
    company.reteach.add_participation(Participation {
        id: "participation-1".to_owned(),
        customer: Some("personio:1".to_owned()),
        course_name: Some("Brandschutz".to_owned()),
        completed_at: Some("2026-05-01T10:00:00Z".parse().unwrap()),
        certificate: Some(Certificate::new("certificate-1", 20_000)),
        ..Participation::default()
    });
    desk.run(&["sync", "acme", "--here", "--job", "certificates"])
        .await;
    crate::certificates::parked(&desk, &company.tenant, "certificate-2", true).await;
    desk.clock().advance(jiff::SignedDuration::from_mins(5));
    for id in 1..=8 {
        company
            .personio
            .change(id, |person| person.status = Status::Inactive);
    }
    company.personio.put(person(41));
    desk.run(&["sync", "acme", "--here"]).await;
    desk.aws
        .delete_schedule(crate::support::GROUP, "acme.certificates");
    desk
}

/// The words that carry something: ids, numbers, moments, names of fields and commands' arguments.
fn facts(text: &str) -> BTreeSet<&str> {
    let words = text.split(|char: char| !(char.is_alphanumeric() || "-_:.@".contains(char)));
    let words = words.map(|word| word.trim_matches(['.', ':', '-']));
    // Durations are milliseconds in the document.
    let words = words.filter(|word| word.len() > 1 && !["0.0", "0.000"].contains(word));
    words
        .filter(|word| word.contains(|char: char| char.is_ascii_digit()))
        .collect()
}

#[tokio::test]
async fn every_command_has_a_document_that_holds_what_its_text_says() {
    let desk = eventful().await;
    let status = desk.json(&["status", "acme"]).await.json();
    let hash = status["held"]["hash"].as_str().unwrap();
    let readers: &[&[&str]] = &[
        &["list"],
        &["check", "acme"],
        &["plan", "acme", "--details"],
        &["status"],
        &["status", "acme"],
        &["runs", "acme", "--findings"],
        &["explain", "acme", "1"],
        &["explain", "acme", "41", "--details"],
        &["certificates", "list", "acme"],
        &["certificates", "list", "acme", "--all"],
        &["completions", "bash"],
    ];
    let writers: &[&[&str]] = &[
        &["sync", "acme", "--here"],
        &[
            "certificates",
            "retry",
            "acme",
            "certificate-2",
            "certificate-9",
        ],
        &["certificates", "dismiss", "acme", "certificate-2"],
        &["approve", "acme", hash],
        &["dismiss", "acme", hash],
        &["pause", "acme"],
        &["resume", "acme"],
        &["remove", "acme", "--yes"],
    ];
    let shown: BTreeSet<&str> = readers
        .iter()
        .chain(writers)
        .map(|args| args[0])
        .chain(["add", "connect", "help"])
        .collect();
    let cli = Cli::command();
    let all: BTreeSet<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
    assert!(all.is_subset(&shown), "a command is not shown: {all:?}");
    for args in readers {
        lacks_nothing(
            args,
            &desk.run(args).await.out,
            &desk.json(args).await.json(),
        );
    }
    for args in writers {
        let (people, programs) = (eventful().await, eventful().await);
        lacks_nothing(
            args,
            &people.run(args).await.out,
            &programs.json(args).await.json(),
        );
    }
}

#[tokio::test]
async fn adding_and_connecting_have_one_too() {
    let (people, programs) = (Desk::new().await, Desk::new().await);
    let mut files = Vec::new();
    for desk in [&people, &programs] {
        let company = desk.company(Via::Kombo).await;
        files.push(desk.files(&company, ""));
    }
    let [(file, credentials), (for_programs, secret)] = files.try_into().unwrap();
    let args = ["add", "--file", &file, "--credentials", &credentials];
    let text = people.run(&args).await.out;
    let document = programs
        .json(&["add", "--file", &for_programs, "--credentials", &secret])
        .await
        .json();
    lacks_nothing(&args, &text, &document);

    for args in [
        [
            "connect",
            "acme",
            "--replace",
            "--email",
            "hr@acme.example",
            "--company",
            "Acme GmbH",
        ]
        .as_slice(),
        &["connect", "acme", "--integration", local::INTEGRATION],
    ] {
        let (text, document) = (people.run(args).await.out, programs.json(args).await.json());
        lacks_nothing(args, &text, &document);
    }
}

fn lacks_nothing(args: &[&str], text: &str, document: &serde_json::Value) {
    assert!(!text.is_empty(), "{args:?}");
    let document = document.to_string();
    // How long a call took is another time each time.
    let text: String = text
        .lines()
        .filter(|line| !line.starts_with("Read live in"))
        .collect::<Vec<_>>()
        .join(" ");
    let text = FIXED
        .iter()
        .fold(text, |text, fixed| text.replace(fixed, ""));
    let missing: Vec<_> = facts(&text)
        .into_iter()
        .filter(|fact| !document.contains(*fact))
        .collect();
    assert!(
        missing.is_empty(),
        "{args:?}: {missing:?}\n{text}\n{document}"
    );
}
