//! New accounts of people who have left, with the mail address of somebody who has not. Pure.

use std::collections::BTreeMap;

use shared::access::Scoped;
use shared::domain::employee::Employee;
use shared::domain::id::SourceId;
use shared::mapping::DesiredAccount;

use super::Rules;
use super::successors::folded_mail;
use super::turns::{is_contract_over, person_has_left};
use crate::plan::{Action, Change, Plan, SkipReason};
use crate::source::{People, Person};

/// The plan without new accounts for people who have left, where somebody who has not left has the same mail address. That
/// person may wait for another try or for a decision, and this run may not look at them.
pub(super) fn without_mails_of_others(mut plan: Plan, people: &People, rules: Rules<'_>) -> Plan {
    let mail_of = |change: &Change| {
        let person = people.snapshot.get(&change.source_id)?;
        let has_left = person_has_left(&change.source_id, person, rules);
        if has_left && change.action == Action::Create {
            folded_mail(person)
        } else {
            None
        }
    };
    let mails = plan.changes.iter().filter_map(mail_of);
    let mut owners: BTreeMap<String, Option<&SourceId>> = mails.map(|mail| (mail, None)).collect();
    if owners.is_empty() {
        return plan;
    }
    for (id, person) in people.snapshot.iter() {
        if let Person::Employee(employee, _) = person
            && let Some(mail) = folded_mail(person)
            && let Some(owner) = owners.get_mut(&mail)
            && owner.is_none()
            && may_get_account(employee, rules)
        {
            *owner = Some(id);
        }
    }
    plan.changes.retain(|change| {
        let owner = mail_of(change).and_then(|mail| owners.get(&mail).copied().flatten());
        let skipped = owner.map(|owner| SkipReason::HandedOver(owner.clone()));
        let is_kept = skipped.is_none();
        let id = &change.source_id;
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
