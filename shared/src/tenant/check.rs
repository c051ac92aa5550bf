//! What a tenant file must keep to, though each of its fields can be read.

use super::{Problem, TenantConfig, Via};
use crate::http::SLOWEST;

/// Calls a second that no academy takes from one credential.
const MAX_RATE: f64 = 1000.0;
/// Recipients of one mail. SES takes 50.
const MAX_ADDRESSES: usize = 10;
const STATUSES: &str = "must be of onboarding, active, leave and inactive";

impl TenantConfig {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let through_kombo = self.personio.via != Via::Direct;
        let labels = &self.employees.employment_type_labels;
        let integration = self
            .kombo
            .as_ref()
            .and_then(|kombo| kombo.integration_id.as_ref());
        let checks = [
            (
                "kombo",
                through_kombo && self.kombo.is_none(),
                "is needed on this route: add a [kombo] section",
            ),
            (
                "kombo.integration_id",
                self.personio.via == Via::KomboPassthrough
                    && integration.is_some_and(|id| id.tool() != "personio"),
                "must be a Personio integration (personio:…) on the route kombo-passthrough",
            ),
            (
                "employees.employment_type_labels",
                labels.internal.trim().is_empty() || labels.external.trim().is_empty(),
                "must not be empty",
            ),
            (
                "employees.employment_type_labels",
                labels.internal == labels.external,
                "internal and external must differ",
            ),
            (
                "reteach.download_hosts",
                self.reteach
                    .download_hosts
                    .iter()
                    .any(|host| !is_host_pattern(host)),
                "must be host names such as files.reteach.io or *.reteach.io",
            ),
            (
                "certificates.since",
                self.certificates.holds_and_since(),
                "excludes backfill = \"hold\": leave one of them out",
            ),
            (
                "reteach.max_calls_per_second",
                !(SLOWEST..=MAX_RATE).contains(&self.reteach.max_calls_per_second),
                "must be at least 0.5 and at most 1000",
            ),
            (
                "notices.mail",
                !self
                    .notices
                    .mail
                    .iter()
                    .all(|address| is_mail_address(address)),
                "must be mail addresses such as hr@acme.example",
            ),
            (
                "notices.mail",
                self.notices.mail.len() > MAX_ADDRESSES,
                "must be at most 10 addresses; use a distribution list",
            ),
            (
                "scope",
                self.scope.has_an_empty_inclusion(),
                "an include_ list must name something; an empty one would leave nobody in scope",
            ),
            (
                "scope.include_statuses",
                !are_statuses(self.scope.include_statuses.as_ref()),
                STATUSES,
            ),
            (
                "scope.exclude_statuses",
                !are_statuses(self.scope.exclude_statuses.as_ref()),
                STATUSES,
            ),
        ];
        let checks =
            checks
                .into_iter()
                .filter(|(_, wrong, _)| *wrong)
                .map(|(field, _, message)| Problem {
                    field: field.to_owned(),
                    message: message.to_owned(),
                });
        let limits = self.brake.limits().into_iter();
        let limits = limits
            .filter(|(_, limit)| !is_percent(*limit))
            .map(|(key, _)| Problem {
                field: format!("brake.{key}"),
                message: "must be more than 0 and at most 100".to_owned(),
            });
        checks.chain(limits).collect()
    }
}

fn are_statuses(names: Option<&Vec<String>>) -> bool {
    names.is_none_or(|names| {
        names
            .iter()
            .all(|name| ["onboarding", "active", "leave", "inactive"].contains(&name.as_str()))
    })
}

fn is_percent(number: f64) -> bool {
    number > 0.0 && number <= 100.0
}

/// Whether it looks like an address: whether it works, `tenants check --notice` shows.
fn is_mail_address(address: &str) -> bool {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_graphic() && !"<>,;:\"()[]\\".contains(c))
    };
    address.split_once('@').is_some_and(|(user, domain)| {
        plain(user) && plain(domain) && domain.contains('.') && !domain.contains('@')
    })
}

fn is_host_pattern(host: &str) -> bool {
    let name = host.strip_prefix("*.").unwrap_or(host);
    name.contains('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        || name == "localhost"
}
