//! The people a run looks at, each with what the ledger and reteach say of them.

use std::collections::{BTreeSet, HashMap};

use shared::domain::id::{ExternalId, SourceId};
use shared::fingerprint::FingerprintKey;
use shared::mapping::{Attribute, DesiredAccount};
use shared::runtime::Mode;
use shared::state::{EmployeeEntry, FailureKind};
use shared::tenant::TenantConfig;

use super::super::Rules;
use super::gone::absence;
use crate::accounts::{AccountQuery, Accounts};
use crate::plan::{Account, AccountView, Candidate, Holder, MatchedBy, SourceState, digest_of};
use crate::source::{People, Person};

/// A run that was asked to compare everybody tries refused records at once; so does any look at a conflict that the
/// academy no longer shows, or with the account of somebody who has left: it may be handed over. A run that compares everybody
/// has listed the accounts of people who could not be looked up. A look-up that has an answer now counts for no write.
pub(super) fn with_retries(
    mut candidates: Vec<Candidate>,
    rules: Rules<'_>,
    compares: bool,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        let conflicts = matches!(
            candidate.account,
            Account::Conflicting(_, Holder::Other | Holder::Foreign) | Account::NotFetched
        );
        let is_listed = compares && candidate.known_account().is_none();
        if !matches!(candidate.account, Account::NotFetched)
            && let Some(entry) = &mut candidate.entry
        {
            entry.failure.take_if(|failure| failure.is_of_look_up);
        }
        let failure = candidate
            .entry
            .as_mut()
            .and_then(|entry| entry.failure.as_mut());
        if let Some(failure) = failure {
            let is_over = match failure.kind {
                FailureKind::Conflict => !conflicts,
                FailureKind::NoAnswer => is_listed,
                FailureKind::Refused => false,
            };
            if is_over || rules.mode == Mode::Reconcile {
                failure.retry_at = failure.retry_at.min(rules.now);
            }
        }
    }
    candidates
}

pub(crate) fn candidates(
    tool: &str,
    config: &TenantConfig,
    people: &People,
    (look, gone): (&BTreeSet<SourceId>, &BTreeSet<SourceId>),
    mut entries: HashMap<SourceId, EmployeeEntry>,
) -> Vec<Candidate> {
    let there = look.iter().filter_map(|id| {
        let source = match people.snapshot.get(id)? {
            Person::Employee(employee, fingerprint) => SourceState::Present {
                record: Box::new(DesiredAccount::of(employee, tool, config)),
                fingerprint: *fingerprint,
            },
            Person::Rejected {
                fingerprint,
                field,
                problem,
                leaving,
            } => SourceState::Rejected {
                fingerprint: *fingerprint,
                field: field.clone(),
                problem: problem.clone(),
                record: Box::new(DesiredAccount::of(
                    &leaving.clone().employee(id.clone()),
                    tool,
                    config,
                )),
            },
        };
        Some((id, source))
    });
    let gone = gone.iter().map(|id| {
        let source = SourceState::Gone {
            external_id: ExternalId::of(tool, id),
            absence: absence(people, id, entries.get(id)),
        };
        (id, source)
    });
    let sources: Vec<_> = there.chain(gone).collect();
    let mut candidates = Vec::with_capacity(sources.len());
    for (id, source) in sources {
        let entry = entries.remove(id);
        let known = entry.as_ref().and_then(|entry| entry.customer_id.clone());
        let account = known.map_or(Account::NotFetched, Account::FromLedger);
        candidates.push(Candidate {
            source_id: id.clone(),
            source,
            entry,
            account,
            mail_holder: None,
            twin: None,
        });
    }
    candidates
}

pub(super) fn query(candidate: &Candidate) -> Option<AccountQuery<'_>> {
    let known = candidate.known_account();
    match &candidate.source {
        SourceState::Present { record, .. } => {
            // Outer spaces make it no other address, and hide no account.
            let mail = record
                .values
                .get(&Attribute::Email)
                .and_then(Option::as_ref)
                .map(|mail| mail.reveal().trim())
                .filter(|mail| !mail.is_empty());
            Some(AccountQuery {
                external_id: &record.external_id,
                known,
                mail,
            })
        }
        SourceState::Gone { external_id, .. } => Some(AccountQuery {
            external_id,
            known,
            mail: None,
        }),
        SourceState::Rejected { record, .. } => Some(AccountQuery {
            external_id: &record.external_id,
            known,
            mail: None,
        }),
    }
}

/// The candidates with what reteach said about their accounts.
pub(crate) fn with_accounts(
    mut candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
    key: &FingerprintKey,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        attach(candidate, accounts, key);
    }
    candidates
}

/// An account that the whole list does not have is missing, whatever the ledger says, unless the list may have left it out.
pub(super) fn attach(candidate: &mut Candidate, accounts: Option<&Accounts>, key: &FingerprintKey) {
    let asked = match (accounts, &candidate.account) {
        (Some(Accounts::Listed(_)), _) | (Some(_), Account::NotFetched) => accounts,
        _ => None,
    };
    let Some((accounts, query)) = asked.zip(query(candidate)) else {
        return;
    };
    let account = match accounts.find(query) {
        Account::Fetched(account, MatchedBy::Ledger)
            if !is_still_theirs(&account, candidate.entry.as_ref(), key) =>
        {
            accounts.find(AccountQuery {
                known: None,
                ..query
            })
        }
        found => found,
    };
    let is_read = matches!(account, Account::Fetched(_, MatchedBy::ExternalId));
    if let (false, Some(field)) = (is_read, accounts.unreadable_field(query)) {
        let problem = format!("reteach's list shows it in a form that cannot be read ({field})");
        leave(candidate, problem);
        return;
    }
    if !is_read
        && query
            .known
            .is_some_and(|known| accounts.may_leave_out(known))
    {
        return;
    }
    candidate.account = account;
}

/// Whether an account that has lost its external id holds the mail address or user name that the person was given: an admin may
/// have given it to somebody else.
pub(super) fn is_still_theirs(
    account: &AccountView,
    entry: Option<&EmployeeEntry>,
    key: &FingerprintKey,
) -> bool {
    let Some(entry) = entry else {
        return false;
    };
    [Attribute::Email, Attribute::UserName]
        .into_iter()
        .any(|attribute| {
            let given = entry.digests.get(attribute.name());
            let held = account.values.get(&attribute);
            held.is_some() && given == Some(&digest_of(&entry.source_id, attribute, held, key))
        })
}

/// Nobody gets a second account because their own cannot be read: what the ledger knows of it stands, and somebody it
/// does not know waits.
pub(super) fn leave(candidate: &mut Candidate, problem: String) {
    if let (
        Account::NotFetched,
        SourceState::Present {
            record,
            fingerprint,
        },
    ) = (&candidate.account, &candidate.source)
    {
        candidate.source = SourceState::Rejected {
            fingerprint: *fingerprint,
            field: "account".to_owned(),
            problem,
            record: record.clone(),
        };
    }
}
