//! Mail addresses that accounts should get and other accounts have: seen before anything is planned or approved.

use std::collections::{HashMap, HashSet};

use shared::access::Scoped;
use shared::domain::id::{CustomerId, SourceId};
use shared::fingerprint::FingerprintKey;
use shared::mapping::Attribute;
use shared::state::{Brake, HeldPlan};

use crate::accounts::{Accounts, MailHolders};
use crate::io::Reader;
use crate::plan::{Account, Candidate, SourceState, digest_of, folded};

/// New addresses that are looked up at most where the academy cannot be listed.
const MAX_LOOK_UPS: usize = 100;

/// An account that gets another mail address.
pub(super) struct Move<'a> {
    account: &'a CustomerId,
    mail: &'a str,
}

/// The accounts that get another mail address, as far as ledger and academy show it. Those of which a brake holds the move
/// were looked at when it was held, and are again once it is approved.
pub(super) fn moves<'a>(
    candidates: &'a [Candidate],
    held: Option<&HeldPlan>,
    key: &FingerprintKey,
) -> Vec<Move<'a>> {
    let waiting = Waiting::of(held);
    let moves = candidates.iter();
    moves
        .filter(|candidate| !waiting.contains(&candidate.source_id))
        .filter_map(|candidate| move_of(candidate, key))
        .collect()
}

/// People whose new mail address waits for a decision.
struct Waiting<'a> {
    people: HashSet<&'a SourceId>,
    /// The plan is too large to keep all of them.
    has_more: bool,
}

impl<'a> Waiting<'a> {
    fn of(held: Option<&'a HeldPlan>) -> Self {
        let parts = held.into_iter().flat_map(|held| held.parts.iter());
        let waiting = parts
            .filter(|(key, part)| key.brake == Brake::MailChange && part.decision.is_none())
            .map(|(_, part)| part.person.as_ref());
        let (mut people, mut has_more) = (HashSet::new(), false);
        for person in waiting {
            has_more |= person.is_none();
            people.extend(person);
        }
        Self { people, has_more }
    }

    fn contains(&self, id: &SourceId) -> bool {
        self.has_more || self.people.contains(id)
    }
}

fn move_of<'a>(candidate: &'a Candidate, key: &FingerprintKey) -> Option<Move<'a>> {
    let SourceState::Present { record, .. } = &candidate.source else {
        return None;
    };
    if matches!(record.employment.scope, Scoped::OutLocked | Scoped::OutLeft) {
        return None;
    }
    let mail = record.values.get(&Attribute::Email)?.as_ref()?;
    let (account, is_same) = match &candidate.account {
        Account::FromLedger(id) => {
            let given = candidate
                .entry
                .as_ref()?
                .digests
                .get(Attribute::Email.name());
            let wanted = digest_of(&record.source_id, Attribute::Email, Some(mail), key);
            (id, given == Some(&wanted))
        }
        Account::Fetched(account, _) => {
            let wanted = folded(mail.reveal());
            (&account.id, account.folded_mail() == Some(wanted))
        }
        Account::Missing | Account::Conflicting(..) | Account::NotFetched => return None,
    };
    let mail = mail.reveal().trim();
    (!is_same && !mail.is_empty()).then_some(Move { account, mail })
}

/// The candidates with the accounts that have their new mail addresses, and why some could not be looked up: these are found
/// out when they are written. An account that gets another address itself keeps nobody from its old one.
pub(super) async fn with_mail_holders(
    reader: &impl Reader,
    mut candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
    held: Option<&HeldPlan>,
    key: &FingerprintKey,
) -> (Vec<Candidate>, Option<String>) {
    let moves = moves(&candidates, held, key);
    if moves.is_empty() {
        return (candidates, None);
    }
    let MailHolders { holders, failure } = match accounts {
        Some(Accounts::Listed(index)) => {
            let holders = moves.iter().filter_map(|it| {
                let holder = index.holder_of(it.mail)?;
                Some((it.mail.to_lowercase(), holder.id.clone()))
            });
            MailHolders {
                holders: holders.collect(),
                failure: None,
            }
        }
        Some(Accounts::LookedUp(_)) | None => {
            let mails: Vec<_> = moves.iter().take(MAX_LOOK_UPS).map(|it| it.mail).collect();
            reader.holders_of(&mails).await
        }
    };
    let taken = taken(&moves, &holders);
    for candidate in &mut candidates {
        let account = match &candidate.account {
            Account::FromLedger(id) => Some(id),
            Account::Fetched(account, _) => Some(&account.id),
            Account::Missing | Account::Conflicting(..) | Account::NotFetched => None,
        };
        candidate.mail_holder = account.and_then(|account| taken.get(account)).cloned();
    }
    (candidates, failure.map(|error| error.to_string()))
}

/// The accounts whose new address another account has and keeps, with that account. Accounts that would have to exchange
/// their addresses all keep them: no order of single writes gets through.
fn taken(
    moves: &[Move<'_>],
    holders: &HashMap<String, CustomerId>,
) -> HashMap<CustomerId, CustomerId> {
    let taken = moves.iter().filter_map(|it| {
        let holder = holders.get(&it.mail.to_lowercase())?;
        (holder != it.account).then(|| (it.account.clone(), holder.clone()))
    });
    let mut taken: HashMap<CustomerId, CustomerId> = taken.collect();
    let mut moving: HashSet<&CustomerId> = moves.iter().map(|it| it.account).collect();
    moving.retain(|account| !taken.contains_key(account));
    loop {
        let freed = taken.iter().filter(|(_, holder)| moving.contains(holder));
        let freed: Vec<CustomerId> = freed.map(|(account, _)| account.clone()).collect();
        if freed.is_empty() {
            return taken;
        }
        for it in moves.iter().filter(|it| freed.contains(it.account)) {
            taken.remove(it.account);
            moving.insert(it.account);
        }
    }
}
