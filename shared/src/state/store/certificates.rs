//! The ledger of certificates.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::fenced::FENCE;
use super::{FencingToken, StateError, Store};
use crate::domain::id::{CertificateId, DocumentId, OperatorId, TenantId};
use crate::state::key::{CERTIFICATES, Key, TIME_TO_LIVE, partition};
use crate::state::table::{
    Condition, Freshness, Item, Outcome, Query, attribute, attributes, part, record, records,
    unix_seconds,
};
use crate::state::{CertificateEntry, CertificateState, OnUnverifiable, Reissued};

/// The attributes of a [`CertificateState`].
const STATE: &str = "state";
const DETAIL: &str = "detail";
/// Attributes of an entry that it may not have.
const OPTIONAL: [&str; 4] = ["issue", "reissued", "refiled", "decided_by"];

/// No newer run has written the entry, and there is none yet.
const NEW: &str =
    "(attribute_not_exists(#fence) OR #fence <= :token) AND attribute_not_exists(#state)";
/// No newer run has written the entry, and it is the one that was read: the state and its moment.
const AS_READ: &str = "(attribute_not_exists(#fence) OR #fence <= :token) \
     AND #state = :state AND #detail.#at = :moment";
const FAILED_AS_READ: &str = "(attribute_not_exists(#fence) OR #fence <= :token) \
     AND #state = :state AND #detail.#retry_at = :moment";

/// How often a decision is repeated because its certificate has changed meanwhile.
const ROUNDS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    Written,
    /// It is not: the entry is another one by now, and somebody else's decision stays.
    Changed,
}

