//! Events, tenant files, secrets, names and days.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MARK, apply, assert_silent, damage, damaged, harmed, harms, text};
use crate::document::{file_name, title};
use crate::domain::calendar_day;
use crate::domain::id::{CertificateId, TenantId};
use crate::http::redact;
use crate::kombo::IntegrationId;
use crate::runtime::Event;
use crate::secrets::TenantSecret;
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

fn is_a_marked_key(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text).to_lowercase();
    text.split("\":").any(|before| {
        before
            .rsplit('"')
            .next()
            .is_some_and(|key| key.contains(MARK))
    })
}

proptest! {
    #[test]
    fn an_event_names_one_tenant_or_is_refused(harms in harms(), modes in any::<bool>()) {
        let mut event = json!({"tenant_id": "acme", "mode": "scheduled"});
        harms.iter().for_each(|harm| apply(&mut event, harm));
        let job = if modes { JobKind::Employees } else { JobKind::Certificates };
        if let Ok(event) = Event::parse(event, job) {
            let id = event.tenant_id.as_str();
            prop_assert!(id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{id}");
            prop_assert!((2..=40).contains(&id.len()), "{id}");
        }
    }

    #[test]
    fn a_tenant_s_name_is_never_part_of_a_path(id in text()) {
        if let Ok(id) = TenantId::parse(&id) {
            prop_assert!(!id.as_str().contains(['#', '/', '.', '*', '?', ' ']));
        }
    }

    #[test]
    fn a_tenant_file_is_read_or_refused(lines in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
                                        values in prop::collection::vec(text(), 4), damage in damage()) {
        let mut file: Vec<String> = FILE.lines().map(str::to_owned).collect();
        for (line, value) in lines.iter().zip(&values) {
            let line = line.get_mut(&mut file);
            let key = line.split('=').next().unwrap_or_default().to_owned();
            *line = format!("{key}= {value:?}");
        }
        let file = damaged(file.join("\n").into_bytes(), &damage);
        let _ = TenantConfig::parse(&String::from_utf8_lossy(&file));
    }

    #[test]
    fn a_secret_is_read_or_refused_without_a_word_of_it(harms in harms(), damage in damage()) {
        let text = harmed(secret(), &harms, &damage);
        // The error names an unknown member, so that the operator finds it.
        prop_assume!(!is_a_marked_key(&text));
        if let Err(error) = TenantSecret::parse(&String::from_utf8_lossy(&text).into_owned().into()) {
            assert_silent(&error, "secret");
        }
    }

    #[test]
    fn what_a_vendor_writes_is_reduced_to_known_words(text in text(), more in any::<String>()) {
        for text in [text.clone(), format!("{more}{text}{more}")] {
            let kept = redact(&text);
            prop_assert!(!kept.to_lowercase().contains(MARK), "{kept}");
            prop_assert!(kept.chars().count() <= 200);
        }
    }

    #[test]
    fn names_of_files_are_short_and_lead_nowhere(course in text(), id in text()) {
        let id = CertificateId::new(id);
        let name = file_name(Some(&course), None, &id);
        prop_assert!(!name.contains(['/', '\\', '\0', '\r', '\n', '"']), "{name:?}");
        prop_assert!(title(Some(&course)).chars().count() <= 255);
    }

    #[test]
    fn days_moments_and_ids_are_read_or_refused(text in text()) {
        let _ = calendar_day(&text);
        let _ = text.parse::<Timestamp>();
        let _ = text.parse::<IntegrationId>();
    }
}
