//! Unusable input is refused at once, with exit status 2, and changes nothing.

use clap::Parser as _;
use clap::error::ErrorKind;
use http::Method;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};
use tenants::{Cli, Exit};

use crate::support::{CERTIFICATES, Desk, EMPLOYEES, GROUP, words};

#[test]
fn wrong_command_lines_are_refused_by_the_kind_of_error() {
    use ErrorKind::{
        ArgumentConflict as Conflict, DisplayHelpOnMissingArgumentOrSubcommand, InvalidSubcommand,
        InvalidValue, MissingRequiredArgument, UnknownArgument, ValueValidation as Invalid,
    };
    for (line, kind) in [
        ("", DisplayHelpOnMissingArgumentOrSubcommand),
        ("frobnicate", InvalidSubcommand),
        ("stauts", InvalidSubcommand),
        ("add", MissingRequiredArgument),
        ("add --credentials x", MissingRequiredArgument),
        ("check", MissingRequiredArgument),
        ("check --file x", MissingRequiredArgument),
        ("check acme --file x --credentials y", Conflict),
        ("pause ACME", Invalid),
        ("pause a", Invalid),
        ("pause acme other", UnknownArgument),
        ("approve acme", MissingRequiredArgument),
        ("certificates", DisplayHelpOnMissingArgumentOrSubcommand),
        ("certificates retry acme", MissingRequiredArgument),
        ("certificates retry acme cert-1 --all", Conflict),
        ("certificates dismiss acme --all --reason x", Conflict),
        ("certificates list acme --person a@b.example", Invalid),
        ("connect acme", MissingRequiredArgument),
        ("connect acme --email a@b.example", MissingRequiredArgument),
        ("connect acme --email nonsense --company x", Invalid),
        ("restore --since yesterday", Invalid),
        ("connect acme --integration x", Invalid),
        ("connect acme --integration personio:x --token t", Conflict),
        ("people", DisplayHelpOnMissingArgumentOrSubcommand),
        ("people list acme --state odd", InvalidValue),
        ("people list acme --limit 0", Invalid),
        ("people list acme --after a@b.example", Invalid),
        ("people retry acme --only ,", Invalid),
        ("people handover acme --from 1", MissingRequiredArgument),
        ("people find acme", MissingRequiredArgument),
        ("people export acme", MissingRequiredArgument),
        ("people forget acme a@b.example", Invalid),
        ("migrate", MissingRequiredArgument),
        ("status acme --last-day", Conflict),
        ("runs acme -n 0", Invalid),
        ("runs acme -n many", Invalid),
        ("sync acme --mode drip", InvalidValue),
        ("sync acme --job payroll", InvalidValue),
        ("completions cmd", InvalidValue),
        ("list --stack", InvalidValue),
    ] {
        let words = ["tenants".to_owned()].into_iter().chain(words(line));
        let error = Cli::try_parse_from(words).map(|_| ()).unwrap_err();
        let remedy = match line {
            "stauts" => "'status'",
            "restore --since yesterday" => "such as 2026-05-11T06:00:00Z",
            "connect acme --email nonsense --company x" => "such as hr@acme.example",
            _ => "",
        };
        assert!(error.to_string().contains(remedy), "{line}: {error}");
        assert_eq!(error.kind(), kind, "{line}: {error}");
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

/// A line that is too long would be broken a second time.
#[test]
fn help_texts_fit_the_terminal() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/args/help");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{}", path.display());
    }
}

#[tokio::test]
async fn a_deployment_that_is_not_found_is_told_by_what_is_missing() {
    let desk = Desk::new().await;
    desk.aws
        .add_stack("elsewhere", &[("TableName", "t"), ("BucketName", "b")]);
    for (missing, line, hint) in [
        ("TABLE_NAME", "list", "--stack NAME"),
        ("SECRET_PREFIX", "list", "--stack NAME"),
        ("SCHEDULER_ROLE_ARN", "list", "SCHEDULER_ROLE_ARN"),
        ("AWS_ACCESS_KEY_ID", "list", "export-credentials"),
        ("AWS_SECRET_ACCESS_KEY", "list", "export-credentials"),
        ("AWS_REGION", "list", "--region"),
        (
            "",
            "list --stack nowhere",
            "there is no stack nowhere in eu-central-1",
        ),
        (
            "",
            "list --stack elsewhere",
            "SecretPrefix, EmployeeFunctionArn",
        ),
    ] {
        let variables = desk.variables_without(&[missing]);
        desk.fails_in(variables, line, Exit::Usage, &[hint]).await;
    }
}

