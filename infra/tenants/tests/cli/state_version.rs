//! What stops every command: a table that a newer version of this program has changed, and the want of rights.

use aws_sdk_dynamodb::types::AttributeValue;
use clap::CommandFactory as _;
use shared::state::STATE_VERSION;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};
use tenants::{Cli, Exit};

use crate::forget::DENIED;
use crate::restore::items;
use crate::support::Desk;

/// Every command that reads the state, but for `add`.
const COMMANDS: [&str; 31] = [
    "list",
    "status",
    "status acme",
    "status --last-day",
    "check acme",
    "plan acme",
    "plan --save /nowhere/plans.json",
    "sync acme",
    "sync acme --here",
    "runs acme",
    "explain acme 1",
    "people list acme",
    "people find acme groß",
    "people retry acme",
    "people handover acme --from 1 --to 2 --yes",
    "people export acme 1",
    "people forget acme 1 --yes",
    "migrate acme",
    "certificates list acme",
    "certificates start acme",
    "certificates retry acme --all --yes",
    "certificates dismiss acme c-1 --yes",
    "certificates move acme --to Schulungen --yes",
    "connect acme --email hr@muster.example --company Muster",
    "approve acme abc",
    "dismiss acme abc",
    "decisions acme",
    "pause acme",
    "resume acme",
    "remove acme --yes",
    "restore --since 2026-05-11T07:00:00Z --yes",
];

/// Commands of other tests, and one that reads nothing.
const ELSEWHERE: [&str; 4] = ["add", "completions", "doctor", "web"];

#[test]
fn no_command_is_left_out() {
    let mut missing = Vec::new();
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let inner = command.get_subcommands();
        let inner = inner.map(|inner| format!("{name} {}", inner.get_name()));
        let mut names: Vec<String> = inner.collect();
        if names.is_empty() {
            names.push(name.to_owned());
        }
        names.retain(|name| !COMMANDS.iter().any(|line| line.starts_with(name.as_str())));
        missing.extend(names);
    }
    missing.sort_unstable();
    assert_eq!(missing, ELSEWHERE);
}

/// [`COMMANDS`] and those that add.
fn commands(add: &str) -> Vec<String> {
    let mut lines = COMMANDS.map(str::to_owned).to_vec();
    lines.extend([add.to_owned(), format!("{add} --update")]);
    lines
}

/// Marks the table, or one tenant's record, as a later release would.
pub(crate) async fn mark(desk: &Desk, pk: &str, sk: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = desk.stack.aws().dynamodb().update_item();
    update
        .table_name("reteach-personio")
        .key("pk", text(pk))
        .key("sk", text(sk))
        .update_expression("SET state_version = :version")
        .expression_attribute_values(
            ":version",
            AttributeValue::N((STATE_VERSION + 1).to_string()),
        )
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn every_command_leaves_state_of_a_newer_version_alone() {
    let (desk, company) = Desk::in_step().await;
    mark(&desk, "SCHEMA", "VERSION").await;
    let (before, schedules) = (items(&desk).await, desk.schedules());
    for line in commands(&desk.add(&company, "")) {
        let hints = ["the state has version 2", "use the newer release"];
        desk.fails(&line, Exit::Attention, &hints).await;
    }
    assert_eq!(items(&desk).await, before);
    assert_eq!(desk.schedules(), schedules);
}

/// While a release moves one tenant after the other.
#[tokio::test]
async fn a_tenant_of_a_newer_version_is_left_alone_and_others_are_not() {
    let (desk, _) = Desk::acme().await;
    let other = desk.company_called("other", Via::Direct).await;
    desk.done(&desk.add(&other, "")).await;
    mark(&desk, "TENANT#acme", "CONFIG").await;
    for line in ["plan acme", "pause acme", "sync acme --here"] {
        desk.fails(line, Exit::Attention, &["the state has version 2"])
            .await;
    }
    desk.done("sync other --here").await;
    let list = desk.done("list").await;
    assert_eq!(list[0]["status"], "unreadable", "{list:#}");
    assert_eq!(list[1]["status"], "active", "{list:#}");
}

/// An operator without any right to the table.
#[tokio::test]
async fn every_command_tells_an_operator_without_rights_whose_rights_are_missing() {
    let (desk, company) = Desk::in_step().await;
    let (before, schedules) = (items(&desk).await, desk.schedules());
    let denied = Fault::new(Behaviour::Status(400, Body::Json(DENIED)));
    desk.faults.add(denied.calls("DynamoDB ").always());
    let mut lines = commands(&desk.add(&company, ""));
    lines.push("doctor".to_owned());
    for line in lines {
        let hints = ["AWS refused your own credentials"];
        desk.fails(&line, Exit::Attention, &hints).await;
    }
    desk.faults.clear_faults();
    assert_eq!(items(&desk).await, before);
    assert_eq!(desk.schedules(), schedules);
}

/// An operator who may read and write the table, and no credentials.
#[tokio::test]
async fn what_needs_credentials_is_refused_before_anything_is_changed() {
    let (desk, company) = Desk::in_step().await;
    let (before, schedules) = (items(&desk).await, desk.schedules());
    let denied = Fault::new(Behaviour::Status(400, Body::Json(DENIED)));
    desk.faults.add(denied.calls("Secrets Manager ").always());
    let add = desk.add(&company, "[brake]\nmail = 3\n");
    for line in [
        "check acme",
        "explain acme 1",
        "people handover acme --from 1 --to 2 --yes",
        "people forget acme 1 --yes",
        "migrate acme",
        "remove acme --yes",
        &format!("{add} --update"),
    ] {
        let hints = ["AWS refused your own credentials"];
        desk.fails(line, Exit::Attention, &hints).await;
    }
    desk.faults.clear_faults();
    assert_eq!(items(&desk).await, before);
    assert_eq!(desk.schedules(), schedules);
}
