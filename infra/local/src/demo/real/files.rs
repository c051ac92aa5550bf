//! A tenant's files.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::SecretString;
use shared::domain::id::TenantId;
use shared::secrets::TenantSecret;
use shared::tenant::{TenantConfig, Via};

use crate::demo::args::{Apply, Request};
use crate::demo::{BAD, Failed};

const STANDARD_INPUT: &str = "-";

/// A tenant's files, read and checked.
#[derive(Debug)]
pub(in crate::demo) struct Tenant {
    pub(in crate::demo) id: TenantId,
    pub(in crate::demo) file: String,
    pub(in crate::demo) secret: TenantSecret,
}

/// Reads both files. Every problem names its file and field.
pub(super) fn read(request: &Request) -> Result<Tenant, Failed> {
    let asks = request.apply == Apply::AfterAsking;
    if asks && (request.credentials == Path::new(STANDARD_INPUT) || !std::io::stdin().is_terminal())
    {
        let text = "--apply asks for the tenant's name, which takes a terminal on standard input: give --yes, or the \
                    credentials as a file";
        return Err(Failed::usage(text));
    }
    let file = std::fs::read_to_string(&request.tenant)
        .map_err(|error| Failed::usage(format!("{}: {error}", request.tenant.display())))?;
    let credentials = credentials(&request.credentials)
        .map_err(|error| Failed::usage(format!("{}: {error}", request.credentials.display())))?;
    tenant(file, &credentials)
}

fn credentials(path: &Path) -> std::io::Result<SecretString> {
    if path != Path::new(STANDARD_INPUT) {
        return std::fs::read_to_string(path).map(SecretString::from);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text.into())
}

/// A tenant of these texts, with a key for its fingerprints if the credentials have none.
pub(in crate::demo) fn tenant(file: String, credentials: &SecretString) -> Result<Tenant, Failed> {
    let config = TenantConfig::parse(&file).map_err(|error| {
        let problems: Vec<String> = error
            .0
            .iter()
            .map(|problem| format!("\n  {problem}"))
            .collect();
        Failed::usage(format!(
            "the tenant file is not valid:{}",
            problems.concat()
        ))
    })?;
    let mut secret = TenantSecret::parse(credentials)
        .map_err(|error| Failed::usage(format!("the credentials are not valid: {error}")))?;
    let missing = missing(&config, &secret);
    if !missing.is_empty() {
        return Err(Failed::usage(format!(
            "not enough for this route:\n  {}",
            missing.join("\n  ")
        )));
    }
    if secret.fingerprint_key.is_none() {
        secret.fingerprint_key = Some(random_key()?);
    }
    Ok(Tenant {
        id: config.tenant_id,
        file,
        secret,
    })
}

/// What the route needs and the files do not have.
fn missing(config: &TenantConfig, secret: &TenantSecret) -> Vec<&'static str> {
    let direct = config.personio.via == Via::Direct;
    let integration = config
        .kombo
        .as_ref()
        .and_then(|kombo| kombo.integration_id.as_ref());
    let checks = [
        (
            direct && secret.personio.is_none(),
            "credentials: personio is missing (client_id, client_secret)",
        ),
        (
            !direct && secret.kombo.is_none(),
            "credentials: kombo is missing (api_key)",
        ),
        (
            secret.reteach.is_none(),
            "credentials: reteach is missing (client_id, client_secret, client_code)",
        ),
        (
            !direct && integration.is_none(),
            "tenant file: kombo.integration_id is missing",
        ),
    ];
    checks
        .into_iter()
        .filter(|(is_missing, _)| *is_missing)
        .map(|(_, text)| text)
        .collect()
}

fn random_key() -> Result<SecretString, Failed> {
    let mut key = [0; 32];
    SystemRandom::new().fill(&mut key).map_err(|_| Failed {
        code: BAD,
        text: "the system gives no random numbers".to_owned(),
    })?;
    Ok(STANDARD.encode(key).into())
}
