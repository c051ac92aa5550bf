//! `tenants certificates retry`, `tenants certificates dismiss`

use std::collections::{BTreeMap, BTreeSet};

use certificate_sync::plan::{Owner, People};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use shared::domain::id::{CertificateId, OperatorId, SourceId, TenantId};
use shared::routes::Connections;
use shared::source::EmployeeSource as _;
use shared::state::{
    CertificateEntry, CertificateState, DecidedBy, FencingToken, OnUnverifiable, StateError, Store,
};
use shared::tenant::TenantConfig;

use super::list::{is_chosen, people_of, reason_of, reissued_at};
use crate::args::CertificateChoice;
use crate::confirm::Confirmation;
use crate::context::{CommandContext, StoredTenant};
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::{Output, View};

/// How many entries are written at the same time.
const CONCURRENCY: usize = 16;

/// Reasons that are named before many certificates are decided about.
const MAX_REASONS: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Retry,
    Refile,
    Dismiss,
}

#[derive(Serialize)]
struct DecidedView<'a> {
    tenant_id: &'a TenantId,
    certificates: Vec<Decided>,
    #[serde(skip)]
    decision: Decision,
}

#[derive(Serialize)]
struct Decided {
    certificate_id: CertificateId,
    problem: Option<String>,
}

pub(crate) async fn decide(
    context: &CommandContext<'_>,
    args: &CertificateChoice,
    decision: Decision,
) -> Result<Output> {
    let CertificateChoice {
        tenant,
        certificates,
        all: _,
        filter,
        yes,
    } = args;
    let StoredTenant { config, .. } = context.tenant(tenant).await?;
    let mut on_unverifiable = OnUnverifiable::Send;
    let mut ids = certificates.clone();
    if ids.is_empty() {
        // Nobody has looked at each person's documents.
        on_unverifiable = OnUnverifiable::Park;
        let people = people_of(context, tenant, filter).await?;
        let ledger = context.store.all_certificates(tenant).await?;
        let mut chosen: Vec<CertificateEntry> = ledger
            .into_values()
            .filter(|entry| {
                decision.may_be_about(entry) && is_chosen(filter, people.as_ref(), entry)
            })
            .collect();
        chosen.sort_by(|one, other| one.certificate_id.cmp(&other.certificate_id));
        if !chosen.is_empty() {
            let announcement = announcement(tenant, &chosen, decision);
            let confirmation = Confirmation {
                announcement: &announcement,
                yes: *yes,
                word: (tenant.as_str(), "the tenant's name"),
                otherwise: "nothing was decided",
            };
            confirmation.ask(context.environment)?;
        }
        ids = chosen
            .into_iter()
            .map(|entry| entry.certificate_id)
            .collect();
    }
    let by = match decision {
        Decision::Dismiss if !ids.is_empty() => context.operator().await,
        _ => None,
    };
    if decision == Decision::Dismiss && !certificates.is_empty() {
        note_unknown(context, &config, certificates, by).await?;
    }
    let (store, now) = (&context.store, context.now());
    let one = async |id: CertificateId| {
        let result = match decision {
            Decision::Retry => {
                store
                    .retry_certificate(tenant, &id, on_unverifiable, now)
                    .await
            }
            Decision::Refile => store.refile_certificate(tenant, &id, now).await,
            Decision::Dismiss => store.dismiss_certificate(tenant, &id, now, by).await,
        };
        let problem = match result {
            Ok(()) => None,
            Err(StateError::NotParked { .. })
                if decision == Decision::Retry && is_reissued(store, tenant, &id).await? =>
            {
                let text =
                    "was issued again, and an earlier document is filed: --refile files it again";
                Some(format!("certificate {id} {text}"))
            }
            Err(error @ StateError::NotParked { .. }) => Some(error.to_string()),
            Err(error) => return Err(error),
        };
        Ok(Decided {
            certificate_id: id,
            problem,
        })
    };
    let certificates = stream::iter(ids)
        .map(one)
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Output::of(&DecidedView {
        tenant_id: tenant,
        certificates,
        decision,
    })
}

impl Decision {
    /// Whether certificates like this one are meant by --all.
    fn may_be_about(self, entry: &CertificateEntry) -> bool {
        let is_reissued = reissued_at(entry).is_some();
        match self {
            Self::Retry => reason_of(entry).is_some() && !is_reissued,
            Self::Refile => is_reissued,
            Self::Dismiss => reason_of(entry).is_some(),
        }
    }
}

