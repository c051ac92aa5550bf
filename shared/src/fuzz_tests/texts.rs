//! Events, tenant files, secrets, names, days and addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Host;

use super::{Choices, MARK, apply, assert_silent, damaged, harmed, target};
use crate::document::{file_name, title};
use crate::domain::calendar_day;
use crate::domain::id::{CertificateId, TenantId};
use crate::http::{BaseUrl, WebhookUrl, is_public, redact};
use crate::kombo::IntegrationId;
use crate::runtime::Event;
use crate::secrets::{MalformedSecret, TenantSecret};
use crate::state::JobKind;
use crate::tenant::TenantConfig;

const FILE: &str = r#"
tenant_id = "acme"
time_zone = "Europe/Berlin"
[personio]
via = "kombo"
domain = "acme"
[kombo]
integration_id = "personio:CBNMt7dSNCzBdnRTx87dev4E"
employment_type_field = "anstellungsart"
[reteach]
academy = "acme.reteach.io"
download_hosts = ["*.reteach.io"]
update = "replace"
[employees]
position = "tag"
lock_on = "end-day"
employment_type_labels = { internal = "intern", external = "extern" }
[scope]
include_companies = ["Muster GmbH"]
out_of_scope = "leave"
[brake]
unlock = 5
at_least = 5
[certificates]
category = "Schulungen"
[schedule]
employees = "5 minutes"
"#;

