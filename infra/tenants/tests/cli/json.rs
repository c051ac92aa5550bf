//! `--json` of every command: one document with every fact of the text.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use shared::tenant::Via;
use tenants::Cli;

use crate::certificates::park;
use crate::support::{Desk, GROUP, deactivate, issue, person};

/// A text says this of every deployment: no program needs it.
const FIXED: [&str; 3] = ["24 hours", "30 days", "7 days"];

/// A tenant with a held plan, a parked certificate, a conflict and a missing schedule.
async fn eventful() -> Desk {
    let (desk, company) = Desk::new_company().await;
    company.personio.put_all((1..=12).map(person));
    company.personio.revoke(&["gender"]);
    // With the same key the same plan has the same hash in each world.
    let (file, _) = desk.files(&company, "");
    let credentials = desk.file("keyed.json", company.secret().to_json().expose_secret());
    desk.run(&format!("add --file {file} --credentials {credentials}"))
        .await;
    desk.run("sync acme --here").await;
    issue(&company, 1, 1, "Brandschutz");
    desk.run("sync acme --here --job certificates").await;
    park(&desk, &company.tenant, "certificate-2", true).await;
    issue(&company, 3, 2, "Erste Hilfe");
    desk.pass_minutes(5);
    for id in 1..=8 {
        deactivate(&company, id);
    }
    let mut new = person(41);
    new.email = person(11).email;
    company.personio.put(new);
    desk.run("sync acme --here").await;
    desk.aws.delete_schedule(GROUP, "acme.certificates");
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
async fn every_command_has_a_document_with_every_fact_of_its_text() {
    let desk = eventful().await;
    let status = desk.json("status acme").await.json();
    let hash = status["held"]["hash"].as_str().unwrap();
    let readers = [
        "list",
        "check acme",
        "plan acme --details",
        "status",
        "status --last-day",
        "status acme",
        "runs acme --findings",
        "explain acme 1",
        "explain acme 41 --details",
        "people find acme groß",
        "people find acme groß-1 --details",
        "people list acme",
        "people list acme --limit 2",
        "people export acme 1",
        "people export acme 2",
        "migrate acme",
        "migrate acme --details",
        "certificates list acme",
        "certificates list acme --all",
        "decisions acme",
        "doctor",
        "completions bash",
    ];
    let (approve, dismiss) = (
        format!("approve acme {hash}"),
        format!("dismiss acme {hash}"),
    );
    // One after the other, where each still finds what it is about.
    let writers = [
        vec![
            "certificates retry acme certificate-2 certificate-9",
            approve.as_str(),
            "sync acme --here",
            "pause acme",
            "resume acme",
            "restore --since 2026-05-10T08:00:00Z --yes",
            "remove acme --yes",
        ],
        vec![
            "certificates dismiss acme certificate-2",
            dismiss.as_str(),
            "people retry acme --here",
            "people handover acme --from 1 --to 41 --yes",
        ],
    ];
    let lines = readers.iter().chain(writers.iter().flatten());
    let shown = lines.filter_map(|line| line.split(' ').next());
    let shown: BTreeSet<&str> = shown.chain(["add", "connect", "help", "web"]).collect();
    let cli = Cli::command();
    let all: BTreeSet<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
    assert!(all.is_subset(&shown), "a command is not shown: {all:?}");
    for line in readers {
        let text = desk.run(line).await.out;
        assert_complete(line, &text, &desk.json(line).await.json());
    }
    for lines in writers {
        let (people, programs) = (eventful().await, eventful().await);
        for line in lines {
            let text = people.run(line).await.out;
            assert_complete(line, &text, &programs.json(line).await.json());
        }
    }
}

#[tokio::test]
async fn the_documents_of_add_and_connect_have_every_fact_of_their_texts() {
    let (people, programs) = (Desk::new().await, Desk::new().await);
    let company = people.company(Via::Kombo).await;
    let text = people.run(&people.add(&company, "")).await.out;
    let company = programs.company(Via::Kombo).await;
    let document = programs.json(&programs.add(&company, "")).await.json();
    assert_complete("add", &text, &document);
    for line in [
        "connect acme --replace --email hr@acme.example --company \"Acme GmbH\"",
        &format!("connect acme --integration {}", local::INTEGRATION),
    ] {
        let text = people.run(line).await.out;
        assert_complete(line, &text, &programs.json(line).await.json());
    }
}

fn assert_complete(line: &str, text: &str, document: &Value) {
    assert!(!text.is_empty(), "{line}");
    let document = document.to_string();
    // How long a call took differs from call to call.
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("Read live in"));
    let text = lines.collect::<Vec<_>>().join(" ");
    let text = FIXED
        .iter()
        .fold(text, |text, fixed| text.replace(fixed, ""));
    let facts = facts(&text).into_iter();
    let missing: Vec<_> = facts.filter(|fact| !document.contains(*fact)).collect();
    assert!(
        missing.is_empty(),
        "{line}: {missing:?}\n{text}\n{document}"
    );
}
