//! A company's move to a new Personio account: whose account gets which new id. Pure.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ring::digest;
use serde::Serialize;
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::state::EmployeeEntry;

use crate::transfer::Transfer;

/// An account as far as a migration needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// Empty where a row does not say it.
    pub(crate) id: CustomerId,
    pub(crate) external_id: Option<ExternalId>,
    pub(crate) mail: Option<Mail>,
    /// Open now or later.
    pub(crate) is_open: bool,
    /// Its row in the academy's list cannot be read in full.
    pub(crate) is_unreadable: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct NewPerson {
    pub(crate) id: SourceId,
    pub(crate) mail: Option<Mail>,
}

/// A mail address in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mail(String);

shared::debug_only!(Mail);

impl Mail {
    /// `None` for a blank text.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_lowercase()))
    }

    /// The address: personal data.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Migration {
    /// Old to new ids, those that are moved already among them: an interruption changes neither them nor their hash.
    pub(crate) moves: Vec<Transfer>,
    /// Accounts whose id is one of the new ones, and always was.
    pub(crate) in_place: u64,
    pub(crate) unmatched: Vec<Unmatched>,
    /// Old ids without a match whose accounts are open. Nobody may take them for gone.
    pub(crate) left_open: BTreeSet<SourceId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unmatched {
    pub(crate) why: Why,
    pub(crate) old: Vec<SourceId>,
    pub(crate) new: Vec<SourceId>,
    pub(crate) mail: Option<Mail>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Why {
    SeveralOldIds,
    /// Several people of the new account have this address.
    SeveralNewIds,
    NewIdTaken,
    OldWithoutMail,
    /// Nobody of the new account has the old account's address.
    OldAlone,
    /// The account's row in reteach's list cannot be read.
    AccountUnreadable,
    AccountGone,
    /// The new person has no address, and no account.
    NewWithoutMail,
    /// No account has the new person's address.
    NewAlone,
}

impl Why {
    /// In words, about the ids of a row.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::SeveralOldIds => "several accounts with one mail address",
            Self::SeveralNewIds => "several people with one mail address",
            Self::NewIdTaken => "another account has the new id",
            Self::OldWithoutMail => "the account has no mail address",
            Self::OldAlone => "nobody has the account's mail address now",
            Self::AccountUnreadable => "the account's row in reteach's list cannot be read",
            Self::AccountGone => "the account is not in reteach any more",
            Self::NewWithoutMail => {
                "the person has no mail address that can be read, and no account"
            }
            Self::NewAlone => "no account has the person's mail address",
        }
    }

    /// Whether somebody has to look at it. New people without an account get one in the next run.
    pub(crate) fn needs_attention(self) -> bool {
        !matches!(self, Self::NewAlone | Self::AccountGone)
    }
}

/// Matches the `accounts` of an academy with the `people` of the HR system.
pub(crate) fn match_ids(
    tool: &str,
    accounts: &[Account],
    entries: &HashMap<SourceId, EmployeeEntry>,
    people: &[NewPerson],
) -> Migration {
    let new_ids: BTreeSet<&SourceId> = people.iter().map(|person| &person.id).collect();
    let claims = Claims::of(entries, &new_ids);
    let mut migration = Migration::default();
    let mut carried: BTreeSet<&SourceId> = BTreeSet::new();
    let mut old: Vec<(SourceId, &Account)> = Vec::new();
    for account in accounts {
        let Some(carries) = &account.external_id else {
            let lost = claims.by_account.get(&account.id).into_iter().flatten();
            old.extend(lost.map(|id| ((*id).clone(), account)));
            continue;
        };
        match carries.source_id(tool) {
            None => {}
            Some(id) => match new_ids.get(&id) {
                None => old.push((id, account)),
                Some(id) => {
                    carried.insert(id);
                    let moved = claims.moves_to(id, account);
                    migration.in_place += u64::from(moved.is_empty());
                    migration.moves.extend(moved);
                }
            },
        }
    }
    migration.match_by_mail(&old, people, &carried);
    migration.add_gone(accounts, &claims);
    migration.add_new(people, &carried);
    migration.moves.sort();
    migration.unmatched.sort_by(|one, other| {
        (one.why, &one.old, &one.new).cmp(&(other.why, &other.old, &other.new))
    });
    migration
}

/// What the ledger says of old ids: those that are not among the new ones.
struct Claims<'a> {
    by_account: BTreeMap<&'a CustomerId, BTreeSet<&'a SourceId>>,
    by_successor: BTreeMap<&'a SourceId, BTreeSet<&'a SourceId>>,
}

impl<'a> Claims<'a> {
    fn of(entries: &'a HashMap<SourceId, EmployeeEntry>, new_ids: &BTreeSet<&SourceId>) -> Self {
        let mut claims = Self {
            by_account: BTreeMap::new(),
            by_successor: BTreeMap::new(),
        };
        for (id, entry) in entries.iter().filter(|(id, _)| !new_ids.contains(id)) {
            if let Some(successor) = &entry.handed_over_to {
                claims.by_successor.entry(successor).or_default().insert(id);
            } else if let Some(account) = &entry.customer_id {
                claims.by_account.entry(account).or_default().insert(id);
            }
        }
        claims
    }

