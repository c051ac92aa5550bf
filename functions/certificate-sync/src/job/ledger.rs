//! The ledger of certificates as a listing of everything reads it before the list: of most entries a digest.

use std::collections::{BTreeMap, HashMap, HashSet};

use shared::domain::id::{CertificateId, TenantId};
use shared::reteach::Participation;
use shared::runtime::RunError;
use shared::state::{CertificateEntry, CertificateState, Issue, Store};
use shared::tenant::Backfill;

use super::load::Sources;
use crate::checkpoint::Scope;
use crate::list::{Class, Counted, Keep, digest};
use crate::outcome::SkipReason;
use crate::plan::{Owner, People, issue_of};

/// The ledger as far as a run of this scope reads it before the list: whole, or not at all.
#[derive(Default)]
pub(super) struct Ledger {
    /// Filed or dismissed, by the digests of their ids, and what they were filed as: most of a ledger.
    done: HashMap<u64, Issue>,
    /// Part of a backfill, by the digests of their ids: on a first run there may be as many.
    held: HashSet<u64>,
    open: HashMap<CertificateId, CertificateEntry>,
    pub(super) parked: u32,
    /// Issued again after they were filed, and waiting for a decision.
    pub(super) reissued: u32,
}

impl Ledger {
    pub(super) async fn whole(store: &Store, tenant: &TenantId) -> Result<Self, RunError> {
        let mut ledger = Self::default();
        store
            .each_certificate(tenant, |entry| ledger.add(entry))
            .await?;
        Ok(ledger)
    }

    fn add(&mut self, entry: CertificateEntry) {
        let id = digest(&entry.certificate_id);
        match entry.state {
            // One that waits for a decision is not noticed a second time.
            CertificateState::Uploaded { .. } if entry.reissued.is_some() => {
                self.reissued += 1;
                self.done.insert(id, Issue::default());
            }
            CertificateState::Uploaded { .. } => {
                self.done.insert(id, entry.issue);
            }
            CertificateState::Dismissed { .. } => {
                self.done.insert(id, Issue::default());
            }
            CertificateState::Held { .. } => {
                self.held.insert(id);
            }
            CertificateState::Parked { .. }
            | CertificateState::Intended(_)
            | CertificateState::Failed(_) => {
                self.parked += u32::from(matches!(entry.state, CertificateState::Parked { .. }));
                self.open.insert(entry.certificate_id.clone(), entry);
            }
        }
    }

    /// How many certificates it knows.
    pub(super) fn len(&self) -> usize {
        self.done.len() + self.held.len() + self.open.len()
    }

    pub(super) fn knows(&self, id: &CertificateId) -> bool {
        let number = digest(id);
        self.done.contains_key(&number) || self.held.contains(&number) || self.open.contains_key(id)
    }

    /// What a listing of everything keeps of a certificate: what a run may do something about.
    pub(super) fn keep(
        &self,
        (id, participation): (&CertificateId, &Participation),
        people: People<'_>,
        sources: Sources<'_>,
        scope: Scope,
    ) -> Keep {
        let Sources {
            policy,
            downloads,
            connections,
            began,
            ..
        } = sources;
        let certificate = participation.certificate.as_ref();
        let url = certificate.and_then(|certificate| certificate.url.as_ref());
        if let Some(filed_as) = self.done.get(&digest(id)) {
            let issue = || scope.compared(issue_of(id, participation, &connections.key));
            let is_reissued =
                !filed_as.is_unknown() && url.is_some() && issue().differs_from(*filed_as);
            return match is_reissued {
                true => Keep::Newest(Class::Reissued),
                false => Keep::Count(Counted::Done),
            };
        }
        if self.open.contains_key(id) {
            return Keep::Always;
        }
        let owner = Owner::of(participation.customer.as_ref(), people);
        let completed_at = participation.completed_at;
        let left_out = policy.left_out(completed_at);
        let is_held = self.held.contains(&digest(id)) && policy.backfill == Backfill::Hold;
        // Also for nobody: it may be somebody's before the backfill is started.
        let is_to_hold =
            left_out == Some(SkipReason::Held) && policy.is_noted_as_held(completed_at, began);
        if is_to_hold && !is_held {
            return Keep::Newest(Class::ToHold);
        }
        if owner == Owner::NotFromHr {
            return Keep::Count(Counted::NotFromHr);
        }
        if is_held {
            return Keep::Count(Counted::Held);
        }
        match left_out {
            Some(SkipReason::BeforeSince) => Keep::Count(Counted::BeforeSince),
            Some(_) => Keep::Count(Counted::Held),
            None => {
                let has_file = url.is_some_and(|url| downloads.refused_host(url).is_none());
                Keep::Newest(match (owner, has_file) {
                    (Owner::Employee(_), true) => Class::Fileable,
                    _ => Class::Waiting,
                })
            }
        }
    }

    /// The entries of the certificates that a listing has kept, and of those that it does not show (any more).
    pub(super) async fn entries(
        self,
        store: &Store,
        tenant: &TenantId,
        listed: &BTreeMap<CertificateId, Participation>,
    ) -> Result<HashMap<CertificateId, CertificateEntry>, RunError> {
        let is_digest_alone = |id: &&CertificateId| !self.open.contains_key(*id) && self.knows(id);
        let known = listed.keys().filter(is_digest_alone);
        let mut entries = store.certificates(tenant, known).await?;
        entries.extend(self.open);
        Ok(entries)
    }
}