fn secret() -> Value {
    json!({"personio": {"client_id": "zwetschge", "client_secret": "zwetschge"}, "kombo": {"api_key": "zwetschge"},
           "reteach": {"client_id": "zwetschge", "client_secret": "zwetschge", "client_code": "zwetschge"},
           "fingerprint_key": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="})
}

/// Whether the error calls a marked key of `text` unknown: it names that, so that the operator finds it.
/// A key follows a brace or a comma.
fn names_unknown_key(error: &MalformedSecret, text: &str) -> bool {
    let is_named = |key: &str| {
        let rest = error.member.strip_suffix(key);
        rest.is_some_and(|rest| !rest.to_lowercase().contains(MARK))
    };
    error.problem.starts_with("is not a known key;")
        && text.match_indices('"').any(|(at, _)| {
            let (before, key) = text.split_at(at);
            let mut read = serde_json::Deserializer::from_str(key).into_iter::<String>();
            before.trim_end().ends_with(['{', ','])
                && matches!(read.next(), Some(Ok(key)) if is_named(&key))
        })
}

/// Text with the mark, with what else there is around it.
fn marked(choices: &mut Choices<'_>) -> String {
    let more = String::from_utf8_lossy(choices.some()).into_owned();
    format!("{more}{}{more}", choices.text())
}

target!(event, |choices| {
    let mut event = json!({"tenant_id": "acme", "mode": "scheduled"});
    for harm in choices.harms() {
        apply(&mut event, &harm);
    }
    for job in [JobKind::Employees, JobKind::Certificates] {
        if let Ok(event) = Event::parse(event.clone(), job) {
            let id = event.tenant_id.as_str();
            let fits = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            assert!(id.bytes().all(fits), "{id}");
            assert!((2..=40).contains(&id.len()), "{id}");
        }
    }
});

target!(ids, |choices| {
    let text = choices.text();
    if let Ok(id) = TenantId::parse(&text) {
        assert!(!id.as_str().contains(['#', '/', '.', '*', '?', ' ']));
        assert_eq!(id.as_str(), text);
    }
    if let Ok(id) = text.parse::<IntegrationId>() {
        assert_eq!(id.as_str(), text);
        assert!(text.strip_prefix(id.tool()).unwrap().starts_with(':'));
    }
});

target!(tenant_file, |choices| {
    let mut lines: Vec<String> = FILE.lines().map(str::to_owned).collect();
    for _ in 0..choices.below(4) {
        let line = choices.below(lines.len());
        let value = match choices.byte() % 4 {
            0 => format!("{:?}", choices.text()),
            // Values of other types, and lines of any form.
            1 => String::from_utf8_lossy(choices.some()).into_owned(),
            _ => choices.value().to_string(),
        };
        let line = &mut lines[line];
        let key = line.split('=').next().unwrap_or_default().to_owned();
        *line = format!("{key}= {value}");
    }
    let file = damaged(lines.join("\n").into_bytes(), &choices.damage());
    let file = String::from_utf8_lossy(&file);
    let stored = TenantConfig::parse_with_unknown(&file);
    if let Ok(config) = TenantConfig::parse(&file) {
        // What is taken is taken again once it is stored, and nothing of it is passed over.
        assert_eq!(stored, Ok((config, Vec::new())));
    }
});

target!(secrets, |choices| {
    let text = harmed(secret(), &choices.harms(), &choices.damage());
    let text = String::from_utf8_lossy(&text).into_owned();
    if let Err(mut error) = TenantSecret::parse(&text.as_str().into()) {
        if names_unknown_key(&error, &text) {
            error.member.clear();
        }
        assert_silent(&error, "secret");
    }
});

#[test]
fn an_error_may_name_an_unknown_key_and_no_value() {
    for text in [
        r#"{"Zwetschge": 1}"#,
        r#"[{"Frau Zwetschge, zwetschge@zwetschge.example"{"#,
        r#"{"kombo": {"api_key": "zwetschge", "\u007awetschge" 1"#,
    ] {
        let error = TenantSecret::parse(&text.into()).unwrap_err();
        assert!(names_unknown_key(&error, text), "{text}: {error}");
    }
    for (text, problem) in [
        (r#"{"api_key": "zwetschge"}"#, "is not a known key;"),
        (r#"["zwetschge"]"#, "is not a known key;"),
        (r#"{"zwetschge": 1}"#, "must be text in quotes"),
    ] {
        let error = MalformedSecret {
            member: MARK.to_owned(),
            problem: problem.to_owned(),
        };
        assert!(!names_unknown_key(&error, text), "{text}: {problem}");
    }
}

target!(words, |choices| {
    for text in [choices.text(), marked(&mut choices)] {
        let kept = redact(&text);
        assert!(!kept.to_lowercase().contains(MARK), "{kept}");
        assert!(kept.chars().count() <= 200);
    }
});

target!(names_of_files, |choices| {
    let (course, id) = (choices.text(), CertificateId::new(choices.text()));
    let name = file_name(Some(&course), None, &id);
    let leads_elsewhere = ['/', '\\', '\0', '\r', '\n', '"'];
    assert!(!name.contains(leads_elsewhere), "{name:?}");
    assert!(name.len() <= 255 && name.ends_with(".pdf"), "{name:?}");
    assert!(title(Some(&course)).chars().count() <= 255);
});

target!(days, |choices| {
    let mut text = choices.text();
    // A digit away from a day.
    if choices.byte().is_multiple_of(2) {
        text = format!("2026-03-29{}", String::from_utf8_lossy(choices.some()));
    }
    if let Some(day) = calendar_day(&text) {
        assert!(text.starts_with(&day.to_string()), "{text} is {day}");
        assert_eq!(calendar_day(&day.to_string()), Some(day));
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        assert_eq!(moment.to_string().parse().ok(), Some(moment));
    }
});

target!(addresses, |choices| {
    let text = match choices.byte() % 4 {
        0 => choices.text(),
        1 => format!("http://{}", String::from_utf8_lossy(choices.some())),
        _ => format!("https://{}", String::from_utf8_lossy(choices.rest())),
    };
    let Ok(url) = text.parse::<BaseUrl>() else {
        return;
    };
    let shown = url.to_string();
    assert_eq!(shown.parse::<BaseUrl>().map(String::from), Ok(shown));
    let parsed = url.as_url();
    assert!(parsed.scheme() == "https" || url.is_loopback(), "{parsed}");
    assert!(parsed.username().is_empty() && parsed.password().is_none());
    match parsed.host().unwrap() {
        Host::Ipv4(address) => assert!(address.is_loopback() || is_public(address.into())),
        Host::Ipv6(address) => assert!(address.is_loopback() || is_public(address.into())),
        Host::Domain(name) => assert!(!name.is_empty()),
    }
    assert!(WebhookUrl::parse(&text.into()).is_ok());
});

target!(public_addresses, |choices| {
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = choices.byte();
    }
    let v6 = Ipv6Addr::from(bytes);
    let is_special = v6.is_loopback()
        || v6.is_unspecified()
        || v6.is_multicast()
        || v6.is_unique_local()
        || v6.is_unicast_link_local();
    assert!(!(is_special && is_public(v6.into())), "{v6}");
    let v4 = Ipv4Addr::from(*bytes.first_chunk::<4>().unwrap());
    let is_special = v4.is_private() || v4.is_loopback() || v4.is_link_local();
    assert!(!(is_special && is_public(v4.into())), "{v4}");
    // However it is written.
    let mapped = v4.to_ipv6_mapped();
    assert_eq!(is_public(mapped.into()), is_public(v4.into()), "{v4}");
});