    /// The moves that brought `account` to the new `id`, as far as they are carried out.
    fn moves_to(&self, id: &SourceId, account: &Account) -> Vec<Transfer> {
        let begun = self.by_account.get(&account.id).into_iter().flatten();
        let ended = self.by_successor.get(id).into_iter().flatten();
        let from: BTreeSet<&SourceId> = begun.chain(ended).copied().collect();
        from.into_iter()
            .map(|from| Transfer {
                from: from.clone(),
                to: id.clone(),
                account: account.id.clone(),
            })
            .collect()
    }
}

#[derive(Default)]
struct Group<'a> {
    old: Vec<&'a (SourceId, &'a Account)>,
    new: Vec<&'a SourceId>,
}

impl Migration {
    fn match_by_mail(
        &mut self,
        old: &[(SourceId, &Account)],
        people: &[NewPerson],
        carried: &BTreeSet<&SourceId>,
    ) {
        let mut groups: BTreeMap<&Mail, Group<'_>> = BTreeMap::new();
        for account in old {
            match &account.1.mail {
                Some(mail) => groups.entry(mail).or_default().old.push(account),
                None if account.1.is_unreadable => {
                    self.leave(Why::AccountUnreadable, &[account], &[], None);
                }
                None => self.leave(Why::OldWithoutMail, &[account], &[], None),
            }
        }
        for person in people {
            if let Some(group) = person.mail.as_ref().and_then(|mail| groups.get_mut(mail)) {
                group.new.push(&person.id);
            }
        }
        for (mail, Group { old, new }) in groups {
            match (old.as_slice(), new.as_slice()) {
                _ if old.iter().any(|(_, account)| account.is_unreadable) => {
                    self.leave(Why::AccountUnreadable, &old, &new, Some(mail));
                }
                ([(from, account)], [to]) if !carried.contains(to) => self.moves.push(Transfer {
                    from: from.clone(),
                    to: (*to).clone(),
                    account: account.id.clone(),
                }),
                ([_], [_]) => self.leave(Why::NewIdTaken, &old, &new, Some(mail)),
                ([_], []) => self.leave(Why::OldAlone, &old, &new, Some(mail)),
                ([_], _) => self.leave(Why::SeveralNewIds, &old, &new, Some(mail)),
                _ => self.leave(Why::SeveralOldIds, &old, &new, Some(mail)),
            }
        }
    }

    fn leave(
        &mut self,
        why: Why,
        old: &[&(SourceId, &Account)],
        new: &[&SourceId],
        mail: Option<&Mail>,
    ) {
        let open = old.iter().filter(|(_, account)| account.is_open);
        self.left_open.extend(open.map(|(id, _)| id.clone()));
        self.unmatched.push(Unmatched {
            why,
            old: sorted(old.iter().map(|(id, _)| id)),
            new: sorted(new.iter().copied()),
            mail: mail.cloned(),
        });
    }

    /// Old ids whose account is not in reteach any more. A row that names nobody may be any of these accounts.
    fn add_gone(&mut self, accounts: &[Account], claims: &Claims<'_>) {
        let is_nameless =
            |account: &Account| account.id.as_str().is_empty() && account.external_id.is_none();
        let why = match accounts.iter().any(is_nameless) {
            true => Why::AccountUnreadable,
            false => Why::AccountGone,
        };
        let rows = self.unmatched.iter();
        let named: BTreeSet<SourceId> = rows.flat_map(|row| row.old.clone()).collect();
        let there: BTreeSet<&CustomerId> = accounts.iter().map(|account| &account.id).collect();
        let gone = claims
            .by_account
            .iter()
            .filter(|(account, _)| !there.contains(*account));
        let ids = gone.flat_map(|(_, ids)| ids);
        for id in ids.filter(|id| !named.contains(**id)) {
            if why == Why::AccountUnreadable {
                self.left_open.insert((*id).clone());
            }
            self.unmatched.push(Unmatched {
                why,
                old: vec![(*id).clone()],
                new: Vec::new(),
                mail: None,
            });
        }
    }

    /// New people who get no account from anybody.
    fn add_new(&mut self, people: &[NewPerson], carried: &BTreeSet<&SourceId>) {
        let moved = self.moves.iter().map(|transfer| transfer.to.clone());
        let unmatched = self.unmatched.iter().flat_map(|row| row.new.clone());
        let known: BTreeSet<SourceId> = moved.chain(unmatched).collect();
        let is_new =
            |person: &&NewPerson| !carried.contains(&person.id) && !known.contains(&person.id);
        for person in people.iter().filter(is_new) {
            self.unmatched.push(Unmatched {
                why: match person.mail {
                    Some(_) => Why::NewAlone,
                    None => Why::NewWithoutMail,
                },
                old: Vec::new(),
                new: vec![person.id.clone()],
                mail: person.mail.clone(),
            });
        }
    }

    /// The hash of all moves: what is approved.
    pub(crate) fn hash(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        for Transfer { from, to, .. } in &self.moves {
            context.update(format!("{from}\n{to}\n\n").as_bytes());
        }
        let hash = context.finish();
        let bytes = hash.as_ref().iter().take(6);
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }
}

fn sorted<'a>(ids: impl Iterator<Item = &'a SourceId>) -> Vec<SourceId> {
    let ids: BTreeSet<&SourceId> = ids.collect();
    ids.into_iter().cloned().collect()
}
