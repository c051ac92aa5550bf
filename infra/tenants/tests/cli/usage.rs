//! What cannot be used is said at once, with exit status 2, and changes nothing.

use clap::Parser as _;
use clap::error::ErrorKind;
use http::Method;
use shared::tenant::Via;
use simulators::{Behaviour, Body, Fault};
use tenants::{Cli, Exit};

use crate::support::{CERTIFICATES, Desk, EMPLOYEES, GROUP};

#[test]
fn command_lines_that_make_no_sense_are_refused_by_what_is_wrong() {
    let cases: &[(&[&str], ErrorKind)] = &[
        (&[], ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
        (&["frobnicate"], ErrorKind::InvalidSubcommand),
        (&["add"], ErrorKind::MissingRequiredArgument),
        (
            &["add", "--credentials", "x"],
            ErrorKind::MissingRequiredArgument,
        ),
        (&["check"], ErrorKind::MissingRequiredArgument),
        (
            &["check", "--file", "x"],
            ErrorKind::MissingRequiredArgument,
        ),
        (
            &["check", "acme", "--file", "x", "--credentials", "y"],
            ErrorKind::ArgumentConflict,
        ),
        (&["pause", "ACME"], ErrorKind::ValueValidation),
        (&["pause", "a"], ErrorKind::ValueValidation),
        (&["pause", "acme", "other"], ErrorKind::UnknownArgument),
        (&["approve", "acme"], ErrorKind::MissingRequiredArgument),
        (
            &["certificates"],
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ),
        (
            &["certificates", "retry", "acme"],
            ErrorKind::MissingRequiredArgument,
        ),
        (&["connect", "acme"], ErrorKind::MissingRequiredArgument),
        (
            &["connect", "acme", "--email", "a@b.example"],
            ErrorKind::MissingRequiredArgument,
        ),
        (
            &["connect", "acme", "--integration", "x"],
            ErrorKind::ValueValidation,
        ),
        (
            &[
                "connect",
                "acme",
                "--integration",
                "personio:x",
                "--token",
                "t",
            ],
            ErrorKind::ArgumentConflict,
        ),
        (&["runs", "acme", "-n", "0"], ErrorKind::ValueValidation),
        (&["runs", "acme", "-n", "many"], ErrorKind::ValueValidation),
        (&["sync", "acme", "--mode", "drip"], ErrorKind::InvalidValue),
        (
            &["sync", "acme", "--job", "payroll"],
            ErrorKind::InvalidValue,
        ),
        (&["completions", "cmd"], ErrorKind::InvalidValue),
        (&["list", "--stack"], ErrorKind::InvalidValue),
    ];
    for (args, kind) in cases {
        let parsed = Cli::try_parse_from(["tenants"].iter().chain(*args));
        let error = parsed.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), *kind, "{args:?}: {error}");
        assert_eq!(error.exit_code(), 2, "{args:?}");
    }
}

#[tokio::test]
async fn a_deployment_that_cannot_be_found_is_told_by_what_is_missing() {
    let desk = Desk::new().await;
    desk.aws
        .add_stack("elsewhere", &[("TableName", "t"), ("BucketName", "b")]);
    let without = |names: &[&str]| {
        let mut variables = desk.variables();
        variables.retain(|name, _| !names.contains(&name.as_str()));
        variables
    };
    for (variables, args, exit, hint) in [
        (
            without(&["TABLE_NAME"]),
            vec!["list"],
            Exit::Usage,
            "--stack NAME",
        ),
        (
            without(&["SECRET_PREFIX"]),
            vec!["list"],
            Exit::Usage,
            "--stack NAME",
        ),
        (
            without(&["SCHEDULER_ROLE_ARN"]),
            vec!["list"],
            Exit::Usage,
            "SCHEDULER_ROLE_ARN",
        ),
        (
            without(&["AWS_ACCESS_KEY_ID"]),
            vec!["list"],
            Exit::Usage,
            "export-credentials",
        ),
        (
            without(&["AWS_SECRET_ACCESS_KEY"]),
            vec!["list"],
            Exit::Usage,
            "export-credentials",
        ),
        (
            without(&["AWS_REGION"]),
            vec!["list"],
            Exit::Usage,
            "--region",
        ),
        (
            without(&[]),
            vec!["list", "--stack", "nowhere"],
            Exit::Usage,
            "there is no stack nowhere in eu-central-1",
        ),
        (
            without(&[]),
            vec!["list", "--stack", "elsewhere"],
            Exit::Usage,
            "SecretPrefix, EmployeeFunctionArn",
        ),
    ] {
        let args: Vec<&str> = args.into_iter().chain(["--json"]).collect();
        let done = desk.run_in(variables, &args).await;
        assert_eq!(done.exit, exit, "{args:?}: {}", done.out);
        assert!(done.error().contains(hint), "{args:?}: {}", done.error());
    }
}

#[tokio::test]
async fn what_aws_refuses_is_told_with_what_to_do() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    for (body, hint) in [
        (
            r#"{"__type": "AccessDeniedException"}"#,
            "do not allow scheduler:ListSchedules",
        ),
        (
            r#"{"__type": "ExpiredTokenException"}"#,
            "your AWS credentials have expired",
        ),
        (
            r#"{"__type": "UnrecognizedClientException"}"#,
            "AWS refuses your credentials",
        ),
        (
            r#"{"__type": "ServiceQuotaExceededException"}"#,
            "has reached a quota",
        ),
        (
            r#"{"__type": "ValidationException", "message": "odd"}"#,
            "(ValidationException): odd",
        ),
    ] {
        let refused = Fault::new(Behaviour::Status(403, Body::Json(body)));
        desk.aws
            .fail(refused.method(Method::GET).path("/schedules").always());
        let done = desk.json(&["status"]).await;
        assert_eq!(done.exit, Exit::Look, "{}", done.out);
        assert!(done.error().contains(hint), "{body}: {}", done.error());
        desk.aws.clear_faults();
    }
    let mut variables = desk.variables();
    variables.insert(
        "AWS_ENDPOINT_URL_CLOUDFORMATION".to_owned(),
        "http://127.0.0.1:1".to_owned(),
    );
    let done = desk
        .run_in(
            variables,
            &["list", "--stack", "reteach-personio", "--json"],
        )
        .await;
    assert_eq!(done.exit, Exit::Look, "{}", done.out);
    assert!(
        done.error()
            .contains("did not answer cloudformation:DescribeStacks"),
        "{}",
        done.error()
    );
}

