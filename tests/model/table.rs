//! The table: the lease, the ledger and what a run begins with, under the conditions of the store's writes.
//!
//! DynamoDB decides these conditions, so they are written down here a second time. `agreement` runs the real store over the
//! same states.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shared::state::{CertificateEntry, CertificateStart, CertificateState, PutOutcome};

/// `SKEW` of `shared/src/state/store/lease.rs`.
const SKEW: SignedDuration = SignedDuration::from_secs(5);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Table {
    /// The token of the lease's last owner, and when its lease expires.
    pub(crate) token: u64,
    pub(crate) until: Timestamp,
    pub(crate) entries: Vec<Option<Arc<Entry>>>,
    pub(crate) start: Arc<Start>,
}

/// A certificate's entry and the token of the run that wrote it last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) fence: u64,
    pub(crate) entry: CertificateEntry,
}

/// The checkpoint with the operator's wishes, and the token of the run that wrote it last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Start {
    pub(crate) fence: u64,
    pub(crate) start: CertificateStart,
}

/// A newer run has written the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fenced;

impl Table {
    pub(crate) fn new(certificates: usize) -> Self {
        Self {
            token: 0,
            until: Timestamp::UNIX_EPOCH,
            entries: vec![None; certificates],
            start: Arc::default(),
        }
    }

    /// `Store::acquire`: `#until < :expired`.
    pub(crate) fn is_free(&self, now: Timestamp) -> bool {
        self.until < now - SKEW
    }

    /// `Store::acquire`: `ADD #fence :one`.
    pub(crate) fn take_lease(&mut self, now: Timestamp, lasts: SignedDuration) -> u64 {
        (self.token, self.until) = (self.token + 1, now + lasts);
        self.token
    }

    /// `Store::renew`: `#owner = :owner AND #fence = :token`. Each run has a token of its own.
    pub(crate) fn renew(&mut self, token: u64, until: Timestamp) -> bool {
        let is_owner = self.token == token;
        if is_owner {
            self.until = until;
        }
        is_owner
    }

    /// `Store::put_certificate`, with `fenced: false` without the condition on the token.
    pub(crate) fn put_entry(
        &mut self,
        (place, token, fenced): (usize, u64, bool),
        entry: CertificateEntry,
        read: Option<&CertificateState>,
    ) -> Result<PutOutcome, Fenced> {
        let stored = self.entries[place].as_deref();
        if !is_as_read(stored.map(|stored| &stored.entry.state), read) {
            let fence = stored.map_or(0, |stored| stored.fence);
            // `standing`, which is asked only where a write was tried.
            return match fenced && fence > token && is_replaced(read) {
                true => Err(Fenced),
                false => Ok(PutOutcome::Changed),
            };
        }
        if fenced && stored.is_some_and(|stored| stored.fence > token) {
            return Err(Fenced);
        }
        let fence = token;
        self.entries[place] = Some(Arc::new(Entry { fence, entry }));
        Ok(PutOutcome::Written)
    }

    /// `Store::put_certificate_checkpoint`: `attribute_not_exists(#fence) OR #fence <= :token`.
    pub(crate) fn put_start(
        &mut self,
        token: u64,
        fenced: bool,
        checkpoint: CertificateStart,
    ) -> Result<(), Fenced> {
        if fenced && self.start.fence > token {
            return Err(Fenced);
        }
        let start = CertificateStart {
            checkpoint: checkpoint.checkpoint,
            ..self.start.start.clone()
        };
        self.start = Arc::new(Start {
            fence: token,
            start,
        });
        Ok(())
    }

    /// What the operator asks for stays with runs' writes, and runs' fence with the operator's.
    pub(crate) fn ask(&mut self, wish: impl FnOnce(&mut CertificateStart)) {
        wish(&mut Arc::make_mut(&mut self.start).start);
    }
}

/// `as_read` of `shared/src/state/store/certificates.rs`: the state and its moment.
fn is_as_read(stored: Option<&CertificateState>, read: Option<&CertificateState>) -> bool {
    match (stored, read) {
        (None, None) => true,
        (Some(CertificateState::Intended(stored)), Some(CertificateState::Intended(read))) => {
            stored.at == read.at
        }
        (
            Some(CertificateState::Held { at: stored }),
            Some(CertificateState::Held { at: read }),
        ) => stored == read,
        (Some(CertificateState::Failed(stored)), Some(CertificateState::Failed(read))) => {
            stored.retry_at == read.retry_at
        }
        _ => false,
    }
}

/// No run replaces a settled entry: the store does not even try.
fn is_replaced(read: Option<&CertificateState>) -> bool {
    !matches!(
        read,
        Some(
            CertificateState::Uploaded { .. }
                | CertificateState::Parked { .. }
                | CertificateState::Dismissed { .. }
        )
    )
}
