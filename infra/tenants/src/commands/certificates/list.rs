//! `tenants certificates list`

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::{SourceId, TenantId};
use shared::state::{CertificateEntry, CertificateState, StateError};

use crate::args::{CertificateFilter, ListCertificates};
use crate::commands::people::profiles;
use crate::context::CommandContext;
use crate::failure::Result;
use crate::format;
use crate::output::{Output, View};

#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct ParkedView<'a> {
    pub(crate) entries: Vec<CertificateEntry>,
    #[serde(skip)]
    pub(crate) tenant: &'a TenantId,
    /// How many wait, whatever was asked for.
    #[serde(skip)]
    waiting: usize,
}

pub(super) async fn list(context: &CommandContext<'_>, args: &ListCertificates) -> Result<Output> {
    let ListCertificates {
        tenant,
        all,
        filter,
    } = args;
    if *all {
        return Output::of(&ledger(context, tenant, filter).await?);
    }
    Output::of(&parked(context, tenant, filter).await?)
}

pub(crate) async fn parked<'a>(
    context: &CommandContext<'_>,
    tenant: &'a TenantId,
    filter: &CertificateFilter,
) -> Result<ParkedView<'a>> {
    context.tenant(tenant).await?;
    let mut entries = context.store.undecided_certificates(tenant).await?;
    let waiting = entries.len();
    let people = people_of(context, tenant, filter).await?;
    entries.retain(|entry| is_chosen(filter, people.as_ref(), entry));
    Ok(ParkedView {
        entries,
        tenant,
        waiting,
    })
}

/// The ids of the person whom a filter names: certificates stay under the id for which they were filed.
pub(super) async fn people_of(
    context: &CommandContext<'_>,
    tenant: &TenantId,
    filter: &CertificateFilter,
) -> Result<Option<BTreeSet<SourceId>>> {
    let Some(person) = &filter.person else {
        return Ok(None);
    };
    let ledger = Box::pin(context.store.all_employees(tenant, None)).await?;
    Ok(Some(profiles(&ledger, person).into_iter().collect()))
}

/// Whether the entry is one that the filter asks for, of these people.
pub(super) fn is_chosen(
    filter: &CertificateFilter,
    people: Option<&BTreeSet<SourceId>>,
    entry: &CertificateEntry,
) -> bool {
    let CertificateFilter {
        reason,
        person: _,
        is_whole_reason,
    } = filter;
    let has_reason = |part: &String| {
        let reason = reason_of(entry).unwrap_or_default();
        match is_whole_reason {
            true => reason == part,
            false => reason.to_lowercase().contains(&part.to_lowercase()),
        }
    };
    reason.as_ref().is_none_or(has_reason)
        && people.is_none_or(|people| people.contains(&entry.employee))
}

/// What a list says of a certificate that was issued again.
const REISSUED: &str = "issued again by reteach, or completed on another day";

/// Since when a certificate is out of date in the personnel file, if it is.
pub(crate) fn reissued_at(entry: &CertificateEntry) -> Option<Timestamp> {
    let is_filed = matches!(entry.state, CertificateState::Uploaded { .. });
    entry
        .reissued
        .filter(|_| is_filed)
        .map(|reissued| reissued.at)
}

