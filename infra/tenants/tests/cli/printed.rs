//! What people read.

use clap::CommandFactory as _;
use shared::tenant::Via;
use tenants::Cli;

use crate::support::{Desk, steady};

#[tokio::test]
async fn a_check_with_misses() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    company.personio.revoke(&["gender", "termination_date"]);
    insta::assert_snapshot!(steady(&desk.run(&["check", "acme"]).await.out));
    let desk = Desk::new().await;
    desk.tenant(Via::Kombo).await;
    insta::assert_snapshot!(
        "a_check_through_kombo",
        steady(&desk.run(&["check", "acme"]).await.out)
    );
}

#[tokio::test]
async fn the_same_for_programs() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let (file, credentials) = desk.files(&company, "");
    let mut said = String::new();
    for args in [
        vec!["add", "--file", &file, "--credentials", &credentials],
        vec!["plan", "acme"],
        vec!["status", "acme"],
        vec!["pause", "acme"],
        vec!["remove", "acme", "--yes"],
    ] {
        let done = desk.json(&args).await;
        said.push_str(&format!("$ tenants {} --json\n{}\n", args[0], done.out));
    }
    insta::assert_snapshot!(steady(&said));
}

#[tokio::test]
async fn one_person_explained() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    desk.run(&["sync", "acme", "--here"]).await;
    company
        .personio
        .change(1, |person| person.position = Some("Leiterin".to_owned()));
    let out = desk.run(&["explain", "acme", "1"]).await.out;
    let story = out
        .lines()
        .filter(|line| !line.starts_with("Read live in"))
        .collect::<Vec<_>>()
        .join("\n");
    let account = company.reteach.customer("personio:1").unwrap().id;
    insta::assert_snapshot!(story.replace(&account, "ACCOUNT"));
}

#[test]
fn every_command_s_help() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut help = command.render_long_help().to_string();
    for (name, text) in long_helps(&mut command) {
        let parts = ["Usage: ", "Exit status:", "Examples:", "See also:"];
        // One that has commands of its own leaves examples to them.
        let parts = if name == "certificates" {
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

#[tokio::test]
async fn completions_for_every_shell_know_every_command() {
    let desk = Desk::new().await;
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = desk.run(&["completions", shell]).await;
        for command in Cli::command().get_subcommands() {
            assert!(
                done.out.contains(command.get_name()),
                "{shell}: {}",
                command.get_name()
            );
        }
        assert_eq!(
            desk.json(&["completions", shell]).await.json()["script"],
            done.out.as_str(),
            "{shell}"
        );
    }
}
