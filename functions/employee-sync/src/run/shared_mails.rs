//! Accounts that somebody would get by a mail address that somebody else has, too. Pure.

use std::collections::{BTreeMap, BTreeSet};

use shared::access::Scoped;
use shared::domain::employee::Employee;
use shared::domain::id::SourceId;
use shared::mapping::DesiredAccount;

use super::Rules;
use super::successors::folded_mail;
use super::turns::{is_contract_over, person_has_left};
use crate::plan::{Account, Action, Candidate, Change, MatchedBy, Plan, SkipReason};
use crate::source::{People, Person};

/// Of two people with one address, one is somebody else.
const TWO: usize = 2;

/// The plan without new accounts for people who have left, and without accounts that are found by mail address alone, where
/// somebody else who has not left has the same one. That person may wait for another try or for a decision, or their account
/// may have lost its external id, and this run may not look at them.
pub(super) fn without_mails_of_others(
    mut plan: Plan,
    candidates: &[Candidate],
    people: &People,
    rules: Rules<'_>,
) -> Plan {
    let by_mail = candidates
        .iter()
        .filter(|candidate| matches!(candidate.account, Account::Fetched(_, MatchedBy::Mail)));
    let by_mail: BTreeSet<&SourceId> = by_mail.map(|candidate| &candidate.source_id).collect();
    let has_left = |id: &SourceId, person: &Person| person_has_left(id, person, rules);
    let mail_of = |change: &Change| {
        let id = &change.source_id;
        let person = people.snapshot.get(id)?;
        let is_on_mail_alone = match change.action {
            Action::Create => has_left(id, person),
            Action::Adopt(_) => by_mail.contains(id),
            Action::Update(_) | Action::Handover { .. } => false,
        };
        if is_on_mail_alone {
            folded_mail(person)
        } else {
            None
        }
    };
    let mails = plan.changes.iter().filter_map(mail_of);
    let mut owners: BTreeMap<String, Vec<&SourceId>> =
        mails.map(|mail| (mail, Vec::new())).collect();
    if owners.is_empty() {
        return plan;
    }
    for (id, person) in people.snapshot.iter() {
        if let Person::Employee(employee, _) = person
            && let Some(mail) = folded_mail(person)
            && let Some(owners) = owners.get_mut(&mail)
            && owners.len() < TWO
            && may_get_account(employee, rules)
        {
            owners.push(id);
        }
    }
    plan.changes.retain(|change| {
        let id = &change.source_id;
        let owners = mail_of(change).and_then(|mail| owners.get(&mail));
        let other = owners.and_then(|owners| owners.iter().find(|owner| **owner != id));
        let skipped = other.map(|other| {
            let person = people.snapshot.get(id);
            let has_left = person.is_some_and(|person| has_left(id, person));
            match change.action.account().filter(|_| !has_left) {
                Some(account) => SkipReason::Contested(account.clone()),
                None => SkipReason::HandedOver((*other).clone()),
            }
        });
        let is_kept = skipped.is_none();
        plan.skipped.extend(skipped.map(|skip| (id.clone(), skip)));
        is_kept
    });
    plan.skipped.sort_by(|a, b| a.0.cmp(&b.0));
    plan
}

fn may_get_account(employee: &Employee, rules: Rules<'_>) -> bool {
    let record = DesiredAccount::of(employee, rules.tool, rules.config);
    let is_out = matches!(record.employment.scope, Scoped::OutLocked | Scoped::OutLeft);
    !is_out && !is_contract_over(employee, rules)
}
