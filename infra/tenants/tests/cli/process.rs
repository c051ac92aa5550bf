//! The program itself: what it tells the shell, what goes where, and Ctrl-C.

use std::process::{Command, Output, Stdio};

use http::Method;
use simulators::aws::Endpoint;
use simulators::{Behaviour, Fault};

use crate::support::{Desk, person, words};

fn program(desk: &Desk, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenants"));
    command
        .args(words(line))
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
    for (line, status, out, errors) in [
        ("list", 0, "There are no tenants yet", ""),
        ("list --json", 0, "[]", ""),
        ("--version", 0, "tenants ", ""),
        ("help add", 0, "Usage: tenants add", ""),
        ("", 2, "", "Usage: tenants [OPTIONS] <COMMAND>"),
        ("status nobody", 1, "", "error: there is no tenant nobody"),
        ("status nobody --json", 1, "\"exit_code\": 1", ""),
        ("add --file /nowhere.toml", 2, "", "error: /nowhere.toml"),
        ("add --file /nowhere.toml --json", 2, "\"exit_code\": 2", ""),
        (
            "list --stack nowhere",
            2,
            "",
            "error: there is no stack nowhere",
        ),
        ("frobnicate", 2, "", "unrecognized subcommand"),
        ("frobnicate --json", 2, "\"exit_code\": 2", ""),
        ("approve acme --json", 2, "\"error\": \"the following", ""),
        ("stats", 2, "", "a similar subcommand exists: 'status'"),
        (
            "plan acme --detail",
            2,
            "",
            "a similar argument exists: '--details'",
        ),
    ] {
        let output = ends(program(&desk, line)).await;
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(status),
            "{line}: {stdout}{stderr}"
        );
        for (printed, expected) in [(stdout, out), (stderr, errors)] {
            assert!(printed.contains(expected), "{line}: {printed}");
            assert_eq!(printed.is_empty(), expected.is_empty(), "{line}: {printed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_command_it_prints_its_help_whatever_the_environment_says() {
    let desk = Desk::new().await;
    for line in ["", "people", "certificates"] {
        let mut command = program(&desk, line);
        command.env("TENANTS_STACK", "reteach-personio");
        let output = ends(command).await;
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {stderr}");
        assert!(stderr.contains("\nCommands:\n"), "{line}: {stderr}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_add_takes_back_its_steps() {
    let (desk, company) = Desk::new_company().await;
    // The second schedule is the last step.
    let hangs = Fault::new(Behaviour::Hang).method(Method::POST);
    desk.aws.fail(hangs.path("/schedules/{name}").nth(2));
    let add = program(&desk, &format!("{} --unchecked", desk.add(&company, "")));
    let is_under_way = || desk.aws.calls(Endpoint::CreateSchedule) >= 2;
    let errors = interrupted(add, is_under_way).await;
    for part in ["interrupted", "all is as it was"] {
        assert!(errors.contains(part), "{errors}");
    }
    desk.assert_empty(&company).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_probe_removes_its_test_account() {
    let (desk, company) = Desk::acme().await;
    let probe = program(&desk, "check acme --write-probe --yes");
    let errors = interrupted(probe, || !company.reteach.customers().is_empty()).await;
    for part in ["interrupted", "1 test account deleted"] {
        assert!(errors.contains(part), "{errors}");
    }
    assert_eq!(company.reteach.customers(), []);
}

/// Sends Ctrl-C to the program once it is under way. Returns what it writes to standard error.
#[cfg(unix)]
async fn interrupted(mut command: Command, is_under_way: impl Fn() -> bool) -> String {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !is_under_way() {
        tokio::task::yield_now().await;
    }
    let id = child.id().to_string();
    let interrupted = Command::new("kill").args(["-INT", &id]).status();
    assert!(interrupted.unwrap().success());
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
    let output = output.await.unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    errors
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_against_an_academy_that_takes_four_calls_a_second_writes_everything() {
    let (desk, company) = Desk::acme().await;
    company.personio.put_all((1..=12).map(person));
    company
        .reteach
        .limit(Some((4, std::time::Duration::from_secs(1))));
    company.reteach.reset_log();
    let output = ends(program(&desk, "sync acme --here")).await;
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("done. 12 people; 12 created"), "{printed}");
    let requests = company.reteach.requests();
    let limited = requests.iter().filter(|call| call.status == Some(429));
    let limited = limited.count();
    assert!(
        (1..=6).contains(&limited),
        "{limited} of {}",
        requests.len()
    );
}
