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
    insta::assert_snapshot!("a_check_through_kombo", steady(&desk.run(&["check", "acme"]).await.out));
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
    company.personio.change(1, |person| person.position = Some("Leiterin".to_owned()));
    let out = desk.run(&["explain", "acme", "1"]).await.out;
    let story = out.lines().filter(|line| !line.starts_with("Read live in")).collect::<Vec<_>>().join("\n");
    let account = company.reteach.customer("personio:1").unwrap().id;
    insta::assert_snapshot!(story.replace(&account, "ACCOUNT"));
}

#[test]
fn every_command_s_help() {
    let mut command = Cli::command().term_width(100);
    let mut help = String::new();
    command.build();
    help.push_str(&command.render_long_help().to_string());
    for sub in command.get_subcommands_mut() {
        let name = sub.get_name().to_owned();
        help.push_str(&format!("\n=== {name}\n{}", sub.render_long_help()));
    }
    for line in help.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    insta::assert_snapshot!(help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn completions_for_every_shell_know_every_command() {
    let desk = Desk::new().await;
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = desk.run(&["completions", shell]).await;
        for command in Cli::command().get_subcommands() {
            assert!(done.out.contains(command.get_name()), "{shell}: {}", command.get_name());
        }
        assert_eq!(desk.json(&["completions", shell]).await.json()["script"], done.out.as_str(), "{shell}");
    }
}