#[tokio::test]
async fn refusals_of_aws_are_told_with_what_to_do() {
    let (desk, _) = Desk::acme().await;
    for (code, hint) in [
        ("AccessDenied", "do not allow scheduler:ListSchedules"),
        ("ExpiredToken", "your AWS credentials have expired"),
        ("UnrecognizedClient", "AWS refuses your credentials"),
        ("ServiceQuotaExceeded", "has reached a quota"),
        ("Validation", "(ValidationException): odd"),
    ] {
        let body = format!(r#"{{"__type": "{code}Exception", "message": "odd"}}"#);
        let body: &str = Box::leak(body.into_boxed_str());
        let refused = Fault::new(Behaviour::Status(403, Body::Json(body)));
        desk.aws
            .fail(refused.method(Method::GET).path("/schedules").always());
        let done = desk.json("status").await;
        assert_eq!(done.exit, Exit::Attention);
        assert!(done.out.contains(hint), "{}", done.out);
        desk.aws.clear_faults();
    }
    let mut variables = desk.variables();
    let nowhere = "http://127.0.0.1:1".to_owned();
    variables.insert("AWS_ENDPOINT_URL_CLOUDFORMATION".to_owned(), nowhere);
    let hints = ["did not answer cloudformation:DescribeStacks"];
    let line = "list --stack reteach-personio";
    desk.fails_in(variables, line, Exit::Attention, &hints)
        .await;
}

#[tokio::test]
async fn a_stack_is_known_by_its_outputs() {
    let desk = Desk::new().await;
    let mut variables = desk.variables();
    let role = "arn:aws:iam::123456789012:role/scheduler";
    let queue = "arn:aws:sqs:eu-central-1:123456789012:delivery";
    desk.aws.add_stack(
        "reteach-personio",
        &[
            ("TableName", variables["TABLE_NAME"].as_str()),
            ("SecretPrefix", &variables["SECRET_PREFIX"]),
            ("EmployeeFunctionArn", EMPLOYEES),
            ("CertificateFunctionArn", CERTIFICATES),
            ("ScheduleGroupName", GROUP),
            ("SchedulerRoleArn", role),
            ("DeliveryQueueArn", queue),
        ],
    );
    desk.tenant(Via::Direct).await;
    variables.retain(|name, _| name.starts_with("AWS_"));
    let line = "status acme --stack reteach-personio --json";
    let status = desk.run_in(variables, line).await.json();
    let differences = &status["schedules"][0]["differences"];
    assert_eq!(differences, &serde_json::json!([]), "{status:#}");
}

#[tokio::test]
async fn unusable_files_are_told_by_every_field_and_no_value() {
    let (desk, company) = Desk::new_company().await;
    let (file, credentials) = desk.files(&company, "");
    let toml = |name: &str, more: &str| desk.file(name, &company.tenant_file(more));
    let brake = "[brake]\nmail = 0\nexplained_lock = 200\n";
    let bad = toml(
        "bad.toml",
        &format!("{brake}[scope]\ninclude_companies = []\n"),
    );
    let schedule = toml("schedule.toml", "[schedule]\nemployees = \"5 seconds\"\n");
    let no_toml = desk.file("no.toml", "tenant_id = ");
    let no_kombo = company.tenant_file("").replace("direct", "kombo");
    let no_kombo = desk.file("kombo.toml", &no_kombo);
    for (file, hints) in [
        ("/nowhere.toml", &["/nowhere.toml"][..]),
        (
            bad.as_str(),
            &["brake.mail", "brake.explained_lock", "scope"],
        ),
        (&no_toml, &["line 1"]),
        (&schedule, &["schedule.employees", "5 minutes"]),
        (&no_kombo, &["kombo: is needed on this route"]),
    ] {
        let line = format!("add --file {file} --credentials {credentials}");
        desk.fails(&line, Exit::Usage, hints).await;
    }

    let add = format!("add --file {file}");
    desk.fails(&add, Exit::Usage, &["--credentials FILE"]).await;
    let partly = r#"{"personio":{"client_id":"s3cret","client_secret":"s3cret"}}"#;
    for (name, content, hint) in [
        ("no.json", "{", "is not a JSON object: look at line 1"),
        (
            "unknown.json",
            r#"{"personio":{"client_id":"s3cret"}}"#,
            "personio.client_secret is missing",
        ),
        ("key.json", r#"{"fingerprint_key":"s3cret"}"#, "fingerprint"),
        (
            "hook.json",
            r#"{"notices":{"webhook_url":"http://hooks.example/s3cret"}}"#,
            "notices.webhook_url must begin with https",
        ),
        ("partly.json", partly, "the route direct needs: reteach"),
    ] {
        let path = desk.file(name, content);
        let done = desk.json(&format!("{add} --credentials {path}")).await;
        assert_eq!(done.exit, Exit::Usage, "{name}: {}", done.out);
        assert!(done.error().contains(hint), "{name}: {}", done.error());
        assert!(!done.out.contains("s3cret"), "{}", done.out);
    }
    let line = format!("{add} --credentials -");
    desk.fails(&line, Exit::Usage, &["standard input is empty"])
        .await;
    let line = format!("{add} --credentials /nowhere.json");
    desk.fails(&line, Exit::Usage, &["/nowhere.json"]).await;
    desk.assert_no_tenants().await;
}

#[tokio::test]
async fn every_command_says_that_a_tenant_does_not_exist() {
    let desk = Desk::new().await;
    for line in [
        "check nobody",
        "plan nobody",
        "sync nobody",
        "sync nobody --here",
        "status nobody",
        "runs nobody",
        "explain nobody 1",
        "people list nobody",
        "people find nobody 1",
        "people retry nobody",
        "people handover nobody --from 1 --to 2 --yes",
        "migrate nobody",
        "migrate nobody --approve abc",
        "certificates list nobody",
        "certificates retry nobody c",
        "approve nobody abc",
        "dismiss nobody abc",
        "pause nobody",
        "resume nobody",
        "connect nobody --integration personio:x",
        "remove nobody --yes",
    ] {
        desk.fails(line, Exit::Attention, &["tenant nobody"]).await;
    }
}
