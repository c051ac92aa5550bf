use std::net::{Ipv4Addr, TcpListener};

use local::vendors::{LocalTenant, VendorsError};
use secrecy::SecretString;
use serde_json::Value;
use shared::secrets::TenantSecret;
use shared::tenant::{TenantConfig, Via};

use crate::support::{Folder, process, refusal};

const STATE: &str = "local-kombo.state.json";

/// A folder in which companies have been set up, and nothing runs.
fn folder() -> Folder {
    let folder = Folder::new();
    let life = process();
    drop(life.block_on(folder.start()).unwrap());
    folder
}

fn start(folder: &Folder) -> Result<(), VendorsError> {
    let life = process();
    life.block_on(folder.start()).map(drop)
}

#[test]
fn each_company_has_files_to_onboard_it() {
    let folder = folder();
    for tenant in LocalTenant::ALL {
        let config = TenantConfig::parse(&folder.text(&format!("{tenant}.toml"))).unwrap();
        let both = (config.tenant_id.as_str(), config.personio.via);
        assert_eq!(both, (tenant.name(), tenant.via()));
        let secret = SecretString::from(folder.text(&format!("{tenant}.json")));
        let secret = TenantSecret::parse(&secret).unwrap();
        let direct = tenant.via() == Via::Direct;
        let both = (secret.personio.is_some(), secret.kombo.is_some());
        assert_eq!(both, (direct, !direct), "{tenant}");
        assert!(secret.reteach.is_some());
    }
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    for (name, mode) in [("", 0o700), ("local-direct.json", 0o600), (STATE, 0o600)] {
        let found = std::fs::metadata(folder.file(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(found, mode, "{name}");
    }
}

#[test]
fn an_edited_tenant_file_stays() {
    let folder = folder();
    let mine = format!("{}[scope]\n", folder.text("local-direct.toml"));
    std::fs::write(folder.file("local-direct.toml"), &mine).unwrap();
    start(&folder).unwrap();
    assert_eq!(folder.text("local-direct.toml"), mine);
}

#[test]
fn the_ports_stay() {
    let folder = folder();
    let file = folder.text("local-kombo.toml");
    std::fs::remove_file(folder.file("local-kombo.toml")).unwrap();
    start(&folder).unwrap();
    assert_eq!(folder.text("local-kombo.toml"), file);
}

#[test]
fn an_unusable_file_is_named_with_a_remedy_and_left_alone() {
    type Spoil = fn(&str) -> String;
    let cases: [(Spoil, &str); 2] = [
        (
            |text| text.replacen("\"format\": 1", "\"format\": 2", 1),
            "has format 2, which this version does not know",
        ),
        (
            |text| text.replacen("\"records\"", "\"others\"", 1),
            "is damaged",
        ),
    ];
    for (spoil, hint) in cases {
        let folder = folder();
        let spoilt = spoil(&folder.text(STATE));
        std::fs::write(folder.file(STATE), &spoilt).unwrap();
        let error = refusal(&start(&folder).unwrap_err());
        assert!(
            error.contains(hint) && error.contains(STATE),
            "{hint}: {error}"
        );
        assert_eq!(folder.text(STATE), spoilt);
    }
}

#[test]
fn a_port_that_is_taken_is_named_with_its_owner() {
    let folder = folder();
    let state: Value = serde_json::from_str(&folder.text(STATE)).unwrap();
    let port = state["content"]["ports"]["reteach"].as_u64().unwrap();
    let _other = TcpListener::bind((Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap())).unwrap();
    let error = refusal(&start(&folder).unwrap_err());
    assert!(
        error.contains(&format!("port {port}, used by reteach of local-kombo")),
        "{error}"
    );
}

#[test]
fn a_state_is_used_by_one_process_at_a_time() {
    let folder = Folder::new();
    let life = process();
    let _vendors = life.block_on(folder.start()).unwrap();
    let error = refusal(&start(&folder).unwrap_err());
    assert!(
        error.contains("is `cargo local` already running with this state?"),
        "{error}"
    );
}
