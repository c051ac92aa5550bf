//! `tenants certificates list`

use serde::Serialize;
use shared::domain::id::TenantId;
use shared::state::{CertificateEntry, CertificateState};

use crate::args::{CertificateFilter, ListCertificates};
use crate::context::CommandContext;
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};

#[derive(Serialize)]
#[serde(transparent)]
struct ParkedView<'a> {
    entries: Vec<CertificateEntry>,
    #[serde(skip)]
    tenant: &'a TenantId,
}

pub(super) async fn list(context: &CommandContext<'_>, args: &ListCertificates) -> Result<Output> {
    let ListCertificates {
        tenant,
        all,
        filter,
    } = args;
    if *all {
        return ledger(context, tenant, filter).await;
    }
    context.tenant(tenant).await?;
    let mut entries = context.store.parked_certificates(tenant).await?;
    entries.retain(|entry| is_chosen(filter, entry));
    Output::of(&ParkedView { entries, tenant })
}

/// Whether the entry is one that the filter asks for.
pub(super) fn is_chosen(filter: &CertificateFilter, entry: &CertificateEntry) -> bool {
    let CertificateFilter { reason, person } = filter;
    let has_reason = |part: &String| {
        let reason = reason_of(&entry.state).unwrap_or_default();
        reason.to_lowercase().contains(&part.to_lowercase())
    };
    reason.as_ref().is_none_or(has_reason)
        && person
            .as_ref()
            .is_none_or(|person| *person == entry.employee)
}

/// Why a certificate is parked or has failed.
pub(super) fn reason_of(state: &CertificateState) -> Option<&str> {
    match state {
        CertificateState::Parked { reason, .. } => Some(reason),
        CertificateState::Failed(retry) => Some(&retry.reason),
        CertificateState::Intended(_)
        | CertificateState::Uploaded { .. }
        | CertificateState::Dismissed { .. }
        | CertificateState::Held { .. } => None,
    }
}

impl View for ParkedView<'_> {
    fn text(&self) -> String {
        let tenant = self.tenant;
        if self.entries.is_empty() {
            return format!("No certificate of {tenant} waits for a decision.\n");
        }
        let mut table =
            terminal::table(["certificate", "person", "since", "may be filed", "reason"]);
        for entry in &self.entries {
            let CertificateState::Parked {
                at,
                reason,
                unverified,
            } = &entry.state
            else {
                continue;
            };
            table.add_row([
                entry.certificate_id.as_str(),
                entry.employee.as_str(),
                &format::moment(*at),
                if unverified.is_some() {
                    "perhaps"
                } else {
                    "no"
                },
                reason,
            ]);
        }
        let advice = format!(
            "`tenants certificates retry {tenant} CERTIFICATE` files it again, `tenants certificates dismiss {tenant} \
             CERTIFICATE` leaves it unfiled; --all, --reason TEXT or --person ID in the place of CERTIFICATE choose \
             several. Where a certificate may be filed, first look at the person's documents in Personio: a second copy \
             can only be deleted there by hand."
        );
        format!("{}\n{}", table.trim_fmt(), format::paragraph(&advice))
    }

    fn needs_attention(&self) -> bool {
        !self.entries.is_empty()
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct LedgerView<'a> {
    entries: Vec<CertificateEntry>,
    #[serde(skip)]
    tenant: &'a TenantId,
}

/// The ledger outlives a removed tenant, so the tenant need not exist.
async fn ledger(
    context: &CommandContext<'_>,
    tenant: &TenantId,
    filter: &CertificateFilter,
) -> Result<Output> {
    let ledger = context.store.all_certificates(tenant).await?;
    let mut entries: Vec<CertificateEntry> = ledger
        .into_values()
        .filter(|entry| is_chosen(filter, entry))
        .collect();
    entries.sort_by(|one, other| {
        let (one, other) = (&one.certificate_id, &other.certificate_id);
        one.as_str().cmp(other.as_str())
    });
    Output::of(&LedgerView { entries, tenant })
}

impl View for LedgerView<'_> {
    fn text(&self) -> String {
        if self.entries.is_empty() {
            return format!("The ledger of {} has no certificates.\n", self.tenant);
        }
        let mut table = terminal::table(["certificate", "person", "state", "details"]);
        for entry in &self.entries {
            let (state, details) = described(&entry.state);
            table.add_row([
                entry.certificate_id.as_str(),
                entry.employee.as_str(),
                state,
                &details,
            ]);
        }
        format!("{}\n", table.trim_fmt())
    }
}

/// The state and its details.
pub(in crate::commands) fn described(state: &CertificateState) -> (&'static str, String) {
    match state {
        CertificateState::Intended(intent) => (
            "under way",
            format!("since {}; outcome unknown", format::moment(intent.at)),
        ),
        CertificateState::Uploaded { at, document } => {
            let document = document.as_ref().map(|id| format!(", document {id}"));
            let document = document.unwrap_or_default();
            ("filed", format!("{}{document}", format::moment(*at)))
        }
        CertificateState::Failed(retry) => {
            let retry_at = format::moment(retry.retry_at);
            (
                "failed",
                format!("{}; tried again after {retry_at}", retry.reason),
            )
        }
        CertificateState::Parked { at, reason, .. } => {
            ("parked", format!("{}: {reason}", format::moment(*at)))
        }
        CertificateState::Dismissed { at } => ("dismissed", format::moment(*at)),
        CertificateState::Held { at } => ("held", format!("since {}", format::moment(*at))),
    }
}
