//! What a browser sends: queries, headers and forms of any bytes. `.ci/fuzz` steers them.

use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderMap, HeaderValue};
use reqwest::Url;
use shared::domain::id::TenantId;

use super::actions::command;
use super::guard::{Fields, cookie, pairs};
use super::language::Language;
use crate::commands::Action;

const ACTIONS: [&str; 12] = [
    "approve",
    "dismiss",
    "pause",
    "resume",
    "check",
    "retry-people",
    "retry-certificates",
    "refile-certificates",
    "dismiss-certificates",
    "start-certificates",
    "sync",
    "",
];

/// How honest forms begin.
const FORMS: [&str; 4] = [
    "",
    "hash=3f&kind=unlock&kind=",
    "certificate=0f0c-7&certificate=",
    "only=4711&reason=",
];

fn query(bytes: &[u8]) {
    let found = pairs(&String::from_utf8_lossy(bytes));
    let mut url = Url::parse("http://127.0.0.1/").unwrap();
    url.query_pairs_mut().extend_pairs(&found);
    assert_eq!(pairs(url.query().unwrap_or_default()), found);
}

fn headers(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_LANGUAGE, value.clone());
    headers.insert(COOKIE, value);
    let _ = Language::of(&headers);
    let found = cookie(&headers, "tenants-1");
    assert!(found.is_none_or(|found| !found.contains(';')));
}

fn form(bytes: &[u8]) {
    let Some(([action, form], rest)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let action = ACTIONS[usize::from(*action) % ACTIONS.len()];
    let form = FORMS[usize::from(*form) % FORMS.len()];
    let fields = Fields::of(&format!("{form}{}", String::from_utf8_lossy(rest)));
    let tenant = TenantId::parse("acme").unwrap();
    match command(&tenant, action, &fields, false) {
        Some(Action::Approve(decision) | Action::Dismiss(decision)) => {
            assert!(!decision.hash.is_empty() && decision.is_undecided_alone);
            let kinds = fields.all("kind").filter(|kind| !kind.is_empty());
            assert_eq!(decision.kinds.len(), kinds.count());
        }
        Some(
            Action::RetryCertificates(choice)
            | Action::RefileCertificates(choice)
            | Action::DismissCertificates(choice),
        ) => {
            let is_named = !choice.certificates.is_empty() || choice.filter.reason.is_some();
            assert!(!choice.all && is_named);
        }
        Some(_) | None => {}
    }
}

/// Tries what is recorded, and bytes that are the same each time.
macro_rules! target {
    ($name:ident, $test:ident) => {
        #[test]
        fn $name() {
            bolero::check!(name = stringify!($name))
                .with_iterations(0)
                .for_each($test);
            for seed in 0..100 {
                let mut random = fastrand::Rng::with_seed(seed);
                let mut bytes = vec![0; random.usize(..400)];
                random.fill(&mut bytes);
                $test(&bytes);
            }
        }
    };
}

target!(console_query, query);
target!(console_headers, headers);
target!(console_form, form);
