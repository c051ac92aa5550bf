//! `tenants people export`

use employee_sync::plan::Details;
use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::{SourceId, TenantId};
use shared::fingerprint::{EntryStatus, FingerprintKey};
use shared::state::Decision;

use super::holdings::{HeldChange, Holdings, Profile, ReportPart};
use crate::args::ExportPerson;
use crate::commands::certificates::described;
use crate::commands::explain::written;
use crate::context::CommandContext;
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};

/// What neither the state nor this command has.
const ELSEWHERE: &str = "Names, mail addresses and field values are not stored here: `tenants explain --details` reads \
                         them live. Personio, Kombo and reteach hold their own data, the logs name ids until they expire.";

#[derive(Serialize)]
struct ExportView<'a> {
    tenant_id: &'a TenantId,
    person: &'a SourceId,
    exported_at: Timestamp,
    #[serde(flatten)]
    holdings: Holdings,
}

pub(super) async fn export(context: &CommandContext<'_>, args: &ExportPerson) -> Result<Output> {
    let ExportPerson { tenant, person } = args;
    context.tenant(tenant).await?;
    // Who may not read credentials gets everything but the dates.
    let secret = context.secrets.refresh(tenant).await.ok();
    let key = secret
        .as_ref()
        .and_then(|secret| secret.fingerprint_key.as_ref());
    let key = key.and_then(|key| FingerprintKey::parse(key).ok());
    let holdings = Holdings::read(&context.store, tenant, key.as_ref(), person).await?;
    Output::of(&ExportView {
        tenant_id: tenant,
        person,
        exported_at: context.now(),
        holdings,
    })
}

/// That nothing is stored of somebody.
pub(super) fn nothing(tenant: &TenantId, person: &SourceId) -> String {
    format::paragraph(&format!(
        "Nothing is stored of {person} in {tenant}: `tenants explain {tenant} {person}` reads them in Personio."
    ))
}

impl View for ExportView<'_> {
    fn text(&self) -> String {
        let Self {
            tenant_id,
            person,
            exported_at,
            holdings,
        } = self;
        if holdings.is_empty() {
            return nothing(tenant_id, person);
        }
        let Holdings {
            profiles,
            held,
            certificates,
            reports,
            plan: _,
        } = holdings;
        let at = format::moment(*exported_at);
        let mut text = format!("Stored of {person} in {tenant_id}, {at}\n");
        let mut section = |name: &str, lines: Vec<String>| {
            for (number, line) in lines.iter().enumerate() {
                let label = if number == 0 { name } else { "" };
                let label = format!("  {label:<13}");
                text.push_str(&terminal::wrapped(line, &label, "               "));
                text.push('\n');
            }
        };
        section("ledger", lines(profiles, ledger));
        section(
            "last reading",
            lines(profiles, |it| reading(it, *exported_at)),
        );
        section("held", held.iter().map(held_change).collect());
        let certificate = |it: &shared::state::CertificateEntry| {
            let (state, details) = described(it);
            format!("{} {state}, {details}", it.certificate_id)
        };
        section(
            "certificates",
            certificates.iter().map(certificate).collect(),
        );
        section("reports", reports.iter().flat_map(findings).collect());
        text + &format::paragraph(ELSEWHERE)
    }

    fn needs_attention(&self) -> bool {
        self.holdings.is_empty()
    }
}

/// The lines of each profile. An earlier one is named.
fn lines(profiles: &[Profile], of: impl Fn(&Profile) -> Vec<String>) -> Vec<String> {
    let of_profile = |(number, profile): (usize, &Profile)| {
        let named = |line: String| match number {
            0 => line,
            _ => format!("{}, an earlier profile: {line}", profile.person),
        };
        of(profile).into_iter().map(named).collect::<Vec<_>>()
    };
    profiles.iter().enumerate().flat_map(of_profile).collect()
}

fn ledger(profile: &Profile) -> Vec<String> {
    match &profile.entry {
        Some(entry) => written(entry, Details::Values),
        None => vec!["no entry".to_owned()],
    }
}

fn reading(profile: &Profile, now: Timestamp) -> Vec<String> {
    let Some(entry) = profile.snapshot else {
        return vec!["not in it".to_owned()];
    };
    let status = match entry.status {
        EntryStatus::Synced => "in step".to_owned(),
        EntryStatus::MissingOnce => "missing from the last one".to_owned(),
        EntryStatus::RetryAt(at) if at <= now => "the next run looks at it".to_owned(),
        EntryStatus::RetryAt(at) => format!("tried again after {}", format::moment(at)),
        EntryStatus::Dismissed(at) => format!("dismissed, looked at after {}", format::moment(at)),
    };
    vec![format!("a keyed hash of the record; {status}")]
}

fn held_change(change: &HeldChange) -> String {
    let decision = match change.decision {
        None => "undecided".to_owned(),
        Some(Decision::Approved { at }) => format!("approved {}", format::moment(at)),
        Some(Decision::Dismissed { at }) => format!("dismissed {}", format::moment(at)),
    };
    format!("{}: {}, {decision}", change.person, change.kind.describe())
}

fn findings(report: &ReportPart) -> Vec<String> {
    let at = report.started_at.map(format::moment).unwrap_or_default();
    let line = |finding: &serde_json::Value| {
        let text = finding.get("text").and_then(|text| text.as_str());
        format!("{at} {}: {}", report.job, text.unwrap_or_default())
    };
    report.findings.iter().map(line).collect()
}
