use std::path::PathBuf;

use secrecy::ExposeSecret as _;
use shared::tenant::Via;

use super::super::args::{Apply, Request};
use super::super::real;
use super::*;
use crate::{Company, World};

const FILE: &str =
    "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"direct\"\n";
const DIRECT: &str = r#"{"personio":{"client_id":"a","client_secret":"b"},"reteach":{"client_id":"c","client_secret":"d","client_code":"e"}}"#;

#[test]
fn bad_files_are_usage_errors_that_name_every_field() {
    let kombo = FILE.replace("direct", "kombo") + "[kombo]\n";
    let brake = format!("{FILE}[brake]\npercent = 0\nexplained_lock_percent = 101\n");
    let cases: Vec<(&str, &str, &[&str])> = vec![
        ("", DIRECT, &["tenant_id"]),
        (
            &brake,
            DIRECT,
            &["brake.percent", "brake.explained_lock_percent"],
        ),
        (FILE, "{}", &["personio is missing", "reteach is missing"]),
        (
            FILE,
            r#"{"personio":{"client_id":"a"}}"#,
            &["personio.client_secret"],
        ),
        (FILE, "no JSON", &["not a JSON object"]),
        (
            &kombo,
            "{}",
            &[
                "kombo is missing",
                "reteach is missing",
                "kombo.integration_id",
            ],
        ),
    ];
    for (file, credentials, hints) in cases {
        let failed = real::tenant(file.to_owned(), &credentials.into()).unwrap_err();
        assert_eq!(failed.code, USAGE);
        for hint in hints {
            assert!(
                failed.text.contains(hint),
                "{file}\n{credentials}\n{}",
                failed.text
            );
        }
    }
}

#[test]
fn a_missing_fingerprint_key_is_made_anew_each_time_and_a_given_one_is_kept() {
    let key = |credentials: &str| {
        let tenant = real::tenant(FILE.to_owned(), &credentials.into()).unwrap();
        tenant
            .secret
            .fingerprint_key
            .unwrap()
            .expose_secret()
            .to_owned()
    };
    let (one, two) = (key(DIRECT), key(DIRECT));
    assert_ne!(one, two);
    assert!(shared::fingerprint::FingerprintKey::parse(&one.as_str().into()).is_ok());
    let given = DIRECT.replacen('{', &format!("{{\"fingerprint_key\":\"{one}\","), 1);
    assert_eq!(key(&given), one);
}

struct Files(PathBuf);

