//! Credentials that a vendor refuses, and connections that are not this tenant's: told by `add`, with nothing written.

use local::{Company, INTEGRATION};
use serde_json::json;
use shared::secrets::SecretError;
use shared::tenant::Via;
use simulators::kombo::Condition;
use tenants::Exit;

use crate::support::Desk;

/// What is wrong: in the file of credentials, or at a vendor.
#[derive(Clone, Copy)]
enum Wrong {
    Value(&'static str),
    Vendor(fn(&Company)),
}

fn kombo(company: &Company) -> &simulators::Kombo {
    company.kombo.as_ref().unwrap()
}

#[tokio::test]
async fn what_a_vendor_refuses_is_told_by_its_name_and_nothing_is_written() {
    use Wrong::{Value, Vendor};
    let every = [Via::Direct, Via::KomboPassthrough, Via::Kombo].as_slice();
    let through_kombo = [Via::KomboPassthrough, Via::Kombo].as_slice();
    let cases = [
        (
            &[Via::Direct][..],
            Value("papi-client"),
            "Personio: employees",
            "make a credential in Personio",
        ),
        (
            &[Via::Direct],
            Value("papi-secret"),
            "Personio: employees",
            "make a credential in Personio",
        ),
        (
            every,
            Value("reteach-client"),
            "reteach: credentials",
            "make an API credential",
        ),
        (
            every,
            Value("reteach-secret"),
            "reteach: credentials",
            "make an API credential",
        ),
        (
            every,
            Value("reteach-code"),
            "reteach: credentials",
            "make an API credential",
        ),
        (
            through_kombo,
            Value("kombo-key"),
            "Kombo: API key",
            "take the key from Kombo's dashboard",
        ),
        (
            through_kombo,
            Vendor(|company| kombo(company).set_origin(INTEGRATION, Some("other"))),
            "Kombo: connection",
            "carries the id of other, not that of acme",
        ),
        (
            through_kombo,
            Vendor(|company| kombo(company).set_origin(INTEGRATION, None)),
            "Kombo: connection",
            "carries no tenant's id",
        ),
        (
            through_kombo,
            Vendor(|company| kombo(company).set_condition(INTEGRATION, Condition::Invalid)),
            "Kombo: connection",
            "no longer valid",
        ),
        (
            through_kombo,
            Vendor(|company| kombo(company).detach(INTEGRATION)),
            "Kombo: connection",
            "no such integration",
        ),
    ];
    for (routes, wrong, about, hint) in cases {
        for via in routes {
            let desk = Desk::new().await;
            let company = desk.company(*via).await;
            let (file, mut credentials) = desk.files(&company, "");
            match wrong {
                Wrong::Value(right) => {
                    let text = std::fs::read_to_string(&credentials).unwrap();
                    credentials = desk.file("wrong.json", &text.replace(right, "wr0ng"));
                }
                Wrong::Vendor(spoil) => spoil(&company),
            }
            let done = desk
                .json(&["add", "--file", &file, "--credentials", &credentials])
                .await;
            let document = done.json();
            assert_eq!(
                (done.exit, &document["written"]),
                (Exit::Look, &json!(false)),
                "{via:?}: {}",
                done.out
            );
            let items = document["check"]["items"].as_array().unwrap();
            let told = items.iter().any(|item| {
                item["level"] == "miss" && item["about"] == about && item.to_string().contains(hint)
            });
            assert!(told, "{via:?}, {about}, {hint}: {items:#?}");
            assert!(!done.out.contains("wr0ng"), "{}", done.out);
            nothing_is_there(&desk, &company).await;
        }
    }
}

/// Neither tenant nor credentials nor schedules.
async fn nothing_is_there(desk: &Desk, company: &Company) {
    assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
    assert!(
        desk.stack
            .store()
            .inventory(&company.tenant)
            .await
            .unwrap()
            .is_empty()
    );
    let secret = desk.stack.secrets().refresh(&company.tenant).await;
    assert!(
        matches!(secret, Err(SecretError::NotFound { .. })),
        "{secret:?}"
    );
    assert_eq!(desk.schedules(), [""; 0]);
}
