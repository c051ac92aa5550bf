//! Several people who would get the same account, or a new one with the same mail address: at most one of them has it.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::{CustomerId, SourceId};
use shared::mapping::Attribute;

use super::compare::folded;
use super::verdict::{SkipReason, Verdict};
use super::{Account, Action, Candidate, MatchedBy};

/// How good a claim to an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// It has no external id any more, and the ledger says that it was the person's, who has left.
    LedgerOfLeaver,
    /// It has the mail address of a person who has left: a former profile of somebody else, perhaps.
    MailOfLeaver,
    Mail,
    /// The ledger says that it was the person's.
    Ledger,
    ExternalId,
    /// It carries the external id of another system, or of a former profile that nothing is done for in this run.
    Handover,
}

/// Who gets what several people may claim.
pub(super) struct Claims {
    /// Whose each account is; `None` where the best claims are equally good, and nobody gets it on a guess.
    accounts: BTreeMap<CustomerId, Option<SourceId>>,
    /// Who gets a new account with each mail address: rather somebody who has not left. An academy may write what is created
    /// after it to the same account.
    mails: BTreeMap<String, SourceId>,
}

impl Claims {
    /// The claims of everybody who has an account, or would adopt one.
    pub(super) fn of(
        verdicts: &[(&Candidate, Verdict)],
        has_left: impl Fn(&Candidate) -> bool,
    ) -> Self {
        let mut best: BTreeMap<CustomerId, (Claim, Option<SourceId>)> = BTreeMap::new();
        let busy: BTreeSet<&CustomerId> = verdicts
            .iter()
            .filter(|(_, verdict)| !hands_over(verdict))
            .filter_map(|(_, verdict)| match verdict {
                Verdict::Change(change, _) => change.action.account(),
                _ => None,
            })
            .collect();
        for (candidate, verdict) in verdicts {
            let Some((account, claim)) = claim(candidate, verdict) else {
                continue;
            };
            let claim = match claim {
                Claim::Mail if has_left(candidate) => Claim::MailOfLeaver,
                Claim::Ledger if has_lost_its_id(candidate) && has_left(candidate) => {
                    Claim::LedgerOfLeaver
                }
                claim => claim,
            };
            // What the former profile is due comes first: a brake may hold the handover.
            if claim == Claim::Handover && busy.contains(account) {
                continue;
            }
            let id = || Some(candidate.source_id.clone());
            let leader = best.entry(account.clone()).or_insert_with(|| (claim, id()));
            if claim > leader.0 {
                *leader = (claim, id());
            } else if claim == leader.0 && leader.1.as_ref() != Some(&candidate.source_id) {
                leader.1 = None;
            }
        }
        let mut mails: BTreeMap<String, (bool, &SourceId)> = BTreeMap::new();
        for (candidate, verdict) in verdicts {
            if let Some(mail) = new_mail(verdict) {
                let claim = (has_left(candidate), &candidate.source_id);
                let first = mails.entry(mail).or_insert(claim);
                *first = claim.min(*first);
            }
        }
        let accounts = best.into_iter();
        let mails = mails.into_iter();
        Self {
            accounts: accounts
                .map(|(account, (_, person))| (account, person))
                .collect(),
            mails: mails
                .map(|(mail, (_, person))| (mail, person.clone()))
                .collect(),
        }
    }

    /// The verdict on `candidate`, unless it would write somebody else's account, or make a second one with the same address.
    pub(super) fn settle(
        &self,
        candidate: &Candidate,
        verdict: Verdict,
        has_left: bool,
    ) -> Verdict {
        let first = new_mail(&verdict).and_then(|mail| self.mails.get(&mail));
        if let Some(first) = first.filter(|first| **first != candidate.source_id) {
            return if has_left {
                Verdict::needs_no_account(candidate, first.clone())
            } else {
                Verdict::Skip(SkipReason::MailShared(first.clone()))
            };
        }
        let account = match &verdict {
            Verdict::Change(change, _) => change.action.account(),
            _ => None,
        };
        let contested = account.filter(|account| {
            self.accounts
                .get(*account)
                .is_some_and(|person| person.as_ref() != Some(&candidate.source_id))
        });
        match contested {
            Some(account) => Verdict::Skip(SkipReason::Contested(account.clone())),
            None => verdict,
        }
    }
}

/// The mail address of an account that would be created, folded for comparison.
fn new_mail(verdict: &Verdict) -> Option<String> {
    let Verdict::Change(change, _) = verdict else {
        return None;
    };
    let mut values = change.values.iter();
    let mail = values
        .find(|value| value.attribute == Attribute::Email)
        .filter(|_| change.action == Action::Create)?;
    Some(folded(mail.after.as_ref()?.reveal()))
}

/// Whether the account that the ledger knows carries no external id any more.
fn has_lost_its_id(candidate: &Candidate) -> bool {
    matches!(candidate.account, Account::Fetched(_, MatchedBy::Ledger))
}

fn hands_over(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Change(change, _) if matches!(change.action, Action::Handover { .. }))
}

/// A mail address alone is a claim only of somebody who would really adopt the account.
fn claim<'a>(candidate: &'a Candidate, verdict: &Verdict) -> Option<(&'a CustomerId, Claim)> {
    let adopts =
        matches!(verdict, Verdict::Change(change, _) if matches!(change.action, Action::Adopt(_)));
    match &candidate.account {
        Account::Fetched(account, MatchedBy::ExternalId) => Some((&account.id, Claim::ExternalId)),
        Account::Fetched(account, MatchedBy::Ledger) => Some((&account.id, Claim::Ledger)),
        Account::FromLedger(id) => Some((id, Claim::Ledger)),
        Account::Fetched(account, MatchedBy::Mail) if adopts => Some((&account.id, Claim::Mail)),
        Account::Conflicting(account, _) if hands_over(verdict) => {
            Some((&account.id, Claim::Handover))
        }
        Account::Fetched(_, MatchedBy::Mail)
        | Account::Missing
        | Account::Conflicting(..)
        | Account::NotFetched => None,
    }
}
