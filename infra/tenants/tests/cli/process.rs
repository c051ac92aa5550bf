//! The program itself: what it tells the shell, what goes where, and Ctrl-C.

use std::process::{Command, Output, Stdio};

use http::Method;
use shared::tenant::Via;
use simulators::aws::Endpoint;
use simulators::{Behaviour, Fault};

use crate::support::Desk;

fn program(desk: &Desk, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenants"));
    command
        .args(args)
        .env_clear()
        .envs(desk.variables())
        .stdin(Stdio::null());
    command
}

/// Runs it to its end, while the simulators go on.
async fn ends(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exit_status_says_whether_to_look_and_results_alone_go_to_standard_output() {
    let desk = Desk::new().await;
    for (args, status, out, errors) in [
        (&["list"][..], 0, "There are no tenants yet", ""),
        (&["list", "--json"], 0, "[]", ""),
        (&["--version"], 0, "tenants ", ""),
        (&["help", "add"], 0, "Usage: tenants add", ""),
        (
            &["status", "nobody"],
            1,
            "",
            "error: there is no tenant nobody",
        ),
        (&["status", "nobody", "--json"], 1, "\"exit_code\": 1", ""),
        (
            &["add", "--file", "/nowhere.toml"],
            2,
            "",
            "error: /nowhere.toml",
        ),
        (
            &["add", "--file", "/nowhere.toml", "--json"],
            2,
            "\"exit_code\": 2",
            "",
        ),
        (
            &["list", "--stack", "nowhere"],
            2,
            "",
            "error: there is no stack nowhere",
        ),
        (&["frobnicate"], 2, "", "unrecognized subcommand"),
    ] {
        let output = ends(program(&desk, args)).await;
        let said = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert_eq!(output.status.code(), Some(status), "{args:?}: {said:?}");
        assert!(
            said.0.contains(out) && said.0.is_empty() == out.is_empty(),
            "{args:?}: {said:?}"
        );
        assert!(
            said.1.contains(errors) && said.1.is_empty() == errors.is_empty(),
            "{args:?}: {said:?}"
        );
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_add_that_is_interrupted_takes_back_what_it_has_written() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let (file, credentials) = desk.files(&company, "");
    // The second schedule is the last step.
    let hangs = Fault::new(Behaviour::Hang)
        .method(Method::POST)
        .path("/schedules/{name}");
    desk.aws.fail(hangs.nth(2));
    let mut add = program(
        &desk,
        &[
            "add",
            "--unchecked",
            "--file",
            &file,
            "--credentials",
            &credentials,
        ],
    );
    let child = add
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while desk.aws.calls(Endpoint::CreateSchedule) < 2 {
        tokio::task::yield_now().await;
    }
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap())
        .await
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("interrupted") && errors.contains("all is as it was"),
        "{errors}"
    );
    assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
    assert!(
        desk.stack
            .store()
            .inventory(&company.tenant)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(desk.schedules(), [""; 0]);
}