/// Why a certificate is parked, has failed or is out of date.
pub(crate) fn reason_of(entry: &CertificateEntry) -> Option<&str> {
    if reissued_at(entry).is_some() {
        return Some(REISSUED);
    }
    match &entry.state {
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
            return match self.waiting as u64 {
                0 => format!("No certificate of {tenant} waits for a decision.\n"),
                waiting => format::paragraph(&format!(
                    "None of these certificates of {tenant} waits for a decision; {} in all.",
                    format::number(waiting, "waits", "wait")
                )),
            };
        }
        let mut table =
            terminal::table(["certificate", "person", "since", "may be filed", "reason"]);
        for entry in &self.entries {
            let (since, filed) = match (&entry.state, reissued_at(entry)) {
                (CertificateState::Parked { at, unverified, .. }, _) => match unverified {
                    Some(_) => (*at, "perhaps"),
                    None => (*at, "no"),
                },
                (_, Some(at)) => (at, "an earlier one"),
                _ => continue,
            };
            table.add_row([
                entry.certificate_id.as_str(),
                entry.employee.as_str(),
                &format::moment(since),
                filed,
                reason_of(entry).unwrap_or_default(),
            ]);
        }
        let advice = format!(
            "`tenants certificates retry {tenant} CERTIFICATE` files it again, `tenants certificates dismiss {tenant} \
             CERTIFICATE` leaves it unfiled; --all, --reason TEXT or --person ID in the place of CERTIFICATE choose \
             several. Where a certificate may be filed, first look at the person's documents in Personio: a second copy \
             can only be deleted there by hand."
        );
        let mut text = format!("{}\n{}", table.trim_fmt(), format::paragraph(&advice));
        if self
            .entries
            .iter()
            .any(|entry| reissued_at(entry).is_some())
        {
            let advice = format!(
                "What was issued again: `tenants certificates retry {tenant} CERTIFICATE --refile` files the new PDF next to \
                 the earlier document, `dismiss` keeps the earlier one."
            );
            text.push_str(&format::paragraph(&advice));
        }
        text
    }

    fn needs_attention(&self) -> bool {
        !self.entries.is_empty()
    }
}

#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct LedgerView<'a> {
    pub(crate) entries: Vec<CertificateEntry>,
    /// What is wrong with those that cannot be read.
    #[serde(skip)]
    pub(crate) damaged: Vec<StateError>,
    #[serde(skip)]
    pub(crate) tenant: &'a TenantId,
    /// How many the ledger has, whatever was asked for.
    #[serde(skip)]
    stored: usize,
}

/// The ledger outlives a removed tenant, so the tenant need not exist.
pub(crate) async fn ledger<'a>(
    context: &CommandContext<'_>,
    tenant: &'a TenantId,
    filter: &CertificateFilter,
) -> Result<LedgerView<'a>> {
    let (ledger, damaged) = context.store.readable_certificates(tenant).await?;
    let stored = ledger.len() + damaged.len();
    let people = people_of(context, tenant, filter).await?;
    let mut entries: Vec<CertificateEntry> = ledger
        .into_iter()
        .filter(|entry| is_chosen(filter, people.as_ref(), entry))
        .collect();
    entries.sort_by(|one, other| {
        let (one, other) = (&one.certificate_id, &other.certificate_id);
        one.as_str().cmp(other.as_str())
    });
    Ok(LedgerView {
        entries,
        damaged,
        tenant,
        stored,
    })
}

impl LedgerView<'_> {
    fn rows(&self) -> String {
        if self.entries.is_empty() {
            let tenant = self.tenant;
            return match self.stored as u64 {
                0 => format!("The ledger of {tenant} has no certificates.\n"),
                stored => format::paragraph(&format!(
                    "No certificate of {tenant} matches; its ledger has {}.",
                    format::number(stored, "certificate", "certificates")
                )),
            };
        }
        let mut table = terminal::table(["certificate", "person", "state", "details"]);
        for entry in &self.entries {
            let (state, details) = described(entry);
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

impl View for LedgerView<'_> {
    fn text(&self) -> String {
        let damaged = self.damaged.iter();
        let damaged = damaged.map(|error| format::point(&error.to_string()));
        self.rows() + &damaged.collect::<String>()
    }

    fn needs_attention(&self) -> bool {
        !self.damaged.is_empty()
    }
}

pub(crate) fn described(entry: &CertificateEntry) -> (&'static str, String) {
    match &entry.state {
        CertificateState::Intended(intent) => (
            "under way",
            format!("since {}; outcome unknown", format::moment(intent.at)),
        ),
        CertificateState::Uploaded { at, document } => {
            let document = document.as_ref().map(|id| format!(", document {id}"));
            let document = document.unwrap_or_default();
            let reissued = reissued_at(entry);
            let reissued = reissued.map(|at| format!("; issued again, {}", format::moment(at)));
            let reissued = reissued.unwrap_or_default();
            (
                "filed",
                format!("{}{document}{reissued}", format::moment(*at)),
            )
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