impl Store {
    /// The entries of these certificates; one that has none is left out. An id given twice counts once.
    pub async fn certificates<'a>(
        &self,
        tenant: &TenantId,
        ids: impl IntoIterator<Item = &'a CertificateId>,
    ) -> Result<HashMap<CertificateId, CertificateEntry>, StateError> {
        let keys: Vec<Key> = ids
            .into_iter()
            .map(|id| Key::certificate(tenant, id))
            .collect();
        records(self.table.batch_get(keys).await?)
            .map(by_id)
            .collect()
    }

    pub async fn all_certificates(
        &self,
        tenant: &TenantId,
    ) -> Result<HashMap<CertificateId, CertificateEntry>, StateError> {
        let mut entries = HashMap::new();
        self.each_certificate(tenant, |entry| {
            entries.insert(entry.certificate_id.clone(), entry);
        })
        .await?;
        Ok(entries)
    }

    /// The entries of all certificates that can be read, and [`StateError::Damaged`] for each of the others.
    pub async fn readable_certificates(
        &self,
        tenant: &TenantId,
    ) -> Result<(Vec<CertificateEntry>, Vec<StateError>), StateError> {
        let query = Query::partition(partition(tenant)).prefix(CERTIFICATES);
        let (mut readable, mut damaged) = (Vec::new(), Vec::new());
        let mut pages = self.table.query(query);
        while let Some(page) = pages.next().await? {
            for entry in records(page) {
                match entry {
                    Ok(entry) => readable.push(entry),
                    Err(error) => damaged.push(error),
                }
            }
        }
        Ok((readable, damaged))
    }

    /// Calls `take` with every certificate's entry. One page of them is in memory at a time.
    pub async fn each_certificate(
        &self,
        tenant: &TenantId,
        mut take: impl FnMut(CertificateEntry),
    ) -> Result<(), StateError> {
        let query = Query::partition(partition(tenant)).prefix(CERTIFICATES);
        let mut pages = self.table.query(query);
        while let Some(page) = pages.next().await? {
            for entry in records(page) {
                take(entry?);
            }
        }
        Ok(())
    }

    /// The documents that the ledger has for filed certificates.
    pub async fn documents_of_certificates(
        &self,
        tenant: &TenantId,
    ) -> Result<HashSet<DocumentId>, StateError> {
        let mut documents = HashSet::new();
        self.each_certificate(tenant, |entry| {
            if let CertificateState::Uploaded { document, .. } = entry.state {
                documents.extend(document);
            }
            let earlier = entry.refiled.into_iter();
            documents.extend(earlier.flat_map(|refiled| refiled.documents));
        })
        .await?;
        Ok(documents)
    }

    /// The certificates that wait for a decision, those that have waited longest first: parked, or issued again after
    /// they were filed.
    pub async fn undecided_certificates(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<CertificateEntry>, StateError> {
        let mut parked = Vec::new();
        self.each_certificate(tenant, |entry| {
            let since = match (&entry.state, entry.reissued) {
                (CertificateState::Parked { at, .. }, _) => Some(*at),
                (CertificateState::Uploaded { .. }, Some(reissued)) => Some(reissued.at),
                _ => None,
            };
            parked.extend(since.map(|at| (at, entry)));
        })
        .await?;
        parked.sort_by_key(|(at, _)| *at);
        Ok(parked.into_iter().map(|(_, entry)| entry).collect())
    }

    /// Writes a certificate's entry if it still is as it was `read`; `None`: there was none. A write whose reply was
    /// lost counts as written.
    pub async fn put_certificate(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        entry: &CertificateEntry,
        read: Option<&CertificateState>,
    ) -> Result<PutOutcome, StateError> {
        let key = Key::certificate(tenant, &entry.certificate_id);
        let Some(condition) = as_read(token, read, &key)? else {
            return Ok(PutOutcome::Changed);
        };
        match self
            .put_under(&key, token, attributes(entry, &key.sk)?, condition)
            .await?
        {
            Outcome::Written(_) => Ok(PutOutcome::Written),
            Outcome::Refused(Some(item)) => standing(item, &key, token, entry),
            // It was there when it was read: the operator has removed the ledger.
            Outcome::Refused(None) => Ok(PutOutcome::Changed),
        }
    }

    /// Lets a parked or failed certificate be tried again. An upload that may have succeeded is looked for first; where
    /// the route cannot tell, `on_unverifiable` decides. Asks for a full scan, so that the next run sees it. Safe to
    /// repeat.
    pub async fn retry_certificate(
        &self,
        tenant: &TenantId,
        id: &CertificateId,
        on_unverifiable: OnUnverifiable,
        now: Timestamp,
    ) -> Result<(), StateError> {
        self.settle(tenant, id, |entry| entry.retried(on_unverifiable, now))
            .await?;
        self.ask_full_scan(tenant, now).await
    }

    /// Has a certificate filed again that was issued again after it was filed: its earlier document stays. Asks for a
    /// full scan, so that the next run sees it. Safe to repeat.
    pub async fn refile_certificate(
        &self,
        tenant: &TenantId,
        id: &CertificateId,
        now: Timestamp,
    ) -> Result<(), StateError> {
        self.settle(tenant, id, |entry| entry.to_file_again(now))
            .await?;
        self.ask_full_scan(tenant, now).await
    }

    /// Notes that a certificate was issued again which was filed at `filed_at`. Its document stays unchanged.
    pub async fn note_reissue(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        (id, filed_at): (&CertificateId, Timestamp),
        reissued: Reissued,
    ) -> Result<PutOutcome, StateError> {
        let key = Key::certificate(tenant, id);
        let condition = token
            .condition()
            .only_if(AS_READ)
            .set("SET #reissued = :reissued, #fence = :token")
            .names([STATE, DETAIL, "at", "reissued"])
            .text("state", "uploaded")
            .value("moment", attribute(&filed_at, &key.sk)?)
            .value("reissued", attribute(&reissued, &key.sk)?);
        match self.table.update(&key, condition).await? {
            Outcome::Written(_) => Ok(PutOutcome::Written),
            Outcome::Refused(_) => Ok(PutOutcome::Changed),
        }
    }

    /// Leaves a parked or failed certificate alone for good, at the operator's word, and one that was issued again with the
    /// document that is filed. Notes `by` whom, where that is known. Asks for a full scan, so that the next run counts
    /// again. Safe to repeat.
    pub async fn dismiss_certificate(
        &self,
        tenant: &TenantId,
        id: &CertificateId,
        now: Timestamp,
        by: Option<&OperatorId>,
    ) -> Result<(), StateError> {
        self.settle(tenant, id, |entry| entry.dismissed(now, by))
            .await?;
        self.ask_full_scan(tenant, now).await
    }

    /// Keeps of a certificate's entry its id alone, as dismissed: whose it was is erased, and no run files it again.
    /// DynamoDB deletes it within a few days of `expires_at`, if there is one. Asks for a full scan, so that the next run
    /// counts again. Safe to repeat.
    pub async fn forget_certificate(
        &self,
        tenant: &TenantId,
        token: FencingToken,
        id: &CertificateId,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<(), StateError> {
        let key = Key::certificate(tenant, id);
        let mut item = attributes(&CertificateEntry::forgotten(id.clone(), now), &key.sk)?;
        item.extend(expires_at.map(|at| (TIME_TO_LIVE.to_owned(), unix_seconds(at))));
        // First, so that an interruption does not lose it.
        self.ask_full_scan(tenant, now).await?;
        self.put_fenced(&key, token, item).await
    }

    /// Takes the operator's decision down under the condition that the state is the one it was taken about. The fence
    /// stays: it is the runs'.
    async fn settle(
        &self,
        tenant: &TenantId,
        id: &CertificateId,
        decide: impl Fn(&CertificateEntry) -> Option<CertificateEntry>,
    ) -> Result<(), StateError> {
        let key = Key::certificate(tenant, id);
        let mut found = self.table.get(&key, Freshness::Consistent).await?;
        let mut wanted = None;
        for _ in 0..ROUNDS {
            let Some(item) = found else { break };
            let damaged = || StateError::Damaged {
                item: key.sk.clone(),
            };
            let state = item.get(STATE).cloned().ok_or_else(damaged)?;
            let detail = item.get(DETAIL).cloned().ok_or_else(damaged)?;
            let entry: CertificateEntry = record(item, &key.sk)?;
            if wanted.as_ref() == Some(&entry) {
                // What stood in the way was our own attempt, whose reply was lost.
                return Ok(());
            }
            let Some(decided) = decide(&entry) else {
                break;
            };
            if decided == entry {
                return Ok(());
            }
            let condition = settled(&decided, &key)?
                .only_if("#state = :state_read AND #detail = :detail_read")
                .value("state_read", state)
                .value("detail_read", detail);
            match self.table.update(&key, condition).await? {
                Outcome::Written(_) => return Ok(()),
                Outcome::Refused(standing) => found = standing,
            }
            wanted = Some(decided);
        }
        Err(StateError::NotParked {
            certificate: id.to_string(),
        })
    }
}

fn settled(decided: &CertificateEntry, key: &Key) -> Result<Condition, StateError> {
    let mut item = attributes(decided, &key.sk)?;
    let (mut set, mut removed) = (Vec::new(), Vec::new());
    let mut condition = Condition::default();
    for name in [STATE, DETAIL].into_iter().chain(OPTIONAL) {
        condition = condition.names([name]);
        match item.remove(name) {
            Some(value) => {
                set.push(format!("#{name} = :{name}"));
                condition = condition.value(name, value);
            }
            None => removed.push(format!("#{name}")),
        }
    }
    let mut update = format!("SET {}", set.join(", "));
    if !removed.is_empty() {
        update.push_str(&format!(" REMOVE {}", removed.join(", ")));
    }
    Ok(condition.set(update))
}

/// The condition under which what was read may be replaced; `None` for a state that no run replaces.
fn as_read(
    token: FencingToken,
    read: Option<&CertificateState>,
    key: &Key,
) -> Result<Option<Condition>, StateError> {
    let condition = token.condition();
    let (name, moment) = match read {
        None => return Ok(Some(condition.only_if(NEW).names([STATE]))),
        Some(CertificateState::Intended(intent)) => ("intended", intent.at),
        Some(CertificateState::Held { at }) => ("held", *at),
        Some(CertificateState::Failed(retry)) => ("failed", retry.retry_at),
        Some(
            CertificateState::Uploaded { .. }
            | CertificateState::Parked { .. }
            | CertificateState::Dismissed { .. },
        ) => return Ok(None),
    };
    let condition = match name {
        "failed" => condition.only_if(FAILED_AS_READ).names(["retry_at"]),
        _ => condition.only_if(AS_READ).names(["at"]),
    };
    let condition = condition
        .names([STATE, DETAIL])
        .text("state", name)
        .value("moment", attribute(&moment, &key.sk)?);
    Ok(Some(condition))
}

fn by_id(
    entry: Result<CertificateEntry, StateError>,
) -> Result<(CertificateId, CertificateEntry), StateError> {
    entry.map(|entry| (entry.certificate_id.clone(), entry))
}

/// The entry that stood in the way: our own from an attempt whose reply was lost, a newer run's, or a settled one.
fn standing(
    mut item: Item,
    key: &Key,
    token: FencingToken,
    wanted: &CertificateEntry,
) -> Result<PutOutcome, StateError> {
    let damaged = || StateError::Damaged {
        item: key.sk.clone(),
    };
    let fence = match item.remove(FENCE) {
        Some(value) => part(value).ok_or_else(damaged)?,
        None => FencingToken::default(),
    };
    if fence > token {
        return Err(StateError::Fenced {
            item: key.sk.clone(),
        });
    }
    let standing: CertificateEntry = record(item, &key.sk)?;
    let is_ours = fence == token && standing == *wanted;
    Ok(if is_ours {
        PutOutcome::Written
    } else {
        PutOutcome::Changed
    })
}

#[cfg(test)]
mod tests;