async fn is_reissued(
    store: &Store,
    tenant: &TenantId,
    id: &CertificateId,
) -> std::result::Result<bool, StateError> {
    let entries = store.certificates(tenant, [id]).await?;
    Ok(entries.values().any(|entry| reissued_at(entry).is_some()))
}

/// Writes an entry for each certificate that reteach has and the ledger does not: it waits for a list of documents, a
/// PDF or an allowed host, and no run has noted it.
async fn note_unknown(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    ids: &[CertificateId],
    by: Option<&OperatorId>,
) -> Result<()> {
    let (store, tenant) = (&context.store, &config.tenant_id);
    let known = store.certificates(tenant, ids).await?;
    let unknown: Vec<_> = ids.iter().filter(|id| !known.contains_key(id)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let secret = context.secrets.refresh(tenant).await?;
    let Connections { hr, reteach, .. } = context.connect(config, &secret)?;
    let owners = store.owners(tenant).await?;
    let people = People {
        tool: hr.tool(),
        owners: &owners,
    };
    // All are looked up before any is dismissed.
    let mut entries = Vec::new();
    for id in unknown {
        let found = reteach.participation_by_certificate(id).await;
        let found = found.map_err(|error| {
            let text = format!("nothing was dismissed: {id} cannot be looked up: {error}");
            Failure::attention(text)
        })?;
        let Some(found) = found else { continue };
        let employee = match Owner::of(found.customer.as_ref(), people) {
            Owner::Employee(employee) => employee,
            Owner::NotFromHr | Owner::NoCustomer => SourceId::new(""),
        };
        let at = context.now();
        let state = CertificateState::Dismissed { at };
        entries.push(CertificateEntry {
            decided_by: DecidedBy::new(at, by),
            ..CertificateEntry::new(id.clone(), employee, state)
        });
    }
    for entry in &entries {
        // An entry that a run has written meanwhile stays, and is decided about like the others.
        store
            .put_certificate(tenant, FencingToken::default(), entry, None)
            .await?;
    }
    Ok(())
}

/// How many certificates the decision is about, of how many people, and why they wait.
fn announcement(tenant: &TenantId, chosen: &[CertificateEntry], decision: Decision) -> String {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut people, mut perhaps) = (BTreeSet::new(), 0_u64);
    for entry in chosen {
        *reasons
            .entry(reason_of(entry).unwrap_or_default())
            .or_default() += 1;
        people.insert(&entry.employee);
        perhaps += u64::from(matches!(
            entry.state,
            CertificateState::Parked {
                unverified: Some(_),
                ..
            }
        ));
    }
    let number = |number: usize, one, many| format::number(number as u64, one, many);
    let certificates = number(chosen.len(), "certificate", "certificates");
    let people = number(people.len(), "person", "people");
    let mut text = match decision {
        Decision::Retry => format!("{certificates} of {people} of {tenant} will be tried again:\n"),
        Decision::Refile => format!(
            "{certificates} of {people} of {tenant} will be filed again, next to the earlier document:\n"
        ),
        Decision::Dismiss => {
            format!("{certificates} of {people} of {tenant} will not be filed by us:\n")
        }
    };
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others = reasons.len().saturating_sub(MAX_REASONS);
    for (reason, count) in reasons.into_iter().take(MAX_REASONS) {
        text.push_str(&format::point(&format!("{count}: {reason}")));
    }
    if others > 0 {
        let others = number(others, "other reason", "other reasons");
        text.push_str(&format::point(&others));
    }
    if perhaps > 0 && decision == Decision::Retry {
        text.push_str(&format::paragraph(&format!(
            "{perhaps} of them may be filed already. These are looked for in Personio, and parked again if it cannot tell."
        )));
    }
    text.trim_end().to_owned()
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
        if self.certificates.is_empty() {
            return format!("No certificate of {tenant} matches.\n");
        }
        let count = (self.certificates.len() - self.problems().count()) as u64;
        let decided = format::number(count, "certificate", "certificates");
        let text = format::paragraph(&match self.decision {
            _ if count == 0 => "Nothing was changed.".to_owned(),
            Decision::Retry => format!(
                "The next certificate run tries {decided} again; `tenants sync {tenant} --job certificates` does it now."
            ),
            Decision::Refile => format!(
                "The next certificate run files {decided} again, next to the earlier document; `tenants sync {tenant} --job \
                 certificates` does it now."
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