impl Files {
    fn of(company: &Company, name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("reteach-demo-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("acme.toml"), company.tenant_file("")).unwrap();
        std::fs::write(
            folder.join("secret.json"),
            company.secret().to_json().expose_secret(),
        )
        .unwrap();
        Self(folder)
    }

    fn request(&self, apply: Apply) -> Request {
        let (tenant, credentials) = (self.0.join("acme.toml"), self.0.join("secret.json"));
        Request {
            tenant,
            credentials,
            details: false,
            apply,
            state: self.0.join("acme.state"),
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn company(world: &World) -> Company {
    let company = world.company("acme", Via::Direct, "").await.unwrap();
    let today = simulators::people::today(Timestamp::now());
    company
        .personio
        .put_all(simulators::people::demo(5, 1, today));
    company
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_shown_and_nothing_written_until_it_is_applied() {
    let world = World::start(Timestamp::now()).await.unwrap();
    let company = company(&world).await;
    let files = Files::of(&company, "plan");
    let mut out = Vec::new();
    assert_eq!(
        real::run(&files.request(Apply::No), false, &mut out)
            .await
            .unwrap(),
        GOOD
    );
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("create  1001  email, firstName"), "{text}");
    assert!(text.contains("5 to change, 0 as they should be"), "{text}");
    assert!(
        !text.contains("muster.example"),
        "values only with --details: {text}"
    );
    assert_eq!(company.reteach.customers().len(), 0);

    let mut out = Vec::new();
    assert_eq!(
        real::run(&files.request(Apply::Unasked), true, &mut out)
            .await
            .unwrap(),
        GOOD
    );
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(document["planned"]["outcome"], "planned");
    assert_eq!(document["applied"]["counts"]["created"], 5);
    assert_eq!(company.reteach.customers().len(), 5);
}

/// Two people have accounts made by hand, with certificates; one account is a guest's.
fn old_certificates(company: &Company) {
    let people = company.personio.people();
    for (number, email) in people
        .iter()
        .filter_map(|person| person.email.clone())
        .take(2)
        .enumerate()
    {
        certificate(company, number, email);
    }
    certificate(company, 9, "gast@kunde.example".to_owned());
}

fn certificate(company: &Company, number: usize, email: String) {
    let account = simulators::reteach::Customer {
        email: Some(email),
        ..Default::default()
    };
    company
        .reteach
        .add_participation(simulators::reteach::Participation {
            customer: Some(company.reteach.insert(account)),
            course_name: Some("Erste Hilfe".to_owned()),
            completed_at: Some(Timestamp::UNIX_EPOCH),
            certificate: Some(simulators::reteach::Certificate::new(
                &format!("c-{number}"),
                2_000,
            )),
            ..Default::default()
        });
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_counted_before_the_first_sync_and_filed_once_however_often_it_is_applied()
{
    let world = World::start(Timestamp::now()).await.unwrap();
    let company = company(&world).await;
    old_certificates(&company);
    let files = Files::of(&company, "certificates");
    let run = async |apply, details| {
        let mut out = Vec::new();
        let request = Request {
            details,
            ..files.request(apply)
        };
        let code = real::run(&request, false, &mut out).await.unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(code, GOOD, "{text}");
        text
    };

    let text = run(Apply::No, false).await;
    assert!(
        text.contains("3 certificates listed; 2 to file; 1 not from Personio"),
        "{text}"
    );
    assert!(!text.contains("c-0"), "ids only with --details: {text}");
    let text = run(Apply::No, true).await;
    assert!(
        text.contains("file    c-0  for 1001\nfile    c-1  for 1002\n"),
        "{text}"
    );
    assert_eq!(company.personio.documents().len(), 0);
    assert!(!files.0.join("acme.state").exists(), "a plan keeps nothing");

    let text = run(Apply::Unasked, false).await;
    assert!(
        text.contains("3 certificates listed; 2 filed, 1 not from Personio"),
        "{text}"
    );
    assert!(text.contains("acme.state"), "{text}");
    assert_eq!(company.personio.documents().len(), 2);
    let text = run(Apply::Unasked, false).await;
    assert!(text.contains("0 to file"), "{text}");
    assert_eq!(company.personio.documents().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_wants_no_certificates_is_told_so_and_gets_none() {
    let world = World::start(Timestamp::now()).await.unwrap();
    let company = company(&world).await;
    old_certificates(&company);
    let files = Files::of(&company, "disabled");
    let file = company.tenant_file("[certificates]\nenabled = false\n");
    std::fs::write(files.0.join("acme.toml"), file).unwrap();
    let mut out = Vec::new();
    assert_eq!(
        real::run(&files.request(Apply::Unasked), false, &mut out)
            .await
            .unwrap(),
        GOOD
    );
    assert!(
        String::from_utf8(out)
            .unwrap()
            .contains("[certificates] enabled is false")
    );
    assert_eq!(
        (
            company.reteach.customers().len(),
            company.personio.documents().len()
        ),
        (6, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_cannot_be_read_is_a_failed_run() {
    let world = World::start(Timestamp::now()).await.unwrap();
    let company = company(&world).await;
    company.personio.allow_reading(false);
    let files = Files::of(&company, "refused");
    let mut out = Vec::new();
    assert_eq!(
        real::run(&files.request(Apply::Unasked), false, &mut out)
            .await
            .unwrap(),
        BAD
    );
    assert!(String::from_utf8(out).unwrap().contains("AccessDenied"));
    assert_eq!(company.reteach.customers().len(), 0);
}

#[tokio::test]
async fn files_that_are_not_there_and_questions_that_cannot_be_asked_are_usage_errors() {
    let request = |credentials: &str, apply| Request {
        tenant: "/nonexistent/acme.toml".into(),
        credentials: credentials.into(),
        details: false,
        apply,
        state: "/nonexistent/acme.state".into(),
    };
    let cases = [
        ("secret.json", Apply::No, "acme.toml"),
        ("-", Apply::AfterAsking, "--yes"),
    ];
    for (credentials, apply, hint) in cases {
        let failed = real::run(&request(credentials, apply), false, &mut Vec::new())
            .await
            .unwrap_err();
        assert_eq!(failed.code, USAGE);
        assert!(failed.text.contains(hint), "{}", failed.text);
    }
}
