//! Reading a scope from reteach, with what the ledger has of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::Date;
use shared::domain::id::{CertificateId, CustomerId, SourceId};
use shared::http::{Deadline, SignedUrl};
use shared::reteach::{Completeness, Participation};
use shared::runtime::{Outcome, RunError};
use shared::source::EmployeeSource as _;
use shared::state::CertificateCheckpoint;

use super::Sources;
use super::dates::Dates;
use crate::checkpoint::{self, Scope, Selection, select};
use crate::job::identity::Identity;
use crate::job::ledger::{Ledger, Terms};
use crate::list::{Class, Keep, Listing, Rule, list};
use crate::plan::{People, is_unclear};

/// What was read of a scope, before the ledger of single certificates.
pub(super) struct Read {
    pub(super) scope: Scope,
    pub(super) ledger: Ledger,
    /// Whose account is whose, where everything was listed and external ids do not tell it.
    pub(super) owners: Option<HashMap<CustomerId, SourceId>>,
    /// Whether external ids name the owners of all certificates that are not done.
    pub(super) has_external_ids: bool,
    pub(super) selection: Selection,
    pub(super) listing: Listing,
    pub(super) dates: Dates,
}

impl Read {
    /// Reads the accounts as well where the last listing of everything needed them, or this one turns out to.
    pub(super) async fn everything_or_window(
        sources: Sources<'_>,
        scope: Scope,
    ) -> Result<Self, RunError> {
        let known = sources.checkpoint;
        let is_needed = !known.is_some_and(|checkpoint| checkpoint.has_external_ids);
        let read = Self::of(sources, scope, scope.everything && is_needed).await?;
        match scope.everything && read.owners.is_none() && !read.has_external_ids {
            true => Self::of(sources, scope, true).await,
            false => Ok(read),
        }
    }

    /// A listing of everything in its place, for late PDFs alone. If it does not come in time, the window is filed by.
    pub(super) async fn or_everything(
        self,
        sources: Sources<'_>,
        scope: Scope,
        until: Option<Deadline>,
    ) -> Result<Self, RunError> {
        let connections = sources.connections.clone();
        let connections = match until {
            Some(deadline) => connections.until(deadline),
            None => connections,
        };
        let sources = Sources {
            connections: &connections,
            ..sources
        };
        match Self::everything_or_window(sources, scope).await {
            Ok(everything) if everything.listing.failure.is_none() => Ok(everything),
            Err(error) if error.outcome != Outcome::ReteachUnavailable => Err(error),
            Ok(_) | Err(_) => Ok(self),
        }
    }

    /// Whether no day of the window is as the last run left it, and none had only to get a PDF: this may be another
    /// academy.
    pub(super) fn is_all_new(&self, checkpoint: Option<&CertificateCheckpoint>) -> bool {
        let window = self.scope.window_start..Date::MAX;
        let known = checkpoint.map(|checkpoint| checkpoint.days.range(window));
        let mut known = known.into_iter().flatten().peekable();
        known.peek().is_some()
            && known.all(|(day, known)| {
                let listed = self.selection.days.get(day);
                let is_new = listed.is_none_or(|listed| listed.digest != known.digest);
                is_new && known.unsettled.waiting_for_pdf == 0
            })
    }

    /// Whether certificates of a day that is to be looked at were not kept.
    pub(super) fn has_left_out_any(&self) -> bool {
        let days = self.listing.beyond_days.iter();
        let mut days = days.filter_map(|day| self.selection.days.get(day));
        days.any(|day| day.selected)
    }

    async fn of(sources: Sources<'_>, scope: Scope, with_owners: bool) -> Result<Self, RunError> {
        let Sources {
            store,
            tenant,
            academy,
            connections,
            checkpoint,
            policy,
            downloads,
            allowed_hosts: _,
            began,
            stop_at: _,
        } = sources;
        let ledger = match scope.everything {
            true => Ledger::whole(store, tenant).await?,
            false => Ledger::default(),
        };
        let owners = match with_owners {
            true => Some(store.owners(tenant).await?),
            false => None,
        };
        let is_any_unclear = AtomicBool::new(false);
        let identity = Identity::default();
        let nobody = HashMap::new();
        let people = People {
            tool: connections.hr.tool(),
            owners: owners.as_ref().unwrap_or(&nobody),
        };
        let is_allowed = |url: &SignedUrl| downloads.refused_host(url).is_none();
        let terms = Terms {
            people,
            policy,
            is_allowed: &is_allowed,
            key: &connections.key,
            began,
        };
        let rules = |id: &CertificateId, participation: &Participation| {
            let digest = checkpoint::digest(id, participation, scope, &connections.key);
            let keep = match scope.everything {
                true => {
                    identity.take(participation, people, ledger.knows(id));
                    ledger.keep((id, participation), terms)
                }
                false => Keep::Newest(Class::Recent),
            };
            let customer = participation.customer.as_ref();
            if !keep.is_done() && customer.is_some_and(is_unclear) {
                is_any_unclear.store(true, Ordering::Relaxed);
            }
            Rule { keep, digest }
        };
        let mut listing = list(&connections.reteach, &scope.filter(), &rules).await?;
        if let Some(error) = listing.unreadable() {
            if listing.seen == 0 {
                return Err(error.into());
            }
            listing.completeness = Completeness::Shifting;
            listing.failure.get_or_insert(error);
        }
        if listing.seen == 0 && ledger.len() > 0 {
            // A status code proves nothing: an academy that issued certificates has not issued none.
            listing.completeness = Completeness::Shifting;
        }
        if listing.seen > 0 && listing.completeness == Completeness::Complete {
            let reteach = &connections.reteach;
            let tenant = (tenant, academy);
            identity
                .check(store, reteach, tenant, ledger.len(), began)
                .await?;
        }
        let dates = match scope.everything {
            true => Dates::of(&mut listing, &ledger, terms, checkpoint),
            false => Dates::of_window(scope),
        };
        let certificates = std::mem::take(&mut listing.certificates);
        let (days, key) = (std::mem::take(&mut listing.days), &connections.key);
        let selection = select(certificates, days, checkpoint, scope, key, began);
        Ok(Self {
            scope: Scope {
                trusts_dates: dates.are_trusted,
                ..scope
            },
            ledger,
            owners,
            has_external_ids: !is_any_unclear.into_inner(),
            selection,
            listing,
            dates,
        })
    }
}
