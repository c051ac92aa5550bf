//! `tenants certificates`

use serde::Serialize;
use shared::domain::id::{CertificateId, TenantId};
use shared::state::{CertificateEntry, CertificateState, StateError};

use crate::args::Certificates;
use crate::context::CommandContext;
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};

pub(super) async fn certificates(
    context: &CommandContext<'_>,
    args: &Certificates,
) -> Result<Output> {
    match args {
        Certificates::List(list) if list.all => ledger(context, &list.tenant).await,
        Certificates::List(list) => parked(context, &list.tenant).await,
        Certificates::Retry(args) => {
            decide(context, &args.tenant, &args.certificates, Decision::Retry).await
        }
        Certificates::Dismiss(args) => {
            decide(context, &args.tenant, &args.certificates, Decision::Dismiss).await
        }
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct ParkedView<'a> {
    entries: Vec<CertificateEntry>,
    #[serde(skip)]
    tenant: &'a TenantId,
}

async fn parked(context: &CommandContext<'_>, tenant: &TenantId) -> Result<Output> {
    context.tenant(tenant).await?;
    let entries = context.store.parked_certificates(tenant).await?;
    Output::of(&ParkedView { entries, tenant })
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
             CERTIFICATE` leaves it unfiled. Where a certificate may be filed, first look at the person's documents in \
             Personio: a second copy can only be deleted there by hand."
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
async fn ledger(context: &CommandContext<'_>, tenant: &TenantId) -> Result<Output> {
    let ledger = context.store.all_certificates(tenant).await?;
    let mut entries: Vec<CertificateEntry> = ledger.into_values().collect();
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

fn described(state: &CertificateState) -> (&'static str, String) {
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
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Retry,
    Dismiss,
}

#[derive(Serialize)]
struct DecidedView<'a> {
    tenant_id: &'a TenantId,
    certificates: Vec<Decided<'a>>,
    #[serde(skip)]
    decision: Decision,
}

#[derive(Serialize)]
struct Decided<'a> {
    certificate_id: &'a CertificateId,
    problem: Option<String>,
}

async fn decide(
    context: &CommandContext<'_>,
    tenant_id: &TenantId,
    ids: &[CertificateId],
    decision: Decision,
) -> Result<Output> {
    context.tenant(tenant_id).await?;
    let (store, now) = (&context.store, context.now());
    let mut certificates = Vec::new();
    for certificate_id in ids {
        let result = match decision {
            Decision::Retry => {
                store
                    .retry_certificate(tenant_id, certificate_id, now)
                    .await
            }
            Decision::Dismiss => {
                store
                    .dismiss_certificate(tenant_id, certificate_id, now)
                    .await
            }
        };
        let problem = match result {
            Ok(()) => None,
            Err(error @ StateError::NotParked { .. }) => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        certificates.push(Decided {
            certificate_id,
            problem,
        });
    }
    Output::of(&DecidedView {
        tenant_id,
        certificates,
        decision,
    })
}

impl DecidedView<'_> {
    fn problems(&self) -> impl Iterator<Item = &str> {
        self.certificates
            .iter()
            .filter_map(|certificate| certificate.problem.as_deref())
    }
}

impl View for DecidedView<'_> {
    fn text(&self) -> String {
        let tenant = self.tenant_id;
        let decided = (self.certificates.len() - self.problems().count()) as u64;
        let decided = format::number(decided, "certificate", "certificates");
        let text = format::paragraph(&match self.decision {
            Decision::Retry => format!(
                "The next certificate run tries {decided} again; `tenants sync {tenant} --job certificates` does it now."
            ),
            Decision::Dismiss => format!("{decided} will not be filed."),
        });
        self.problems()
            .fold(text, |text, problem| text + &format::point(problem))
    }

    fn needs_attention(&self) -> bool {
        self.problems().next().is_some()
    }
}
