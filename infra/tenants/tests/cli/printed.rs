//! What people read.

use clap::CommandFactory as _;
use serde_json::json;
use shared::tenant::Via;
use simulators::reteach::{Customer, Participation};
use tenants::Cli;

use crate::support::{Desk, account_of, issue, participation, promote, steady, words};

#[tokio::test]
async fn a_check_with_misses() {
    let (desk, company) = Desk::acme().await;
    company.personio.revoke(&["gender", "termination_date"]);
    insta::assert_snapshot!(steady(&desk.run("check acme").await.out));
    let desk = Desk::new().await;
    desk.tenant(Via::Kombo).await;
    let check = desk.run("check acme").await.out;
    insta::assert_snapshot!("a_check_through_kombo", steady(&check));
}

#[tokio::test]
async fn documents_for_programs() {
    let (desk, company) = Desk::new_company().await;
    let mut documents = String::new();
    for line in [
        &desk.add(&company, ""),
        "plan acme",
        "status acme",
        "pause acme",
        "remove acme --yes",
    ] {
        let command = &words(line)[0];
        let out = desk.json(line).await.out;
        documents.push_str(&format!("$ tenants {command} --json\n{out}\n"));
    }
    insta::assert_snapshot!(steady(&documents));
}

/// Before the first run: the preview takes accounts that will be adopted for their owners'.
#[tokio::test]
async fn a_plan_with_certificates_to_file() {
    let (desk, company) = Desk::acme().await;
    let account = company.reteach.insert(account_of(2, None));
    issue(&company, 1, 1, "Brandschutz");
    company.reteach.add_participation(Participation {
        customer: Some(account),
        ..participation(2, 2, "Erste Hilfe")
    });
    let stranger = company.reteach.insert(Customer {
        email: Some("trainer@other.example".to_owned()),
        external_id: Some("sap:77".to_owned()),
        ..Customer::default()
    });
    company.reteach.add_participation(Participation {
        customer: Some(stranger),
        ..participation(3, 3, "Datenschutz")
    });
    let before = (desk.inventory(&company).await, company.personio.documents());
    let details = desk.run("plan acme --details").await.out;
    let (_, preview) = details.split_once("\nacme: planned").unwrap();
    insta::assert_snapshot!(preview);
    let plan = desk.done("plan acme").await;
    let filing = &plan["certificates"]["to_file"][0];
    let expected = json!({"certificate": "certificate-2", "person": "2"});
    assert_eq!(filing, &expected, "courses and days only with --details");
    let listed = desk.run("plan acme").await.out;
    assert!(listed.contains("file    2  certificate-2\n"), "{listed}");
    assert_eq!(plan["certificates"]["folder"], "Sonstige Dokumente");
    let after = (desk.inventory(&company).await, company.personio.documents());
    assert_eq!(before, after, "a preview writes nothing");

    company.personio.remove_category("Sonstige Dokumente");
    let problem = desk.attention("plan acme").await["certificates"]["problem"].to_string();
    assert!(problem.contains("no document category"), "{problem}");
}

#[tokio::test]
async fn one_person_explained() {
    let (desk, company) = Desk::in_step().await;
    promote(&company, 1);
    let out = desk.run("explain acme 1").await.out;
    let lines = out.lines().filter(|line| !line.starts_with("Read live in"));
    let explained = lines.collect::<Vec<_>>().join("\n");
    let account = company.reteach.customer("personio:1").unwrap().id;
    insta::assert_snapshot!(explained.replace(&account, "ACCOUNT"));
}

#[test]
fn help_of_every_command() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut help = command.render_long_help().to_string();
    for (name, text) in long_helps(&mut command) {
        let parts = ["Usage: ", "Exit status:", "Examples:", "See also:"];
        // One that has commands of its own leaves examples to them.
        let parts = if ["certificates", "people"].contains(&name.as_str()) {
            &parts[..1]
        } else {
            &parts
        };
        assert!(
            parts.iter().all(|part| text.contains(part)),
            "{name}: {text}"
        );
        help.push_str(&format!("\n=== {name}\n{text}"));
    }
    for line in help.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    // The same in each: shown once.
    let global = global_options(&help);
    let help = format!(
        "{}\n=== in every command\n{global}",
        help.replace(&global, "")
    );
    insta::assert_snapshot!(
        help.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    );
}

/// The long help of each command and of the commands below it, but for `help`.
fn long_helps(command: &mut clap::Command) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for sub in command
        .get_subcommands_mut()
        .filter(|sub| sub.get_name() != "help")
    {
        let name = sub.get_name().to_owned();
        all.push((name.clone(), sub.render_long_help().to_string()));
        all.extend(
            long_helps(sub)
                .into_iter()
                .map(|(below, text)| (format!("{name} {below}"), text)),
        );
    }
    all
}

/// The block of global options, as `list` has it.
fn global_options(help: &str) -> String {
    let (_, list) = help.split_once("=== list\n").unwrap();
    let (_, rest) = list.split_once("Global options:\n").unwrap();
    let (block, _) = rest.split_once("Examples:").unwrap();
    format!("Global options:\n{block}")
}
