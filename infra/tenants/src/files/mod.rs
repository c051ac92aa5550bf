//! A tenant's two files.

mod hosts;
mod integration;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use shared::fingerprint::FingerprintKey;
use shared::http::WebhookUrl;
use shared::secrets::TenantSecret;
use shared::tenant::{TenantConfig, Via};

use crate::environment::Environment;
use crate::failure::{Failure, Result};

pub(crate) use hosts::check_hosts;
pub(crate) use integration::with_integration;

const STANDARD_INPUT: &str = "-";

/// Reads and checks a tenant's file. Every problem names its field.
pub(crate) fn tenant(path: &Path, now: Timestamp) -> Result<(String, TenantConfig)> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let parsed =
        TenantConfig::parse(&text).and_then(|config| config.check_at(now).map(|()| config));
    let config = parsed.map_err(|error| {
        let problems: Vec<String> = error
            .0
            .iter()
            .map(|problem| format!("\n  {problem}"))
            .collect();
        Failure::usage(format!(
            "{} is not valid:{}",
            path.display(),
            problems.concat()
        ))
    })?;
    Ok((text, config))
}

/// Reads and checks credentials. Problems name the member, never a value.
pub(crate) fn credentials(path: &Path, environment: &Environment) -> Result<TenantSecret> {
    let text = secret_text(path, environment)?;
    let secret = TenantSecret::parse(&text)
        .map_err(|error| Failure::usage(format!("{} is not valid: {error}", path.display())))?;
    if let Some(key) = &secret.fingerprint_key {
        FingerprintKey::parse(key)
            .map_err(|error| Failure::usage(format!("{} is not valid: {error}", path.display())))?;
    }
    if let Some(notices) = &secret.notices {
        WebhookUrl::parse(&notices.webhook_url).map_err(|error| {
            let path = path.display();
            Failure::usage(format!("{path} is not valid: notices.webhook_url {error}"))
        })?;
    }
    Ok(secret)
}

/// Reads the token of a connection, which stands alone in its file.
pub(crate) fn token(path: &Path, environment: &Environment) -> Result<SecretString> {
    let text = secret_text(path, environment)?;
    Ok(text.expose_secret().trim().into())
}

/// A file with a secret, or standard input: a secret on the command line would stay in the shell's history. Says so if
/// others can read the file.
fn secret_text(path: &Path, environment: &Environment) -> Result<SecretString> {
    let text = if path == Path::new(STANDARD_INPUT) {
        environment.read_input()
    } else {
        if is_open_to_others(path) {
            let name = path.display();
            environment.say(&format!(
                "Others on this machine can read {name}: `chmod 600 {name}`\n"
            ));
        }
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| unreadable(path, &error))?;
    if text.trim().is_empty() {
        let name = match path == Path::new(STANDARD_INPUT) {
            true => "standard input".to_owned(),
            false => path.display().to_string(),
        };
        return Err(Failure::usage(format!("{name} is empty")));
    }
    Ok(text.into())
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// The parts of the credentials that the tenant's route needs and that are not there.
pub(crate) fn missing(config: &TenantConfig, secret: &TenantSecret) -> Vec<&'static str> {
    let direct = config.personio.via == Via::Direct;
    let checks = [
        (
            direct && secret.personio.is_none(),
            "personio (client_id, client_secret)",
        ),
        (!direct && secret.kombo.is_none(), "kombo (api_key)"),
        (
            secret.reteach.is_none(),
            "reteach (client_id, client_secret, client_code)",
        ),
    ];
    checks
        .into_iter()
        .filter(|(is_missing, _)| *is_missing)
        .map(|(_, text)| text)
        .collect()
}

/// Twelve random letters and digits.
pub(crate) fn random_tag() -> Result<String> {
    let key = random_key()?;
    let letters = key
        .expose_secret()
        .chars()
        .filter(char::is_ascii_alphanumeric);
    Ok(letters.take(12).collect::<String>().to_lowercase())
}

/// A key for a tenant's fingerprints: 32 random bytes in base64.
pub(crate) fn random_key() -> Result<SecretString> {
    let mut key = [0; 32];
    SystemRandom::new()
        .fill(&mut key)
        .map_err(|_| Failure::attention("the operating system has no random numbers"))?;
    Ok(STANDARD.encode(key).into())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} cannot be read: {error}", path.display()))
}
