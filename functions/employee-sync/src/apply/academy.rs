//! How one academy is written: what the tenant's file says of it, and what it has shown of itself.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::SourceId;
use shared::mapping::Attribute;
use shared::reteach::{Customer, CustomerInput};
use shared::tenant::{TenantConfig, UpdateWith};

use super::input::input;
use crate::plan::{Change, ValueChange};

/// For so long what a run has seen of an account is believed before the account is taken over.
const SEEN_FOR: SignedDuration = SignedDuration::from_mins(2);

/// What an academy has shown in this run or an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Learned {
    /// It does not find accounts by external id.
    pub(crate) by_reteach_id: bool,
    /// It has answered this run no question about accounts: a write without an answer is nobody's own trouble.
    pub(crate) tells_nothing: bool,
}

/// The academy that a run writes to.
#[derive(Debug)]
pub(super) struct Academy<'a> {
    config: &'a TenantConfig,
    /// When the run began: what it knows of accounts may be as old.
    seen_at: Timestamp,
    by_reteach_id: AtomicBool,
    /// An update of this run left alone what it did not name. An earlier run's proves nothing: academies change.
    keeps_unnamed: AtomicBool,
    keeps_switched_off: AtomicBool,
    /// Members of whole records that the academy does not let us write. An update cannot empty them either.
    unwritable: Mutex<BTreeSet<String>>,
    /// See [`ApplyOutcome::overwritten`](super::ApplyOutcome::overwritten).
    overwritten: Mutex<BTreeSet<SourceId>>,
}

impl<'a> Academy<'a> {
    pub(super) fn new(config: &'a TenantConfig, learned: Learned, seen_at: Timestamp) -> Self {
        Self {
            config,
            seen_at,
            by_reteach_id: AtomicBool::new(learned.by_reteach_id),
            keeps_unnamed: AtomicBool::new(false),
            keeps_switched_off: AtomicBool::new(false),
            unwritable: Mutex::default(),
            overwritten: Mutex::default(),
        }
    }

    pub(super) fn learned(&self) -> Learned {
        Learned {
            by_reteach_id: self.is_by_reteach_id(),
            ..Learned::default()
        }
    }

    pub(super) fn has_overwritten(&self, person: &SourceId) {
        let overwritten = self.overwritten.lock();
        let mut overwritten = overwritten.unwrap_or_else(PoisonError::into_inner);
        overwritten.insert(person.clone());
    }

    pub(super) fn into_overwritten(self) -> BTreeSet<SourceId> {
        let overwritten = self.overwritten.into_inner();
        overwritten.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_by_reteach_id(&self) -> bool {
        self.by_reteach_id.load(Ordering::Relaxed)
    }

    pub(super) fn use_reteach_ids(&self) {
        self.by_reteach_id.store(true, Ordering::Relaxed);
    }

    /// Whether an update sends the whole record.
    pub(super) fn replaces(&self) -> bool {
        self.config.reteach.update == UpdateWith::Replace
    }

    /// Whether an account is read before it is updated: to send it back whole, or to write back what the update loses.
    pub(super) fn reads_first(&self) -> bool {
        self.replaces() || !self.keeps_unnamed.load(Ordering::Relaxed)
    }

    /// Whether others have had time to change an account since this run has seen it.
    pub(super) fn is_seen_long_ago(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen_at) > SEEN_FOR
    }

    pub(super) fn has_kept_unnamed(&self) {
        self.keeps_unnamed.store(true, Ordering::Relaxed);
    }

    /// What an update sends: the whole record where the academy replaces it.
    pub(super) fn sent<'i>(
        &self,
        input: &'i CustomerInput,
        before: Option<&Customer>,
    ) -> Cow<'i, CustomerInput> {
        match before.filter(|_| self.replaces()) {
            Some(before) => {
                let unwritable = self.unwritable.lock();
                let unwritable = unwritable.unwrap_or_else(PoisonError::into_inner);
                Cow::Owned(input.clone().over(before, &unwritable))
            }
            None => Cow::Borrowed(input),
        }
    }

    /// What an update has shown is true no longer.
    pub(super) fn has_lost_unnamed(&self) {
        self.keeps_unnamed.store(false, Ordering::Relaxed);
    }

    /// `change` without nulls for fields that the tenant has switched off, if the academy has refused one: it does not let us
    /// write them any more.
    pub(super) fn writable(&self, change: &Change) -> Change {
        if self.keeps_switched_off.load(Ordering::Relaxed) {
            self.without_switched_off(change)
        } else {
            change.clone()
        }
    }

    /// What is left of `change` to be tried after a refusal of `fields`, if they are none that it needs.
    pub(super) fn after_refusal(&self, change: &Change, fields: &[String]) -> Option<Change> {
        if fields.is_empty() {
            return None;
        }
        if self.replaces() && !fields.iter().any(|field| input(change).names(field)) {
            let unwritable = self.unwritable.lock();
            let mut unwritable = unwritable.unwrap_or_else(PoisonError::into_inner);
            // Another update may have learnt it meanwhile; this one was sent with them.
            unwritable.extend(fields.iter().cloned());
            return Some(change.clone());
        }
        let is_refused =
            |value: &ValueChange| fields.iter().any(|field| field == value.attribute.name());
        let mut refused = change.values.iter().filter(|value| is_refused(value));
        let only_switched_off = refused.clone().count() == fields.len()
            && refused.all(|value| self.clears_switched_off(value));
        only_switched_off.then(|| {
            self.keeps_switched_off.store(true, Ordering::Relaxed);
            self.without_switched_off(change)
        })
    }

    /// Whether `attribute` is cleared because the tenant has switched it off. The academy may keep it.
    pub(super) fn is_switched_off(&self, attribute: Attribute) -> bool {
        self.config.employees.is_switched_off(attribute)
    }

    fn clears_switched_off(&self, value: &ValueChange) -> bool {
        value.after.is_none() && self.is_switched_off(value.attribute)
    }

    fn without_switched_off(&self, change: &Change) -> Change {
        let mut change = change.clone();
        change.values.retain(|value| {
            value.attribute.tag_prefix().is_some() || !self.clears_switched_off(value)
        });
        change
    }
}
