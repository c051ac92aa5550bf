//! A person who needs a look in this run, with everything that is known of them.

use std::collections::BTreeMap;

use shared::access::AccessWindow;
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::fingerprint::{Fingerprint, FingerprintKey};
use shared::mapping::{Attribute, DesiredAccount, Text};
use shared::source::Absence;
use shared::state::{EmployeeEntry, ValueDigest};

use super::compare::{digest_of, folded};

#[derive(Clone, Debug)]
pub struct Candidate {
    pub source_id: SourceId,
    pub source: SourceState,
    pub entry: Option<EmployeeEntry>,
    /// What reteach says, as far as it was asked.
    pub account: Account,
    /// Another account that has the mail address which this person's account should get.
    pub mail_holder: Option<CustomerId>,
    /// Another account that carries the person's external id too.
    pub twin: Option<CustomerId>,
}

impl Candidate {
    #[must_use]
    pub fn entry_or_new(&self) -> EmployeeEntry {
        self.entry
            .clone()
            .unwrap_or_else(|| EmployeeEntry::new(self.source_id.clone()))
    }

    /// Whether the account is not the one that the ledger knows, which carries the external id as well.
    #[must_use]
    pub fn is_second_account(&self) -> bool {
        self.twin.is_some() && self.twin.as_ref() == self.known_account()
    }

    /// Whether another account carries the person's external id too, as far as a comparison has seen.
    #[must_use]
    pub fn shares_its_id(&self) -> bool {
        let was_seen = self.entry.as_ref().is_some_and(|it| it.shares_its_id);
        was_seen || self.twin.is_some()
    }

    pub fn known_account(&self) -> Option<&CustomerId> {
        self.entry.as_ref()?.customer_id.as_ref()
    }
}

#[derive(Clone, Debug)]
pub enum SourceState {
    /// There, with this record.
    Present {
        record: Box<DesiredAccount>,
        fingerprint: Fingerprint,
    },
    /// There, with a record that does not fit.
    Rejected {
        fingerprint: Fingerprint,
        field: String,
        problem: String,
        /// What can be read of it all the same: no values.
        record: Box<DesiredAccount>,
    },
    /// Missing from two complete reads in a row.
    Gone {
        /// What reteach calls them.
        external_id: ExternalId,
        absence: Absence,
    },
}

#[derive(Clone, Debug)]
pub enum Account {
    /// The ledger knows it and what it was given; reteach was not asked.
    FromLedger(CustomerId),
    /// reteach was asked: this is what it holds.
    Fetched(Box<AccountView>, MatchedBy),
    /// reteach was asked: there is none.
    Missing,
    /// Their mail address belongs to this account, which has another external id.
    Conflicting(Box<AccountView>, Holder),
    /// Nobody asked, because nothing would be done about it.
    NotFetched,
}

/// Whose external id a conflicting account has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A person who has left: inactive, past the end date, or gone. The account may be handed over.
    Former(SourceId),
    /// A person who has not left.
    Other,
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    ExternalId,
    /// By mail address, and it has no external id yet.
    Mail,
    /// By the id that the ledger knows, and it has lost its external id.
    Ledger,
}

/// An account as reteach holds it, as far as we manage accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    pub id: CustomerId,
    pub external_id: Option<ExternalId>,
    /// The value of each field that is not empty.
    pub values: BTreeMap<Attribute, Text>,
    /// All its tags, ours or not.
    pub tags: Vec<Text>,
    pub window: AccessWindow,
}

impl AccountView {
    /// What it holds of `attribute`: for tags, all that carry the attribute's prefix.
    #[must_use]
    pub fn values_of(&self, attribute: Attribute) -> Vec<&Text> {
        match attribute.tag_prefix() {
            Some(prefix) => self
                .tags
                .iter()
                .filter(|tag| tag.reveal().starts_with(prefix))
                .collect(),
            None => self.values.get(&attribute).into_iter().collect(),
        }
    }

    /// What the ledger would note if `person` had been given what the account holds. Several tags of ours are none.
    #[must_use]
    pub fn digests(
        &self,
        person: &SourceId,
        key: &FingerprintKey,
    ) -> BTreeMap<Attribute, ValueDigest> {
        let digest = |attribute| {
            let value = match self.values_of(attribute).as_slice() {
                [] => None,
                [value] => Some(*value),
                _ => return None,
            };
            Some((attribute, digest_of(person, attribute, value, key)))
        };
        Attribute::ALL.into_iter().filter_map(digest).collect()
    }

    /// Its mail address, folded for comparison.
    #[must_use]
    pub fn folded_mail(&self) -> Option<String> {
        self.values
            .get(&Attribute::Email)
            .map(|mail| folded(mail.reveal()))
            .filter(|mail| !mail.is_empty())
    }
}