#[tokio::test]
async fn a_stack_is_known_by_its_outputs() {
    let desk = Desk::new().await;
    let variables = desk.variables();
    desk.aws.add_stack(
        "reteach-personio",
        &[
            ("TableName", variables["TABLE_NAME"].as_str()),
            ("SecretPrefix", &variables["SECRET_PREFIX"]),
            ("EmployeeFunctionArn", EMPLOYEES),
            ("CertificateFunctionArn", CERTIFICATES),
            ("ScheduleGroupName", GROUP),
            (
                "SchedulerRoleArn",
                "arn:aws:iam::123456789012:role/scheduler",
            ),
            (
                "DeliveryQueueArn",
                "arn:aws:sqs:eu-central-1:123456789012:delivery",
            ),
        ],
    );
    desk.tenant(Via::Direct).await;
    let mut bare = variables.clone();
    bare.retain(|name, _| name.starts_with("AWS_"));
    let done = desk
        .run_in(
            bare,
            &["status", "acme", "--stack", "reteach-personio", "--json"],
        )
        .await;
    assert_eq!(
        done.json()["schedules"][0]["differences"],
        serde_json::json!([]),
        "{}",
        done.out
    );
}

#[tokio::test]
async fn files_that_cannot_be_used_name_every_field_and_no_value() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let (file, credentials) = desk.files(&company, "");
    let bad = desk.file(
        "bad.toml",
        &company.tenant_file(
            "[brake]\npercent = 0\nexplained_lock_percent = 200\n[scope]\ninclude_companies = []\n",
        ),
    );
    let no_toml = desk.file("no.toml", "tenant_id = ");
    let schedule = desk.file(
        "schedule.toml",
        &company.tenant_file("[schedule]\nemployees = \"5 seconds\"\n"),
    );
    let kombo = desk.file(
        "kombo.toml",
        &company.tenant_file("").replace("direct", "kombo"),
    );
    let no_json = desk.file("no.json", "{");
    let unknown = desk.file("unknown.json", r#"{"personio":{"client_id":"s3cret"}}"#);
    let key = desk.file("key.json", r#"{"fingerprint_key":"s3cret"}"#);
    let partly = desk.file(
        "partly.json",
        r#"{"personio":{"client_id":"s3cret","client_secret":"s3cret"}}"#,
    );
    for (file, credentials, hints) in [
        ("/nowhere.toml", Some(&credentials), vec!["/nowhere.toml"]),
        (
            bad.as_str(),
            Some(&credentials),
            vec!["brake.percent", "brake.explained_lock_percent", "scope"],
        ),
        (&no_toml, Some(&credentials), vec!["(file)"]),
        (
            &schedule,
            Some(&credentials),
            vec!["schedule.employees", "5 minutes"],
        ),
        (
            &kombo,
            Some(&credentials),
            vec!["kombo: is needed on this route"],
        ),
        (&file, None, vec!["--credentials FILE"]),
        (
            &file,
            Some(&"/nowhere.json".to_owned()),
            vec!["/nowhere.json"],
        ),
        (&file, Some(&no_json), vec!["is not a JSON object"]),
        (
            &file,
            Some(&unknown),
            vec!["personio.client_secret is missing"],
        ),
        (&file, Some(&key), vec!["fingerprint"]),
        (
            &file,
            Some(&partly),
            vec!["the route direct needs: reteach"],
        ),
    ] {
        let mut args = vec!["add", "--file", file, "--json"];
        if let Some(credentials) = credentials {
            args.extend(["--credentials", credentials]);
        }
        let done = desk.run(&args).await;
        assert_eq!(done.exit, Exit::Usage, "{args:?}: {}", done.out);
        for hint in hints {
            assert!(done.error().contains(hint), "{args:?}: {}", done.error());
        }
        assert!(!done.out.contains("s3cret"), "{}", done.out);
    }
    assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
}

#[tokio::test]
async fn a_tenant_that_is_not_there_is_said_so_by_every_command() {
    let desk = Desk::new().await;
    let commands: &[&[&str]] = &[
        &["check", "nobody"],
        &["plan", "nobody"],
        &["sync", "nobody"],
        &["sync", "nobody", "--here"],
        &["status", "nobody"],
        &["runs", "nobody"],
        &["explain", "nobody", "1"],
        &["certificates", "list", "nobody"],
        &["certificates", "retry", "nobody", "c"],
        &["approve", "nobody", "abc"],
        &["dismiss", "nobody", "abc"],
        &["pause", "nobody"],
        &["resume", "nobody"],
        &["connect", "nobody", "--integration", "personio:x"],
        &["remove", "nobody", "--yes"],
    ];
    for args in commands {
        let done = desk.json(args).await;
        assert_eq!(done.exit, Exit::Look, "{args:?}: {}", done.out);
        assert!(
            done.error().contains("tenant nobody"),
            "{args:?}: {}",
            done.error()
        );
    }
}
