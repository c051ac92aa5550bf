//! Credentials that a vendor refuses, and connections of another tenant: `add` names them and writes nothing.

use local::{Company, INTEGRATION};
use serde_json::json;
use shared::secrets::SecretError;
use shared::tenant::Via;

use crate::support::Desk;

/// The fault: a value in the file of credentials, or the vendor's state.
#[derive(Clone, Copy)]
enum Fault {
    Value(&'static str),
    Vendor(fn(&Company)),
}

fn kombo(company: &Company) -> &simulators::Kombo {
    company.kombo.as_ref().unwrap()
}

#[tokio::test]
async fn a_refusal_is_named_and_nothing_is_written() {
    use Fault::{Value, Vendor};
    let personio = ("Personio: employees", "make a credential in Personio");
    let reteach = ("reteach: credentials", "make an API credential");
    let key = ("Kombo: API key", "take the key from Kombo's dashboard");
    let connection = |hint| ("Kombo: connection", hint);
    let cases: [(_, Fault, (&str, &str)); 8] = [
        (Via::Direct, Value("papi-client"), personio),
        (Via::Direct, Value("papi-secret"), personio),
        (Via::Direct, Value("reteach-client"), reteach),
        (Via::KomboPassthrough, Value("reteach-secret"), reteach),
        (Via::Kombo, Value("reteach-code"), reteach),
        (Via::KomboPassthrough, Value("kombo-key"), key),
        (
            Via::Kombo,
            Vendor(|company| kombo(company).set_origin(INTEGRATION, Some("other"))),
            connection("carries the id of other, not that of acme"),
        ),
        (
            Via::KomboPassthrough,
            Vendor(|company| kombo(company).detach(INTEGRATION)),
            connection("no such integration"),
        ),
    ];
    for (via, fault, (about, hint)) in cases {
        assert_refused(via, fault, about, hint).await;
    }
}

async fn assert_refused(via: Via, fault: Fault, about: &str, hint: &str) {
    let desk = Desk::new().await;
    let company = desk.company(via).await;
    let (file, mut credentials) = desk.files(&company, "");
    match fault {
        Fault::Value(right) => {
            let text = std::fs::read_to_string(&credentials).unwrap();
            credentials = desk.file("wrong.json", &text.replace(right, "wr0ng"));
        }
        Fault::Vendor(spoil) => spoil(&company),
    }
    let add = format!("add --file {file} --credentials {credentials}");
    let refused = desk.attention(&add).await;
    assert_eq!(refused["written"], json!(false), "{via:?}: {refused:#}");
    let names = |item: &serde_json::Value| {
        item["level"] == "miss" && item["about"] == about && item.to_string().contains(hint)
    };
    let items = refused["check"]["items"].as_array().unwrap();
    assert!(
        items.iter().any(names),
        "{via:?}, {about}, {hint}: {items:#?}"
    );
    assert!(!refused.to_string().contains("wr0ng"), "{refused:#}");
    desk.assert_empty(&company).await;
    let secret = desk.stack.secrets().refresh(&company.tenant).await;
    let is_absent = matches!(secret, Err(SecretError::NotFound { .. }));
    assert!(is_absent, "{secret:?}");
}

#[tokio::test]
async fn a_file_with_secrets_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt as _;
    let (desk, company) = Desk::new_company().await;
    let (file, credentials) = desk.files(&company, "");
    let line = format!("add --file {file} --credentials {credentials}");
    for (mode, warns) in [(0o640, true), (0o604, true), (0o600, false)] {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&credentials, permissions).unwrap();
        let errors = desk.run(&line).await.errors;
        let warning = format!("Others on this machine can read {credentials}: `chmod 600");
        assert_eq!(errors.contains(&warning), warns, "{mode:o}: {errors}");
    }
}
